package main

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// everything stands in a list of ignored files where git does not say which they are.
const everything = "./"

// findIgnored lists what git ignores below the folder, which is a person's own: files, and folders with a slash at the end. It
// is everything where there is a repository of git but git does not answer.
func (p *Program) findIgnored() {
	if !p.inGit() {
		return
	}
	output, err := p.git("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z")
	found := slices.DeleteFunc(strings.Split(output, "\x00"), func(file string) bool { return file == "" })
	if err == nil && !slices.Contains(found, everything) {
		p.doc.Ignored = found
		return
	}
	// A folder that is ignored itself is no part of the repository around it.
	if _, err := p.git("check-ignore", "-q", "."); err != nil {
		p.doc.Ignored = []string{everything}
	}
}

// git runs git in the inspected directory. It needs no trust in the repository's owner: the one setting of a repository by
// which these commands would run another program is turned off.
func (p *Program) git(words ...string) (string, error) {
	command := exec.Command("git", append([]string{"-c", "safe.directory=*", "-c", "core.fsmonitor=false"}, words...)...)
	command.Dir = p.dir
	output, err := command.Output()
	return string(output), err
}

// inGit reports whether the folder is part of a repository of git.
func (p *Program) inGit() bool {
	for dir := p.dir; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			return true
		}
		if dir == filepath.Dir(dir) {
			return false
		}
	}
}

func (p *Program) isIgnored(file string) bool {
	return slices.ContainsFunc(p.doc.Ignored, func(ignored string) bool {
		return ignored == everything || ignored == file || strings.HasSuffix(ignored, "/") && strings.HasPrefix(file, ignored)
	})
}

// isPrivate reports whether a configuration file is a person's own, so that its values are not told.
func (p *Program) isPrivate(file string) bool {
	personal := path.Ext(file) == ".env" && !example.MatchString(path.Base(file))
	return personal || strings.HasPrefix(file, "../") || p.isIgnored(file)
}

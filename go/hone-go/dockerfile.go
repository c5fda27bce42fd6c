package main

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// instruction is one of a Dockerfile, its continued lines joined.
type instruction struct {
	name, text string
	line       int
}

func instructions(data string) []instruction {
	var all []instruction
	open := false
	for i, line := range strings.Split(data, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		more := strings.HasSuffix(line, `\`)
		line = strings.TrimSpace(strings.TrimSuffix(line, `\`))
		if open {
			all[len(all)-1].text += " " + line
		} else {
			name, text, _ := strings.Cut(line, " ")
			all = append(all, instruction{strings.ToUpper(name), strings.TrimSpace(text), i + 1})
		}
		open = more
	}
	return all
}

// dockerfile reads the go builds of all stages, and the environment and command of the last.
func (p *Program) dockerfile(file string) {
	data, err := os.ReadFile(filepath.Join(p.dir, file))
	if err != nil {
		return
	}
	d := Dockerfile{File: file, Builds: []DockerBuild{}, Env: []Setting{}}
	var entrypoint, command []string
	for _, in := range instructions(string(data)) {
		switch in.name {
		case "FROM":
			d.Env, entrypoint, command = []Setting{}, nil, nil
		case "ENV":
			d.Env = append(d.Env, dockerEnv(in, file)...)
		case "RUN":
			d.Builds = append(d.Builds, p.goBuilds(in, file)...)
		case "ENTRYPOINT":
			entrypoint = commandWords(in.text)
		case "CMD":
			command = commandWords(in.text)
		}
	}
	d.Command = append(entrypoint, command...)
	if len(d.Builds) > 0 || len(d.Env) > 0 {
		p.doc.Dockerfiles = append(p.doc.Dockerfiles, d)
	}
}

// dockerEnv reads ENV A=1 B="2 3" and the old form ENV A value.
func dockerEnv(in instruction, file string) []Setting {
	var settings []Setting
	words := shellWords(in.text)
	if len(words) > 1 && !strings.Contains(words[0], "=") {
		return []Setting{{words[0], strings.Join(words[1:], " "), Origin{file, in.line}}}
	}
	for _, word := range words {
		if name, value, ok := strings.Cut(word, "="); ok {
			settings = append(settings, Setting{name, value, Origin{file, in.line}})
		}
	}
	return settings
}

// commandWords reads the JSON form and the shell form.
func commandWords(text string) []string {
	var words []string
	if json.Unmarshal([]byte(text), &words) == nil {
		return words
	}
	return shellWords(text)
}

// shellWords splits at blanks outside of quotes.
func shellWords(text string) []string {
	var words []string
	var word strings.Builder
	quote, open := rune(0), false
	for _, r := range text {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, open = r, true
		case quote == 0 && (r == ' ' || r == '\t'):
			if open {
				words = append(words, word.String())
			}
			word.Reset()
			open = false
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if open {
		words = append(words, word.String())
	}
	return words
}

// goBuilds reads the `go build` commands of a RUN.
func (p *Program) goBuilds(in instruction, file string) []DockerBuild {
	var builds []DockerBuild
	words := shellWords(in.text)
	for i := 0; i+1 < len(words); i++ {
		if words[i] != "go" || words[i+1] != "build" {
			continue
		}
		build := DockerBuild{Package: ".", Origin: Origin{file, in.line}}
		for i += 2; i < len(words) && words[i] != "&&" && words[i] != ";"; i++ {
			flag, value, joined := strings.Cut(words[i], "=")
			if !strings.HasPrefix(flag, "-") {
				build.Package = words[i]
				continue
			}
			takes := flag == "-o" || flag == "-tags" || flag == "-ldflags" || flag == "-gcflags" || flag == "-mod" || flag == "-asmflags"
			if takes && !joined && i+1 < len(words) {
				i++
				value = words[i]
			}
			switch flag {
			case "-tags":
				build.Tags = value
			case "-ldflags":
				build.Ldflags = value
			}
		}
		build.Package = p.builtPackage(build.Package, file)
		builds = append(builds, build)
	}
	return builds
}

// builtPackage is the folder of a package named in a Dockerfile: below the repository, or below the Dockerfile's folder.
func (p *Program) builtPackage(name, file string) string {
	name = strings.TrimSuffix(name, "/main.go")
	for _, base := range []string{path.Dir(file), "."} {
		for _, m := range p.doc.Mains {
			if m.Dir == path.Join(base, name) {
				return m.Dir
			}
		}
	}
	return path.Clean(name)
}

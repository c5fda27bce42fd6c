package main

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	// What hides a colon in SQL: comments and quoted texts.
	sqlOpaque = regexp.MustCompile(`(?s)--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\$\$.*?\$\$`)
	psqlUse   = regexp.MustCompile(`(?m)(?:^|[^:\w\[])(?::([A-Za-z_]\w*)|:['"]([A-Za-z_]\w*)['"])`)
	psqlSet   = regexp.MustCompile(`(?m)^\s*\\set\s+([A-Za-z_]\w*)`)
	// -v name=value, --set=name=value, --variable name=value
	psqlGiven = regexp.MustCompile(`(?:-v|--set|--variable)[\s=]*["']?([A-Za-z_]\w*)=["']?([^"'\s]*)`)
)

// psqlVars are the variables that a script of psql's uses without setting them, with the values that the repository's scripts give.
func (p *Program) psqlVars(file string) []PsqlVar {
	data, err := os.ReadFile(filepath.Join(p.dir, file))
	if err != nil {
		return nil
	}
	text := string(data)
	set := map[string]bool{}
	for _, m := range psqlSet.FindAllStringSubmatch(text, -1) {
		set[m[1]] = true
	}
	// :'name' is no quoted text.
	quoted := regexp.MustCompile(`:'(\w+)'`).ReplaceAllString(text, `:"$1"`)
	blank := sqlOpaque.ReplaceAllStringFunc(quoted, func(hidden string) string { return strings.Repeat("\n", strings.Count(hidden, "\n")) + " " })
	var vars []PsqlVar
	for _, m := range psqlUse.FindAllStringSubmatchIndex(blank, -1) {
		at := max(m[2], m[4])
		name := blank[at:max(m[3], m[5])]
		if set[name] {
			continue
		}
		set[name] = true
		v := PsqlVar{Name: name, Origin: Origin{file, 1 + strings.Count(blank[:at], "\n")}}
		p.psqlValue(&v)
		vars = append(vars, v)
	}
	return vars
}

// psqlValue looks for the value that a script gives to a variable: a text, or a shell variable with its default.
func (p *Program) psqlValue(v *PsqlVar) {
	p.eachOtherFile(func(file string) {
		name := path.Base(file)
		if v.Value != "" || !(strings.HasSuffix(name, ".sh") || strings.EqualFold(name, "makefile") || strings.HasSuffix(name, ".md") ||
			strings.EqualFold(name, "taskfile.yml") || strings.EqualFold(name, "justfile")) || p.isIgnored(file) {
			return
		}
		data, err := os.ReadFile(filepath.Join(p.dir, file))
		if err != nil {
			return
		}
		text := string(data)
		for _, m := range psqlGiven.FindAllStringSubmatchIndex(text, -1) {
			if text[m[2]:m[3]] != v.Name {
				continue
			}
			if value := shellValue(text[m[4]:m[5]], text); value != "" {
				v.Value, v.Origin = value, Origin{file, 1 + strings.Count(text[:m[4]], "\n")}
			}
			return
		}
	})
}

var shellName = regexp.MustCompile(`^\$[({]?(\w+)(?::-([^})]*))?[)}]?$`)

// shellValue is a value as it stands in a script: the default of a variable of the shell's or make's that is set in the same text.
func shellValue(value, text string) string {
	m := shellName.FindStringSubmatch(value)
	if m == nil {
		if strings.Contains(value, "$") {
			return ""
		}
		return value
	}
	if m[2] != "" {
		return m[2]
	}
	line := regexp.MustCompile(`(?m)^\s*(?:export\s+)?` + m[1] + `\s*[:?]?=\s*"?(?:\$\{\w+:-)?([^"}\s]+)`).FindStringSubmatch(text)
	if line == nil || strings.Contains(line[1], "$") {
		return ""
	}
	return line[1]
}

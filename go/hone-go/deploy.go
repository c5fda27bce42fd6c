package main

import (
	"bufio"
	"bytes"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	composeName    = regexp.MustCompile(`^(?:docker-)?compose(?:[.-][\w-]+)*\.ya?ml$`)
	dockerfileName = regexp.MustCompile(`^(?:[\w-]+\.)?Dockerfile(?:\.[\w-]+)?$`)
	envFileName    = regexp.MustCompile(`^(?:\.env(?:[.-][\w.-]+)?|[\w-]+\.env(?:\.[\w-]+)?|env\.(?:example|sample|dist))$`)
	sqlcName       = regexp.MustCompile(`^sqlc\.(?:ya?ml|json)$`)
	openapiName    = regexp.MustCompile(`(?i)(?:openapi|swagger)[\w.-]*\.(?:ya?ml|json)$|^api\.ya?ml$`)
	example        = regexp.MustCompile(`(?i)(?:^|[._-])(?:example|sample|template|dist|defaults?)(?:[._-]|$)`)
)

// findDeployment reads how the repository itself starts its services: compose files, .env files, Dockerfiles; and what else
// says something of database and requests: sqlc's configuration and OpenAPI documents.
func (p *Program) findDeployment() {
	var composes []string
	p.eachOtherFile(func(file string) {
		switch name := path.Base(file); {
		case composeName.MatchString(name):
			composes = append(composes, file)
		case dockerfileName.MatchString(name):
			p.dockerfile(file)
		case sqlcName.MatchString(name):
			p.sqlcConfig(file)
		case openapiName.MatchString(name):
			p.openAPI(file)
		case envFileName.MatchString(name) && !strings.HasSuffix(name, ".go"):
			shared := example.MatchString(name) && !p.isIgnored(file)
			p.doc.EnvFiles = append(p.doc.EnvFiles, EnvFile{file, shared, p.envFile(file)})
		case (path.Ext(name) == ".yaml" || path.Ext(name) == ".yml") && !p.isIgnored(file):
			p.manifest(file)
		}
	})
	for _, file := range composes {
		if !p.isIgnored(file) {
			p.compose(file)
		}
	}
	p.annotations()
}

var envLine = regexp.MustCompile(`^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*?)\s*$`)

func (p *Program) envFile(file string) []Setting {
	values := []Setting{}
	data, err := os.ReadFile(filepath.Join(p.dir, file))
	if err != nil {
		return values
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for line := 1; lines.Scan(); line++ {
		if m := envLine.FindStringSubmatch(lines.Text()); m != nil {
			values = append(values, Setting{m[1], unquoted(m[2]), Origin{file, line}})
		}
	}
	return values
}

// unquoted is the value of a .env line: quotes taken off, a comment behind an unquoted value too.
func unquoted(text string) string {
	for _, quote := range []string{`"`, `'`} {
		if rest, ok := strings.CutPrefix(text, quote); ok {
			if inner, _, closed := strings.Cut(rest, quote); closed {
				return inner
			}
		}
	}
	if i := strings.Index(text, " #"); i >= 0 {
		text = strings.TrimSpace(text[:i])
	}
	if strings.HasPrefix(text, "#") {
		return ""
	}
	return text
}

// compose reads the services of a compose file.
func (p *Program) compose(file string) {
	root := p.yamlFile(file)
	own := map[string]string{}
	for _, value := range p.envFile(path.Join(path.Dir(file), ".env")) {
		own[value.Name] = value.Value
	}
	eachMember(member(root, "services"), func(key, value *yaml.Node) {
		c := composeReader{p, file, own}
		service := ComposeService{File: file, Name: key.Value, Image: c.text(member(value, "image")), Origin: Origin{file, key.Line},
			Command: append(c.words(member(value, "entrypoint")), c.words(member(value, "command"))...)}
		if build := member(value, "build"); build != nil {
			service.Context = c.path(scalar(build) + scalar(member(build, "context")))
			if name := scalar(member(build, "dockerfile")); name != "" {
				service.Dockerfile = path.Join(service.Context, name)
			}
		}
		service.Env = composeReader{p: p, file: file}.environment(member(value, "environment"))
		for _, from := range append(elements(member(value, "env_file")), member(value, "env_file")) {
			if name := scalar(from) + scalar(member(from, "path")); name != "" {
				service.EnvFiles = append(service.EnvFiles, c.path(name))
			}
		}
		service.Ports = c.ports(member(value, "ports"))
		service.DependsOn = c.dependsOn(member(value, "depends_on"))
		service.Limits = c.limits(value)
		service.InitSQL = c.initSQL(member(value, "volumes"))
		p.doc.Compose = append(p.doc.Compose, service)
	})
}

type composeReader struct {
	p    *Program
	file string
	own  map[string]string // of the .env beside the file, a person's own: nothing for values that may be copied
}

var interpolation = regexp.MustCompile(`\$\$|\$\{([A-Za-z_]\w*)(?:(:?[-?+])([^{}]*))?\}|\$([A-Za-z_]\w*)`)

// text is a scalar with compose's own variables filled in from own or by their defaults.
func (c composeReader) text(n *yaml.Node) string {
	return interpolation.ReplaceAllStringFunc(scalar(n), func(match string) string {
		m := interpolation.FindStringSubmatch(match)
		if match == "$$" {
			return "$"
		}
		name := m[1] + m[4]
		if value, ok := c.own[name]; ok && value != "" {
			return value
		}
		if strings.HasSuffix(m[2], "-") {
			return m[3]
		}
		return "${" + name + "}"
	})
}

// path is a path of the file, relative to the repository.
func (c composeReader) path(name string) string {
	return path.Join(path.Dir(c.file), name)
}

func (c composeReader) words(n *yaml.Node) []string {
	var words []string
	for _, element := range elements(n) {
		words = append(words, c.text(element))
	}
	if words == nil {
		words = strings.Fields(c.text(n))
	}
	return words
}

// environment reads both forms: a mapping, and a list of NAME=value.
func (c composeReader) environment(n *yaml.Node) []Setting {
	settings := []Setting{}
	eachMember(n, func(key, value *yaml.Node) {
		settings = append(settings, Setting{key.Value, c.text(value), Origin{c.file, key.Line}})
	})
	for _, element := range elements(n) {
		if name, value, ok := strings.Cut(c.text(element), "="); ok {
			settings = append(settings, Setting{name, value, Origin{c.file, element.Line}})
		}
	}
	return settings
}

func (c composeReader) ports(n *yaml.Node) []Port {
	var ports []Port
	for _, element := range elements(n) {
		port := Port{Host: c.text(member(element, "published")), Container: c.text(member(element, "target")), Origin: Origin{c.file, element.Line}}
		if text := strings.Split(strings.TrimSuffix(c.text(element), "/tcp"), ":"); len(text) > 1 {
			port.Host, port.Container = text[len(text)-2], text[len(text)-1]
		}
		if port.Host != "" && port.Container != "" {
			ports = append(ports, port)
		}
	}
	return ports
}

func (c composeReader) dependsOn(n *yaml.Node) []string {
	var names []string
	for _, element := range elements(n) {
		names = append(names, scalar(element))
	}
	eachMember(n, func(key, value *yaml.Node) { names = append(names, key.Value) })
	return names
}

// initSQL are the files that PostgreSQL's image runs when its database is made, those of a folder by their names.
func (c composeReader) initSQL(n *yaml.Node) []string {
	var found []string
	for _, element := range elements(n) {
		source, target := scalar(member(element, "source")), scalar(member(element, "target"))
		if parts := strings.Split(c.text(element), ":"); len(parts) > 1 {
			source, target = parts[0], parts[1]
		}
		if strings.HasPrefix(target, "/docker-entrypoint-initdb.d") && strings.HasPrefix(source, ".") {
			found = append(found, c.sqlFiles(c.path(source))...)
		}
	}
	return found
}

// sqlFiles are the files of a folder that hold SQL, or the file itself.
func (c composeReader) sqlFiles(name string) []string {
	entries, err := os.ReadDir(filepath.Join(c.p.dir, name))
	if err != nil {
		return []string{name}
	}
	var found []string
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".sql") {
			found = append(found, path.Join(name, entry.Name()))
		}
	}
	return found
}

// sqlcConfig reads versions 1 (packages) and 2 (sql).
func (p *Program) sqlcConfig(file string) {
	root := p.yamlFile(file)
	paths := func(n *yaml.Node) []string {
		all := []string{}
		for _, element := range append(elements(n), n) {
			if name := scalar(element); name != "" {
				all = append(all, path.Join(path.Dir(file), name))
			}
		}
		return all
	}
	for _, entry := range append(elements(member(root, "sql")), elements(member(root, "packages"))...) {
		p.doc.Sqlc = append(p.doc.Sqlc, Sqlc{file, scalar(member(entry, "engine")), paths(member(entry, "schema")),
			paths(member(entry, "queries")), Origin{file, entry.Line}})
	}
}

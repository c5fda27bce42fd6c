package main

import (
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// yamlFile reads a YAML or JSON file of the repository; nil where it is none, which is a problem if it should be.
func (p *Program) yamlFile(file string) *yaml.Node {
	data, err := os.ReadFile(filepath.Join(p.dir, file))
	if err != nil {
		return nil
	}
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil || len(document.Content) == 0 {
		if err != nil {
			line, _, _ := strings.Cut(err.Error(), "\n")
			p.problem(Problem{Message: strings.TrimPrefix(line, "yaml: "), Origin: &Origin{file, 1}})
		}
		return nil
	}
	return document.Content[0]
}

// resolved looks through aliases.
func resolved(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// member is a mapping's value, also one that a merge (<<) brings; nil for none.
func member(n *yaml.Node, key string) *yaml.Node {
	n = resolved(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	var merged *yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch n.Content[i].Value {
		case key:
			return resolved(n.Content[i+1])
		case "<<":
			for _, from := range append(elements(n.Content[i+1]), resolved(n.Content[i+1])) {
				if merged == nil {
					merged = member(from, key)
				}
			}
		}
	}
	return merged
}

// elements are those of a sequence; none for other nodes.
func elements(n *yaml.Node) []*yaml.Node {
	n = resolved(n)
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	var all []*yaml.Node
	for _, element := range n.Content {
		all = append(all, resolved(element))
	}
	return all
}

// eachMember calls visit for the members of a mapping, those of merges first.
func eachMember(n *yaml.Node, visit func(key, value *yaml.Node)) {
	n = resolved(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "<<" {
			for _, from := range elements(n.Content[i+1]) {
				eachMember(from, visit)
			}
			eachMember(n.Content[i+1], visit)
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value != "<<" {
			visit(n.Content[i], resolved(n.Content[i+1]))
		}
	}
}

// scalar is the text of a scalar node; empty for others.
func scalar(n *yaml.Node) string {
	if n = resolved(n); n != nil && n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		return n.Value
	}
	return ""
}

// flatFile are the values of a configuration file, keys in lower case, those of YAML and JSON joined by dots; of TOML nothing is
// read.
func (p *Program) flatFile(file string) []Setting {
	settings := []Setting{}
	switch filepath.Ext(file) {
	case ".env":
		settings = p.envFile(file)
		for i := range settings {
			settings[i].Name = strings.ToLower(settings[i].Name)
		}
		return settings
	case ".yaml", ".yml", ".json":
	default:
		return settings
	}
	var walk func(n *yaml.Node, prefix string, depth int)
	walk = func(n *yaml.Node, prefix string, depth int) {
		if depth > 10 {
			return
		}
		eachMember(n, func(key, value *yaml.Node) {
			name := prefix + strings.ToLower(key.Value)
			if value.Kind == yaml.ScalarNode {
				settings = append(settings, Setting{name, scalar(value), Origin{file, value.Line}})
			}
			walk(value, name+".", depth+1)
		})
	}
	walk(p.yamlFile(file), "", 0)
	return settings
}

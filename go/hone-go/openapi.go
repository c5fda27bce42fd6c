package main

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// openAPI reads the operations of an OpenAPI 3 or Swagger 2 document.
func (p *Program) openAPI(file string) {
	root := p.yamlFile(file)
	if member(root, "openapi") == nil && member(root, "swagger") == nil {
		return
	}
	d := openAPIReader{root, file}
	base := d.base()
	eachMember(member(root, "paths"), func(route, item *yaml.Node) {
		eachMember(item, func(method, operation *yaml.Node) {
			switch method.Value {
			case "get", "post", "put", "patch", "delete", "head", "options":
				p.doc.Operations = append(p.doc.Operations, d.operation(base+route.Value, method, operation, item))
			}
		})
	})
}

type openAPIReader struct {
	root *yaml.Node
	file string
}

// base is the path before all others: of the first server's URL, or Swagger's basePath.
func (d openAPIReader) base() string {
	text := scalar(member(d.root, "basePath"))
	if servers := elements(member(d.root, "servers")); len(servers) > 0 {
		if parsed, err := url.Parse(scalar(member(servers[0], "url"))); err == nil && !strings.Contains(parsed.Path, "{") {
			text = parsed.Path
		}
	}
	return strings.TrimSuffix(text, "/")
}

// follow looks through one $ref within the document.
func (d openAPIReader) follow(n *yaml.Node) *yaml.Node {
	ref, ok := strings.CutPrefix(scalar(member(n, "$ref")), "#/")
	if !ok {
		return n
	}
	at := d.root
	for _, key := range strings.Split(ref, "/") {
		at = member(at, strings.NewReplacer("~1", "/", "~0", "~").Replace(key))
	}
	return at
}

func (d openAPIReader) operation(route string, method, operation, item *yaml.Node) Operation {
	o := Operation{Method: strings.ToUpper(method.Value), Path: route, Params: []Parameter{}, Origin: Origin{d.file, method.Line}}
	o.Bodyless = member(operation, "requestBody") == nil
	for _, n := range append(elements(member(item, "parameters")), elements(member(operation, "parameters"))...) {
		n = d.follow(n)
		switch in := scalar(member(n, "in")); in {
		case "path", "query", "header":
			o.Params = append(o.Params, d.parameter(n, in))
		case "body":
			o.Body, o.Bodyless = d.jsonExample(n), false
		case "formData":
			o.Bodyless = false
		}
	}
	content := member(d.follow(member(operation, "requestBody")), "content")
	if body := member(content, "application/json"); body != nil {
		o.Body = d.jsonExample(body)
	}
	eachMember(member(operation, "responses"), func(key, value *yaml.Node) {
		if status, err := strconv.Atoi(key.Value); err == nil && status >= 200 && status < 300 {
			o.Status = append(o.Status, status)
		}
	})
	return o
}

func (d openAPIReader) parameter(n *yaml.Node, in string) Parameter {
	schema := d.follow(member(n, "schema"))
	param := Parameter{Name: scalar(member(n, "name")), In: in, Required: scalar(member(n, "required")) == "true", Origin: Origin{d.file, n.Line}}
	for _, at := range []*yaml.Node{n, schema} {
		for _, found := range []struct {
			to  *string
			key string
		}{{&param.Type, "type"}, {&param.Format, "format"}, {&param.Example, "example"}, {&param.Example, "default"}} {
			if *found.to == "" {
				*found.to = scalar(member(at, found.key))
			}
		}
		for _, choice := range elements(member(at, "enum")) {
			param.Enum = append(param.Enum, scalar(choice))
		}
	}
	eachMember(member(n, "examples"), func(key, value *yaml.Node) {
		if param.Example == "" {
			param.Example = scalar(member(value, "value"))
		}
	})
	return param
}

// jsonExample is the example of a media type or body parameter, whole or put together from those of its properties.
func (d openAPIReader) jsonExample(n *yaml.Node) string {
	example := member(n, "example")
	eachMember(member(n, "examples"), func(key, value *yaml.Node) {
		if example == nil {
			example = member(d.follow(value), "value")
		}
	})
	value, ok := any(nil), false
	if example != nil {
		ok = example.Decode(&value) == nil
	} else {
		value, ok = d.exampleOf(member(n, "schema"), 0)
	}
	if !ok {
		return ""
	}
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(text)
}

// exampleOf is an example of a schema; nothing where a part that is required has none.
func (d openAPIReader) exampleOf(schema *yaml.Node, depth int) (any, bool) {
	schema = d.follow(schema)
	if schema == nil || depth > 6 {
		return nil, false
	}
	for _, key := range []string{"example", "default"} {
		if n := member(schema, key); n != nil {
			var value any
			err := n.Decode(&value)
			return value, err == nil
		}
	}
	if choices := elements(member(schema, "enum")); len(choices) > 0 {
		return scalar(choices[0]), true
	}
	if items := member(schema, "items"); items != nil {
		one, ok := d.exampleOf(items, depth+1)
		return []any{one}, ok
	}
	properties := member(schema, "properties")
	if properties == nil {
		return nil, false
	}
	required := map[string]bool{}
	for _, name := range elements(member(schema, "required")) {
		required[scalar(name)] = true
	}
	object, complete := map[string]any{}, true
	eachMember(properties, func(key, value *yaml.Node) {
		if one, ok := d.exampleOf(value, depth+1); ok {
			object[key.Value] = one
		} else if required[key.Value] || len(required) == 0 {
			complete = false
		}
	})
	return object, complete && len(object) > 0
}

package main

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/packages"
)

// configFiles reads the structs that are filled from YAML and JSON files without viper: yaml.Unmarshal of os.ReadFile(path),
// yaml.NewDecoder(file).Decode, cleanenv.ReadConfig(path, &c). Whatever else sets a field counts as well.
func (p *Program) configFiles() {
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		fn := callee(pkg.TypesInfo, call)
		if fn == nil || fn.Pkg() == nil || p.testOnly || len(call.Args) == 0 {
			return
		}
		library, target := configLibrary(fn), call.Args[len(call.Args)-1]
		var source ast.Expr
		switch {
		case library == "":
			return
		case fn.Name() == "ReadConfig":
			source = call.Args[0]
		case fn.Name() == "Unmarshal" && len(call.Args) > 1:
			source = p.opened(pkg, call.Args[0], 0)
		case fn.Name() == "Decode":
			if selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
				source = p.opened(pkg, selector.X, 0)
			}
		}
		if source != nil {
			p.configFile(pkg, source, target, library, call)
		}
	})
}

// configLibrary is the tag that a library's decoding functions read, or "".
func configLibrary(fn *types.Func) string {
	switch path := trimVersion(fn.Pkg().Path()); {
	case strings.HasPrefix(path, "gopkg.in/yaml."), path == "go.yaml.in/yaml", path == "github.com/goccy/go-yaml",
		path == "github.com/ilyakaznacheev/cleanenv":
		return "yaml"
	case path == "sigs.k8s.io/yaml", path == "encoding/json":
		return "json"
	}
	return ""
}

// opened is the path given to os.ReadFile or os.Open behind data, a reader or a decoder; nil where there is none.
func (p *Program) opened(pkg *packages.Package, expr ast.Expr, depth int) ast.Expr {
	expr = ast.Unparen(expr)
	if depth > 6 {
		return nil
	}
	if call, ok := expr.(*ast.CallExpr); ok && len(call.Args) > 0 {
		switch qualifiedName(callee(pkg.TypesInfo, call)) {
		case "os.ReadFile", "os.Open", "io/ioutil.ReadFile", "os.OpenFile":
			return call.Args[0]
		}
		return p.opened(pkg, call.Args[0], depth+1) // []byte(...), os.ExpandEnv(...), yaml.NewDecoder(...), io.ReadAll(...)
	}
	if obj := objectOf(pkg.TypesInfo, expr); obj != nil {
		for _, a := range p.flow.assigns[obj] {
			if a.pkg != pkg || a.index > 0 {
				continue
			}
			if found := p.opened(pkg, a.expr, depth+1); found != nil {
				return found
			}
		}
	}
	return nil
}

// named notes what names a file: a flag or a variable.
func (c *Config) named(values []str) {
	for _, value := range values {
		if len(value.pieces) == 1 {
			c.Flag, c.Var = c.Flag+value.pieces[0].flag, c.Var+value.pieces[0].env
			return
		}
	}
}

func (p *Program) configFile(pkg *packages.Package, source, target ast.Expr, tag string, call *ast.CallExpr) {
	structure, ok := underlying(pkg.TypesInfo.TypeOf(target)).(*types.Struct)
	values := p.flow.values(source, scope{pkg: pkg})
	if !ok || len(values) == 0 {
		return
	}
	c := Config{Via: tag, Names: []string{}, Keys: []Setting{}, Origin: p.origin(callPos(call))}
	c.named(values)
	for _, value := range values {
		if name := pathText(value); !strings.Contains(name, "${") && name != "" {
			c.Names = append(c.Names, name)
			(&viperUse{p: p, config: &c}).tryConfig(name)
		}
	}
	if len(c.Names) == 0 && c.Flag == "" && c.Var == "" {
		return // nothing is known of the file: it may be no configuration at all
	}
	keys := map[string]string{}
	for _, key := range c.Keys {
		keys[key.Name] = key.Value
	}
	p.configFields(structure, tag, "", keys, 0)
	p.doc.Config = append(p.doc.Config, c)
}

// configFields notes which key each field is filled from; a value ${NAME}, as os.ExpandEnv fills it in, is a variable.
func (p *Program) configFields(structure *types.Struct, tag, prefix string, keys map[string]string, depth int) {
	for i := range structure.NumFields() {
		field := structure.Field(i)
		name, options, _ := strings.Cut(tagsOf(structure.Tag(i))[tag], ",")
		if name == "-" || depth > 5 || p.packageAt(field.Pos()) == nil {
			continue
		}
		key := prefix + strings.ToLower(name)
		if name == "" {
			key = prefix + strings.ToLower(field.Name())
		}
		if inner, ok := underlying(field.Type()).(*types.Struct); ok {
			if strings.Contains(options, "inline") || field.Embedded() && name == "" {
				key = strings.TrimSuffix(prefix, ".")
			}
			p.configFields(inner, tag, strings.TrimPrefix(key+".", "."), keys, depth+1)
			continue
		}
		value, known := keys[key]
		if _, tagged := p.envReads.fields[field.Origin()]; !known || tagged {
			continue
		}
		if variable, ok := strings.CutPrefix(value, "${"); ok && strings.HasSuffix(variable, "}") {
			p.envReads.fields[field.Origin()] = EnvVar{Name: strings.TrimSuffix(variable, "}")}
			continue
		}
		text := literal(value, field.Pos())[0]
		p.envReads.config[key] = &text
		p.envReads.keyOf[field.Origin()] = key
	}
}

// configured is the value that a configuration file gives to a field; none for others.
func (p *Program) configured(obj types.Object) []str {
	if p.envReads == nil {
		return nil
	}
	key, ok := p.envReads.keyOf[obj]
	if !ok {
		return nil
	}
	return []str{{[]piece{{config: key, preset: p.envReads.config[key]}}, obj.Pos()}}
}

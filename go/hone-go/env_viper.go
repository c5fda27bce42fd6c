package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// viperUse is what the code does with viper, gathered over all of its calls.
type viperUse struct {
	p         *Program
	prefix    string
	automatic bool
	unclear   bool // the prefix is one of several
	replacer  *strings.Replacer
	keys      []viperKey
	bound     map[string][]string
	presets   map[string]string
	structs   []viperStruct
	names     []string // of configuration files, with {ext} where viper tries all
	folders   []string
	readAt    token.Pos
	config    *Config
	namedBy   Config // only what names the file
	private   bool   // the file is a person's own
}

type viperKey struct {
	key string
	pos token.Pos
}

type viperStruct struct {
	t      types.Type
	prefix string
}

// envViper reads BindEnv, and with AutomaticEnv every key that has a default or is read; the rest comes from a file.
func (p *Program) envViper() {
	u := &viperUse{p: p, replacer: strings.NewReplacer(), bound: map[string][]string{}, presets: map[string]string{}}
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		if fn := callee(pkg.TypesInfo, call); fn != nil && fn.Pkg() != nil && trimVersion(fn.Pkg().Path()) == "github.com/spf13/viper" {
			u.call(pkg, fn.Name(), call)
		}
	})
	u.findConfig()
	if u.unclear {
		return
	}
	for _, k := range u.keys {
		u.note(strings.ToLower(k.key), k.pos, nil)
	}
	for _, s := range u.structs {
		u.fields(s.t, s.prefix, 0)
	}
}

func (u *viperUse) call(pkg *packages.Package, name string, call *ast.CallExpr) {
	word := func(i int) string {
		if values := u.p.flow.values(call.Args[i], scope{pkg: pkg}); len(values) > 0 {
			return pathText(values[0])
		}
		return ""
	}
	n := len(call.Args)
	switch {
	case name == "AutomaticEnv":
		u.automatic = true
	case name == "ReadInConfig" || name == "MergeInConfig":
		u.readAt = call.Pos()
	case n == 0:
	case name == "SetEnvKeyReplacer":
		u.replacer = u.p.replacerOf(pkg, call.Args[0])
	case name == "SetEnvPrefix":
		if values := u.p.flow.values(call.Args[0], scope{pkg: pkg}); len(values) > 1 {
			origin := u.p.origin(call.Pos())
			u.p.problem(Problem{Message: "programs give viper different prefixes: which variables it reads is not known", Origin: &origin})
			u.unclear = true
		}
		u.prefix = word(0) + "_"
	case name == "SetDefault" && n == 2:
		if values := u.p.flow.values(call.Args[1], scope{pkg: pkg}); len(values) > 0 && !values[0].partial() {
			u.presets[strings.ToLower(word(0))] = pathText(values[0])
		}
		u.keys = append(u.keys, viperKey{word(0), call.Pos()})
	case name == "BindEnv":
		for i := 1; i < n; i++ {
			u.bound[strings.ToLower(word(0))] = append(u.bound[strings.ToLower(word(0))], word(i))
		}
		if n == 1 {
			u.bound[strings.ToLower(word(0))] = []string{}
		}
		u.keys = append(u.keys, viperKey{word(0), call.Pos()})
	case name == "SetConfigName":
		u.names = append(u.names, word(0)+".{ext}")
	case name == "SetConfigFile":
		u.names = append(u.names, word(0))
		u.namedBy.named(u.p.flow.values(call.Args[0], scope{pkg: pkg}))
	case name == "AddConfigPath":
		u.folders = append(u.folders, word(0))
		u.namedBy.named(u.p.flow.values(call.Args[0], scope{pkg: pkg}))
		u.namedBy.Folder = u.namedBy.Flag != "" || u.namedBy.Var != ""
	case name == "Unmarshal" || name == "UnmarshalExact":
		u.structs = append(u.structs, viperStruct{pkg.TypesInfo.TypeOf(call.Args[0]), ""})
	case name == "UnmarshalKey" && n > 1:
		u.structs = append(u.structs, viperStruct{pkg.TypesInfo.TypeOf(call.Args[1]), strings.ToLower(word(0)) + "."})
	case strings.HasPrefix(name, "Get") && n == 1:
		u.keys = append(u.keys, viperKey{word(0), call.Pos()})
	}
}

// replacerOf is the strings.Replacer that an expression makes; one that is not understood replaces dots and dashes.
func (p *Program) replacerOf(pkg *packages.Package, expr ast.Expr) *strings.Replacer {
	usual := strings.NewReplacer(".", "_", "-", "_")
	call, ok := ast.Unparen(expr).(*ast.CallExpr)
	if !ok {
		for _, a := range p.flow.assigns[objectOf(pkg.TypesInfo, expr)] {
			if c, isCall := ast.Unparen(a.expr).(*ast.CallExpr); isCall {
				call, pkg = c, a.pkg
			}
		}
	}
	if call == nil || qualifiedName(callee(pkg.TypesInfo, call)) != "strings.NewReplacer" || len(call.Args)%2 != 0 {
		return usual
	}
	var pairs []string
	for _, x := range call.Args {
		values := p.flow.values(x, scope{pkg: pkg})
		text, plain := values[0].plain()
		if len(values) != 1 || !plain {
			return usual
		}
		pairs = append(pairs, text)
	}
	return strings.NewReplacer(pairs...)
}

// note says where the value of a key comes from: a variable, or else a file or default that nothing from outside changes.
func (u *viperUse) note(key string, pos token.Pos, field types.Object) {
	names, isBound := u.bound[key]
	reads := u.p.envReads
	inFile := u.config != nil && slices.ContainsFunc(u.config.Keys, func(s Setting) bool { return s.Name == key })
	var preset *string
	if value, ok := u.presets[key]; ok {
		preset = &value
	}
	if inFile {
		i := slices.IndexFunc(u.config.Keys, func(s Setting) bool { return s.Name == key })
		preset = &u.config.Keys[i].Value
	}
	if key == "" || strings.Contains(key, "${") {
		return
	}
	// Unmarshal asks only for keys that viper has heard of; what stands in a TOML file is not read here, so that any may.
	unread := u.config != nil && path.Ext(u.config.File) == ".toml"
	if field != nil && !isBound && !inFile && preset == nil && !unread {
		return
	}
	if !isBound && !u.automatic {
		if inFile || preset != nil {
			value := literal(deref(preset), pos)[0]
			reads.config[key] = &value
			if field != nil {
				reads.keyOf[field] = key
			}
		}
		return
	}
	if len(names) == 0 {
		names = []string{u.replacer.Replace(strings.ToUpper(u.prefix + key))}
	}
	v := EnvVar{Name: names[0], Default: preset, Via: "github.com/spf13/viper", Test: u.p.testOnly, Origin: u.p.origin(pos)}
	if inFile && u.private {
		v.Default, v.File = nil, u.config.File
	}
	if field != nil {
		reads.fields[field] = v
	}
	if _, seen := reads.viper[key]; seen {
		return
	}
	reads.viper[key] = v
	for _, name := range names {
		v.Name = name
		u.p.addEnv(v)
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// fields notes the keys behind the fields of a struct that Unmarshal fills.
func (u *viperUse) fields(t types.Type, prefix string, depth int) {
	structure, ok := underlying(t).(*types.Struct)
	if !ok || depth > 5 {
		return
	}
	for i := range structure.NumFields() {
		field := structure.Field(i)
		name, options, _ := strings.Cut(tagsOf(structure.Tag(i))["mapstructure"], ",")
		if name == "-" || u.p.packageAt(field.Pos()) == nil {
			continue
		}
		if name == "" {
			name = field.Name()
		}
		key := prefix + strings.ToLower(name)
		if _, isStruct := underlying(field.Type()).(*types.Struct); isStruct {
			inner := key + "."
			if strings.Contains(options, "squash") {
				inner = prefix
			}
			u.fields(field.Type(), inner, depth+1)
			continue
		}
		u.note(key, field.Pos(), field.Origin())
	}
}

// findConfig looks for the file that ReadInConfig would read.
func (u *viperUse) findConfig() {
	if !u.readAt.IsValid() || u.p.testOnly {
		return
	}
	u.config = &Config{Via: "viper", Env: u.automatic, Origin: u.p.origin(u.readAt), Flag: u.namedBy.Flag, Var: u.namedBy.Var,
		Folder: u.namedBy.Folder}
	folders := u.folders
	if len(folders) == 0 {
		folders = []string{"."}
	}
	names := u.names
	if len(names) == 0 {
		names = []string{"config.{ext}"}
	}
	for _, name := range names {
		if !strings.HasSuffix(name, ".{ext}") {
			u.config.Names = append(u.config.Names, name)
			u.tryConfig(name)
			continue
		}
		for _, folder := range folders {
			u.config.Names = append(u.config.Names, path.Join(folder, name))
			for _, ext := range []string{"json", "toml", "yaml", "yml", "env"} {
				u.tryConfig(path.Join(folder, strings.TrimSuffix(name, "{ext}")+ext))
			}
		}
	}
	u.p.doc.Config = append(u.p.doc.Config, *u.config)
}

func (u *viperUse) tryConfig(name string) {
	if !strings.Contains(name, "${") && u.config.File == "" && !filepath.IsAbs(name) {
		if _, err := os.Stat(filepath.Join(u.p.dir, name)); err == nil {
			u.config.File = path.Clean(name)
			u.config.Keys = u.p.flatFile(u.config.File)
			u.private = u.p.isPrivate(u.config.File)
		}
	}
}

package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"reflect"
	"regexp"
	"strings"
	"time"

	"golang.org/x/tools/go/packages"
)

// piece is one part of a string: a literal, an environment variable, a flag, or (none of them) something not known.
type piece struct {
	known   bool
	literal string
	env     string
	flag    string
	preset  *string // the default of env or flag
}

// str is one value that a string expression may have.
type str struct {
	pieces []piece
	pos    token.Pos // of its first literal
}

const (
	maxAlternatives = 16
	maxDepth        = 16
)

// scope is where an expression stands: its package, and parameters that are bound to a certain call's arguments.
type scope struct {
	pkg   *packages.Package
	bound func(types.Object) ([]str, bool) // nil: none
	depth int
}

func unknown() []str { return []str{{pieces: []piece{{}}}} }

func literal(text string, pos token.Pos) []str {
	return []str{{pieces: []piece{{known: true, literal: text}}, pos: pos}}
}

func (s str) partial() bool {
	for _, p := range s.pieces {
		if !p.known && p.env == "" && p.flag == "" {
			return true
		}
	}
	return false
}

// plain is the text of a string that is made of literals only.
func (s str) plain() (string, bool) {
	var b strings.Builder
	for _, p := range s.pieces {
		if !p.known {
			return "", false
		}
		b.WriteString(p.literal)
	}
	return b.String(), true
}

func (s str) text() Text {
	var value, resolved strings.Builder
	t := Text{}
	complete := true
	for _, p := range s.pieces {
		switch {
		case p.known:
			value.WriteString(p.literal)
			resolved.WriteString(p.literal)
			continue
		case p.env != "":
			value.WriteString("${" + p.env + "}")
			t.Env = append(t.Env, EnvRead{p.env, p.preset})
		case p.flag != "":
			value.WriteString("${flag:" + p.flag + "}")
			t.Flag = p.flag
		default:
			value.WriteString("${?}")
		}
		if p.preset != nil {
			resolved.WriteString(*p.preset)
		} else {
			complete = false
		}
	}
	t.Value = value.String()
	if complete {
		t.Resolved = resolved.String()
	}
	return t
}

// parts are the known pieces, merged.
func (s str) parts() []string {
	parts := []string{}
	open := false
	for _, p := range s.pieces {
		if !p.known {
			open = false
		} else if open {
			parts[len(parts)-1] += p.literal
		} else {
			parts, open = append(parts, p.literal), true
		}
	}
	return parts
}

func join(lists ...[]str) []str {
	result := []str{{}}
	for _, list := range lists {
		var next []str
		for _, head := range result {
			for _, tail := range list {
				if len(next) == maxAlternatives {
					break
				}
				pos := head.pos
				if !pos.IsValid() {
					pos = tail.pos
				}
				next = append(next, str{append(append([]piece(nil), head.pieces...), tail.pieces...), pos})
			}
		}
		result = next
	}
	return result
}

// values gives all values that an expression may have.
func (f *flow) values(expr ast.Expr, s scope) []str {
	expr = ast.Unparen(expr)
	info := s.pkg.TypesInfo
	if tv, ok := info.Types[expr]; ok && tv.Value != nil {
		return literal(constantText(tv), constantPos(info, expr))
	}
	if s.depth++; s.depth > maxDepth {
		return unknown()
	}
	switch e := expr.(type) {
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return join(f.values(e.X, s), f.values(e.Y, s))
		}
	case *ast.Ident, *ast.SelectorExpr:
		if obj := objectOf(info, expr); obj != nil {
			return f.variable(obj, s)
		}
	case *ast.StarExpr:
		return f.values(e.X, s)
	case *ast.UnaryExpr:
		if e.Op == token.AND {
			return f.values(e.X, s)
		}
	case *ast.CallExpr:
		return f.call(e, 0, s)
	}
	return unknown()
}

// constantPos is where the constant is written: the declaration of a named one.
func constantPos(info *types.Info, expr ast.Expr) token.Pos {
	switch e := ast.Unparen(expr).(type) {
	case *ast.Ident:
		if c, ok := info.Uses[e].(*types.Const); ok {
			return c.Pos()
		}
	case *ast.SelectorExpr:
		if c, ok := info.Uses[e.Sel].(*types.Const); ok {
			return c.Pos()
		}
	case *ast.BinaryExpr:
		return constantPos(info, e.X)
	}
	return expr.Pos()
}

func constantText(tv types.TypeAndValue) string {
	if typePath(tv.Type) == "time.Duration" {
		if n, ok := constant.Int64Val(tv.Value); ok {
			return time.Duration(n).String()
		}
	}
	if tv.Value.Kind() == constant.String {
		return constant.StringVal(tv.Value)
	}
	return tv.Value.ExactString()
}

func (f *flow) variable(obj types.Object, s scope) []str {
	if s.bound != nil {
		if bound, ok := s.bound(obj); ok {
			return bound
		}
	}
	if text, ok := f.embeds[obj]; ok {
		return literal(text, obj.Pos())
	}
	if name, preset := f.p.tagged(obj); name != "" {
		return []str{{pieces: []piece{{env: name, preset: preset}}}}
	}
	if f.active[obj] {
		return nil
	}
	f.active[obj] = true
	defer delete(f.active, obj)
	var bases []str
	var home ast.Node
	sure := true
	extended := [][]str{nil}
	for _, a := range f.assigns[obj] {
		inner := scope{pkg: a.pkg, bound: s.bound, depth: s.depth}
		switch {
		case a.flagVar:
			bases = append(bases, f.flagValue(a.expr.(*ast.CallExpr), 1, inner)...)
		case a.extends:
			extended = append(extended, f.values(a.expr, inner))
			sure = sure && a.block == home
		default:
			if home == nil {
				home = a.block
			}
			bases = append(bases, f.assigned(a, inner)...)
		}
	}
	if len(bases) == 0 {
		return unknown()
	}
	if len(extended) > 1 {
		extended[0] = bases
		longer := join(extended...)
		if sure {
			return longer
		}
		return limit(append(bases, longer...))
	}
	return limit(withDefault(bases))
}

func (f *flow) assigned(a assign, s scope) []str {
	if call, ok := ast.Unparen(a.expr).(*ast.CallExpr); ok {
		if tv := s.pkg.TypesInfo.Types[call]; tv.Value == nil {
			return f.call(call, a.index, s)
		}
	}
	if a.index > 0 {
		return unknown()
	}
	return f.values(a.expr, s)
}

func limit(list []str) []str {
	if len(list) > maxAlternatives {
		list = list[:maxAlternatives]
	}
	return list
}

// withDefault reads "an environment variable, or else this text" out of the alternatives of one variable.
func withDefault(list []str) []str {
	var env, flag, fixed []str
	for _, s := range list {
		text, plain := s.plain()
		switch {
		case plain && text != "":
			fixed = append(fixed, s)
		case plain:
		case len(s.pieces) == 1 && s.pieces[0].env != "":
			env = append(env, s)
		case len(s.pieces) == 1 && s.pieces[0].flag != "":
			flag = append(flag, s)
		}
	}
	if len(env) == 0 {
		return list
	}
	name := env[0].pieces[0]
	if name.preset == nil && len(fixed) > 0 {
		text, _ := fixed[0].plain()
		name.preset = &text
	}
	return append([]str{{pieces: []piece{name}, pos: env[0].pos}}, flag...)
}

// through are functions whose result, for configuration, is their first argument in another form.
var through = map[string]bool{
	"strings.TrimSpace": true, "strings.ToLower": true, "strings.ToUpper": true, "strconv.Atoi": true,
	"strconv.ParseInt": true, "strconv.ParseBool": true, "strconv.ParseFloat": true, "strconv.ParseUint": true,
	"time.ParseDuration": true, "strconv.Itoa": true, "os.ExpandEnv": true, "url.Parse": true, "strconv.FormatInt": true,
}

// call gives the values of one result of a call.
func (f *flow) call(call *ast.CallExpr, index int, s scope) []str {
	info := s.pkg.TypesInfo
	if info.Types[call.Fun].IsType() && len(call.Args) == 1 {
		return f.values(call.Args[0], s)
	}
	fn := callee(info, call)
	name := qualifiedName(fn)
	if isFlagPackage(fn) && len(call.Args) >= 3 && index == 0 && flagVarArgument(fn) < 0 {
		return f.flagValue(call, 0, s)
	}
	switch {
	case fn == nil || (len(call.Args) == 0 && f.p.body(fn) == nil && !strings.HasSuffix(name, ".String")):
	case through[name] && index == 0:
		return f.values(call.Args[0], s)
	case (name == "os.Getenv" || name == "os.LookupEnv" || name == "syscall.Getenv") && index == 0:
		return f.environment(call.Args[0], s)
	case name == "cmp.Or":
		var all []str
		for _, argument := range call.Args {
			all = append(all, f.values(argument, s)...)
		}
		return withDefault(all)
	case name == "fmt.Sprintf":
		return f.sprintf(call, s)
	case name == "net.JoinHostPort":
		return join(f.values(call.Args[0], s), literal(":", call.Pos()), f.values(call.Args[1], s))
	case name == "strings.Builder.String" || name == "bytes.Buffer.String":
		return f.built(call, s)
	case f.p.body(fn) != nil:
		return f.returned(f.p.body(fn), call, index, s)
	}
	return unknown()
}

func (f *flow) environment(key ast.Expr, s scope) []str {
	var result []str
	for _, name := range f.values(key, s) {
		if text, ok := name.plain(); ok {
			result = append(result, str{pieces: []piece{{env: text}}, pos: key.Pos()})
		}
	}
	if result == nil {
		return unknown()
	}
	return result
}

// flagValue reads flag.String(name, preset, usage); first is the index of name.
func (f *flow) flagValue(call *ast.CallExpr, first int, s scope) []str {
	names := f.values(call.Args[first], s)
	if len(names) == 0 {
		return unknown()
	}
	name, ok := names[0].plain()
	if !ok {
		return unknown()
	}
	value := call.Args[first+1]
	if strings.HasSuffix(callee(s.pkg.TypesInfo, call).Name(), "P") && len(call.Args) > first+3 {
		value = call.Args[first+2]
	}
	flag := piece{flag: name}
	if presets := f.values(value, s); len(presets) > 0 {
		if len(presets[0].pieces) == 1 && presets[0].pieces[0].env != "" {
			return presets
		}
		if text, ok := presets[0].plain(); ok {
			flag.preset = &text
		}
	}
	return []str{{pieces: []piece{flag}, pos: call.Pos()}}
}

var verb = regexp.MustCompile(`%[-+# 0]*\d*(?:\.\d+)?(?:\[(\d+)\])?([a-zA-Z%])`)

func (f *flow) sprintf(call *ast.CallExpr, s scope) []str {
	var result []str
	for _, format := range f.values(call.Args[0], s) {
		text, ok := format.plain()
		if !ok {
			result = append(result, unknown()...)
			continue
		}
		pieces := [][]str{}
		next, last := 1, 0
		for _, m := range verb.FindAllStringSubmatchIndex(text, -1) {
			pieces = append(pieces, literal(text[last:m[0]], format.pos))
			last = m[1]
			if text[m[4]:m[5]] == "%" {
				pieces = append(pieces, literal("%", format.pos))
				continue
			}
			if m[2] >= 0 {
				next = int(text[m[2]] - '0')
			}
			if next < len(call.Args) && strings.Contains("svd", text[m[4]:m[5]]) {
				pieces = append(pieces, f.values(call.Args[next], s))
			} else {
				pieces = append(pieces, unknown())
			}
			next++
		}
		result = append(result, join(append(pieces, literal(text[last:], format.pos))...)...)
	}
	return limit(result)
}

// built is the text of a builder: all that is ever written to it, with a gap where a write is conditional.
func (f *flow) built(call *ast.CallExpr, s scope) []str {
	selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return unknown()
	}
	writes := f.writes[objectOf(s.pkg.TypesInfo, selector.X)]
	if len(writes) == 0 {
		return unknown()
	}
	var lists [][]str
	for _, w := range writes {
		if w.block != writes[0].block {
			lists = append(lists, unknown())
			continue
		}
		lists = append(lists, f.values(w.expr, scope{pkg: w.pkg, bound: s.bound, depth: s.depth}))
	}
	return join(lists...)
}

// returned evaluates what a function of the module returns, its parameters bound to this call's arguments.
func (f *flow) returned(fn *Func, call *ast.CallExpr, index int, s scope) []str {
	if f.active[fn] {
		return nil
	}
	bound := map[types.Object][]str{}
	params := fn.obj.Type().(*types.Signature).Params()
	for i := 0; i < params.Len() && i < len(call.Args); i++ {
		bound[params.At(i)] = f.values(call.Args[i], s)
	}
	lookup := func(obj types.Object) ([]str, bool) { values, ok := bound[obj]; return values, ok }
	f.active[fn] = true
	defer delete(f.active, fn)
	var all []str
	for _, results := range f.returns[fn.obj] {
		inner := scope{pkg: fn.pkg, bound: lookup, depth: s.depth}
		switch {
		case index < len(results):
			all = append(all, f.values(results[index], inner)...)
		case len(results) == 1:
			if tail, ok := ast.Unparen(results[0]).(*ast.CallExpr); ok {
				all = append(all, f.call(tail, index, inner)...)
			}
		}
	}
	if len(all) == 0 {
		return unknown()
	}
	return limit(withDefault(all))
}

// tagged is the environment variable that a configuration struct's field is filled from, by its tags.
func (p *Program) tagged(obj types.Object) (string, *string) {
	if p.envReads == nil {
		return "", nil
	}
	field, ok := p.envReads.fields[obj]
	if !ok {
		return "", nil
	}
	return field.Name, field.Default
}

func tagValue(tag reflect.StructTag, keys ...string) (string, bool) {
	for _, key := range keys {
		if value, ok := tag.Lookup(key); ok {
			return value, true
		}
	}
	return "", false
}

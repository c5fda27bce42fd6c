package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strconv"
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
	config  string // a key of a configuration file
	preset  *str   // the default of env, flag or config
}

// str is one value that a string expression may have.
type str struct {
	pieces []piece
	pos    token.Pos // of its first literal
}

const (
	maxAlternatives = 16
	maxDepth        = 16
	maxSteps        = 3000 // of one evaluation: mutually recursive code would take for ever
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
		if !p.known && p.env == "" && p.flag == "" && p.config == "" {
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

// presetText is the default as the document gives it; it may hold ${NAME} itself.
func (p piece) presetText() *string {
	if p.preset == nil {
		return nil
	}
	text := p.preset.text()
	if strings.Contains(text.Value, "${config:") && text.Resolved != "" {
		return &text.Resolved
	}
	return &text.Value
}

// then is a path with an end put behind it; one slash is enough.
func (s str) then(end string) str {
	pieces := append([]piece(nil), s.pieces...)
	if n := len(pieces); n > 0 && pieces[n-1].known && strings.HasPrefix(end, "/") {
		pieces[n-1].literal = strings.TrimSuffix(pieces[n-1].literal, "/")
	}
	return str{append(pieces, piece{known: true, literal: end}), s.pos}
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
			t.Env = append(t.Env, EnvRead{p.env, p.presetText()})
		case p.flag != "":
			value.WriteString("${flag:" + p.flag + "}")
			t.Flag = p.flag
		case p.config != "":
			value.WriteString("${config:" + p.config + "}")
		case !strings.HasSuffix(value.String(), "${?}"):
			value.WriteString("${?}")
		}
		if p.preset == nil {
			complete = false
			continue
		}
		inner := p.preset.text()
		t.Env = append(t.Env, inner.Env...)
		resolved.WriteString(inner.Resolved)
		complete = complete && inner.Resolved != ""
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
	if f.nesting == 0 {
		f.steps = 0
	}
	f.nesting++
	defer func() { f.nesting-- }()
	f.steps++
	if s.depth++; s.depth > maxDepth || f.steps > maxSteps {
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
	if tagged, ok := f.p.tagged(obj); ok {
		return []str{tagged}
	}
	if f.active[obj] {
		return nil
	}
	f.active[obj] = true
	defer delete(f.active, obj)
	bases := f.p.configured(obj)
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

// withDefault reads "an environment variable, or else this text" out of the alternatives of one variable. With several
// variables, as in a table of names and defaults, each takes the text that is written next after its name.
func withDefault(list []str) []str {
	var result, others []str
	for _, s := range list {
		if len(s.pieces) == 1 && s.pieces[0].env != "" {
			result = append(result, s)
		} else if text, plain := s.plain(); !s.partial() && !(plain && text == "") {
			others = append(others, s)
		}
	}
	if len(result) == 0 {
		return list
	}
	for i, s := range result {
		if s.pieces[0].preset != nil || len(others) == 0 {
			continue
		}
		next := others[0]
		for _, other := range others {
			if len(result) > 1 && other.pos > s.pos && (next.pos <= s.pos || other.pos < next.pos) {
				next = other
			}
		}
		if len(next.pieces) == 1 && next.pieces[0].flag != "" {
			result = append(result, next)
			continue
		}
		result[i] = str{[]piece{{env: s.pieces[0].env, preset: &next}}, s.pos}
	}
	return result
}

// through are functions whose result, for configuration, is their first argument in another form.
var through = map[string]bool{
	"strings.TrimSpace": true, "strings.ToLower": true, "strings.ToUpper": true, "strconv.Atoi": true,
	"strconv.ParseInt": true, "strconv.ParseBool": true, "strconv.ParseFloat": true, "strconv.ParseUint": true,
	"github.com/jmoiron/sqlx.In": true, "github.com/jmoiron/sqlx.Named": true, "github.com/jmoiron/sqlx.DB.Rebind": true,
	"github.com/jmoiron/sqlx.Tx.Rebind": true, "strings.Trim": true, "strings.ReplaceAll": true, "strings.TrimPrefix": true, "strings.TrimSuffix": true,
	"strings.TrimRight": true, "strings.TrimLeft": true, "time.ParseDuration": true, "strconv.Itoa": true, "os.ExpandEnv": true,
	"net/url.Parse": true, "net/url.ParseRequestURI": true, "strconv.FormatInt": true,
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
	if values, ok := f.pathCall(name, call, s); ok && index == 0 {
		return values
	}
	switch {
	case fn == nil:
		return f.callVariable(call, index, s)
	case len(call.Args) == 0 && f.p.body(fn) == nil && !strings.HasSuffix(name, ".String"):
		return unknown()
	case through[name] && index == 0:
		return f.values(call.Args[0], s)
	case (name == "os.Getenv" || name == "os.LookupEnv" || name == "syscall.Getenv") && index == 0:
		return f.environment(call.Args[0], s)
	case strings.HasPrefix(name, "github.com/spf13/viper.") && strings.HasPrefix(fn.Name(), "Get"):
		return f.viper(call.Args[0], s)
	case name == "cmp.Or":
		var all []str
		for _, argument := range call.Args {
			all = append(all, f.values(argument, s)...)
		}
		return withDefault(all)
	case name == "fmt.Sprintf":
		return f.sprintf(call, s)
	case name == "strings.Join" && index == 0:
		return f.joined(call, s)
	case name == "net.JoinHostPort":
		return join(f.values(call.Args[0], s), literal(":", call.Pos()), f.values(call.Args[1], s))
	case name == "strings.Builder.String" || name == "bytes.Buffer.String":
		return f.built(call, s)
	case f.p.body(fn) != nil:
		fn := f.p.body(fn)
		return f.returned(fn.obj, fn.obj.Type().(*types.Signature), fn.pkg, call, index, s)
	}
	return unknown()
}

// callVariable serves calls of a literal or of a variable that holds a function, such as a lookup parameter given os.Getenv.
func (f *flow) callVariable(call *ast.CallExpr, index int, s scope) []str {
	var all []str
	for _, a := range f.functions(call.Fun, s.pkg, map[types.Object]bool{}) {
		if lit, ok := ast.Unparen(a.expr).(*ast.FuncLit); ok {
			signature := a.pkg.TypesInfo.TypeOf(lit).(*types.Signature)
			all = append(all, f.returned(lit, signature, a.pkg, call, index, s)...)
		} else if fn := funcOf(a.pkg.TypesInfo, a.expr); isGetenv(fn) && index == 0 && len(call.Args) == 1 {
			all = append(all, f.environment(call.Args[0], s)...)
		} else if own := f.p.body(fn); own != nil {
			all = append(all, f.returned(own.obj, own.obj.Type().(*types.Signature), own.pkg, call, index, s)...)
		}
	}
	if len(all) == 0 {
		return unknown()
	}
	return limit(all)
}

// functions are what an expression of a function's type may be, by way of variables, parameters and fields: literals and
// declared functions.
func (f *flow) functions(expr ast.Expr, pkg *packages.Package, seen map[types.Object]bool) []assign {
	obj := objectOf(pkg.TypesInfo, expr)
	if obj == nil {
		return []assign{{expr: expr, pkg: pkg}}
	}
	if seen[obj] {
		return nil
	}
	seen[obj] = true
	var all []assign
	for _, a := range f.assigns[obj] {
		if a.index == 0 && !a.extends && !a.flagVar {
			all = append(all, f.functions(a.expr, a.pkg, seen)...)
		}
	}
	return all
}

// mayBeGetenv says whether a call of a variable may be one of os.Getenv.
func (f *flow) mayBeGetenv(call *ast.CallExpr, pkg *packages.Package) bool {
	if objectOf(pkg.TypesInfo, call.Fun) == nil || len(call.Args) != 1 {
		return false
	}
	for _, a := range f.functions(call.Fun, pkg, map[types.Object]bool{}) {
		if isGetenv(funcOf(a.pkg.TypesInfo, a.expr)) {
			return true
		}
	}
	return false
}

func (f *flow) environment(key ast.Expr, s scope) []str {
	var result []str
	for _, name := range f.values(key, s) {
		if text, ok := name.plain(); ok {
			result = append(result, str{pieces: []piece{{env: text}}, pos: name.pos})
		}
	}
	if result == nil {
		return unknown()
	}
	return result
}

// viper gives the value behind a key, once the keys are known.
func (f *flow) viper(key ast.Expr, s scope) []str {
	for _, name := range f.values(key, s) {
		text, _ := name.plain()
		if f.p.envReads == nil {
			break
		}
		if v, ok := f.p.envReads.viper[strings.ToLower(text)]; ok {
			return []str{v.str(key.Pos())}
		}
		if value, ok := f.p.envReads.config[strings.ToLower(text)]; ok {
			return []str{{[]piece{{config: strings.ToLower(text), preset: value}}, key.Pos()}}
		}
	}
	return unknown()
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
		if !presets[0].partial() {
			flag.preset = &presets[0]
		}
	}
	return []str{{pieces: []piece{flag}, pos: call.Pos()}}
}

var verb = regexp.MustCompile(`%[-+# 0]*\d*(?:\.\d+)?(?:\[(\d+)\])?([a-zA-Z%])`)

func (f *flow) sprintf(call *ast.CallExpr, s scope) []str {
	var result []str
	for _, arguments := range f.combinations(call.Args, s) {
		format, ok := arguments[0].plain()
		if !ok {
			result = append(result, unknown()...)
			continue
		}
		one := str{pos: arguments[0].pos}
		add := func(text string) {
			if text != "" {
				one.pieces = append(one.pieces, piece{known: true, literal: text})
			}
		}
		next, last := 1, 0
		for _, m := range verb.FindAllStringSubmatchIndex(format, -1) {
			add(format[last:m[0]])
			last = m[1]
			if format[m[4]:m[5]] == "%" {
				add("%")
				continue
			}
			if m[2] >= 0 {
				next, _ = strconv.Atoi(format[m[2]:m[3]])
			}
			if next > 0 && next < len(arguments) && strings.Contains("svd", format[m[4]:m[5]]) {
				one.pieces = append(one.pieces, arguments[next].pieces...)
			} else {
				one.pieces = append(one.pieces, piece{})
			}
			next++
		}
		add(format[last:])
		result = append(result, one)
	}
	return result
}

// combinations are all ways to choose one value for each argument; one with too many values is not known.
func (f *flow) combinations(args []ast.Expr, s scope) [][]str {
	result := [][]str{nil}
	for _, argument := range args {
		values := f.values(argument, s)
		if len(values) == 0 || len(result)*len(values) > maxAlternatives {
			values = unknown()
		}
		var next [][]str
		for _, chosen := range result {
			for _, value := range values {
				next = append(next, append(slices.Clone(chosen), value))
			}
		}
		result = next
	}
	return result
}

// returned evaluates what a function or literal of the module returns, its parameters bound to this call's arguments.
func (f *flow) returned(key any, signature *types.Signature, pkg *packages.Package, call *ast.CallExpr, index int, s scope) []str {
	if f.active[key] {
		return nil
	}
	bound := map[types.Object][]str{}
	params := signature.Params()
	for i := 0; i < params.Len() && i < len(call.Args); i++ {
		bound[params.At(i)] = f.values(call.Args[i], s)
	}
	lookup := func(obj types.Object) ([]str, bool) {
		values, ok := bound[obj]
		if !ok && s.bound != nil {
			return s.bound(obj)
		}
		return values, ok
	}
	f.active[key] = true
	defer delete(f.active, key)
	var all []str
	for _, results := range f.returns[key] {
		inner := scope{pkg: pkg, bound: lookup, depth: s.depth}
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
func (p *Program) tagged(obj types.Object) (str, bool) {
	if p.envReads == nil {
		return str{}, false
	}
	v, ok := p.envReads.fields[obj]
	return v.str(obj.Pos()), ok
}

func (v EnvVar) str(pos token.Pos) str {
	variable := piece{env: v.Name}
	if v.Default != nil {
		variable.preset = &literal(*v.Default, pos)[0]
	}
	return str{[]piece{variable}, pos}
}

package main

import (
	"go/ast"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/tools/go/packages"
)

var queryName = regexp.MustCompile(`(?m)^--\s*name:\s*(\w+)(?:\s+:(\w+))?`)

// nameQueries gives the queries that sqlc generated their names, and the place in the .sql file that a person edits.
func (p *Program) nameQueries() {
	places := map[string]Origin{}
	for i := range p.doc.Queries {
		q := &p.doc.Queries[i]
		m := queryName.FindStringSubmatch(q.Text)
		if m == nil {
			continue
		}
		q.Name, q.Returns = m[1], m[2]
		if len(places) == 0 {
			places = p.queryFiles()
		}
		if at, ok := places[q.Name]; ok {
			q.NameOrigin = &at
		}
	}
}

// queryFiles are the places of `-- name: X` in the .sql files of the repository; names that stand twice are left out.
func (p *Program) queryFiles() map[string]Origin {
	places, twice := map[string]Origin{}, map[string]bool{}
	p.eachOtherFile(func(file string) {
		if !strings.HasSuffix(file, ".sql") {
			return
		}
		data, err := os.ReadFile(filepath.Join(p.dir, file))
		if err != nil {
			return
		}
		for _, m := range queryName.FindAllSubmatchIndex(data, -1) {
			name := string(data[m[2]:m[3]])
			_, known := places[name]
			twice[name] = twice[name] || known
			places[name] = Origin{file, 1 + strings.Count(string(data[:m[0]]), "\n")}
		}
	})
	for name := range twice {
		if twice[name] {
			delete(places, name)
		}
	}
	return places
}

// eachOtherFile calls visit for every file of the repository that is not hidden, vendored or of another kind of project.
func (p *Program) eachOtherFile(visit func(file string)) {
	filepath.WalkDir(p.dir, func(file string, entry os.DirEntry, err error) error {
		switch {
		case err != nil:
		case entry.IsDir() && file != p.dir && skipDir(entry.Name()):
			return filepath.SkipDir
		case entry.Type().IsRegular():
			visit(p.relative(file))
		}
		return nil
	})
}

// dsnParts reads the connection settings that are given one by one: pgdriver's options, go-pg's, and gorm's Config{DSN: ...}.
func (p *Program) dsnParts() {
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		if name := qualifiedName(callee(pkg.TypesInfo, call)); name == "github.com/uptrace/bun/driver/pgdriver.NewConnector" {
			parts := map[string]ast.Expr{}
			for _, x := range call.Args {
				option, ok := ast.Unparen(x).(*ast.CallExpr)
				if fn := callee(pkg.TypesInfo, x0(option)); ok && fn != nil && len(option.Args) == 1 {
					parts[strings.TrimPrefix(fn.Name(), "With")] = option.Args[0]
				}
			}
			p.addParts(pkg, name, parts, call)
		}
	})
	p.eachFile(func(pkg *packages.Package, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			made, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			name := typePath(pkg.TypesInfo.TypeOf(made))
			if name != "gorm.io/driver/postgres.Config" && name != "github.com/go-pg/pg.Options" {
				return true
			}
			parts := map[string]ast.Expr{}
			for _, element := range made.Elts {
				if pair, ok := element.(*ast.KeyValueExpr); ok {
					parts[types.ExprString(pair.Key)] = pair.Value
				}
			}
			if dsn, ok := parts["DSN"]; ok {
				p.addConnect(pkg, name, dsn, made)
			} else {
				p.addParts(pkg, name, parts, made)
			}
			return true
		})
	})
}

func x0(call *ast.CallExpr) *ast.CallExpr {
	if call == nil {
		return &ast.CallExpr{Fun: &ast.BadExpr{}}
	}
	return call
}

// addParts writes settings that are given one by one as keywords: addr=... user=... password=... dbname=...
func (p *Program) addParts(pkg *packages.Package, name string, parts map[string]ast.Expr, at ast.Node) {
	var all []str
	for _, key := range []struct{ option, keyword string }{{"Addr", "addr="}, {"User", "user="}, {"Password", "password="}, {"Database", "dbname="}} {
		expr, ok := parts[key.option]
		if !ok {
			continue
		}
		one := literal(" "+key.keyword, at.Pos())
		if len(all) == 0 {
			one = literal(key.keyword, at.Pos())
			all = []str{{}}
		}
		all = join(all, one, p.flow.values(expr, scope{pkg: pkg}))
	}
	for _, value := range all {
		p.noteConnect(Connect{Call: name, DSN: value.text(), Origin: p.origin(at.Pos())})
	}
}

func (p *Program) addConnect(pkg *packages.Package, name string, dsn ast.Expr, at ast.Node) {
	for _, value := range p.flow.values(dsn, scope{pkg: pkg}) {
		p.noteConnect(Connect{Call: name, DSN: value.text(), Origin: p.origin(at.Pos())})
	}
}

func (p *Program) noteConnect(c Connect) {
	for _, known := range p.doc.Database.Connect {
		if known.Origin == c.Origin && known.DSN.Value == c.DSN.Value {
			return
		}
	}
	p.doc.Database.Connect = append(p.doc.Database.Connect, c)
}

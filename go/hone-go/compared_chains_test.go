package main

import (
	"maps"
	"testing"
)

const gormChains = `package main

import (
	"context"
	"net/http"
	"strconv"

	"gorm.io/gorm"
)

type Team struct {
	ID     int64
	League string
	City   string ` + "`gorm:\"column:town\"`" + `
}

type Player struct{ ID int64 }

func (Player) TableName() string { return "squad.players" }

type row struct{ Name string }

type filter struct{ City, Venue string }

type repo struct{ db *gorm.DB }

func (r repo) base(ctx context.Context) *gorm.DB { return r.db.WithContext(ctx).Model(&Team{}) }

func (r repo) list(ctx context.Context, f filter, named string) {
	var rows []row
	q := r.base(ctx).Joins("JOIN venues v ON v.id = teams.venue_id")
	if f.City != "" {
		q = q.Where("teams.town = ?", f.City)
	}
	if f.Venue != "" {
		q = q.Where("v.code = ? AND teams.id > ?", f.Venue, 0)
	}
	if named != "" {
		q = q.Where(map[string]any{"name": named})
	}
	q.Order("teams.id").Limit(10).Scan(&rows)
}

func any(db *gorm.DB, what interface{}, code string) { db.Where("code = ?", code).First(what) }

func scoped(db *gorm.DB, mark string) { db.Where("mark = ?", mark).Count(new(int64)) }

func number(r *http.Request) int64 {
	n, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	return n
}

func (r repo) of(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		if leagues[req.PathValue("league")] == 0 {
			return
		}
		next(w, req)
	}
}

var leagues map[string]int64

func main() {
	r := repo{}
	http.HandleFunc("GET /{league}/teams", r.of(func(w http.ResponseWriter, req *http.Request) {
		q := req.URL.Query()
		r.list(req.Context(), filter{q.Get("city"), q.Get("venue")}, q.Get("name"))
	}))
	http.HandleFunc("GET /teams/{id}", func(w http.ResponseWriter, req *http.Request) {
		var team Team
		r.db.Preload("Players").First(&team, number(req))
	})
	http.HandleFunc("GET /players", func(w http.ResponseWriter, req *http.Request) {
		var players []Player
		r.db.Where("state = ?", req.FormValue("state")).Or("id IN ?", req.FormValue("ids")).Find(&players)
		r.db.Where(&Team{City: req.FormValue("town")}).Take(&Team{})
		r.db.Table("squad.marks m").Where("m.mark = @mark", req.FormValue("by")).Find(&players, "pace = ?", req.FormValue("pace"))
	})
	http.HandleFunc("GET /any", func(w http.ResponseWriter, req *http.Request) {
		any(r.db, &Team{}, req.FormValue("code"))
		scoped(r.db.Model(&Team{}), req.FormValue("mark"))
		scoped(r.db.Model(&Player{}), req.FormValue("mark"))
	})
	http.ListenAndServe(":80", nil)
}
`

func comparedOf(d Document) map[string]string {
	got := map[string]string{}
	for _, route := range d.Routes {
		for _, param := range append(route.Request.Path, route.Request.Query...) {
			if c := param.Compared; c != nil && len(c.Tables) > 0 {
				got[route.Template+" "+param.Name] = c.Tables[0] + "." + c.Column
				if c.Day {
					got[route.Template+" "+param.Name] += " by order"
				}
			}
			if param.Scope {
				got[route.Template+" "+param.Name] += " scope"
			}
		}
	}
	return got
}

func TestComparedByGorm(t *testing.T) {
	files := moduleOf(t, "fiber")
	got := comparedOf(inspectDocument(t, write(t, append(files, "main.go", gormChains)...)))
	want := map[string]string{
		"/{league}/teams league": " scope", "/{league}/teams city": "teams.town", "/{league}/teams venue": "venues.code",
		"/{league}/teams name": "teams.name", "/teams/{id} id": "teams.id", "/players state": "squad.players.state",
		"/any mark": "teams.mark", "/players ids": "squad.players.id", "/players town": "teams.town", "/players pace": "squad.marks.pace",
	}
	if !maps.Equal(got, want) {
		t.Errorf("%v,\nnot %v", got, want)
	}
}

const bunOwn = `package bun

import (
	"context"

	"github.com/uptrace/bun/schema"
)

type BaseModel = schema.BaseModel
type DB struct{}
type SelectQuery struct{}

func (*DB) NewSelect() *SelectQuery { return nil }
func (q *SelectQuery) Model(model any) *SelectQuery { return q }
func (q *SelectQuery) Join(text string, values ...any) *SelectQuery { return q }
func (q *SelectQuery) Where(text string, values ...any) *SelectQuery { return q }
func (q *SelectQuery) Scan(ctx context.Context, into ...any) error { return nil }
func In(values any) any { return values }
`

const squirrelOwn = `package squirrel

type Eq map[string]any
type And []any
type GtOrEq map[string]any
type NotEq map[string]any
type SelectBuilder struct{}

func Select(columns ...string) SelectBuilder { return SelectBuilder{} }
func Expr(text string, values ...any) any { return nil }
func (b SelectBuilder) From(table string) SelectBuilder { return b }
func (b SelectBuilder) Join(text string, values ...any) SelectBuilder { return b }
func (b SelectBuilder) Where(what any, values ...any) SelectBuilder { return b }
func (b SelectBuilder) ToSql() (string, []any, error) { return "", nil, nil }
`

const builtChains = `package main

import (
	"net/http"

	"github.com/Masterminds/squirrel"
	"github.com/uptrace/bun"
)

type Vessel struct {
	bun.BaseModel ` + "`bun:\"table:fleet,alias:f\"`" + `
	ID            int64
}

type CrewMember struct{ ID int64 }

func many(values ...any) []any { return values }

func list(b squirrel.SelectBuilder) (string, []any, error) { return b.ToSql() }

func page(b squirrel.SelectBuilder, owner, mark string) (string, []any, error) {
	b = b.Where("owner = ?", owner)
	if mark != "" {
		b = b.Where(squirrel.Eq{"mark": mark})
	}
	return b.ToSql()
}

func only(b squirrel.SelectBuilder, hull string) (string, []any, error) {
	b = b.Where("hull = ?", hull)
	return b.ToSql()
}

func main() {
	db := &bun.DB{}
	http.HandleFunc("GET /vessels", func(w http.ResponseWriter, req *http.Request) {
		var vessels []Vessel
		db.NewSelect().Model(&vessels).Join("JOIN ports AS p ON p.id = f.port_id").Where("f.flag = ?", req.FormValue("flag")).
			Where("p.code = ?", req.FormValue("port")).Where("?TableAlias.imo IN (?)", bun.In(req.FormValue("imo"))).Scan(req.Context())
	})
	http.HandleFunc("GET /crew", func(w http.ResponseWriter, req *http.Request) {
		db.NewSelect().Model(new(CrewMember)).Where("crew_member.rank = ?", req.FormValue("rank")).Scan(req.Context())
	})
	http.HandleFunc("GET /cargo", func(w http.ResponseWriter, req *http.Request) {
		q := squirrel.Select("c.id").From("cargo c").Join("holds h ON h.id = c.hold_id")
		if kind := req.FormValue("kind"); kind != "" {
			q = q.Where(squirrel.Eq{"c.kind": kind})
		}
		q = q.Where(squirrel.And{squirrel.Expr("h.code = ?", req.FormValue("hold")), squirrel.Eq{"c.mark": req.FormValue("mark")}})
		q = q.Where(squirrel.GtOrEq{"c.loaded_at": req.FormValue("from")}).Where(squirrel.NotEq{"c.kind": req.FormValue("not")})
		q = q.Where("c.state = ? OR c.region = ?", many(req.FormValue("state"))...)
		q.Where("c.port = ?", req.FormValue("port")).ToSql()
	})
	http.HandleFunc("GET /docks", func(w http.ResponseWriter, req *http.Request) {
		b := squirrel.Select("id").From("docks")
		if berth := req.FormValue("berth"); berth != "" {
			b = b.Where("berth = ?", berth)
		}
		list(b)
		page(squirrel.Select("id").From("docks"), req.FormValue("master"), "")
		page(squirrel.Select("id").From("cranes"), req.FormValue("firm"), req.FormValue("sign"))
		only(squirrel.Select("id").From("tugs"), req.FormValue("tug"))
		list(squirrel.Select("id").From("cranes").Where("berth = ?", req.FormValue("crane")))
	})
	http.ListenAndServe(":80", nil)
}
`

func TestComparedByBuilders(t *testing.T) {
	d := inspectDocument(t, write(t,
		"go.mod", fieldModule+"\nrequire (\n\tgithub.com/Masterminds/squirrel v1.0.0\n\tgithub.com/uptrace/bun v1.0.0\n)\n\n"+
			"replace github.com/uptrace/bun => ./bun\n\nreplace github.com/Masterminds/squirrel => ./squirrel\n",
		"main.go", builtChains, "bun/go.mod", "module github.com/uptrace/bun\n\ngo 1.24\n", "bun/bun.go", bunOwn, "bun/schema/schema.go", "package schema\n\ntype BaseModel struct{}\n",
		"squirrel/go.mod", "module github.com/Masterminds/squirrel\n\ngo 1.24\n", "squirrel/squirrel.go", squirrelOwn))
	got := comparedOf(d)
	want := map[string]string{
		"/vessels flag": "fleet.flag", "/vessels port": "ports.code", "/vessels imo": "fleet.imo", "/crew rank": "crew_members.rank",
		"/cargo kind": "cargo.kind", "/cargo hold": "holds.code", "/cargo mark": "cargo.mark", "/cargo port": "cargo.port",
		"/cargo from": "cargo.loaded_at by order", "/docks berth": "docks.berth", "/docks crane": "cranes.berth",
		"/docks master": "docks.owner", "/docks firm": "cranes.owner", "/docks sign": "cranes.mark", "/docks tug": "tugs.hull",
	}
	if !maps.Equal(got, want) {
		t.Errorf("%v,\nnot %v", got, want)
	}
}

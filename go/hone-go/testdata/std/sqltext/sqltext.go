// Package sqltext makes SQL in many ways.
package sqltext

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"strings"
)

//go:embed top.sql
var top string

const columns = "id, title"

var byTitle = "select " + columns + " from items where title = $1"

type DBTX interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}

type Store struct {
	db *sql.DB
	tx DBTX
}

func Open() (*Store, error) {
	db, err := sql.Open("postgres", fmt.Sprintf("postgres://%s@localhost/app", "app"))
	return &Store{db: db, tx: db}, err
}

func (s *Store) Constants(ctx context.Context) {
	s.db.QueryContext(ctx, `select `+columns+` from items`)
	s.db.
		QueryRow(byTitle, "x")
	s.tx.QueryContext(ctx, top)
	s.tx.ExecContext(ctx, fmt.Sprintf("update %s set n = n + %d where done is %t", "items", 1, true))
	func() { s.db.Exec("delete from items") }()
}

func (s *Store) Dynamic(ctx context.Context, table string, filter bool) {
	q := "select id from items"
	if filter {
		q += " where done"
	}
	s.db.Query(q)
	var b strings.Builder
	b.WriteString("select * from ")
	b.WriteString(table)
	if filter {
		b.WriteString(" limit 1")
	}
	s.db.Query(b.String())
	s.db.Query(order(true))
}

func order(up bool) string {
	if up {
		return "select id from items order by id"
	}
	return "select id from items order by id desc"
}

func (s *Store) run(query string, args ...any) { s.retry(query, args...) }

func (s *Store) retry(statement string, args ...any) { s.db.Exec(statement, args...) }

func (s *Store) Wrapped() { s.run("insert into log values ($1)", 1) }

func count[T any](db *sql.DB) { db.QueryRow("select count(*) from items") }

type Queries[T any] struct{ db *sql.DB }

func (q *Queries[T]) All() { q.db.Query("select all_of_them()") }

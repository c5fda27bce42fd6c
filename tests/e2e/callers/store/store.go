// Package store reads names of orders, badly: one query each.
package store

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"golang.org/x/sync/errgroup"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// Order is a row of orders.
type Order struct {
	ID   int64  `bun:"id,pk"`
	Name string `bun:"name"`
}

// Store holds one connection of each kind.
type Store struct {
	db   *sql.DB
	x    *sqlx.DB
	gorm *gorm.DB
	bun  *bun.DB
	pool *pgxpool.Pool
	jobs chan job
}

type job struct {
	id     int64
	answer chan<- string
}

// Open connects.
func Open(url string) (*Store, error) {
	db, err := sql.Open("postgres", url)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.New(context.Background(), url)
	if err != nil {
		return nil, err
	}
	orm, err := gorm.Open(postgres.Open(url), &gorm.Config{})
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, x: sqlx.NewDb(db, "postgres"), gorm: orm, bun: bun.NewDB(db, pgdialect.New()), pool: pool, jobs: make(chan job)}
	for range 2 {
		go s.work()
	}
	return s, nil
}

// First has the text of another query, which a search for texts would take for it.
func (s *Store) First() (name string, err error) {
	err = s.db.QueryRow("select name from orders where id = $1", 1).Scan(&name)
	return name, err
}

func (s *Store) ids(n int) (ids []int64, err error) {
	rows, err := s.db.Query("select id from orders order by id limit $1", n)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// ByDriver asks by database/sql and lib/pq.
func (s *Store) ByDriver(n int) ([]string, error) {
	ids, err := s.ids(n)
	names := make([]string, len(ids))
	for i, id := range ids {
		if err := s.one("select name from orders where id = $1", id, &names[i]); err != nil { // want /pq
			return nil, err
		}
	}
	return names, err
}

// one is a helper such as many have: all queries pass it.
func (s *Store) one(query string, id int64, into *string) error {
	return s.db.QueryRow(query, id).Scan(into)
}

// BySqlx asks by sqlx.
func (s *Store) BySqlx(n int) ([]string, error) {
	ids, err := s.ids(n)
	names := make([]string, len(ids))
	for i, id := range ids {
		if err := s.x.Get(&names[i], "select upper(name) from orders where id = $1", id); err != nil { // want /sqlx
			return nil, err
		}
	}
	return names, err
}

// ByGorm asks by gorm, whose statements stand nowhere in the sources.
func (s *Store) ByGorm(n int) ([]string, error) {
	ids, err := s.ids(n)
	names := make([]string, len(ids))
	for i, id := range ids {
		var order Order
		if err := s.gorm.Select("name").Take(&order, id).Error; err != nil { // want /gorm
			return nil, err
		}
		names[i] = order.Name
	}
	return names, err
}

// ByBun asks by bun.
func (s *Store) ByBun(n int) ([]string, error) {
	ids, err := s.ids(n)
	names := make([]string, len(ids))
	for i, id := range ids {
		order := Order{ID: id}
		if err := s.bun.NewSelect().Model(&order).WherePK().Scan(context.Background()); err != nil { // want /bun
			return nil, err
		}
		names[i] = order.Name
	}
	return names, err
}

// FannedOut asks by pgx for all at the same time.
func (s *Store) FannedOut(n int) ([]string, error) {
	ids, err := s.ids(n)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(ids))
	var group errgroup.Group
	for i, id := range ids {
		group.Go(func() error {
			const text = "select lower(name) from orders where id = $1"
			return s.pool.QueryRow(context.Background(), text, id).Scan(&names[i]) // want /fanout
		})
	}
	return names, group.Wait()
}

// ByWorkers asks by two goroutines that wait for work.
func (s *Store) ByWorkers(n int) ([]string, error) {
	ids, err := s.ids(n)
	names := make([]string, len(ids))
	for i, id := range ids {
		answer := make(chan string)
		s.jobs <- job{id, answer}
		names[i] = <-answer
	}
	return names, err
}

func (s *Store) work() {
	for job := range s.jobs {
		var order Order
		s.gorm.Where("id = ?", job.id).First(&order) // want /workers
		job.answer <- order.Name
	}
}

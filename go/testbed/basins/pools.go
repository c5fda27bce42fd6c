package main

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib"
)

// session is what runs statements: a pool, or the transaction of one.
type session interface {
	Exec(ctx context.Context, query string, ms int) error
}

type pool interface {
	session
	InTx(ctx context.Context, do func(session) error) error
}

// open makes a pool of at most conns connections: pgxpool, or database/sql, where 0 means no limit.
func open(ctx context.Context, driver, url string, conns int) (pool, error) {
	switch driver {
	case "pgxpool":
		config, err := pgxpool.ParseConfig(url)
		if err != nil {
			return nil, err
		}
		config.MaxConns = int32(conns)
		db, err := pgxpool.NewWithConfig(ctx, config)
		return pgxPool{db}, err
	case "sql":
		db, err := sql.Open("pgx", url)
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(conns)
		db.SetMaxIdleConns(max(conns, 32))
		return sqlPool{db}, db.PingContext(ctx)
	}
	return nil, fmt.Errorf("DRIVER is pgxpool or sql, not %q", driver)
}

type pgxPool struct{ db *pgxpool.Pool }

func (p pgxPool) Exec(ctx context.Context, query string, ms int) error {
	_, err := p.db.Exec(ctx, query, ms)
	return err
}

func (p pgxPool) InTx(ctx context.Context, do func(session) error) error {
	return pgx.BeginFunc(ctx, p.db, func(tx pgx.Tx) error { return do(pgxTx{tx}) })
}

type pgxTx struct{ tx pgx.Tx }

func (t pgxTx) Exec(ctx context.Context, query string, ms int) error {
	_, err := t.tx.Exec(ctx, query, ms)
	return err
}

type sqlPool struct{ db *sql.DB }

func (p sqlPool) Exec(ctx context.Context, query string, ms int) error {
	_, err := p.db.ExecContext(ctx, query, ms)
	return err
}

func (p sqlPool) InTx(ctx context.Context, do func(session) error) error {
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(sqlTx{tx}); err != nil {
		return err
	}
	return tx.Commit()
}

type sqlTx struct{ tx *sql.Tx }

func (t sqlTx) Exec(ctx context.Context, query string, ms int) error {
	_, err := t.tx.ExecContext(ctx, query, ms)
	return err
}

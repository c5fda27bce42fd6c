// basins is a service whose best pool size is known: its requests hold connections for times that the database sleeps.
//
// GET /hold?ms=N sleeps N ms on one connection. GET /crowd?ms=N does so as long as few do it at the same time; every
// further session makes all that come later slower. GET /nested takes a connection while it holds one,
// GET /sequential one after the other.
package main

import (
	"context"
	"log"
	"net/http"
	"os"
	"strconv"
)

const (
	sleep = "select pg_sleep($1::float8 / 1000)"
	after = "select pg_sleep($1::float8 / 1000) is not null"
	crowd = "select crowd($1)"
)

type handler func(ctx context.Context, db pool, ms int) error

func hold(ctx context.Context, db pool, ms int) error    { return db.Exec(ctx, sleep, ms) }
func crowded(ctx context.Context, db pool, ms int) error { return db.Exec(ctx, crowd, ms) }

// nested asks the pool within a transaction.
func nested(ctx context.Context, db pool, ms int) error {
	return db.InTx(ctx, func(tx session) error {
		if err := tx.Exec(ctx, sleep, ms); err != nil {
			return err
		}
		return db.Exec(ctx, after, ms)
	})
}

// sequential asks the pool once the transaction is over.
func sequential(ctx context.Context, db pool, ms int) error {
	err := db.InTx(ctx, func(tx session) error { return tx.Exec(ctx, sleep, ms) })
	if err != nil {
		return err
	}
	return db.Exec(ctx, after, ms)
}

func serve(db pool, handle handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ms, err := strconv.Atoi(r.URL.Query().Get("ms"))
		if err != nil || ms < 0 || ms > 1000 {
			http.Error(w, "ms is a number up to 1000", http.StatusBadRequest)
			return
		}
		if err := handle(r.Context(), db, ms); err != nil {
			http.Error(w, "the database did not answer", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{\"ok\": true}\n"))
	}
}

func main() {
	conns, err := strconv.Atoi(os.Getenv("DB_MAX_CONNS"))
	if err != nil {
		log.Fatal("DB_MAX_CONNS: ", err)
	}
	db, err := open(context.Background(), os.Getenv("DRIVER"), os.Getenv("DATABASE_URL"), conns)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hold", serve(db, hold))
	mux.HandleFunc("GET /crowd", serve(db, crowded))
	mux.HandleFunc("GET /nested", serve(db, nested))
	mux.HandleFunc("GET /sequential", serve(db, sequential))
	log.Fatal(http.ListenAndServe(os.Getenv("ADDR"), mux))
}

// Command entcallers lists orders with their customers by ent, asked one by one and loaded eagerly.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strconv"

	"entgo.io/ent/dialect"
	"example.com/entcallers/ent"
	"example.com/entcallers/ent/order"
	_ "github.com/lib/pq"
)

type store struct{ client *ent.Client }

// Each asks for each order's customer.
func (s store) Each(ctx context.Context, n int) (names []string, err error) {
	orders, err := s.client.Order.Query().Order(order.ByID()).Limit(n).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range orders {
		customer, err := one.QueryCustomer().Only(ctx) // want
		if err != nil {
			return nil, err
		}
		names = append(names, customer.Name)
	}
	return names, nil
}

// Together loads all customers at once.
func (s store) Together(ctx context.Context, n int) (names []string, err error) {
	orders, err := s.client.Order.Query().WithCustomer().Order(order.ByID()).Limit(n).All(ctx)
	for _, one := range orders {
		names = append(names, one.Edges.Customer.Name)
	}
	return names, err
}

func serve(list func(context.Context, int) ([]string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		names, err := list(r.Context(), n)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(names)
	}
}

func main() {
	client, err := ent.Open(dialect.Postgres, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	s := store{client}
	http.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	http.HandleFunc("/each", serve(s.Each))
	http.HandleFunc("/together", serve(s.Together))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}

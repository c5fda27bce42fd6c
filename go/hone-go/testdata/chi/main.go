package main

import (
	"net/http"
	"os"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

type server struct {
	router chi.Router
	books  *books
}

type books struct{}

func main() {
	s := &server{router: chi.NewRouter(), books: &books{}}
	s.setUp()
	http.ListenAndServe(getenv("ADDR", ":3000"), s)
}

func getenv(key, def string) string {
	if v, ok := os.LookupEnv(key); ok {
		return v
	}
	return def
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.router.ServeHTTP(w, r) }

func (s *server) setUp() {
	s.router.Use(middleware.Logger)
	s.router.Get("/", s.index)
	s.router.Route("/books", func(r chi.Router) {
		r.Get("/", s.books.list)
		r.With(paginate).Get("/search", s.books.search)
		r.Group(func(r chi.Router) {
			r.Use(requireUser)
			r.Post("/", s.books.create)
		})
		r.Route("/{bookID:[0-9]+}", s.books.one)
	})
	s.router.Mount("/admin", admin())
	s.router.Mount("/debug", middleware.Profiler())
	s.router.Method("PURGE", "/cache", http.HandlerFunc(purge))
	s.router.Handle("/assets/*", http.StripPrefix("/assets", http.FileServer(http.Dir("."))))
}

func (b *books) one(r chi.Router) {
	r.Get("/", b.get)
	r.Delete("/", b.remove)
}

func admin() http.Handler {
	r := chi.NewRouter()
	r.Use(requireUser)
	r.Get("/users/{name}", func(w http.ResponseWriter, r *http.Request) { _ = chi.URLParam(r, "name") })
	return r
}

func (s *server) index(w http.ResponseWriter, r *http.Request) {}
func (b *books) list(w http.ResponseWriter, r *http.Request)   {}
func (b *books) search(w http.ResponseWriter, r *http.Request) {}
func (b *books) create(w http.ResponseWriter, r *http.Request) {}
func (b *books) get(w http.ResponseWriter, r *http.Request)    { _ = chi.URLParam(r, "bookID") }
func (b *books) remove(w http.ResponseWriter, r *http.Request) {}
func purge(w http.ResponseWriter, r *http.Request)             {}

func paginate(next http.Handler) http.Handler    { return next }
func requireUser(next http.Handler) http.Handler { return next }

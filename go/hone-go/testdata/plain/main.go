package main

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/dimfeld/httptreemux/v5"
	"github.com/julienschmidt/httprouter"
	"github.com/uptrace/bunrouter"
)

type Movie struct {
	ID    int64  `json:"id"`
	Title string `json:"title"`
}

type application struct{ movies map[int64]Movie }

func (app *application) writeJSON(w http.ResponseWriter, status int, data any) {
	js, _ := json.Marshal(data)
	w.WriteHeader(status)
	w.Write(js)
}

func (app *application) readIDParam(r *http.Request) (int64, error) {
	params := httprouter.ParamsFromContext(r.Context())
	return strconv.ParseInt(params.ByName("id"), 10, 64)
}

func (app *application) showMovie(w http.ResponseWriter, r *http.Request) {
	id, err := app.readIDParam(r)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	app.writeJSON(w, http.StatusOK, app.movies[id])
}

func (app *application) createMovie(w http.ResponseWriter, r *http.Request) {
	var input struct {
		Title string `json:"title"`
		Year  int32  `json:"year"`
	}
	if err := json.NewDecoder(r.Body).Decode(&input); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	app.writeJSON(w, http.StatusCreated, Movie{Title: input.Title})
}

func (app *application) authenticate(next http.Handler) http.Handler { return next }

func (app *application) requirePermission(code string, next http.HandlerFunc) http.HandlerFunc {
	return next
}

func remove(w http.ResponseWriter, r *http.Request, ps httprouter.Params) {
	_ = ps.ByName("id")
	w.WriteHeader(http.StatusNoContent)
}

func (app *application) routes() http.Handler {
	router := httprouter.New()
	router.NotFound = http.HandlerFunc(http.NotFound)
	router.HandlerFunc(http.MethodGet, "/v1/movies/:id", app.requirePermission("movies:read", app.showMovie))
	router.HandlerFunc(http.MethodPost, "/v1/movies", app.createMovie)
	router.DELETE("/v1/movies/:id", remove)
	router.Handler(http.MethodGet, "/v1/health", http.HandlerFunc(http.NotFound))
	router.Handle("PUT", "/v1/movies/:id/poster", remove)
	return app.authenticate(router)
}

// The other two, on ports of their own.

func showTicket(w http.ResponseWriter, req bunrouter.Request) error {
	id, err := req.Params().Uint64("id")
	if err != nil {
		return err
	}
	return bunrouter.JSON(w, Movie{ID: int64(id), Title: req.URL.Query().Get("title")})
}

func logged(next bunrouter.HandlerFunc) bunrouter.HandlerFunc { return next }

func tickets() http.Handler {
	router := bunrouter.New(bunrouter.Use(logged))
	router.GET("/", showTicket)
	router.WithGroup("/api", func(g *bunrouter.Group) {
		g.GET("/tickets/:id", showTicket)
		guarded := g.Use(logged)
		guarded.POST("/tickets", func(w http.ResponseWriter, req bunrouter.Request) error {
			var movie Movie
			if err := json.NewDecoder(req.Body).Decode(&movie); err != nil {
				return err
			}
			return bunrouter.JSON(w, movie)
		})
	})
	admin := router.NewGroup("/admin", bunrouter.WithMiddleware(logged))
	admin.Compat().GET("/stats", func(w http.ResponseWriter, r *http.Request) {})
	return router
}

func showBook(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.Atoi(httptreemux.ContextParams(r.Context())["id"])
	json.NewEncoder(w).Encode(Movie{ID: int64(id)})
}

func books() http.Handler {
	mux := httptreemux.NewContextMux()
	group := mux.NewGroup("/books")
	group.GET("/:id", showBook)
	mux.Handle("GET", "/authors/:name", showBook)
	return mux
}

func main() {
	app := &application{}
	go http.ListenAndServe(":4001", tickets())
	go http.ListenAndServe(":4002", books())
	server := &http.Server{Addr: ":4000", Handler: app.routes()}
	server.ListenAndServe()
}

// Package api is the HTTP side.
package api

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"gorm.io/gorm"

	"example.com/parcels/internal/auth"
	"example.com/parcels/internal/crm"
	"example.com/parcels/internal/dispatch"
	"example.com/parcels/internal/notify"
	"example.com/parcels/internal/quote"
	"example.com/parcels/internal/tracking"
)

type Server struct {
	db        *sql.DB
	tokens    *auth.Tokens
	users     *auth.Users
	tracking  *tracking.Service
	stock     *tracking.StockRepository
	reports   *tracking.ReportRepository
	manifests *tracking.ManifestStore
	master    *tracking.MasterData
	planner   *dispatch.Planner
	crm       *crm.Service
	desk      *quote.Desk
	backlog   *notify.Backlog
}

func New(db *sql.DB, g *gorm.DB, tokens *auth.Tokens, backlog *notify.Backlog) *Server {
	return &Server{
		db:        db,
		tokens:    tokens,
		users:     auth.NewUsers(db),
		tracking:  tracking.NewService(tracking.NewShipmentRepository(db), tracking.NewScanRepository(db)),
		stock:     tracking.NewStockRepository(db),
		reports:   tracking.NewReportRepository(db),
		manifests: tracking.NewManifestStore(db),
		master:    tracking.NewMasterData(db),
		planner:   dispatch.NewPlanner(db),
		crm:       crm.New(g),
		desk:      quote.NewDesk(quote.Standard()),
		backlog:   backlog,
	}
}

func (s *Server) Routes() http.Handler {
	r := chi.NewRouter()
	r.Use(middleware.RequestID, middleware.Recoverer, accessLog)
	r.Get("/healthz", s.health)
	r.Post("/auth/login", s.login)
	r.Get("/t/{number}", s.shortLink)
	r.Route("/api/v1", func(r chi.Router) {
		r.Use(s.authenticated)
		r.Get("/me", s.me)
		r.Get("/track/{number}", s.track)
		r.Mount("/shipments", s.shipmentRoutes())
		r.Mount("/depots", s.depotRoutes())
		r.Route("/customers", func(r chi.Router) {
			r.Use(s.mustHave("customers:read"))
			r.Get("/", s.customers)
			r.Get("/{id}/shipments", s.customerShipments)
			r.Get("/{id}/consignments", s.customerConsignments)
			r.Post("/{id}/reservations", s.reserve)
		})
		r.With(s.mustHave("customers:read")).Get("/accounts", s.accounts)
		r.Get("/carriers", s.carriers)
		r.Get("/quotes", s.quote)
		r.Get("/estimates", s.estimate)
		r.Get("/stats", s.stats)
		r.Group(func(r chi.Router) {
			r.Use(s.mustHave("reports:read"))
			r.Get("/reports/punctuality", s.punctuality)
			r.Get("/reports/monthly", s.monthly)
			r.Get("/workspace", s.workspace)
			r.Get("/home", s.home)
		})
	})
	return r
}

func (s *Server) shipmentRoutes() http.Handler {
	r := chi.NewRouter()
	r.Get("/", s.incoming)
	r.Post("/", s.announce)
	r.Get("/board", s.board)
	r.Get("/search", s.search)
	r.Get("/find", s.find)
	r.Get("/{id}", s.shipment)
	r.Get("/{id}/label", s.printLabel)
	r.Get("/{id}/reprint", s.reprintLabel)
	return r
}

func (s *Server) depotRoutes() http.Handler {
	r := chi.NewRouter()
	r.Get("/", s.depots)
	r.Route("/{id}", func(r chi.Router) {
		r.Get("/tours", s.tours)
		r.Get("/rounds", s.rounds)
		r.Get("/export", s.export)
		r.Get("/manifest", s.manifest)
		r.Post("/stocktake", s.stocktake)
		r.Post("/inventory", s.inventory)
	})
	return r
}

func accessLog(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slog.Default().Enabled(r.Context(), slog.LevelDebug) {
			next.ServeHTTP(w, r)
			return
		}
		start := time.Now()
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(ww, r)
		slog.Debug("request", "method", r.Method, "path", r.URL.Path, "status", ww.Status(), "took", time.Since(start))
	})
}

func respond(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, `{"error":"internal"}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body)
}

func fail(w http.ResponseWriter, status int, message string) {
	respond(w, status, map[string]string{"error": message})
}

// answer sends v, or what became of it.
func answer(w http.ResponseWriter, r *http.Request, v any, err error) {
	switch {
	case err == nil:
		respond(w, http.StatusOK, v)
	case errors.Is(err, sql.ErrNoRows), errors.Is(err, gorm.ErrRecordNotFound):
		fail(w, http.StatusNotFound, "not found")
	case errors.Is(err, context.Canceled):
		// nobody listens any more
	default:
		slog.Error("request failed", "path", r.URL.Path, "err", err, "id", middleware.GetReqID(r.Context()))
		fail(w, http.StatusInternalServerError, "internal")
	}
}

// pathID is 0 for what is no number, and nothing has the id 0.
func pathID(r *http.Request) int64 {
	id, _ := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	return id
}

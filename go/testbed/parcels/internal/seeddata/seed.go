// Package seeddata fills an empty database with shipments as they could have been.
package seeddata

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand"
	"time"

	"github.com/lib/pq"

	"example.com/parcels/internal/auth"
	"example.com/parcels/internal/waybill"
)

const (
	Password   = "night shift"
	Dispatcher = "dispatch@parcels.example"
	depots     = 12
	stopsATour = 4
)

var cities = []string{"Hamburg", "Berlin", "Leipzig", "Dresden", "Hannover", "Bremen", "Essen", "Frankfurt", "Nürnberg", "München", "Stuttgart", "Mannheim"}
var codes = []string{"HAM", "BER", "LEJ", "DRS", "HAJ", "BRE", "ESS", "FRA", "NUE", "MUC", "STR", "MHG"}
var services = []string{"economy", "express", "standard"}
var segments = []string{"agency", "industry", "retail", "workshop"}
var first = []string{"Ada", "Ben", "Cem", "Dora", "Emil", "Fatma", "Gus", "Hanna", "Ivo", "Jana"}
var last = []string{"Adler", "Brandt", "Conrad", "Demir", "Ebert", "Frey", "Graf", "Horn", "Jung", "Kaya"}
var grants = []string{"customers:read", "reports:read", "shipments:read", "shipments:write", "tours:read"}

type seeder struct {
	ctx context.Context
	tx  *sql.Tx
	r   *rand.Rand
}

// Run writes everything in one transaction. The same number gives the same rows.
func Run(ctx context.Context, db *sql.DB, shipments int) error {
	if shipments < 100 {
		return fmt.Errorf("%d shipments are too few, at least 100", shipments)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	s := &seeder{ctx, tx, rand.New(rand.NewSource(4711))}
	customers, recipients := max(shipments/50, 12), max(shipments/4, 50)
	for _, step := range []func() error{
		s.masterData,
		s.users,
		func() error { return s.people(customers, recipients) },
		func() error { return s.shipments(shipments, customers, recipients) },
		func() error { return s.tours(shipments) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	for _, q := range []string{
		`insert into notifications (shipment_id, channel) select id, 'mail' from shipments where status = 'at_depot' order by id desc limit 300`,
		`select close_months()`,
	} {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `analyze`)
	return err
}

// copyRows sends n rows; row(i) gives the values of the i-th, counted from 1.
func (s *seeder) copyRows(table string, columns []string, n int, row func(i int) []any) error {
	stmt, err := s.tx.PrepareContext(s.ctx, pq.CopyIn(table, columns...))
	if err != nil {
		return err
	}
	defer stmt.Close()
	for i := 1; i <= n; i++ {
		if _, err := stmt.ExecContext(s.ctx, row(i)...); err != nil {
			return fmt.Errorf("%s %d: %w", table, i, err)
		}
	}
	if _, err := stmt.ExecContext(s.ctx); err != nil {
		return fmt.Errorf("%s: %w", table, err)
	}
	return nil
}

func (s *seeder) masterData() error {
	err := s.copyRows("depots", []string{"id", "code", "name", "city"}, depots, func(i int) []any {
		return []any{i, codes[i-1], "Depot " + cities[i-1], cities[i-1]}
	})
	if err != nil {
		return err
	}
	return s.copyRows("carriers", []string{"id", "code", "name", "number_pattern"}, len(waybill.Formats), func(i int) []any {
		f := waybill.Formats[i-1]
		return []any{i, f.Carrier, f.Carrier + " Parcel", f.Pattern}
	})
}

func (s *seeder) users() error {
	hash, err := auth.HashPassword(Password)
	if err != nil {
		return err
	}
	emails := []string{Dispatcher, "counter@parcels.example", "hall@parcels.example"}
	for i, email := range emails {
		var id int64
		err := s.tx.QueryRowContext(s.ctx, `insert into users (email, password_hash, name, depot_id) values ($1, $2, $3, $4) returning id`,
			email, hash, first[i]+" "+last[i], i+1).Scan(&id)
		if err != nil {
			return err
		}
		for _, g := range grants[:len(grants)-i] {
			if _, err := s.tx.ExecContext(s.ctx, `insert into user_grants values ($1, $2)`, id, g); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *seeder) people(customers, recipients int) error {
	err := s.copyRows("customers", []string{"name", "email", "city", "segment", "created_at"}, customers, func(i int) []any {
		name := last[i%len(last)] + " & " + last[(i/3)%len(last)] + fmt.Sprintf(" %d", i)
		return []any{name, fmt.Sprintf("post%d@customer.example", i), cities[i%depots], segments[i%len(segments)],
			time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i)}
	})
	if err != nil {
		return err
	}
	return s.copyRows("recipients", []string{"name", "street", "zip", "city"}, recipients, func(i int) []any {
		return []any{first[s.r.Intn(10)] + " " + last[s.r.Intn(10)], fmt.Sprintf("Lindenstr. %d", 1+s.r.Intn(140)),
			fmt.Sprintf("%05d", 1000+s.r.Intn(98000)), cities[s.r.Intn(depots)]}
	})
}

var begin = time.Date(2025, 1, 2, 6, 0, 0, 0, time.UTC)

type made struct {
	at, promised         time.Time
	delivered            *time.Time
	status               string
	origin, dest, pieces int
	service              string
	scans                []scan
}

type scan struct {
	depot int
	kind  string
	at    time.Time
}

func (s *seeder) draw(i, n int) made {
	m := made{origin: 1 + s.r.Intn(depots), dest: 1 + s.r.Intn(depots), pieces: 1 + s.r.Intn(3), service: services[s.r.Intn(3)]}
	m.at = begin.Add(time.Duration(i) * (330 * 24 * time.Hour / time.Duration(n))).Truncate(time.Second)
	m.promised = m.at.AddDate(0, 0, map[string]int{"express": 1, "standard": 3, "economy": 6}[m.service])
	at := m.at
	step := func(depot int, kind string) {
		at = at.Add(time.Duration(1+s.r.Intn(16)) * time.Hour)
		m.scans = append(m.scans, scan{depot, kind, at})
	}
	switch dice := s.r.Intn(10); {
	case dice == 0:
		m.status = "announced"
		return m
	case dice < 3:
		m.status = "moving"
	case dice < 6:
		m.status = "at_depot"
	default:
		m.status = "delivered"
	}
	step(m.origin, "pickup")
	step(m.origin, "sort")
	step(1+s.r.Intn(depots), "transit")
	if m.status == "moving" {
		return m
	}
	step(1+s.r.Intn(depots), "transit")
	step(m.dest, "arrival")
	step(m.dest, "sort")
	if m.status == "delivered" {
		step(m.dest, "loaded")
		step(m.dest, "delivered")
		delivered := at
		m.delivered = &delivered
	}
	return m
}

func (s *seeder) shipments(n, customers, recipients int) error {
	list := make([]made, n)
	for i := range list {
		list[i] = s.draw(i, n)
	}
	err := s.copyRows("shipments", []string{"tracking_no", "customer_id", "recipient_id", "carrier_id", "origin_id", "destination_id",
		"service", "status", "weight_g", "declared_cents", "created_at", "promised_at", "delivered_at"}, n, func(i int) []any {
		m := list[i-1]
		return []any{waybill.Own(i), 1 + i%customers, 1 + s.r.Intn(recipients), 1 + i%len(waybill.Formats), m.origin, m.dest,
			m.service, m.status, m.pieces * (200 + s.r.Intn(9000)), s.r.Intn(100000), m.at, m.promised, m.delivered}
	})
	if err != nil {
		return err
	}
	type pieceOf struct{ shipment, position int }
	var pieces []pieceOf
	type scanOf struct {
		shipment int
		scan
	}
	var scans []scanOf
	for i, m := range list {
		for p := range m.pieces {
			pieces = append(pieces, pieceOf{i + 1, p + 1})
		}
		for _, c := range m.scans {
			scans = append(scans, scanOf{i + 1, c})
		}
	}
	err = s.copyRows("pieces", []string{"shipment_id", "position", "weight_g", "length_mm", "width_mm", "height_mm"}, len(pieces), func(i int) []any {
		p := pieces[i-1]
		return []any{p.shipment, p.position, 200 + s.r.Intn(9000), 100 + s.r.Intn(900), 100 + s.r.Intn(500), 50 + s.r.Intn(450)}
	})
	if err != nil {
		return err
	}
	return s.copyRows("scans", []string{"shipment_id", "depot_id", "kind", "at", "operator"}, len(scans), func(i int) []any {
		c := scans[i-1]
		return []any{c.shipment, c.depot, c.kind, c.at, fmt.Sprintf("op%02d", s.r.Intn(30))}
	})
}

func (s *seeder) tours(shipments int) error {
	n := shipments / 25
	err := s.copyRows("tours", []string{"depot_id", "day", "driver", "vehicle"}, n, func(i int) []any {
		return []any{1 + i%depots, begin.AddDate(0, 0, i/depots), first[s.r.Intn(10)], fmt.Sprintf("V-%03d", s.r.Intn(200))}
	})
	if err != nil {
		return err
	}
	return s.copyRows("stops", []string{"tour_id", "position", "shipment_id", "window_start", "window_end"}, n*stopsATour, func(i int) []any {
		hour := 8 + i%stopsATour*2
		return []any{1 + (i-1)/stopsATour, 1 + (i-1)%stopsATour, 1 + s.r.Intn(shipments), fmt.Sprintf("%02d:00", hour), fmt.Sprintf("%02d:00", hour+2)}
	})
}

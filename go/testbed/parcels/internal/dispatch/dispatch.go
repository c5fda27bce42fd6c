// Package dispatch plans the delivery tours of a depot.
package dispatch

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/lib/pq"
)

type Tour struct {
	ID      int64  `json:"id"`
	Day     string `json:"day"`
	Driver  string `json:"driver"`
	Vehicle string `json:"vehicle"`
	Stops   []Stop `json:"stops"`
}

type Stop struct {
	Position  int       `json:"position"`
	Window    string    `json:"window"`
	Recipient Recipient `json:"recipient"`

	shipmentID int64
}

type Recipient struct {
	Name   string `json:"name"`
	Street string `json:"street"`
	Zip    string `json:"zip"`
	City   string `json:"city"`
}

type Planner struct{ db *sql.DB }

func NewPlanner(db *sql.DB) *Planner { return &Planner{db} }

// snapshot runs f in a transaction that sees one state.
func (p *Planner) snapshot(ctx context.Context, f func(tx *sql.Tx) error) error {
	tx, err := p.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func tours(ctx context.Context, tx *sql.Tx, depotID, limit int) ([]Tour, error) {
	rows, err := tx.QueryContext(ctx, `select id, to_char(day, 'YYYY-MM-DD'), driver, vehicle from tours where depot_id = $1 order by day desc, id limit $2`, depotID, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []Tour{}
	for rows.Next() {
		t := Tour{Stops: []Stop{}}
		if err := rows.Scan(&t.ID, &t.Day, &t.Driver, &t.Vehicle); err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, rows.Err()
}

// Tours of a depot with stops and addresses, for the drivers' print-out.
func (p *Planner) Tours(ctx context.Context, depotID, limit int) ([]Tour, error) {
	var list []Tour
	err := p.snapshot(ctx, func(tx *sql.Tx) (err error) {
		if list, err = tours(ctx, tx, depotID, limit); err != nil {
			return err
		}
		for i := range list {
			if list[i].Stops, err = stopsOf(ctx, tx, list[i].ID); err != nil {
				return fmt.Errorf("tour %d: %w", list[i].ID, err)
			}
		}
		return nil
	})
	return list, err
}

func stopsOf(ctx context.Context, tx *sql.Tx, tourID int64) ([]Stop, error) {
	rows, err := tx.QueryContext(ctx, `select position, to_char(window_start, 'HH24:MI') || '-' || to_char(window_end, 'HH24:MI'), shipment_id from stops where tour_id = $1 order by position`, tourID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	stops := []Stop{}
	for rows.Next() {
		var s Stop
		if err := rows.Scan(&s.Position, &s.Window, &s.shipmentID); err != nil {
			return nil, err
		}
		stops = append(stops, s)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i := range stops {
		if stops[i].Recipient, err = recipientOf(ctx, tx, stops[i].shipmentID); err != nil {
			return nil, err
		}
	}
	return stops, nil
}

func recipientOf(ctx context.Context, tx *sql.Tx, shipmentID int64) (r Recipient, err error) {
	err = tx.QueryRowContext(ctx, `select r.name, r.street, r.zip, r.city from recipients r join shipments s on s.recipient_id = r.id where s.id = $1`, shipmentID).
		Scan(&r.Name, &r.Street, &r.Zip, &r.City)
	return r, err
}

// Rounds is the same for the drivers' app.
func (p *Planner) Rounds(ctx context.Context, depotID, limit int) ([]Tour, error) {
	var list []Tour
	err := p.snapshot(ctx, func(tx *sql.Tx) (err error) {
		if list, err = tours(ctx, tx, depotID, limit); err != nil {
			return err
		}
		return fillStops(ctx, tx, list)
	})
	return list, err
}

func fillStops(ctx context.Context, tx *sql.Tx, list []Tour) error {
	ids := make([]int64, len(list))
	at := make(map[int64]*Tour, len(list))
	for i := range list {
		ids[i] = list[i].ID
		at[ids[i]] = &list[i]
	}
	rows, err := tx.QueryContext(ctx, `select p.tour_id, p.position, to_char(p.window_start, 'HH24:MI') || '-' || to_char(p.window_end, 'HH24:MI'), r.name, r.street, r.zip, r.city
		from stops p join shipments s on s.id = p.shipment_id join recipients r on r.id = s.recipient_id
		where p.tour_id = any($1) order by p.tour_id, p.position`, pq.Array(ids))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var s Stop
		if err := rows.Scan(&id, &s.Position, &s.Window, &s.Recipient.Name, &s.Recipient.Street, &s.Recipient.Zip, &s.Recipient.City); err != nil {
			return err
		}
		at[id].Stops = append(at[id].Stops, s)
	}
	return rows.Err()
}

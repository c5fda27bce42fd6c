package tracking

import (
	"context"
	"database/sql"
	"strconv"
	"sync"
	"time"

	"github.com/lib/pq"
)

// Manifest is everything that a depot handed over; closed ones do not change, so they stay in memory.
type Manifest struct {
	Depot     int            `json:"depot"`
	Count     int            `json:"count"`
	Shipments []ManifestLine `json:"shipments"`
}

type ManifestLine struct {
	ID         int64     `json:"id"`
	TrackingNo string    `json:"tracking_no"`
	Service    string    `json:"service"`
	WeightG    int       `json:"weight_g"`
	CreatedAt  time.Time `json:"created_at"`
	PromisedAt time.Time `json:"promised_at"`
	Scans      []Scan    `json:"scans"`
}

type ManifestStore struct {
	base
	mu     sync.RWMutex
	closed map[int]*Manifest
}

const manifestSize = 120

func NewManifestStore(db *sql.DB) *ManifestStore {
	return &ManifestStore{base: base{db}, closed: map[int]*Manifest{}}
}

func (m *ManifestStore) Get(ctx context.Context, depotID int) (*Manifest, error) {
	m.mu.RLock()
	found := m.closed[depotID]
	m.mu.RUnlock()
	if found != nil {
		return found, nil
	}
	made, err := m.load(ctx, depotID)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	m.closed[depotID] = made
	m.mu.Unlock()
	return made, nil
}

func (m *ManifestStore) load(ctx context.Context, depotID int) (*Manifest, error) {
	made := &Manifest{Depot: depotID, Shipments: []ManifestLine{}}
	at := map[int64]int{}
	ids := []int64{}
	err := m.each(ctx, `select id, tracking_no, service, weight_g, created_at, promised_at from shipments where origin_id = $1 order by id limit $2`,
		[]any{depotID, manifestSize}, func(rows *sql.Rows) error {
			l := ManifestLine{Scans: []Scan{}}
			if err := rows.Scan(&l.ID, &l.TrackingNo, &l.Service, &l.WeightG, &l.CreatedAt, &l.PromisedAt); err != nil {
				return err
			}
			l.CreatedAt, l.PromisedAt = l.CreatedAt.UTC(), l.PromisedAt.UTC()
			at[l.ID] = len(made.Shipments)
			ids = append(ids, l.ID)
			made.Shipments = append(made.Shipments, l)
			return nil
		})
	if err != nil {
		return nil, err
	}
	made.Count = len(ids)
	err = m.each(ctx, `select c.shipment_id, c.kind, c.at, d.code from scans c join depots d on d.id = c.depot_id where c.shipment_id = any($1) order by c.at, c.id`,
		[]any{pq.Array(ids)}, func(rows *sql.Rows) error {
			var id int64
			var s Scan
			if err := rows.Scan(&id, &s.Kind, &s.At, &s.Depot); err != nil {
				return err
			}
			s.At = s.At.UTC()
			line := &made.Shipments[at[id]]
			line.Scans = append(line.Scans, s)
			return nil
		})
	return made, err
}

// AppendJSON writes what encoding/json would. The texts are our own codes, nothing in them needs escaping.
func (m *Manifest) AppendJSON(b []byte) []byte {
	b = append(b, `{"depot":`...)
	b = strconv.AppendInt(b, int64(m.Depot), 10)
	b = append(b, `,"count":`...)
	b = strconv.AppendInt(b, int64(m.Count), 10)
	b = append(b, `,"shipments":[`...)
	for i := range m.Shipments {
		if i > 0 {
			b = append(b, ',')
		}
		b = m.Shipments[i].appendJSON(b)
	}
	return append(b, "]}"...)
}

func (l *ManifestLine) appendJSON(b []byte) []byte {
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, l.ID, 10)
	b = append(b, `,"tracking_no":"`...)
	b = append(b, l.TrackingNo...)
	b = append(b, `","service":"`...)
	b = append(b, l.Service...)
	b = append(b, `","weight_g":`...)
	b = strconv.AppendInt(b, int64(l.WeightG), 10)
	b = append(b, `,"created_at":"`...)
	b = l.CreatedAt.AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","promised_at":"`...)
	b = l.PromisedAt.AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","scans":[`...)
	for i := range l.Scans {
		if i > 0 {
			b = append(b, ',')
		}
		s := &l.Scans[i]
		b = append(b, `{"kind":"`...)
		b = append(b, s.Kind...)
		b = append(b, `","at":"`...)
		b = s.At.AppendFormat(b, time.RFC3339Nano)
		b = append(b, `","depot":"`...)
		b = append(b, s.Depot...)
		b = append(b, `"}`...)
	}
	return append(b, "]}"...)
}

package tracking

import (
	"context"
	"database/sql"
	"sync"
)

type MasterData struct {
	base
	mu       sync.RWMutex
	carriers []Carrier
}

func NewMasterData(db *sql.DB) *MasterData { return &MasterData{base: base{db}} }

// Depots that are open. Few rows, and the planner wants them fresh.
func (m *MasterData) Depots(ctx context.Context) ([]Depot, error) {
	list := []Depot{}
	err := m.each(ctx, `select id, code, name, city from depots where active = true and code <> 'X99' order by code limit 100`, nil, func(rows *sql.Rows) error {
		var d Depot
		if err := rows.Scan(&d.ID, &d.Code, &d.Name, &d.City); err != nil {
			return err
		}
		list = append(list, d)
		return nil
	})
	return list, err
}

// Carriers do not change while we run.
func (m *MasterData) Carriers(ctx context.Context) ([]Carrier, error) {
	m.mu.RLock()
	list := m.carriers
	m.mu.RUnlock()
	if list != nil {
		return list, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.carriers != nil {
		return m.carriers, nil
	}
	var ids []int
	if err := m.each(ctx, `select id from carriers order by code`, nil, func(rows *sql.Rows) error {
		var id int
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}); err != nil {
		return nil, err
	}
	for _, id := range ids {
		c := Carrier{ID: id}
		if err := m.one(ctx, `select code, name, number_pattern from carriers where id = $1`, []any{id}, &c.Code, &c.Name, &c.Pattern); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	m.carriers = list
	return list, nil
}

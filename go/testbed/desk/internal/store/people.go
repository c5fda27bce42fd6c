package store

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
)

// AgentList are the first agents.
func (s *Store) AgentList(ctx context.Context, limit int) ([]Agent, error) {
	return list[Agent](ctx, s.pool, "select id, name, team from agents order by id limit $1", limit)
}

// OpenTickets counts what an agent has to do.
func (s *Store) OpenTickets(ctx context.Context, agent int64) (int64, error) {
	var n int64
	err := s.pool.QueryRow(ctx, "select count(*) from tickets where agent_id = $1 and status = 'open'", agent).Scan(&n)
	return n, err
}

// Load is what an agent has to do.
type Load struct {
	Agent string `json:"agent"`
	Open  int64  `json:"open"`
}

// Workload counts what the first agents have to do.
func (s *Store) Workload(ctx context.Context, limit int) ([]Load, error) {
	const sql = `
		select a.name, count(t.id)
		from (select id, name from agents order by id limit $1) a
		left join tickets t on t.agent_id = a.id and t.status = 'open'
		group by a.id, a.name order by a.id`
	return list[Load](ctx, s.pool, sql, limit)
}

// TeamWorkload counts what the agents of a team have to do.
func (s *Store) TeamWorkload(ctx context.Context, team string) ([]Load, error) {
	const sql = `
		select a.name, count(t.id)
		from agents a left join tickets t on t.agent_id = a.id and t.status = 'open'
		where a.team = $1
		group by a.id, a.name order by a.name, a.id`
	return list[Load](ctx, s.pool, sql, team)
}

// Roster are the agents of a team.
func (s *Store) Roster(ctx context.Context, team string) ([]Agent, error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	if _, err := conn.Conn().Prepare(ctx, "roster", "select id, name, team from agents where team = $1 order by name, id"); err != nil {
		return nil, err
	}
	defer func() { _ = conn.Conn().Deallocate(ctx, "roster") }()
	rows, err := conn.Query(ctx, "roster", team)
	if err != nil {
		return nil, err
	}
	return collect[Agent](rows)
}

// Team are the agents of a team.
func (s *Store) Team(ctx context.Context, team string) ([]Agent, error) {
	return list[Agent](ctx, s.pool, "select id, name, team from agents where team = $1 order by name, id", team)
}

// CustomerList are the first customers.
func (s *Store) CustomerList(ctx context.Context, limit int) ([]Customer, error) {
	return list[Customer](ctx, s.pool, "select id, name, email from customers order by id limit $1", limit)
}

// History is how often a customer asked, and how much was written.
type History struct {
	Customer int64 `json:"customer"`
	Tickets  int64 `json:"tickets"`
	Messages int64 `json:"messages"`
}

const (
	ticketsOf  = "select count(*) from tickets where customer_id = $1"
	messagesOf = "select count(*) from messages m join tickets t on t.id = m.ticket_id where t.customer_id = $1"
)

// History is one customer's.
func (s *Store) History(ctx context.Context, customer int64) (History, error) {
	h := History{Customer: customer}
	var batch pgx.Batch
	batch.Queue(ticketsOf, customer).QueryRow(func(row pgx.Row) error { return row.Scan(&h.Tickets) })
	batch.Queue(messagesOf, customer).QueryRow(func(row pgx.Row) error { return row.Scan(&h.Messages) })
	err := s.pool.SendBatch(ctx, &batch).Close()
	return h, err
}

// Histories are those of several customers.
func (s *Store) Histories(ctx context.Context, customers []int64) ([]History, error) {
	all := make([]History, len(customers))
	var batch pgx.Batch
	for i, customer := range customers {
		all[i].Customer = customer
		batch.Queue(ticketsOf, customer).QueryRow(func(row pgx.Row) error { return row.Scan(&all[i].Tickets) })
		batch.Queue(messagesOf, customer).QueryRow(func(row pgx.Row) error { return row.Scan(&all[i].Messages) })
	}
	err := s.pool.SendBatch(ctx, &batch).Close()
	return all, err
}

// Setting is one of the installation.
func (s *Store) Setting(ctx context.Context, name string) (string, error) {
	var value string
	err := s.pool.QueryRow(ctx, "select value from settings where name = $1", name).Scan(&value)
	return value, err
}

// macroCache keeps answers that never change.
type macroCache struct{ known sync.Map }

// Macro is a prepared answer.
func (s *Store) Macro(ctx context.Context, id int64) (string, error) {
	if body, ok := s.macros.known.Load(id); ok {
		return body.(string), nil
	}
	var body string
	err := s.pool.QueryRow(ctx, "select body from macros where id = $1", id).Scan(&body)
	if err == nil {
		s.macros.known.Store(id, body)
	}
	return body, err
}

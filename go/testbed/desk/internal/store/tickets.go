package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Ticket is a customer's question.
type Ticket struct {
	ID         int64  `json:"id"`
	Subject    string `json:"subject"`
	Status     string `json:"status"`
	CustomerID int64  `json:"customer_id"`
	AgentID    *int64 `json:"agent_id"`
}

// Customer is who asks.
type Customer struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

// Agent is who answers.
type Agent struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Team string `json:"team"`
}

// Message is one of a ticket.
type Message struct {
	ID       int64  `json:"id"`
	TicketID int64  `json:"ticket_id"`
	Author   string `json:"author"`
	Body     string `json:"body"`
}

// Attachment is a file that came with a message.
type Attachment struct {
	ID        int64  `json:"id"`
	MessageID int64  `json:"message_id"`
	Name      string `json:"name"`
	Bytes     int64  `json:"bytes"`
}

// Recent are the newest tickets.
func (s *Store) Recent(ctx context.Context, limit int) ([]Ticket, error) {
	return list[Ticket](ctx, s.pool, "select id, subject, status, customer_id, agent_id from tickets order by id desc limit $1", limit)
}

// Due are the tickets that wait longest.
func (s *Store) Due(ctx context.Context, limit int) ([]Ticket, error) {
	return list[Ticket](ctx, s.pool, "select id, subject, status, customer_id, agent_id from tickets where status = 'open' and due_at < now() order by due_at limit $1", limit)
}

// Customer is the one with this id.
func (s *Store) Customer(ctx context.Context, id int64) (Customer, error) {
	var c Customer
	err := s.pool.QueryRow(ctx, "select id, name, email from customers where id = $1", id).Scan(&c.ID, &c.Name, &c.Email)
	return c, err
}

// Customers are those with these ids.
func (s *Store) Customers(ctx context.Context, ids []int64) (map[int64]Customer, error) {
	all, err := list[Customer](ctx, s.pool, "select id, name, email from customers where id = any($1)", ids)
	byID := make(map[int64]Customer, len(all))
	for _, c := range all {
		byID[c.ID] = c
	}
	return byID, err
}

// Agent is the one with this id.
func (s *Store) Agent(ctx context.Context, id int64) (Agent, error) {
	var a Agent
	err := s.pool.QueryRow(ctx, "select id, name, team from agents where id = $1", id).Scan(&a.ID, &a.Name, &a.Team)
	return a, err
}

// Agents are those with these ids.
func (s *Store) Agents(ctx context.Context, ids []int64) (map[int64]Agent, error) {
	all, err := list[Agent](ctx, s.pool, "select id, name, team from agents where id = any($1)", ids)
	byID := make(map[int64]Agent, len(all))
	for _, a := range all {
		byID[a.ID] = a
	}
	return byID, err
}

// Messages are those of one ticket.
func (s *Store) Messages(ctx context.Context, ticket int64) ([]Message, error) {
	return list[Message](ctx, s.pool, "select id, ticket_id, author, body from messages where ticket_id = $1 order by id", ticket)
}

// MessagesOf are those of several tickets.
func (s *Store) MessagesOf(ctx context.Context, tickets []int64) (map[int64][]Message, error) {
	all, err := list[Message](ctx, s.pool, "select id, ticket_id, author, body from messages where ticket_id = any($1) order by id", tickets)
	byTicket := make(map[int64][]Message, len(tickets))
	for _, m := range all {
		byTicket[m.TicketID] = append(byTicket[m.TicketID], m)
	}
	return byTicket, err
}

// Attachments are those of one message.
func (s *Store) Attachments(ctx context.Context, message int64) ([]Attachment, error) {
	return list[Attachment](ctx, s.pool, "select id, message_id, name, bytes from attachments where message_id = $1 order by id", message)
}

// AttachmentsOf are those of several messages.
func (s *Store) AttachmentsOf(ctx context.Context, messages []int64) (map[int64][]Attachment, error) {
	all, err := list[Attachment](ctx, s.pool, "select id, message_id, name, bytes from attachments where message_id = any($1) order by id", messages)
	byMessage := make(map[int64][]Attachment, len(messages))
	for _, a := range all {
		byMessage[a.MessageID] = append(byMessage[a.MessageID], a)
	}
	return byMessage, err
}

// LastMessage is the newest of a ticket.
func (s *Store) LastMessage(ctx context.Context, ticket int64) (string, error) {
	var body string
	err := s.pool.QueryRow(ctx, "select body from messages where ticket_id = $1 order by id desc limit 1", ticket).Scan(&body)
	return body, err
}

// Tags are the names of a ticket's.
func (s *Store) Tags(ctx context.Context, ticket int64) ([]string, error) {
	rows, err := s.pool.Query(ctx, "select g.name from ticket_tags t join tags g on g.id = t.tag_id where t.ticket_id = $1 order by g.id", ticket)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Card is a ticket as the board shows it.
type Card struct {
	ID       int64    `json:"id"`
	Customer string   `json:"customer"`
	Last     string   `json:"last"`
	Tags     []string `json:"tags"`
}

// Board are the cards of the newest tickets.
func (s *Store) Board(ctx context.Context, limit int) ([]Card, error) {
	const sql = `
		select t.id, c.name,
		       (select body from messages m where m.ticket_id = t.id order by m.id desc limit 1),
		       array(select g.name from ticket_tags x join tags g on g.id = x.tag_id where x.ticket_id = t.id order by g.id)
		from (select id, customer_id from tickets order by id desc limit $1) t
		join customers c on c.id = t.customer_id
		order by t.id desc`
	return list[Card](ctx, s.pool, sql, limit)
}

// ByIDs looks tickets up.
func (s *Store) ByIDs(ctx context.Context, ids []int64) ([]Ticket, error) {
	places := make([]string, len(ids))
	args := make([]any, len(ids))
	for i, id := range ids {
		places[i] = fmt.Sprintf("$%d", i+1)
		args[i] = id
	}
	return list[Ticket](ctx, s.pool, "select id, subject, status, customer_id, agent_id from tickets where id in ("+strings.Join(places, ", ")+") order by id", args...)
}

// Lookup looks tickets up.
func (s *Store) Lookup(ctx context.Context, ids []int64) ([]Ticket, error) {
	return list[Ticket](ctx, s.pool, "select id, subject, status, customer_id, agent_id from tickets where id = any($1) order by id", ids)
}

// Search finds tickets by a part of their subject.
func (s *Store) Search(ctx context.Context, part string, limit int) ([]Ticket, error) {
	quoted := strings.ReplaceAll(part, "'", "''")
	return list[Ticket](ctx, s.pool, fmt.Sprintf("select id, subject, status, customer_id, agent_id from tickets where subject like '%%%s%%' order by id limit %d", quoted, limit))
}

// Find finds tickets by a part of their subject.
func (s *Store) Find(ctx context.Context, part string, limit int) ([]Ticket, error) {
	return list[Ticket](ctx, s.pool, "select id, subject, status, customer_id, agent_id from tickets where subject like '%' || $1 || '%' order by id limit $2", part, limit)
}

// SharedTags counts the tags that two tickets have in common.
func (s *Store) SharedTags(ctx context.Context, a, b int64) (int64, error) {
	var n int64
	err := s.pool.QueryRow(ctx, "select count(*) from ticket_tags a join ticket_tags b on b.tag_id = a.tag_id where a.ticket_id = $1 and b.ticket_id = $2", a, b).Scan(&n)
	return n, err
}

// Pair are two tickets that may be the same.
type Pair struct {
	A      int64 `json:"a"`
	B      int64 `json:"b"`
	Shared int64 `json:"shared"`
}

// Alike are the pairs of tickets with tags in common.
func (s *Store) Alike(ctx context.Context, tickets []int64) ([]Pair, error) {
	const sql = `
		select a.ticket_id, b.ticket_id, count(*)
		from ticket_tags a join ticket_tags b on b.tag_id = a.tag_id and b.ticket_id < a.ticket_id
		where a.ticket_id = any($1) and b.ticket_id = any($1)
		group by 1, 2 order by 1 desc, 2 desc`
	return list[Pair](ctx, s.pool, sql, tickets)
}

// Delete removes a closed ticket with all that belongs to it; pgx.ErrNoRows where there is none.
func (s *Store) Delete(ctx context.Context, ticket int64) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "select id from messages where ticket_id = $1 order by id", ticket)
		if err != nil {
			return err
		}
		messages, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		for _, message := range messages {
			if _, err := tx.Exec(ctx, "delete from attachments where message_id = $1", message); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, "delete from messages where id = $1", message); err != nil {
				return err
			}
		}
		return deleteTicket(ctx, tx, ticket)
	})
}

// Remove does the same in one statement for each table.
func (s *Store) Remove(ctx context.Context, ticket int64) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		const attachments = "delete from attachments where message_id in (select id from messages where ticket_id = $1)"
		if _, err := tx.Exec(ctx, attachments, ticket); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "delete from messages where ticket_id = $1", ticket); err != nil {
			return err
		}
		return deleteTicket(ctx, tx, ticket)
	})
}

func deleteTicket(ctx context.Context, tx pgx.Tx, ticket int64) error {
	if _, err := tx.Exec(ctx, "delete from ticket_tags where ticket_id = $1", ticket); err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, "delete from tickets where id = $1 and status = 'closed'", ticket)
	if err == nil && tag.RowsAffected() == 0 {
		return pgx.ErrNoRows
	}
	return err
}

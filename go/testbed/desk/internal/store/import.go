package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// NewMessage is a message that has no number yet.
type NewMessage struct {
	TicketID int64  `json:"ticket_id"`
	Author   string `json:"author"`
	Body     string `json:"body"`
}

// Import adds messages, all or none.
func (s *Store) Import(ctx context.Context, messages []NewMessage) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		for _, m := range messages {
			if _, err := tx.Exec(ctx, "insert into messages (ticket_id, author, body) values ($1, $2, $3)", m.TicketID, m.Author, m.Body); err != nil {
				return err
			}
		}
		return nil
	})
}

// CloseTicket closes a ticket and notes down that the customer was told by tell.
func (s *Store) CloseTicket(ctx context.Context, id int64, tell func(context.Context) error) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := setClosed(ctx, tx, id); err != nil {
			return err
		}
		if err := tell(ctx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, noteClosed, id)
		return err
	})
}

func setClosed(ctx context.Context, tx pgx.Tx, id int64) error {
	_, err := tx.Exec(ctx, "update tickets set status = 'closed' where id = $1", id)
	return err
}

const noteClosed = "insert into messages (ticket_id, author, body) values ($1, 'desk', 'Closed; the customer was told.')"

// MarkClosed closes a ticket and notes down that the customer was told.
func (s *Store) MarkClosed(ctx context.Context, id int64) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := setClosed(ctx, tx, id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, noteClosed, id)
		return err
	})
}

// Append adds messages, all or none.
func (s *Store) Append(ctx context.Context, messages []NewMessage) error {
	args := make([]any, 0, 3*len(messages))
	rows := make([]string, len(messages))
	for i, m := range messages {
		rows[i] = fmt.Sprintf("($%d, $%d, $%d)", 3*i+1, 3*i+2, 3*i+3)
		args = append(args, m.TicketID, m.Author, m.Body)
	}
	_, err := s.pool.Exec(ctx, "insert into messages (ticket_id, author, body) values "+strings.Join(rows, ", "), args...)
	return err
}

// AddAll adds messages, all or none.
func (s *Store) AddAll(ctx context.Context, messages []NewMessage) error {
	tickets := make([]int64, len(messages))
	authors := make([]string, len(messages))
	bodies := make([]string, len(messages))
	for i, m := range messages {
		tickets[i], authors[i], bodies[i] = m.TicketID, m.Author, m.Body
	}
	_, err := s.pool.Exec(ctx, "insert into messages (ticket_id, author, body) select * from unnest($1::bigint[], $2::text[], $3::text[])", tickets, authors, bodies)
	return err
}

package store

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"example.com/shop/internal/model"
)

// AccountStore reads logins and what they may do.
type AccountStore struct{ pool *pgxpool.Pool }

// NewAccountStore returns a store on the pool.
func NewAccountStore(pool *pgxpool.Pool) *AccountStore { return &AccountStore{pool} }

// ByEmail finds the account that logs in.
func (s *AccountStore) ByEmail(ctx context.Context, email string) (model.Account, error) {
	var a model.Account
	err := s.pool.QueryRow(ctx, "select id, email, password_hash, password_salt, role, customer_id from accounts where email = $1", email).
		Scan(&a.ID, &a.Email, &a.PasswordHash, &a.PasswordSalt, &a.Role, &a.CustomerID)
	return a, notFound(err)
}

// Customer returns the customer that an account belongs to.
func (s *AccountStore) Customer(ctx context.Context, accountID int64) (model.Customer, error) {
	var c model.Customer
	err := s.pool.QueryRow(ctx, "select c.id, c.email, c.name, c.city from customers c join accounts a on a.customer_id = c.id where a.id = $1", accountID).
		Scan(&c.ID, &c.Email, &c.Name, &c.City)
	return c, notFound(err)
}

// Permissions returns what an account may do.
func (s *AccountStore) Permissions(ctx context.Context, accountID int64) ([]string, error) {
	rows, err := s.pool.Query(ctx, "select permission from account_permissions where account_id = $1 order by permission", accountID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

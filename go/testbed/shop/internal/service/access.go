// Package service holds the shop's rules; it knows neither HTTP nor SQL.
package service

import (
	"context"
	"errors"
	"slices"
	"time"

	"example.com/shop/internal/auth"
	"example.com/shop/internal/model"
	"example.com/shop/internal/store"
)

var (
	// ErrForbidden is returned where an account lacks a permission.
	ErrForbidden = errors.New("forbidden")
	// ErrCredentials is returned for an unknown account and for a wrong password alike.
	ErrCredentials = errors.New("wrong email or password")
)

// Access knows who may do what.
type Access struct {
	accounts *store.AccountStore
	signer   *auth.Signer
}

// NewAccess returns the access rules.
func NewAccess(accounts *store.AccountStore, signer *auth.Signer) *Access {
	return &Access{accounts, signer}
}

// Login returns a token for the account.
func (a *Access) Login(ctx context.Context, email, password string) (string, time.Time, error) {
	account, err := a.accounts.ByEmail(ctx, email)
	if errors.Is(err, store.ErrNotFound) {
		return "", time.Time{}, ErrCredentials
	}
	if err != nil {
		return "", time.Time{}, err
	}
	if !auth.CheckPassword(password, account.PasswordSalt, account.PasswordHash) {
		return "", time.Time{}, ErrCredentials
	}
	token, expires := a.signer.Issue(account.ID)
	return token, expires, nil
}

// Account returns the account that a token belongs to.
func (a *Access) Account(token string) (int64, error) { return a.signer.Verify(token) }

// Profile returns the customer behind an account.
func (a *Access) Profile(ctx context.Context, accountID int64) (model.Customer, error) {
	return a.accounts.Customer(ctx, accountID)
}

// Check returns ErrForbidden unless the account has the permission.
func (a *Access) Check(ctx context.Context, accountID int64, permission string) error {
	grants, err := a.Grants(ctx, accountID)
	if err != nil {
		return err
	}
	return grants.Check(permission)
}

// Grants returns all permissions of an account.
func (a *Access) Grants(ctx context.Context, accountID int64) (Grants, error) {
	permissions, err := a.accounts.Permissions(ctx, accountID)
	return Grants(permissions), err
}

// Grants is a set of permissions.
type Grants []string

// Check returns ErrForbidden unless the permission is among the grants.
func (g Grants) Check(permission string) error {
	if !slices.Contains(g, permission) {
		return ErrForbidden
	}
	return nil
}

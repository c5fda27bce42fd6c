package auth

import (
	"context"
	"database/sql"
	"errors"

	"golang.org/x/crypto/bcrypt"
)

type User struct {
	ID      int64  `json:"id"`
	Email   string `json:"email"`
	Name    string `json:"name"`
	DepotID int    `json:"depot_id"`
}

var ErrCredentials = errors.New("wrong e-mail or password")

type Users struct{ db *sql.DB }

func NewUsers(db *sql.DB) *Users { return &Users{db} }

func (u *Users) Login(ctx context.Context, email, password string) (User, error) {
	var user User
	var hash string
	err := u.db.QueryRowContext(ctx, `select id, email, name, depot_id, password_hash from users where email = $1 and active`, email).
		Scan(&user.ID, &user.Email, &user.Name, &user.DepotID, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return User{}, ErrCredentials
	}
	if err != nil {
		return User{}, err
	}
	if bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) != nil {
		return User{}, ErrCredentials
	}
	return user, nil
}

func (u *Users) ByID(ctx context.Context, id int64) (User, error) {
	var user User
	err := u.db.QueryRowContext(ctx, `select id, email, name, depot_id from users where id = $1 and active`, id).
		Scan(&user.ID, &user.Email, &user.Name, &user.DepotID)
	return user, err
}

// Grants of a user, sorted.
func (u *Users) Grants(ctx context.Context, userID int64) ([]string, error) {
	rows, err := u.db.QueryContext(ctx, `select grant_name from user_grants where user_id = $1 order by grant_name`, userID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var grants []string
	for rows.Next() {
		var g string
		if err := rows.Scan(&g); err != nil {
			return nil, err
		}
		grants = append(grants, g)
	}
	return grants, rows.Err()
}

func HashPassword(password string) (string, error) {
	h, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
	return string(h), err
}

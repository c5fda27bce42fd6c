package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

type Parcel struct {
	ID  uuid.UUID `db:"id" json:"id"`
	Ref string    `db:"ref" json:"ref"`
}

type Parcels struct{ db *sqlx.DB }

func New(db *sqlx.DB) *Parcels { return &Parcels{db} }

func (p *Parcels) List(ctx context.Context, limit int, after int64) ([]Parcel, error) {
	var all []Parcel
	err := p.db.SelectContext(ctx, &all, `SELECT id, ref FROM parcels WHERE seq > $1 LIMIT $2`, after, limit)
	return all, err
}

func (p *Parcels) Get(ctx context.Context, id uuid.UUID) (Parcel, error) {
	var one Parcel
	err := p.db.GetContext(ctx, &one, `SELECT id, ref FROM parcels WHERE id = $1`, id)
	return one, err
}

func (p *Parcels) Many(ctx context.Context, ids []uuid.UUID) ([]Parcel, error) {
	query, args, err := sqlx.In(`SELECT id, ref FROM parcels WHERE id IN (?)`, ids)
	if err != nil {
		return nil, err
	}
	query = p.db.Rebind(query)
	var all []Parcel
	err = p.db.SelectContext(ctx, &all, query, args...)
	return all, err
}

func (p *Parcels) Add(ctx context.Context, one Parcel) error {
	_, err := p.db.NamedExecContext(ctx, `INSERT INTO parcels (id, ref) VALUES (:id, :ref)`, one)
	return err
}

package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"example.com/shop/internal/model"
)

// ProductStore reads the catalogue.
type ProductStore struct{ pool *pgxpool.Pool }

// NewProductStore returns a store on the pool.
func NewProductStore(pool *pgxpool.Pool) *ProductStore { return &ProductStore{pool} }

// ProductFilter narrows a listing down. Zero values do not filter.
type ProductFilter struct {
	CategoryID int64
	MaxCents   int64
	Limit      int
}

const cardQuery = `select p.id, p.sku, p.name, c.name, s.name, p.price_cents, coalesce(k.quantity, 0)
	from (select * from products where %s order by id limit %s) p
	join categories c on c.id = p.category_id
	join suppliers s on s.id = p.supplier_id
	left join lateral (
		select sum(k.quantity) as quantity from stock k join warehouses w on w.id = k.warehouse_id
		where k.product_id = p.id and w.code <> 'RETURNS') k on true
	order by p.id`

func scanCard(row pgx.CollectableRow) (p model.ProductCard, err error) {
	err = row.Scan(&p.ID, &p.SKU, &p.Name, &p.Category, &p.Supplier, &p.PriceCents, &p.InStock)
	return p, err
}

// Filter lists products for the back office. The number of conditions varies, so the text is put together here and sent as it is.
func (s *ProductStore) Filter(ctx context.Context, f ProductFilter) ([]model.ProductCard, error) {
	where := []string{"active"}
	if f.CategoryID > 0 {
		where = append(where, fmt.Sprintf("category_id = %d", f.CategoryID))
	}
	if f.MaxCents > 0 {
		where = append(where, fmt.Sprintf("price_cents <= %d", f.MaxCents))
	}
	sql := fmt.Sprintf(cardQuery, strings.Join(where, " and "), fmt.Sprint(f.Limit))
	rows, err := s.pool.Query(ctx, sql, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanCard)
}

// List lists products for the storefront.
func (s *ProductStore) List(ctx context.Context, f ProductFilter) ([]model.ProductCard, error) {
	where := "active"
	args := []any{f.Limit}
	if f.CategoryID > 0 {
		args = append(args, f.CategoryID)
		where += fmt.Sprintf(" and category_id = $%d", len(args))
	}
	if f.MaxCents > 0 {
		args = append(args, f.MaxCents)
		where += fmt.Sprintf(" and price_cents <= $%d", len(args))
	}
	rows, err := s.pool.Query(ctx, fmt.Sprintf(cardQuery, where, "$1"), args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanCard)
}

// Search returns the products that hold all terms.
func (s *ProductStore) Search(ctx context.Context, terms []string, limit int) ([]model.ProductHit, error) {
	rows, err := s.pool.Query(ctx, `select id, sku, name, price_cents from products
		where search @@ to_tsquery('simple', $1) and active order by id limit $2`, strings.Join(terms, " & "), limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[model.ProductHit])
}

// Hits returns products in the order of the given ids.
func (s *ProductStore) Hits(ctx context.Context, ids []int64) ([]model.ProductHit, error) {
	rows, err := s.pool.Query(ctx, "select id, sku, name, price_cents from products where id = any($1) order by array_position($1, id)", ids)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[model.ProductHit])
}

// EachInCategory calls fn with every product of a category, with the price in euros only and without images. The item is fn's only until
// it returns.
func (s *ProductStore) EachInCategory(ctx context.Context, categoryID int64, fn func(*model.CatalogueItem) error) error {
	rows, err := s.pool.Query(ctx, `select p.id, p.sku, p.name, p.description, s.id, s.name, p.price_cents, p.weight_grams, p.updated_at
		from products p join suppliers s on s.id = p.supplier_id where p.category_id = $1 order by p.id`, categoryID)
	if err != nil {
		return err
	}
	var p model.CatalogueItem
	_, err = pgx.ForEachRow(rows, []any{
		&p.ID, &p.SKU, &p.Name, &p.Description, &p.Supplier.ID, &p.Supplier.Name, &p.PriceCents, &p.WeightGrams, &p.UpdatedAt,
	}, func() error {
		p.UpdatedAt = p.UpdatedAt.UTC()
		return fn(&p)
	})
	return err
}

// Stock returns what the warehouses hold of some products.
func (s *ProductStore) Stock(ctx context.Context, firstID int64, limit int) ([]model.StockLevel, error) {
	rows, err := s.pool.Query(ctx, `select k.product_id, w.code, k.quantity from stock k join warehouses w on w.id = k.warehouse_id
		where k.product_id >= $1 order by k.product_id, k.warehouse_id limit $2`, firstID, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[model.StockLevel])
}

// Reviews returns the newest reviews of a product without their authors' names.
func (s *ProductStore) Reviews(ctx context.Context, productID int64, limit int) ([]model.Review, error) {
	rows, err := s.pool.Query(ctx, "select id, customer_id, rating, body from reviews where product_id = $1 order by id desc limit $2", productID, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r model.Review, err error) {
		err = row.Scan(&r.ID, &r.CustomerID, &r.Rating, &r.Body)
		return r, err
	})
}

// AddReview writes a review and returns its id.
func (s *ProductStore) AddReview(ctx context.Context, productID, customerID int64, rating int32, body string) (int64, error) {
	var id int64
	err := s.pool.QueryRow(ctx, `insert into reviews (product_id, customer_id, rating, body)
		select p.id, c.id, $3, $4 from products p, customers c where p.id = $1 and c.id = $2 returning id`,
		productID, customerID, rating, body).Scan(&id)
	return id, notFound(err)
}

// CategoryIDs returns all categories.
func (s *ProductStore) CategoryIDs(ctx context.Context) ([]int64, error) {
	rows, err := s.pool.Query(ctx, "select id from categories order by id")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// Category returns a category with its facets.
func (s *ProductStore) Category(ctx context.Context, id int64) (model.Category, error) {
	var c model.Category
	err := s.pool.QueryRow(ctx, `select c.id, c.slug, c.name, count(p.id), coalesce(min(p.price_cents), 0), coalesce(max(p.price_cents), 0)
		from categories c left join products p on p.category_id = c.id where c.id = $1 group by c.id`, id).
		Scan(&c.ID, &c.Slug, &c.Name, &c.Products, &c.MinCents, &c.MaxCents)
	return c, notFound(err)
}

// Features is what recommendations compare.
type Features struct {
	ID         int64
	CategoryID int64
	SupplierID int64
	PriceCents int64
	Popularity int32
	Words      string
}

// AllFeatures returns the features of every active product.
func (s *ProductStore) AllFeatures(ctx context.Context) ([]Features, error) {
	rows, err := s.pool.Query(ctx, "select id, category_id, supplier_id, price_cents, popularity, name || ' ' || description from products where active order by id")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Features])
}

package service

import (
	"context"
	"sync"
	"sync/atomic"

	"example.com/shop/internal/model"
	"example.com/shop/internal/recommend"
	"example.com/shop/internal/store"
	"example.com/shop/internal/terms"
)

// Catalogue answers everything about products.
type Catalogue struct {
	products  *store.ProductStore
	customers *store.CustomerStore
	board     *recommend.Board
	index     *recommend.Index

	filling    sync.Mutex
	categories atomic.Pointer[[]model.Category]
}

// NewCatalogue reads the features that recommendations need.
func NewCatalogue(ctx context.Context, products *store.ProductStore, customers *store.CustomerStore) (*Catalogue, error) {
	features, err := products.AllFeatures(ctx)
	if err != nil {
		return nil, err
	}
	return &Catalogue{
		products: products, customers: customers,
		board: recommend.NewBoard(features), index: recommend.NewIndex(features),
	}, nil
}

// Filter lists products for the back office.
func (s *Catalogue) Filter(ctx context.Context, f store.ProductFilter) ([]model.ProductCard, error) {
	return s.products.Filter(ctx, f)
}

// List lists products for the storefront.
func (s *Catalogue) List(ctx context.Context, f store.ProductFilter) ([]model.ProductCard, error) {
	return s.products.List(ctx, f)
}

// Search returns the products that hold all words of a query.
func (s *Catalogue) Search(ctx context.Context, query string, limit int) ([]model.ProductHit, error) {
	return s.find(ctx, terms.Split(query), limit)
}

// SearchPhrases returns the products that hold all words of a query.
func (s *Catalogue) SearchPhrases(ctx context.Context, query string, limit int) ([]model.ProductHit, error) {
	return s.find(ctx, terms.Parse(query), limit)
}

func (s *Catalogue) find(ctx context.Context, words []string, limit int) ([]model.ProductHit, error) {
	if len(words) == 0 {
		return []model.ProductHit{}, nil
	}
	return s.products.Search(ctx, words, limit)
}

// Related returns what customers also looked at.
func (s *Catalogue) Related(ctx context.Context, id int64, limit int) ([]model.ProductHit, error) {
	return s.hits(ctx, s.board.Related(id, limit))
}

// Similar returns products like the one on the page.
func (s *Catalogue) Similar(ctx context.Context, id int64, limit int) ([]model.ProductHit, error) {
	return s.hits(ctx, s.index.Similar(id, limit))
}

func (s *Catalogue) hits(ctx context.Context, ids []int64) ([]model.ProductHit, error) {
	if ids == nil {
		return nil, store.ErrNotFound
	}
	return s.products.Hits(ctx, ids)
}

// Stock returns stock levels, from one product on.
func (s *Catalogue) Stock(ctx context.Context, firstID int64, limit int) ([]model.StockLevel, error) {
	return s.products.Stock(ctx, firstID, limit)
}

// Reviews returns the newest reviews of a product.
func (s *Catalogue) Reviews(ctx context.Context, productID int64, limit int) ([]model.Review, error) {
	reviews, err := s.products.Reviews(ctx, productID, limit)
	if err != nil || len(reviews) == 0 {
		return reviews, err
	}
	ids := make([]int64, len(reviews))
	for i, r := range reviews {
		ids[i] = r.CustomerID
	}
	names, err := s.customers.Names(ctx, ids)
	for i := range reviews {
		reviews[i].Author = names[reviews[i].CustomerID]
	}
	return reviews, err
}

// AddReview takes a review and returns its number.
func (s *Catalogue) AddReview(ctx context.Context, productID, customerID int64, rating int32, body string) (int64, error) {
	return s.products.AddReview(ctx, productID, customerID, rating, body)
}

// Categories returns all categories with their facets. They are kept after the first call: a new category comes with a release.
func (s *Catalogue) Categories(ctx context.Context) ([]model.Category, error) {
	if kept := s.categories.Load(); kept != nil {
		return *kept, nil
	}
	s.filling.Lock()
	defer s.filling.Unlock()
	if kept := s.categories.Load(); kept != nil {
		return *kept, nil
	}
	ids, err := s.products.CategoryIDs(ctx)
	if err != nil {
		return nil, err
	}
	categories := make([]model.Category, len(ids))
	for i, id := range ids {
		if categories[i], err = s.products.Category(ctx, id); err != nil {
			return nil, err
		}
	}
	s.categories.Store(&categories)
	return categories, nil
}

package service

import (
	"context"

	"example.com/shop/internal/model"
)

// CatalogueExport is a category as partners receive it.
type CatalogueExport struct {
	Count int                   `json:"count"`
	Items []model.CatalogueItem `json:"items"`
}

// rates are the partners' fixed rates of the year, in thousandths.
var rates = []struct {
	currency string
	rate     int64
}{{"EUR", 1000}, {"USD", 1085}, {"GBP", 857}, {"CHF", 952}, {"SEK", 11240}, {"PLN", 4310}, {"NOK", 11620}, {"DKK", 7460}, {"CZK", 25130}}

var imageSizes = []struct {
	kind          string
	width, height int
}{{"thumb", 120, 90}, {"list", 400, 300}, {"page", 1200, 900}}

// Export returns all products of a category with prices, images and dimensions.
func (s *Catalogue) Export(ctx context.Context, categoryID int64) (CatalogueExport, error) {
	items, err := s.products.Catalogue(ctx, categoryID)
	if err != nil {
		return CatalogueExport{}, err
	}
	prices := make([]model.Price, 0, len(items)*len(rates))
	images := make([]model.Image, 0, len(items)*len(imageSizes))
	for i := range items {
		for _, r := range rates {
			cents := items[i].PriceCents * r.rate / 1000
			prices = append(prices, model.Price{Currency: r.currency, Cents: cents, TaxCents: cents * 19 / 119})
		}
		path := "/img/" + items[i].SKU + ".webp"
		for _, size := range imageSizes {
			images = append(images, model.Image{Kind: size.kind, Path: path, Width: size.width, Height: size.height})
		}
		items[i].Prices = prices[i*len(rates):]
		items[i].Images = images[i*len(imageSizes):]
	}
	return CatalogueExport{Count: len(items), Items: items}, nil
}

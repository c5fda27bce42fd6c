package service

import (
	"context"

	"example.com/shop/internal/model"
)

// CatalogueExport is a category as partners receive it.
type CatalogueExport struct {
	Items []model.CatalogueItem `json:"items"`
	Count int                   `json:"count"`
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

// usualCategory is more products than most categories have.
const usualCategory = 128

// Export returns all products of a category with prices and images.
func (s *Catalogue) Export(ctx context.Context, categoryID int64) (CatalogueExport, error) {
	export := CatalogueExport{Items: make([]model.CatalogueItem, 0, usualCategory)}
	err := s.products.EachInCategory(ctx, categoryID, func(p *model.CatalogueItem) error {
		item := *p
		item.Prices = appendPrices(make([]model.Price, 0, len(rates)), p.PriceCents)
		item.Images = appendImages(make([]model.Image, 0, len(imageSizes)), p.SKU)
		export.Items = append(export.Items, item)
		return nil
	})
	export.Count = len(export.Items)
	return export, err
}

// Feed calls fn with each product of a category with prices and images. The item is fn's only until it returns.
func (s *Catalogue) Feed(ctx context.Context, categoryID int64, fn func(*model.CatalogueItem)) error {
	return s.products.EachInCategory(ctx, categoryID, func(p *model.CatalogueItem) error {
		p.Prices = appendPrices(p.Prices[:0], p.PriceCents)
		p.Images = appendImages(p.Images[:0], p.SKU)
		fn(p)
		return nil
	})
}

func appendPrices(prices []model.Price, cents int64) []model.Price {
	for _, r := range rates {
		converted := cents * r.rate / 1000
		prices = append(prices, model.Price{Currency: r.currency, Cents: converted, TaxCents: converted * 19 / 119})
	}
	return prices
}

func appendImages(images []model.Image, sku string) []model.Image {
	path := "/img/" + sku + ".webp"
	for _, size := range imageSizes {
		images = append(images, model.Image{Kind: size.kind, Path: path, Width: size.width, Height: size.height})
	}
	return images
}

package service

import (
	"errors"
	"testing"

	"example.com/shop/internal/model"
)

func TestGrants(t *testing.T) {
	g := Grants{PermBackoffice, PermStock}
	if err := g.Check(PermStock); err != nil {
		t.Error(err)
	}
	if err := g.Check(PermReports); !errors.Is(err, ErrForbidden) {
		t.Errorf("Check of a permission that is not granted = %v", err)
	}
	if err := Grants(nil).Check(PermStock); !errors.Is(err, ErrForbidden) {
		t.Errorf("Check without grants = %v", err)
	}
}

func TestOrderIDs(t *testing.T) {
	ids := orderIDs([]model.Order{{ID: 3}, {ID: 1}})
	if len(ids) != 2 || ids[0] != 3 || ids[1] != 1 {
		t.Errorf("orderIDs = %v", ids)
	}
}

func TestPrices(t *testing.T) {
	prices := appendPrices(nil, 11900)
	if len(prices) != len(rates) {
		t.Fatalf("%d prices for %d rates", len(prices), len(rates))
	}
	if want := (model.Price{Currency: "EUR", Cents: 11900, TaxCents: 1900}); prices[0] != want {
		t.Errorf("prices[0] = %+v, want %+v", prices[0], want)
	}
	if want := (model.Price{Currency: "USD", Cents: 12911, TaxCents: 2061}); prices[1] != want {
		t.Errorf("prices[1] = %+v, want %+v", prices[1], want)
	}
}

func TestImages(t *testing.T) {
	images := appendImages(nil, "P-1")
	if len(images) != len(imageSizes) || images[0].Path != "/img/P-1.webp" || images[0].Kind != "thumb" {
		t.Errorf("images = %+v", images)
	}
}

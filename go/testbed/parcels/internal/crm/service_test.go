package crm

import (
	"context"
	"errors"
	"testing"
)

func TestAnnounceRefusesNonsense(t *testing.T) {
	s := New(nil)
	for _, n := range []NewShipment{{Service: "drone", Pieces: 1}, {Service: "express"}, {Service: "economy", Pieces: 51}} {
		if _, err := s.Announce(context.Background(), n, "x"); !errors.Is(err, ErrInput) {
			t.Errorf("%+v: %v", n, err)
		}
	}
}

func TestEscape(t *testing.T) {
	if got := escape("O'Neill"); got != "O''Neill" {
		t.Error(got)
	}
}

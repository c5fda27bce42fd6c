package auth

import (
	"errors"
	"testing"
	"time"
)

func TestRoundTrip(t *testing.T) {
	tokens := NewTokens("s", time.Hour)
	raw, err := tokens.Mint(42)
	if err != nil {
		t.Fatal(err)
	}
	if id, err := tokens.Verify(raw); err != nil || id != 42 {
		t.Errorf("Verify = %d, %v", id, err)
	}
}

func TestRefused(t *testing.T) {
	tokens := NewTokens("s", time.Hour)
	other, _ := NewTokens("other", time.Hour).Mint(42)
	stale := NewTokens("s", time.Hour)
	stale.now = func() time.Time { return time.Now().Add(-2 * time.Hour) }
	old, _ := stale.Mint(42)
	for name, raw := range map[string]string{"other secret": other, "expired": old, "none": "", "nonsense": "a.b.c"} {
		if _, err := tokens.Verify(raw); !errors.Is(err, ErrToken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

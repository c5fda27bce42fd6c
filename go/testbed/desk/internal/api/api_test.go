package api

import (
	"net/http/httptest"
	"slices"
	"testing"
)

func TestLimit(t *testing.T) {
	for query, want := range map[string]int{"": 10, "?limit=3": 3, "?limit=0": 10, "?limit=many": 10, "?limit=1000": 100} {
		if got := limit(httptest.NewRequest("GET", "/tickets"+query, nil)); got != want {
			t.Errorf("%q: %d, want %d", query, got, want)
		}
	}
}

func TestIDs(t *testing.T) {
	ids, err := idsOf(httptest.NewRequest("GET", "/tickets/lookup?ids=4,2,9", nil))
	if err != nil || !slices.Equal(ids, []int64{4, 2, 9}) {
		t.Errorf("%v, %v", ids, err)
	}
	if _, err := idsOf(httptest.NewRequest("GET", "/tickets/lookup?ids=4,x", nil)); err == nil {
		t.Error("x is no id")
	}
}

package tracking

import (
	"encoding/json"
	"testing"
	"time"
)

func example() *Manifest {
	at := time.Date(2025, 3, 1, 8, 30, 0, 120000000, time.UTC)
	m := &Manifest{Depot: 3, Count: 2}
	for i := range 2 {
		m.Shipments = append(m.Shipments, ManifestLine{ID: int64(i), TrackingNo: "FP000000001DE", Service: "express", WeightG: 1200,
			CreatedAt: at, PromisedAt: at.Add(48 * time.Hour), Scans: []Scan{{"pickup", at, "HAM"}, {"sort", at.Add(time.Hour), "BER"}}})
	}
	m.Shipments[1].Scans = []Scan{}
	return m
}

func TestAppendJSONIsWhatEncodingJSONWrites(t *testing.T) {
	want, err := json.Marshal(example())
	if err != nil {
		t.Fatal(err)
	}
	if got := string(example().AppendJSON(nil)); got != string(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

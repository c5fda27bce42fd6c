package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/meters/internal/bill"
	"example.com/meters/internal/grid"
	"github.com/jackc/pgx/v5"
)

const site = 7

// service is the API over one site with a month of readings and a region of `meters` meters, without a database.
func service(meters int) http.Handler {
	readings := make([]grid.Reading, month*grid.PerDay)
	for i := range readings {
		readings[i] = grid.Reading{Quarter: i, KWh: 0.2 + float64(i*7%97)*0.031, State: "measured"}
		if i%211 == 0 {
			readings[i].State = "estimated"
		}
	}
	all := make([]grid.Meter, meters)
	for i := range all {
		all[i] = grid.Meter{Serial: fmt.Sprintf("M-%07d", i), KWh: 1000.25 + float64(i*37%9000)}
	}
	return routes(grid.New(site, readings, "north", all), func(_ *http.Request, id int64) (bill.Customer, error) {
		if id != site {
			return bill.Customer{}, pgx.ErrNoRows
		}
		return bill.Customer{Site: id, Name: "Site 7", Tariff: "standard", CentsPerKWh: 28.375}, nil
	})
}

func ask(handler http.Handler, target string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, target, nil))
	return answer
}

var pairs = [][2]string{
	{"/sites/7/readings.csv", "/sites/7/lines.csv"},
	{"/sites/7/check", "/sites/7/review"},
	{"/sites/7/bill", "/sites/7/statement"},
	{"/sites/7/curve", "/sites/7/chart"},
	{"/sites/7/tomorrow", "/sites/7/next-day"},
	{"/sites/7/preview", "/sites/7/draft"},
	{"/regions/north/standing", "/regions/north/balance"},
}

func TestPairsAnswerAlike(t *testing.T) {
	handler := service(2400)
	for _, pair := range pairs {
		first, second := ask(handler, pair[0]), ask(handler, pair[1])
		if first.Code != http.StatusOK || first.Body.Len() == 0 {
			t.Errorf("%s: %d %q", pair[0], first.Code, first.Body)
		}
		if first.Body.String() != second.Body.String() {
			t.Errorf("%s and %s differ:\n%s\n%s", pair[0], pair[1], first.Body, second.Body)
		}
		if a, b := first.Header().Get("Content-Type"), second.Header().Get("Content-Type"); a != b {
			t.Errorf("%s and %s are of types %q and %q", pair[0], pair[1], a, b)
		}
	}
}

func TestAnswers(t *testing.T) {
	handler := service(3)
	for target, want := range map[string]string{
		"/sites/7/readings.csv":   "site;day;time;kwh;state\n7;1;00:00;0.200;estimated\n7;1;00:15;0.417;measured\n",
		"/sites/7/check":          `{"readings":96,"estimated":1,"too_high":0}`,
		"/sites/7/bill":           "Bill for Site 7 (site 7)\nTariff standard, 28.38 ct/kWh\n\n  day 1 part 1  ",
		"/regions/north/standing": `{"meters":3,"kwh":3111.75,"highest":"M-0000002"}`,
	} {
		if got := ask(handler, target).Body.String(); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %.120q, want %q", target, got, want)
		}
	}
	if lines := strings.Count(ask(handler, "/sites/7/bill").Body.String(), "\n"); lines != 3+month*4 {
		t.Errorf("a bill has %d lines", lines)
	}
	if got := ask(handler, "/sites/8/bill").Code; got != http.StatusNotFound {
		t.Errorf("an unknown site: %d", got)
	}
}

// The pairs' costs: go test -bench . ./internal/api
func BenchmarkPairs(b *testing.B) {
	handler := service(2400)
	for _, pair := range pairs {
		for _, target := range pair {
			b.Run(strings.TrimPrefix(target, "/"), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					ask(handler, target)
				}
			})
		}
	}
}

package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// upstreamLines are the calls in one line each: method, URL, status if not 200, and the fields of the answer.
func upstreamLines(d Document) []string {
	var lines []string
	for _, call := range d.Upstreams {
		line := call.Method + " " + call.URL.Value
		if call.Status != 0 {
			line += fmt.Sprint(" ", call.Status)
		}
		if a := call.Answer; a != nil {
			line += " -> " + a.Type
			for _, field := range a.Fields {
				line += " " + field.Name
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func expectUpstreams(t *testing.T, d Document, want ...string) {
	t.Helper()
	got := upstreamLines(d)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestUpstreamInOneFunction(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", `package main

import (
	"context"
	"os"
	"strings"

	"example.com/m/pricing"
)

func main() {
	c := pricing.New(strings.TrimRight(os.Getenv("PRICING_URL"), "/"))
	c.Quote(context.Background(), int64(len(os.Args)))
}
`, "pricing/pricing.go", `package pricing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

type apiError struct {
	Message string
}

type quote struct {
	ID    int64 `+"`json:\"id\"`"+`
	Lines []struct {
		Cents int `+"`json:\"cents\"`"+`
	} `+"`json:\"lines\"`"+`
}

type Client struct {
	base string
	hc   *http.Client
}

func New(base string) *Client { return &Client{base: base, hc: http.DefaultClient} }

func (c *Client) Quote(ctx context.Context, id int64) (*quote, error) {
	b, _ := json.Marshal(map[string]any{"id": id})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("%s/quotes/%d?full=1", c.base, id), bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	res, err := c.hc.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		var e struct{ Message string }
		json.NewDecoder(res.Body).Decode(&e)
		return nil, errors.New(e.Message)
	}
	out := new(quote)
	err = json.NewDecoder(res.Body).Decode(out)
	return out, err
}
`))
	expectUpstreams(t, d, "POST ${PRICING_URL}/quotes/${?}?full=1 201 -> pricing.quote id lines")
	call := d.Upstreams[0]
	if call.Answer.Origin != (Origin{"pricing/pricing.go", 16}) || call.Origin != (Origin{"pricing/pricing.go", 32}) ||
		!slices.Equal(call.Mains, []string{"example.com/m"}) {
		t.Errorf("%+v %+v", call, call.Answer)
	}
}

const wrappedRequests = `package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
)

type rates struct{ base string }

type Rate struct {
	From string ` + "`json:\"from\"`" + `
}
type Order struct {
	Number string
}

// One helper makes the request, another one sends it.
func (r *rates) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	return http.NewRequestWithContext(ctx, method, r.base+path, body)
}

func (r *rates) do(req *http.Request, out any) error {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if out == nil {
		return nil
	}
	return json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(out)
}

func (r *rates) Rate(ctx context.Context, from string) (Rate, error) {
	req, err := r.request(ctx, "GET", "/rates/"+from, nil)
	if err != nil {
		return Rate{}, err
	}
	var rate Rate
	return rate, r.do(req, &rate)
}

func (r *rates) Order(ctx context.Context) ([]Order, error) {
	var orders []Order
	req, _ := r.request(ctx, http.MethodPost, "/orders", nil)
	if err := r.do(req, &orders); err != nil {
		return nil, err
	}
	return orders, nil
}

func (r *rates) Forget(ctx context.Context) error {
	req, _ := r.request(ctx, http.MethodDelete, "/orders", nil)
	return r.do(req, nil)
}

// A generic one, and one that answers bytes.
func get[T any](url string) (T, error) {
	var out T
	res, err := http.Get(url)
	if err != nil {
		return out, err
	}
	err = json.NewDecoder(res.Body).Decode(&out)
	return out, err
}

func fetch(path string) ([]byte, error) {
	res, err := http.Get(os.Getenv("STOCK_URL") + path)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(res.Body)
}

type Stock struct {
	Left int ` + "`json:\"left\"`" + `
}

func stock() (s Stock, err error) {
	b, err := fetch("/stock")
	if err != nil {
		return s, err
	}
	err = json.Unmarshal(b, &s)
	return s, err
}

func main() {
	ctx := context.Background()
	r := &rates{os.Getenv("RATES_URL")}
	r.Rate(ctx, os.Args[1])
	r.Order(ctx)
	r.Forget(ctx)
	get[Rate](os.Getenv("LATEST_URL"))
	get[Order]("https://orders.example.com/last")
	stock()
}
`

func TestUpstreamsBehindHelpers(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", wrappedRequests))
	expectUpstreams(t, d, "GET ${RATES_URL}/rates/${?} -> main.Rate from", "POST ${RATES_URL}/orders -> []main.Order Number",
		"DELETE ${RATES_URL}/orders", "GET ${LATEST_URL} -> main.Rate from",
		"GET https://orders.example.com/last -> main.Order Number", "GET ${STOCK_URL}/stock -> main.Stock left")
}

func TestUpstreamURLsOfParts(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", `package main

import (
	"flag"
	"net/http"
	"net/url"
	"os"
	"path"
)

type client struct{ base *url.URL }

func (c *client) one() { http.Get(c.base.JoinPath("v1", "one").String()) }
func (c *client) two(id string) {
	u := *c.base
	u.Path = path.Join(u.Path, "two", id)
	u.RawQuery = "x=1"
	http.Get(u.String())
}
func (c *client) three() {
	u := c.base.ResolveReference(&url.URL{Path: "/three"})
	http.Post(u.String(), "application/json", nil)
}

func main() {
	base, err := url.Parse(os.Getenv("PARTS_URL"))
	if err != nil {
		panic(err)
	}
	c := &client{base}
	c.one()
	c.two(os.Args[1])
	c.three()
	mail := flag.String("mail-url", "http://mail:8025", "")
	flag.Parse()
	joined, _ := url.JoinPath(*mail, "send")
	http.Head(joined)
}
`))
	expectUpstreams(t, d, "GET ${PARTS_URL}/v1/one", "GET ${PARTS_URL}/two/${?}", "POST ${PARTS_URL}/three", "HEAD ${flag:mail-url}/send")
}

func TestUpstreamByResty(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", `module example.com/m

go 1.24

require github.com/go-resty/resty/v2 v2.0.0

replace github.com/go-resty/resty/v2 => ./libs/resty
`, "libs/resty/go.mod", "module github.com/go-resty/resty/v2\n\ngo 1.18\n",
		"libs/resty/resty.go", `package resty

type Client struct{}
type Request struct{}
type Response struct{}

func New() *Client                                       { return nil }
func (c *Client) SetBaseURL(url string) *Client          { return c }
func (c *Client) R() *Request                            { return nil }
func (r *Request) SetResult(v any) *Request              { return r }
func (r *Request) Post(url string) (*Response, error)    { return nil, nil }
func (r *Request) Get(url string) (*Response, error)     { return nil, nil }
func (r *Response) Body() []byte                         { return nil }
`, "main.go", `package main

import (
	"encoding/json"
	"os"

	"github.com/go-resty/resty/v2"
)

type Charge struct {
	State string `+"`json:\"state\"`"+`
}
type Card struct {
	Last4 string `+"`json:\"last4\"`"+`
}

func main() {
	c := resty.New().SetBaseURL(os.Getenv("PAYMENTS_URL"))
	var charge Charge
	c.R().SetResult(&charge).Post("/charges")
	res, err := c.R().Get("/cards")
	if err != nil {
		panic(err)
	}
	var card Card
	json.Unmarshal(res.Body(), &card)
}
`))
	expectUpstreams(t, d, "POST ${PAYMENTS_URL}/charges -> main.Charge state", "GET ${PAYMENTS_URL}/cards -> main.Card last4")
}

// TestRequestsOfOthersAreNoUpstreams: what a handler decodes is the request, and the answer of a helper that sends stays with it.
func TestRequestsOfOthersAreNoUpstreams(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", `package main

import (
	"encoding/json"
	"net/http"
	"os"
)

type In struct{ A int }
type Out struct{ B int }

func handle(w http.ResponseWriter, r *http.Request) {
	var in In
	json.NewDecoder(r.Body).Decode(&in)
	res, err := http.Get(os.Getenv("UP_URL") + "/b")
	if err != nil {
		return
	}
	var out Out
	json.NewDecoder(res.Body).Decode(&out)
	json.NewEncoder(w).Encode(out)
}

func main() {
	http.HandleFunc("POST /a", handle)
	http.ListenAndServe(":1", nil)
}
`))
	expectUpstreams(t, d, "GET ${UP_URL}/b -> main.Out B")
}

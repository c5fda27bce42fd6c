package main

import (
	"slices"
	"testing"
)

const adaptedAPI = `package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
)

type envelope struct {
	Data any ` + "`json:\"data\"`" + `
	Meta any ` + "`json:\"meta,omitempty\"`" + `
}

type Paged struct{ Data, Meta any }

type Item struct {
	ID int64 ` + "`json:\"id\"`" + `
}

type endpoint func(r *http.Request) (any, error)

type api struct{ items *items }

func session(r *http.Request) (string, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return "", errors.New("no token")
	}
	shop := r.Header.Get("X-Shop")
	if shop == "" {
		return "", errors.New("no shop")
	}
	return token + shop + r.Header.Get("X-Trace"), nil
}

func (a *api) read(e endpoint) http.Handler  { return a.serve(e, false) }
func (a *api) write(e endpoint) http.Handler { return a.serve(e, true) }

func (a *api) serve(e endpoint, write bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := strconv.Atoi(r.Header.Get("X-Depth")); err != nil {
			println(err)
		}
		_, err := session(r)
		if err == nil && write && r.Header.Get("X-Dry") != "" {
			err = errors.New("dry")
		}
		var data any
		if err == nil {
			data, err = e(r)
		}
		if p, ok := data.(Paged); ok {
			json.NewEncoder(w).Encode(envelope{Data: p.Data, Meta: p.Meta})
			return
		}
		json.NewEncoder(w).Encode(envelope{Data: data})
		if err != nil {
			http.Error(w, err.Error(), 400)
		}
	})
}

func queryID(r *http.Request, name string) (int64, error) {
	v := r.URL.Query().Get(name)
	if v == "" {
		return 0, nil
	}
	return strconv.ParseInt(v, 10, 64)
}

type filter struct{ Shop, After int64 }

type items struct{ db *sql.DB }

func (s *items) list(ctx context.Context, f filter) ([]Item, error) {
	if f.Shop < 1 {
		return nil, errors.New("shop")
	}
	_, err := s.db.QueryContext(ctx, "select id from items where shop_id = $1 and id > $2", f.Shop, f.After)
	return nil, err
}

func (a *api) list(r *http.Request) (any, error) {
	var f filter
	var err error
	if f.Shop, err = queryID(r, "shop_id"); err != nil {
		return nil, err
	}
	if f.After, err = queryID(r, "after_id"); err != nil {
		return nil, err
	}
	return a.items.list(r.Context(), f)
}

func (a *api) page(r *http.Request) (any, error) {
	list := []Item{}
	return Paged{Data: list, Meta: len(list)}, nil
}

func main() {
	a := &api{items: &items{}}
	http.Handle("GET /items", a.read(a.list))
	http.Handle("GET /items/page", a.write(a.page))
	http.ListenAndServe(":80", nil)
}
`

func TestHeadersThatAHandlersMakerReads(t *testing.T) {
	var needed, optional []string
	for _, header := range inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", adaptedAPI)).Headers {
		list := &needed
		if header.Optional {
			list = &optional
		}
		if !slices.Contains(*list, header.Name) {
			*list = append(*list, header.Name)
		}
	}
	if !slices.Equal(needed, []string{"Authorization", "X-Shop", "X-Trace"}) || !slices.Equal(optional, []string{"X-Depth", "X-Dry"}) {
		t.Errorf("needed %v, optional %v", needed, optional)
	}
}

func TestEnvelopesOfSeveralMembers(t *testing.T) {
	for _, route := range inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", adaptedAPI)).Routes {
		if len(route.Responses) == 0 || len(route.Responses[0].Fields) != 2 {
			t.Fatalf("%s: %+v", route.Template, route.Responses)
		}
		if data := route.Responses[0].Fields[0]; data.Name != "data" || data.Kind != "array" || len(data.Fields) != 1 {
			t.Errorf("%s: %+v", route.Template, data)
		}
	}
}

func TestNumbersThatMustBePositiveBehindTheHandlerAreNeeded(t *testing.T) {
	got := map[string]string{}
	for _, route := range inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", adaptedAPI)).Routes {
		for _, param := range route.Request.Query {
			got[param.Name] = param.Rules
		}
	}
	if got["shop_id"] != "required,min=1" || got["after_id"] != "" || len(got) != 2 {
		t.Errorf("%v", got)
	}
}

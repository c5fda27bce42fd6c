package main

import "testing"

const storeBehindInterface = `package main

import "context"

type Queryer interface {
	SelectContext(ctx context.Context, dest any, query string, args ...any) error
	Get(dest any, query string, args ...any) error
	GetName(ctx context.Context, dest any) (string, error)
}

func List[T any](ctx context.Context, q Queryer, query string, args ...any) ([]T, error) {
	var all []T
	err := q.SelectContext(ctx, &all, query, args...)
	return all, err
}

func names(ctx context.Context, q Queryer) ([]string, error) {
	return List[string](ctx, q, "SELECT name FROM huts")
}

func one(q Queryer) (name string, err error) {
	err = q.Get(&name, "SELECT name FROM huts LIMIT 1")
	return name, err
}

func main() {}
`

// An interface of the module's that names sqlx's methods, which answer an error and nothing else.
func TestQueriesThroughAnInterface(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", storeBehindInterface))
	if len(d.Queries) != 2 {
		t.Fatalf("%+v", d.Queries)
	}
	if q := d.Queries[0]; q.Via != "main.List[...]" || q.Origin.Line != 18 {
		t.Errorf("%+v", q)
	}
	if q := d.Queries[1]; q.Library != "sqlx" || q.Method != "Get" || q.Text != "SELECT name FROM huts LIMIT 1" {
		t.Errorf("%+v", q)
	}
}

package main

import (
	"maps"
	"testing"
)

const customTypes = `package main

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

type Day struct{ time.Time }

func parseDay(s string) (Day, error) {
	t, err := time.Parse("2006-01-02", s)
	return Day{t}, err
}
func (d Day) MarshalJSON() ([]byte, error) { return json.Marshal(d.Format("2006-01-02")) }
func (d *Day) UnmarshalJSON(b []byte) error {
	parsed, err := parseDay(strings.Trim(string(b), "\""))
	*d = parsed
	return err
}

type Cents int64

func (c Cents) MarshalJSON() ([]byte, error) { return json.Marshal("1.00") }
func (c *Cents) UnmarshalJSON(b []byte) error {
	f, err := strconv.ParseFloat(strings.Trim(string(b), "\""), 64)
	*c = Cents(f * 100)
	return err
}

type Grams int64

func (g *Grams) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseInt(string(b), 10, 64)
	*g = Grams(n)
	return err
}

type Word struct{ s string }

func (w Word) MarshalText() ([]byte, error) { return []byte(w.s), nil }
func (w *Word) UnmarshalText(b []byte) error { w.s = string(b); return nil }

type Odd struct{ a any }

func (o Odd) MarshalJSON() ([]byte, error)  { return nil, nil }
func (o *Odd) UnmarshalJSON(b []byte) error { return nil }

type IDs []int64

func (l *IDs) UnmarshalParam(s string) error {
	for _, part := range strings.Split(s, ",") {
		id, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return err
		}
		*l = append(*l, id)
	}
	return nil
}

type order struct {
	ID    int64 ` + "`param:\"id\" validate:\"gt=0\"`" + `
	On    Day   ` + "`json:\"on\"`" + `
	Price Cents ` + "`json:\"price\"`" + `
	Mass  Grams ` + "`json:\"mass\"`" + `
	Word  *Word ` + "`json:\"word\"`" + `
	Box
	Odd   Odd   ` + "`json:\"odd\"`" + `
}

type Box struct {
	Made Day ` + "`json:\"made\"`" + `
}

type query struct {
	IDs    IDs     ` + "`query:\"ids\" validate:\"required\"`" + `
	Shops  []int64 ` + "`query:\"shop\"`" + `
	Season int     ` + "`query:\"season\" validate:\"gte=2000,lte=2100\"`" + `
	State  string  ` + "`query:\"state\" validate:\"omitempty,oneof=a b\"`" + `
	Kind   string  ` + "`query:\"kind\" validate:\"oneof=a b\"`" + `
	Size   int     ` + "`query:\"size,default=3\" validate:\"min=1\"`" + `
	Most   *int    ` + "`query:\"most\" validate:\"gt=0\"`" + `
}

type ofOrder struct {
	ID int64 ` + "`param:\"id\" validate:\"gt=0\"`" + `
}

type seal struct{ ofOrder }

func main() {
	e := echo.New()
	e.PUT("/orders/:id", func(c echo.Context) error {
		var in order
		if err := c.Bind(&in); err != nil {
			return err
		}
		return c.NoContent(204)
	})
	e.POST("/orders/:id/seal", func(c echo.Context) error {
		var in seal
		if err := c.Bind(&in); err != nil {
			return err
		}
		return c.NoContent(204)
	})
	e.GET("/orders", func(c echo.Context) error {
		var in query
		if err := c.Bind(&in); err != nil {
			return err
		}
		return c.JSON(200, []int{})
	})
	e.Start(":8080")
}
`

// TestCustomTypes: how types that decode themselves are written, what stands outside of the body, and what is refused without a value.
func TestCustomTypes(t *testing.T) {
	d := inspectDocument(t, withEcho(t, customTypes))
	body, rules := map[string]string{}, map[string]string{}
	for _, route := range d.Routes {
		if route.Template == "/orders/{id}/seal" && (route.Request.Body != nil || !route.Request.Bodyless) {
			t.Errorf("%+v", route.Request)
		}
		for _, param := range route.Request.Query {
			rules[param.Name] = param.Rules
			if param.Joined != (param.Name == "ids") {
				t.Errorf("%+v", param)
			}
		}
		if route.Request.Body == nil {
			continue
		}
		for _, field := range route.Request.Body.Fields {
			body[field.Name] = field.Kind + " " + field.Tags["validate"]
		}
	}
	wantBody := map[string]string{
		"on": "string datetime=2006-01-02", "price": "string numeric", "mass": "integer ", "word": "string ", "odd": "any ",
		"made": "string datetime=2006-01-02",
	}
	if !maps.Equal(body, wantBody) {
		t.Errorf("%v, not %v", body, wantBody)
	}
	wantRules := map[string]string{
		"ids": "required", "shop": "", "season": "required,gte=2000,lte=2100", "state": "omitempty,oneof=a b", "kind": "required,oneof=a b",
		"most": "gt=0", "size": "min=1",
	}
	if !maps.Equal(rules, wantRules) {
		t.Errorf("%v, not %v", rules, wantRules)
	}
}

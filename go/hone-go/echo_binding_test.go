package main

import (
	"os"
	"slices"
	"testing"
)

const echoBinding = `package main

import (
	"database/sql"
	"os"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

type price struct {
	SKU string ` + "`json:\"sku\" query:\"sku\"`" + `
}

func bind[T any](c echo.Context) (T, error) {
	var in T
	err := (&echo.DefaultBinder{}).BindBody(c, &in)
	return in, err
}

func dsn() string {
	parts := []string{"host=" + os.Getenv("DB_HOST"), "user=" + os.Getenv("DB_USER")}
	if password := os.Getenv("DB_PASSWORD"); password != "" {
		parts = append(parts, "password="+password)
	}
	return strings.Join(parts, " ")
}

func apiKey(keys []string) echo.MiddlewareFunc {
	return middleware.KeyAuthWithConfig(middleware.KeyAuthConfig{
		KeyLookup: "header:X-API-Key,query:key",
		Validator: func(key string, _ echo.Context) (bool, error) { return true, nil },
	})
}

func main() {
	sql.Open("postgres", dsn())
	e := echo.New()
	g := e.Group("/v1", apiKey(nil))
	g.POST("/prices", func(c echo.Context) error {
		in, err := bind[price](c)
		if err != nil {
			return err
		}
		return c.JSON(200, in)
	})
	g.GET("/prices", func(c echo.Context) error {
		var in price
		return (&echo.DefaultBinder{}).BindQueryParams(c, &in)
	})
	e.Start(":80")
}
`

func TestEchoBindsAndWantsKeys(t *testing.T) {
	document := inspectDocument(t, withEcho(t, echoBinding))
	for _, route := range document.Routes {
		if body := route.Request.Body; route.Method == "POST" && (body == nil || len(body.Fields) != 1 || body.Fields[0].Name != "sku") {
			t.Errorf("%s: %+v", route.Template, route.Request)
		}
		if query := route.Request.Query; route.Method == "GET" && (len(query) != 1 || query[0].Name != "sku") {
			t.Errorf("%s: %+v", route.Template, route.Request)
		}
	}
	if len(document.Routes) != 2 {
		t.Errorf("%+v", document.Routes)
	}
	if !slices.ContainsFunc(document.Headers, func(h Header) bool { return h.Name == "X-API-Key" && !h.Optional }) || len(document.Headers) != 1 {
		t.Errorf("headers %+v", document.Headers)
	}
	if got := document.Database.Connect; len(got) != 1 ||
		got[0].DSN.Value != "host=${DB_HOST} user=${DB_USER} password=${DB_PASSWORD}" {
		t.Errorf("%+v", got)
	}
}

// withEcho is a folder with a program that uses echo.
func withEcho(t *testing.T, program string) string {
	read := func(name string) string {
		text, err := os.ReadFile("testdata/echo/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	return write(t, "go.mod", read("go.mod"), "go.sum", read("go.sum"), "main.go", program)
}

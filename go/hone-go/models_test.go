package main

import (
	"slices"
	"testing"
)

const migratedModels = `package main

import (
	"encoding/json"
	"net/http"
	"time"

	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

type Base struct {
	ID        uint
	CreatedAt time.Time
}

type Address struct {
	City string ` + "`gorm:\"column:town\"`" + `
	Zip  string
	*Address
}

type Winery struct {
	Base
	Name     string
	APIKey   string  ` + "`gorm:\"size:40;uniqueIndex\"`" + `
	Barrels  []Barrel
	Home     Address ` + "`gorm:\"embedded;embeddedPrefix:home_\"`" + `
	Skipped  string  ` + "`gorm:\"-\"`" + `
	Status   string  ` + "`gorm:\"type:varchar(8);check:status IN ('open','shut')\"`" + `
	internal string
}

type Barrel struct {
	gorm.Model
	WineryID  uint
	Winery    *Winery
	Serial    string    ` + "`gorm:\"column:serial_no;index\"`" + `
	FilledOn  time.Time ` + "`gorm:\"type:date;index:by_day,priority:3\"`" + `
	CapacityL int       ` + "`gorm:\"index:by_day,priority:2;unique:false\"`" + `
	Raw       json.RawMessage
	Tags      []string  ` + "`gorm:\"serializer:json\"`" + `
}

type Guest struct {
	TastingID int ` + "`gorm:\"primaryKey\"`" + `
	TasterID  int ` + "`gorm:\"primaryKey\"`" + `
}

func (Guest) TableName() string { return "tasting_guests" }

type Bare struct{ ID int }

func (Bare) TableName() (name string) { name = "bares"; return }

func models() []any { return []any{&Barrel{}, Guest{}} }

func main() {
	db, _ := gorm.Open(postgres.Open("x"), &gorm.Config{})
	db.AutoMigrate(&Bare{}, &Winery{})
	db.AutoMigrate(models()...)
	http.ListenAndServe(":80", nil)
}
`

func TestModels(t *testing.T) {
	files := moduleOf(t, "fiber")
	var got []string
	for _, model := range inspectDocument(t, write(t, append(files, "main.go", migratedModels)...)).Models {
		got = append(got, model.SQL)
	}
	want := []string{"CREATE TABLE bares (id bigint, PRIMARY KEY (id));",
		"CREATE TABLE wineries (id bigint, created_at timestamptz, name text, api_key text, home_town text, home_zip text, " +
			"status varchar(8) CHECK (status IN ('open','shut')), PRIMARY KEY (id)); CREATE INDEX ON wineries (api_key);",
		"CREATE TABLE barrels (id bigint, created_at timestamptz, updated_at timestamptz, deleted_at timestamptz, winery_id bigint, " +
			"serial_no text, filled_on date, capacity_l bigint, raw bytea, tags text, PRIMARY KEY (id)); CREATE INDEX ON barrels (deleted_at); " +
			"CREATE INDEX ON barrels (serial_no); CREATE INDEX ON barrels (capacity_l);",
		"CREATE TABLE tasting_guests (tasting_id bigint, taster_id bigint, PRIMARY KEY (tasting_id, taster_id));",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestGormName: as gorm.io/gorm/schema's NamingStrategy has it (its TestToDBName).
func TestGormName(t *testing.T) {
	for name, want := range map[string]string{
		"x": "x", "X": "x", "userRestrictions": "user_restrictions", "ThisIsATest": "this_is_a_test", "PFAndESI": "pf_and_esi",
		"AbcAndJkl": "abc_and_jkl", "EmployeeID": "employee_id", "SKU_ID": "sku_id", "FieldX": "field_x", "HTTPAndSMTP": "http_and_smtp",
		"HTTPServerHandlerForURLID": "http_server_handler_for_url_id", "UUID": "uuid", "HTTPURL": "http_url", "HTTP_URL": "http_url",
		"SHA256Hash": "sha256_hash", "SHA256HASH": "sha256_hash", "CapacityL": "capacity_l",
	} {
		if got := gormName(name); got != want {
			t.Errorf("%s: %s, not %s", name, got, want)
		}
	}
}

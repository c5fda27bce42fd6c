package config

import "testing"

func TestEnvironmentWinsOverDefaults(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("PARCELS_DATABASE_HOST", "db.internal")
	t.Setenv("PARCELS_DATABASE_PASSWORD", "it's")
	t.Setenv("PARCELS_HTTP_ADDR", ":7000")
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if c.HTTPAddr != ":7000" {
		t.Errorf("HTTPAddr = %q", c.HTTPAddr)
	}
	want := `host=db.internal port=5432 user=parcels dbname=parcels sslmode=disable password='it\'s'`
	if got := c.DB.DSN(); got != want {
		t.Errorf("DSN = %s, want %s", got, want)
	}
}

func TestPortOfTheOldDeployment(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("PORT", "9999")
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if c.HTTPAddr != ":9999" {
		t.Errorf("HTTPAddr = %q", c.HTTPAddr)
	}
}

func TestMissingFileThatWasAskedForIsAnError(t *testing.T) {
	t.Setenv("PARCELS_CONFIG", "/nowhere/parcels.yaml")
	if _, err := Load(); err == nil {
		t.Error("no error")
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const composeText = `services:
  api:
    build: .
    environment:
      SLACK_WEBHOOK_URL: ${SLACK_WEBHOOK_URL}
      SMTP_USER: "${SMTP_USER:-nobody}"
      GREETING: hello $WHO
    ports: ["${PORT}:8080"]
  db:
    image: postgres:${PG_VERSION}
    environment: ["POSTGRES_DB=${POSTGRES_DB}"]
`

const privateEnv = "SLACK_WEBHOOK_URL=https://hooks.example/T0/private\nSMTP_USER=private@example\nWHO=private\nPORT=9090\n" +
	"PG_VERSION=16\nPOSTGRES_DB=private\n"

func composeModule(t *testing.T, files ...string) string {
	return write(t, append([]string{"go.mod", "module m\n\ngo 1.24\n", "main.go", "package main\n\nfunc main() {}\n",
		"compose.yml", composeText, ".env", privateEnv}, files...)...)
}

func git(t *testing.T, dir string, words ...string) {
	t.Helper()
	command := exec.Command("git", words...)
	command.Dir = dir
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v: %s", words, err, output)
	}
}

// TestComposeTakesNoPrivateValues: the .env beside a compose file is a person's own, so that of what the services are given only
// what the compose file says itself is told.
func TestComposeTakesNoPrivateValues(t *testing.T) {
	compose := inspectDocument(t, composeModule(t)).Compose
	if len(compose) != 2 {
		t.Fatalf("services %+v", compose)
	}
	values := map[string]string{}
	for _, setting := range append(compose[0].Env, compose[1].Env...) {
		values[setting.Name] = setting.Value
	}
	for name, want := range map[string]string{"SLACK_WEBHOOK_URL": "${SLACK_WEBHOOK_URL}", "SMTP_USER": "nobody",
		"GREETING": "hello ${WHO}", "POSTGRES_DB": "${POSTGRES_DB}"} {
		if values[name] != want {
			t.Errorf("%s is %q, not %q", name, values[name], want)
		}
	}
	if ports := compose[0].Ports; len(ports) != 1 || ports[0].Host != "9090" || compose[1].Image != "postgres:16" {
		t.Errorf("ports %+v, image %s", ports, compose[1].Image)
	}
}

// TestIgnoredFilesArePrivate: what git ignores is a person's own, whatever it is called.
func TestIgnoredFilesArePrivate(t *testing.T) {
	dir := composeModule(t, ".gitignore", "*.override.yml\nmine/\n/.env.example\n", "compose.override.yml", composeText,
		"mine/compose.yml", composeText, ".env.example", "A=private\n", "x/.env.example", "A=b\n")
	git(t, dir, "init", "-q")
	git(t, dir, "add", "compose.yml")
	document := inspectDocument(t, dir)
	if len(document.Compose) != 2 || document.Compose[0].File != "compose.yml" {
		t.Errorf("services %+v", document.Compose)
	}
	if want := []string{".env.example", "compose.override.yml", "mine/"}; !slices.Equal(document.Ignored, want) {
		t.Errorf("ignored %v", document.Ignored)
	}
	for _, file := range document.EnvFiles {
		if file.Example != (file.File == "x/.env.example") {
			t.Errorf("example: %+v", file)
		}
	}
}

// TestEverythingIsPrivateWhereGitFails: a repository that git cannot read.
func TestEverythingIsPrivateWhereGitFails(t *testing.T) {
	document := inspectDocument(t, composeModule(t, ".git", "gitdir: nowhere\n"))
	if !slices.Equal(document.Ignored, []string{everything}) || len(document.Compose) != 0 {
		t.Errorf("ignored %v, compose %+v", document.Ignored, document.Compose)
	}
}

// TestIgnoredFolder: a folder that the repository around it ignores is no part of it.
func TestIgnoredFolder(t *testing.T) {
	outer := write(t, ".gitignore", "build/\n", "build/m/go.mod", "module m\n\ngo 1.24\n", "build/m/main.go",
		"package main\n\nfunc main() {}\n", "build/m/compose.yml", composeText)
	git(t, outer, "init", "-q")
	if document := inspectDocument(t, outer+"/build/m"); len(document.Ignored) != 0 || len(document.Compose) != 2 {
		t.Errorf("ignored %v, compose %+v", document.Ignored, document.Compose)
	}
}

// TestViperTellsNoPrivateDefaults: the values of a file that is a person's own are no defaults; that it has some is told.
func TestViperTellsNoPrivateDefaults(t *testing.T) {
	private := map[string]Document{"app.env": viperModule(t, "app.env", "HTTP_ADDRESS=private:1\n")}
	dir := viperFolder(t, "app.yaml", "http_address: private:1\n")
	private["none"] = inspectDocument(t, dir)
	git(t, dir, "init", "-q")
	private["committed"] = inspectDocument(t, dir)
	if err := exec.Command("sh", "-c", "echo app.yaml >"+dir+"/.gitignore").Run(); err != nil {
		t.Fatal(err)
	}
	private["app.yaml"] = inspectDocument(t, dir)
	for name, document := range private {
		i := slices.IndexFunc(document.Env, func(v EnvVar) bool { return v.Name == "HTTP_ADDRESS" })
		if i < 0 {
			t.Fatalf("%s: variables %v", name, names(document.Env))
		}
		v := document.Env[i]
		if shared := !strings.HasPrefix(name, "app"); shared != (v.Default != nil) || shared != (v.File == "") || !shared && v.File != name {
			t.Errorf("%s: %+v", name, v)
		}
		document.Config, document.EnvFiles = nil, nil // their values are for the caller to judge
		if text, _ := json.Marshal(document); strings.HasPrefix(name, "app") && bytes.Contains(text, []byte("private")) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// TestComposeMountsAFolder: PostgreSQL's image runs the files of a folder, of which one may be the seed.
func TestComposeMountsAFolder(t *testing.T) {
	compose := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", "package main\n\nfunc main() {}\n",
		"compose.yml", "services:\n  db:\n    image: postgres:16\n    volumes:\n      - ./db:/docker-entrypoint-initdb.d:ro\n",
		"db/seed.sql", "insert into x values (1);", "db/schema.sql", "create table x (id int);", "db/README.md", "")).Compose
	if len(compose) != 1 || !slices.Equal(compose[0].InitSQL, []string{"db/schema.sql", "db/seed.sql"}) {
		t.Errorf("%+v", compose)
	}
}

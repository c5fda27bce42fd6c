"""hone pool on a small service whose requests hold one connection, two connections, or several side by side."""

import json
import os
import pathlib
import shutil
import tempfile
import unittest

import jsonschema

import harness

SOURCE = r"""
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	all = "select id from things order by id limit 5"
	one = "select name from things where id = $1"
)

type service struct{ pool *pgxpool.Pool }

type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func name(ctx context.Context, db querier, id int) (name string, err error) {
	err = db.QueryRow(ctx, one, id).Scan(&name)
	return name, err
}

// transaction locks a thing, then asks for another one: on `inner`, or on the transaction itself where that is nil.
func (s service) transaction(ctx context.Context, inner querier) (string, error) {
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return "", err
	}
	defer tx.Rollback(ctx)
	if _, err := tx.Exec(ctx, "select name from things where id = $1 for share", 1); err != nil {
		return "", err
	}
	if inner == nil {
		inner = tx
	}
	found, err := name(ctx, inner, 2)
	if err != nil {
		return "", err
	}
	return found, tx.Commit(ctx)
}

func (s service) nested(ctx context.Context) (string, error) { return s.transaction(ctx, s.pool) }
func (s service) passed(ctx context.Context) (string, error) { return s.transaction(ctx, nil) }

// openRows asks for each row while the rows are open.
func (s service) openRows(ctx context.Context) (last string, err error) {
	rows, err := s.pool.Query(ctx, all)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			return "", err
		}
		if last, err = name(ctx, s.pool, id); err != nil {
			return "", err
		}
	}
	return last, rows.Err()
}

// fanOut asks for several things at the same time.
func (s service) fanOut(ctx context.Context) (string, error) {
	names := make([]string, 4)
	errs := make([]error, 4)
	var group sync.WaitGroup
	for i := range names {
		group.Add(1)
		go func() {
			defer group.Done()
			names[i], errs[i] = name(ctx, s.pool, i+1)
		}()
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return "", err
		}
	}
	return names[0], nil
}

func main() {
	config, err := pgxpool.ParseConfig(os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	conns, _ := strconv.Atoi(os.Getenv("DB_MAX_CONNS"))
	config.MaxConns = int32(max(conns, 1))
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		log.Fatal(err)
	}
	s := service{pool}
	mux := http.NewServeMux()
	for path, do := range map[string]func(context.Context) (string, error){
		"/nested": s.nested, "/passed": s.passed, "/open-rows": s.openRows, "/fan-out": s.fanOut,
	} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			answer, err := do(r.Context())
			if err != nil {
				http.Error(w, "no", http.StatusInternalServerError)
				return
			}
			fmt.Fprintf(w, "{\"name\": %q}\n", answer)
		})
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), mux))
}
"""

CONFIG = """\
[service]
name  = "pooled"
build = "go build -o ${bin} ."
run   = ["${bin}"]
url   = "http://127.0.0.1:${port}"
[service.env]
PORT         = "${port}"
DATABASE_URL = "${db.url}"
DB_MAX_CONNS = "6"
[service.ready]
path = "/healthz"

[database]
seed_files = ["../things.sql"]

[limits]
rate        = 60
latency_for = "1s"

[pool]
%s
"""

SQL = """\
create table things (id integer primary key, name text not null);
insert into things select g, 'thing ' || g from generate_series(1, 20) g;
"""

PATHS = ("/nested", "/passed", "/open-rows", "/fan-out")


class Pooled(harness.Workspace):
    """The service's module with a hone.toml; pgx is the shop's version of it."""

    def __init__(self, pool, paths):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hone-e2e-"))
        os.chmod(self.folder, 0o755)
        self.shop = self.folder / "pooled"
        (self.shop / "benchmarks").mkdir(parents=True)
        module = (harness.SHOP / "go.mod").read_text().replace("module example.com/shop", "module example.com/pooled")
        (self.shop / "go.mod").write_text(module)
        shutil.copy(harness.SHOP / "go.sum", self.shop)
        (self.shop / "main.go").write_text(SOURCE)
        (self.shop / "things.sql").write_text(SQL)
        self.config = self.shop / "benchmarks" / "hone.toml"
        scenarios = "".join(f'\n[[scenario]]\npath = "{path}"\n[[scenario.check]]\npointer = "/name"\nexists = true\n' for path in paths)
        self.config.write_text(CONFIG % pool + scenarios)
        self.tmp = self.folder / "tmp"
        self.tmp.mkdir()
        os.chmod(self.tmp, 0o711)

    def run(self, *arguments, timeout=240):
        return harness.hone(*arguments[:1], "--dir", str(self.shop / "benchmarks"), *arguments[1:], env=self.env(), timeout=timeout)


class Report:
    """What the tests of both ways to make a size look at."""

    def sizes(self):
        """Rounds by size."""
        rounds = {}
        for capture in self.report["captures"]:
            if "pool_size" in capture["parameters"]:
                rounds.setdefault(int(capture["parameters"]["pool_size"]), []).append(int(capture["parameters"]["pool_round"]))
        return rounds

    def nested(self):
        return {finding["subject"]["endpoint"] for finding in self.report["findings"] if finding["rule"] == "pool.nested_acquire"}

    def test_the_report_follows_its_schema(self):
        schema = json.loads((harness.ROOT / "docs" / "report.schema.json").read_text())
        jsonschema.Draft202012Validator(schema).validate(self.report)

    def test_the_verdict_and_the_exit_status_agree(self):
        self.assertIn(self.report["verdict"], ("well_sized", "starved", "oversized", "queries", "inconclusive"))
        self.assertEqual(3 if self.report["verdict"] == "inconclusive" else 0, self.ran.returncode, self.ran.stderr)

    def test_sizes_were_tried_in_rounds(self):
        sizes = self.sizes()
        self.assertGreaterEqual(len(sizes), 5)
        for size, rounds in sizes.items():
            with self.subTest(size=size):
                self.assertGreaterEqual(len(rounds), 3)
                self.assertEqual(len(rounds), len(set(rounds)))

    def test_every_number_comes_out_again(self):
        ran = harness.hone("evidence", "recompute", "--dir", str(self.pooled.shop / "benchmarks"), "--json", timeout=120)
        self.assertEqual(0, ran.returncode, ran.stdout[-2000:] + ran.stderr)
        self.assertTrue(json.loads(ran.stdout)["equal"])

    def test_advice_rests_on_measurements(self):
        known = {measurement["id"] for measurement in self.report["measurements"]}
        for advice in self.report.get("advice", []):
            self.assertLessEqual(set(advice["measurements"]), known)
        if self.report["verdict"] in ("well_sized", "starved", "oversized"):
            self.assertTrue(self.report["advice"][0]["setting"].startswith("MaxConns"))
            self.assertIn(int(self.report["advice"][0]["value"]), self.sizes())

    def test_the_limit_was_seen(self):
        seen = [measurement["value"] for measurement in self.report["measurements"] if measurement["metric"] == "pool.connections"]
        self.assertIn(6, seen)

    def test_nothing_is_left(self):
        self.assertEqual([], self.pooled.processes())
        self.assertEqual([], self.pooled.left_behind())


class ByRestart(Report, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pooled = cls.enterClassContext(Pooled('env = "DB_MAX_CONNS"', PATHS))
        cls.ran = cls.pooled.run("pool", "--for", "10s", "--json")
        cls.report = harness.report(cls.ran)

    def test_nested_acquires_are_found_and_nothing_else(self):
        self.assertEqual({"GET /nested", "GET /open-rows"}, self.nested())

    def test_a_nested_acquire_names_the_statement_that_waits(self):
        for finding in self.report["findings"]:
            if finding["rule"] == "pool.nested_acquire":
                with self.subTest(endpoint=finding["subject"]["endpoint"]):
                    self.assertIn("name from things where id", finding["subject"]["name"])
                    self.assertEqual("main.go", finding["subject"]["file"])


class ByTheGate(Report, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pooled = cls.enterClassContext(Pooled("replicas = 2", ("/passed", "/fan-out")))
        cls.ran = cls.pooled.run("pool", "--for", "10s", "--json")
        cls.report = harness.report(cls.ran)

    def test_sizes_go_up_to_the_pools_own(self):
        self.assertEqual({1, 2, 3, 4, 5, 6}, set(self.sizes()))

    def test_nothing_is_nested(self):
        self.assertEqual(set(), self.nested())


class Refusals(unittest.TestCase):
    def test_a_service_without_a_database_has_no_pool(self):
        with Pooled("", PATHS) as pooled:
            text = pooled.config.read_text()
            pooled.config.write_text(text.replace('[database]\nseed_files = ["../things.sql"]\n', "").replace("${db.url}", "none"))
            ran = pooled.run("pool")
            self.assertEqual((2, ""), (ran.returncode, ran.stdout))
            self.assertIn("no [database]", ran.stderr)


if __name__ == "__main__":
    unittest.main()

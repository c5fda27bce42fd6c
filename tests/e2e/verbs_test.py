"""The verbs beside `hone check`: init, doctor, load run, profile, sql proxy, show and evidence."""

import getpass
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import tomllib
import unittest

import harness
import tiny

SHORT = 60


class Verb(unittest.TestCase):
    def folder(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="hone-e2e-")))
        folder.chmod(0o755)
        return folder

    def succeeds(self, ran, statuses=(0,)):
        self.assertIn(ran.returncode, statuses, ran.stdout + ran.stderr)
        return ran.stdout

    def fails(self, ran, *words):
        self.assertEqual(2, ran.returncode, ran.stdout + ran.stderr)
        for word in words:
            self.assertIn(word, ran.stderr)


SERVICE = """package main

import (
	"database/sql"
	"net/http"
	"os"
	"strconv"
)

func main() {
	db, _ := sql.Open("postgres", os.Getenv("DATABASE_URL"))
	os.Getenv("REGION")
	os.Getenv("STRIPE_KEY")
	http.HandleFunc("GET /PATH/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, _ := strconv.Atoi(r.PathValue("id"))
		db.Exec("update PATH set seen = true where id = $1", id)
	})
	http.ListenAndServe(os.Getenv("ADDR"), nil)
}
"""
MONOREPO = {
    "go.mod": "module example.com/mono\n\ngo 1.24\n",
    "cmd/orders/main.go": SERVICE.replace("PATH", "orders"),
    "cmd/billing/main.go": SERVICE.replace("PATH", "invoices"),
    "compose.yml": """services:
  orders:
    build: .
    environment:
      DATABASE_URL: postgres://app:app@db/orders
      REGION: eu
      STRIPE_KEY: sk-live
""",
}


class Init(Verb):
    def repository(self):
        place = harness.Workspace()
        self.addCleanup(place.__exit__)
        shutil.rmtree(place.config.parent)
        return place

    def init(self, place, *arguments):
        return harness.hone("init", *arguments, cwd=place.shop, env=place.env(), timeout=120)

    def test_writes_a_file_that_doctor_and_sql_take(self):
        place = self.repository()
        self.succeeds(self.init(place))
        with open(place.config, "rb") as file:
            written = tomllib.load(file)
        self.assertGreater(len(written["scenario"]), 15)
        self.assertEqual("embedded", written["database"]["mode"])
        doctor = harness.hone("doctor", "--json", cwd=place.shop, env=place.env(), timeout=SHORT)
        checks = {check["name"]: check for check in json.loads(self.succeeds(doctor))["checks"]}
        self.assertEqual("ok", checks["hone.toml"]["health"])
        ran = harness.hone("sql", "--endpoint", "GET /healthz", "--json", cwd=place.shop, env=place.env(), timeout=120)
        self.succeeds(ran, (0, 3))

    def test_does_not_replace_a_file_unless_told(self):
        place = self.repository()
        place.config.parent.mkdir()
        place.config.write_text("# mine\n")
        self.fails(self.init(place), "hone.toml", "--force")
        self.assertEqual("# mine\n", place.config.read_text())
        self.succeeds(self.init(place, "--force"))
        self.assertIn("[[scenario]]", place.config.read_text())

    def test_check_explains_and_does_nothing(self):
        place = harness.Workspace()
        self.addCleanup(place.__exit__)
        before = sorted(place.shop.rglob("*"))
        explained = self.succeeds(harness.hone("init", "--check", cwd=place.shop, env=place.env(), timeout=SHORT))
        for word in ("go build -o ${bin}", "DATABASE_URL = ${db.url}", "GET /orders/${id}", "Nothing was started"):
            self.assertIn(word, explained)
        document = json.loads(self.succeeds(harness.hone("init", "--check", "--json", cwd=place.shop, env=place.env(), timeout=SHORT)))
        self.assertEqual("hone.init_check/1", document["schema"])
        self.assertEqual(before, sorted(place.shop.rglob("*")))

    def test_writes_one_file_a_service_and_touches_nothing_else(self):
        folder = self.folder()
        for file, text in MONOREPO.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text)
        written = json.loads(self.succeeds(harness.hone("init", "--json", cwd=folder, timeout=120)))
        self.assertEqual(["benchmarks/billing/hone.toml", "benchmarks/orders/hone.toml"],
                         [str(pathlib.Path(each["file"]).relative_to(folder.resolve())) for each in written["files"]])
        orders = (folder / "benchmarks/orders/hone.toml").read_text()
        self.assertIn('REGION = "eu"  # compose.yml:6', orders)
        self.assertIn('DATABASE_URL = "${db.url}"', orders)
        self.assertNotIn("sk-live", orders)
        self.assertIn("/orders/${id}", orders)
        self.assertNotIn("/invoices", orders)
        for file, text in MONOREPO.items():
            self.assertEqual(text, (folder / file).read_text())
        named = harness.hone("init", "--check", cwd=folder, timeout=SHORT)
        self.fails(named, "--dir benchmarks/billing")
        self.succeeds(harness.hone("init", "--check", "--dir", "benchmarks/orders", cwd=folder, timeout=SHORT))

    def test_needs_a_go_repository(self):
        folder = self.folder()
        self.fails(harness.hone("init", str(folder), cwd=folder, timeout=SHORT), "go.mod")
        self.fails(harness.hone("init", str(folder / "nowhere"), cwd=folder, timeout=SHORT), "nowhere")


class Doctor(Verb):
    def test_names_what_is_there(self):
        out = self.succeeds(harness.hone("doctor", "--dir", str(harness.SHOP / "benchmarks"), timeout=SHORT))
        for word in ("Go:", "PostgreSQL:", "hone.toml:", "cores:"):
            self.assertIn(word, out)
        self.assertEqual([], [line for line in out.splitlines() if len(line) > 80])

    def test_missing_file(self):
        ran = harness.hone("doctor", "--dir", str(self.folder()), timeout=SHORT)
        self.assertIn("hone init", self.succeeds(ran))

    def test_broken_file(self):
        folder = self.folder()
        (folder / "hone.toml").write_text("[service]\nname = 5\n")
        ran = harness.hone("doctor", "--dir", str(folder), timeout=SHORT)
        self.assertEqual(2, ran.returncode)
        self.assertIn("hone.toml:2:", ran.stdout)

    def test_missing_tools(self):
        ran = harness.hone("doctor", "--dir", str(harness.SHOP / "benchmarks"), timeout=SHORT,
                           env={"PATH": str(self.folder()), "HONE_PG_BIN": "/nonexistent"})
        self.assertEqual(2, ran.returncode)
        for word in ("no Go on PATH", "HONE_PG_BIN"):
            self.assertIn(word, " ".join(ran.stdout.split()))


class Load(Verb):
    def load(self, url, *arguments):
        arguments = arguments or ("--duration", "2s")
        return harness.hone("load", "run", url, "--dir", str(self.folder()), "--rate", "200", "--json", *arguments, timeout=SHORT)

    def counts(self, report):
        return {measurement["metric"]: measurement["value"] for measurement in report["measurements"]}

    def assert_nothing_lost(self, report):
        counts = self.counts(report)
        failed = sum(value for metric, value in counts.items() if metric.startswith("load.failed."))
        self.assertGreater(counts["load.sent"], 0)
        self.assertEqual(counts["load.sent"], counts["load.answered"] + failed + counts["load.censored"])
        return counts

    def test_counts_every_request(self):
        with tiny.Running() as service:
            report = json.loads(self.succeeds(self.load(f"{service.url}/items?n=5"), (0, 3)))
        counts = self.assert_nothing_lost(report)
        self.assertEqual(counts["load.sent"], counts["load.answered"])
        self.assertLessEqual(counts["load.service.p50"], counts["load.response.max"])

    def test_failures_are_not_success(self):
        with tiny.Running() as service:
            report = json.loads(self.succeeds(self.load(f"{service.url}/broken"), (0, 3)))
        counts = self.assert_nothing_lost(report)
        self.assertEqual(counts["load.sent"], counts["load.failed.status"])
        self.assertNotEqual("valid", report["verdict"])

    def test_port_where_nobody_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        report = json.loads(self.succeeds(self.load(f"http://127.0.0.1:{port}/"), (3,)))
        counts = self.assert_nothing_lost(report)
        self.assertEqual(0, counts["load.answered"])
        self.assertGreater(counts["load.failed.refused"], 0)

    def test_a_server_that_closes_at_once(self):
        with tiny.Running(EXIT_AFTER="50") as service:
            report = json.loads(self.succeeds(self.load(f"{service.url}/items?n=1"), (0, 3)))
        counts = self.assert_nothing_lost(report)
        self.assertLessEqual(counts["load.answered"], 50)

    def test_what_may_not_be_loaded(self):
        self.fails(self.load("https://127.0.0.1/"), "https")
        self.fails(self.load("http://192.0.2.1/"), "neither loopback nor private", "--yes-remote")
        self.fails(self.load("ftp://127.0.0.1/"), "ftp")
        self.fails(self.load("http://127.0.0.1:1/", "--duration", "long"), "long")
        self.fails(self.load("http://127.0.0.1:1/", "--header", "nothing"), "Name: value")
        self.fails(self.load("http://name.invalid/"), "name.invalid")

    def test_interrupted(self):
        pipe_folder = self.folder()
        os.mkfifo(pipe_folder / "notify")
        pipe = tiny.Pipe(pipe_folder / "notify")
        self.addCleanup(pipe.close)
        with tiny.Running(NOTIFY_AT="20", NOTIFY_PIPE=str(pipe_folder / "notify")) as service:
            running = harness.start_hone("load", "run", f"{service.url}/items?n=1", "--dir", str(pipe_folder), "--duration", "300s", "--json")
            self.addCleanup(running.stderr.close)
            self.assertTrue(pipe.wait(30))
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=30)
        self.assertIn(running.returncode, (0, 3), err)
        report = json.loads(out)
        self.assert_nothing_lost(report)
        self.assertIn("interrupted", report["headline"])


class Profile(Verb):
    @classmethod
    def setUpClass(cls):
        cls.files = pathlib.Path(tempfile.mkdtemp(prefix="hone-e2e-"))
        cls.addClassCleanup(shutil.rmtree, cls.files)
        with tiny.Running() as service:
            service.fetch(service.debug_url + "/")
            for name in ("profile?seconds=1", "allocs", "heap", "mutex"):
                (cls.files / name.split("?")[0]).write_bytes(service.fetch(f"{service.debug_url}/{name}"))
            (cls.files / "page.html").write_bytes(service.fetch(service.debug_url + "/"))

    def profile(self, *names):
        return harness.hone("profile", "--dir", str(self.folder()), "--json", *(str(self.files / name) for name in names), timeout=SHORT)

    def test_files_of_a_program(self):
        report = json.loads(self.succeeds(self.profile("profile", "allocs"), (0, 3)))
        self.assertEqual(2, len(report["captures"]))
        self.assertIn(report["verdict"], ("findings", "clean", "inconclusive"))
        if report["verdict"] == "inconclusive":
            self.assertTrue(report["not_judged"])

    def test_each_kind(self):
        for name in ("profile", "allocs", "heap", "mutex"):
            with self.subTest(name):
                self.succeeds(self.profile(name), (0, 3))

    def test_what_is_no_profile(self):
        whole = (self.files / "allocs").read_bytes()
        for name, data in (("garbage", bytes(range(256)) * 40), ("cut", whole[:len(whole) // 2]), ("empty", b""),
                           ("bomb", whole + whole[:20])):
            (self.files / name).write_bytes(data)
        for name in ("page.html", "garbage", "cut", "empty"):
            with self.subTest(name):
                self.fails(self.profile(name), name)
        self.fails(self.profile("nowhere"), "nowhere")
        self.fails(harness.hone("profile", str(self.files), "--dir", str(self.folder()), timeout=SHORT), str(self.files))


class SqlProxy(Verb):
    """`hone sql proxy` before a PostgreSQL of the test's own."""

    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="hone-e2e-"))
        cls.addClassCleanup(shutil.rmtree, cls.root, ignore_errors=True)
        cls.root.chmod(0o755)
        home = cls.root / "pg"
        home.mkdir()
        cls.user = "postgres" if os.geteuid() == 0 else getpass.getuser()
        if os.geteuid() == 0:
            entry = pwd.getpwnam("postgres")
            os.chown(home, entry.pw_uid, entry.pw_gid)
        bins = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
        cls.bin = bins[-1] if bins else pathlib.Path(shutil.which("pg_ctl")).resolve().parent
        cls.server("initdb", "-D", home / "data", "-U", "postgres", "-A", "trust", "--no-sync")
        with socket.create_server(("127.0.0.1", 0)) as probe:
            cls.port = probe.getsockname()[1]
        cls.addClassCleanup(cls.server, "pg_ctl", "-D", home / "data", "-m", "immediate", "-w", "stop")
        cls.server("pg_ctl", "-D", home / "data", "-l", home / "log", "-w", "-o",
                   f"-p {cls.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''", "start")

    @classmethod
    def server(cls, program, *arguments):
        subprocess.run([cls.bin / program, *arguments], check=True, cwd="/", timeout=SHORT, stdout=subprocess.DEVNULL,
                       user=cls.user if os.geteuid() == 0 else None)

    def proxy(self, *arguments):
        running = subprocess.Popen([harness.HONE, "sql", "proxy", *arguments, "--upstream", f"postgres://127.0.0.1:{self.port}"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(running.wait, 10)
        self.addCleanup(running.kill)
        self.addCleanup(running.stdout.close)
        self.addCleanup(running.stderr.close)
        return running, running.stdout.readline().strip()

    def psql(self, address, sql):
        host, port = address.rsplit(":", 1)
        return subprocess.run(["psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", f"host={host} port={port} user=postgres dbname=postgres sslmode=prefer",
                               "-c", sql], capture_output=True, text=True, timeout=SHORT)

    def end(self, running):
        running.send_signal(signal.SIGTERM)
        out = running.stdout.read()
        self.assertEqual(0, running.wait(10), running.stderr.read())
        return out

    def test_relays_and_counts(self):
        running, address = self.proxy()
        self.assertRegex(address, r"^127\.0\.0\.1:\d+$")
        direct = self.psql(f"127.0.0.1:{self.port}", "select n, n * n from generate_series(1, 1000) n")
        through = self.psql(address, "select n, n * n from generate_series(1, 1000) n")
        self.assertEqual((direct.returncode, direct.stdout), (through.returncode, through.stdout), through.stderr)
        self.assertEqual("1\n2", self.psql(address, "select unnest(array[1, 2])").stdout.strip())
        self.assertIn("2 connections, 2 statements in 4 round trips, 1002 rows, 0 bytes not understood",
                      self.end(running))  # signing on is a round trip, too

    def test_errors_pass_and_json_counts(self):
        running, address = self.proxy("--json")
        wrong = self.psql(address, "select 1 / 0")
        self.assertEqual(1, wrong.returncode)
        self.assertIn("division by zero", wrong.stderr)
        counts = json.loads(self.end(running))
        self.assertEqual((1, 1, 0), (counts["connections"], counts["statements"], counts["unparsed_bytes"]))

    def test_port_that_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as holder:
            port = holder.getsockname()[1]
            ran = harness.hone("sql", "proxy", "--listen", f"127.0.0.1:{port}", "--upstream", "127.0.0.1:5432", timeout=SHORT)
        self.fails(ran, str(port))


class Evidence(Verb):
    @classmethod
    def setUpClass(cls):
        cls.place = tiny.Tiny()
        cls.addClassCleanup(cls.place.__exit__)
        for _ in range(2):
            ran = cls.place.run("sql")
            if ran.returncode not in (0, 3):
                raise AssertionError(ran.stderr)

    def verb(self, *arguments, folder=None):
        return harness.hone(*arguments, "--dir", str(folder or self.place.benchmarks), timeout=SHORT)

    def copy(self):
        folder = self.folder() / "benchmarks"
        shutil.copytree(self.place.benchmarks, folder)
        return folder

    def test_list(self):
        listed = json.loads(self.succeeds(self.verb("evidence", "list", "--json")))
        self.assertEqual("hone.evidence_list/1", listed["schema"])
        self.assertEqual([1, 2], [run["id"] for run in listed["runs"]])
        self.assertEqual(["sql", "sql"], [run["verb"] for run in listed["runs"]])
        self.assertGreater(listed["blob_bytes"], 0)
        self.assertIn("2 runs", self.succeeds(self.verb("evidence", "list")))
        self.assertIn("m1 ", self.succeeds(self.verb("evidence", "list", "--run", "1")))

    def test_show(self):
        shown = json.loads(self.succeeds(self.verb("evidence", "show", "m1", "--json")))
        self.assertEqual("m1", shown["measurements"][0]["id"])
        self.assertIn("sha256:", self.succeeds(self.verb("evidence", "show", "c1")))
        self.assertIn("hone sql", self.succeeds(self.verb("evidence", "show", "2")))
        self.assertIn("m1 ", self.succeeds(self.verb("show", "m1")))

    def test_what_is_not_there(self):
        for what in ("m99999", "c99999", "99999"):
            with self.subTest(what):
                self.fails(self.verb("evidence", "show", what), what.lstrip("mcf"))
        self.fails(self.verb("show", "7"), "No run of the ledger has findings")
        for what in ("x1", "m", "m-1", "m1x", "m99999999999999999999", ""):
            with self.subTest(what):
                self.fails(self.verb("evidence", "show", what))
        self.fails(self.verb("evidence", "recompute", "m99999"), "99999")
        self.fails(self.verb("evidence", "purge", "--run", "77"), "77")
        self.fails(self.verb("evidence", "list", "--run", "77"), "77")
        self.fails(self.verb("accept", "1", "--reason", "because"), "finding")

    def test_no_ledger(self):
        folder = self.folder()
        for arguments in (("show",), ("evidence", "list"), ("evidence", "gc"), ("evidence", "recompute")):
            with self.subTest(" ".join(arguments)):
                self.fails(self.verb(*arguments, folder=folder), str(folder))
        self.assertEqual([], list(folder.iterdir()))

    def test_recompute_notices_another_number(self):
        folder = self.copy()
        ledger = sqlite3.connect(folder / ".hone" / "ledger.db")
        ledger.execute("UPDATE measurements SET value = value + 1 WHERE id = 1")
        ledger.commit()
        ledger.close()
        ran = self.verb("evidence", "recompute", "--run", "1", folder=folder)
        self.assertEqual(1, ran.returncode, ran.stderr)
        self.assertIn("DIFFERENT", ran.stdout)

    def test_export_and_nothing_is_overwritten(self):
        output = self.folder() / "out"
        self.succeeds(self.verb("evidence", "export", "--output", str(output)))
        checked = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=output, capture_output=True, text=True, timeout=SHORT)
        self.assertEqual(0, checked.returncode, checked.stdout)
        self.assertEqual(2, json.loads((output / "report.json").read_text())["run"])
        self.fails(self.verb("evidence", "export", "--output", str(output)), str(output))

    def test_purge_and_gc(self):
        folder = self.copy()
        self.fails(self.verb("evidence", "purge", folder=folder), "--yes")
        stray = folder / ".hone" / "blobs" / "00" / ("0" * 62)
        stray.parent.mkdir(exist_ok=True)
        stray.write_bytes(b"x" * 5000)
        self.assertGreaterEqual(json.loads(self.succeeds(self.verb("evidence", "gc", "--json", folder=folder)))["bytes"], 5000)
        self.assertFalse(stray.exists())
        self.succeeds(self.verb("evidence", "purge", "--run", "1", folder=folder))
        listed = json.loads(self.succeeds(self.verb("evidence", "list", "--json", folder=folder)))
        self.assertEqual([2], [run["id"] for run in listed["runs"]])
        self.assertEqual(0, self.verb("evidence", "recompute", "--run", "2", folder=folder).returncode)
        self.succeeds(self.verb("evidence", "purge", "--yes", folder=folder))
        listed = json.loads(self.succeeds(self.verb("evidence", "list", "--json", folder=folder)))
        self.assertEqual(([], 0), (listed["runs"], listed["blob_bytes"]))


if __name__ == "__main__":
    unittest.main()

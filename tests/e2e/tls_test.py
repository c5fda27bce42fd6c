"""TLS on both sides of the proxy: with services and clients that insist on it, and with a server that has it."""

import contextlib
import getpass
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import unittest

import harness

SHORT = 60
TESTBED = harness.ROOT / "go" / "testbed"
SSL_REQUEST = struct.pack("!II", 8, 80877103)

# Both drivers, each over its own kind of address.
SERVICE = r"""
package main

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/lib/pq"
)

func main() {
	pool, err := pgxpool.New(context.Background(), os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	db, err := sql.Open("postgres", os.Getenv("DATABASE_DSN"))
	if err != nil {
		log.Fatal(err)
	}
	if err := pool.Ping(context.Background()); err != nil {
		log.Fatal(err)
	}
	if err := db.Ping(); err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/pgx", func(w http.ResponseWriter, r *http.Request) {
		var n int
		if err := pool.QueryRow(r.Context(), "select $1::int + 1", 41).Scan(&n); err != nil {
			http.Error(w, err.Error(), 500)
		}
		fmt.Fprintf(w, `{"n": %d}`, n)
	})
	http.HandleFunc("/pq", func(w http.ResponseWriter, r *http.Request) {
		var n int
		if err := db.QueryRowContext(r.Context(), "select $1::int + 2", 40).Scan(&n); err != nil {
			http.Error(w, err.Error(), 500)
		}
		fmt.Fprintf(w, `{"n": %d}`, n)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
"""

CONFIG = """\
[service]
name  = "secured"
dir   = ".."
build = "go build -mod=mod -o ${bin} ."
run   = "${bin}"
url   = "http://127.0.0.1:${port}"
[service.env]
PORT         = "${port}"
DATABASE_URL = "${db.url}"
DATABASE_DSN = "DSN"

[database]
DATABASE

[[scenario]]
path = "/pgx"
[[scenario.check]]
pointer = "/n"
equals  = "42"

[[scenario]]
path = "/pq"
[[scenario.check]]
pointer = "/n"
equals  = "42"
"""

PARTS = "host=${db.host} port=${db.port} user=${db.user} password=${db.password} dbname=${db.name} "


def make_certificate(folder, name):
    """A certificate for 127.0.0.1 that has signed itself, and its key."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=test",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt"],
                   check=True, capture_output=True, timeout=SHORT)
    return folder / f"{name}.crt"


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="hone-e2e-"))
        cls.addClassCleanup(shutil.rmtree, cls.root, ignore_errors=True)
        cls.root.chmod(0o755)
        cls.home = cls.root / "pg"
        cls.home.mkdir()
        cls.authority = make_certificate(cls.home, "server")
        cls.other = make_certificate(cls.root, "other")
        (cls.home / "hba.conf").write_text("local all all trust\nhost all postgres 127.0.0.1/32 trust\nhost all bob 127.0.0.1/32 scram-sha-256\n"
                                           "hostssl all secured 127.0.0.1/32 trust\nhostnossl all open 127.0.0.1/32 trust\n")
        cls.user = "postgres" if os.geteuid() == 0 else getpass.getuser()
        if os.geteuid() == 0:
            entry = pwd.getpwnam("postgres")
            for path in (cls.home, *cls.home.iterdir()):
                os.chown(path, entry.pw_uid, entry.pw_gid)
        bins = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
        cls.bin = bins[-1] if bins else pathlib.Path(shutil.which("pg_ctl")).resolve().parent
        cls.server("initdb", "-D", cls.home / "data", "-U", "postgres", "-A", "trust", "--no-sync")
        with socket.create_server(("127.0.0.1", 0)) as probe:
            cls.port = probe.getsockname()[1]
        cls.addClassCleanup(cls.server, "pg_ctl", "-D", cls.home / "data", "-m", "immediate", "-w", "stop")
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": cls.home, "ssl": "on", "ssl_cert_file": cls.home / "server.crt",
                    "ssl_key_file": cls.home / "server.key", "hba_file": cls.home / "hba.conf"}
        cls.server("pg_ctl", "-D", cls.home / "data", "-l", cls.home / "log", "-w", "-o",
                   f"-p {cls.port} " + " ".join(f"-c {name}={value}" for name, value in settings.items()), "start")
        cls.query(f"127.0.0.1:{cls.port}", "create role bob login password 'bobs-canary'; create role secured login; create role open login")

    @classmethod
    def server(cls, program, *arguments):
        subprocess.run([cls.bin / program, *arguments], check=True, cwd="/", timeout=SHORT, stdout=subprocess.DEVNULL,
                       user=cls.user if os.geteuid() == 0 else None)

    @staticmethod
    def query(address, sql, more="user=postgres"):
        host, port = address.rsplit(":", 1)
        return subprocess.run(["psql", "-X", "-A", "-t", f"host={host} port={port} dbname=postgres {more}", "-c", sql], capture_output=True,
                              text=True, timeout=SHORT)

    @contextlib.contextmanager
    def proxy(self, upstream, *arguments):
        """A running `hone sql proxy`: its address, and at the end its counts in a list."""
        counts = []
        running = subprocess.Popen([harness.HONE, "sql", "proxy", "--json", *arguments, "--upstream", upstream],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with running:
            try:
                address = running.stdout.readline().strip()
                self.assertTrue(address, running.stderr.read() if not address else "")
                yield address, counts
                running.send_signal(signal.SIGTERM)
                counts.append(json.loads(running.stdout.read()))
            finally:
                running.kill()

    def dsn(self, more, user="postgres"):
        return f"host=127.0.0.1 port={self.port} user={user} dbname=postgres {more}"

    def fails(self, ran, *words):
        self.assertEqual((2, ""), (ran.returncode, ran.stdout), ran.stderr)
        for word in words:
            self.assertIn(word, ran.stderr)

    def refused(self, upstream, *words):
        self.fails(harness.hone("sql", "proxy", "--upstream", upstream, timeout=SHORT), *words)


class SqlProxy(Tls):
    def test_a_client_that_verifies_in_full(self):
        ca = self.root / "ca.pem"
        with self.proxy(f"127.0.0.1:{self.port}", "--ca", ca) as (address, counts):
            self.assertEqual(["-----BEGIN CERTIFICATE-----"], re.findall("-----BEGIN.*", ca.read_text()))
            for mode in (f"sslmode=verify-full sslrootcert={ca}", "sslmode=require", "sslmode=disable"):
                for binding in ("prefer", "disable"):
                    ran = self.query(address, "select 42", f"user=bob password=bobs-canary channel_binding={binding} {mode}")
                    self.assertEqual("42", ran.stdout.strip(), ran.stderr)
            wrong = self.query(address, "select 42", f"user=postgres sslmode=verify-full sslrootcert={self.other}")
            self.assertIn("certificate verify failed", wrong.stderr)
            bound = self.query(address, "select 42", f"user=bob password=bobs-canary channel_binding=require sslmode=verify-full sslrootcert={ca}")
            self.assertIn("channel binding", bound.stderr)
        self.assertEqual((6, 0), (counts[0]["statements"], counts[0]["unparsed_bytes"]))

    def test_tls_with_the_server_as_its_address_says(self):
        wanted = {f"sslmode=verify-full sslrootcert={self.authority}": "t", f"sslmode=verify-ca sslrootcert={self.authority}": "t",
                  "sslmode=require": "t", "sslmode=prefer": "t", "sslmode=allow": "f", "sslmode=disable": "f", "": "f"}
        seen = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"
        for more, secured in wanted.items():
            with self.subTest(more), self.proxy(self.dsn(more, "bob"), "--tls") as (address, counts):
                for client in ("sslmode=disable", "sslmode=require channel_binding=disable"):
                    ran = self.query(address, seen, f"user=bob password=bobs-canary {client}")
                    self.assertEqual(secured, ran.stdout.strip(), ran.stderr)
                if secured == "t":
                    could = self.query(address, seen, "user=bob password=bobs-canary sslmode=require")
                    self.assertIn("add channel_binding=disable", could.stderr)
            self.assertEqual((2, 0), (counts[0]["statements"], counts[0]["unparsed_bytes"]))

    def test_who_is_let_in_decides_allow_and_prefer(self):
        for mode in ("allow", "prefer"):
            for user in ("secured", "open"):
                with self.subTest(mode=mode, user=user), self.proxy(self.dsn(f"sslmode={mode}", user)) as (address, _):
                    ran = self.query(address, "select 42", f"user={user} sslmode=disable")
                    self.assertEqual("42", ran.stdout.strip(), ran.stderr)

    def test_a_unix_socket(self):
        with self.proxy(f"host={self.home} port={self.port} user=postgres sslmode=require", "--tls") as (address, _):
            ran = self.query(address, "select inet_client_addr() is null", "user=postgres sslmode=require")
            self.assertEqual("t", ran.stdout.strip(), ran.stderr)

    def test_what_stops_it(self):
        self.refused(self.dsn(f"sslmode=verify-full sslrootcert={self.other}"), "its certificate is not accepted", "sslrootcert=FILE")
        self.refused(self.dsn(f"sslmode=verify-ca sslrootcert={self.root}/missing.pem"), "needs a file of certificate authorities", "sslmode=require")
        self.refused(f"postgres://localhost:{self.port}/postgres?sslmode=verify-full&sslrootcert={self.authority}", "hostname mismatch")
        self.refused(self.dsn("sslmode=require channel_binding=require"), "channel_binding=require cannot be met", "channel_binding=disable")
        self.refused(self.dsn("sslmode=perhaps"), "no sslmode perhaps", "verify-full")
        with socket.create_server(("127.0.0.1", 0)) as plain:
            def answer():
                taken, _ = plain.accept()
                with taken:
                    self.assertEqual(SSL_REQUEST, taken.recv(8))
                    taken.send(b"N")
            thread = threading.Thread(target=answer)
            thread.start()
            self.refused(f"host=127.0.0.1 port={plain.getsockname()[1]} sslmode=require", "does not speak TLS, which sslmode=require asks for")
            thread.join()

    def test_direct_tls(self):
        """What a client of PostgreSQL 17 does with sslnegotiation=direct, from its description of the protocol."""
        ca = self.root / "direct.pem"
        with self.proxy(f"127.0.0.1:{self.port}", "--ca", ca) as (address, _):
            host, port = address.split(":")
            context = ssl.create_default_context(cafile=ca)
            body = struct.pack("!I", 196608) + b"user\0postgres\0database\0postgres\0\0"
            startup = struct.pack("!I", len(body) + 4) + body
            for protocols, answer in ((["postgresql"], b"R"), ([], b"")):
                if protocols:
                    context.set_alpn_protocols(protocols)
                else:
                    context = ssl.create_default_context(cafile=ca)
                with self.subTest(protocols), socket.create_connection((host, int(port)), timeout=SHORT) as plain:
                    with context.wrap_socket(plain, server_hostname=host, suppress_ragged_eofs=True) as secured:
                        try:
                            secured.sendall(startup)
                            received = secured.recv(1)
                        except OSError:
                            received = b""
                        self.assertEqual(answer, received)


class Check(Tls):
    def workspace(self, dsn, database):
        place = pathlib.Path(tempfile.mkdtemp(prefix="hone-e2e-"))
        self.addCleanup(shutil.rmtree, place, ignore_errors=True)
        place.chmod(0o755)
        (place / "main.go").write_text(SERVICE)
        # The versions that the testbed has.
        module = (TESTBED / "shop" / "go.mod").read_text()
        driver = re.search(r"github.com/lib/pq v\S+", (TESTBED / "parcels" / "go.mod").read_text())[0]
        (place / "go.mod").write_text(re.sub(r"^module .*", "module example.com/secured", module, count=1) + f"\nrequire {driver}\n")
        (place / "go.sum").write_text((TESTBED / "shop" / "go.sum").read_text() + (TESTBED / "parcels" / "go.sum").read_text())
        (place / "benchmarks").mkdir()
        (place / "benchmarks" / "hone.toml").write_text(CONFIG.replace("DSN\"\n", dsn + '"\n').replace("DATABASE\n\n", database + "\n\n"))
        (place / "tmp").mkdir()
        (place / "tmp").chmod(0o711)
        return place

    def sql(self, place):
        ran = harness.hone("sql", "--json", "--dir", str(place / "benchmarks"), env={"TMPDIR": str(place / "tmp")})
        self.assertEqual([], [str(path) for path in place.glob("tmp/hone-*/*") if path.is_dir()])
        return ran

    def counted(self, ran):
        """Both endpoints were asked and all that passed was understood; how quiet the machine was is not what is tested."""
        self.assertIn(ran.returncode, (0, 3), ran.stdout + ran.stderr)
        report = json.loads(ran.stdout)
        exchanges = [capture for capture in report["captures"] if capture["kind"] == "sql.exchange"]
        self.assertEqual({"GET /pgx", "GET /pq"}, {capture["scope"]["endpoint"] for capture in exchanges if "endpoint" in capture["scope"]})
        for capture in exchanges:
            self.assertEqual({"dropped_events": 0, "unparsed_bytes": 0}, capture["lost"])
        self.assertNotIn("bobs-canary", ran.stdout + ran.stderr)
        return report

    def test_a_service_that_insists_on_tls(self):
        # pgx by ${db.url}, lib/pq by an address in parts; the migration is written as the service is.
        place = self.workspace(PARTS + "sslmode=${db.sslmode} sslrootcert=${db.ca}",
                               'tls = "on"\nmigrate = ["psql", "-X", "-v", "ON_ERROR_STOP=1", "' + PARTS +
                               'sslmode=verify-full sslrootcert=${db.ca}", "-c", "create table seen as select 1"]')
        self.assertIn("agree with the server's own count", self.counted(self.sql(place))["headline"])

    def test_a_server_with_tls(self):
        url = f"postgres://bob:bobs-canary@127.0.0.1:{self.port}/postgres?sslmode=verify-full&sslrootcert={self.authority}"
        place = self.workspace(PARTS + "sslmode=${db.sslmode}", f'mode = "url"\nurl = "{url}"')
        self.counted(self.sql(place))

    def test_what_stops_it(self):
        url = f"postgres://bob:bobs-canary@127.0.0.1:{self.port}/postgres?sslmode="
        for more, words in ((f"verify-full&sslrootcert={self.other}", ("its certificate is not accepted", "sslrootcert=FILE")),
                            ("require&channel_binding=require", ("channel_binding=require cannot be met", "channel_binding=disable"))):
            with self.subTest(more):
                ran = self.sql(self.workspace(PARTS, f'mode = "url"\nurl = "{url}{more}"'))
                self.fails(ran, *words)
                self.assertNotIn("bobs-canary", ran.stderr)

    def test_tls_must_be_on_for_its_authority(self):
        self.fails(self.sql(self.workspace(PARTS + "sslrootcert=${db.ca}", 'mode = "embedded"')), "`${db.ca}` needs `tls = \"on\"`")


if __name__ == "__main__":
    unittest.main()

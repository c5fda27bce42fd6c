"""What hone says when things are missing, broken or go wrong: one sentence, the right exit status, nothing left behind."""

import json
import os
import pathlib
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import unittest

import harness
import tiny

SECRET = "environment-canary-8812"
ITEMS = tiny.ITEMS
MORE = tiny.scenario("/more?n=3")


class Fault(unittest.TestCase):
    def tiny(self, **arguments):
        """A small service with hone.toml; what it and hone leave behind is looked at when the test ends."""
        place = tiny.Tiny(**arguments)
        self.addCleanup(place.__exit__)
        self.addCleanup(self.check_left, place)
        return place

    def check_left(self, place):
        self.assertEqual([], place.processes())
        self.assertEqual([], place.left_behind())

    def fails(self, ran, *words):
        """hone failed with 2, and one sentence that holds the words."""
        self.assertEqual(2, ran.returncode, ran.stdout + ran.stderr)
        self.assertEqual("", ran.stdout)
        said = ran.stderr.split("hone: ")[-1]  # before it stands the progress
        self.assertTrue(ran.stderr.startswith("hone: "), ran.stderr)
        for word in words:
            self.assertIn(word, said)
        for trace in ("Traceback", "terminate called", "Aborted", "std::", "goroutine", "Sanitizer"):
            self.assertNotIn(trace, ran.stderr)

    def judged_not(self, report, endpoint, *words):
        """The report names the endpoint among what was not judged, for a reason with the words, and nowhere as healthy."""
        reasons = " ".join(f"{entry['reason']} {entry['what_would_do']}" for entry in report["not_judged"]
                           if endpoint in entry["subject"])
        self.assertTrue(reasons, report["not_judged"])
        for word in words:
            self.assertIn(word, reasons)
        self.assertNotIn(endpoint, [entry["subject"] for entry in report["healthy"]])


class Machine(Fault):
    """What the machine lacks."""

    def folder_with_go(self, script):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        if script:
            (folder / "go").write_text(script)
            (folder / "go").chmod(0o755)
        return str(folder)

    def test_no_go(self):
        self.fails(self.tiny(build=True).run(env={"PATH": self.folder_with_go("")}), "no Go on PATH", "go.dev")

    def test_old_go(self):
        script = "#!/bin/sh\necho go version go1.19 linux/amd64\n"
        self.fails(self.tiny(build=True).run(env={"PATH": self.folder_with_go(script)}), "1.19", "too old")

    def test_no_postgresql(self):
        place = self.tiny(parts=tiny.DATABASE)
        self.fails(place.run(env={"HONE_PG_BIN": "/nonexistent"}), "HONE_PG_BIN", "PostgreSQL", "/nonexistent")

    def test_disk_full_for_the_ledger(self):
        place = self.tiny()
        ran = self.on_a_small_disk(place, place.benchmarks / ".hone", "200k")
        self.fails(ran, "space")

    def test_disk_full_for_the_database(self):
        place = self.tiny(parts=tiny.DATABASE)
        ran = self.on_a_small_disk(place, place.tmp, "4m")
        self.fails(ran, "space")

    def on_a_small_disk(self, place, folder, size):
        """Runs hone in a mount namespace in which `folder` is a disk of that size."""
        folder.mkdir(exist_ok=True)
        harness.wait_for_turn()
        own = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        script = """mount -t tmpfs -o mode=0711,size="$2" none "$1" && shift 2 && exec "$@" """
        return subprocess.run(["unshare", *own, "--mount", "sh", "-c", script, "sh", str(folder), size,
                               harness.HONE, "sql", "--dir", str(place.benchmarks)],
                              env={**os.environ, **place.env()}, capture_output=True, text=True, timeout=120)


class Service(Fault):
    """What the service does."""

    def test_build_error(self):
        place = self.tiny(build=True)
        source = place.shop / "main.go"
        place.replace("func main() {", "func main() {\n\tundeclared()", source)
        ran = place.run()
        self.fails(ran, "build failed", "undefined: undeclared", "main.go:")
        self.assertRegex(ran.stderr, r"\n +\./main\.go:\d+:\d+: undefined: undeclared\n")

    def test_exits_at_start_and_says_its_secrets(self):
        place = self.tiny(env=f'EXIT_AT_START = "1"\nSECRET = "{SECRET}"\nDATABASE_URL = "${{db.url}}"', parts=tiny.DATABASE)
        ran = place.run()
        self.fails(ran, "service ended", "exit status 1", "cannot reach")
        self.assertNotIn(SECRET, ran.stderr)
        self.assertNotIn("postgres:", ran.stderr.replace("postgres://[redacted]", ""))

    def test_program_that_is_not_there(self):
        place = self.tiny()
        place.replace(str(place.program), "/nonexistent/tiny")
        self.fails(place.run(), "/nonexistent/tiny", "No such file")

    def test_never_ready(self):
        place = self.tiny(env='NEVER_READY = "1"')
        place.replace('timeout = "20s"', 'timeout = "1s"')
        self.fails(place.run(), "not ready within 1 s", "status 503", "[service.ready]")

    def test_ready_with_a_status_that_is_no_success(self):
        """A health endpoint may be 503 for good where a back end is absent."""
        place = self.tiny(env='NEVER_READY = "1"')
        place.replace('timeout = "20s"', 'status = [200, 503]\ntimeout = "20s"')
        ran = place.run("sql", "--json")
        self.assertIn(ran.returncode, (0, 3), ran.stderr)
        self.assertTrue(harness.report(ran)["measurements"])

    def test_dies_while_it_is_counted(self):
        place = self.tiny(env=f'EXIT_AFTER = "5"\nSECRET = "{SECRET}"')
        ran = place.run()
        self.fails(ran, "service ended", "exit status 1", "out of luck")
        self.assertNotIn(SECRET, ran.stderr)
        self.assertEqual([None], [run["verdict"] for run in place.runs()])

    def test_dies_under_load(self):
        place = self.tiny(env='EXIT_AFTER = "60"')
        self.fails(place.run("check"), "service ended", "exit status 1")

    def test_ignores_sigterm(self):
        place = self.tiny(env='IGNORE_SIGTERM = "1"', scenarios=ITEMS + '\n[[scenario]]\npath = "/more?n=3"\nwrites = true\n')
        ran = place.run("sql", "--json")
        report = harness.report(ran)
        self.assertTrue(any("ignored SIGTERM" in caveat for caveat in report["caveats"]), report["caveats"])

    def test_fixed_port_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as holder:
            port = holder.getsockname()[1]
            place = self.tiny()
            place.replace("${port}", str(port))
            self.fails(place.run(), f"Port {port} is taken", "${port}")

    def test_fixed_port_is_taken_by_a_service_that_answers(self):
        with tiny.Running() as other:
            place = self.tiny()
            place.replace("${port}", str(other.port))
            self.fails(place.run(), f"Port {other.port} is taken", "${port}")


class Endpoints(Fault):
    """What single endpoints answer. One run of hone judges all of them."""

    @classmethod
    def setUpClass(cls):
        wrong = tiny.scenario("/wrong") + '[[scenario.check]]\npointer = "/name"\nequals = "kettle"\n'
        paths = ("/unauthorised", "/forbidden", "/limited", "/broken", "/quota")
        cls.place = tiny.Tiny(env=f'SECRET = "{SECRET}"', scenarios=ITEMS + wrong + "".join(tiny.scenario(path) for path in paths))
        cls.addClassCleanup(cls.place.__exit__)
        cls.ran = cls.place.run("check", "--json")
        if not cls.ran.stdout:
            raise AssertionError(cls.ran.stderr)
        cls.report = harness.report(cls.ran)

    def test_401(self):
        self.judged_not(self.report, "GET /unauthorised", "401", "[[login]]")

    def test_403(self):
        self.judged_not(self.report, "GET /forbidden", "403")

    def test_429(self):
        self.judged_not(self.report, "GET /limited", "rate limiter", "429", "Retry-After: 17")

    def test_429_after_some_requests(self):
        self.judged_not(self.report, "GET /quota", "rate limiter", "429")

    def test_500(self):
        self.judged_not(self.report, "GET /broken", "500")

    def test_failed_check(self):
        self.judged_not(self.report, "GET /wrong", "/name", "not the wanted value")

    def test_absent_pprof(self):
        self.assertTrue(any("pprof" in entry["reason"] for entry in self.report["not_judged"]), self.report["not_judged"])

    def test_others_are_measured_all_the_same(self):
        measured = {measurement["scope"].get("endpoint") for measurement in self.report["measurements"]}
        self.assertIn("GET /items", measured)
        self.assertFalse(measured & {"GET /unauthorised", "GET /limited", "GET /broken", "GET /wrong"})

    def test_no_secret_is_told(self):
        for secret in (SECRET, "header-canary-4711"):
            self.assertNotIn(secret, self.ran.stdout + self.ran.stderr)

    def test_nothing_is_left(self):
        self.check_left(self.place)


class Nothing(Fault):
    """Services of which there is little to see."""

    def test_pprof_that_does_not_answer(self):
        place = self.tiny(parts=tiny.PPROF)
        ran = place.run("check", "--json")
        self.assertIn(ran.returncode, (0, 3), ran.stderr)
        report = harness.report(ran)
        said = json.dumps([report["caveats"], report["not_judged"]])
        self.assertIn("CPU profile", said)

    def test_all_endpoints_fail(self):
        ran = self.tiny(scenarios=tiny.scenario("/broken")).run("check", "--json")
        self.assertEqual(3, ran.returncode, ran.stderr)
        report = harness.report(ran)
        self.assertEqual("inconclusive", report["verdict"])
        self.judged_not(report, "GET /broken", "500")
        self.assertEqual([], report["healthy"])

    def test_nothing_to_take_values_from(self):
        taking = '\n[[scenario]]\npath = "/more?n=${n}"\n[scenario.vars]\nn = { from = "GET /items", pointer = "/items/*/id" }\n'
        place = self.tiny(scenarios=ITEMS + taking)
        ran = place.run("sql", "--json")
        self.assertIn(ran.returncode, (0, 3), ran.stderr)
        self.judged_not(harness.report(ran), "GET /more", "/items")

    def test_inconclusive_may_pass(self):
        ran = self.tiny(scenarios=tiny.scenario("/broken")).run("sql", "--inconclusive", "pass")
        self.assertEqual(0, ran.returncode, ran.stderr)


class Configuration(Fault):
    def broken(self, old, new, *words):
        """hone names the words, and the line of what is broken where one word is "LINE"."""
        place = self.tiny()
        line = place.config.read_text().split(old)[0].count("\n") + 1
        place.replace(old, new)
        self.fails(place.run(), *(word.replace("LINE", f"hone.toml:{line}:") for word in words))

    def test_missing(self):
        place = self.tiny()
        place.config.unlink()
        self.fails(place.run(), "hone.toml", "hone init")

    def test_unknown_key(self):
        self.broken("latency_for", "latency_form", "LINE1:", "latency_form", "latency_for")

    def test_wrong_type(self):
        self.broken("rate        = 50", 'rate        = "fast"', "LINE15:", "rate", "number")

    def test_no_toml(self):
        self.broken("[limits]", "[limits", "LINE8:")

    def test_unknown_variable(self):
        self.broken("/items?n=${n}", "/items?n=${m}", "LINE", "${m}")

    def test_login_that_is_not_filled_in(self):
        login = """[[login]]
name = "user"
path = "/login"
body = '{"password": "FILL IN"}'
[login.capture]
token = "/token"

[headers]
"""
        self.broken("[headers]\n", login, "LINE", "the account of [[login]] user is not filled in", "an account that the seed makes")

    def test_no_scenario(self):
        self.broken(ITEMS, "", "hone.toml", "scenario")

    def test_unknown_endpoint(self):
        self.fails(self.tiny().run("sql", "--endpoint", "GET /itens"), "GET /itens", "Did you mean 'GET /items'?")

    def test_folder_that_is_not_there(self):
        self.fails(harness.hone("check", "--dir", "/nonexistent/benchmarks", timeout=30), "/nonexistent/benchmarks/hone.toml")


class Ledger(Fault):
    def with_ledger(self):
        place = self.tiny()
        folder = place.benchmarks / ".hone"
        ran = place.run()
        self.assertIn(ran.returncode, (0, 3), ran.stderr)
        return place, folder / "ledger.db"

    def test_locked(self):
        place, ledger = self.with_ledger()
        holder = sqlite3.connect(ledger, isolation_level=None)
        self.addCleanup(holder.close)
        holder.execute("BEGIN IMMEDIATE")
        self.fails(place.run(), "Another process", "ledger.db")

    def test_corrupt(self):
        place, ledger = self.with_ledger()
        for rest in ("-wal", "-shm"):
            pathlib.Path(f"{ledger}{rest}").unlink(missing_ok=True)
        ledger.write_bytes(b"not a database at all" * 500)
        self.fails(place.run(), "ledger.db", "damaged")
        self.fails(place.run("show"), "ledger.db", "damaged")

    def test_written_by_a_newer_hone(self):
        place, ledger = self.with_ledger()
        newer = sqlite3.connect(ledger)
        newer.execute("PRAGMA user_version = 99")
        newer.commit()
        newer.close()
        self.fails(place.run(), "ledger.db", "newer hone")

    def test_damaged_blob(self):
        place, ledger = self.with_ledger()
        for blob in (ledger.parent / "blobs").rglob("*"):
            if blob.is_file():
                blob.write_bytes(b"\x28\xb5\x2f\xfd rubbish")
        ran = harness.hone("evidence", "recompute", "--dir", str(place.benchmarks), timeout=30)
        self.assertEqual(1, ran.returncode, ran.stderr)
        self.assertIn("NOT COMPUTED", ran.stdout)


class Ends(Fault):
    """hone is ended while it measures."""

    def measuring(self, parts=""):
        """hone in the load phase of a service, and all processes that it has started."""
        place = self.tiny(scenarios=ITEMS + MORE, parts=parts)
        place.replace('latency_for = "2s"', 'latency_for = "300s"')
        pipe = place.notify_at(120)
        self.addCleanup(pipe.close)
        running = place.start("check", "--json")
        self.addCleanup(self.end, running)
        self.assertTrue(pipe.wait(60), "the service got no requests")
        return place, running, tiny.descendants(running.pid)

    def end(self, running):
        if running.poll() is None:
            running.kill()
        for stream in (running.stdout, running.stderr):
            stream.close()
        running.wait(30)

    def test_interrupted(self):
        place, running, processes = self.measuring()
        with self.subTest("another hone meanwhile"):
            second = self.tiny()
            ran = harness.hone("sql", "--dir", str(second.benchmarks), env=second.env(), timeout=60, patient=False)
            self.fails(ran, "Another hone measures", f"process {running.pid}", "hone check")
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
        self.assertIn(running.returncode, (0, 3), err)
        self.assertEqual([], harness.wait_pids(processes))
        report = json.loads(out)
        self.assertTrue(any("interrupted" in caveat for caveat in report["caveats"]), report["caveats"])
        self.assertGreater(len(report["captures"]), 2)
        self.assertTrue(report["measurements"])
        runs = place.runs()
        self.assertEqual(1, len(runs))
        self.assertEqual(len(report["captures"]), runs[0]["captures"])

    def test_interrupted_while_it_builds(self):
        place = self.tiny(build=True)
        pipe = place.folder / "building"
        os.mkfifo(pipe)
        place.replace("go build -o ${bin} .", f"sh -c 'echo > {pipe}; sleep 300; go build -o ${{bin}} .'")
        waiting = tiny.Pipe(pipe)
        self.addCleanup(waiting.close)
        running = place.start("check")
        self.addCleanup(self.end, running)
        self.assertTrue(waiting.wait(60))
        processes = tiny.descendants(running.pid)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=30)
        self.assertIn(running.returncode, (2, 3))
        self.assertEqual([], harness.wait_pids(processes))

    def test_killed(self):
        place, running, processes = self.measuring(parts=tiny.DATABASE)
        self.assertGreater(len(processes), 5)
        running.kill()
        running.wait(10)
        self.assertEqual([], harness.wait_pids(processes))
        self.assertEqual([], place.left_behind())
        with self.subTest("what it had measured is kept"):
            runs = place.runs()
            self.assertEqual([None], [run["verdict"] for run in runs])
            self.assertGreater(runs[0]["captures"], 0)


class Proxy(Fault):
    def test_a_service_that_goes_round_the_proxy(self):
        place = harness.Workspace()
        self.addCleanup(place.__exit__)
        self.addCleanup(self.check_left, place)
        direct = place.folder / "direct"
        place.replace("size       = 2000\n", f"""size = 100
migrate = ["sh", "-c", 'printf %s "$DATABASE_URL" > {direct}']
""")
        place.replace('run   = ["${bin}", "serve"]', f"""run = ["sh", "-c", 'DATABASE_URL=$(cat {direct}) exec "$0" serve', "${{bin}}"]""")
        ran = harness.hone("sql", "--dir", str(place.config.parent), "--endpoint", "GET /me", env=place.env(), timeout=120)
        self.fails(ran, "bypassed the proxy", "${db.url}")

    def test_a_service_with_a_database_of_its_own(self):
        # Something that is called postgres and takes connections: what the service would write there is lost for good.
        place = self.tiny(env='DIAL = "${db.port}"', parts=tiny.DATABASE,
                          scenarios='\n[[scenario]]\nmethod = "POST"\npath = "/items?n=1"\n')
        program = place.folder / "postgres"
        program.symlink_to(os.path.realpath(sys.executable))
        script = """import socket
server, kept = socket.create_server(("127.0.0.1", 0)), []
print(server.getsockname()[1], flush=True)
while True:
    kept.append(server.accept())"""
        with subprocess.Popen([program, "-c", script], stdout=subprocess.PIPE, text=True) as server:
            self.addCleanup(server.kill)
            port = int(server.stdout.readline())
            place.replace('DIAL = "${db.port}"', f'DIAL = "{port}"')
            ran = place.run()
            server.kill()
        self.fails(ran, "PostgreSQL that hone did not give it", f"127.0.0.1:{port}", "${db.url}")

    def test_requests_that_find_no_rows(self):
        place = harness.Workspace()
        self.addCleanup(place.__exit__)
        self.addCleanup(self.check_left, place)
        place.replace('''path   = "/v1/orders?limit=${n}&page=${page}"
weight = 3
[scenario.vars]
n    = { sizes = [1, 2, 5, 10, 25, 50], default = 10 }
page = { range = [1, 20] }
[[scenario.check]]
pointer = "/orders"
length  = "${n}"
[[scenario.check]]
pointer = "/orders/0/lines/0/product_id"
exists  = true
''', '''path = "/v1/orders?limit=${n}&page=900000"
[scenario.vars]
n = { sizes = [1, 2, 5, 10], default = 10 }
''')
        ran = harness.hone("sql", "--dir", str(place.config.parent), "--endpoint", "GET /v1/orders", "--json", env=place.env(), timeout=120)
        self.assertEqual(3, ran.returncode, ran.stderr)
        report = harness.report(ran)
        self.assertEqual([], [finding["rule"] for finding in report["findings"] if finding["rule"].startswith("sql.")])
        self.judged_not(report, "GET /v1/orders")


class CommandLine(Fault):
    def test_wrong_words(self):
        for arguments, words in (
            (["chekc"], ["no verb 'chekc'", "hone check"]),
            (["check", "--jsno"], ["--jsno", "hone check --help"]),
            (["check", "--rank", "beauty"], ["--rank", "beauty"]),
            (["evidence"], ["hone evidence --help"]),
            (["evidence", "list", "--run", "many"], ["many"]),
            (["accept", "1"], ["--reason"]),
            (["load", "run", "http://127.0.0.1:1/", "--rate", "-5"], ["--rate"]),
            (["sql", "proxy"], ["--upstream"]),
            (["sql", "proxy", "--upstream", "somewhere"], ["somewhere", "host:port"]),
            ([], ["hone --help"]),
        ):
            with self.subTest(" ".join(arguments)):
                self.fails(harness.hone(*arguments, timeout=20), *words)

    def test_wrong_gate(self):
        self.fails(self.tiny().run("check", "--gate", "sql.n_plus_two"), "no such gate", "sql.n_plus_two")

    def test_help_and_version(self):
        for arguments in (["--help"], ["--version"], ["check", "--help"], ["evidence", "recompute", "--help"]):
            ran = harness.hone(*arguments, timeout=20)
            self.assertEqual((0, ""), (ran.returncode, ran.stderr))
            self.assertTrue(ran.stdout)


if __name__ == "__main__":
    unittest.main()

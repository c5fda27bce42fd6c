"""[[sidecar]]: other processes that the service needs are started before it, watched, and gone when hone ends."""

import os
import signal
import socket
import subprocess
import sys
import unittest

import faults_test
import harness
import tiny

# Takes connections on a port; with FAIL_AFTER it ends when that many have been taken, and it says so.
SERVER = r"""
import os, pathlib, signal, socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
pathlib.Path(sys.argv[2]).write_text(str(os.getpid()))
left, kept = int(os.environ.get("FAIL_AFTER", "0")), []
while True:
    kept.append(server.accept())
    left -= 1
    if left == 0:
        sys.exit("the cache is full of " + os.environ["CONTENT"])
"""
DIAL = 'DIAL = "${port.cache}"'
SECRET = "sidecar-canary-2231"


class Sidecar(faults_test.Fault):
    def place(self, env=DIAL, sidecar="", run=None, ready="", **arguments):
        """A small service that dials the sidecar `cache` at its start and cannot do without it."""
        place = self.tiny(env=env, **arguments)
        script = place.folder / "cache.py"
        script.write_text(SERVER)
        self.pid = place.folder / "cache.pid"
        run = run or f"""["{sys.executable}", "{script}", "${{port.cache}}", "{self.pid}"]"""
        place.replace("\n[limits]\n", f"""
[[sidecar]]
name = "cache"
run  = {run}
{sidecar}
{ready}
[limits]
""")
        return place

    def test_it_is_there_before_the_service(self):
        place = self.place(parts=tiny.DATABASE, scenarios=faults_test.ITEMS +
                           '\n[[scenario]]\nmethod = "POST"\npath = "/more?n=3"\n')
        ran = place.run("sql", "--json")
        self.assertIn(ran.returncode, (0, 3), ran.stderr)
        self.assertTrue(self.pid.exists())
        self.assertTrue(harness.report(ran)["measurements"])

    def test_a_check_shows_what_the_service_is_connected_to(self):
        """Without a database: everything else works, and no byte of the connection was read."""
        place = self.place()
        ran = place.run("check", "--json")
        self.assertIn(ran.returncode, (0, 3), ran.stderr)
        report = harness.report(ran)
        seen = report["seen_only"]
        self.assertEqual(["sidecar cache"], [entry["what"] for entry in seen])
        self.assertRegex(seen[0]["address"], r"^127\.0\.0\.1:\d+$")
        self.assertEqual("at most 1 connection at a time", seen[0]["text"])
        counted = {one["id"]: one for one in report["measurements"]}[seen[0]["measurement"]]
        self.assertEqual(("net.connections@1", 1), (counted["method"], counted["value"]))
        self.assertTrue(any(one["metric"].startswith("load.response") for one in report["measurements"]))
        shown = place.run("show").stdout
        self.assertIn("Seen only", shown)
        self.assertIn("sidecar cache at 127.0.0.1:", shown)
        again = harness.hone("evidence", "recompute", "--dir", str(place.benchmarks), timeout=60)
        self.assertEqual(0, again.returncode, again.stdout + again.stderr)

    def test_statements_of_mysql_are_said_not_to_be_counted(self):
        place = self.tiny()
        program = place.folder / "mysqld"
        program.symlink_to(os.path.realpath(sys.executable))
        script = """import socket
server, kept = socket.create_server(("127.0.0.1", 0)), []
print(server.getsockname()[1], flush=True)
while True:
    kept.append(server.accept())"""
        with subprocess.Popen([program, "-c", script], stdout=subprocess.PIPE, text=True) as server:
            self.addCleanup(server.kill)
            port = int(server.stdout.readline())
            place.replace('PORT = "${port}"\n', f'PORT = "${{port}}"\nDIAL = "{port}"\n')
            ran = place.run("sql", "--json")
            server.kill()
        self.assertIn(ran.returncode, (0, 3), ran.stderr)
        report = harness.report(ran)
        self.assertEqual(["MySQL"], [entry["what"] for entry in report["seen_only"]])
        self.assertTrue(any("statements of MySQL are not counted" in caveat for caveat in report["caveats"]), report["caveats"])

    def test_the_service_cannot_do_without(self):
        place = self.tiny(env='DIAL = "${port.cache}"')
        self.fails(place.run(), "connection refused")

    def test_program_that_is_not_there(self):
        place = self.place(run='"redis-server-of-nobody --port ${port.cache}"')
        self.fails(place.run(), "Cannot start redis-server-of-nobody", "Install it")

    def test_never_ready(self):
        place = self.place(run='"sleep 1000"', env="", ready='[sidecar.ready]\nport = "${port.cache}"\ntimeout = "200ms"')
        self.fails(place.run(), "The sidecar cache was not ready within 0.2 s", "does not listen", "[sidecar.ready]")

    def test_a_command_says_when_it_is_ready(self):
        # Only tries after it listens count: the service needs it.
        listens = "import os, socket; socket.create_connection(('127.0.0.1', int(os.environ['LISTENS'])))"
        place = self.place(ready=f"""[sidecar.ready]
command = ["sh", "-c", "python3 -c \\"{listens}\\" && echo $$ >> $COUNT; test $(wc -l < $COUNT) -ge 3"]""")
        count = place.folder / "count"
        place.replace('name = "cache"', f'name = "cache"\nenv = {{ COUNT = "{count}", LISTENS = "${{port.cache}}" }}')
        ran = place.run("sql", "--json")
        self.assertIn(ran.returncode, (0, 3), ran.stderr)
        self.assertEqual(3, len(count.read_text().split()))

    def test_fixed_port_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as holder:
            port = holder.getsockname()[1]
            place = self.place(run='"sleep 1000"', ready=f'[sidecar.ready]\nport = "{port}"', env="")
            self.fails(place.run(), f"Port {port} is taken", "${port.cache}")

    def test_dies_while_the_service_starts(self):
        place = self.place(sidecar=f'env = {{ FAIL_AFTER = "1", CONTENT = "{SECRET}" }}')
        ran = place.run()
        self.fails(ran, "The sidecar cache ended", "exit status 1", "the cache is full")
        self.assertNotIn(SECRET, ran.stderr)

    def test_dies_under_load(self):
        place = self.place(scenarios=faults_test.ITEMS + faults_test.MORE)
        place.replace('latency_for = "2s"', 'latency_for = "4s"')
        pipe = place.notify_at(120)
        self.addCleanup(pipe.close)
        running = place.start("check", "--json")
        self.assertTrue(pipe.wait(60), "the service got no requests")
        os.kill(int(self.pid.read_text()), signal.SIGKILL)
        out, err = running.communicate(timeout=60)
        self.assertEqual((2, ""), (running.returncode, out), err)
        self.assertIn("The sidecar cache ended (killed by signal 9", err)
        self.assertIn("its [[sidecar]]", err)

    def test_nothing_is_left_where_hone_is_killed(self):
        place = self.place(scenarios=faults_test.ITEMS + faults_test.MORE)
        place.replace('latency_for = "2s"', 'latency_for = "300s"')
        pipe = place.notify_at(120)
        self.addCleanup(pipe.close)
        running = place.start("check", "--json")
        self.assertTrue(pipe.wait(60), "the service got no requests")
        processes = tiny.descendants(running.pid)
        self.assertIn(int(self.pid.read_text()), processes)
        running.kill()
        running.communicate(timeout=10)
        self.assertEqual([], harness.wait_pids(processes))


if __name__ == "__main__":
    unittest.main()

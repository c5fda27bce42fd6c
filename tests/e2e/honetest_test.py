"""go/honetest: Go tests count their statements through hone, with pgx and lib/pq, against a real PostgreSQL."""

import json
import os
import signal
import subprocess
import unittest

import harness
import server

MODULE = harness.ROOT / "go" / "honetest" / "drivertest"


POSTGRES = None


def setUpModule():
    global POSTGRES
    POSTGRES = server.Server()
    unittest.addModuleCleanup(POSTGRES.__exit__)


class Honetest(unittest.TestCase):
    def test_with_drivers(self):
        ran = subprocess.run(["go", "test", "-count=1", "./..."], cwd=MODULE, capture_output=True, text=True, timeout=300,
                             env={**os.environ, "HONE": harness.HONE, "DATABASE_URL": POSTGRES.url()}, check=False)
        self.assertEqual(0, ran.returncode, ran.stdout + ran.stderr)


class Control(unittest.TestCase):
    """hone sql proxy --control."""

    def setUp(self):
        self.proxy = subprocess.Popen([harness.HONE, "sql", "proxy", "--control", "--upstream", POSTGRES.url()],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.proxy.communicate)
        self.port = json.loads(self.proxy.stdout.readline())["listening"].rsplit(":", 1)[1]

    def do(self, **command):
        self.tell(**command)
        return self.hear()

    def tell(self, **command):
        self.proxy.stdin.write(json.dumps(command) + "\n")
        self.proxy.stdin.flush()

    def hear(self):
        return json.loads(self.proxy.stdout.readline())

    def psql(self, *texts):
        commands = [word for text in texts for word in ("-c", text)]
        return subprocess.Popen([server.binaries() / "psql", "-X", "-q", *commands,
                                 f"postgres://owner@127.0.0.1:{self.port}/shop?sslmode=disable"], stdout=subprocess.DEVNULL)

    def test_counts_what_passes_between_record_and_stop(self):
        self.assertEqual(0, self.psql("SELECT 'before'").wait())
        self.assertEqual({"recording": True}, self.do(do="record"))
        self.assertEqual(0, self.psql("SELECT count(*) FROM precious WHERE id = 471147114711", "SELECT count(*) FROM precious WHERE id = 42",
                                      "BEGIN; SELECT 1; COMMIT", "-- ping").wait())
        recorded = self.do(do="stop", quiet_ms=10)["recorded"]
        self.assertEqual((5, 3, 0), (recorded["statements"], recorded["round_trips"], recorded["lost"]))
        first = recorded["queries"][0]
        self.assertEqual(("SELECT count(*) FROM precious WHERE id = $1", 2, 2, "read"),
                         (first["text"], first["statements"], first["round_trips"], first["class"]))
        self.assertNotIn("471147114711", json.dumps(recorded))
        # A recording begins anew.
        self.do(do="record")
        self.assertEqual(0, self.do(do="stop")["recorded"]["statements"])

    def test_holds_each_reply_until_it_is_told_to_go_on(self):
        self.do(do="record", hold_ms=60_000)
        client = self.psql("SELECT 1 FROM precious LIMIT 1", "SELECT 2 FROM precious LIMIT 1")
        held = [self.hear()]
        self.assertIsNone(client.poll())
        self.tell(do="go", held=held[0]["held"])
        held.append(self.hear())
        self.tell(do="go", held=held[1]["held"])
        self.assertEqual(0, client.wait())
        recorded = self.do(do="stop")["recorded"]
        self.assertEqual(2, recorded["statements"])
        self.assertEqual([recorded["queries"][0]["id"]] * 2, [queries for each in held for queries in each["queries"]])

    def test_what_is_no_command_is_an_error_and_no_end(self):
        self.assertIn("error", self.do(do="nothing"))
        self.proxy.stdin.write("not JSON\n")
        self.proxy.stdin.flush()
        self.assertIn("error", self.hear())
        self.assertIn("no recording runs", self.do(do="stop")["error"])
        self.do(do="record")
        self.assertIn("a recording runs", self.do(do="record")["error"])

    def test_ends_with_its_input_and_by_a_signal(self):
        for end in (lambda proxy: proxy.stdin.close(), lambda proxy: proxy.send_signal(signal.SIGTERM)):
            with subprocess.Popen([harness.HONE, "sql", "proxy", "--control", "--upstream", POSTGRES.url()],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as proxy:
                self.assertIn("listening", proxy.stdout.readline())
                end(proxy)
                self.assertEqual(0, proxy.wait(timeout=30))


if __name__ == "__main__":
    unittest.main()

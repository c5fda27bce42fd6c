"""hone check --driver: somebody else sends the requests; what can be judged without requests of hone's own is judged, the rest is named."""

import json
import os
import shlex
import signal
import sys
import unittest

import jsonschema

import harness
import tiny

DRIVER = """
import os, urllib.request
url = os.environ["HONE_URL"]
for n in range(1, 21):
    ids = ",".join(str(i) for i in range(1, n + 1))
    for path in ("by-ids", "lookup"):
        urllib.request.urlopen(f"{url}/tickets/{path}?ids={ids}").read()
"""


# Lists with a loop and without one, and a page, everything twice: one request after the other, or 50 at a time while a
# login is under way whose body ends after all others. That one overlaps with each of them however fast the machine is.
SHOP_DRIVER = """
import concurrent.futures, os, socket, sys, urllib.parse, urllib.request
def ask(path):
    headers = {"Authorization": "Bearer " + os.environ["HONE_LOGIN_STAFF_TOKEN"]}
    request = urllib.request.Request(os.environ["HONE_URL"] + path, headers=headers)
    with urllib.request.urlopen(request) as answer:
        answer.read()
paths = [f"/{v}/orders?limit={n}&page={page}" for n in (1, 2, 5, 10, 25) for page in (1, 2) for v in ("v1", "v2")]
paths = 2 * (paths + ["/orders/77"])
if sys.argv[1] == "serial":
    for path in paths:
        ask(path)
else:
    url = urllib.parse.urlsplit(os.environ["HONE_URL"])
    with socket.create_connection((url.hostname, url.port)) as login:
        head = "POST /login HTTP/1.1\\r\\nHost: " + url.netloc + "\\r\\nContent-Type: application/json\\r\\n"
        login.sendall((head + "Content-Length: 2\\r\\nExpect: 100-continue\\r\\nConnection: close\\r\\n\\r\\n").encode())
        assert b" 100 " in login.recv(4096)  # the service reads the body
        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            list(pool.map(ask, 10 * paths))
        login.sendall(b"{}")
        assert login.recv(4096)
"""


def shop_driver(how):
    return shlex.join([sys.executable, "-c", SHOP_DRIVER, how])


class Driven(unittest.TestCase):
    def check_shop(self, how):
        with harness.Workspace() as workspace:
            ran = workspace.check("--json", "--driver", shop_driver(how))
            report = harness.report(ran)
            again = harness.hone("evidence", "recompute", "--dir", str(workspace.config.parent), timeout=60)
            ledger = b"".join(path.read_bytes() for path in (workspace.config.parent / ".hone").glob("ledger.db*"))
        self.assertEqual(0, again.returncode, again.stdout + again.stderr)
        self.assertNotIn(b"page=2", ledger)
        schema = json.loads((harness.ROOT / "docs" / "report.schema.json").read_text())
        jsonschema.Draft202012Validator(schema).validate(report)
        return report

    def test_one_request_at_a_time_is_judged_by_endpoint(self):
        report = self.check_shop("serial")
        loops = [finding for finding in report["findings"] if finding["rule"] == "sql.n_plus_one"]
        self.assertEqual(["GET /v1/orders"], [loop["subject"]["endpoint"] for loop in loops], report["not_judged"])
        self.assertIn("25 round trips at the largest size, growing by 1 per row", loops[0]["title"])
        # The line is that of the text: no reply was held.
        self.assertEqual(("internal/store/orders.go", "text"), (loops[0]["subject"]["file"], loops[0]["subject"]["located"]))
        line = (harness.SHOP / loops[0]["subject"]["file"]).read_text().splitlines()[loops[0]["subject"]["line"] - 1]
        self.assertIn("from order_lines where order_id = $1 order by id", line)
        counts = {m["metric"]: m["value"] for m in report["measurements"] if m["metric"].startswith("driver.requests")}
        self.assertEqual(42, counts["driver.requests"])
        self.assertEqual(42, counts["driver.requests.alone"], report["not_judged"])
        exchanges = {m["scope"].get("endpoint") for m in report["measurements"] if m["metric"] == "sql.statements"}
        self.assertLessEqual({"GET /v1/orders", "GET /v2/orders"}, exchanges)
        seldom = [entry for entry in report["not_judged"] if "fewer than three times" in entry["reason"]]
        self.assertEqual(1, len(seldom), report["not_judged"])
        self.assertIn("GET /orders/{id}", seldom[0]["subject"] + seldom[0]["reason"])

    def test_what_overlaps_is_attributed_to_nobody(self):
        report = self.check_shop("parallel")
        self.assertEqual([], [f for f in report["findings"] if f["rule"] in ("sql.n_plus_one", "sql.repeated_query")])
        counts = {m["metric"]: m["value"] for m in report["measurements"] if m["metric"].startswith("driver.requests")}
        self.assertEqual(421, counts["driver.requests"])
        self.assertEqual(421, counts["driver.requests.overlapped"])
        overlapped = [entry for entry in report["not_judged"] if "other requests were under way" in entry["reason"]]
        self.assertEqual(1, len(overlapped), report["not_judged"])
        self.assertIn(f"statements of {counts['driver.requests.overlapped']:.0f} of", overlapped[0]["subject"])
        self.assertIn("traceparent", overlapped[0]["what_would_do"])

    def test_a_run_is_judged_as_a_whole(self):
        with harness.Workspace(harness.ROOT / "go" / "testbed" / "desk") as workspace:
            ran = workspace.check("--json", "--driver", shlex.join([sys.executable, "-c", DRIVER]))
            report = harness.report(ran)
            again = harness.hone("evidence", "recompute", "--dir", str(workspace.config.parent), timeout=60)
        self.assertEqual(0, again.returncode, again.stdout + again.stderr)
        schema = json.loads((harness.ROOT / "docs" / "report.schema.json").read_text())
        jsonschema.Draft202012Validator(schema).validate(report)
        self.assertEqual((0, "findings"), (ran.returncode, report["verdict"]), ran.stdout)
        statements = [finding for finding in report["findings"] if finding["rule"].startswith("sql.")]
        # The lists of by-ids; lookup's is one parameter.
        self.assertEqual(["sql.in_list_texts"], [finding["rule"] for finding in statements])
        self.assertIn("20 lengths", statements[0]["title"])
        self.assertEqual("", statements[0]["subject"].get("endpoint") or "")
        unjudged = " ".join(entry["subject"] + " " + entry["reason"] for entry in report["not_judged"])
        for words in ("sql.n_plus_one", "budget.db", "response times", "hone did not send the requests",
                      "GET /tickets/by-ids, GET /tickets/lookup it was asked fewer than three times after the first"):
            self.assertIn(words, unjudged)
        self.assertEqual([], report["healthy"])
        kinds = {capture["kind"] for capture in report["captures"]}
        self.assertLessEqual({"http.requests", "sql.exchange", "pprof.cpu", "pprof.allocs", "pprof.mutex"}, kinds)

    def test_a_driver_that_fails_fails_the_check_and_leaves_its_evidence(self):
        with tiny.Tiny(parts=tiny.DATABASE) as place:
            ran = place.run("check", "--driver", "echo no such script >&2; exit 3")
            self.assertEqual(2, ran.returncode, ran.stdout + ran.stderr)
            self.assertEqual("", ran.stdout)
            for words in ("The driver failed (exit status 3)", "no such script", "hone evidence"):
                self.assertIn(words, ran.stderr)
            listed = harness.hone("evidence", "list", "--run", "1", "--dir", str(place.benchmarks), "--json", timeout=30).stdout
            self.assertIn("sql.exchange", listed)
            self.assertEqual(([], []), (place.processes(), place.left_behind()))

    def test_ctrl_c_ends_the_driver(self):
        with tiny.Tiny() as place:
            pipe = place.folder / "pipe"
            os.mkfifo(pipe)
            running = place.start("check", "--json", "--driver", f"echo > {pipe}; exec sleep 600")
            pipe.read_text()  # it has begun
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=60)
            self.assertIn("interrupted", out, err)
            self.assertEqual(([], []), (place.processes(), place.left_behind()))

    def test_it_excludes_an_endpoint(self):
        ran = harness.hone("check", "--driver", "true", "--endpoint", "GET /x", patient=False, timeout=20)
        self.assertEqual(2, ran.returncode)
        self.assertIn("--endpoint", ran.stderr)


if __name__ == "__main__":
    unittest.main()

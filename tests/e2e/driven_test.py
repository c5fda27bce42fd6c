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


class Driven(unittest.TestCase):
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
        for words in ("sql.n_plus_one", "budget.db", "response times", "hone did not send the requests"):
            self.assertIn(words, unjudged)
        self.assertEqual([], report["healthy"])
        kinds = {capture["kind"] for capture in report["captures"]}
        self.assertLessEqual({"sql.exchange", "pprof.cpu", "pprof.allocs", "pprof.mutex"}, kinds)

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

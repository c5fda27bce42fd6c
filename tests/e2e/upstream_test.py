"""Services that call others, check tokens and must be set up: stubs, minted keys, set-up and clean-up steps."""

import unittest

import courier
import harness


class Upstream(unittest.TestCase):
    def courier(self, **arguments):
        place = courier.Courier(**arguments)
        self.addCleanup(place.__exit__)
        self.addCleanup(lambda: self.assertEqual(([], []), (place.processes(), place.left_behind())))
        return place

    def reported(self, ran):
        self.assertIn(ran.returncode, (0, 3), ran.stderr)
        return harness.report(ran)

    def answered(self, report):
        """Every request was answered as expected (on a busy machine, times may not be judged)."""
        wrong = ("status", "Answered", "The check", "got ")
        self.assertEqual([], [entry for entry in report["not_judged"] if any(word in entry["reason"] for word in wrong)])
        return report

    def fails(self, ran, *words):
        self.assertEqual(2, ran.returncode, ran.stdout + ran.stderr)
        self.assertEqual("", ran.stdout)
        said = ran.stderr.split("hone: ")[-1]
        for word in words:
            self.assertIn(word, said)

    def test_every_request_is_answered_and_every_call_counted(self):
        place = self.courier()
        report = self.answered(self.reported(place.run("sql", "--json")))
        seen = [text for text in report["caveats"] if text.startswith("seen: ")]
        self.assertEqual(["seen: GET /orders calls the stub payments 2 times a request at size 1, 4 at 3, 7 at 6"], seen)
        calls = [one["value"] for one in report["measurements"] if one["metric"] == "stub.calls"]
        self.assertEqual([2, 4, 7], calls)

    def test_numbers_of_calls_come_out_again(self):
        place = self.courier()
        self.reported(place.run("sql", "--json"))
        ran = harness.hone("evidence", "recompute", "--dir", str(place.benchmarks), timeout=60)
        self.assertEqual(0, ran.returncode, ran.stdout + ran.stderr)
        self.assertIn("came out the same", ran.stdout)

    def test_set_up_runs_once_a_start_and_is_undone(self):
        place = self.courier()
        self.reported(place.run("sql", "--json"))
        starts = len(place.noted("started"))
        self.assertEqual(starts, len(place.noted("made tenant")))
        self.assertEqual(starts, len(place.noted("dropped tenant")))
        self.assertEqual(["job running", "job running", "job done"] * starts, place.noted("job"))

    def test_other_algorithms(self):
        for algorithm, env in (("ES256", ""), ("HS256", 'SECRET = "${jwt.secret}"')):
            with self.subTest(algorithm=algorithm):
                place = self.courier(algorithm=algorithm, env=env)
                self.answered(self.reported(place.run("sql", "--json")))
                self.assertTrue(place.noted("token"))

    def test_a_revoked_token_is_made_anew(self):
        place = self.courier(env='REVOKE_AT = "9"')
        self.answered(self.reported(place.run("sql", "--json")))
        self.assertEqual(["revoked"], place.noted("revoked"))
        self.assertGreater(len(set(place.noted("token"))), 1)

    def test_a_session_that_has_ended_is_begun_anew(self):
        place = self.courier()
        place.config.write_text(place.config.read_text() + """
[[login]]
name = "driver"
path = "/login"
[login.capture]
session = "/session"
[[scenario]]
path = "/private"
[scenario.headers]
X-Session = "${login.driver.session}"
""")
        self.answered(self.reported(place.run("sql", "--json")))
        self.assertGreater(len(place.noted("login")), len(place.noted("started")))

    def test_no_token_is_told(self):
        place = self.courier(algorithm="HS256", env='SECRET = "${jwt.secret}"')
        ran = place.run("sql", "--json")
        tokens = {line.split()[1] for line in place.noted("token")}
        self.assertTrue(tokens)
        files = [path for path in place.benchmarks.rglob("*") if path.is_file()]
        for text in [ran.stdout.encode(), ran.stderr.encode(), *(path.read_bytes() for path in files)]:
            for token in tokens:
                self.assertNotIn(token.encode(), text)
                self.assertNotIn(token.split(".")[2].encode(), text)

    def test_under_load_every_request_carries_a_token(self):
        place = self.courier()
        report = self.reported(place.run("check", "--json"))
        failed = [m["value"] for m in report["measurements"] if m["metric"] == "load.failed.status"]
        sent = [m["value"] for m in report["measurements"] if m["metric"] == "load.sent"]
        self.assertEqual([0, 0], failed)
        self.assertGreater(min(sent), 0)

    def test_a_token_that_is_revoked_under_load(self):
        # A start sees 44 requests until the load phase; that has a start of its own, with 5 for the set-up, 50 to warm up and 50 that
        # are measured.
        place = self.courier(env='REVOKE_AT = "80"')
        report = self.answered(self.reported(place.run("check", "--json")))
        failed = [m["value"] for m in report["measurements"] if m["metric"] == "load.failed.status"]
        self.assertEqual((["revoked"], [0, 0]), (place.noted("revoked"), failed))

    def test_a_set_up_that_writes_waits_for_the_database(self):
        place = self.courier()
        place.replace("[limits]", "[database]\nmode = \"embedded\"\n\n[limits]")
        self.fails(place.run(), "It writes, and the service has not opened the database that hone gave it",
                   f"set-up step tenant, line {place.line('[[setup]]')} of hone.toml", 'method = "GET"')
        self.assertEqual([], place.noted("made tenant"))

    def test_what_a_stub_cannot_answer_is_named(self):
        place = self.courier()
        place.replace("/v1/charges/{id}", "/v1/other/{id}")
        report = self.reported(place.run("sql", "--json"))
        judged = {entry["subject"]: entry for entry in report["not_judged"]}
        self.assertIn("got GET /v1/charges/{id}, which it has no answer for", judged["the stub payments"]["reason"])
        self.assertIn('path = "/v1/charges/{id}"', judged["the stub payments"]["what_would_do"])
        self.assertIn("the stub payments", judged["GET /orders"]["what_would_do"])
        self.assertEqual("inconclusive", report["verdict"])

    def test_a_set_up_step_that_fails(self):
        place = self.courier()
        place.replace("status = 202", "status = 200")
        line = place.line('name   = "import"') - 1
        self.fails(place.run(), "Answered 202, not 200", f"set-up step import (POST /tenants/${{setup.tenant.id}}/imports), line {line}")
        self.assertEqual(1, len(place.noted("dropped tenant")))

    def test_a_job_that_is_never_done(self):
        place = self.courier(env='NEVER_DONE = "1"')
        place.replace('"5s"', '"200ms"')
        line = place.line('name = "imported"') - 1
        self.fails(place.run(), "Not so after 200 ms", "/state is a text", f"line {line} of hone.toml", "longer `timeout`")

    def test_a_clean_up_step_that_fails_is_a_caveat(self):
        place = self.courier()
        place.replace("status = 204", "status = 200")
        report = self.reported(place.run("sql", "--json"))
        caveats = " ".join(report["caveats"])
        self.assertIn("what the set-up made may be left: Answered 204, not 200", caveats)
        self.assertIn(f"line {place.line('[[cleanup]]')} of hone.toml", caveats)

    def test_recordings_that_are_none(self):
        place = self.courier()
        (place.benchmarks / "rates.har").write_text("{}")
        self.fails(place.run(), f"In line {place.line('[[stub]]')} of hone.toml: Not a HAR file", "rates.har")
        (place.benchmarks / "rates.har").unlink()
        self.fails(place.run(), f"In line {place.line('[[stub]]')} of hone.toml", "rates.har")


if __name__ == "__main__":
    unittest.main()

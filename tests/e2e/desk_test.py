"""`hone sql` of the help desk: every class of loop and every rule on statements, at its line, and nothing at the twins."""

import json
import unittest

import jsonschema

import harness
import truth

DESK = harness.ROOT / "go" / "testbed" / "desk"
PREFIX = "sql.n_plus_one."


class Desk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.workspace = harness.Workspace(DESK)
        cls.addClassCleanup(cls.workspace.__exit__)
        cls.folder = cls.workspace.shop / "benchmarks"
        cls.ran = harness.hone("sql", "--dir", str(cls.folder), "--json", env=cls.workspace.env())
        if not cls.ran.stdout:
            raise AssertionError(f"hone sql failed with {cls.ran.returncode}: {cls.ran.stderr}")
        cls.report = harness.report(cls.ran)
        cls.truth = truth.read(cls.workspace.shop)
        cls.metrics = {measurement["id"]: measurement["metric"] for measurement in cls.report["measurements"]}

    def found(self):
        """What was found, as (rule, endpoint, file, line); without a place where the truth names none: the text is put together."""
        anywhere = {(entry["rule"], entry["endpoint"]) for entry in self.truth["must"] if "file" not in entry}
        found = []
        for finding in self.report["findings"]:
            subject = finding["subject"]
            key = (finding["rule"], subject["endpoint"])
            found.append((*key, "", 0) if key in anywhere else (*key, subject["file"], subject["line"]))
        return sorted(found)

    def wanted(self):
        # A machine that has other things to do may not tell how long a transaction was idle; it must say so then.
        not_judged = {entry["subject"] for entry in self.report["not_judged"]}
        wanted = []
        for entry in self.truth["must"]:
            if entry["rule"] == "sql.idle_in_transaction" and f"idle transactions of {entry['endpoint']}" in not_judged:
                continue
            line = 0
            if "file" in entry:
                (line,) = truth.lines_of(self.workspace.shop, entry)
            wanted.append((entry["rule"], entry["endpoint"], entry.get("file", ""), line))
        return sorted(wanted)

    def test_all_of_it_and_nothing_else_is_found(self):
        self.assertEqual(self.wanted(), self.found())

    def test_loops_are_told_apart(self):
        for entry in self.truth["must"]:
            if entry["rule"] != "sql.n_plus_one":
                continue
            lines = truth.lines_of(self.workspace.shop, entry) if "file" in entry else None
            (finding,) = [finding for finding in self.report["findings"]
                          if finding["rule"] == entry["rule"] and finding["subject"]["endpoint"] == entry["endpoint"]
                          and (lines is None or finding["subject"]["line"] in lines)]
            classes = [self.metrics[cited][len(PREFIX):] for cited in finding["measurements"] if self.metrics[cited].startswith(PREFIX)]
            with self.subTest(endpoint=entry["endpoint"], title=finding["title"]):
                self.assertEqual(entry.get("class", "").split(), classes)

    def loops(self, endpoint):
        return [finding for finding in self.report["findings"]
                if finding["rule"] == "sql.n_plus_one" and finding["subject"]["endpoint"] == endpoint]

    def test_remedies_are_those_of_the_twins_and_proven(self):
        """What is printed for a loop is the statement that its healthy twin runs, or a join that returns the same rows."""
        for endpoint, statements in {
            "GET /tickets": ["select id, name, email from customers where id = ANY($1)"],
            "GET /tickets/escalated": ["select id, name, team from agents where id = ANY($1)"],
            "GET /threads": ["select id, ticket_id, author, body from messages where ticket_id = ANY($1) order by id",
                             "select id, message_id, name, bytes from attachments where message_id = ANY($1) order by id"],
            "GET /agents/load": ["CROSS JOIN LATERAL (select count(*) from tickets where agent_id = keys.key and status = $2)"],
            "GET /duplicates": ["FROM unnest($1::bigint[], $2::bigint[]) AS keys (key1, key2) CROSS JOIN LATERAL"],
        }.items():
            remedies = sorted(finding["remedy"] for finding in self.loops(endpoint))
            with self.subTest(endpoint=endpoint, remedies=remedies):
                for statement in statements:
                    self.assertEqual(1, sum(statement in remedy and "proven on a clone" in remedy for remedy in remedies))
        for finding in self.loops("POST /messages/import"):
            self.assertNotIn("proven", finding["remedy"])

    def test_a_proof_cites_its_measurements(self):
        (finding,) = self.loops("GET /tickets")
        cited = {m["metric"]: m for m in self.report["measurements"] if m["id"] in finding["measurements"]}
        self.assertEqual(25, cited["sql.set_form.calls"]["value"])
        self.assertEqual(25, cited["sql.set_form.rows"]["value"])
        self.assertEqual(["sql.set_form"], [capture["kind"] for capture in self.report["captures"]
                                            if capture["id"] in cited["sql.set_form.rows"]["captures"]])

    def test_savings_are_checked_by_a_delay(self):
        unchecked = [caveat for caveat in self.report["caveats"] if "prediction from their counts" in caveat]
        checked = [finding for finding in self.report["findings"] if finding["rule"] == "sql.n_plus_one"
                   and "a round trip injected: the answer takes" in finding["title"]]
        # A machine that has other things to do may not tell; it must say so then.
        self.assertTrue(checked or unchecked)
        for finding in checked:
            cited = {m["metric"]: m["value"] for m in self.report["measurements"] if m["id"] in finding["measurements"]}
            with self.subTest(title=finding["title"]):
                self.assertGreaterEqual(cited["delay.injected"], 500_000)
                self.assertGreater(cited["delay.growth"], 0)
                self.assertAlmostEqual(cited["delay.saved_time"] / 1e6, finding["worth"]["time_ms"])

    def test_what_a_request_leaves_in_its_session_is_found(self):
        (finding,) = [finding for finding in self.report["findings"] if finding["rule"] == "sql.session_state"]
        self.assertIn("Leaves a setting in its session: behind the pooler in transaction mode", finding["title"])
        self.assertIn("`SET LOCAL`", finding["remedy"])
        (cited,) = [m for m in self.report["measurements"] if m["id"] in finding["measurements"]]
        self.assertGreaterEqual(cited["value"], 5)

    def test_a_call_within_a_transaction_is_named(self):
        for finding in self.report["findings"]:
            if finding["rule"] == "sql.idle_in_transaction":
                self.assertIn("calls of the stub `gateway` in that time: 1 a request", finding["title"])

    def test_statements_agree_with_the_server(self):
        self.assertEqual([], [entry for entry in self.report["not_judged"]
                              if not entry["subject"].startswith("idle transactions of ")])
        self.assertRegex(self.report["headline"], r"All [0-9,]+ statements counted agree with the server's own count")

    def test_the_report_follows_its_schema(self):
        schema = json.loads((harness.ROOT / "docs" / "report.schema.json").read_text())
        jsonschema.Draft202012Validator(schema).validate(self.report)

    def test_every_measurement_recomputes(self):
        again = harness.hone("evidence", "recompute", "--dir", str(self.folder), "--json", env=self.workspace.env(), timeout=120)
        self.assertEqual(0, again.returncode, again.stderr)
        self.assertTrue(json.loads(again.stdout)["equal"])


if __name__ == "__main__":
    unittest.main()

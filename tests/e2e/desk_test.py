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

"""`hone sql` on the smallest testbed, whose whole code is one file: what must be found is found at its line, and nothing else."""

import unittest

import harness
import truth


class Notes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.workspace = harness.Workspace(harness.NOTES)
        cls.addClassCleanup(cls.workspace.__exit__)
        cls.ran = harness.hone("sql", "--json", "--dir", str(cls.workspace.shop / "benchmarks"), env=cls.workspace.env())
        if not cls.ran.stdout:
            raise AssertionError(f"hone sql failed with {cls.ran.returncode}: {cls.ran.stderr}")
        cls.report = harness.report(cls.ran)
        cls.truth = truth.read(cls.workspace.shop)

    def test_everything_is_found(self):
        self.assertEqual([], truth.missing(self.truth, self.report["findings"], ("sql.",)))

    def test_nothing_else_is_found(self):
        self.assertEqual([], truth.false(self.truth, self.report["findings"], slow_machine=True))

    def test_findings_point_to_their_lines(self):
        self.assertEqual([], truth.misplaced(self.truth, self.report["findings"], self.workspace.shop))

    def test_every_endpoint_was_counted(self):
        counted = {entry["subject"] for entry in self.report["healthy"]} | {
            finding["subject"]["endpoint"] for finding in self.report["findings"]}
        # On a busy machine an endpoint's times are not judged; then it is neither, and named.
        unjudged = " ".join(entry["subject"] for entry in self.report["not_judged"])
        for endpoint in ("GET /notebooks", "GET /overview", "GET /notes/{id}", "POST /notes"):
            self.assertTrue(endpoint in counted or endpoint in unjudged, endpoint)


class Columns(unittest.TestCase):
    """Values for variables that no answer lists."""

    def sql(self, variable):
        with harness.Workspace(harness.NOTES) as workspace:
            toml = workspace.shop / "benchmarks" / "hone.toml"
            text = toml.read_text()
            self.assertIn("id = { range = [1, 3000] }", text)
            toml.write_text(text.replace("id = { range = [1, 3000] }", variable))
            ran = harness.hone("sql", "--json", "--dir", str(toml.parent), "--endpoint", "GET /notes/{id}", env=workspace.env())
            return harness.report(ran)

    def unjudged(self, report):
        return [entry["reason"] for entry in report["not_judged"] if "no values" in entry["reason"]]

    def test_are_read_where_no_answer_has_any(self):
        report = self.sql('id = { from = "GET /notebooks", pointer = "/*/newest/none" }')
        self.assertEqual([], self.unjudged(report))
        self.assertIn("no answer listed values for `id` of GET /notes/{id}: they were taken out of the database, public.notes.id",
                      report["caveats"])

    def test_that_the_database_does_not_have_are_named(self):
        report = self.sql('id = { column = "notes.number" }')
        self.assertEqual(["Variable `id` has no values: the database has none: GET /notes/{id}"], self.unjudged(report))
        (caveat,) = [caveat for caveat in report["caveats"] if "variable `id`" in caveat]
        self.assertIn('column "number" does not exist', caveat)


if __name__ == "__main__":
    unittest.main()

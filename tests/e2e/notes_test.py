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
        self.assertEqual([], truth.false(self.truth, self.report["findings"]))

    def test_findings_point_to_their_lines(self):
        self.assertEqual([], truth.misplaced(self.truth, self.report["findings"], self.workspace.shop))

    def test_every_endpoint_was_counted(self):
        counted = {entry["subject"] for entry in self.report["healthy"]} | {
            finding["subject"]["endpoint"] for finding in self.report["findings"]}
        # On a busy machine an endpoint's times are not judged; then it is neither, and named.
        unjudged = " ".join(entry["subject"] for entry in self.report["not_judged"])
        for endpoint in ("GET /notebooks", "GET /overview", "GET /notes/{id}", "POST /notes"):
            self.assertTrue(endpoint in counted or endpoint in unjudged, endpoint)


if __name__ == "__main__":
    unittest.main()

"""`hone check` on a service whose defects are of CPU and memory: they are found at their lines or said not to be judged, and nothing else is."""

import unittest

import harness
import truth


class Meters(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.workspace = harness.Workspace(harness.METERS)
        cls.addClassCleanup(cls.workspace.__exit__)
        cls.ran = cls.workspace.check("--json")
        if not cls.ran.stdout:
            raise AssertionError(f"hone check failed with {cls.ran.returncode}: {cls.ran.stderr}")
        cls.report = harness.report(cls.ran)
        cls.truth = truth.read(cls.workspace.shop)

    def test_nothing_is_found_that_is_not_there(self):
        self.assertEqual([], truth.false(self.truth, self.report["findings"]))

    def test_each_defect_is_found_or_said_not_to_be_judged(self):
        # A machine that has other things to do may not tell; it must say so then.
        self.assertEqual([], truth.silent(self.truth, self.report))

    def test_findings_point_to_their_lines(self):
        self.assertEqual([], truth.misplaced(self.truth, self.report["findings"], self.workspace.shop))


if __name__ == "__main__":
    unittest.main()

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
        self.assertEqual([], truth.false(self.truth, self.report["findings"], slow_machine=True))

    def test_each_defect_is_found_or_said_not_to_be_judged(self):
        # A machine that has other things to do may not tell; it must say so then.
        self.assertEqual([], truth.silent(self.truth, self.report))

    def test_findings_point_to_their_lines(self):
        self.assertEqual([], truth.misplaced(self.truth, self.report["findings"], self.workspace.shop))


class Remains(unittest.TestCase):
    """What requests leave behind, on whatever machine."""

    @classmethod
    def setUpClass(cls):
        cls.workspace = harness.Workspace(harness.METERS)
        cls.addClassCleanup(cls.workspace.__exit__)
        cls.workspace.quick()
        # So that the few requests of a busy machine leave enough behind.
        cls.workspace.replace("text.Grow(256 +", "text.Grow(64<<10 +", cls.workspace.shop / "internal" / "bill" / "bill.go")
        endpoints = ("tomorrow", "next-day", "preview", "draft")
        cls.ran = cls.workspace.check("--json", *(f"--endpoint=GET /sites/{{id}}/{endpoint}" for endpoint in endpoints))
        if not cls.ran.stdout:
            raise AssertionError(f"hone check failed with {cls.ran.returncode}: {cls.ran.stderr}")
        cls.report = harness.report(cls.ran)
        cls.truth = truth.read(cls.workspace.shop)
        cls.found = [finding for finding in cls.report["findings"] if finding["rule"].startswith(("leak.", "mem."))]

    def test_leaks_are_found_at_their_lines_and_not_at_their_twins(self):
        self.assertEqual([("leak.goroutine", "GET /sites/{id}/tomorrow"), ("mem.retained", "GET /sites/{id}/preview")],
                         sorted((finding["rule"], finding["subject"]["endpoint"]) for finding in self.found))
        self.assertEqual([], truth.misplaced(self.truth, self.found, self.workspace.shop))

    def test_their_numbers_are_those_of_the_service(self):
        values = {measurement["metric"]: measurement for measurement in self.report["measurements"]}
        leaked = values["leak.goroutines_per_1000_requests"]["ci"]
        self.assertTrue(leaked[0] <= 1000 <= leaked[1], leaked)
        self.assertGreater(values["leak.stack_bytes_per_request"]["value"], 1024)
        self.assertGreater(values["mem.retained_per_request"]["ci"][1], 64 << 10)

    def test_they_come_out_again(self):
        again = harness.hone("evidence", "recompute", "--dir", str(self.workspace.shop / "benchmarks"), "--json",
                             env=self.workspace.env())
        self.assertEqual(0, again.returncode, again.stderr)


if __name__ == "__main__":
    unittest.main()

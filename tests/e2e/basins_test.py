"""hone pool on the testbed of known pools, by the gate: what holds two connections, and a pool that is too small."""

import unittest

import harness

BASINS = harness.ROOT / "go" / "testbed" / "basins"


class Basins(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.workspace = cls.enterClassContext(harness.Workspace(BASINS))

    def pool(self, case):
        config = self.workspace.shop / case / "hone.toml"
        self.workspace.replace('latency_for = "4s"', 'latency_for = "2s"', config)
        ran = harness.hone("pool", "--dir", str(config.parent), "--for", "5s", "--json", env=self.workspace.env())
        self.assertIn(ran.returncode, (0, 3), ran.stderr)
        return harness.report(ran)

    def test_a_nested_acquire_is_found_with_database_sql_and_its_twin_is_not(self):
        report = self.pool("nested_sql")
        nested = [finding for finding in report["findings"] if finding["rule"] == "pool.nested_acquire"]
        self.assertEqual(["GET /nested"], [finding["subject"]["endpoint"] for finding in nested])
        # 32 requests at once, each with a second connection beside its own.
        self.assertIn("a pool of fewer than 33 can stop so", nested[0]["title"])
        self.assertIn("is not null", nested[0]["subject"]["name"])

    def test_a_pool_that_is_always_in_use_is_starved_and_gets_no_number_that_was_not_tried(self):
        report = self.pool("starved_by_gate")
        if report["verdict"] == "inconclusive":
            self.assertIn("the pool's size", [each["subject"] for each in report["not_judged"]])
        else:
            self.assertEqual("starved", report["verdict"])
            self.assertIn("were held for", report["findings"][0]["title"])
        self.assertEqual([], [each for each in report.get("advice", []) if each["setting"].startswith("MaxConns (")])


if __name__ == "__main__":
    unittest.main()

"""What one endpoint's load leaves under way is told of no other one."""

import unittest

import harness
import tiny


class Leftovers(unittest.TestCase):
    def test_requests_that_nobody_waits_for_are_not_the_next_endpoints(self):
        place = tiny.Tiny(env='DEBUG_ADDR = "127.0.0.1:${port.debug}"', parts=tiny.PPROF,
                          scenarios=tiny.scenario("/report") + tiny.scenario("/more?n=3"))
        self.addCleanup(place.__exit__)
        place.replace("rate        = 50", "rate        = 2")
        ran = place.run("check", "--json", timeout=300)
        self.assertIn(ran.returncode, (0, 3), ran.stderr)
        report = harness.report(ran)
        at_more = [finding["rule"] for finding in report["findings"] if finding["subject"].get("endpoint") == "GET /more"]
        self.assertEqual([], at_more)
        # All of the program: what goes on in it shows there.
        share = {one["scope"]["endpoint"]: one["value"] for one in report["measurements"] if one["metric"] == "gc.share"}
        self.assertGreater(share["GET /report"], 0.1, "nothing to be mistaken for another's")
        self.assertLess(share["GET /more"], share["GET /report"] / 2)


if __name__ == "__main__":
    unittest.main()

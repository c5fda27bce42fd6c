"""`hone sql proxy --live`: what passes through the proxy, as a table."""

import re
import signal
import subprocess
import unittest

import harness
from server import Server, binaries


class Live(unittest.TestCase):
    def test_statements_and_suspects_without_values(self):
        with Server() as server:
            proxy = harness.start_hone("sql", "proxy", "--live", "--upstream", server.url())
            self.addCleanup(proxy.kill)
            address = proxy.stdout.readline().strip()
            asked = "".join(f"SELECT id FROM precious WHERE id = {471147114711 + i};\n" for i in range(6))
            subprocess.run([binaries() / "psql", "-X", "-q", f"postgres://owner@{address}/shop"], input=asked, text=True, check=True,
                           stdout=subprocess.DEVNULL, timeout=60)
            proxy.send_signal(signal.SIGINT)
            told, errors = proxy.communicate(timeout=60)
        self.assertEqual(0, proxy.returncode, errors)
        last = told[told.rindex("statements a second"):]
        self.assertRegex(last, re.compile(r"^! .* 6 .* SELECT id FROM precious", re.MULTILINE))
        self.assertIn("in a row on one connection", last)
        self.assertNotIn("4711471147", told)
        self.assertEqual([], [line for line in told.splitlines() if len(line) > 80])


if __name__ == "__main__":
    unittest.main()

"""A scratch database beside the user's: made with leave only, dropped however hone ends, and nothing else is written to."""

import os
import pathlib
import re
import signal
import time
import unittest

import harness
import server

LEFT = "hone_scratch_0123456789ab"
LEAVE = ("--yes-write", "hone_scratch")


class Scratch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = server.Server()
        cls.addClassCleanup(cls.server.__exit__)

    def setUp(self):
        self.workspace = self.enterContext(harness.Workspace(harness.NOTES))
        self.before = self.server.picture()

    def scratches(self):
        return [name for name in self.server.databases() if name.startswith("hone_scratch_")]

    def configure(self, user="owner", more=""):
        self.workspace.config.write_text(
            f'database.mode = "url"\ndatabase.url = "{self.server.url(user)}"\ndatabase.scratch = true\n{more}\n' +
            self.workspace.config.read_text())

    def run_sql(self, *arguments, verb="sql"):
        return harness.hone(verb, "--dir", str(self.workspace.config.parent), *arguments, env=self.workspace.env())

    def await_scratches(self, wanted, seconds=60):
        deadline = time.monotonic() + seconds
        while bool(self.scratches()) != wanted:
            if time.monotonic() > deadline:
                raise AssertionError(f"scratch databases after {seconds} s: {self.scratches()}")

    def fails(self, ran, *words):
        self.assertEqual(2, ran.returncode, ran.stdout + ran.stderr)
        for word in words:
            self.assertIn(word, ran.stderr)
        self.assertEqual([], self.scratches())
        self.assertEqual(self.before, self.server.picture())

    def test_a_run_leaves_nothing_and_takes_away_what_was_left(self):
        self.configure()
        self.server.sql("postgres", f"CREATE DATABASE {LEFT} OWNER owner")
        self.server.sql("postgres", f"CREATE DATABASE {LEFT}__hone_template OWNER owner")
        self.server.sql("postgres", "CREATE DATABASE hone_scratch_diary OWNER owner")
        self.addCleanup(self.server.sql, "postgres", "DROP DATABASE hone_scratch_diary")
        self.assertIn(LEFT, self.run_sql(verb="doctor").stdout)
        ran = self.run_sql("--json", "--endpoint", "GET /notebooks", "--endpoint", "POST /notes", *LEAVE)
        report = harness.report(ran)
        self.assertEqual(["sql.n_plus_one"], sorted({finding["rule"] for finding in report["findings"]
                                                     if finding["rule"].startswith("sql.")}), ran.stdout)
        self.assertTrue(any(f"dropped {LEFT}" in caveat for caveat in report["caveats"]), report["caveats"])
        self.assertFalse(any("migrations and seed were not run" in caveat for caveat in report["caveats"]))
        self.assertEqual(["hone_scratch_diary"], self.scratches())
        self.assertEqual(self.before, self.server.picture())

    def test_without_leave_nothing_is_made(self):
        self.configure()
        self.fails(self.run_sql(), "scratch database", "shop", "takes leave", "--yes-write hone_scratch")
        # Leave for the user's own database is no leave to make another, nor is it used.
        self.fails(self.run_sql("--yes-write", "shop"), "takes leave")

    def test_without_the_right_to_make_databases(self):
        self.configure(user="clerk")
        self.fails(self.run_sql(*LEAVE), "clerk may not make databases", "CREATEDB")

    def test_an_extension_that_the_server_lacks(self):
        (self.workspace.shop / "schema.sql").write_text("CREATE EXTENSION IF NOT EXISTS vector_of_nobody;\n")
        migrations = 'database.migrations = ["../schema.sql"]'
        self.configure(more=migrations)
        self.fails(self.run_sql(*LEAVE), "lacks the extension vector_of_nobody", "schema.sql")
        # An embedded one likewise, before anything is built.
        text = self.workspace.config.read_text()
        self.workspace.config.write_text(re.sub(r"database\.(mode|url|scratch) = .*\n", "", text))
        ran = self.run_sql()
        self.fails(ran, "lacks the extension vector_of_nobody", "schema.sql")
        self.assertNotIn("Building", ran.stderr)

    def test_hone_is_killed(self):
        self.configure()
        hone = harness.start_hone("sql", "--dir", str(self.workspace.config.parent), *LEAVE, env=self.workspace.env())
        self.addCleanup(hone.communicate)
        self.await_scratches(True)
        os.kill(hone.pid, signal.SIGKILL)
        self.await_scratches(False)
        self.assertEqual(self.before, self.server.picture())

    def test_whoever_would_drop_it_is_killed_too(self):
        self.configure()
        hone = harness.start_hone("sql", "--dir", str(self.workspace.config.parent), *LEAVE, env=self.workspace.env())
        self.addCleanup(hone.communicate)
        self.await_scratches(True)
        name = self.scratches()[0]
        keepers = [int(entry.name) for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit() and
                   b"scratch-keeper\0" + name.encode() in self.command_line(entry)]
        for pid in (*keepers, hone.pid):
            os.kill(pid, signal.SIGKILL)
        self.assertEqual([], harness.wait_pids(keepers))
        # hone's session on the server ends with it.
        while self.server.sql("postgres", f"SELECT pid FROM pg_stat_activity WHERE application_name = '{name}'"):
            pass
        self.assertEqual(1, len(keepers))
        self.assertIn(name, self.scratches())
        self.addCleanup(self.drop_all)
        self.assertIn(f"left by runs that were killed: {name}", " ".join(self.run_sql(verb="doctor").stdout.split()))

    def drop_all(self):
        for name in self.scratches():
            self.server.sql("postgres", f"DROP DATABASE {name} WITH (FORCE)")

    @staticmethod
    def command_line(process):
        try:
            return (process / "cmdline").read_bytes()
        except OSError:
            return b""


if __name__ == "__main__":
    unittest.main()

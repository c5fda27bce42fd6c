"""A service that makes its tables when it starts, and a seed that was written for psql."""

import shutil
import unittest

import harness
import server
import tiny

SEED = r"""\set books 100
\echo 'making notes'
insert into notebooks (title) select :'title' || i from generate_series(1, :books) i;
\i more/notes.sql
"""
NOTES = "insert into notes (notebook_id, body) select 1 + i % :books, 'note ' || i from generate_series(1, :notes) i;\n"


class SelfMigrating(unittest.TestCase):
    def notes(self, database):
        workspace = harness.Workspace(harness.NOTES)
        self.addCleanup(workspace.__exit__)
        self.addCleanup(lambda: self.assertEqual(([], []), (workspace.processes(), workspace.left_behind())))
        workspace.replace('database.seed = "${bin} -seed ${size}"', database)
        (workspace.shop / "benchmarks" / "seed.sql").write_text(SEED)
        (workspace.shop / "more").mkdir()
        (workspace.shop / "more" / "notes.sql").write_text(NOTES)
        return workspace

    def sql(self, workspace):
        return harness.hone("sql", "--json", "--dir", str(workspace.shop / "benchmarks"), env=workspace.env())

    def test_the_seed_finds_the_tables_that_the_service_makes(self):
        workspace = self.notes('database.migrate_at_start = true\ndatabase.seed_files = ["seed.sql"]\n'
                               'database.vars = { notes = "${size}", title = "book \'" }')
        ran = self.sql(workspace)
        self.assertIn(ran.returncode, (0, 3), ran.stderr)
        found = {finding["subject"]["endpoint"] for finding in harness.report(ran)["findings"]}
        self.assertIn("GET /notebooks", found)

    def test_what_stops_it_is_one_sentence(self):
        without = self.notes('database.seed_files = ["seed.sql"]\ndatabase.vars = { notes = "${size}", title = "t" }')
        ran = self.sql(without)
        self.assertEqual(2, ran.returncode)
        self.assertIn('seed.sql: PostgreSQL refused line 3: relation "notebooks" does not exist', ran.stderr)
        unset = self.notes('database.migrate_at_start = true\ndatabase.seed_files = ["seed.sql"]')
        ran = self.sql(unset)
        self.assertEqual(2, ran.returncode)
        self.assertIn("seed.sql:3: psql's variable title is not set", ran.stderr)
        self.assertIn("[database.vars]", ran.stderr)

    def seeded_by(self, sql):
        """A service that makes no table; `psql` is its seed, and a file comes behind that."""
        psql = server.binaries() / "psql"
        database = (f'{tiny.DATABASE}migrate_at_start = true\nseed = ["{psql}", "-X", "-q", "-v", "ON_ERROR_STOP=1", "${{db.url}}", "-c", "{sql}"]\n'
                    'seed_files = ["more.sql"]\n')
        place = self.enterContext(tiny.Tiny(parts=database))
        (place.benchmarks / "more.sql").write_text("insert into things values (2);\n")
        ran = place.run("sql")
        self.assertEqual(([], []), (place.processes(), place.left_behind()))
        return ran

    def test_a_seed_may_make_the_tables_instead(self):
        ran = self.seeded_by("create table things (id int)")
        self.assertIn(ran.returncode, (0, 3), ran.stderr)
        ran = self.seeded_by("select 1")
        self.assertEqual(2, ran.returncode)
        self.assertIn("it was ready without any", ran.stderr)
        ran = self.seeded_by("create table things (id int); select nonsense")
        self.assertEqual(2, ran.returncode)
        self.assertIn('column "nonsense" does not exist', ran.stderr, "the seed's own failure")

    def test_init_sees_it(self):
        workspace = harness.Workspace(harness.NOTES)
        self.addCleanup(workspace.__exit__)
        shutil.rmtree(workspace.shop / "benchmarks")
        ran = harness.hone("init", str(workspace.shop), env=workspace.env())
        self.assertEqual(0, ran.returncode, ran.stderr)
        self.assertIn("migrate_at_start = true  # main.go:55: CREATE TABLE\n", workspace.config.read_text())


if __name__ == "__main__":
    unittest.main()

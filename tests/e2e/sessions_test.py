"""What a service does to its sessions: statements that it makes the server forget, a schema that it changes, transactions that wait for somebody else."""

import unittest

import harness

# On a connection of its own: what the server forgets there, nobody else asks for.
FORGETS = """	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if c := <-own; c != nil {
		c.Exec(r.Context(), "deallocate all")
		c.Exec(r.Context(), "create or replace view recent as select 1 as n")
		c.QueryRow(r.Context(), "select body from notes where id = $1", id).Scan(&n.Body)
		own <- c
	}
"""
OWN = """	defer db.Close()
	connection, err := pgx.Connect(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	own <- connection
"""
WAITS = """	err := pgx.BeginFunc(r.Context(), db, func(tx pgx.Tx) error {
		if answer, err := http.Get(os.Getenv("SPELLING") + "/words"); err == nil {
			answer.Body.Close()
		}
"""
STUB = """
[[stub]]
name = "spelling"
[[stub.answer]]
path  = "/words"
body  = "[]"
delay = "20ms"

[limits]
rate        = 30
latency_for = "2s"
profile_for = "1s"

[[scenario]]
path = "/notebooks"""


class Sessions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = harness.Workspace(harness.NOTES)
        cls.addClassCleanup(cls.place.__exit__)
        source = cls.place.shop / "main.go"
        cls.place.replace('	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)\n', FORGETS, source)
        cls.place.replace("	defer db.Close()\n", OWN, source)
        cls.place.replace("var db *pgxpool.Pool\n", "var db *pgxpool.Pool\nvar own = make(chan *pgx.Conn, 1)\n", source)
        cls.place.replace("	err := pgx.BeginFunc(r.Context(), db, func(tx pgx.Tx) error {\n", WAITS, source)
        cls.place.replace('"${db.url}" }', '"${db.url}", SPELLING = "${stub.spelling}" }')
        cls.place.replace('\n[[scenario]]\npath = "/notebooks', STUB)
        cls.ran = cls.place.check("--json")

    def report(self):
        self.assertIn(self.ran.returncode, (0, 3), self.ran.stderr)
        return harness.report(self.ran)

    def test_statements_that_failed_for_what_was_forgotten_are_counted_and_measured(self):
        report = self.report()
        for phase in ("the quiet phase", "the phases under load"):
            said = [caveat for caveat in report["caveats"] if caveat.startswith(f"in {phase}, ") and "SQLSTATE 26000" in caveat]
            self.assertEqual(1, len(said), report["caveats"])
            self.assertIn("(`deallocate all`)", said[0])
            counts = [one["value"] for one in report["measurements"] if one["metric"] == "sql.unknown_prepared"]
            self.assertIn(int(said[0].split(", ")[1].split()[0]), counts)

    def test_the_upstream_that_a_transaction_waits_for_is_named(self):
        report = self.report()
        if "idle transactions of POST /notes" in [entry["subject"] for entry in report["not_judged"]]:
            return  # a machine with other things to do cannot tell how long a transaction was idle, and says so
        idle = [found for found in report["findings"] if found["rule"] == "sql.idle_in_transaction"]
        self.assertEqual(["POST /notes"], [found["subject"]["endpoint"] for found in idle])
        self.assertIn("calls of the stub `spelling` in that time: 1 a request", idle[0]["title"])

    def test_the_request_that_changes_the_schema_is_named(self):
        changed = [found["subject"] for found in self.report()["findings"] if found["rule"] == "sql.schema_change"]
        self.assertEqual([("GET /notes/{id}", "main.go")], [(subject["endpoint"], subject["file"]) for subject in changed])

    def test_the_server_counted_as_many(self):
        """It does not count `deallocate` before version 17, nor what failed."""
        report = self.report()
        self.assertEqual([], [entry for entry in report["not_judged"] if entry["subject"] == "statement counts"])
        self.assertEqual([], [entry for entry in report["not_judged"] if entry["subject"] == "GET /notes/{id}"])

    def test_each_number_can_be_computed_again(self):
        self.report()
        again = harness.hone("evidence", "recompute", "--dir", str(self.place.config.parent), timeout=60)
        self.assertEqual(0, again.returncode, again.stdout + again.stderr)


if __name__ == "__main__":
    unittest.main()

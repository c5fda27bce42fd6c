"""Plans and indexes: one is proposed where it was built on a clone and measured, and nowhere else; no parameter is kept."""

import shutil
import unittest

import check_test
import harness
import truth

HELPDESK = harness.ROOT / "go" / "testbed" / "helpdesk"
BIND_CANARY = "agent-canary-31f7"
PLAN_RULES = ("sql.missing_index", "sql.row_estimate", "sql.spill", "sql.rows_discarded")


class PlansTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = harness.Workspace(HELPDESK)
        cls.addClassCleanup(cls.place.__exit__)
        # All of one assignee's tickets are the canary's: the service sends it as a parameter of every request.
        seed = cls.place.shop / "migrations" / "0002_seed.sql"
        cls.place.replace("'agent-' || n % 400", f"case n % 400 when 7 then '{BIND_CANARY}' else 'agent-' || n % 400 end", seed)
        cls.place.replace("agent-7", BIND_CANARY)
        cls.ran = harness.hone("sql", "--dir", str(cls.place.shop / "benchmarks"), "--json", env=cls.place.env())
        if cls.ran.returncode != 0:
            raise AssertionError(cls.ran.stderr)
        cls.report = harness.report(cls.ran)

    def of_plans(self):
        return [finding for finding in self.report["findings"] if finding["rule"] in PLAN_RULES]

    def missing_index(self):
        found = [finding for finding in self.of_plans() if finding["rule"] == "sql.missing_index"]
        self.assertEqual(["GET /v1/tickets"], [finding["subject"]["endpoint"] for finding in found], self.ran.stdout)
        return found[0]

    def measured(self, finding, metric):
        return next(m for m in self.report["measurements"] if m["id"] in finding["measurements"] and m["metric"] == metric)

    def test_the_missing_index_is_found_and_no_other(self):
        finding = self.missing_index()
        self.assertIn("`CREATE INDEX ON tickets (assignee, opened_at)`", finding["remedy"])
        self.assertEqual("main.go", finding["subject"]["file"])
        self.assertGreater(finding["worth"]["time_ms"], 0)

    def test_it_finds_what_the_truth_names_and_nothing_else(self):
        known = truth.read(self.place.shop)
        found = self.report["findings"]
        self.assertEqual([], truth.missing(known, found) + truth.false(known, found) + truth.misplaced(known, found, self.place.shop))

    def test_the_same_index_twice_is_found(self):
        findings = [finding for finding in self.report["findings"] if finding["rule"] == "sql.duplicate_index"]
        findings.sort(key=lambda finding: finding["subject"]["name"], reverse=True)
        self.assertEqual(["public.tickets_v2_list_idx", "public.tickets_v2_assigned_idx"], [finding["subject"]["name"] for finding in findings])
        self.assertEqual("`DROP INDEX tickets_v2_list_idx`", findings[0]["remedy"])
        self.assertEqual("`DROP INDEX tickets_v2_assigned_idx`", findings[1]["remedy"])
        self.assertIn("`tickets_v2_assignee_idx` on `tickets_v2`", findings[1]["title"])
        self.assertLess(self.measured(findings[1], "index.lookup_ratio")["ci"][1], 1.3)
        self.assertEqual(40000, self.measured(findings[0], "index.table_rows")["value"])
        self.assertIn("ci", self.measured(findings[0], "index.write_cost"))

    def test_the_index_that_nothing_used_is_found(self):
        (finding,) = [finding for finding in self.report["findings"] if finding["rule"] == "sql.unused_index"]
        self.assertEqual("public.tickets_v2_city_idx", finding["subject"]["name"])
        self.assertEqual(0, self.measured(finding, "index.scans")["value"])
        self.assertGreater(self.measured(finding, "index.bytes")["value"], 40000)
        self.assertIn("ci", self.measured(finding, "index.write_cost"))
        self.assertEqual([None], list({*finding["worth"].values()}))
        self.assertIn("Other code, and what no scenario asks, may use it", finding["title"])

    def test_columns_that_no_answer_needs_are_found(self):
        findings = {finding["subject"]["endpoint"]: finding for finding in self.report["findings"] if finding["rule"] == "sql.columns_unused"}
        self.assertEqual({"GET /v1/articles", "POST /v1/articles/lookup"}, findings.keys())
        self.assertIn("(`body`)", findings["POST /v1/articles/lookup"]["title"])
        finding = findings["GET /v1/articles"]
        self.assertIn("(`body`)", finding["title"])
        self.assertIn("Ask for what is used: `id`, `title`.", finding["remedy"])
        self.assertEqual(100, self.measured(finding, "sql.columns.rows")["value"])
        self.assertEqual(2, self.measured(finding, "sql.columns.answers")["value"])
        bodies = sum((60 + n % 40) * 33 for n in range(1, 101))
        self.assertEqual(bodies, self.measured(finding, "sql.columns.bytes")["value"])

    def test_rows_that_no_answer_needs_are_found(self):
        titles = {finding["subject"]["endpoint"]: finding["title"] for finding in self.report["findings"] if finding["rule"] == "sql.rows_unused"}
        self.assertEqual({"GET /v1/overdue", "GET /v1/next", "GET /v1/days/{day}"}, titles.keys())
        self.assertIn("returns 2,000 rows, and the answer is the same with 80 of them alone", titles["GET /v1/overdue"])
        self.assertIn("returns 2,000 rows, and the answer is the same with 8 of them alone", titles["GET /v1/next"])
        self.assertIn("returns 2,000 rows, and the answer is the same with 24 of them alone", titles["GET /v1/days/{day}"])

    def test_a_count_of_which_only_existence_matters_is_found(self):
        (finding,) = [finding for finding in self.report["findings"] if finding["rule"] == "sql.count_for_existence"]
        self.assertEqual("GET /v1/waiting", finding["subject"]["endpoint"])
        self.assertIn("`SELECT EXISTS (select 1 from reminders where sent_at is null)`", finding["remedy"])
        self.assertEqual(2000, self.measured(finding, "sql.existence.counted")["value"])
        self.assertEqual(1, self.measured(finding, "sql.existence.answers")["value"])
        self.assertGreater(self.measured(finding, "sql.existence.saved_time")["ci"][0], 0)

    def test_a_span_that_is_refused_is_asked_for_shorter(self):
        self.assertIn("GET /v1/manned refuses longer spans of days than those of 6 days, which it is asked for", self.report["caveats"])
        self.assertFalse([entry for entry in self.report["not_judged"] if "/v1/manned" in entry["subject"]])

    def test_sizes_that_are_refused_are_left_out(self):
        self.assertIn("GET /v1/desks/compare refuses other sizes of `n` than 2 to 10, which it is asked for", self.report["caveats"])
        self.assertFalse([entry for entry in self.report["not_judged"] if "/compare" in entry["subject"]])

    def test_few_things_that_are_not_there_do_not_end_an_endpoint(self):
        caveats = [caveat for caveat in self.report["caveats"] if "GET /v1/desks/{id}/bell" in caveat]
        self.assertEqual(1, len(caveats), self.report["caveats"])
        self.assertRegex(caveats[0], r"^[123] of the \d+ sets of values that .* were refused for their rows' state$")
        self.assertFalse([entry for entry in self.report["not_judged"] if "/bell" in entry["subject"]])

    def test_a_change_names_the_version_that_it_is_based_on(self):
        refused = [entry for entry in self.report["not_judged"] if "desks" in entry["subject"] and "budgets" not in entry["subject"]]
        self.assertEqual([], refused)
        found = {finding["subject"]["endpoint"] for finding in self.report["findings"] if finding["rule"] == "sql.n_plus_one"}
        self.assertLessEqual({"POST /v1/desks/{id}/close", "PUT /v1/desks/{id}/members"}, found)
        self.assertFalse({"POST /v2/desks/{id}/close", "PUT /v2/desks/{id}/members"} & found)

    def test_rows_that_the_user_may_see_are_asked_for(self):
        self.assertFalse([entry for entry in self.report["not_judged"] if "/v1/numbers" in entry["subject"] and "budgets" not in entry["subject"]])
        found = {finding["subject"]["endpoint"] for finding in self.report["findings"] if finding["rule"] == "sql.n_plus_one"}
        self.assertIn("GET /v1/numbers/{number}", found)
        self.assertIn("GET /v1/numbers/{number} refuses rows of others than public.lines.id 2, which it is asked for", self.report["caveats"])

    def test_items_that_are_passed_over_are_not_asked_with(self):
        self.assertIn("POST /v1/teams/{code}/praise makes more statements of items that belong to what it names beside them: it is asked with those",
                      self.report["caveats"])
        found = {finding["subject"]["endpoint"] for finding in self.report["findings"] if finding["rule"] == "sql.n_plus_one"}
        self.assertIn("POST /v1/teams/{code}/praise", found)

    def test_items_that_no_answer_lists_come_out_of_the_database(self):
        self.assertIn("POST /v1/reminders/dues has more items than any answer lists: it is asked with further rows of the database",
                      self.report["caveats"])
        self.assertFalse([caveat for caveat in self.report["caveats"] if caveat.startswith("POST /v2/reminders/dues")])
        found = {finding["subject"]["endpoint"] for finding in self.report["findings"] if finding["rule"] == "sql.n_plus_one"}
        self.assertIn("POST /v1/reminders/dues", found)

    def test_items_of_one_thing_in_one_state_are_found(self):
        refused = "POST /v1/teams/{code}/shifts/confirm refuses most values of `shift`: it is asked with shifts.id where status is planned, and"
        self.assertTrue([caveat for caveat in self.report["caveats"] if caveat.startswith(refused)], self.report["caveats"])
        found = {finding["subject"]["endpoint"] for finding in self.report["findings"] if finding["rule"] == "sql.n_plus_one"}
        self.assertIn("POST /v1/teams/{code}/shifts/confirm", found)

    def test_what_is_used_up_is_asked_for_once(self):
        found = {finding["subject"]["endpoint"] for finding in self.report["findings"] if finding["rule"] == "sql.n_plus_one"}
        self.assertIn("POST /v1/cards/stamp", found)
        self.assertIn("POST /v2/cards/stamp", {each["subject"] for each in self.report["healthy"]})

    def test_missing_timeouts_are_a_note(self):
        notes = [caveat for caveat in self.report["caveats"] if caveat.startswith("no statement_timeout, no lock_timeout in")]
        self.assertEqual(1, len(notes), self.report["caveats"])
        self.assertIn("`statement_timeout=30s` in the DSN", notes[0])

    def test_the_deep_page_is_found(self):
        finding = next(finding for finding in self.of_plans() if finding["rule"] == "sql.rows_discarded")
        self.assertEqual(30000, self.measured(finding, "plan.rows_skipped")["value"])
        self.assertGreater(self.measured(finding, "plan.speedup")["ci"][0], 1 / 0.9)

    def test_its_gain_was_measured(self):
        finding = self.missing_index()
        speedup = self.measured(finding, "plan.speedup")
        self.assertGreater(speedup["ci"][0], 1 / 0.9)
        self.assertGreaterEqual(speedup["n"], 6)
        self.assertEqual(40000, self.measured(finding, "plan.table_rows")["value"])
        self.assertEqual(40000, self.measured(finding, "plan.rows_read")["value"])
        self.assertGreaterEqual(self.measured(finding, "plan.rows_removed")["value"], 39900)
        self.assertGreater(self.measured(finding, "plan.index_bytes")["value"], 40000)
        self.assertIn("plan.write_cost", [m["metric"] for m in self.report["measurements"]])
        self.assertIn("ci", self.measured(finding, "plan.saved_time"))

    def test_every_number_comes_out_again(self):
        again = harness.hone("evidence", "recompute", "--dir", str(self.place.shop / "benchmarks"), env=self.place.env())
        self.assertEqual(0, again.returncode, again.stdout + again.stderr)

    def test_no_parameter_is_kept(self):
        self.assertIn("pg.plan", [capture["kind"] for capture in self.report["captures"]])
        exported = self.place.folder / "exported"
        ran = harness.hone("evidence", "export", "--dir", str(self.place.shop / "benchmarks"), "--run", str(self.report["run"]),
                           "--output", str(exported), env=self.place.env())
        self.addCleanup(shutil.rmtree, exported, ignore_errors=True)
        self.assertEqual(0, ran.returncode, ran.stderr)
        pieces = [("the output", (self.ran.stdout + self.ran.stderr).encode()),
                  *check_test.contents(self.place.shop / "benchmarks" / ".hone"), *check_test.contents(exported)]
        self.assertTrue(any(b"assignee = $1" in data for _, data in pieces), "the plan's condition is not among what was searched")
        for form in check_test.forms(BIND_CANARY):
            self.assertEqual([], [str(place) for place, data in pieces if form in data])

    def test_nothing_is_left_behind(self):
        self.assertEqual([], self.place.processes())
        self.assertEqual([], self.place.left_behind())


class LastPageTest(unittest.TestCase):
    """An endpoint whose scenario asks for the first page only."""

    def sql(self, budget):
        with harness.Workspace(HELPDESK) as place:
            place.replace("offset=30000", "offset=0")
            toml = place.shop / "benchmarks" / "hone.toml"
            toml.write_text(f'budgets.database = "{budget}"\n' + toml.read_text())
            ran = harness.hone("sql", "--dir", str(toml.parent), "--json", "--endpoint", "GET /v1/pages", env=place.env())
            self.assertEqual(0, ran.returncode, ran.stderr)
            self.assertEqual([], place.processes())
            report = harness.report(ran)
            again = harness.hone("evidence", "recompute", "--dir", str(toml.parent), env=place.env())
            self.assertEqual(0, again.returncode, again.stdout + again.stderr)
            return [finding for finding in report["findings"] if finding["rule"] == "sql.rows_discarded"]

    def test_is_a_finding_where_it_breaks_the_budget_or_is_many_times_as_slow(self):
        for budget in ["100us", "10s"]:
            (finding,) = self.sql(budget)
            self.assertEqual((finding["subject"]["file"], "GET /v1/pages"), ("main.go", finding["subject"]["endpoint"]))
            self.assertIn("Asked for the last page that there is, computes 39,980 rows", finding["title"])


if __name__ == "__main__":
    unittest.main()

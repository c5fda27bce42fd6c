"""Profiles and lines of a service that offers none: built with a file more, by go build -overlay, and left as it was."""

import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import unittest

import harness
import tiny

CALLERS = pathlib.Path(__file__).resolve().parent / "callers"
ENT_CALLERS = CALLERS.with_name("ent_callers")

# Half of an endpoint's work is encoding JSON; pprof is mounted nowhere that hone is told of.
EXPORT = """
	mux.HandleFunc("/export", func(w http.ResponseWriter, r *http.Request) {
		type item struct{ Name, Colour string; Price, Weight float64; Tags []string }
		list := make([]item, 400)
		for i := range list {
			list[i] = item{"kettle", "blue", float64(i) / 7, float64(i) / 3, []string{"kitchen", "steel"}}
		}
		json.NewEncoder(w).Encode(list)
	})
"""


def hashes(folder):
    """Every file of the folder but hone's own with the hash of its bytes."""
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file() and ".hone" not in path.parts}


class Instrumented(unittest.TestCase):
    def tiny(self, **arguments):
        place = tiny.Tiny(build=True, **arguments)
        self.addCleanup(place.__exit__)
        source = (place.shop / "main.go").read_text()
        source = source.replace('import (\n', 'import (\n\t"encoding/json"\n').replace('\tmux.HandleFunc("/items", items)\n', '\tmux.HandleFunc("/items", items)\n' + EXPORT)
        (place.shop / "main.go").write_text(source)
        return place

    def said(self, report):
        return " ".join(report["caveats"])

    def test_a_service_without_pprof_is_profiled_and_left_as_it_was(self):
        place = self.tiny(scenarios=tiny.scenario("/export"))
        before = hashes(place.shop)
        ran = place.run("check", "--json")
        self.assertIn(ran.returncode, (0, 3), ran.stderr)
        self.assertEqual(before, hashes(place.shop))
        report = harness.report(ran)
        self.assertIn("a pprof listener of hone's own", self.said(report))
        self.assertIn("hone.toml names no pprof URL", self.said(report))
        kinds = {capture["kind"] for capture in report["captures"]}
        self.assertLessEqual({"pprof.cpu", "pprof.allocs", "pprof.mutex"}, kinds)
        judged = {(finding["rule"], finding["subject"]["endpoint"]) for finding in report["findings"]}
        not_judged = " ".join(entry["subject"] for entry in report["not_judged"])
        self.assertTrue(("cpu.json", "GET /export") in judged or "GET /export" in not_judged, report["findings"])
        # What hone's own listener does is nobody's defect.
        self.assertEqual([], [finding for finding in report["findings"] if "hone" in json.dumps(finding["subject"])])

    def test_it_may_be_left_as_it_is(self):
        place = self.tiny(scenarios=tiny.ITEMS, parts='[pprof]\nmode = "as-is"\n')
        self.assertEqual([], [caveat for caveat in harness.report(place.run("sql", "--json"))["caveats"] if "pprof" in caveat])

    def test_pprof_that_samples_no_locks_is_replaced(self):
        place = self.tiny(scenarios=tiny.ITEMS, parts=tiny.PPROF, env='DEBUG_ADDR = "127.0.0.1:${port.debug}"')
        said = self.said(harness.report(place.run("sql", "--json")))
        self.assertIn("a pprof listener of hone's own", said)
        self.assertIn("mutex fraction is 0", said)

    def test_a_build_with_its_own_overlay_is_left_alone(self):
        place = self.tiny(scenarios=tiny.ITEMS)
        (place.shop / "own.json").write_text("{}")
        place.replace("go build -o", "go build -overlay own.json -o")
        self.assertIn("its build has an -overlay of its own", self.said(harness.report(place.run("sql", "--json"))))

    def test_profiles_of_another_process_are_not_taken(self):
        with tiny.Running() as other:
            other.fetch(other.debug_url + "/cmdline")
            place = self.tiny(scenarios=tiny.ITEMS, parts=f'[pprof]\nurl = "{other.debug_url}"\nmode = "as-is"\n')
            self.assertIn("pprof is served by process", self.said(harness.report(place.run("sql", "--json"))))


class Callers(unittest.TestCase):
    """One query for each row, by several libraries, in goroutines and through helpers."""

    @classmethod
    def setUpClass(cls):
        cls.place = harness.Workspace(CALLERS)
        cls.addClassCleanup(cls.place.__exit__)
        cls.benchmarks = cls.place.shop / "benchmarks"
        cls.before = hashes(cls.place.shop)
        cls.ran = harness.hone("sql", "--dir", str(cls.benchmarks), "--json", env=cls.place.env())
        if not cls.ran.stdout:
            raise AssertionError(cls.ran.stderr)
        cls.report = harness.report(cls.ran)
        cls.found = {finding["subject"]["endpoint"].removeprefix("GET "): finding
                     for finding in cls.report["findings"] if finding["rule"] == "sql.n_plus_one"}

    def wanted(self, endpoint):
        lines = (CALLERS / "store" / "store.go").read_text().splitlines()
        return next(number for number, line in enumerate(lines, 1) if line.endswith(f"// want {endpoint}"))

    def test_every_line_is_the_one_that_asks(self):
        for endpoint in ("/pq", "/sqlx", "/gorm", "/bun", "/fanout", "/workers"):
            with self.subTest(endpoint):
                subject = self.found[endpoint]["subject"]
                self.assertEqual(("stack", "store/store.go", self.wanted(endpoint)),
                                 (subject.get("located"), subject["file"], subject["line"]))

    def test_the_stack_leads_to_the_handler(self):
        functions = [frame["function"].rsplit("/", 1)[-1] for frame in self.found["/fanout"]["subject"]["stack"]]
        self.assertEqual(["store.(*Store).FannedOut.func1", "store.(*Store).FannedOut"], functions[:2])
        self.assertTrue(functions[-1].startswith("main."), functions)
        functions = [frame["function"].rsplit("/", 1)[-1] for frame in self.found["/pq"]["subject"]["stack"]]
        self.assertEqual(["store.(*Store).one", "store.(*Store).ByDriver"], functions[:2])
        functions = [frame["function"].rsplit("/", 1)[-1] for frame in self.found["/workers"]["subject"]["stack"]]
        self.assertEqual(["store.(*Store).work", "store.Open"], functions)

    def test_remedies_speak_the_library(self):
        for endpoint, word in (("/pq", "pq.Array"), ("/sqlx", "sqlx.In"), ("/gorm", "Preload"), ("/bun", ".Relation"),
                               ("/fanout", "pgx.Batch")):
            with self.subTest(endpoint):
                self.assertIn(word, self.found[endpoint]["remedy"])

    def test_it_is_shown(self):
        number = self.found["/gorm"]["id"].removeprefix("f")
        shown = harness.hone("show", number, "--dir", str(self.benchmarks), timeout=30)
        self.assertEqual(0, shown.returncode, shown.stderr)
        self.assertRegex(shown.stdout, r"Called from\n    store/store.go:\d+  store\.\(\*Store\)\.ByGorm\n    main\.go:20  main\.")
        self.assertNotIn("guess by its text", shown.stdout)

    def test_dumps_are_kept_without_values(self):
        captures = [capture for capture in self.report["captures"] if capture["kind"] == "pprof.goroutines"]
        self.assertGreaterEqual(len(captures), 6)
        exported = self.place.folder / "exported"
        ran = harness.hone("evidence", "export", "--dir", str(self.benchmarks), "--output", str(exported), timeout=60)
        self.assertEqual(0, ran.returncode, ran.stderr)
        dumps = [path.read_text() for path in exported.rglob("*") if path.is_file() and path.read_bytes().startswith(b"goroutine ")]
        self.assertTrue(dumps)
        # Line by line: a folder's chance name may hold "0x", arguments and offsets may not be there at all.
        kept = re.compile(r"goroutine \d+ \[[A-Za-z() ]+\]:|[^\t].*\(\.\.\.\)|created by .*[^)]|\t/.*:\d+|")
        for line in (line for dump in dumps for line in dump.splitlines()):
            self.assertRegex(line, rf"\A(?:{kept.pattern})\Z")

    def test_counts_are_as_without(self):
        self.assertRegex(self.report["headline"], r"All [0-9,]+ statements counted agree with the server's own count")

    def test_nothing_is_changed_or_left(self):
        self.assertEqual(self.before, hashes(self.place.shop))
        self.assertEqual([], self.place.processes())
        self.assertEqual([], self.place.left_behind())

    def test_without_pprof_a_line_is_a_guess(self):
        place = self.place.folder / "guess"
        shutil.copytree(self.place.shop, place, ignore=shutil.ignore_patterns(".hone"))
        config = place / "benchmarks" / "hone.toml"
        config.write_text('[pprof]\nmode = "as-is"\n' + config.read_text())
        ran = harness.hone("sql", "--dir", str(config.parent), "--endpoint", "GET /pq", "--endpoint", "GET /gorm", env=self.place.env())
        self.assertEqual(0, ran.returncode, ran.stderr)
        self.assertEqual(1, ran.stdout.count("(guess by its text)"), ran.stdout)


class Ent(unittest.TestCase):
    """ent's code is generated into the service's own module: a stack passes it before it comes to a line of a person's."""

    def test_the_line_and_the_remedy_are_of_the_service(self):
        place = harness.Workspace(ENT_CALLERS)
        self.addCleanup(place.__exit__)
        subprocess.run(["go", "generate", "./ent"], cwd=place.shop, check=True, timeout=300)
        ran = harness.hone("sql", "--dir", str(place.shop / "benchmarks"), "--json", env=place.env(), timeout=300)
        self.assertTrue(ran.stdout, ran.stderr)
        # On a busy machine its logic may take longer than its budget, too.
        findings = [found for found in harness.report(ran)["findings"] if not found["rule"].startswith("budget.")]
        self.assertEqual([("sql.n_plus_one", "GET /each")], [(found["rule"], found["subject"]["endpoint"]) for found in findings])
        subject = findings[0]["subject"]
        source = (ENT_CALLERS / "main.go").read_text().splitlines()
        wanted = next(number for number, line in enumerate(source, 1) if line.endswith("// want"))
        self.assertEqual(("stack", "main.go", wanted), (subject.get("located"), subject["file"], subject["line"]))
        self.assertIn("`With...`", findings[0]["remedy"])


if __name__ == "__main__":
    unittest.main()

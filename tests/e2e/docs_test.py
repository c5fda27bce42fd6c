"""The documentation says what hone does: its command lines parse, its options are all there, its links and examples hold."""

import functools
import json
import pathlib
import re
import shlex
import tempfile
import tomllib
import unittest

import harness

DOCS = harness.ROOT / "docs"
README = harness.ROOT / "README.md"
VERB_PAGES = sorted((DOCS / "verbs").glob("*.md"))
PAGES = [README, *sorted(DOCS.rglob("*.md"))]
SCREEN_COLUMNS = 80
UNKNOWN = "--not-an-option"

# A page describes these; options of all subcommands of `evidence` stand in one table before their own.
VERBS = {
    "init.md": ["init"], "doctor.md": ["doctor"], "check.md": ["check"], "show.md": ["show"], "accept.md": ["accept"],
    "evidence.md": ["evidence list", "evidence show", "evidence recompute", "evidence export", "evidence gc", "evidence purge"],
    "profile.md": ["profile"], "sql.md": ["sql", "sql proxy"], "load-run.md": ["load run"],
    "pool.md": ["pool"],
}


def name(page):
    return str(page.relative_to(harness.ROOT))


def fences(page):
    """The fenced blocks of a page: (language, text)."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)


def blocks(page, *languages):
    return [text for language, text in fences(page) if language in languages]


def command_lines(page):
    """The hone command lines of a page: in consoles those behind a `$`, in shell blocks and nameless blocks those that begin so."""
    for language, text in fences(page):
        for line in text.splitlines():
            prompt = re.match(r"\$ (hone .*)", line) if language == "console" else None
            plain = re.match(r"(hone .*)", line) if language in ("", "sh") else None
            if prompt or plain:
                yield re.split(r"  +|\s[>|&#]", (prompt or plain)[1])[0]


@functools.cache
def help_of(verb):
    ran = harness.hone(*shlex.split(verb), "--help", patient=False, timeout=20)
    if ran.returncode != 0:
        raise AssertionError(f"hone {verb} --help: {ran.stderr}")
    return ran.stdout


def names_in_help(verb):
    """Options and positionals of a verb, each with all its spellings."""
    names = set()
    section = ""
    for line in help_of(verb).splitlines():
        heading = re.match(r"(\w+):$", line)
        section = heading[1] if heading else section
        entry = re.match(r"  (\S+)", line)
        if entry and section in ("Options", "Positionals"):
            names |= set(entry[1].split(","))
    return names


def names_in_tables(text):
    """What stands in back quotes in the first column of the tables whose head is `Option`."""
    names = set()
    for table in re.findall(r"^\| Option \|.*\n\|[-| ]+\n((?:\|.*\n)+)", text, re.MULTILINE):
        for row in table.splitlines():
            names |= set(re.findall(r"`([^`]+)`", row.split("|")[1]))
    return names


def names_on_page(page, verb):
    """What the page says of the verb: for a subcommand its own section and, of `evidence`, what all of them have."""
    text = page.read_text()
    verbs = VERBS[page.name]
    if len(verbs) == 1:
        return names_in_tables(text)
    sections = re.split(r"^## ", text, flags=re.MULTILINE)
    own = "".join(section for section in sections if section.startswith(f"hone {verb}\n"))
    common = sections[0] if verb.startswith("evidence") or not own else ""
    return names_in_tables(common + own)


def implemented_rules():
    source = (harness.ROOT / "src" / "evidence" / "rule_registry.cc").read_text()
    entries = re.findall(r'\{"([a-z]+\.[a-z_]+)",\s*"(.*?)",\s*k\w+(,\s*kNow)?\}', source, re.DOTALL)
    return {rule: summary for rule, summary, now in entries if now}


def anchors(page):
    """The anchors of a page's headings, as the usual renderers make them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def complaint(line):
    """What hone says of a command line, with one option behind it that does not exist: so all of it is parsed, and nothing is done."""
    ran = harness.hone(*shlex.split(line)[1:], UNKNOWN, patient=False, timeout=20)
    return ran.stderr.partition(". ")[0]


class CommandLines(unittest.TestCase):
    def test_every_command_line_parses(self):
        seen = 0
        for page in [README, *VERB_PAGES]:
            for line in command_lines(page):
                seen += 1
                with self.subTest(page=name(page), line=line):
                    self.assertEqual(f"hone: The following argument was not expected: {UNKNOWN}", complaint(line))
        self.assertGreater(seen, 20)

    def test_every_verb_has_its_page(self):
        self.assertEqual(sorted(VERBS), [page.name for page in VERB_PAGES])
        documented = {verb.split()[0] for verbs in VERBS.values() for verb in verbs}
        self.assertEqual(set(re.findall(r"^  ([a-z]+) ", help_of("").split("Subcommands:")[1], re.MULTILINE)), documented)

    def test_options_are_those_of_the_help(self):
        for page in VERB_PAGES:
            for verb in VERBS[page.name]:
                with self.subTest(verb=verb):
                    self.assertEqual(names_in_help(verb), names_on_page(page, verb))

    def test_verbs_that_read_evidence_say_where_there_is_none(self):
        with tempfile.TemporaryDirectory() as folder:
            for verb in ("show", "evidence list", "evidence recompute"):
                with self.subTest(verb=verb):
                    ran = harness.hone(*verb.split(), "--dir", folder, patient=False, timeout=20)
                    self.assertEqual((2, ""), (ran.returncode, ran.stdout))
                    self.assertIn("There is no ledger yet", ran.stderr)


class Examples(unittest.TestCase):
    def test_json_is_json(self):
        for page in PAGES:
            for text in blocks(page, "json"):
                with self.subTest(page=name(page), text=text[:60]):
                    json.loads(text)

    def test_toml_is_toml(self):
        for page in PAGES:
            for text in blocks(page, "toml"):
                with self.subTest(page=name(page), text=text[:60]):
                    tomllib.loads(text)

    def test_the_readmes_hone_toml_is_one(self):
        self.read_by_doctor(blocks(README, "toml")[0])

    def test_the_reference_is_a_hone_toml(self):
        """Every key of the reference is known to hone: it complains of nothing but files that do not exist."""
        text = blocks(DOCS / "hone-toml.md", "toml")[0]
        self.read_by_doctor(text)

    def test_the_examples_beside_the_reference_are_too(self):
        examples = [text for text in blocks(DOCS / "hone-toml.md", "toml")[1:] if "[service]" in text]
        self.assertGreaterEqual(len(examples), 3)
        for text in examples:
            with self.subTest(text=text[:200]):
                self.read_by_doctor(text)

    def read_by_doctor(self, text):
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder)
            (place / "benchmarks").mkdir()
            (place / "benchmarks" / "hone.toml").write_text(text)
            (place / "migrations").mkdir()
            (place / "migrations" / "0001_orders.up.sql").write_text("create table orders (id bigint);\n")
            ran = harness.hone("doctor", "--dir", str(place / "benchmarks"), "--json", patient=False, timeout=60)
            checks = {check["name"]: check for check in json.loads(ran.stdout)["checks"]}
            self.assertEqual("ok", checks["hone.toml"]["health"], checks["hone.toml"])

    def test_the_readmes_screen_fits_a_terminal(self):
        wide = [line for text in blocks(README, "console") for line in text.splitlines() if len(line) > SCREEN_COLUMNS]
        self.assertEqual([], wide)

    def test_no_path_of_a_machine_is_told(self):
        told = [(name(page), found) for page in PAGES for found in re.findall(r"/(?:root|work|tmp)/[\w./-]+", page.read_text())]
        self.assertEqual([], [entry for entry in told if not entry[1].startswith("/tmp/hone-")])


class Links(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for page in PAGES:
            for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
                if re.match(r"[a-z]+:", target):
                    continue
                with self.subTest(page=name(page), target=target):
                    path, _, anchor = target.partition("#")
                    file = (page.parent / path).resolve() if path else page
                    self.assertTrue(file.exists())
                    if anchor:
                        self.assertIn(anchor, anchors(file))

    def test_every_page_is_linked_from_the_index(self):
        index = DOCS / "README.md"
        linked = {(DOCS / target.partition("#")[0]).resolve() for target in re.findall(r"\]\(([^)\s]+)\)", index.read_text())}
        self.assertEqual([], [name(page) for page in sorted(DOCS.rglob("*.md")) if page != index and page.resolve() not in linked])


class Rules(unittest.TestCase):
    def test_every_rule_has_its_page_and_its_line(self):
        rules = implemented_rules()
        self.assertGreaterEqual(len(rules), 10)
        self.assertEqual(sorted(rules), sorted(page.stem for page in (DOCS / "rules").glob("*.md")))
        index = (DOCS / "README.md").read_text()
        for rule, summary in rules.items():
            with self.subTest(rule=rule):
                self.assertTrue((DOCS / "rules" / f"{rule}.md").read_text().startswith(f"# {rule}\n"))
                self.assertIn(f"| [{rule}](rules/{rule}.md) | {summary} |", index)


if __name__ == "__main__":
    unittest.main()

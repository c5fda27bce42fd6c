"""Holds a report against a testbed's truth.toml."""

import tomllib


def read(service):
    with open(service / "truth.toml", "rb") as file:
        return tomllib.load(file)


def lines_of(service, entry):
    """The lines of the file that hold the entry's text."""
    lines = (service / entry["file"]).read_text().splitlines()
    return [number for number, line in enumerate(lines, 1) if entry["line_contains"] in line]


def same(entry, finding):
    """Whether a finding is the one that an entry of truth.toml names."""
    if "rule" in entry and entry["rule"] != finding["rule"]:
        return False
    if "endpoint" in entry and entry["endpoint"] != finding["subject"].get("endpoint"):
        return False
    if "rule" not in entry and "endpoint" not in entry:
        return entry.get("query") == finding["subject"]["name"]
    return True


def missing(truth, findings, rules=None):
    """The entries that must be reported and are not."""
    wanted = [entry for entry in truth["must"] if rules is None or entry["rule"].startswith(rules)]
    return [f"{entry['rule']} at {entry['endpoint']}" for entry in wanted if not any(same(entry, finding) for finding in findings)]


def silent(truth, report):
    """The entries on the service's own work that are neither reported nor said not to be judged."""
    not_judged = " ".join(entry["subject"] for entry in report["not_judged"])
    return [f"{entry['rule']} at {entry['endpoint']}" for entry in truth["must"]
            if entry["rule"].startswith(("cpu.", "alloc.", "leak.", "budget."))
            and not any(same(entry, finding) for finding in report["findings"])
            and entry["endpoint"] not in not_judged]


BUDGETS_MS = {"budget.db": 5, "budget.logic": 1}


def _of_a_slow_machine(finding):
    """A budget of which less than twice is taken: true where it was measured, which may be a machine of half the speed."""
    return finding["rule"] in BUDGETS_MS and finding["worth"]["time_loopback_ms"] < BUDGETS_MS[finding["rule"]]


def false(truth, findings, rules=None, slow_machine=False):
    """The findings that are neither demanded nor allowed."""
    allowed = truth["must"] + truth.get("may", [])
    if slow_machine:
        findings = [finding for finding in findings if not _of_a_slow_machine(finding)]
    return [f"{finding['rule']} at {finding['subject'].get('endpoint')}: {finding['title']}"
            for finding in findings
            if (rules is None or finding["rule"].startswith(rules)) and not any(same(entry, finding) for entry in allowed)]


def _there(service, entry, finding):
    subject = finding["subject"]
    return subject.get("file") == entry["file"] and subject.get("line") in lines_of(service, entry)


def misplaced(truth, findings, service):
    """Demanded lines that no finding points to, and demanded findings that point elsewhere."""
    placed = [entry for entry in truth["must"] if "line_contains" in entry]
    wrong = []
    for entry in placed:
        found = [finding for finding in findings if same(entry, finding)]
        if found and not any(_there(service, entry, finding) for finding in found):
            wrong.append(f"{entry['rule']} at {entry['endpoint']}: nothing at {entry['file']} ({entry['line_contains']})")
    for finding in findings:
        entries = [entry for entry in placed if same(entry, finding)]
        if entries and not any(_there(service, entry, finding) for entry in entries):
            subject = finding["subject"]
            wrong.append(f"{finding['rule']} at {subject.get('endpoint')}: at {subject.get('file')}:{subject.get('line')}")
    return wrong

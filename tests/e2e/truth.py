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


def false(truth, findings, rules=None):
    """The findings that are neither demanded nor allowed."""
    allowed = truth["must"] + truth.get("may", [])
    return [f"{finding['rule']} at {finding['subject'].get('endpoint')}: {finding['title']}"
            for finding in findings
            if (rules is None or finding["rule"].startswith(rules)) and not any(same(entry, finding) for entry in allowed)]


def misplaced(truth, findings, service):
    """Demanded findings that do not point to the line that truth.toml names."""
    wrong = []
    for entry in truth["must"]:
        if "line_contains" not in entry:
            continue
        for finding in findings:
            if not same(entry, finding):
                continue
            subject = finding["subject"]
            if subject.get("file") != entry["file"] or subject.get("line") not in lines_of(service, entry):
                wrong.append(f"{entry['rule']} at {subject.get('file')}:{subject.get('line')}, not {entry['file']} ({entry['line_contains']})")
    return wrong

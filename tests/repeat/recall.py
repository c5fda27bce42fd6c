"""Checks testbeds several times and holds each report against its truth: recall, false findings, places, time.

    python3 tests/repeat/recall.py --runs 10 [--service shop parcels ...; default: all]

Those whose defects are all in the database are asked by `hone sql`, the counting half of a check.
"""

import argparse
import contextlib
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402
import truth as truths  # noqa: E402

LEAST_RECALL = 0.98
SERVICES = ["shop", "parcels", "meters", "desk", "helpdesk", "notes"]
BY_STATEMENTS = {"desk", "helpdesk", "notes"}


class Score:
    """What all runs found of what they had to, and what was wrong."""

    def __init__(self):
        self.demanded = 0
        self.found = 0
        self.wrong = []

    def check(self, workspace, run):
        """Checks one service and adds up; the seconds that it took."""
        service = workspace.shop.name
        truth = truths.read(workspace.shop)
        started = time.monotonic()
        verb = "sql" if service in BY_STATEMENTS else "check"
        completed = harness.hone(verb, "--dir", str(workspace.config.parent), "--json", env=workspace.env(),
                                 timeout=harness.CHECK_SECONDS)
        seconds = time.monotonic() - started
        if completed.returncode not in (0, 3):
            sys.exit(f"run {run}: hone exited with {completed.returncode} on {service}: {completed.stderr}")
        findings = harness.report(completed)["findings"]
        missing = truths.missing(truth, findings)
        false = truths.false(truth, findings)
        misplaced = truths.misplaced(truth, findings, workspace.shop)
        self.demanded += len(truth["must"])
        self.found += len(truth["must"]) - len(missing)
        self.wrong += false + misplaced
        print(f"run {run}: {service}: {seconds:.0f} s, {len(findings)} findings, missing {missing}, false {false}, "
              f"misplaced {misplaced}", flush=True)
        return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--service", nargs="+", default=SERVICES, help="folders of go/testbed")
    arguments = parser.parse_args()
    score = Score()
    with contextlib.ExitStack() as stack:
        workspaces = [stack.enter_context(harness.Workspace(harness.SHOP.parent / service)) for service in arguments.service]
        for run in range(1, arguments.runs + 1):
            seconds = sum(score.check(workspace, run) for workspace in workspaces)
            print(f"run {run}: {seconds:.0f} s in all", flush=True)
    recall = score.found / score.demanded
    print(f"recall {recall:.3f} ({score.found} of {score.demanded}) over {arguments.runs} runs, {len(score.wrong)} wrong")
    sys.exit(0 if recall >= LEAST_RECALL and not score.wrong else 1)


if __name__ == "__main__":
    main()

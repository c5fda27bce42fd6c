"""Checks a testbed several times and holds each report against its truth: recall, false findings, places, time.

    python3 tests/repeat/recall.py --runs 10 [--service parcels]
"""

import argparse
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402
import truth as truths  # noqa: E402

LEAST_RECALL = 0.98


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--service", default=harness.SHOP.name, help="a folder of go/testbed")
    arguments = parser.parse_args()
    runs = arguments.runs
    service = harness.SHOP.parent / arguments.service
    truth = truths.read(service)
    demanded = found = 0
    wrong = []
    with harness.Workspace(service) as workspace:
        for run in range(1, runs + 1):
            started = time.monotonic()
            completed = workspace.check("--json")
            seconds = time.monotonic() - started
            if completed.returncode not in (0, 3):
                sys.exit(f"run {run}: hone exited with {completed.returncode}: {completed.stderr}")
            findings = harness.report(completed)["findings"]
            missing = truths.missing(truth, findings)
            false = truths.false(truth, findings)
            misplaced = truths.misplaced(truth, findings, workspace.shop)
            demanded += len(truth["must"])
            found += len(truth["must"]) - len(missing)
            wrong += false + misplaced
            print(f"run {run}: {seconds:.0f} s, {len(findings)} findings, missing {missing}, false {false}, misplaced {misplaced}", flush=True)
    recall = found / demanded
    print(f"recall {recall:.3f} over {runs} runs, {len(wrong)} wrong")
    sys.exit(0 if recall >= LEAST_RECALL and not wrong else 1)


if __name__ == "__main__":
    main()

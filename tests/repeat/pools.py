"""Runs `hone pool` on services whose best size is known, several times, and holds each report against the truth.

    python3 tests/repeat/pools.py --runs 3 [--case starved interior] [--for 90s]

Right is a size whose own interval reaches the best, which is at most 1.5 times the smallest size that truly is as good,
and has a true percentile of at most 1.2 times the best; the verdict, and what is nested, as go/testbed/basins/truth.toml has them. An
inconclusive run is counted apart: it says that it does not know.
"""

import argparse
import pathlib
import sys
import time
import tomllib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402

BASINS = harness.ROOT / "go" / "testbed" / "basins"
# A size is truly as good as the best within this factor, and recommended rightly within the second.
GOOD = 1.1
NEAR = 1.2
AT_MOST = 1.5
LEAST_RIGHT = 0.85
# As `hone pool` has it (src/load/thresholds.h).
AS_GOOD = 1.03


def recommended(report):
    """The size, or None."""
    sizes = [int(advice["value"]) for advice in report.get("advice", []) if advice["setting"].startswith("MaxConns")]
    return sizes[0] if sizes else None


def quantile(report):
    """What the report's sizes were compared at: 0.99, 0.95 or 0.9."""
    return next(each["value"] for each in report["measurements"] if each["metric"] == "pool.quantile")


def tail(tails, size):
    """The true percentile of a size over the best one's."""
    return tails[min(size, len(tails)) - 1] / min(tails)


def reaches_best(report, size):
    """Whether the interval of a size's ratio to the best reaches it, in the report's own words."""
    for each in report["measurements"]:
        if each["metric"] == "pool.response_ratio" and each["parameters"]["size"] == str(size):
            return each["value"] == 1 or each["ci"][0] <= AS_GOOD
    return False


def wrong_size(truth, report):
    """What a recommended size has wrong, as text; empty: nothing."""
    size = recommended(report)
    if size is None:
        return "recommends nothing"
    if not reaches_best(report, size):
        return f"recommends {size}, which its own interval excludes"
    at = f"p{quantile(report) * 100:.0f}"
    tails = truth[at + "_ms"]
    smallest = next(each for each in range(1, len(tails) + 1) if tail(tails, each) <= GOOD)
    if size > AT_MOST * smallest:
        return f"recommends {size}, where {smallest} are as good by {at}"
    if tail(tails, size) > NEAR:
        return f"recommends {size}, whose true {at} is {tail(tails, size):.2f} times the best"
    return ""


def wrong(truth, report):
    """What a report has wrong, as texts; nothing: it is right."""
    faults = []
    if report["verdict"] not in truth["verdict"]:
        faults.append(f"verdict {report['verdict']}")
    nested = {finding["subject"]["endpoint"] for finding in report["findings"] if finding["rule"] == "pool.nested_acquire"}
    if nested != set(truth.get("nested", [])):
        faults.append(f"nested {sorted(nested)}")
    if "truth" in truth and wrong_size(truth, report):
        faults.append(wrong_size(truth, report))
    if not truth.get("number", True) and recommended(report) is not None:
        faults.append(f"recommends {recommended(report)}")
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    truths = tomllib.loads((BASINS / "truth.toml").read_text())
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--case", nargs="+", default=list(truths), choices=list(truths))
    parser.add_argument("--for", dest="duration", default="90s")
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for the reports")
    arguments = parser.parse_args()
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    right, judged, unsure = 0, 0, 0
    with harness.Workspace(BASINS) as workspace:
        for run in range(1, arguments.runs + 1):
            for case in arguments.case:
                started = time.monotonic()
                ran = harness.hone("pool", "--dir", str(workspace.shop / case), "--for", arguments.duration, "--json",
                                   env=workspace.env(), timeout=900)
                if ran.returncode not in (0, 3):
                    sys.exit(f"run {run}: hone exited with {ran.returncode} on {case}: {ran.stderr}")
                if arguments.keep:
                    (arguments.keep / f"{case}-{time.time_ns()}.json").write_text(ran.stdout)
                report = harness.report(ran)
                faults = wrong(truths[case], report)
                inconclusive = report["verdict"] == "inconclusive"
                unsure += inconclusive
                judged += not inconclusive
                right += not inconclusive and not faults
                print(f"run {run}: {case}: {time.monotonic() - started:.0f} s, {report['headline']}; "
                      f"{'inconclusive' if inconclusive else '; '.join(faults) or 'right'}", flush=True)
    print(f"{right} of {judged} right, {unsure} inconclusive")
    sys.exit(0 if judged > 0 and right >= LEAST_RIGHT * judged else 1)


if __name__ == "__main__":
    main()

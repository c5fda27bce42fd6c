"""Runs `hone pool` on services whose best size is known, several times, and holds each report against the truth.

    python3 tests/repeat/pools.py --runs 3 [--case starved interior] [--for 60s]

Right is a size that its own report calls as good as the best, at most 1.5 times the smallest size that truly is, with a
true p99 of at most 1.2 times the best; the verdict, and what is nested, as go/testbed/basins/truth.toml has them. An
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
# A size is truly as good as the best within this factor of its p99, and recommended rightly within the second.
GOOD = 1.1
NEAR = 1.2
AT_MOST = 1.5
LEAST_RIGHT = 0.85


def recommended(report):
    """The size, or None."""
    sizes = [int(advice["value"]) for advice in report.get("advice", []) if advice["setting"].startswith("MaxConns")]
    return sizes[0] if sizes else None


def tail(truth, size):
    """The true p99 of a size over the best one's."""
    tails = truth["p99_ms"]
    return tails[min(size, len(tails)) - 1] / min(tails)


def smallest_good(truth):
    return next(size for size in range(1, 65) if tail(truth, size) <= GOOD)


def overlapping(report):
    """The sizes whose paired interval reaches the best, of a report's measurements."""
    found = {}
    for measurement in report["measurements"]:
        if measurement["metric"] == "pool.response_ratio" and measurement["validity"] == "VALID":
            found[int(measurement["parameters"]["size"])] = measurement
    return {size for size, ratio in found.items() if ratio["value"] == 1 or ratio["ci"][0] <= 1}


def wrong(truth, report):
    """What a report has wrong, as texts; nothing: it is right."""
    faults = []
    if report["verdict"] not in truth["verdict"]:
        faults.append(f"verdict {report['verdict']}")
    nested = {finding["subject"]["endpoint"] for finding in report["findings"] if finding["rule"] == "pool.nested_acquire"}
    if nested != set(truth.get("nested", [])):
        faults.append(f"nested {sorted(nested)}")
    size = recommended(report)
    if "p99_ms" not in truth:
        return faults + ([f"recommends {size}"] if size is not None and report["verdict"] == "queries" else [])
    if size is None:
        return faults + ["recommends nothing"]
    if size > AT_MOST * smallest_good(truth) or tail(truth, size) > NEAR:
        faults.append(f"recommends {size}, whose true p99 is {tail(truth, size):.2f} times the best")
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    truths = tomllib.loads((BASINS / "truth.toml").read_text())
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--case", nargs="+", default=list(truths), choices=list(truths))
    parser.add_argument("--for", dest="duration", default="60s")
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for the reports")
    arguments = parser.parse_args()
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

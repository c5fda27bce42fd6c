"""What size a pool of go/testbed/basins should have: its queue, simulated event by event.

    python3 tests/repeat/pool_truth.py --rate 50 --ms 50 [--crowd] [--sizes 12]

Requests come by a Poisson process, wait for a connection first come first served, and hold it for the time that the
database sleeps. For each size, percentiles of the time from arrival to answer, over many windows that begin idle: what
truth.toml holds.
"""

import argparse
import heapq
import random

# Of a request, beside the sleep: pg_sleep's grain of a millisecond, the wire, the statement.
OVERHEAD_MS = 0.7
# crowd() of basins.sql.
KNEE = 4
GROWTH = 1.6


def window(rate, ms, crowd, size, seconds, random_):
    """Response times in ms of the requests of one window."""
    now, free, busy, waiting, answers = 0.0, size, [], [], []

    def begin(arrived, at):
        nonlocal free
        free -= 1
        held = size - free
        length = ms * (GROWTH ** max(held - KNEE, 0) if crowd else 1) + OVERHEAD_MS
        heapq.heappush(busy, at + length)
        answers.append(at + length - arrived)

    def finish(until):
        nonlocal free
        while busy and busy[0] <= until:
            at = heapq.heappop(busy)
            free += 1
            if waiting:
                begin(waiting.pop(0), at)

    while now < seconds * 1000:
        now += random_.expovariate(rate) * 1000
        finish(now)
        if free > 0:
            begin(now, now)
        else:
            waiting.append(now)
    finish(float("inf"))
    return answers


QUANTILES = (0.9, 0.95, 0.99)


def tails(rate, ms, crowd, sizes, seconds=4.0, windows=200):
    """For each of QUANTILES the response time in ms of pools of 1 to `sizes` connections; all meet the same arrivals."""
    result = {quantile: [] for quantile in QUANTILES}
    for size in range(1, sizes + 1):
        answers = []
        for seed in range(windows):
            answers += window(rate, ms, crowd, size, seconds, random.Random(seed))
        answers.sort()
        for quantile in QUANTILES:
            result[quantile].append(round(answers[int(quantile * len(answers))], 1))
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, required=True, help="requests a second")
    parser.add_argument("--ms", type=float, required=True, help="of sleep in a request")
    parser.add_argument("--crowd", action="store_true", help="as crowd() of basins.sql sleeps")
    parser.add_argument("--sizes", type=int, default=12)
    arguments = parser.parse_args()
    for quantile, found in tails(arguments.rate, arguments.ms, arguments.crowd, arguments.sizes).items():
        print(f"p{quantile * 100:.0f}_ms = {found}")


if __name__ == "__main__":
    main()

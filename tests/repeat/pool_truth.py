"""What size a pool of go/testbed/basins should have: its queue, simulated event by event.

    python3 tests/repeat/pool_truth.py --rate 250 --ms 10 [--crowd] [--sizes 16]

Requests come by a Poisson process, wait for a connection first come first served, and hold it for the time that the
database sleeps. For each size the 99th percentile of the time from arrival to answer, over many windows that begin idle.
"""

import argparse
import heapq
import random

# Of a hold, beside the sleep: pg_sleep's grain, the wire, the statement. Measured by `hone pool` on the testbed (pool.hold).
OVERHEAD_MS = 0.7
# crowd() of basins.sql.
KNEE = 4
GROWTH = 1.6
# As good as the best: within this factor.
GOOD = 1.1


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


def tails(rate, ms, crowd, sizes, seconds=4.0, windows=200):
    """The p99 in ms for each size from 1 to `sizes`; all meet the same arrivals."""
    result = {}
    for size in range(1, sizes + 1):
        answers = []
        for seed in range(windows):
            answers += window(rate, ms, crowd, size, seconds, random.Random(seed))
        answers.sort()
        result[size] = answers[int(0.99 * len(answers))]
    return result


def good(tails_):
    """The sizes that are as good as the best."""
    best = min(tails_.values())
    return [size for size, tail in tails_.items() if tail <= GOOD * best]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--ms", type=float, required=True)
    parser.add_argument("--crowd", action="store_true")
    parser.add_argument("--sizes", type=int, default=16)
    parser.add_argument("--windows", type=int, default=200)
    arguments = parser.parse_args()
    found = tails(arguments.rate, arguments.ms, arguments.crowd, arguments.sizes, windows=arguments.windows)
    for size, tail in found.items():
        print(f"{size:3} {tail:8.1f} ms  {tail / min(found.values()):.2f}x")
    print("good:", good(found))


if __name__ == "__main__":
    main()

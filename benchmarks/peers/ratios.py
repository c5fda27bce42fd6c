"""Medians of ratios that were measured in rounds: `ratios.py FILE`, a line of "name numerator denominator" for each round of each name.

Prints a line for each name, in the order of the file: the median over the rounds, and its 95 % order-statistic interval.
"""
import math
import sys


def interval(ratios):
    """The order statistics between which the median lies with at least 95 %; none where there are too few."""
    n = len(ratios)
    # The largest k with P(fewer than k of n below the median) <= 2.5 %.
    k, tail = 0, 0.0
    while tail + math.comb(n, k) / 2**n <= 0.025:
        tail += math.comb(n, k) / 2**n
        k += 1
    return (ratios[k - 1], ratios[n - k]) if k > 0 else None


rounds = {}
for line in open(sys.argv[1]):
    name, numerator, denominator = line.rsplit(maxsplit=2)
    if float(denominator) != 0:  # of what a proxy adds, which may be nothing
        rounds.setdefault(name, []).append(float(numerator) / float(denominator))
for name, ratios in rounds.items():
    ratios.sort()
    median = (ratios[(len(ratios) - 1) // 2] + ratios[len(ratios) // 2]) / 2
    within = interval(ratios)
    print(f"{name}: {median:.3f}" + (f" ({within[0]:.3f} to {within[1]:.3f})" if within else "") + f", {len(ratios)} rounds")

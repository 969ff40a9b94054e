"""What a conversion costs once both unit codes were read, beside the multiplication that it is made of.

Bound: 2 microseconds. Read the ratio: the times belong to the machine.
"""

from __future__ import annotations

import statistics
import sys
import timeit
from fractions import Fraction
from functools import partial
from operator import mul

from dsl.values import Quantity, convert

ROUNDS = 21
REPEATS = 20_000
BOUND = 2.0
PAIRS = (
    (Quantity(Fraction("150.5"), "[lb_av]"), "kg"),
    (Quantity(Fraction(149_999), "/uL"), "10*3/uL"),
    (Quantity(Fraction("1.8"), "mg/dL"), "g/L"),
    (Quantity(Fraction("5.4"), "L/h"), "mL/min"),
    (Quantity(Fraction("76.999"), "kg"), "kg"),
)


def main() -> None:
    """Measures and prints; the exit code says whether the bound held."""
    factor, missed = Fraction("0.45359237"), False
    for amount, unit in PAIRS:
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(timeit.timeit(partial(convert, amount, unit), number=REPEATS))
            theirs.append(timeit.timeit(partial(mul, amount.value, factor), number=REPEATS))
        taken, yardstick = (statistics.median(each) / REPEATS * 1e6 for each in (ours, theirs))
        missed |= taken > BOUND
        print(
            f"  {amount.unit:8} to {unit:8} {taken:5.2f} us, "
            f"a Fraction multiplication {yardstick:5.2f} us, ratio {taken / yardstick:4.2f}"
        )
    if missed:
        sys.exit(f"  bound MISSED: a conversion above {BOUND} us")
    print(f"  bounds: all held ({BOUND} us)")


if __name__ == "__main__":
    main()

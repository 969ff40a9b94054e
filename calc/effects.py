"""Effects of a treatment in a population and its strata: absolute risk reductions and what follows of them.

A reduction is the risk of the untreated minus the risk of the treated: above zero the treatment helps.
Numbers are exact wherever the formula is a quotient; a root gives a float.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from calc.errors import NoAnswer

NEGLIGIBLE: Final = Fraction(1, 10**12)
"""A reduction nearer to zero than this is none: no number of people is stated for it."""

Z95: Final = 1.9599639845400536
"""The standard normal deviate that 97.5 % lie below."""

UNCERTAIN: Final = frozenset({"uncertain", "indeterminate"})
"""Words for a call that was made and tells nothing."""

Kind = Literal["NNTB", "NNTH", "none"]
Action = Literal["treat", "do-not-treat", "uncertain", "determine-X-first"]
Gate = Literal["in-label", "off-label-do-not-suggest", "test-before-treating", "indeterminate"]


def mixed_reduction(carriers: Fraction, without: Fraction, carrying: Fraction) -> Fraction:
    """Reduction in a population: (1 - p) * ARR0 + p * ARR1, where `carriers` is p, the share with X = 1."""
    return (1 - carriers) * without + carriers * carrying


def share_of_carriers(overall: Fraction, without: Fraction, carrying: Fraction) -> Fraction | None:
    """The share with X = 1 that makes the strata an average: (ARR0 - ARR) / (ARR0 - ARR1).

    None where no share from 0 to 1 does. Raises `NoAnswer` where every share does.
    """
    if without == carrying:
        if overall == without:
            raise NoAnswer("any-share", "both strata have the overall effect, so any share of them gives it")
        return None
    share = (without - overall) / (without - carrying)
    return share if 0 <= share <= 1 else None


@dataclass(frozen=True, slots=True)
class NumberNeeded:
    """How many people have to be treated for one event less (NNTB) or one more (NNTH)."""

    kind: Kind
    number: Fraction | None
    """None without an effect: there is no such number of people, however large."""


def number_needed(reduction: Fraction) -> NumberNeeded:
    """1 / |ARR| by its direction: Cook and Sackett, BMJ 1995;310:452-454, PMID 7873954."""
    if abs(reduction) < NEGLIGIBLE:
        return NumberNeeded("none", None)
    return NumberNeeded("NNTB" if reduction > 0 else "NNTH", 1 / abs(reduction))


def risk(events: Fraction, people: Fraction, arm: str) -> Fraction:
    """Events against people; raises `NoAnswer` that names the arm where it has none, or more events."""
    if people <= 0 or not 0 <= events <= people:
        raise NoAnswer(
            "arm", f"{arm}: {events} events in {people} people; expected people, and at most as many events"
        )
    return events / people


def wilson_interval(events: Fraction, people: Fraction) -> tuple[float, float]:
    """Score interval (95 %) of `risk`: Wilson, J Am Stat Assoc 1927;22:209-212."""
    square, total = Z95 * Z95, 2 * (float(people) + Z95 * Z95)
    middle = float(2 * events) + square
    reach = Z95 * math.sqrt(square + float(4 * events * (1 - events / people)))
    return max(0.0, (middle - reach) / total), min(1.0, (middle + reach) / total)


def reduction_interval(
    events_control: Fraction, control: Fraction, events_treated: Fraction, treated: Fraction
) -> tuple[float, float]:
    """Interval (95 %) of a reduction of which both arms were counted, from -1 to 1.

    The score intervals of both arms are squared and added, without correction for continuity: method 10 of
    Newcombe, Stat Med 1998;17:873-890, PMID 9595617. Raises `NoAnswer` as `risk`.
    """
    before, after = risk(events_control, control, "control"), risk(events_treated, treated, "treated")
    low_before, high_before = wilson_interval(events_control, control)
    low_after, high_after = wilson_interval(events_treated, treated)
    down = math.hypot(before - low_before, high_after - after)
    up = math.hypot(high_before - before, after - low_after)
    return max(-1.0, before - after - down), min(1.0, before - after + up)


def people_for(limit: float) -> float | None:
    """A limit of an interval as a number of people; None for zero, which stands for infinity."""
    return 1 / limit if limit >= NEGLIGIBLE else None


@dataclass(frozen=True, slots=True)
class Interaction:
    """Whether two strata differ by more than chance."""

    difference: Fraction
    error: float
    """Standard error of the difference."""
    z: float
    probability: float
    """Two-sided, of a difference as large if there were none."""


def interaction(
    first: Fraction, first_error: Fraction, second: Fraction, second_error: Fraction
) -> Interaction:
    """Test of the difference of two independent estimates: Altman and Bland, BMJ 2003;326:219, PMID 12543843.

    Raises `NoAnswer` where the standard errors are too small to divide by.
    """
    error = math.hypot(first_error, second_error)
    z = float(first - second) / error if error else math.inf
    if not math.isfinite(z):
        raise NoAnswer("no-error", "`se_x0` and `se_x1` are both zero, so the difference has no chance in it")
    return Interaction(first - second, error, z, math.erfc(abs(z) / math.sqrt(2)))


def action_in(low: Fraction, high: Fraction) -> Action:
    """What an interval of a reduction decides; one that reaches zero decides nothing."""
    return "treat" if low > 0 else "do-not-treat" if high < 0 else "uncertain"


def action_without_stratum(actions: Iterable[Action]) -> Action:
    """What to do while X is unknown: it has to be determined exactly if it may change what is done."""
    found = set(actions)
    return found.pop() if len(found) == 1 else "determine-X-first"


def variant_gate(alleles: Sequence[str] | None, label: Collection[str], needed: int | None) -> Gate:
    """Whether a drug that is licensed for some variants may be suggested; None where nobody tested.

    `needed` says of how many alleles the label speaks. Raises `NoAnswer` where the answer hangs on that and
    it is None: a heterozygous person is neither inside nor outside of a label that does not say.
    """
    if alleles is None:
        return "test-before-treating"
    if any(each in UNCERTAIN for each in alleles):
        return "indeterminate"
    count = sum(each in label for each in alleles)
    if needed is None and 0 < count < len(alleles):
        raise NoAnswer(
            "allele-count", f"`variant` is in the label with {count} of {len(alleles)}: give `alleles_needed`"
        )
    return "in-label" if count >= (needed or 1) else "off-label-do-not-suggest"

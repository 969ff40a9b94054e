"""Whether a risk label helps this person: material difference, an action, and more good than harm.

The point-estimate part of the guard's decision; every doubt withholds. Steps 6 to 11 of its specification.
"""

from __future__ import annotations

from fractions import Fraction

from dsl import Fact, LabelFacts, Quantity
from dsl.units import parse

MARGIN = Fraction(5, 10_000)
"""Net benefit that counts, in outcome equivalents per labelled person."""

LEAST_RATIO = Fraction(3, 2)
LEAST_DIFFERENCE = Fraction(5, 1000)
"""A difference is material if the risk ratio, either way, or the absolute difference reaches these."""


def reasons_to_withhold(facts: LabelFacts) -> frozenset[str]:
    """Why a label is not shown; empty if it may be. An unknown number is a reason."""
    if facts.applies is False:
        return frozenset({"not_applicable"})
    baseline, stratum = _number(facts.baseline), _number(facts.stratum)
    numbers = [(_number(benefit), _number(harm)) for _, benefit, harm in facts.actions]
    complete = [(benefit, harm) for benefit, harm in numbers if benefit is not None and harm is not None]
    if facts.applies is None or baseline is None or stratum is None or len(complete) < len(numbers):
        return frozenset({"insufficient_input"})
    if not complete:
        return frozenset({"no_intervention"})
    reasons = set()
    ratio = max(stratum / baseline, baseline / stratum) if baseline > 0 and stratum > 0 else None
    if abs(stratum - baseline) < LEAST_DIFFERENCE and (ratio is None or ratio < LEAST_RATIO):
        reasons.add("immaterial_difference")
    if max(benefit - harm for benefit, harm in complete) <= MARGIN:
        reasons.add("no_net_benefit")
    if facts.tightened is not True:
        reasons.add("tightened")
    return frozenset(reasons)


def _number(fact: Fact) -> Fraction | None:
    value = fact.possible[0] if fact.known else None
    return value.value * parse(value.unit).factor if isinstance(value, Quantity) else None

"""Rates and net benefit of a direct oral anticoagulant as rules ask for them, per 100 patient-years.

In a year, an event per 100 patient-years is taken for a probability of one per cent.

Rates of stroke: Friberg et al., Eur Heart J 2012;33:1500-1510, DOI 10.1093/eurheartj/ehr488. Major bleeds by
HAS-BLED: Pisters et al., Chest 2010;138:1093-1100, PMID 20299623; by ORBIT: O'Brien et al., Eur Heart J
2015;36:3258-3264, DOI 10.1093/eurheartj/ehv476.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Final

from calc.anticoagulation import Effects, Uncertainty, rates, uncertainty

EFFECTS: Final = Effects()
ORBIT_RATES: Final = tuple(map(Fraction, ("2.4", "2.4", "2.4", "4.7", "8.1", "8.1", "8.1", "8.1")))
"""Major bleeds by ORBIT, 0 to 7: low to 2, medium at 3, high above."""
HEAD_RATES: Final = ((Fraction(55), Fraction("0.1")), (Fraction(85), Fraction("0.5")))
"""Bleeds in the head without an anticoagulant at two ages: an assumption, to be shown."""


def thromboembolism_rate(score: Fraction) -> Fraction:
    """Ischaemic strokes without an anticoagulant, by CHA2DS2-VASc."""
    return _at(EFFECTS.te_rates, score, "CHA2DS2-VASc")


def major_bleeding_rate(score: Fraction) -> Fraction:
    """Major bleeds on warfarin, by HAS-BLED; above 5 too few were observed."""
    return _at(EFFECTS.bleed_rates, score, "HAS-BLED")


def major_bleeding_rate_by_orbit(score: Fraction) -> Fraction:
    """Major bleeds on an anticoagulant, by ORBIT."""
    return _at(ORBIT_RATES, score, "ORBIT")


def intracranial_bleeding_rate(age: Fraction) -> Fraction:
    """Bleeds in the head without an anticoagulant: even growth between two ages (in years), level beyond."""
    (young, least), (old, most) = HEAD_RATES
    return least + (most - least) * (min(max(age, young), old) - young) / (old - young)


def anticoagulation_benefit(
    thromboembolism: Fraction, intracranial: Fraction, major_bleeding: Fraction, bleed_weight: Fraction
) -> Fraction:
    """Weighted events prevented minus caused; the rates as the three functions above give them.

    `bleed_weight` is what a major bleed outside the head weighs against a stroke.
    """
    effects = _weighing(bleed_weight)
    return rates(thromboembolism, intracranial, major_bleeding, effects).benefit(effects)


def anticoagulation_benefit_low(
    thromboembolism: Fraction, intracranial: Fraction, major_bleeding: Fraction, bleed_weight: Fraction
) -> float:
    """Of the net benefit: 2.5 % of the draws lie below."""
    return _drawn(thromboembolism, intracranial, major_bleeding, bleed_weight).low


def anticoagulation_benefit_high(
    thromboembolism: Fraction, intracranial: Fraction, major_bleeding: Fraction, bleed_weight: Fraction
) -> float:
    """Of the net benefit: 2.5 % of the draws lie above."""
    return _drawn(thromboembolism, intracranial, major_bleeding, bleed_weight).high


def anticoagulation_benefit_probability(
    thromboembolism: Fraction, intracranial: Fraction, major_bleeding: Fraction, bleed_weight: Fraction
) -> Fraction:
    """How probable it is, in per cent, that the net benefit is above 0.2, the least that is worth a drug."""
    return 100 * _drawn(thromboembolism, intracranial, major_bleeding, bleed_weight).above_margin


def _weighing(bleed_weight: Fraction) -> Effects:
    if bleed_weight < 0:
        raise ValueError("a bleed cannot weigh less than nothing")
    return replace(EFFECTS, weight_ech=bleed_weight)


@lru_cache(maxsize=1024)
def _drawn(
    thromboembolism: Fraction, intracranial: Fraction, major_bleeding: Fraction, bleed_weight: Fraction
) -> Uncertainty:
    if min(thromboembolism, intracranial, major_bleeding) < 0:
        raise ValueError("a rate is not below zero")
    effects = _weighing(bleed_weight)
    rates(thromboembolism, intracranial, major_bleeding, effects)  # refuses what contradicts itself
    return uncertainty(thromboembolism, intracranial, major_bleeding, effects)


def _at(by_score: Sequence[Fraction], score: Fraction, name: str) -> Fraction:
    if score.denominator != 1 or not 0 <= score < len(by_score):
        raise ValueError(f"no rate is known for this {name}, only for 0 to {len(by_score) - 1}")
    return by_score[int(score)]

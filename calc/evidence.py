"""What an estimate is worth elsewhere: confounding, another population, genes with surroundings, a threshold.

Numbers are exact, but for the root in an E-value.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from calc.effects import NEGLIGIBLE, risk
from calc.errors import NoAnswer

TOLERANCE: Final = Fraction(1, 10**9)
"""By which shares may miss one, because they were rounded."""


def e_value(ratio: Fraction) -> float:
    """How strongly a confounder must go with treatment and outcome to explain a risk ratio away.

    RR + sqrt(RR * (RR - 1)), of the reciprocal below one: VanderWeele and Ding, Ann Intern Med
    2017;167:268-274, PMID 28693043. Raises ValueError unless the ratio is above zero.
    """
    if ratio <= 0:
        raise ValueError("a risk ratio is above zero")
    above = max(ratio, 1 / ratio)
    return float(above) + math.sqrt(above * (above - 1))


def e_value_of_interval(low: Fraction, high: Fraction) -> float:
    """The E-value of the limit nearest to one; 1 where the interval reaches one, as in `e_value`."""
    return e_value(low) if low > 1 else e_value(high) if high < 1 else 1.0


@dataclass(frozen=True, slots=True)
class Arms:
    """Counts of one stratum; raises `NoAnswer` where an arm is empty, or has more events than people."""

    treated: Fraction
    treated_events: Fraction
    control: Fraction
    control_events: Fraction

    def __post_init__(self) -> None:
        risk(self.treated_events, self.treated, "treated")
        risk(self.control_events, self.control, "control")

    @property
    def people(self) -> Fraction:
        """Both arms."""
        return self.treated + self.control

    @property
    def difference(self) -> Fraction:
        """Risk of the treated minus risk of the others."""
        return self.treated_events / self.treated - self.control_events / self.control


def crude_difference(strata: Iterable[Arms]) -> Fraction:
    """The risk difference as if there were one stratum; treated minus control."""
    each = tuple(strata)
    return Arms(
        sum((stratum.treated for stratum in each), Fraction(0)),
        sum((stratum.treated_events for stratum in each), Fraction(0)),
        sum((stratum.control for stratum in each), Fraction(0)),
        sum((stratum.control_events for stratum in each), Fraction(0)),
    ).difference


def standardised_difference(strata: Iterable[Arms]) -> Fraction:
    """The risk difference if everybody were treated against if nobody were; treated minus control.

    The differences within strata, weighed by the people of both arms: Hernan and Robins, Causal Inference:
    What If, chapter 2.3 (standardization).
    """
    each = tuple(strata)
    people = sum((stratum.people for stratum in each), Fraction(0))
    return sum((stratum.people * stratum.difference for stratum in each), Fraction(0)) / people


def average_over(values: Mapping[str, Fraction], mix: Mapping[str, Fraction]) -> Fraction:
    """The average over strata that are mixed as `mix` says: an effect carried to another population.

    Cole and Stuart, Am J Epidemiol 2010;172:107-115, PMID 20547574. Rounded shares are divided by what they
    come to, so that no average lies beyond the values. Raises `NoAnswer` where the strata are
    not the same or the shares do not come to one.
    """
    if values.keys() != mix.keys():
        odd = ", ".join(sorted(values.keys() ^ mix.keys()))
        raise NoAnswer("strata", f"these strata have an effect or a share, and not both: {odd}")
    total = sum(mix.values(), Fraction(0))
    if abs(total - 1) > TOLERANCE:
        raise NoAnswer("shares", f"the shares come to {float(total):.12g}, not 1")
    return sum((values[name] * share for name, share in mix.items()), Fraction(0)) / total


def number_needed_signed(reduction: Fraction) -> Fraction | None:
    """1 / ARR, below zero for harm; None without an effect."""
    return None if abs(reduction) < NEGLIGIBLE else 1 / reduction


@dataclass(frozen=True, slots=True)
class JointRisks:
    """Risk with neither, with the gene, with the surroundings, with both: interaction on two scales.

    Rothman, Greenland and Lash, Modern Epidemiology, 3rd ed. 2008, chapter 5; VanderWeele and Knol,
    Epidemiol Methods 2014;3:33-72, DOI 10.1515/em-2013-0005.
    """

    neither: Fraction
    gene: Fraction
    surroundings: Fraction
    both: Fraction

    @property
    def contrast(self) -> Fraction:
        """What both add beyond the sum of each: r11 - r10 - r01 + r00."""
        return self.both - self.gene - self.surroundings + self.neither

    @property
    def excess(self) -> Fraction | None:
        """The contrast against r00, RERI; None where nobody without both has the outcome."""
        return None if self.neither < NEGLIGIBLE else self.contrast / self.neither

    @property
    def ratio(self) -> Fraction | None:
        """The risk ratio of both against the product of each; None where one of these does not exist."""
        if min(self.neither, self.gene, self.surroundings) < NEGLIGIBLE:
            return None
        return self.both * self.neither / (self.gene * self.surroundings)


def net_benefit(true_positive: Fraction, false_positive: Fraction, threshold: Fraction) -> Fraction:
    """True positives less the harm of false ones, both as a share of all: TP - FP * pt / (1 - pt).

    Whoever acts from a risk of `threshold` on holds one missed case for (1 - pt) / pt needless actions:
    Vickers and Elkin, Med Decis Making 2006;26:565-574, PMID 17099194. Raises ValueError unless the threshold
    is from 0 to below 1.
    """
    if not 0 <= threshold < 1:
        raise ValueError("a threshold is at least 0 and below 1")
    return true_positive - false_positive * threshold / (1 - threshold)

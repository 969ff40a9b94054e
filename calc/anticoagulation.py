"""Atrial fibrillation with and without an anticoagulant: scores, rates, and the difference in harm.

Scores: CHA2DS2-VASc, Lip et al., Chest 2010;137:263-272, PMID 19762550; CHA2DS2-VA, the same without sex,
ESC guideline 2024, DOI 10.1093/eurheartj/ehae176; HAS-BLED, Pisters et al., Chest 2010;138:1093-1100,
PMID 20299623; ORBIT, O'Brien et al., Eur Heart J 2015;36:3258-3264, DOI 10.1093/eurheartj/ehv476.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Advice = Literal["anticoagulate-favoured", "no-anticoagulant-favoured", "preference-sensitive"]

DRAWS: Final = 200_000
SEED: Final = 20_261_120
Z95: Final = 1.959963984540054
SURE: Final = Fraction(9, 10)
"""The probability of a worthwhile benefit from which on the advice is clear; below one minus it too."""


def cha2ds2_va(
    age: Fraction,
    heart_failure: bool,
    hypertension: bool,
    diabetes: bool,
    stroke: bool,
    vascular: bool,
) -> int:
    """Points for the risk of stroke; age counts twice from 75 years, once from 65, a stroke twice."""
    years = 2 if age >= 75 else 1 if age >= 65 else 0
    return years + heart_failure + hypertension + diabetes + 2 * stroke + vascular


def cha2ds2_vasc(
    age: Fraction,
    female: bool,
    heart_failure: bool,
    hypertension: bool,
    diabetes: bool,
    stroke: bool,
    vascular: bool,
) -> int:
    """The same with a point for women."""
    return cha2ds2_va(age, heart_failure, hypertension, diabetes, stroke, vascular) + female


def has_bled(
    age: Fraction,
    uncontrolled_hypertension: bool,
    renal: bool,
    liver: bool,
    stroke: bool,
    bleeding: bool,
    labile_inr: bool,
    drugs: bool,
    alcohol: bool,
) -> int:
    """Points for the risk of a major bleed on warfarin; age counts above 65 years, not at 65."""
    others = uncontrolled_hypertension + renal + liver + stroke + bleeding + labile_inr + drugs + alcohol
    return (age > 65) + others


def orbit(age: Fraction, anaemia: bool, bleeding: bool, renal: bool, antiplatelet: bool) -> int:
    """Points for the risk of a major bleed on any anticoagulant; anaemia and an earlier bleed count twice."""
    return (age >= 75) + 2 * anaemia + 2 * bleeding + renal + antiplatelet


def singer_benefit(
    te_off: Fraction, te_on: Fraction, ich_off: Fraction, ich_on: Fraction, weight: Fraction = Fraction(3, 2)
) -> Fraction:
    """Thromboembolism prevented minus weighted intracranial bleeds caused, in the unit of the rates.

    Singer et al., Ann Intern Med 2009;151:297-305, PMID 19721017.
    """
    return (te_off - te_on) - weight * (ich_on - ich_off)


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of rates with its 95 % interval."""

    estimate: Fraction
    low: Fraction
    high: Fraction

    @property
    def log_deviation(self) -> float:
        """The standard error of its logarithm."""
        return (math.log(self.high) - math.log(self.low)) / (2 * Z95)


def _fractions(numbers: str) -> tuple[Fraction, ...]:
    return tuple(Fraction(number) for number in numbers.split())


@dataclass(frozen=True, slots=True)
class Effects:
    """What an anticoagulant does to the rates, and how the harms weigh against each other.

    The weight of a bleed outside the head, the margin and the deviations of the three baselines are
    assumptions, to be shown and changed.
    """

    te_warfarin: Ratio = Ratio(*_fractions("0.33 0.23 0.46"))
    """Hart et al., Ann Intern Med 2007;146:857-867, PMID 17577005."""
    te_doac: Ratio = Ratio(*_fractions("0.92 0.83 1.02"))
    """Against warfarin: Ruff et al., Lancet 2014;383:955-962, PMID 24315724."""
    ich: Ratio = Ratio(*_fractions("1.23 0.88 1.72"))
    """Against nothing, as the next one: a cohort of Norway, 2011 to 2018."""
    major: Ratio = Ratio(*_fractions("1.37 1.16 1.63"))
    major_doac: Ratio = Ratio(*_fractions("0.86 0.73 1"))
    """Against warfarin: Ruff et al. 2014."""
    weight_te: Fraction = Fraction(1)
    weight_ich: Fraction = Fraction(3, 2)
    weight_ech: Fraction = Fraction(3, 10)
    margin: Fraction = Fraction(1, 5)
    """Per 100 patient-years: the least benefit that is worth a drug."""
    te_rates: tuple[Fraction, ...] = _fractions("0.2 0.6 2.2 3.2 4.8 7.2 9.7 11.2 10.8 12.2")
    """Ischaemic strokes per 100 patient-years by CHA2DS2-VASc; the fall at 8 is in the data.

    Friberg et al., Eur Heart J 2012;33:1500-1510, DOI 10.1093/eurheartj/ehr488.
    """
    bleed_rates: tuple[Fraction, ...] = _fractions("1.13 1.02 1.88 3.74 8.7 12.5")
    """Major bleeds per 100 patient-years on warfarin by HAS-BLED; above 5 too few were observed."""
    te_deviation: Fraction = Fraction(1, 10)
    ich_deviation: Fraction = Fraction(1, 4)
    major_deviation: Fraction = Fraction(3, 20)


@dataclass(frozen=True, slots=True)
class Rates:
    """Events per 100 patient-years: thromboembolism, bleeds in the head, major bleeds elsewhere."""

    te_off: Fraction
    te_on: Fraction
    ich_off: Fraction
    ich_on: Fraction
    ech_off: Fraction
    ech_on: Fraction

    def benefit(self, effects: Effects) -> Fraction:
        """Weighted events prevented minus caused."""
        return (
            effects.weight_te * (self.te_off - self.te_on)
            - effects.weight_ich * (self.ich_on - self.ich_off)
            - effects.weight_ech * (self.ech_on - self.ech_off)
        )


def rates(te_off: Fraction, ich_off: Fraction, major_warfarin: Fraction, effects: Effects) -> Rates:
    """Rates without and with a direct anticoagulant, per 100 patient-years.

    A major bleed that is not in the head is one elsewhere. Raises ValueError where there are more bleeds in
    the head than major bleeds, of which they are part.
    """
    ich_on = ich_off * effects.ich.estimate
    major_on = major_warfarin * effects.major_doac.estimate
    major_off = major_on / effects.major.estimate
    if ich_off > major_off or ich_on > major_on:
        raise ValueError("there are more bleeds in the head than major bleeds")
    te_on = te_off * effects.te_warfarin.estimate * effects.te_doac.estimate
    return Rates(te_off, te_on, ich_off, ich_on, major_off - ich_off, major_on - ich_on)


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """The net benefit over what is not known exactly."""

    mean: float
    low: float
    """2.5 % of the draws lie below it."""
    high: float
    above_zero: Fraction
    """The share of the draws."""
    above_margin: Fraction

    @property
    def advice(self) -> Advice:
        """Clear where the benefit is probably worth a drug, or probably is not."""
        if self.above_margin >= SURE:
            return "anticoagulate-favoured"
        return "no-anticoagulant-favoured" if self.above_margin <= 1 - SURE else "preference-sensitive"


def uncertainty(
    te_off: Fraction, ich_off: Fraction, major_warfarin: Fraction, effects: Effects
) -> Uncertainty:
    """Draws of every ratio and baseline from log-normal distributions around their estimates.

    A baseline and a ratio that both worlds rest on is drawn once for both. The same draws serve every
    patient, so that two of them differ only by what is known of them.
    """
    import numpy as np

    draws = _draws()
    # The product of two log-normal factors is one, so each world needs only these six.
    te_ratio = _spread(
        draws[0],
        effects.te_warfarin.estimate * effects.te_doac.estimate,
        math.hypot(effects.te_warfarin.log_deviation, effects.te_doac.log_deviation),
    )
    te = _spread(draws[1], te_off, float(effects.te_deviation))
    ich_ratio = _spread(draws[2], effects.ich.estimate, effects.ich.log_deviation)
    ich = _spread(draws[3], ich_off, float(effects.ich_deviation))
    major_ratio = _spread(draws[4], 1 / effects.major.estimate, effects.major.log_deviation)
    major = _spread(
        draws[5],
        major_warfarin * effects.major_doac.estimate,
        math.hypot(effects.major_doac.log_deviation, float(effects.major_deviation)),
    )
    # With bleeds elsewhere as major bleeds minus those in the head, the latter weigh the difference.
    benefit = float(effects.weight_te) * te * (1 - te_ratio)
    benefit -= float(effects.weight_ich - effects.weight_ech) * ich * (ich_ratio - 1)
    benefit -= float(effects.weight_ech) * major * (1 - major_ratio)
    low, high = np.quantile(benefit, (0.025, 0.975))
    return Uncertainty(
        float(benefit.mean()),
        float(low),
        float(high),
        Fraction(int(np.count_nonzero(benefit > 0)), DRAWS),
        Fraction(int(np.count_nonzero(benefit > float(effects.margin))), DRAWS),
    )


def _spread(draws: NDArray[np.float64], estimate: Fraction, deviation: float) -> NDArray[np.float64]:
    import numpy as np

    spread: NDArray[np.float64] = np.exp(draws * deviation)
    spread *= float(estimate)
    return spread


@cache
def _draws() -> NDArray[np.float64]:
    import numpy as np

    draws = np.random.default_rng(SEED).standard_normal((6, DRAWS))
    draws.flags.writeable = False
    return draws

"""Formulas as rules call them: one exact number, and a `ValueError` outside of their domain."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from calc.effects import reduction_interval, risk
from calc.errors import NoAnswer
from calc.individual_dose import Curve
from calc.infection import Exposure, repeated_dose
from calc.pharmacokinetics import average_concentration, exposure_ratio


def rounded(value: float) -> Fraction:
    """A float as the fraction of its decimal with 12 significant digits: the same on every machine."""
    if not math.isfinite(value):
        raise ValueError("the result is no finite number")
    return Fraction(f"{value:.12g}")


def of_float(function: Callable[..., float]) -> Callable[..., Fraction]:
    """The function with its result `rounded`."""
    return lambda **arguments: rounded(function(**arguments))


def of_points(function: Callable[..., int]) -> Callable[..., Fraction]:
    """The function with its whole number exact."""
    return lambda **arguments: Fraction(function(**arguments))


def risk_reduction(
    events_control: Fraction, control: Fraction, events_treated: Fraction, treated: Fraction
) -> Fraction:
    """The risk of the untreated minus that of the treated, from events and people of both arms."""
    return _reduction(events_control, control, events_treated, treated)[0]


def risk_reduction_low(
    events_control: Fraction, control: Fraction, events_treated: Fraction, treated: Fraction
) -> Fraction:
    """The lower limit of `risk_reduction` (95 %); below zero the treatment may harm."""
    return _reduction(events_control, control, events_treated, treated)[1]


def risk_reduction_high(
    events_control: Fraction, control: Fraction, events_treated: Fraction, treated: Fraction
) -> Fraction:
    """The upper limit of `risk_reduction` (95 %)."""
    return _reduction(events_control, control, events_treated, treated)[2]


def _reduction(
    events_control: Fraction, control: Fraction, events_treated: Fraction, treated: Fraction
) -> tuple[Fraction, Fraction, Fraction]:
    arms = (events_control, control, events_treated, treated)
    try:
        reduction = risk(events_control, control, "control") - risk(events_treated, treated, "treated")
        low, high = reduction_interval(*arms)
    except NoAnswer as refusal:
        raise ValueError(str(refusal)) from None
    return reduction, rounded(low), rounded(high)


def relative_exposure(metabolized: Fraction, activity: Fraction) -> Fraction:
    """`exposure_ratio` for rules: no answer where the enzyme alone removes the drug and has no activity."""
    if not 0 <= metabolized <= 1 or activity < 0:
        raise ValueError("the metabolized share is from 0 to 1 and the activity at least 0")
    ratio = exposure_ratio(metabolized, activity)
    if ratio is None:
        raise ValueError("nothing removes a drug that only this enzyme clears where it has no activity")
    return ratio


def steady_concentration(
    dose: Fraction, interval: Fraction, clearance: Fraction, bioavailability: Fraction
) -> Fraction:
    """`average_concentration` of amounts that can be."""
    if dose < 0 or interval <= 0 or clearance <= 0 or not 0 < bioavailability <= 1:
        raise ValueError("interval, clearance and bioavailability are above zero, the last at most 1")
    return average_concentration(dose, interval, clearance, bioavailability)


def expected_probability(
    concentration: Fraction, omega: Fraction, middle: Fraction, steepness: Fraction
) -> Fraction:
    """The probability on a Hill curve, averaged over a concentration whose log has the deviation `omega`.

    The probability at the average concentration is another number: the curve bends.
    """
    if concentration < 0 or not 0 <= omega <= 5 or middle <= 0 or not 0 < steepness <= 100:
        raise ValueError(
            "the concentration is at least 0, its deviation from 0 to 5, the middle of the curve above 0 "
            "and its steepness above 0 and at most 100"
        )
    curve = Curve(middle, steepness)
    return rounded(curve.averaged(concentration, omega) if omega else curve.at(concentration))


def _exposure(
    dose: Fraction, interval: Fraction, volume: Fraction, clearance: Fraction, unbound: Fraction
) -> Exposure:
    if min(dose, interval, volume, clearance, unbound) <= 0 or unbound > 1:
        raise ValueError("dose, interval, volume and clearance are above zero, the unbound part up to 1")
    return repeated_dose(dose, interval, volume, clearance, unbound)


def unbound_after(
    dose: Fraction,
    interval: Fraction,
    volume: Fraction,
    clearance: Fraction,
    unbound: Fraction,
    part: Fraction,
) -> Fraction:
    """`Exposure.after` of the same dose again and again: what is exceeded for this part of the time, in mg/L.

    Whatever is inhibited by it or by less, is inhibited for that long.
    """
    if not 0 <= part <= 1:
        raise ValueError("the part of the interval is from 0 to 1")
    return rounded(_exposure(dose, interval, volume, clearance, unbound).after(part))


def time_above(
    dose: Fraction,
    interval: Fraction,
    volume: Fraction,
    clearance: Fraction,
    unbound: Fraction,
    inhibitory: Fraction,
) -> Fraction:
    """`Exposure.time_above` of the same dose again and again, as a part from 0 to 1."""
    if inhibitory <= 0:
        raise ValueError("the inhibitory concentration is above zero")
    return rounded(_exposure(dose, interval, volume, clearance, unbound).time_above(inhibitory))

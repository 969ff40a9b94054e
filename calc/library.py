"""The functions that rules may call, with the units of their arguments and results."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from calc.antibiotics import meropenem_clearance, vancomycin_clearance
from calc.binding import sheiner_tozer
from calc.effects import reduction_interval, risk
from calc.enzymes import cyp2d6_activity
from calc.errors import NoAnswer
from calc.individual_dose import Curve
from calc.infection import Exposure, repeated_dose
from calc.occupancy import dose_factor
from calc.pharmacokinetics import average_concentration, exposure_ratio
from calc.renal import absolute_gfr, cockcroft_gault, steady_clearance
from calc.size import adjusted_body_weight, body_mass_index, body_surface_area, ideal_body_weight
from calc.warfarin import warfarin_weekly_dose


@dataclass(frozen=True, slots=True)
class OneOf:
    """A parameter that is the name of a member of an enum of the knowledge base."""

    enum: str


@dataclass(frozen=True, slots=True)
class Calculation:
    """One function: parameter to UCUM unit (None: a truth) or enum, unit of the result, public source."""

    name: str
    parameters: dict[str, str | OneOf | None]
    unit: str
    compute: Callable[..., Fraction]
    source: str


def rounded(value: float) -> Fraction:
    """A float as the fraction of its decimal with 12 significant digits: the same on every machine."""
    if not math.isfinite(value):
        raise ValueError("the result is no finite number")
    return Fraction(f"{value:.12g}")


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


_ARMS: dict[str, str | OneOf | None] = dict.fromkeys(
    ("events_control", "control", "events_treated", "treated"), "1"
)


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


_DOSES: dict[str, str | OneOf | None] = {
    "dose": "mg", "interval": "h", "volume": "L", "clearance": "L/h", "unbound": "1",
}  # fmt: skip

LIBRARY = (
    Calculation(
        "cockcroft_gault",
        {"age": "a", "weight": "kg", "creatinine": "mg/dL", "female": None},
        "mL/min",
        cockcroft_gault,
        "pmid:1244564",
    ),
    Calculation(
        "steady_clearance",
        {
            "age": "a",
            "weight": "kg",
            "creatinine": "mg/dL",
            "change": "mg/dL",
            "dialysis": None,
            "female": None,
        },
        "mL/min",
        steady_clearance,
        "doi:10.1038/kisup.2012.1",
    ),
    Calculation("body_mass_index", {"weight": "kg", "height": "m"}, "kg/m2", body_mass_index, "definition"),
    Calculation(
        "body_surface_area", {"weight": "kg", "height": "cm"}, "m2", body_surface_area, "pmid:3657876"
    ),
    Calculation(
        "ideal_body_weight",
        {"height": "cm", "female": None},
        "kg",
        ideal_body_weight,
        "Drug Intell Clin Pharm 1974;8:650",
    ),
    Calculation(
        "adjusted_body_weight", {"weight": "kg", "ideal": "kg"}, "kg", adjusted_body_weight, "pmid:22576791"
    ),
    Calculation(
        "warfarin_weekly_dose",
        {
            "age": "a",
            "weight": "kg",
            "height": "cm",
            "vkorc1": OneOf("VKORC1_phenotype"),
            "cyp2c9": OneOf("CYP2C9_genotype"),
            "race": OneOf("Race"),
            "inducer": None,
            "amiodarone": None,
        },
        "mg/wk",
        warfarin_weekly_dose,
        "pmid:19228618",
    ),
    Calculation(
        "absolute_gfr",
        {"indexed": "mL/min/{1.73_m2}", "surface": "m2"},
        "mL/min",
        absolute_gfr,
        "pmid:38490803",
    ),
    Calculation("risk_reduction", _ARMS, "1", risk_reduction, "pmid:7873954"),
    Calculation("risk_reduction_low", _ARMS, "1", risk_reduction_low, "pmid:9595617"),
    Calculation("risk_reduction_high", _ARMS, "1", risk_reduction_high, "pmid:9595617"),
    Calculation("cyp2d6_activity", {"cyp2d6": OneOf("CYP2D6_score")}, "1", cyp2d6_activity, "pmid:31647186"),
    Calculation(
        "exposure_ratio",
        {"metabolized": "1", "activity": "1"},
        "1",
        relative_exposure,
        "doi:10.1007/BF01059791",
    ),
    Calculation(
        "average_concentration",
        {"dose": "mg", "interval": "h", "clearance": "L/h", "bioavailability": "1"},
        "mg/L",
        steady_concentration,
        "ISBN 978-0-7817-5009-7",
    ),
    Calculation(
        "expected_probability",
        {"concentration": "mg/L", "omega": "1", "middle": "mg/L", "steepness": "1"},
        "1",
        expected_probability,
        "pmid:7032803",
    ),
    Calculation(
        "vancomycin_clearance",
        {"creatinine_clearance": "mL/min"},
        "L/h",
        vancomycin_clearance,
        "doi:10.1128/AAC.25.4.433",
    ),
    Calculation(
        "meropenem_clearance",
        {"creatinine_clearance": "mL/min"},
        "L/h",
        meropenem_clearance,
        "pmid:29425283",
    ),
    Calculation("unbound_after", {**_DOSES, "part": "1"}, "mg/L", unbound_after, "doi:10.1093/jac/dki079"),
    Calculation("time_above", {**_DOSES, "inhibitory": "mg/L"}, "1", time_above, "doi:10.1093/jac/dki079"),
    Calculation(
        "sheiner_tozer",
        {"total": "mg/L", "albumin": "g/dL", "kidney_failure": None},
        "mg/L",
        sheiner_tozer,
        "pmid:8520077",
    ),
    Calculation(
        "occupancy_dose_factor",
        {"occupied": "1", "wanted": "1"},
        "1",
        dose_factor,
        "doi:10.1001/archpsyc.1988.01800250087012",
    ),
)

"""The functions that rules may call, with the units of their arguments and results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from calc.effects import reduction_interval, risk
from calc.enzymes import cyp2d6_activity
from calc.errors import NoAnswer
from calc.individual_dose import Curve
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
    """What only a float can give, by its decimal of twelve digits, so that every machine has the same."""
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
)

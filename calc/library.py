"""The functions that rules may call, with the units of their arguments and results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from calc.antibiotics import meropenem_clearance, vancomycin_clearance
from calc.anticoagulation import cha2ds2_va, cha2ds2_vasc, has_bled, orbit
from calc.anticoagulation_rates import (
    anticoagulation_benefit,
    anticoagulation_benefit_high,
    anticoagulation_benefit_low,
    anticoagulation_benefit_probability,
    intracranial_bleeding_rate,
    major_bleeding_rate,
    major_bleeding_rate_by_orbit,
    thromboembolism_rate,
)
from calc.binding import sheiner_tozer
from calc.enzymes import cyp2d6_activity
from calc.in_rules import (
    expected_probability,
    of_float,
    of_points,
    relative_exposure,
    risk_reduction,
    risk_reduction_high,
    risk_reduction_low,
    steady_concentration,
    time_above,
    unbound_after,
)
from calc.occupancy import dose_factor
from calc.renal import absolute_gfr, cockcroft_gault, steady_clearance
from calc.size import (
    adjusted_body_weight,
    body_mass_index,
    body_surface_area,
    fat_free_mass,
    ideal_body_weight,
)
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


_ARMS: dict[str, str | OneOf | None] = dict.fromkeys(
    ("events_control", "control", "events_treated", "treated"), "1"
)
_DOSES: dict[str, str | OneOf | None] = {
    "dose": "mg", "interval": "h", "volume": "L", "clearance": "L/h", "unbound": "1",
}  # fmt: skip
_STROKE_RISKS: dict[str, str | OneOf | None] = {
    "heart_failure": None,
    "hypertension": None,
    "diabetes": None,
    "stroke": None,
    "vascular": None,
}
_RATES: dict[str, str | OneOf | None] = {
    "thromboembolism": "%",
    "intracranial": "%",
    "major_bleeding": "%",
    "bleed_weight": "1",
}
_BENEFIT_SOURCE = "doi:10.1093/eurheartj/ehr488, pmid:20299623, pmid:17577005, pmid:24315724"

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
        "fat_free_mass",
        {"weight": "kg", "height": "cm", "female": None},
        "kg",
        fat_free_mass,
        "pmid:16176118",
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
    Calculation(
        "cha2ds2_vasc",
        {"age": "a", "female": None, **_STROKE_RISKS},
        "1",
        of_points(cha2ds2_vasc),
        "pmid:19762550",
    ),
    Calculation(
        "cha2ds2_va",
        {"age": "a", **_STROKE_RISKS},
        "1",
        of_points(cha2ds2_va),
        "doi:10.1093/eurheartj/ehae176",
    ),
    Calculation(
        "has_bled",
        {
            "age": "a",
            "uncontrolled_hypertension": None,
            "renal": None,
            "liver": None,
            "stroke": None,
            "bleeding": None,
            "labile_inr": None,
            "drugs": None,
            "alcohol": None,
        },
        "1",
        of_points(has_bled),
        "pmid:20299623",
    ),
    Calculation(
        "orbit",
        {"age": "a", "anaemia": None, "bleeding": None, "renal": None, "antiplatelet": None},
        "1",
        of_points(orbit),
        "doi:10.1093/eurheartj/ehv476",
    ),
    Calculation(
        "thromboembolism_rate", {"score": "1"}, "%", thromboembolism_rate, "doi:10.1093/eurheartj/ehr488"
    ),
    Calculation("major_bleeding_rate", {"score": "1"}, "%", major_bleeding_rate, "pmid:20299623"),
    Calculation(
        "major_bleeding_rate_by_orbit",
        {"score": "1"},
        "%",
        major_bleeding_rate_by_orbit,
        "doi:10.1093/eurheartj/ehv476",
    ),
    Calculation(
        "intracranial_bleeding_rate",
        {"age": "a"},
        "%",
        intracranial_bleeding_rate,
        "an assumption, to be shown",
    ),
    Calculation("anticoagulation_benefit", _RATES, "%", anticoagulation_benefit, _BENEFIT_SOURCE),
    Calculation(
        "anticoagulation_benefit_low", _RATES, "%", of_float(anticoagulation_benefit_low), _BENEFIT_SOURCE
    ),
    Calculation(
        "anticoagulation_benefit_high", _RATES, "%", of_float(anticoagulation_benefit_high), _BENEFIT_SOURCE
    ),
    Calculation(
        "anticoagulation_benefit_probability",
        _RATES,
        "%",
        anticoagulation_benefit_probability,
        _BENEFIT_SOURCE,
    ),
)

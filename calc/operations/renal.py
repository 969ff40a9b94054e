"""Operations about the kidneys.

They answer with a status, in the order of the checks, because charts lack values and laboratories differ in
units; no value of the input is refused for its size.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Final, Literal

from calc.operations.model import Given, Quantity, Result
from calc.operations.operation import Operation
from calc.renal import ADULT, MICROMOLES, bedside_schwartz, cockcroft_gault

_UNITS: Final = {"mg/dL": Fraction(1), "umol/L": 1 / MICROMOLES}
"""UCUM unit of creatinine to mg/dL; display text such as `µmol/l` is not guessed at."""

Age = Annotated[Fraction, Quantity("a", "age")]
Creatinine = Annotated[Fraction, Quantity("1", "creatinine in serum, in the unit of `scr_unit`")]


class CrclGiven(Given):
    """What the formula of Cockcroft and Gault needs; whatever is not known is null or left out."""

    age_y: Age | None = None
    """Age; null is a missing input."""
    weight_kg: Annotated[Fraction, Quantity("kg", "weight")] | None = None
    """Weight; null is a missing input."""
    scr: Creatinine | None = None
    """Creatinine in serum, in the unit of `scr_unit`; null is a missing input."""
    scr_unit: str | None = None
    """UCUM unit of creatinine, `mg/dL` or `umol/L`; null or any other is not recognised."""
    sex: Literal["female", "male", "other", "unknown"] | None = None
    """The sex for clinical use; the formula knows female and male, and any other is a missing input."""


class CrclResult(Result):
    """A clearance, or why there is none."""

    status: Literal["ok", "unit-unrecognised", "missing-input", "not-valid-in-children", "implausible"]
    """`ok`, or the first reason why there is no clearance, in the order of this list; `implausible`: weight
    or creatinine not above zero, or 140 years and more.
    """
    crcl_ml_min: Annotated[Fraction, Quantity("mL/min", "clearance of creatinine")] | None = None
    """Clearance of creatinine, not per body surface; only if the status is `ok`."""


def crcl(given: CrclGiven) -> CrclResult:
    """(140 - age) * weight / (72 * creatinine in mg/dL), times 0.85 for a woman."""
    if given.scr_unit not in _UNITS:
        return CrclResult(status="unit-unrecognised")
    age, weight, creatinine = given.age_y, given.weight_kg, given.scr
    if age is None or weight is None or creatinine is None or given.sex not in ("female", "male"):
        return CrclResult(status="missing-input")
    if age < ADULT:
        return CrclResult(status="not-valid-in-children")
    # From 140 years on the formula has no clearance above zero.
    if weight <= 0 or creatinine <= 0 or age >= 140:
        return CrclResult(status="implausible")
    clearance = cockcroft_gault(age, weight, creatinine * _UNITS[given.scr_unit], given.sex == "female")
    return CrclResult(status="ok", crcl_ml_min=clearance)


class SchwartzGiven(Given):
    """What the bedside formula for children needs; whatever is not known is null or left out."""

    age_y: Age | None = None
    """Age; null is a missing input."""
    height_cm: Annotated[Fraction, Quantity("cm", "height")] | None = None
    """Height; null is a missing input."""
    scr: Creatinine | None = None
    """Creatinine in serum, in the unit of `scr_unit`; null is a missing input."""
    scr_unit: str | None = None
    """UCUM unit of creatinine, `mg/dL` or `umol/L`; null or any other is not recognised."""


class SchwartzResult(Result):
    """A rate, or why there is none."""

    status: Literal[
        "ok",
        "unit-unrecognised",
        "missing-input",
        "not-valid-in-infants",
        "not-valid-in-adults",
        "implausible",
    ]
    """`ok`, or the first reason why there is no rate, in the order of this list; infants are below 1 year,
    adults 18 years and more; `implausible`: height or creatinine not above zero.
    """
    egfr_ml_min_1_73m2: (
        Annotated[Fraction, Quantity("mL/min/{1.73_m2}", "filtration rate by body surface")] | None
    ) = None
    """Filtration rate per 1.73 m2 of body surface; only if the status is `ok`."""


def schwartz(given: SchwartzGiven) -> SchwartzResult:
    """0.413 * height / creatinine in mg/dL, from 1 to below 18 years."""
    if given.scr_unit not in _UNITS:
        return SchwartzResult(status="unit-unrecognised")
    age, height, creatinine = given.age_y, given.height_cm, given.scr
    if age is None or height is None or creatinine is None:
        return SchwartzResult(status="missing-input")
    if age < 1 or age >= ADULT:
        return SchwartzResult(status="not-valid-in-infants" if age < 1 else "not-valid-in-adults")
    if height <= 0 or creatinine <= 0:
        return SchwartzResult(status="implausible")
    rate = bedside_schwartz(age, height, creatinine * _UNITS[given.scr_unit])
    return SchwartzResult(status="ok", egfr_ml_min_1_73m2=rate)


OPERATIONS = (
    Operation(
        "pk.crcl",
        "Clearance of creatinine in adults, by Cockcroft and Gault",
        CrclGiven,
        CrclResult,
        crcl,
        "Cockcroft and Gault, Nephron 1976;16:31-41, PMID 1244564",
        {"age_y": 72, "weight_kg": 60, "scr": 1.2, "scr_unit": "mg/dL", "sex": "female"},
    ),
    Operation(
        "pk.schwartz",
        "Filtration rate in children, by the bedside formula of Schwartz",
        SchwartzGiven,
        SchwartzResult,
        schwartz,
        "Schwartz et al., J Am Soc Nephrol 2009;20:629-637, PMID 19158356",
        {"age_y": 6, "height_cm": 116, "scr": 0.5, "scr_unit": "mg/dL"},
    ),
)

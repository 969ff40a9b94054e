"""The functions that rules may call, with the units of their arguments and results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

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
)

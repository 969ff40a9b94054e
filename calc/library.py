"""The functions that rules may call, with the units of their arguments and results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from calc.renal import absolute_gfr, cockcroft_gault, steady_clearance
from calc.size import adjusted_body_weight, body_mass_index, body_surface_area, ideal_body_weight


@dataclass(frozen=True, slots=True)
class Calculation:
    """One function: parameter to UCUM unit (None: a truth), unit of the result, public source."""

    name: str
    parameters: dict[str, str | None]
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
        "absolute_gfr",
        {"indexed": "mL/min/{1.73_m2}", "surface": "m2"},
        "mL/min",
        absolute_gfr,
        "pmid:38490803",
    ),
)

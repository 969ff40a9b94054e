"""The operation that doses carboplatin."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from calc.carboplatin import HIGHEST_ESTIMATE, calvert_dose
from calc.operations.model import Given, Quantity, Result
from calc.operations.operation import Operation


class CalvertGiven(Given):
    """The exposure that is aimed at, and the kidneys."""

    auc: Annotated[Fraction, Quantity("mg.min/mL", "area under the curve that is aimed at", above=0, most=20)]
    gfr: Annotated[Fraction, Quantity("mL/min", "filtration rate, not indexed", least=0, most=300)]
    """Filtration rate in mL/min, not per 1.73 m2."""
    measured: bool = False
    """Whether the rate was measured, as with 51Cr-EDTA; one estimated from creatinine counts up to 125."""


class CalvertResult(Result):
    """The dose, and whether the rate was cut to the highest that counts."""

    dose_mg: Annotated[Fraction, Quantity("mg", "dose")]
    capped: bool
    """The rate was an estimate above 125 mL/min and counted for that."""


def calvert(given: CalvertGiven) -> CalvertResult:
    """Dose = AUC * (GFR + 25); an estimated rate counts for at most 125 mL/min."""
    return CalvertResult(
        dose_mg=calvert_dose(given.auc, given.gfr, given.measured),
        capped=not given.measured and given.gfr > HIGHEST_ESTIMATE,
    )


OPERATIONS = (
    Operation(
        "pk.calvert",
        "Dose of carboplatin for an exposure",
        CalvertGiven,
        CalvertResult,
        calvert,
        "Calvert et al., J Clin Oncol 1989;7:1748-1756, PMID 2681557; FDA, Carboplatin dosing, October 2010",
        {"auc": 5, "gfr": 90},
    ),
)

"""The operation that ranks doses for one person."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from pydantic import Field

from calc.individual_dose import Curve, best, outlooks
from calc.operations.model import Given, Quantity, Result
from calc.operations.operation import Operation

Concentration = Annotated[
    Fraction, Quantity("mg/L", "average concentration with a probability of one half", least=1e-9, most=1e9)
]
Steepness = Annotated[Fraction, Quantity("1", "steepness of the curve", above=0, most=100)]
Dose = Annotated[Fraction, Quantity("mg", "a dose", least=0, most=1e9)]


class UtilityDoseGiven(Given):
    """Two curves, what toxicity weighs against effect, and the doses that there are."""

    cl: Annotated[Fraction, Quantity("L/h", "clearance of this person", least=1e-6, most=1e6)]
    tau_h: Annotated[Fraction, Quantity("h", "the time between doses", least=1e-3, most=1e6)]
    ec50: Concentration
    h_eff: Steepness
    tc50: Concentration
    h_tox: Steepness
    w_tox: Annotated[Fraction, Quantity("1", "weight of toxicity against effect", least=0, most=1e6)]
    doses: Annotated[list[Dose], Field(min_length=1, max_length=1000)]
    cl_omega: (
        Annotated[Fraction, Quantity("1", "deviation of the logarithm of the clearance", least=0, most=5)]
        | None
    ) = None


class UtilityDoseResult(Result):
    """The best dose, and a row for each: dose, concentration, both probabilities, utility."""

    best_dose: Dose
    best_utility: float
    table: tuple[tuple[Fraction, Fraction, float, float, float], ...]


def utility_dose(given: UtilityDoseGiven) -> UtilityDoseResult:
    """Rows stand in the order of the doses; of equal utilities the first is best."""
    rows = outlooks(
        given.doses,
        given.cl,
        given.tau_h,
        Curve(given.ec50, given.h_eff),
        Curve(given.tc50, given.h_tox),
        given.w_tox,
        given.cl_omega or Fraction(0),
    )
    chosen = best(rows)
    return UtilityDoseResult(
        best_dose=chosen.dose,
        best_utility=chosen.utility,
        table=tuple(
            (each.dose, each.concentration, each.effect, each.toxicity, each.utility) for each in rows
        ),
    )


OPERATIONS = (
    Operation(
        "nof1.utility_dose",
        "Effect against toxicity by dose, for one person",
        UtilityDoseGiven,
        UtilityDoseResult,
        utility_dose,
        "Holford and Sheiner, Clin Pharmacokinet 1981;6:429-453, PMID 7032803",
        {
            "cl": 5,
            "tau_h": 24,
            "ec50": 0.4,
            "h_eff": 2,
            "tc50": 1.2,
            "h_tox": 4,
            "w_tox": 1,
            "doses": [25, 50, 75, 100, 150, 200, 300],
        },
    ),
)

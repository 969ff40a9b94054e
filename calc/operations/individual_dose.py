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
    """Average concentration at which the effect has a probability of one half."""
    h_eff: Steepness
    """Steepness (Hill exponent) of the curve of effect."""
    tc50: Concentration
    """Average concentration at which toxicity has a probability of one half."""
    h_tox: Steepness
    """Steepness (Hill exponent) of the curve of toxicity."""
    w_tox: Annotated[Fraction, Quantity("1", "weight of toxicity against effect", least=0, most=1e6)]
    """What toxicity weighs for this person; 1: as much as the effect."""
    doses: Annotated[list[Dose], Field(min_length=1, max_length=1000)]
    """The doses to choose from, in mg."""
    cl_omega: (
        Annotated[Fraction, Quantity("1", "deviation of the logarithm of the clearance", least=0, most=5)]
        | None
    ) = None
    """Standard deviation of the natural logarithm of the clearance, if `cl` is a median and not certain; the
    probabilities are then averages; null: `cl` is certain.
    """


class UtilityDoseResult(Result):
    """The best dose, and a row for each: dose, concentration, both probabilities, utility."""

    best_dose: Dose
    """The dose with the highest utility, of equals the first."""
    best_utility: Annotated[float, Quantity("1", "utility of the best dose")]
    table: tuple[tuple[Fraction, Fraction, float, float, float], ...]
    """A row for each of the doses, in their order: dose (mg), average concentration (mg/L), probability of
    effect, probability of toxicity, utility.
    """


def utility_dose(given: UtilityDoseGiven) -> UtilityDoseResult:
    """Utility is the probability of effect minus the weighted probability of toxicity, for each dose."""
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

"""Every operation that command line, HTTP and documentation know, each registered once.

given (JSON) ── models: units, ranges ── formula of `calc` ── result (JSON)

The formulas stand in the modules of `calc` by field, without pydantic, so that rules can call them too
(`calc.LIBRARY`); only here are they given their fields.
"""

from calc.operations import (
    anticoagulation,
    banding,
    bayes,
    binding,
    carboplatin,
    effects,
    evidence,
    individual_dose,
    infection,
    occupancy,
    pathways,
    pharmacokinetics,
    renal,
    size,
    strata,
)
from calc.operations.model import Convert, Given, Many, Quantity, Result, meanings
from calc.operations.operation import Operation

_FIELDS = (
    effects,
    strata,
    evidence,
    pharmacokinetics,
    size,
    renal,
    infection,
    binding,
    occupancy,
    carboplatin,
    banding,
    bayes,
    individual_dose,
    anticoagulation,
    pathways,
)

OPERATIONS: dict[str, Operation] = {each.name: each for module in _FIELDS for each in module.OPERATIONS}
"""By name, in the order of the fields."""

__all__ = ["OPERATIONS", "Convert", "Given", "Many", "Operation", "Quantity", "Result", "meanings"]

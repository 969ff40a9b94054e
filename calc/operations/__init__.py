"""Every operation that command line, HTTP and documentation know, each registered once.

given (JSON) ── models: units, ranges ── formula of `calc` ── result (JSON)

The formulas stand in the modules of `calc` by field, without pydantic, so that rules can call them too
(`calc.LIBRARY`); only here are they given their fields.
"""

from calc.operations import pathways, pharmacokinetics
from calc.operations.model import Convert, Given, Quantity, Result
from calc.operations.operation import Operation

OPERATIONS = {each.name: each for module in (pharmacokinetics, pathways) for each in module.OPERATIONS}
"""By name, in the order of the fields."""

__all__ = ["OPERATIONS", "Convert", "Given", "Operation", "Quantity", "Result"]

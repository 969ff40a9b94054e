"""Numeric science: what rules and programs calculate. Imports nothing of ours.

Functions that rules call are exact: they take and give fractions in the units that `LIBRARY` states, and
raise `ValueError` outside of what their source defines. Floats have their place in the models alone.

`calc.operations` is a front door of its own: it needs pydantic, which no rule has to wait for.
"""

from calc.errors import CalculationError, NoAnswer, UnusableInput
from calc.library import LIBRARY, Calculation, OneOf
from calc.renal import absolute_gfr, cockcroft_gault, steady_clearance
from calc.size import adjusted_body_weight, body_mass_index, body_surface_area, ideal_body_weight
from calc.warfarin import warfarin_weekly_dose

__all__ = [
    "LIBRARY",
    "Calculation",
    "CalculationError",
    "NoAnswer",
    "OneOf",
    "UnusableInput",
    "absolute_gfr",
    "adjusted_body_weight",
    "body_mass_index",
    "body_surface_area",
    "cockcroft_gault",
    "ideal_body_weight",
    "steady_clearance",
    "warfarin_weekly_dose",
]

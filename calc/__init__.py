"""Numeric science: what rules and programs calculate. Imports nothing of ours.

Functions that rules call are exact: they take and give fractions in the units that `LIBRARY` states, and
raise `ValueError` outside of what their source defines. Floats have their place in the models alone.
"""

from calc.library import LIBRARY, Calculation
from calc.renal import cockcroft_gault
from calc.size import body_mass_index, body_surface_area

__all__ = ["LIBRARY", "Calculation", "body_mass_index", "body_surface_area", "cockcroft_gault"]

"""The compiled rules of a service over the columns of many patients: the same tables, looked up by numpy.

A column holds one slot of the service (`Service.slots`), a row one patient. Not imported by `dsl` itself: whoever
needs columns imports this module, and numpy with it. A cell says one value or one reason; several possible
values and ranges are for `Service.pack`.

The exact value of a float64 cell is the shortest decimal that prints it: 0.1 is one tenth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsl.columns_amounts import cell_fact, passed, thresholds
from dsl.columns_calculate import Calculator
from dsl.columns_types import Amounts, Categories, Column, Raw, reason_places
from dsl.compile import Service
from dsl.compile_cases import Axis
from dsl.compile_rule import CompiledRule
from dsl.model import GiveCalculated
from dsl.types import QuantityType

__all__ = ["Amounts", "Answers", "Categories", "Column", "decide"]

BLOCK = 1 << 15
"""Rows that are worked on together, so that what is between stays in the cache of the processor."""

MAX_TABLE = 1 << 18
"""Cells of a lookup table over the values as they stand in the columns."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What one rule comes to for each patient."""

    codes: NDArray[np.int32]
    """Shape (rows,): the index of the outcome in `CompiledRule.outcomes`."""
    amounts: NDArray[np.float64] | None
    """Shape (rows,): the calculated dose in the unit of its `let`, NaN where there is none; None for a rule
    that calculates no dose."""

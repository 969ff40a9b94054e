"""The columns that rules are applied to, what their cells mean, and where in a column a limit lies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsl import units
from dsl.compiler.cases import Axis
from dsl.compiler.slots import Slot
from dsl.evaluator.evaluate import ASSUMABLE
from dsl.types import EnumType, QuantityType
from dsl.values import Fact, Quantity, Reason, known, missing

_MOST = (1 << 63) - 1

REASONS = tuple(Reason)
"""The order in which columns number the reasons."""

Numbers = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Categories:
    """Names or truths: `codes` of shape (rows,), unsigned integers of 8 or 16 bits.

    A code below the number of members is that member, in the order of the type (false is 0, true is 1); then
    follow the reasons of a missing value, in the order of `REASONS`.
    """

    codes: Numbers

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, slots=True, eq=False)
class Amounts:
    """Amounts in one UCUM unit: `values` of shape (rows,), float64 or int64.

    `reasons`, of shape (rows,) and uint8, is 0 where there is a value, else 1 + the place in `REASONS`, and
    the value then has no meaning; None if nothing is missing.
    """

    values: Numbers
    unit: str
    reasons: Numbers | None = None

    def __len__(self) -> int:
        return len(self.values)


Column = Categories | Amounts


def check_column(column: Column, slot: Slot, rows: int) -> None:
    """Raises ValueError for a column that is not as the slot needs it; the message names the source."""
    name = f"the column of `{slot.source.kind} {slot.source.name}`"
    kind = slot.type
    if len(column) != rows:
        raise ValueError(f"{name} has {len(column)} rows, the first one has {rows}")
    if isinstance(column, Categories):
        if isinstance(kind, QuantityType):
            raise ValueError(f"{name} must hold Amounts in a unit like `{kind.unit}`")
        if column.codes.dtype not in (np.uint8, np.uint16) or column.codes.ndim != 1:
            raise ValueError(f"{name} must be one-dimensional, uint8 or uint16")
        most = members_of(slot) + len(REASONS)
        if rows and int(column.codes.max()) >= most:
            raise ValueError(f"{name} holds a code of {most} or more; see `Categories`")
        return
    if not isinstance(kind, QuantityType):
        raise ValueError(f"{name} must hold Categories")
    if not units.commensurable(column.unit, kind.unit):
        raise ValueError(f"{name} is in `{column.unit}`, which does not convert to `{kind.unit}`")
    if column.values.dtype not in (np.float64, np.int64) or column.values.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, float64 or int64")
    usable = np.isfinite(column.values)
    if column.reasons is not None:
        if column.reasons.dtype != np.uint8 or column.reasons.shape != column.values.shape:
            raise ValueError(f"the reasons in {name} must be uint8 and as long as the values")
        if rows and int(column.reasons.max()) > len(REASONS):
            raise ValueError(f"the reasons in {name} go beyond {len(REASONS)}; see `Amounts`")
        usable |= column.reasons != 0
    if not usable.all():
        raise ValueError(f"row {int(np.argmin(usable))} of {name} is no number; give it a reason instead")


def members_of(slot: Slot) -> int:
    """How many names or truths a slot may hold."""
    return len(slot.type.members) if isinstance(slot.type, EnumType) else 2


def fact_of(column: Column, row: int, slot: Slot) -> Fact:
    """One cell as a fact."""
    if isinstance(column, Categories):
        code, members = int(column.codes[row]), members_of(slot)
        if code >= members:
            return missing(REASONS[code - members])
        return known(slot.type.members[code] if isinstance(slot.type, EnumType) else bool(code))
    reason = 0 if column.reasons is None else int(column.reasons[row])
    if reason:
        return missing(REASONS[reason - 1])
    return known(Quantity(exactly(column.values[row].item()), column.unit))


def exactly(number: float | int) -> Fraction:
    """The number that a cell means: the shortest decimal that prints it."""
    return Fraction(repr(number))


# ---------------------------------------------------------------- where a value stands among the cuts
@dataclass(frozen=True, slots=True)
class Places:
    """How the cells of a column are numbered for one axis, and the case of the axis for each number."""

    slot: int
    thresholds: tuple[float | int, ...] | None
    """A value of at least so many of these has that number; None for names, which are numbers already."""
    reasons: tuple[int, ...]
    """Of an amount: the number for each reason, after the first, which stands for a value."""
    cases: tuple[int, ...]

    def numbers(self, column: Column, rows: slice) -> Numbers:
        """The numbers of some rows."""
        if isinstance(column, Categories):
            return column.codes[rows]
        assert self.thresholds is not None
        values = column.values[rows]
        numbers = _passed(values, self.thresholds)
        if column.reasons is not None:
            reasons = column.reasons[rows]
            absent = reasons != 0
            if self.reasons[1:] == (self.reasons[1],) * len(REASONS):
                np.copyto(numbers, numbers.dtype.type(self.reasons[1]), where=absent)
            else:
                np.copyto(numbers, np.array(self.reasons, numbers.dtype)[reasons], where=absent)
        return numbers


def _passed(values: Numbers, thresholds: tuple[float | int, ...]) -> Numbers:
    """How many of the thresholds each value reaches."""
    if len(thresholds) > FEW:
        at = np.searchsorted(np.array(thresholds, values.dtype), values, side="right")
        return at.astype(np.uint16)
    if not thresholds:
        return np.zeros(len(values), np.uint8)
    passed = (values >= thresholds[0]).view(np.uint8)
    for threshold in thresholds[1:]:
        passed += values >= threshold
    return passed


FEW = 8
"""Up to so many thresholds are compared one by one."""


def places_of(axis: Axis, slot: int, column: Column) -> Places:
    """How the cells of a column are numbered for an axis."""
    assumed = axis.missing if axis.assumption is None else axis.assumed
    absent = [assumed if reason in ASSUMABLE else axis.missing for reason in REASONS]
    if isinstance(column, Categories):
        return Places(slot, None, (), (*axis.merged, *absent))
    thresholds = []
    cases = [axis.merged[0]]
    factor = units.parse(axis.scale.unit).factor / units.parse(column.unit).factor
    whole = column.values.dtype == np.int64
    for case, (before, after) in enumerate(zip(axis.merged, axis.merged[1:], strict=False)):
        if before == after:
            continue
        cut = axis.scale.cuts[case // 2] * factor
        # Out of a gap one comes to its upper end, out of a cut to whatever lies above it.
        threshold = (_whole if whole else _float)(cut, beyond=case % 2 == 1)
        if whole and threshold > _MOST:
            break
        thresholds.append(max(threshold, -_MOST - 1) if whole else threshold)
        cases.append(after)
    if axis.assumption is None:
        return Places(slot, tuple(thresholds), (0, *[len(cases)] * len(REASONS)), (*cases, axis.missing))
    numbers = [len(cases) + (reason not in ASSUMABLE) for reason in REASONS]
    return Places(slot, tuple(thresholds), (0, *numbers), (*cases, axis.assumed, axis.missing))


def _whole(cut: Fraction, *, beyond: bool) -> int:
    """The least whole number at or beyond a cut."""
    return math.floor(cut) + 1 if beyond else math.ceil(cut)


def _float(cut: Fraction, *, beyond: bool) -> float:
    """The least float whose shortest decimal is at a cut or beyond it.

    Decimals keep the order of their floats, so only the float nearest to the cut can be on either side.
    """
    try:
        nearest = float(cut)
    except OverflowError:
        return math.inf if cut > 0 else -math.inf
    at = exactly(nearest)
    return nearest if at > cut or (at == cut and not beyond) else math.nextafter(nearest, math.inf)

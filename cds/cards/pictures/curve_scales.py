"""Scales of a dosing curve: when the axis of concentrations is logarithmic, and where both have marks."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Final

from cds.cards.pictures.dosing import DosingCurve
from cds.cards.pictures.numbers import Scale, exact, figure
from cds.cards.pictures.text import SMALL
from cds.cards.pictures.view import Text

_DECADES: Final = 100
"""How many times the least the greatest is from which on the axis is logarithmic by itself."""
_DEEPEST: Final = 10_000
"""How many times the least of a logarithmic axis the greatest is, unless a level or the target is lower."""
_STEPS: Final = {
    "h": (1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 96, 168, 336, 672),
    "d": (1, 2, 4, 7, 14, 28, 56, 84),
}
"""From one mark of the time to the next: parts of days, days and weeks."""


def concentrations(curve: DosingCurve, floor: float, top: float) -> Scale:
    """From nothing, or logarithmic where that is asked for or nothing else would show the small ones."""
    shown = [exact(level.value) for level in curve.levels]
    if curve.target is not None:
        shown += [exact(end) for end in (curve.target.low, curve.target.high) if end is not None]
    medians, bounds = list(shown), list(shown)
    for _, band in curve.bands:
        # Before the first peak concentrations rise from nothing, on any scale.
        size = len(band.times)
        peak = next((k for k in range(1, size) if band.median[k] < band.median[k - 1]), size) - 1
        medians += [exact(value) for value in band.median[peak:]]
        bounds += [exact(value) for value in (*band.low[peak:], *band.high)]
    greatest = max(bounds)
    usual = [value for value in medians if value]
    close = not usual or greatest <= _DECADES * min(usual)
    if not greatest or curve.axis == "linear" or (curve.axis == "automatic" and close):
        return Scale(Fraction(0), greatest * Fraction(21, 20) or Fraction(1), floor, top)
    least = max(min(value for value in bounds if value), greatest / _DEEPEST)
    least = min([least, *(value for value in shown if value)])
    return Scale(least / Fraction(3, 2), greatest * Fraction(3, 2), floor, top, logarithmic=True)


def scale_marks(vertical: Scale) -> tuple[tuple[float, Text], ...]:
    """Marks of the axis of concentration, of a logarithmic one that is short at 2 and 5 too."""
    numbers = vertical.ticks()
    if vertical.logarithmic and len(numbers) < 3:
        around = [Fraction(10) ** power for power in _powers(vertical)]
        steps = [power * step for power in around for step in (1, 2, 5)]
        numbers = tuple(value for value in steps if vertical.low <= value <= vertical.high)
    return tuple(
        (y, Text(0.0, y + 4, figure(value), "end", size=SMALL))
        for value, y in ((value, vertical.at(value)) for value in numbers)
    )


def _powers(vertical: Scale) -> range:
    ends = (math.log10(end.numerator) - math.log10(end.denominator) for end in (vertical.low, vertical.high))
    first, last = (math.floor(end) for end in ends)
    return range(first, last + 1)


def times(curve: DosingCurve) -> tuple[Fraction, ...]:
    """Two to seven marks of time at whole parts of days, days or weeks; else as any other numbers."""
    first, last = curve.span
    for step in _STEPS[curve.time_unit]:
        if 2 * step <= last - first <= 6 * step:
            return tuple(
                Fraction(step * k) for k in range(math.ceil(first / step), math.floor(last / step) + 1)
            )
    return Scale(first, last, 0, 1).ticks()

"""Numbers of a picture: read exactly, written once, placed on a scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MOST_DIGITS = 15


class NoPicture(ValueError):
    """What came cannot be drawn; the message says why."""


def exact(value: object) -> Fraction:
    """A number without loss; of a float the shortest decimal that is read as it, so that 0.1 is a tenth."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not math.isfinite(value):
        raise NoPicture(f"{value!r} is no finite number")
    # Of numpy's floats, which are floats, only a plain float is written as its number.
    return Fraction(repr(float(value))) if isinstance(value, float) else Fraction(value)


def figure(value: Fraction, digits: int = 3) -> str:
    """The number as every place of a picture writes it: whole, and so many significant digits at least.

    Below 0.0001 and from a thousand million on it stands with a power of ten.
    """
    if value == 0:
        return "0"
    size = abs(value)
    with localcontext() as context:
        context.prec, context.rounding = digits, ROUND_DOWN
        magnitude = (Decimal(size.numerator) / Decimal(size.denominator)).adjusted()
        plain = -4 <= magnitude < 9
        context.prec = max(digits, magnitude + 1) if plain else digits
        context.rounding = ROUND_HALF_UP
        rounded = Decimal(size.numerator) / Decimal(size.denominator)
        power = rounded.adjusted()
        shown = format(rounded if plain else rounded.scaleb(-power), ",f")
    if "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    scale = "" if plain else f" × 10{str(power).translate(_SUPERSCRIPT)}"
    return f"{'−' if value < 0 else ''}{shown}{scale}"


def told_apart(values: Sequence[Fraction]) -> dict[Fraction, str]:
    """Each number with so many digits that different numbers look different: no 2 for 1.9996 beside 2."""
    different = set(values)
    for digits in range(3, _MOST_DIGITS):
        shown = {value: figure(value, digits) for value in different}
        if len(set(shown.values())) == len(different):
            return shown
    return {value: figure(value, _MOST_DIGITS) for value in different}


def whole_parts(parts: Sequence[Fraction], total: int) -> tuple[int, ...]:
    """Whole numbers near the parts that sum up to the total exactly, by largest remainder.

    The parts are not negative and sum up to the total. Each whole number is its part without the fraction, or
    one more; a part without a fraction stays as it is. Of equal fractions the earlier is rounded up.
    """
    whole = [math.floor(part) for part in parts]
    nearest = sorted(range(len(parts)), key=lambda place: (whole[place] - parts[place], place))
    for place in nearest[: total - sum(whole)]:
        whole[place] += 1
    return tuple(whole)


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers from `low` to `high` along a line from `left` to `right`.

    The numbers differ; on a logarithmic scale by a factor, and they are above zero.
    """

    low: Fraction
    high: Fraction
    left: float
    right: float
    logarithmic: bool = False

    def at(self, value: Fraction) -> float:
        """The place of a number; one beyond the scale is at its end."""
        inside = min(max(value, self.low), self.high)
        if self.logarithmic:
            part = (_log(inside) - _log(self.low)) / (_log(self.high) - _log(self.low))
        else:
            # Divided before it becomes a float: the numbers themselves may be too large for one.
            part = float((inside - self.low) / (self.high - self.low))
        return self.left + part * (self.right - self.left)

    def ticks(self) -> tuple[Fraction, ...]:
        """Two to six round numbers; powers of ten if the scale is logarithmic, then perhaps none."""
        if self.logarithmic:
            first, last = (math.floor(_log(end) / math.log(10)) for end in (self.low, self.high))
            every = (last - first) // 6 + 1
            return tuple(Fraction(10) ** power for power in range(first + 1, last + 1, every))
        span = self.high - self.low
        step = Fraction(10) ** math.floor(_log(span) / math.log(10))
        for part in (Fraction(1, 5), Fraction(1, 2), Fraction(1), Fraction(2)):
            if span / (step * part) <= 5:
                step *= part
                break
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return tuple(step * number for number in range(first, last + 1))


def _log(value: Fraction) -> float:
    return math.log(value.numerator) - math.log(value.denominator)

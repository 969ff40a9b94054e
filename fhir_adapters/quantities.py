"""FHIR Quantities as exact amounts, or the reason why they cannot be used (H-001 to H-006)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from dsl import units
from dsl.values import Quantity, Range, Reason, convert
from fhir_adapters.reading import UCUM, Resource, number_member, object_member, text_member
from fhir_adapters.strict_json import decimal_text

_PLAIN_CODE = re.compile(r"[A-Za-z0-9%*^./\[\]{}_+-]+")
_REMARK = re.compile(r"\{(?!1\.73_m2\})[^{}]*\}")
"""An annotation without meaning for the unit, which is free text of the sender."""
_COMPARATORS = ("<", "<=", ">", ">=")

_PLAIN_NAMES = {
    "lb": "[lb_av]",
    "lbs": "[lb_av]",
    "pound": "[lb_av]",
    "pounds": "[lb_av]",
    "oz": "[oz_av]",
    "ounce": "[oz_av]",
    "ounces": "[oz_av]",
    "kgs": "kg",
    "kilo": "kg",
    "kilos": "kg",
    "kilogram": "kg",
    "kilograms": "kg",
    "gm": "g",
    "gram": "g",
    "grams": "g",
    "mcg": "ug",
    "milligram": "mg",
    "milligrams": "mg",
    "in": "[in_i]",
    "inch": "[in_i]",
    "inches": "[in_i]",
    "ft": "[ft_i]",
    "feet": "[ft_i]",
    "year": "a",
    "years": "a",
    "mg/dl": "mg/dL",
    "g/dl": "g/dL",
    "k/ul": "10*3/uL",
    "k/mcl": "10*3/uL",
    "k/mm3": "10*3/uL",
    "x10e3/ul": "10*3/uL",
    "x10^3/ul": "10*3/uL",
    "x10*3/ul": "10*3/uL",
    "thou/ul": "10*3/uL",
    "thousand/ul": "10*3/uL",
    "G/L": "10*9/L",
    "x10e9/l": "10*9/L",
    "x10^9/l": "10*9/L",
}
"""Unit names seen in the wild, in lower case where case tells nothing; compared with the code, never used."""


@dataclass(frozen=True, slots=True)
class Amount:
    """What a Quantity element says."""

    value: Quantity | Range | None
    reason: Reason | None
    """Why there is no value, or why it is a range."""
    text: str
    """Number and unit code as written."""


def listed_code(element: object) -> str | None:
    """The UCUM code of a Quantity element without remarks, None without one or when it is not listed."""
    code = text_member(element, "code")
    if text_member(element, "system") != UCUM or code is None or not _PLAIN_CODE.fullmatch(code):
        return None
    code = _REMARK.sub("", code) or "1"
    try:
        units.parse(code)
    except units.UnitError:
        return None
    return code


def read_amount(observation: Resource, plausible: Iterable[tuple[Quantity, Quantity]]) -> Amount:
    """The value of an Observation, within the plausible bounds of its kind of unit; else the reason."""
    element = object_member(observation, "valueQuantity")
    number = number_member(element, "value")
    if number is None:
        return Amount(None, Reason.NO_VALUE, "")
    comparator = text_member(element, "comparator")
    code = listed_code(element)
    sign = comparator if comparator in _COMPARATORS else ""
    text = f"{sign}{decimal_text(number)}{'' if code in (None, '1') else f' {code}'}"
    if "dataAbsentReason" in observation:
        return Amount(None, Reason.NO_VALUE, text)
    bounds = next((each for each in plausible if code and units.commensurable(code, each[0].unit)), None)
    if code is None or bounds is None or name_contradicts(element, code):
        return Amount(None, Reason.UNIT, text)
    if comparator is not None and not sign:
        return Amount(None, Reason.COMPARATOR, text)
    value = _with_comparator(Fraction(number), sign, code)
    if not _plausible(value, bounds):
        return Amount(None, Reason.IMPLAUSIBLE, text)
    return Amount(value, Reason.COMPARATOR if sign else None, text)


def over_upper_limit(observation: Resource, value: Quantity | Range) -> Quantity | Range | None:
    """The value as a multiple of the one upper reference limit sent with it, None without such a limit."""
    limits = []
    ranges = observation.get("referenceRange")
    for item in ranges if isinstance(ranges, list) else []:
        high = object_member(item, "high")
        number, code = number_member(high, "value"), listed_code(high)
        if number is not None and number > 0 and code and units.commensurable(code, value.unit):
            limits.append(convert(Quantity(Fraction(number), code), value.unit).value)
    if len(limits) != 1:
        return None
    return _scaled(value, 1 / limits[0], "1")


def in_unit(value: Quantity | Range, unit: str) -> Quantity | Range:
    """The same amount in another unit, exactly."""
    return _scaled(value, units.parse(value.unit).factor_to(units.parse(unit)), unit)


def overlap(values: list[Quantity | Range]) -> bool:
    """Whether some amount is consistent with every value; all in one unit."""
    spans = [_bounds(value) for value in values]
    low = max((span for span in spans if span[0] is not None), key=_low_order, default=None)
    high = min((span for span in spans if span[2] is not None), key=_high_order, default=None)
    if low is None or high is None or low[0] is None or high[2] is None:
        return True
    return low[0] < high[2] or (low[0] == high[2] and low[1] and high[3])


_Bounds = tuple[Fraction | None, bool, Fraction | None, bool]


def _bounds(value: Quantity | Range) -> _Bounds:
    if isinstance(value, Quantity):
        return (value.value, True, value.value, True)
    return (value.low, value.low_included, value.high, value.high_included)


def _low_order(span: _Bounds) -> tuple[Fraction, bool]:
    return (span[0] or Fraction(0), not span[1])


def _high_order(span: _Bounds) -> tuple[Fraction, bool]:
    return (span[2] or Fraction(0), span[3])


def _with_comparator(number: Fraction, sign: str, code: str) -> Quantity | Range:
    included = sign.endswith("=")
    if sign.startswith("<"):
        return Range(None, number, False, included, code)
    if sign.startswith(">"):
        return Range(number, None, included, False, code)
    return Quantity(number, code)


def _plausible(value: Quantity | Range, bounds: tuple[Quantity, Quantity]) -> bool:
    least, greatest = (convert(bound, value.unit).value for bound in bounds)
    return overlap([value, Range(least, greatest, True, True, value.unit)])


def _scaled(value: Quantity | Range, factor: Fraction, unit: str) -> Quantity | Range:
    if isinstance(value, Quantity):
        return Quantity(value.value * factor, unit)
    low = None if value.low is None else value.low * factor
    high = None if value.high is None else value.high * factor
    return Range(low, high, value.low_included, value.high_included, unit)


def name_contradicts(element: object, code: str) -> bool:
    """Whether the unit's name is itself a unit, and another one than the code (H-002)."""
    name = text_member(element, "unit")
    if name is None:
        return False
    name = name.strip()
    try:
        named = units.parse(_PLAIN_NAMES.get(name) or _PLAIN_NAMES.get(name.lower(), name))
    except units.UnitError:
        return False
    return named != units.parse(code)

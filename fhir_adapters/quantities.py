"""FHIR Quantities as exact amounts, or the reason why they cannot be used (H-001 to H-006)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from dsl import units
from dsl.values import Quantity, Range, Reason, convert
from fhir_adapters.reading import (
    UCUM,
    ChartFinding,
    Resource,
    member,
    number_member,
    object_member,
    text_member,
)
from fhir_adapters.references import Entry
from fhir_adapters.strict_json import decimal_text
from fhir_adapters.unit_names import listed_name, plain

_PLAIN_CODE = re.compile(r"[A-Za-z0-9%*^./\[\]{}_+-]+")
_REMARK = re.compile(r"\{[^{}]*\}")
"""An annotation: free text of the sender."""
_COMPARATORS = ("<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class Amount:
    """What a Quantity element says."""

    value: Quantity | Range | None
    reason: Reason | None
    """Why there is no value, or why it is a range."""
    text: str
    """Number as written and unit code."""


def listed_code(element: object) -> str | None:
    """The UCUM code of a Quantity element without remarks, None without one or when it is not listed.

    Of all remarks only "per 1.73 m2", in any spelling, tells one kind of amount from another.
    """
    code = text_member(element, "code")
    if text_member(element, "system") != UCUM or code is None or len(code) > units.MAX_CODE_LENGTH:
        return None
    return _without_remarks(code)


@lru_cache(maxsize=4096)
def _without_remarks(code: str) -> str | None:
    if not _PLAIN_CODE.fullmatch(code):
        return None
    code = _REMARK.sub(lambda remark: "{1.73_m2}" if "1.73" in remark[0] else "", code) or "1"
    try:
        units.parse(code)
    except units.UnitError:
        return None
    return code


def readable_code(element: object) -> str | None:
    """The UCUM code of a Quantity element, or the one that a listed name in its place stands for (H-004)."""
    return listed_code(element) or _named_code(element)


def unit_findings(entry: Entry) -> Iterator[ChartFinding]:
    """One finding for each place of an Observation where a unit's name is read in place of a UCUM code."""
    elements = [entry.resource.get("valueQuantity")]
    ranges = entry.resource.get("referenceRange")
    elements += [member(limits, "high") for limits in ranges] if isinstance(ranges, list) else ()
    for number, element in enumerate(elements):
        code = _named_code(element)
        if code is not None:
            name = plain(text_member(element, "code") or "")
            place = f"referenceRange[{number - 1}].high" if number else "valueQuantity"
            sentence = f"The unit `{name}` is no UCUM code: it is read as `{code}`."
            yield ChartFinding("unit-name", f"{entry.path}.{place}", sentence)


def _named_code(element: object) -> str | None:
    code = text_member(element, "code")
    # Under the system of UCUM a code means what UCUM says: `K/uL` is kelvin per microlitre.
    return None if code is None or text_member(element, "system") == UCUM else listed_name(code)


def read_amount(
    observation: Resource, plausible: tuple[Quantity, Quantity], molar_mass: Quantity | None
) -> Amount:
    """The value of an Observation, if it lies within the plausible bounds; else the reason.

    It keeps its unit, unless only the molar mass leads to the unit of the bounds.
    """
    element = object_member(observation, "valueQuantity")
    number = number_member(element, "value")
    if number is None:
        return Amount(None, Reason.NO_VALUE, "")
    comparator = text_member(element, "comparator")
    code = readable_code(element)
    sign = comparator if comparator in _COMPARATORS else ""
    text = f"{sign}{decimal_text(number)}{'' if code in (None, '1') else f' {code}'}"
    if "dataAbsentReason" in observation:
        return Amount(None, Reason.NO_VALUE, text)
    if code is None or name_contradicts(element, code):
        return Amount(None, Reason.UNIT, text)
    sent, unit = _with_comparator(Fraction(number), sign, code), plausible[0].unit
    value = sent if units.commensurable(code, unit) else converted(sent, unit, molar_mass)
    if value is None:
        return Amount(None, Reason.UNIT, text)
    if comparator is not None and not sign:
        return Amount(None, Reason.COMPARATOR, text)
    if not _plausible(value, plausible):
        return Amount(None, Reason.IMPLAUSIBLE, text)
    return Amount(value, Reason.COMPARATOR if sign else None, text)


def over_upper_limit(
    observation: Resource, value: Quantity | Range, molar_mass: Quantity | None
) -> Quantity | Range | None:
    """The value as a multiple of the one upper reference limit sent with it, None without such a limit."""
    limits = []
    ranges = observation.get("referenceRange")
    for item in ranges if isinstance(ranges, list) else []:
        high = object_member(item, "high")
        number, code = number_member(high, "value"), readable_code(high)
        if number is None or number <= 0 or code is None or name_contradicts(high, code):
            continue
        limit = converted(Quantity(Fraction(number), code), value.unit, molar_mass)
        if isinstance(limit, Quantity):
            limits.append(limit.value)
    if len(limits) != 1:
        return None
    return _scaled(value, 1 / limits[0], "1")


def in_unit(value: Quantity | Range, unit: str) -> Quantity | Range:
    """The same amount in another unit, exactly."""
    if value.unit == unit:
        return value
    return _scaled(value, units.factor(value.unit, unit), unit)


def converted(value: Quantity | Range, unit: str, molar_mass: Quantity | None) -> Quantity | Range | None:
    """The same amount in another unit, exactly, if need be by the molar mass; None if there is no way."""
    if units.commensurable(value.unit, unit):
        return in_unit(value, unit)
    if molar_mass is None:
        return None
    grams = convert(molar_mass, "g/mol").value
    for factor, dimension in ((grams, "g/mol"), (1 / grams, "mol/g")):
        product = f"{value.unit}.{dimension}"
        if units.commensurable(product, unit):
            return in_unit(_scaled(value, factor, product), unit)
    return None


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
    least, greatest = bounds
    value = in_unit(value, least.unit)
    if isinstance(value, Quantity):
        return least.value <= value.value <= convert(greatest, least.unit).value
    return overlap([value, Range(least.value, convert(greatest, least.unit).value, True, True, least.unit)])


def _scaled(value: Quantity | Range, factor: Fraction, unit: str) -> Quantity | Range:
    if isinstance(value, Quantity):
        return Quantity(value.value * factor, unit)
    low = None if value.low is None else value.low * factor
    high = None if value.high is None else value.high * factor
    return Range(low, high, value.low_included, value.high_included, unit)


def name_contradicts(element: object, code: str) -> bool:
    """Whether the unit's name is itself a unit, and another one than the code (H-002)."""
    name = text_member(element, "unit")
    named = None if name is None else _unit_named(plain(name))
    return named is not None and named != units.parse(code)


def _unit_named(name: str) -> units.Unit | None:
    try:
        return units.parse(listed_name(name) or name)
    except units.UnitError:
        return None

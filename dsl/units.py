"""Units of measure: UCUM codes with exact factors.

A unit is a rational factor and a product of base dimensions. Two units convert into one another
only if their dimensions are equal. Amount of substance, arbitrary units and what a value is given per
(`{1.73_m2}` in any spelling, `/{dose}`) are dimensions of their own here, stricter than UCUM, so that
mass never becomes moles and an indexed clearance never passes for an absolute one. Units with an offset
(degree Celsius) and every code that is not listed are refused, not guessed: `K/uL` is kelvin per
microlitre in UCUM.

Source of the factors: the UCUM essence table, version 2.1 (ucum.org).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

MAX_CODE_LENGTH = 64


class UnitError(ValueError):
    """A code that is not a listed UCUM unit, or two units that do not convert into one another."""


@dataclass(frozen=True, slots=True)
class Unit:
    """An exact factor over a product of base dimensions, e.g. `mg` is 1/1000 g."""

    factor: Fraction
    dimensions: tuple[tuple[str, int], ...]

    def factor_to(self, other: Unit) -> Fraction:
        """What an amount in this unit is multiplied with to be in the other one."""
        if self.dimensions != other.dimensions:
            raise UnitError("the units measure different things")
        return self.factor / other.factor


_PREFIXES = {
    "T": Fraction(10**12),
    "G": Fraction(10**9),
    "M": Fraction(10**6),
    "k": Fraction(1000),
    "h": Fraction(100),
    "da": Fraction(10),
    "d": Fraction(1, 10),
    "c": Fraction(1, 100),
    "m": Fraction(1, 1000),
    "u": Fraction(1, 10**6),
    "n": Fraction(1, 10**9),
    "p": Fraction(1, 10**12),
    "f": Fraction(1, 10**15),
}

_METRIC: dict[str, tuple[Fraction, dict[str, int]]] = {
    "m": (Fraction(1), {"m": 1}),
    "s": (Fraction(1), {"s": 1}),
    "g": (Fraction(1), {"g": 1}),
    "mol": (Fraction(1), {"mol": 1}),
    "eq": (Fraction(1), {"eq": 1}),
    "osm": (Fraction(1), {"osm": 1}),
    "L": (Fraction(1, 1000), {"m": 3}),
    "l": (Fraction(1, 1000), {"m": 3}),
    "Pa": (Fraction(1000), {"g": 1, "m": -1, "s": -2}),
    "J": (Fraction(1000), {"g": 1, "m": 2, "s": -2}),
    "U": (Fraction(1), {"U": 1}),
    "[iU]": (Fraction(1), {"[iU]": 1}),
    "[IU]": (Fraction(1), {"[iU]": 1}),
}

_PLAIN: dict[str, tuple[Fraction, dict[str, int]]] = {
    "%": (Fraction(1, 100), {}),
    "min": (Fraction(60), {"s": 1}),
    "h": (Fraction(3600), {"s": 1}),
    "d": (Fraction(86400), {"s": 1}),
    "wk": (Fraction(604800), {"s": 1}),
    "mo": (Fraction(31557600, 12), {"s": 1}),
    "a": (Fraction(31557600), {"s": 1}),
    "[lb_av]": (Fraction("453.59237"), {"g": 1}),
    "[oz_av]": (Fraction("28.349523125"), {"g": 1}),
    "[in_i]": (Fraction("0.0254"), {"m": 1}),
    "[ft_i]": (Fraction("0.3048"), {"m": 1}),
}

_INDEXED = "{1.73_m2}"

_TERM = re.compile(
    r"(?P<op>[./])?"
    r"(?:10[*^](?P<power>[+-]?\d{1,2})"
    r"|(?P<atom>%|(?:[A-Za-z]+|(?<![A-Za-z])(?=\[))(?:\[[A-Za-z0-9_]+\])?)(?P<exponent>[+-]?\d)?"
    r"|(?P<one>1)(?!\d))?"
    r"(?P<note>\{[^{}]*\})?",
    re.ASCII,
)


@lru_cache(maxsize=4096)
def parse(code: str) -> Unit:
    """The unit of a UCUM code such as `10*3/uL`, `mg/m2`, `mL/min/{1.73_m2}`.

    Raises `UnitError` for a code that is not listed; the message does not repeat the code.
    """
    if not code or len(code) > MAX_CODE_LENGTH:
        raise UnitError("the unit code is empty or too long")
    factor, dimensions, at = Fraction(1), dict[str, int](), 0
    while at < len(code):
        term = _TERM.match(code, at)
        if term is None or term.end() == at or (at > 0 and term["op"] is None):
            raise UnitError("not a listed UCUM unit")
        body = term["power"] or term["atom"] or term["one"]
        if body is None and term["note"] is None:
            raise UnitError("not a listed UCUM unit")
        sign = -1 if term["op"] == "/" else 1
        if term["op"] == "." and at == 0:
            raise UnitError("not a listed UCUM unit")
        if term["power"]:
            factor *= Fraction(10) ** (sign * int(term["power"]))
        elif term["atom"]:
            exponent = sign * int(term["exponent"] or 1)
            size, base = _atom(term["atom"])
            factor *= size**exponent
            for name, count in base.items():
                dimensions[name] = dimensions.get(name, 0) + count * exponent
        note = _INDEXED if "1.73" in (term["note"] or "") else term["note"]
        # UCUM reads `/{dose}` as "per one"; an amount per something is not the amount here.
        if note == _INDEXED or (note is not None and body is None and sign < 0):
            dimensions[note] = dimensions.get(note, 0) + sign
        at = term.end()
    return Unit(factor, tuple(sorted((name, n) for name, n in dimensions.items() if n)))


def _atom(symbol: str) -> tuple[Fraction, dict[str, int]]:
    if symbol in _PLAIN:
        return _PLAIN[symbol]
    if symbol in _METRIC:
        return _METRIC[symbol]
    for length in (1, 2):
        prefix, rest = symbol[:length], symbol[length:]
        if prefix in _PREFIXES and rest in _METRIC:
            size, base = _METRIC[rest]
            return _PREFIXES[prefix] * size, base
    raise UnitError("not a listed UCUM unit")


@lru_cache(maxsize=4096)
def factor(one: str, other: str) -> Fraction:
    """What an amount in one unit is multiplied with to be in the other; raises `UnitError`."""
    return parse(one).factor_to(parse(other))


def commensurable(one: str, other: str) -> bool:
    """Whether two codes are both listed and measure the same thing."""
    try:
        return parse(one).dimensions == parse(other).dimensions
    except UnitError:
        return False

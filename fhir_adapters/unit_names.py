"""Unit names that senders use in place of UCUM codes (H-002, H-004).

One listed table with two uses: a name in `code` without the UCUM system stands for its code, and a name in
`unit` may contradict the code beside it. A name that is not here is never read. What means different
things to different senders is left out on purpose: `IU` is an enzyme unit to some laboratories and an
international one to others, and `x103/uL` may have lost a superscript or not.
"""

from __future__ import annotations

CODES: dict[str, tuple[str, ...]] = {
    "kg": ("kgs", "kilo", "kilos", "kilogram", "kilograms"),
    "g": ("gm", "gms", "gram", "grams"),
    "mg": ("mgs", "milligram", "milligrams"),
    "ug": ("mcg", "mcgs", "microgram", "micrograms"),
    "[lb_av]": ("lb", "lbs", "pound", "pounds"),
    "[oz_av]": ("oz", "ounce", "ounces"),
    "m": ("meter", "meters", "metre", "metres"),
    "cm": ("cms", "centimeter", "centimeters", "centimetre", "centimetres"),
    "[in_i]": ("in", "inch", "inches"),
    "[ft_i]": ("ft", "foot", "feet"),
    "a": ("yr", "yrs", "year", "years"),
    "mo": ("month", "months"),
    "wk": ("week", "weeks"),
    "d": ("day", "days"),
    "mL": ("mls", "cc"),
    "mg/dL": ("mg/dl", "mgs/dl", "mg/100ml"),
    "g/dL": ("g/dl", "gm/dl", "gms/dl"),
    "ug/mL": ("mcg/ml",),
    "ug/L": ("mcg/l",),
    "ug/dL": ("mcg/dl",),
    "umol/L": ("mcmol/l",),
    "/uL": ("cells/ul", "cells/mcl", "cells/mm3", "cells/cumm", "/mcl", "/cumm"),
    "10*3/uL": (
        "k/ul", "k/mcl", "k/mm3", "k/cumm", "k/cmm",
        "x10e3/ul", "x10^3/ul", "x10*3/ul", "x10(3)/ul", "10e3/ul", "10(3)/ul",
        "x10e3/mcl", "x10^3/mcl", "x10*3/mcl", "10e3/mcl", "x10e3/mm3", "x10^3/mm3", "10e3/mm3",
        "thou/ul", "thou/mcl", "thou/mm3", "thou/cumm", "thousand/ul", "thousand/mcl", "thous/ul",
    ),
    "10*9/L": ("G/L", "x10e9/l", "x10^9/l", "x10*9/l", "x10(9)/l", "10e9/l", "10(9)/l", "giga/l"),
    "10*6/uL": (
        "x10e6/ul", "x10^6/ul", "x10*6/ul", "x10(6)/ul", "10e6/ul", "x10e6/mcl", "x10^6/mcl",
        "mill/ul", "mill/mcl", "mill/mm3", "mill/cumm", "million/ul", "million/mcl",
    ),
    "10*12/L": ("x10e12/l", "x10^12/l", "x10*12/l", "10e12/l", "tera/l"),
    "mL/min/{1.73_m2}": (
        "ml/min/1.73m2", "ml/min/1.73m^2", "ml/min/1.73m*2", "ml/min/1.73_m2", "ml/min/1.73sqm",
        "ml/min/1.73",
    ),
}  # fmt: skip
"""UCUM code to the names for it, in lower case where case tells nothing."""

_NAMES = {name: code for code, names in CODES.items() for name in names}
_MICRO = str.maketrans({"\N{MICRO SIGN}": "u", "\N{GREEK SMALL LETTER MU}": "u"})


def plain(name: str) -> str:
    """A unit's name without spaces, and with `u` for the micro sign."""
    return "".join(name.split()).translate(_MICRO)


def listed_name(name: str) -> str | None:
    """The UCUM code of a unit's name, None if it is not listed; spaces never count, case rarely."""
    bare = plain(name)
    return _NAMES.get(bare) or _NAMES.get(bare.lower())

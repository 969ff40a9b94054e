"""What random rules are about: kinds of amounts on coarse grids, enums, and the names that rules may use."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from dsl import Names
from tests.dsl.support import FUNCTIONS


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of amount: how its units are written (each with its number per first unit), and its grid."""

    name: str
    units: tuple[tuple[str, Fraction], ...]
    lowest: Fraction
    step: Fraction
    steps: int

    @property
    def unit(self) -> str:
        """The unit in which the grid is given."""
        return self.units[0][0]


def _kind(name: str, lowest: str, step: str, steps: int, **units: str) -> Kind:
    pairs = tuple((code.replace("_per_", "/"), Fraction(number)) for code, number in units.items())
    return Kind(name, pairs, Fraction(lowest), Fraction(step), steps)


MASS = _kind("mass", "40", "5", 13, kg="1", g="1000")
HEIGHT = _kind("height", "150", "10", 6, cm="1", m="1/100")
CLEARANCE = _kind("clearance", "15", "15", 7, mL_per_min="1", L_per_h="3/50")
CONCENTRATION = _kind("concentration", "3/10", "3/10", 8, mg_per_dL="1", g_per_L="1/100", mg_per_L="10")
AGE = Kind(
    "age",
    tuple((code, Fraction(n)) for code, n in (("a", "1"), ("d", "365.25"), ("mo", "12"))),
    Fraction(10), Fraction(8), 9,
)  # fmt: skip
COUNT = Kind(
    "count",
    tuple((code, Fraction(n)) for code, n in (("10*3/uL", 1), ("/uL", 1000), ("10*9/L", 1))),
    Fraction(50), Fraction(50), 6,
)  # fmt: skip
# Steps without an exact float, so that sums of them in columns come out beside a limit.
RATIO = Kind("ratio", (("1", Fraction(1)), ("%", Fraction(100))), Fraction(0), Fraction(1, 5), 13)
AMOUNT = _kind("amount", "25", "25", 12, mg="1", g="1/1000", ug="1000")
PER_THOUSAND = Kind("per_thousand", (("1", Fraction(1)),), Fraction(0), Fraction(100), 11)

WORDS = {"a": ("a", "years"), "d": ("d", "days"), "mo": ("mo", "months")}
MEASURED = (MASS, HEIGHT, CLEARANCE, CONCENTRATION, AGE, COUNT, RATIO)
ENUMS = ("Grade", "Group", "Level")

NAMES = Names(
    observables={
        **{f"{kind.name}_{letter}": kind.unit for kind in MEASURED for letter in "abc"},
        **{f"ratio_{letter}": "mg/dL" for letter in "abc"},
    },
    genes={f"{enum}_a": enum for enum in ENUMS},
    scores={f"{enum}_b": enum for enum in ENUMS},
    conditions=frozenset({"truth_a", "truth_b", "truth_c", "truth_d"}),
    drugs=frozenset({"drug_a", "drug_b"}),
    citations={"label:example": "Example agency"},
    functions={each.name: each for each in FUNCTIONS},
    models={"risk_a": "1", "risk_b": "1"},
)


@dataclass(frozen=True, slots=True)
class Variable:
    """A name that conditions, cells and expressions may use: an amount, a member of an enum, or a truth."""

    name: str
    kind: Kind | tuple[str, ...] | None
    """The kind of an amount, the members of an enum, None for a truth."""
    need: str
    """`required`, `optional` or `assume`; `let` for what is calculated."""


def decimal(value: Fraction) -> str:
    """Decimal text of a number that has one; `ValueError` for any other."""
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
        if places > 12:
            raise ValueError(f"{value} has no short decimal text")
    digits = f"{abs(int(value * 10**places)):0{places + 1}d}"
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{text}" if value < 0 else text

"""Units: exact factors, what is refused, and which amounts are equal."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ucumvert import PintUcumRegistry  # type: ignore[import-untyped]  # ships no types

from dsl import units
from tests.dsl.support import PROPERTY

MASS = ("kg", "g", "mg", "ug", "ng", "[lb_av]", "[oz_av]")
VOLUME = ("L", "l", "dL", "mL", "uL", "fL", "m3", "cm3", "mm3")
TIME = ("s", "min", "h", "d", "wk", "mo", "a")
COUNT = ("10*3/uL", "10*9/L", "/uL", "10*3/mm3", "10*6/mL", "10*6/uL", "1/nL", "{cells}/uL", "10^3/uL")
CONCENTRATION = ("mg/dL", "g/L", "ug/mL", "mg/L", "kg/m3", "mg.L-1", "mg/10*2.mL-1")
CLEARANCE = ("mL/min", "L/h", "mL/s", "dL/min", "L/d", "10*-3.L/min")
INDEXED = ("mL/min/{1.73_m2}", "L/h/{1.73_m2}", "mL/min{1.73m2}", "mL/{1.73_m2}/min", "mL/min/{1.73 m^2}")
SURFACE_DOSE = ("mg/m2", "g/m2", "ug/cm2")
WEIGHT_DOSE = ("mg/kg", "ug/g", "g/[lb_av]", "%", "1")
MOLAR = ("mmol/L", "umol/mL", "nmol/uL", "mol/m3")
INTERNATIONAL = ("[iU]/L", "m[iU]/mL", "[IU]/L", "k[IU]/m3")
ENZYME = ("U/L", "mU/mL", "kU/m3")
EQUIVALENT = ("meq/L", "ueq/mL", "eq/m3")
PRESSURE = ("Pa", "kPa", "hPa", "10*3.g/m.s-2")
LENGTH = ("m", "cm", "mm", "[in_i]", "[ft_i]", "dam")
OSMOLALITY = ("mosm/kg", "uosm/g")

KINDS = (
    MASS, VOLUME, TIME, COUNT, CONCENTRATION, CLEARANCE, INDEXED, SURFACE_DOSE, WEIGHT_DOSE, MOLAR,
    INTERNATIONAL, ENZYME, EQUIVALENT, PRESSURE, LENGTH, OSMOLALITY,
)  # fmt: skip

# Worked by hand from the definitions of the units, as exact rationals.
FACTORS = [
    ("[lb_av]", "kg", Fraction(45359237, 10**8)),
    ("[oz_av]", "g", Fraction("28.349523125")),
    ("[oz_av]", "[lb_av]", Fraction(1, 16)),
    ("g", "kg", Fraction(1, 1000)),
    ("ug", "mg", Fraction(1, 1000)),
    ("10*9/L", "10*3/uL", Fraction(1)),
    ("/uL", "10*3/uL", Fraction(1, 1000)),
    ("10*3/mm3", "10*3/uL", Fraction(1)),
    ("10*6/uL", "10*3/uL", Fraction(1000)),
    ("mg/dL", "g/L", Fraction(1, 100)),
    ("mL/s", "mL/min", Fraction(60)),
    ("L/h", "mL/min", Fraction(1000, 60)),
    ("wk", "d", Fraction(7)),
    ("a", "d", Fraction(1461, 4)),
    ("mo", "a", Fraction(1, 12)),
    ("[ft_i]", "[in_i]", Fraction(12)),
    ("[in_i]", "cm", Fraction(254, 100)),
    ("%", "1", Fraction(1, 100)),
    ("mg/kg", "ug/g", Fraction(1)),
    ("kPa", "g/m.s-2", Fraction(10**6)),
    ("J", "g.m2.s-2", Fraction(1000)),
    ("Tg", "Mg", Fraction(10**6)),
    ("Gg", "kg", Fraction(10**6)),
    ("hL", "daL", Fraction(10)),
    ("dg", "cg", Fraction(10)),
    ("nmol", "pmol", Fraction(1000)),
    ("fL", "um3", Fraction(1)),
    ("10*-3", "1", Fraction(1, 1000)),
    ("m[IU]", "[iU]", Fraction(1, 1000)),
]


@pytest.mark.parametrize(("one", "other", "factor"), FACTORS)
def test_factors_are_exact(one: str, other: str, factor: Fraction) -> None:
    """H-001, H-004, H-039: a pound is exactly 0.45359237 kg, and no factor is a binary float."""
    assert units.parse(one).factor_to(units.parse(other)) == factor
    assert units.parse(other).factor_to(units.parse(one)) == 1 / factor


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind[0])
def test_units_of_one_kind_convert_and_of_two_kinds_do_not(kind: tuple[str, ...]) -> None:
    for code in kind:
        assert units.commensurable(code, kind[0]), code
    strangers = [code for other in KINDS if other is not kind for code in other]
    assert [code for code in strangers if units.commensurable(code, kind[0])] == []


COMPARABLE = [
    (code, kind[0])
    for kind in (MASS, VOLUME, TIME, CONCENTRATION, CLEARANCE, SURFACE_DOSE, MOLAR, LENGTH)
    for code in kind
    if "{" not in code and "10*" not in code
]


def test_factors_agree_with_another_implementation_of_ucum() -> None:
    """H-001: an error in our table would be one in all rules; pint reads UCUM on its own."""
    registry = PintUcumRegistry()
    for code, base in COMPARABLE:
        theirs = registry.from_ucum(code).to(registry.from_ucum(base)).magnitude
        ours = units.parse(code).factor_to(units.parse(base))
        assert float(ours) == pytest.approx(float(theirs), rel=1e-9), (code, base)


@pytest.mark.parametrize(
    "code",
    [
        "K/uL", "k/uL", "G/L", "Cel", "[degF]", "kgs", "lb", "lbs", "oz", "years", "mcg", "IU", "cc", "µg",
        "mg/dL ", " mg", "mg dL", "mg//dL", "mg/", ".mg", "2mg", "mg*2", "10*", "10*3uL", "1000/uL", "1.73",
        "mL/min/1.73m2", "mL/min/1.73.m2", "mm[Hg]", "{", "}", "{}{", "mg{", "", "/", ".", "11", "10*٣/uL",
        "mg٢", "\ud800", "\n", "kg\n", "mg/dL/", "kg[lb_av]", "kkg", "ming", "k%", "1mg", "m{x}g", "%mg",
    ],
)  # fmt: skip
def test_what_is_not_a_listed_code_is_refused(code: str) -> None:
    """H-001, H-004: `K/uL` is kelvin per microlitre; a code that is not listed is never guessed."""
    with pytest.raises(units.UnitError) as refusal:
        units.parse(code)
    assert not code.strip() or code.strip() not in str(refusal.value).split()
    assert not units.commensurable(code, "1")
    assert not units.commensurable("kg", code)


@pytest.mark.parametrize("indexed", INDEXED)
def test_an_indexed_clearance_is_no_absolute_clearance(indexed: str) -> None:
    """H-003: in UCUM an annotation means nothing; here "per 1.73 m2" is never dropped."""
    assert not units.commensurable(indexed, "mL/min")
    assert units.commensurable(indexed, INDEXED[0])
    with pytest.raises(units.UnitError):
        units.parse(indexed).factor_to(units.parse("mL/min"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mg/dL", "umol/L"), ("mg", "mmol"), ("U/L", "[iU]/L"), ("U/L", "umol/min/L"), ("meq", "mmol"),
        ("mol", "1"), ("U", "1"), ("[iU]", "1"), ("mg", "mg/m2"), ("mg", "mg/kg"), ("mg", "mg/{dose}"),
        ("mL/min", "mL/min/{BSA}"), ("osm/kg", "mol/kg"),
    ],
)  # fmt: skip
def test_kinds_that_must_not_mix(one: str, other: str) -> None:
    """H-003: no mass becomes moles without a molar mass, no enzyme unit an international one."""
    assert not units.commensurable(one, other)


def test_what_a_value_is_given_per_counts_like_a_unit() -> None:
    assert units.parse("/{1.73_m2}").dimensions == (("{1.73_m2}", -1),)
    assert units.parse("/{dose}/{dose}").dimensions == (("{dose}", -2),)
    assert units.parse("{1.73_m2}.mL/{1.73_m2}") == units.parse("mL")


def test_base_units_stand_for_themselves() -> None:
    for code in ("m", "s", "g", "mol", "eq", "osm", "U", "[iU]"):
        assert units.parse(code) == units.Unit(Fraction(1), ((code, 1),))
    assert units.parse("[IU]") == units.parse("[iU]")
    assert units.parse("1") == units.Unit(Fraction(1), ())


def test_annotations_that_only_name_what_is_counted_change_nothing() -> None:
    assert units.parse("10*3{cells}/uL") == units.parse("10*3/uL") == units.parse("10*3.{cells}/uL")
    assert units.parse("{copies}/mL") == units.parse("/mL")


def test_the_length_of_a_code_is_bounded() -> None:
    """H-115."""
    longest = "g" + "/g" * 31 + "."
    assert units.parse(longest[:-1]).dimensions == (("g", -30),)
    assert len("g" + "{" + "x" * 61 + "}") == units.MAX_CODE_LENGTH
    assert units.parse("g" + "{" + "x" * 61 + "}") == units.parse("g")
    with pytest.raises(units.UnitError):
        units.parse("g" + "{" + "x" * 62 + "}")


@PROPERTY
@given(st.sampled_from(KINDS), st.data(), st.fractions(max_denominator=10**6))
def test_equal_amounts_stay_equal_on_every_way_of_conversion(
    kind: tuple[str, ...], data: st.DataObject, amount: Fraction
) -> None:
    """H-001, H-039: converting there, onward and back gives the amount itself."""
    one, two, three = (units.parse(data.draw(st.sampled_from(kind))) for _ in range(3))
    there = amount * one.factor_to(two) * two.factor_to(three)
    assert there == amount * one.factor_to(three)
    assert there * three.factor_to(one) == amount


@PROPERTY
@given(st.text(max_size=80) | st.from_regex(r"[A-Za-z0-9*^./{}\[\]%+_-]{1,70}", fullmatch=True))
def test_any_text_is_a_unit_or_refused(code: str) -> None:
    try:
        unit = units.parse(code)
    except units.UnitError as refusal:
        assert len(str(refusal)) < 60
    else:
        assert unit.factor > 0

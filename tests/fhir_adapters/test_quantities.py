"""Units as senders write them: codes, listed names, and what is never converted."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl import units
from dsl.types import QuantityType
from dsl.values import Fact, Quantity, Range, Reason, convert, quantity
from fhir_adapters import gather
from fhir_adapters.quantities import converted, listed_code, name_contradicts
from fhir_adapters.reading import UCUM
from fhir_adapters.unit_names import CODES, listed_name, plain
from tests.dsl.support import PROPERTY
from tests.fhir_adapters.example import (
    AS_OF,
    ExampleTerminology,
    Json,
    amount,
    chart,
    fact,
    observation,
    platelets,
    rule_input,
    weight,
)

WEIGHT = rule_input("observation", "weight", 90)
PLATELETS = rule_input("observation", "platelets", 30)
BILIRUBIN = rule_input("observation", "bilirubin", 30, over_upper_limit=True)
LOCAL = "http://hospital.example/units"


def named(value: object, name: str, **more: object) -> Json:
    """A Quantity of a sender that does not write UCUM."""
    return {"value": Decimal(str(value)), "code": name, "unit": name} | more


@pytest.mark.parametrize("more", [{}, {"system": LOCAL}, {"unit": "odd"}, {"unit": None}])
@pytest.mark.parametrize(("number", "name"), [(150, "lbs"), (150, "LB"), (2400, "oz"), ("68.0388555", "kgs")])
def test_a_listed_name_in_place_of_a_code(number: object, name: str, more: Json) -> None:
    """H-001, H-004: exactly the unit that the table lists, and said aloud with its place."""
    on_file = chart(weight(valueQuantity=named(number, name, **more)))
    (found,) = fact(WEIGHT, on_file).possible
    assert isinstance(found, Quantity) and convert(found, "g").value == Fraction("68038.8555")
    (said,) = on_file.findings
    assert (said.code, said.path) == ("unit-name", "prefetch.labs.entry[0].resource.valueQuantity")
    assert f"`{name}`" in said.sentence and f"`{found.unit}`" in said.sentence


@pytest.mark.parametrize("number", [149_999, 150_000])
@pytest.mark.parametrize(
    "name",
    [
        "K/uL",
        "K/\N{MICRO SIGN}L",
        "k/\N{GREEK SMALL LETTER MU}l",
        "x10E3/uL",
        "x 10^3 / uL",
        "THOU/CUMM",
        "G/L",
    ],
)
def test_names_for_thousands_of_cells(name: str, number: int) -> None:
    """H-004: `K/uL` is kelvin per microlitre in UCUM and thousands per microlitre to those who write it."""
    on_file = chart(platelets(valueQuantity=named(Decimal(number).scaleb(-3), name)))
    (found,) = fact(PLATELETS, on_file).possible
    assert isinstance(found, Quantity) and convert(found, "/uL").value == number


@pytest.mark.parametrize(
    "element",
    [
        named(68, "kilogramme"),
        named(68, "kg"),
        named(68, "lbs", system=UCUM),
        named(68, "IU"),
        named(150, "lbs", unit="kg"),
        named(150, "lbs", unit="10*3/uL"),
        {"value": 150, "unit": "lbs"},
        {"value": 150, "unit": "lbs", "system": LOCAL},
        {"value": 150, "code": "", "unit": "lbs"},
        {"value": 150, "code": ["lbs"], "unit": "lbs"},
    ],
)
def test_what_is_not_a_listed_name(element: Json) -> None:
    """H-001, H-002: text beside the code is never read, a code is not guessed, a contradiction declines."""
    assert fact(WEIGHT, chart(weight(valueQuantity=element))).reason is Reason.UNIT


def test_a_name_is_said_wherever_it_is_read() -> None:
    """H-004: the limit of the laboratory too; a UCUM code is not worth a word."""
    limits = [None, {"high": named("1.2", "MG/DL")}, {"low": named(0, "mg/dl")}, {"high": {"code": 5}}]
    resource = observation("1975-2", valueQuantity=named("1.8", "mg/dl"), referenceRange=limits)
    on_file = chart(resource)
    assert fact(BILIRUBIN, on_file).possible == (Quantity(Fraction(3, 2), "1"),)
    assert [said.path.rpartition("resource.")[2] for said in on_file.findings] == [
        "valueQuantity",
        "referenceRange[1].high",
    ]
    assert chart(weight(), platelets()).findings == ()


def test_the_table_of_names() -> None:
    """Each name means one listed unit and is not itself the code of another one."""
    for code, names in CODES.items():
        assert listed_code({"system": UCUM, "code": code}) == code
        for name in names:
            assert listed_name(name) == code and plain(name) == name
            if units_of(name) is not None:
                assert units_of(name) == units.parse(code), name
    everything = [name.lower() for names in CODES.values() for name in names]
    assert len(everything) == len(set(everything))


def units_of(name: str) -> units.Unit | None:
    try:
        return units.parse(name)
    except units.UnitError:
        return None


@pytest.mark.parametrize(
    ("unit", "code"),
    [
        ("mL/min/1.73m2", "mL/min"),
        ("mL/min/1.73 m^2", "mL/min"),
        ("mL/min", "mL/min/{1.73_m2}"),
        ("mL/min", "mL/min{1.73m2}"),
        ("\N{MICRO SIGN}mol/L", "mg/dL"),
        ("mg/dL", "umol/L"),
        ("k/ul", "10*6/uL"),
        ("mcg", "mg"),
    ],
)
def test_contradicting_text(unit: str, code: str) -> None:
    """H-002, H-003: a result per 1.73 m2 under the code of an absolute one is neither."""
    read = listed_code({"system": UCUM, "code": code})
    assert read is not None and name_contradicts({"unit": unit}, read)


@pytest.mark.parametrize("remark", ["{1.73_m2}", "{1.73m2}", "{1.73m*2}", "{per_1.73_sqm}"])
def test_per_body_surface_is_never_dropped(remark: str) -> None:
    """H-003: the remark that tells an indexed clearance from an absolute one, wherever it stands."""
    for code in (f"mL/min/{remark}", f"mL/min{remark}", f"mL/{remark}/min"):
        read = listed_code({"system": UCUM, "code": code})
        assert read is not None and units.commensurable(read, "mL/min/{1.73_m2}")
        assert not units.commensurable(read, "mL/min")
        assert "per" not in read


# ------------------------------------------------------------------ mass and substance
CREATININE = quantity("113.12", "g/mol")


@pytest.mark.parametrize(
    ("number", "code", "unit", "expected"),
    [
        ("113.12", "mg/L", "mmol/L", "1"),
        ("88.4", "umol/L", "mg/dL", "0.99998080"),
        ("1.2", "mg/dL", "umol/L", "106.08203678"),
        ("1", "mg/mmol", "mg/g", "8.84016973"),
    ],
)
def test_known_pairs_of_mass_and_substance(number: str, code: str, unit: str, expected: str) -> None:
    """H-003: creatinine, worked by hand to eight decimals; there and back is exact."""
    amount = quantity(number, code)
    found = converted(amount, unit, CREATININE)
    assert isinstance(found, Quantity) and abs(found.value - Fraction(expected)) < Fraction(1, 10**8)
    assert converted(found, code, CREATININE) == amount
    assert converted(amount, unit, quantity("0.11312", "kg/mol")) == found
    assert converted(amount, unit, None) is None


@pytest.mark.parametrize("code", ["mL/min", "U/L", "meq/L", "[iU]/L", "umol", "umol/min", "1"])
def test_a_molar_mass_joins_mass_and_substance_only(code: str) -> None:
    """H-003: no enzyme unit, no equivalent and no other volume becomes a mass per volume."""
    assert converted(quantity(1, code), "mg/dL", CREATININE) is None


def with_molar_mass(molar_mass: Quantity | None) -> ExampleTerminology:
    terminology = ExampleTerminology()
    terminology.observables["bilirubin"] = replace(
        terminology.observables["bilirubin"], molar_mass=molar_mass
    )
    return terminology


def bilirubin(number: str, code: str, **more: object) -> Json:
    return observation("1975-2", valueQuantity=amount(number, code, **more))


def test_a_molar_result() -> None:
    """H-003: in the unit of the observable, as written in the trace; without the molar mass it declines."""
    item = replace(rule_input("observation", "bilirubin", 30), type=QuantityType("mg/dL"))

    def read(resource: Json, molar_mass: Quantity | None) -> Fact:
        return gather([item], chart(resource), AS_OF, with_molar_mass(molar_mass), None)[item.name]

    mass = quantity("584.673", "g/mol")
    (found,) = read(bilirubin("100", "umol/L"), mass).possible
    assert found == quantity("5.84673", "mg/dL")
    assert read(bilirubin("100", "umol/L"), mass).data[0].text == "100 umol/L"
    (below,) = read(bilirubin("100", "umol/L", comparator="<"), mass).possible
    assert below == Range(None, Fraction("5.84673"), False, False, "mg/dL")
    assert read(bilirubin("1100", "umol/L"), mass).reason is Reason.IMPLAUSIBLE
    assert read(bilirubin("100", "umol/L", unit="mg/dL"), mass).reason is Reason.UNIT
    assert read(bilirubin("100", "umol/L"), None).reason is Reason.UNIT
    both = [bilirubin("5.84673", "mg/dL"), bilirubin("100", "umol/L") | {"id": "b2"}]
    assert gather([item], chart(*both), AS_OF, with_molar_mass(mass), None)[item.name].known


def test_a_molar_result_and_its_limit() -> None:
    """H-003: a limit in mass and a result in substance compare by the molar mass, and not without it."""
    mass = quantity("584.673", "g/mol")
    resource = bilirubin("100", "umol/L") | {"referenceRange": [{"high": amount("2.923365", "mg/dL")}]}
    (found,) = gather([BILIRUBIN], chart(resource), AS_OF, with_molar_mass(mass), None)["bilirubin"].possible
    assert found == Quantity(Fraction(2), "1")
    assert fact(BILIRUBIN, chart(resource)).reason is Reason.UNIT
    odd = bilirubin("1.8", "mg/dL") | {"referenceRange": [{"high": amount("1.2", "mg/dL", unit="mg/L")}]}
    assert fact(BILIRUBIN, chart(odd)).reason is Reason.NO_VALUE


# ------------------------------------------------------------------ equal amounts
_POUNDS: Mapping[str, Fraction] = {
    "kg": Fraction("0.45359237"),
    "g": Fraction("453.59237"),
    "mg": Fraction("453592.37"),
    "[lb_av]": Fraction(1),
    "[oz_av]": Fraction(16),
}
_CELLS: Mapping[str, Fraction] = {
    "/uL": Fraction(1),
    "10*3/uL": Fraction(1, 1000),
    "10^3/uL": Fraction(1, 1000),
    "10*9/L": Fraction(1, 1000),
    "10*6/L": Fraction(1),
    "10*3/mm3": Fraction(1, 1000),
    "10*6/uL": Fraction(1, 10**6),
}


def written(value: Fraction, unit: str, name: str | None) -> Json:
    """A Quantity in a code, or in a name that stands for it."""
    number = Decimal(value.numerator) / Decimal(value.denominator)
    assert Fraction(number) == value
    return amount(number, unit) if name is None else named(number, name)


Way = tuple[str, Fraction, str | None]
"""A unit, its number per base amount, and perhaps a name for it."""


def ways(factors: Mapping[str, Fraction]) -> st.SearchStrategy[Way]:
    found: list[Way] = [
        (unit, each, name) for unit, each in factors.items() for name in (None, *CODES.get(unit, ()))
    ]
    return st.sampled_from(found)


@PROPERTY
@given(st.integers(45, 771), ways(_POUNDS))
def test_equal_weights_give_one_fact(pounds: int, way: Way) -> None:
    """H-001, H-004, H-039: in every accepted code and name."""
    unit, factor, name = way
    found = fact(WEIGHT, chart(weight(valueQuantity=written(pounds * factor, unit, name))))
    (value,) = found.possible
    assert isinstance(value, Quantity) and value.unit == unit
    assert convert(value, "kg") == Quantity(pounds * _POUNDS["kg"], "kg")
    assert convert(convert(value, "kg"), unit) == value


@PROPERTY
@given(st.lists(st.tuples(st.integers(1000, 3_000_000), ways(_CELLS)), min_size=1, max_size=4), st.data())
def test_order_and_duplicates_change_nothing(results: list[tuple[int, Way]], data: st.DataObject) -> None:
    """H-013, H-014, H-016: the same results again, in another order and other units, are the same fact."""

    def read(again: list[tuple[int, Way]]) -> tuple[object, object]:
        resources = [
            platelets(identifier=f"p{index}", valueQuantity=written(cells * factor, unit, name))
            for index, (cells, (unit, factor, name)) in enumerate(again)
        ]
        found: Fact = fact(PLATELETS, chart(*resources))
        values = {convert(each, "/uL").value for each in found.possible if isinstance(each, Quantity)}
        return values, found.reason

    more = [(cells, data.draw(ways(_CELLS))) for cells, _ in results]
    again = [*results, *more]
    random.Random(data.draw(st.integers(0, 99))).shuffle(again)
    assert read(again) == read(results)
    assert read(results)[0] == {cells for cells, _ in results}

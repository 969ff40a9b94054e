"""What is said about input that cannot be used: the field, what came and what is allowed, in plain words.

Every operation is asked its example with one place of it changed: taken out, of another type, out of any
range, a list of another length, a field that nobody knows.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from calc import CalculationError, UnusableInput
from calc.operations import OPERATIONS, Operation
from cds.calculators import answer, operations
from tests.cds.cards.support import bundled

_OF_PYTHON: Final = re.compile(
    r"pydantic|input should|validation|instance|\b(tuple|dict|str|NoneType|Fraction|Decimal)\b|function-",
    re.IGNORECASE,
)
_NAMED: Final = re.compile(r"`([A-Za-z_][A-Za-z0-9_.]*)`|`([0-9a-z_.]+)`")
_WRONG: Final[tuple[object, ...]] = (
    None, True, "", "much", "5 mg", "long" * 1000, -1, 0, 1, 1.5, 7, 1000, 10**10, 10**50, 1e-300, -1e300,
    [], [1], ["a"], [1, 2, 3], [[]], {}, {"a": 1}, {"value": 1, "unit": "s"}, {"value": 1}, {"": ["x"]},
)  # fmt: skip
_MORE: Final[dict[str, dict[str, object]]] = {
    "af.net_benefit": {
        "major_bleed_on_warfarin": 2,
        "params": {"rr_ich": [1.23, 0.88, 1.72], "w_te": 1, "baseline_log_sd": {"te": 0.1}},
    },
    "path.block": {
        "variants": [
            {"gene": "RAS", "constitutive": True, "adds_edges": [["RAS", "ERK"]], "resistant_to": ["a"]}
        ],
    },
    "path.fixpoint": {"block": ["RAS"], "drug": ["a"]},
    "pk.free": {"fu": 0.1, "albumin_g_dl": None, "albumin_g_l": 22, "free_range": [1, 2]},
    "rule.niraparib": {"policy": {"weight_max_age_days": 90, "platelet_max_age_days": 30}},
}
"""Fields that the examples leave out and that hold others."""
_UNKNOWN: Final = "none_such"


def changed(value: object) -> Iterator[object]:
    """The same with one place of it changed."""
    yield from _WRONG
    if isinstance(value, dict):
        yield {**value, _UNKNOWN: 1}
        for name, inner in value.items():
            yield {other: each for other, each in value.items() if other != name}
            for each in changed(inner):
                yield {**value, name: each}
    if isinstance(value, list):
        for index, inner in enumerate(value[:2]):
            for each in changed(inner):
                yield [*value[:index], each, *value[index + 1 :]]


def wrong_inputs(operation: Operation) -> Iterator[tuple[str, dict[str, Any]]]:
    """The field that was changed, and all that is given."""
    # What FHIR resources hold is the business of the chart, which has tests of its own.
    resources = {"patient", "observations"}
    whole: dict[str, Any] = {**operation.example, **_MORE.get(operation.name, {})}
    yield _UNKNOWN, {**whole, _UNKNOWN: 1}
    for field in operation.given.model_fields:
        yield field, {name: each for name, each in whole.items() if name != field}
        for each in _WRONG if field in resources else changed(whole.get(field)):
            yield field, {**whole, field: each}


@pytest.mark.parametrize("name", [*operations(bundled())])
def test_each_fault_names_its_field_in_plain_words(name: str) -> None:
    operation = operations(bundled())[name]
    fields = {*operation.given.model_fields, _UNKNOWN}
    faults = 0
    for field, given in wrong_inputs(operation):
        before = copy.deepcopy(given)
        try:
            answer(operation, given)
            continue
        except CalculationError as error:
            fault, message = error, str(error)
        faults += 1
        assert given == before, "what came is left as it is"
        assert not _OF_PYTHON.search(message), message
        assert len(message) <= 400, message
        named = [(one or other).split(".")[0] for one, other in _NAMED.findall(message)]
        assert fault.code == "out-of-reach" or fields & {*named}, message
        if isinstance(fault, UnusableInput) and fault.code != "missing-field":
            assert named[0] == field, f"{field}: {message}"
    assert faults > 2 * len(_WRONG) / 3


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        (
            "nnt.decide",
            {"strata": {"0": {"arr": 0.1, "ci95": [0]}}},
            "`strata.0.ci95`: expected at least 2 entries, not 1",
        ),
        ("nnt.decide", {"strata": {}}, "`strata`: expected at least 1 entry, not 0"),
        ("nnt.decide", {"strata": [], "patient_x": 1}, "`strata`: expected an object, not a list"),
        (
            "nnt.decide",
            {"strata": {"0": {"arr": 0.1, "ci95": [0, 1]}}, "patient_x": []},
            "`patient_x`: expected the name of a stratum, a number, or null, not a list",
        ),
        ("pk.crcl", {"sex": "f"}, '`sex`: expected `female`, `male`, `other` or `unknown`, not "f"'),
        ("pk.css", {"dose_mg": "100"}, '`dose_mg`: expected a finite number, not "100"'),
        (
            "pk.css",
            {"dose_mg": {"value": 1, "unit": "h"}},
            "`dose_mg`: expected a number above 0 (mg) or what converts to it (the units measure "
            "different things), not 1 h",
        ),
        (
            "pk.css",
            {"dose_mg": {"value": "x", "unit": "mg"}},
            '`dose_mg`: expected a finite number, not "x" mg',
        ),
        (
            "mipd.conjugate",
            {"prior_median": 5, "omega": 0, "sigma": 1, "n": 1.5},
            "`n`: expected a whole number, not 1.5",
        ),
        (
            "mipd.conjugate",
            {"prior_median": 5, "omega": 0, "sigma": 1, "n": -1},
            "`n`: expected a whole number at least 0, not -1",
        ),
        (
            "mipd.conjugate",
            {"prior_median": 1e10, "omega": 0, "sigma": 1, "n": 0},
            "`prior_median`: expected a number at least 0.000000001 and at most 1,000,000,000, "
            "not 10000000000.0",
        ),
        (
            "path.block",
            {"edges": [["", "b"]], "sink": "b"},
            '`edges.0.0`: expected a text that is not empty, not ""',
        ),
        (
            "path.block",
            {"edges": [["a" * 101, "b"]], "sink": "b"},
            '`edges.0.0`: expected a text of at most 100 characters, not "aaaa',
        ),
        ("path.block", {"edges": [["a", "b"]], "sink": "b", "drug": 5}, "`drug`: expected a list, not 5"),
        (
            "path.block",
            {"edges": [["a", "b"]], "sink": "b", "druggable": {"": ["x"]}},
            '`druggable`: expected a text that is not empty, not ""',
        ),
        (
            "af.scores",
            {"age": 85, "sex": "male", "stroke": 1, "stroke_tia": 1},
            "`stroke` comes under two names",
        ),
        ("af.scores", {"age": 85, "sex": "male", "falls": 2}, "`falls`: expected true, false, 1 or 0, not 2"),
        ("pk.css", {"x" * 500: 1}, "`dose_mg` is missing"),
    ],
)
def test_how_a_fault_is_said(name: str, given: dict[str, object], message: str) -> None:
    with pytest.raises(UnusableInput) as caught:
        answer(operations(bundled())[name], given)
    assert str(caught.value).startswith(message)


def test_a_field_that_nobody_knows_is_shortened() -> None:
    example = OPERATIONS["pk.css"].example
    with pytest.raises(UnusableInput, match=r"^`x{60}…` is no field of this operation$"):
        answer(OPERATIONS["pk.css"], {**example, "x" * 5000: 1})


def test_rounded_shares_carry_no_effect_beyond_the_greatest() -> None:
    """They come to a little more than one, and the answer once lay outside of what an answer may be."""
    found = answer(
        OPERATIONS["evidence.transport"],
        {
            "arr": {"a": 1, "b": 1},
            "trial_mix": {"a": 0.5, "b": 0.5000000005},
            "target_mix": {"a": 0.5, "b": 0.5},
        },
    )
    assert found["trial_arr"] == 1


def test_rates_under_a_drug_may_be_higher_than_any_that_can_be_given() -> None:
    given = {"cha2ds2_vasc": 9, "has_bled": 2, "ich_rate_off": 0.01, "params": {"rr_te_warf": [1000] * 3}}
    found = answer(OPERATIONS["af.net_benefit"], given)
    rates = found["per_100_py"]
    assert isinstance(rates, dict) and rates["te_on"] == 11224

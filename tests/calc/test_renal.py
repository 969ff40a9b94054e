"""Kidney function as operations: statuses in their order, units, and the formula for children."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc.errors import UnusableInput
from calc.operations import OPERATIONS
from calc.renal import bedside_schwartz, cockcroft_gault

WOMAN = {"age_y": 72, "weight_kg": 60, "scr": 1.2, "scr_unit": "mg/dL", "sex": "female"}
CHILD = {"age_y": 6, "height_cm": 116, "scr": 0.5, "scr_unit": "mg/dL"}

POSITIVE = st.fractions(Fraction(1, 10), 300, max_denominator=1000)


def adult(**changed: object) -> dict[str, object]:
    return OPERATIONS["pk.crcl"].answer({**WOMAN, **changed})


def child(**changed: object) -> dict[str, object]:
    return OPERATIONS["pk.schwartz"].answer({**CHILD, **changed})


@pytest.mark.parametrize(
    ("changed", "clearance"),
    [
        ({}, 40.13888889),
        ({"scr": 106.08, "scr_unit": "umol/L"}, 40.13888889),
        ({"sex": "male"}, 47.22222222),
        # (140 - 50) * 80 / 72, and men of 20 and 90 years by hand.
        ({"age_y": 50, "weight_kg": 80, "scr": 1, "sex": "male"}, 100),
        ({"age_y": 18, "weight_kg": 72, "scr": 1, "sex": "male"}, 122),
        ({"age_y": 139, "weight_kg": 72, "scr": 1, "sex": "male"}, 1),
    ],
)
def test_clearance(changed: dict[str, object], clearance: float) -> None:
    found = adult(**changed)
    assert found == {"status": "ok", "crcl_ml_min": pytest.approx(clearance)}


def test_the_same_creatinine_in_two_units_is_exactly_the_same_clearance() -> None:
    """106.08 umol/L are 1.2 mg/dL; as binary floats they are not."""
    assert adult(scr=106.08, scr_unit="umol/L")["crcl_ml_min"] == adult()["crcl_ml_min"] == Fraction(1445, 36)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"scr_unit": "µmol/L"}, "unit-unrecognised"),
        ({"scr_unit": "mg/dl"}, "unit-unrecognised"),
        ({"scr_unit": None}, "unit-unrecognised"),
        ({"scr": None}, "missing-input"),
        ({"weight_kg": None}, "missing-input"),
        ({"age_y": None}, "missing-input"),
        ({"sex": None}, "missing-input"),
        ({"sex": "unknown"}, "missing-input"),
        ({"sex": "other"}, "missing-input"),
        ({"age_y": 17.99}, "not-valid-in-children"),
        ({"scr": 0}, "implausible"),
        ({"scr": -1}, "implausible"),
        ({"weight_kg": 0}, "implausible"),
        ({"age_y": 140}, "implausible"),
        # More than one fault: the first in the order of the contract.
        ({"scr_unit": "g/L", "scr": None, "age_y": 3, "weight_kg": 0}, "unit-unrecognised"),
        ({"scr": None, "age_y": 3, "weight_kg": 0}, "missing-input"),
        ({"age_y": 3, "weight_kg": 0, "scr": 0}, "not-valid-in-children"),
    ],
)
def test_without_a_clearance_only_the_status(changed: dict[str, object], status: str) -> None:
    assert adult(**changed) == {"status": status}


@pytest.mark.parametrize("field", WOMAN)
def test_a_field_left_out_is_as_null(field: str) -> None:
    without = {name: value for name, value in WOMAN.items() if name != field}
    assert OPERATIONS["pk.crcl"].answer(without) == adult(**{field: None})
    assert OPERATIONS["pk.crcl"].answer({}) == {"status": "unit-unrecognised"}


@pytest.mark.parametrize(
    "field, value", [("scr", "1.2"), ("sex", "F"), ("age_y", True), ("scr_unit", 1), ("egfr", 60)]
)
def test_other_types_and_fields_are_refused(field: str, value: object) -> None:
    with pytest.raises(UnusableInput, match=f"`{field}`"):
        adult(**{field: value})


@settings(derandomize=True, database=None, deadline=None)
@given(st.integers(18, 139), POSITIVE, POSITIVE)
def test_the_formula_by_its_identities(age: int, weight: Fraction, creatinine: Fraction) -> None:
    man, woman = (cockcroft_gault(Fraction(age), weight, creatinine, sex) for sex in (False, True))
    assert woman == man * Fraction(17, 20)
    assert man * 72 * creatinine == (140 - age) * weight
    # Ten years are a tenth of the numerator at 40: the loss in years is linear.
    if age < 139:
        assert cockcroft_gault(Fraction(age + 1), weight, creatinine, False) < man


@pytest.mark.parametrize(
    ("changed", "rate"),
    [
        ({}, 95.816),
        # 100 cm and 0.4 mg/dL: 103; and 36.5 in place of 0.413 for umol/L, as both are printed.
        ({"height_cm": 100, "scr": 0.4}, 103.25),
        ({"height_cm": 100, "scr": 36.5, "scr_unit": "umol/L"}, 100.026),
        # The median child of the study, 1.3 mg/dL and 41.3 mL/min/1.73m2, is 130 cm tall.
        ({"height_cm": 130, "scr": 1.3}, 41.3),
    ],
)
def test_filtration_in_children(changed: dict[str, object], rate: float) -> None:
    """Schwartz et al. 2009, PMID 19158356."""
    assert child(**changed) == {"status": "ok", "egfr_ml_min_1_73m2": pytest.approx(rate, abs=1e-3)}


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"scr_unit": "mmol/L", "scr": None}, "unit-unrecognised"),
        ({"height_cm": None, "age_y": 30}, "missing-input"),
        ({"scr": None}, "missing-input"),
        ({"age_y": None}, "missing-input"),
        ({"age_y": 0.99, "scr": 0}, "not-valid-in-infants"),
        ({"age_y": 18, "scr": 0}, "not-valid-in-adults"),
        ({"height_cm": 0}, "implausible"),
        ({"scr": 0}, "implausible"),
        ({"age_y": 1}, "ok"),
        ({"age_y": 17.99}, "ok"),
    ],
)
def test_children_have_statuses_too(changed: dict[str, object], status: str) -> None:
    found = child(**changed)
    assert found["status"] == status
    assert len(found) == (2 if status == "ok" else 1)


@pytest.mark.parametrize(
    "age, height, creatinine", [("0.9", 70, 1), ("18", 170, 1), ("6", 0, 1), ("6", 100, 0)]
)
def test_the_formula_for_children_outside_its_domain(age: str, height: int, creatinine: int) -> None:
    with pytest.raises(ValueError, match=r"children|above zero"):
        bedside_schwartz(Fraction(age), Fraction(height), Fraction(creatinine))

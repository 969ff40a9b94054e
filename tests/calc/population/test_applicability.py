"""Who a model was made for: present, finite, in range, at every time."""

from __future__ import annotations

import math

import pytest

from calc.population import Covariate, Dose, Person, applicability
from tests.calc.population.published import IMATINIB, VANCOMYCIN

GOOD = {"CRCL": 85.0, "WT": 72.0, "DIAL": 0.0}
AGE = Covariate("AGE", "a", 18, 101, "age")


def _person(**covariates: float | tuple[tuple[float, float], ...]) -> Person:
    return Person({**GOOD, **covariates}, (Dose(0, 1000, 1),))


def test_somebody_like_those_of_the_study() -> None:
    found = applicability(VANCOMYCIN, _person(AGE=40), [AGE])
    assert (found.applies, found.reasons, found.model) == (True, (), "goti2018_vancomycin")
    assert applicability(IMATINIB, Person({}, ())).applies


@pytest.mark.parametrize("value, applies", [(4.0, True), (150.0, True), (3.99, False), (150.01, False)])
def test_the_limits_belong_to_the_range(value: float, applies: bool) -> None:
    found = applicability(VANCOMYCIN, _person(CRCL=value))
    assert found.applies == applies
    assert (
        [reason.problem for reason in found.reasons] == [] if applies else ["below" if value < 4 else "above"]
    )


def test_a_child_in_a_model_of_adults() -> None:
    (reason,) = applicability(VANCOMYCIN, _person(AGE=6), [AGE]).reasons
    assert (reason.problem, reason.value, reason.excludes) == ("below", 6, True)
    assert reason.words == (
        "age (AGE) is 6 a, below the range: the model was made with people from 18 to 101 a; "
        "use another model"
    )


def test_an_unknown_age_is_not_taken_for_an_adult_one() -> None:
    (reason,) = applicability(VANCOMYCIN, _person(), [AGE]).reasons
    assert (reason.problem, reason.excludes) == ("missing", True)


def test_every_record_counts_with_its_time() -> None:
    found = applicability(VANCOMYCIN, _person(CRCL=((48, math.nan), (24, 90.0), (0, 160.0))))
    assert [(reason.problem, reason.time) for reason in found.reasons] == [("above", 0), ("no number", 48)]
    assert found.reasons[1].words == "CRCL (CRCL) at 48 is not a finite number; correct the record"
    assert not applicability(VANCOMYCIN, _person(CRCL=())).applies


def test_what_is_assumed_is_said_and_does_not_exclude() -> None:
    assumed = Covariate("ADA", "1", 0, 1, "antibodies", default=0)
    found = applicability(VANCOMYCIN, _person(), [assumed])
    assert found.applies
    assert [reason.words for reason in found.reasons] == ["antibodies (ADA) is not known; 0 1 is assumed"]


def test_a_limit_that_the_equations_read_is_not_asked_twice() -> None:
    (reason,) = applicability(VANCOMYCIN, _person(WT=20), [Covariate("WT", "kg", 40, 60, "weight")]).reasons
    assert (reason.covariate.low, reason.problem) == (33, "below")

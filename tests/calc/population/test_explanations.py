"""Each mistake, made on purpose, is the first that comes to mind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from calc.population import (
    Course,
    Dose,
    Explanation,
    Level,
    Objective,
    Person,
    PopulationModel,
    conflict,
    explanations,
    minimum,
)
from tests.calc.population.published import GENTAMICIN, INFLIXIMAB

DOSES = tuple(Dose(time, 240, 0.5) for time in (0.0, 12.0, 24.0, 36.0))
SOMEBODY = Person({"WT": 70, "CRCL": 60}, DOSES)


def _levels(times: Sequence[float], doses: tuple[Dose, ...] = DOSES) -> list[Level]:
    """What a typical person would have, with other doses where told."""
    person = replace(SOMEBODY, doses=doses)
    values = Course(GENTAMICIN, person, times)(np.zeros((1, 4)))[0]
    return [Level(time, float(value)) for time, value in zip(times, values, strict=True)]


def _explained(
    levels: Sequence[Level], person: Person = SOMEBODY, model: PopulationModel = GENTAMICIN
) -> tuple[Explanation, ...]:
    objective = Objective(model, person, levels)
    return explanations(objective, minimum(objective))


def test_right_levels_need_no_explanation() -> None:
    assert _explained(_levels((25, 30, 35.5))) == ()


def test_a_dose_that_was_missed() -> None:
    best = _explained(_levels((23.5, 26, 30), DOSES[:2] + DOSES[3:]))[0]
    assert (best.mistake, best.dose) == ("missed dose", DOSES[2])
    assert best.together.chance > 0.99


def test_a_dose_given_twice() -> None:
    twice = (*DOSES[:2], replace(DOSES[2], amount=480), DOSES[3])
    best = _explained(_levels((23.5, 26, 30), twice))[0]
    assert (best.mistake, best.dose) == ("double dose", DOSES[2])
    assert best.together.chance > 0.99


def test_levels_exchanged() -> None:
    trough, peak = _levels((23.5, 25.0))
    levels = [replace(trough, value=peak.value), replace(peak, value=trough.value)]
    best = _explained(levels)[0]
    assert (best.mistake, best.levels) == ("exchanged levels", tuple(levels))


def test_a_trough_said_to_be_a_peak() -> None:
    early, trough = _levels((13.0, 24.0))
    said = replace(trough, time=24.6)
    found = _explained([early, said])
    assert found[0].levels == (said,)
    assert ("taken before the dose", (said,), DOSES[2]) in [(e.mistake, e.levels, e.dose) for e in found]


def test_a_peak_said_to_be_a_trough() -> None:
    early, peak = _levels((13.0, 25.0))
    said = replace(peak, time=24.0)
    found = _explained([early, said])
    assert found[0].levels == (said,)
    assert {e.mistake for e in found} >= {"taken after the dose", "wrong time"}
    shift = next(e.shift for e in found if e.mistake == "wrong time")
    assert shift in (0.5, 1.0, 1.5)


def test_a_level_from_the_line_of_the_infusion() -> None:
    trough, during = _levels((23.5, 24.4))
    said = replace(during, value=400.0)
    (best,) = _explained([trough, said])
    assert (best.mistake, best.levels, best.dose) == ("infusion line", (said,), DOSES[2])
    recorded = minimum(Objective(GENTAMICIN, SOMEBODY, [trough, said])).objective
    without = minimum(Objective(GENTAMICIN, SOMEBODY, [trough]))
    predicted = Course(GENTAMICIN, SOMEBODY, [24.4])(without.eta[None])
    as_predicted = 2 * np.log(GENTAMICIN.residuals["level"].deviation(predicted))[0, 0]
    assert best.improvement == pytest.approx(recorded - without.objective - as_predicted, abs=1e-3)
    low = replace(during, value=0.5)
    assert "infusion line" not in {e.mistake for e in _explained([trough, low])}


def test_improvements_are_those_of_the_objective_and_come_in_order() -> None:
    levels = _levels((23.5, 26, 30), DOSES[:2] + DOSES[3:])
    found = _explained(levels)
    improvements = [each.improvement for each in found]
    assert improvements == sorted(improvements, reverse=True)
    recorded = minimum(Objective(GENTAMICIN, SOMEBODY, levels)).objective
    undone = Person(SOMEBODY.covariates, DOSES[:2] + DOSES[3:])
    assert improvements[0] == pytest.approx(
        recorded - minimum(Objective(GENTAMICIN, undone, levels)).objective, abs=1e-3
    )


def test_what_stays_beyond_belief_is_not_explained() -> None:
    levels = [*_levels((23.5,)), Level(30, 8000)]
    objective = Objective(GENTAMICIN, SOMEBODY, levels)
    assert conflict(objective, minimum(objective)).verdict == "beyond belief"
    assert _explained(levels) == ()


def test_a_level_soon_after_the_first_dose_is_not_moved_before_it() -> None:
    """Nothing can be predicted there; and a steady state has no first dose."""
    found = _explained([Level(1, 60)])
    assert {each.mistake for each in found} == {"infusion line"}
    assert all(1 + each.shift > 0 for each in _explained([Level(1, 0.3)]))
    endless = replace(SOMEBODY, doses=(Dose(0, 240, 0.5, interval=12, count=float("inf")),))
    assert "missed dose" not in {each.mistake for each in _explained([Level(4, 0.05)], endless)}


def test_hours_are_hours_in_a_model_of_days() -> None:
    person = Person(
        {"WT": 70, "ALB": 41, "ADA": 0, "SEXF": 0}, tuple(Dose(t, 350, 1 / 12) for t in (0, 14, 42))
    )
    early = Level(41.99, 90.0)
    found = _explained([early], person, INFLIXIMAB)
    assert ("taken after the dose", person.doses[2]) in [(each.mistake, each.dose) for each in found]
    assert all(abs(each.shift) <= 2 / 24 for each in found)

"""The short way back to a mode ends where the long one does."""

from __future__ import annotations

import numpy as np
import pytest

from calc.population import Dose, Level, NotConverged, Objective, Person, minimum
from calc.population.nearby import nearby
from tests.calc.population.linear_model import PERSON, linear_model
from tests.calc.population.published import IMATINIB, STUDIES, measured


@pytest.mark.parametrize("name", STUDIES)
def test_it_ends_in_the_same_minimum(name: str) -> None:
    study = STUDIES[name]
    generator = np.random.default_rng(2)
    root = np.linalg.cholesky(study.model.omega)
    single = 0
    for _ in range(8):
        person = study.person(generator)
        levels = measured(
            study,
            person,
            root @ generator.standard_normal(len(root)),
            study.sampled(generator),
            generator.standard_normal(2),
        )
        objective = Objective(study.model, person, levels)
        mode = minimum(objective)
        found = nearby(objective, mode.eta + np.sqrt(np.diag(study.model.omega)))
        assert found.objective == pytest.approx(mode.objective, abs=1e-4)
        if mode.valleys == 1:
            assert found.eta == pytest.approx(mode.eta, abs=0.01)
            single += 1
    assert single


def test_without_levels_it_is_the_typical_person() -> None:
    found = nearby(Objective(linear_model(), PERSON, ()), np.array([1.0, 2.0]))
    assert (found.eta.tolist(), found.objective) == ([0, 0], 0)


def test_one_start_without_a_prediction_does_not_matter() -> None:
    objective = Objective(linear_model(), PERSON, [Level(1, 29.0)])
    found = nearby(objective, np.array([np.nan, 0.0]))
    assert found.objective == pytest.approx(minimum(objective).objective)


def test_nothing_can_be_asked_where_nothing_is_predicted() -> None:
    nobody = Person({}, (Dose(0, 0, route="oral"),))
    with pytest.raises(NotConverged, match="cannot be predicted"):
        nearby(Objective(IMATINIB, nobody, [Level(12, 500)]), np.zeros(2))

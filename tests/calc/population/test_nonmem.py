"""Never worse than NONMEM, nor than the best of many starts, on the patients that both were shown."""

from __future__ import annotations

import numpy as np
import pytest

from calc.population import Objective, minimum
from tests.calc.population.models import reference
from tests.calc.population.nonmem import as_levels, as_model, as_person

NAMES = [
    "001", "002", "003", "004", "101", "102", "201", "207", "301", "401",
    "403", "405", "407", "501", "504", "511", "512", "513", "901", "951",
]  # fmt: skip


def test_every_model_is_here() -> None:
    assert sorted(reference("nonmem-visible.json")["models"]) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_no_objective_above_the_better_of_both(name: str) -> None:
    facts = reference("nonmem-visible.json")["models"][name]
    model = as_model(name, facts)
    for patient in facts["patients"]:
        objective = Objective(model, as_person(name, patient["records"]), as_levels(name, patient["records"]))
        at_theirs = float(objective.values(np.array([patient["nonmem"]["eta"]]))[0])
        best = at_theirs
        if "reference" in patient:
            said = patient["reference"]["objective_at_nonmem_eta"]
            # Our objective is theirs: the same value at the same etas; none where nothing is predicted.
            assert at_theirs == pytest.approx(np.inf if said is None else said, abs=1e-6), patient["id"]
            best = min(best, patient["reference"]["objective"])
        found = minimum(objective)
        assert found.objective <= best + 1e-4, (name, patient["id"])
        assert found.gradient < 1e-4
        assert np.linalg.eigvalsh(found.bend)[0] > 0

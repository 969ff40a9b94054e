"""Shrinkage, influence and conflict: exact where predictions are linear, right in law where they are not."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, kstest

from calc.population import (
    BEYOND_BELIEF,
    UNUSUAL,
    Conflict,
    Dose,
    Level,
    ModelError,
    Objective,
    Person,
    Surprise,
    chi_square_tail,
    conflict,
    influence,
    minimum,
    robust,
    shrinkage,
)
from tests.calc.population.linear_model import OMEGA, PERSON, Exact, linear_model
from tests.calc.population.published import STUDIES, VANCOMYCIN, measured

LEVELS = (Level(1, 29.0), Level(5, 21.5), Level(12, 18.0))
SOMEBODY = Person({"WT": 72, "CRCL": 85, "DIAL": 0}, (Dose(0, 1000, 1, interval=12, count=4),))


def _conflict(*levels: tuple[float, float]) -> Conflict:
    objective = Objective(VANCOMYCIN, SOMEBODY, [Level(*level) for level in levels])
    return conflict(objective, minimum(objective))


@given(st.floats(0, 500), st.integers(0, 15))
def test_tail_of_the_chi_square(value: float, degrees: int) -> None:
    expected = chi2.sf(value, degrees) if degrees else 1.0
    assert chi_square_tail(value, degrees) == pytest.approx(expected, rel=1e-10, abs=1e-300)


def test_shrinkage_is_the_variance_left() -> None:
    mode = minimum(Objective(linear_model(), PERSON, LEVELS))
    expected = np.diag(Exact(LEVELS).covariance) / np.diag(OMEGA)
    assert shrinkage(mode, OMEGA) == pytest.approx(expected, rel=1e-6)
    nothing = minimum(Objective(linear_model(), PERSON, ()))
    assert shrinkage(nothing, OMEGA) == pytest.approx([1, 1])


def test_a_level_counts_by_what_the_mode_would_be_without_it() -> None:
    objective = Objective(linear_model(), PERSON, LEVELS)
    found = influence(objective, minimum(objective))
    whole = Exact(LEVELS)
    deviations = np.sqrt(np.diag(whole.covariance))
    for index, counted in enumerate(found.levels):
        others = Exact((*LEVELS[:index], *LEVELS[index + 1 :]))
        assert counted.level == LEVELS[index]
        assert counted.shift == pytest.approx((others.mode - whole.mode) / deviations, abs=1e-5)
        part = np.outer(whole.slopes[index], whole.slopes[index]) / 1.5**2
        assert counted.share == pytest.approx(np.trace(whole.covariance @ part) / 2, rel=1e-6)
    assert found.prior == pytest.approx(np.trace(whole.covariance @ np.linalg.inv(OMEGA)) / 2, rel=1e-6)


def test_the_shares_of_levels_and_population_add_up() -> None:
    levels = [Level(13, 40), Level(23.5, 15), Level(35.5, 16)]
    objective = Objective(VANCOMYCIN, SOMEBODY, levels)
    found = influence(objective, minimum(objective))
    assert sum(level.share for level in found.levels) + found.prior == pytest.approx(1, abs=1e-9)
    assert min(level.share for level in found.levels) > 0.02


def test_distances_are_those_of_mahalanobis() -> None:
    objective = Objective(linear_model(), PERSON, LEVELS)
    found = conflict(objective, minimum(objective))
    whole = Exact(LEVELS)
    assert found.together.distance == pytest.approx(whole.distance, rel=1e-6)
    assert found.together.chance == pytest.approx(chi2.sf(whole.distance, 3), rel=1e-5)
    etas = float(whole.mode @ np.linalg.solve(OMEGA, whole.mode))
    assert found.etas.distance == pytest.approx(etas, rel=1e-5)
    assert found.etas.degrees == 2
    for index, level in enumerate(found.levels):
        others = Exact((*LEVELS[:index], *LEVELS[index + 1 :]))
        assert level.typical == 20
        assert level.alone.distance == pytest.approx(Exact((LEVELS[index],)).distance, rel=1e-6)
        assert level.given_others.distance == pytest.approx(whole.distance - others.distance, abs=1e-5)


def _chances(name: str, patients: int) -> tuple[list[float], list[str]]:
    study = STUDIES[name]
    generator = np.random.default_rng(5)
    root = np.linalg.cholesky(study.model.omega)
    chances: list[float] = []
    verdicts: list[str] = []
    for _ in range(patients):
        person = study.person(generator)
        eta = root @ generator.standard_normal(len(root))
        times = (study.troughs[1], study.peak)
        objective = Objective(
            study.model, person, measured(study, person, eta, times, generator.standard_normal(2))
        )
        found = conflict(objective, minimum(objective))
        chances.append(found.together.chance)
        verdicts.append(found.verdict)
    return chances, verdicts


def test_chances_are_what_they_say_in_a_published_model() -> None:
    """Among people whom the model describes, one in ten has levels with a chance below 0.1, and so on."""
    chances, verdicts = _chances("xuan2003_gentamicin", 60)
    assert kstest(chances, "uniform").pvalue > 0.01
    assert verdicts.count("plausible") >= 57


@pytest.mark.long
@pytest.mark.parametrize("name", STUDIES)
def test_hardly_anybody_is_declined_wrongly(name: str) -> None:
    chances, verdicts = _chances(name, 400)
    assert kstest(chances, "uniform").pvalue > 0.001
    assert verdicts.count("plausible") >= 0.96 * 400
    assert verdicts.count("beyond belief") <= 1


@pytest.mark.parametrize(
    "levels, verdict",
    [
        ([(35.5, 13)], "plausible"),
        ([(25.5, 35), (35.5, 13)], "plausible"),
        ([(35.5, 40)], "unusual"),
        ([(35.5, 60)], "beyond belief"),
        ([(35.5, 13000)], "beyond belief"),  # in ug/L
        ([(25.5, 300), (35.5, 13)], "beyond belief"),
    ],
)
def test_verdicts(levels: list[tuple[float, float]], verdict: str) -> None:
    assert _conflict(*levels).verdict == verdict


def test_the_odd_level_is_the_one_that_the_others_speak_against() -> None:
    found = _conflict((23.5, 12.5), (25.5, 300), (35.5, 13))
    chances = [level.given_others.chance for level in found.levels]
    assert np.argmin(chances) == 1
    assert found.levels[0].alone.chance > 0.5


def test_the_limits_of_the_verdict() -> None:
    def verdict(chance: float) -> str:
        return Conflict((), Surprise(float(chi2.isf(chance, 1)), 1), Surprise(0, 1)).verdict

    limits = {UNUSUAL: ("unusual", "plausible"), BEYOND_BELIEF: ("beyond belief", "unusual")}
    for limit, (below, above) in limits.items():
        assert (verdict(limit * 0.999), verdict(limit * 1.001)) == (below, above)


def test_many_single_levels_had_many_chances() -> None:
    levels = tuple(Level(time, 20.0) for time in (1, 2, 3, 4))
    found = conflict(objective := Objective(linear_model(), PERSON, levels), minimum(objective))
    one = replace(found.levels[0], alone=Surprise(float(chi2.isf(0.004, 1)), 1))
    assert replace(found, levels=(one, *found.levels[1:])).chance == pytest.approx(0.016)


def test_no_levels_are_no_conflict() -> None:
    found = _conflict()
    assert (found.chance, found.verdict) == (1.0, "plausible")


def test_a_level_below_its_limit_is_far_only_from_what_lies_above() -> None:
    for limit, expected in ((21.0, 0.0), (16.0, 1.0)):
        level = Level(1000, limit, below=True)
        objective = Objective(linear_model(), PERSON, [level])
        found = conflict(objective, minimum(objective))
        assert (found.together.distance > 0.5) == bool(expected)


def test_heavy_tails_would_hide_a_conflict() -> None:
    objective = Objective(robust(VANCOMYCIN), SOMEBODY, [Level(35.5, 60)])
    with pytest.raises(ModelError, match="ask the plain model"):
        conflict(objective, minimum(objective))


def test_more_extreme_levels_have_smaller_chances() -> None:
    chances = [_conflict((35.5, value)).chance for value in (20.0, 30.0, 45.0, 80.0, 500.0)]
    assert all(later < earlier for earlier, later in itertools.pairwise(chances))

"""The choice among regimens: the reference's choices, order, caps, and what is said where nothing fits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc.population import (
    Choices,
    Dose,
    DosingError,
    Measure,
    Objective,
    Person,
    Posterior,
    Search,
    Target,
    minimum,
    multiples,
    posterior,
    representative,
    search,
)
from tests.calc.population.dosing_models import (
    beta_lactam,
    levels,
    oral,
    person,
    prior,
    reference,
    vancomycin,
)

BETA_LACTAM = beta_lactam()
DRAWS = prior(BETA_LACTAM, 200)
NOBODY = Person({}, ())
AREA = Target(Measure("AUC24"), 150, 220)
CHOICES = Choices(multiples(100, 2000), (6, 8, 12), most=1500, most_daily=6000, durations=(0.5, 3.0))
many = settings(derandomize=True, database=None, deadline=None, max_examples=12)


def found(target: Target = AREA, choices: Choices = CHOICES, **more: Any) -> Search:
    return search(BETA_LACTAM, NOBODY, DRAWS, choices, target, start=0, **more)


def test_reference_choices() -> None:
    """AUC24,ss = daily dose / CL; for each interval the dose with the highest P(400 <= AUC24 <= 600)."""
    rule = reference("solver-visible.json")["vancomycin_dose_choice"]
    cases = {case["id"]: case for case in reference("cases-visible.json")["cases"]}
    of = vancomycin()
    for row in rule["rows"]:
        case = cases[row["case"]]
        patient = person(case)
        objective = Objective(of, patient, levels(case))
        draws = posterior(objective, minimum(objective), 50_000, seed=7)
        answer = search(
            of,
            patient,
            draws,
            Choices(multiples(250, 2250), (8, 12, 24), most=2250, most_daily=6750),
            Target(Measure("AUC24"), 400, 600),
            start=patient.doses[-1].time + 24,
            harms=[Target(Measure("AUC24"), low=600)],
        )
        assert len(answer.options) == len(row["by_interval"]) == 3
        for option in answer.options:
            expected = row["by_interval"][f"{option.candidate.regimen.interval:g}"]
            assert option.candidate.regimen.dose == expected["best_dose_mg"]
            assert option.candidate.attainment == pytest.approx(
                expected["P_400_600"], abs=rule["tolerance_P"]
            )
            assert option.candidate.toxicity == pytest.approx(
                expected["P_above_600"], abs=rule["tolerance_P"]
            )


def test_equal_ones_go_to_the_lower_dose() -> None:
    """By area alone only the dose of a day counts: 600 every 6 h is 800 every 8 h; the lower dose leads."""
    answer = found(Target(Measure("AUC24"), 130, 190))
    assert answer.best is not None
    best = answer.best.candidate
    same = [each for each in answer.candidates if each.attainment == best.attainment]
    assert len(same) > 2 and best.regimen.dose == min(each.regimen.dose for each in same)
    assert best.regimen.duration == 0.5


def test_the_best_of_each_interval_with_its_figures() -> None:
    answer = found(harms=[Target(Measure("peak"), low=70)], most_toxicity=0.1)
    assert [option.candidate.regimen.interval for option in answer.options] != []
    assert {option.candidate.regimen.interval for option in answer.options} == {6, 8, 12}
    for option in answer.options:
        own = [
            each for each in answer.candidates if each.regimen.interval == option.candidate.regimen.interval
        ]
        assert option.candidate == own[0]
        figures, daily = option.figures, option.candidate.daily
        assert figures.auc24.median == pytest.approx(daily / 15, rel=1e-2)
        assert figures.trough.low < figures.trough.median < figures.peak.median < figures.peak.high


@many
@given(st.floats(0.02, 1), st.floats(20, 120), st.floats(50, 400))
def test_the_choice_is_never_dominated(most_toxicity: float, peak: float, low: float) -> None:
    answer = found(
        Target(Measure("AUC24"), low, 1.5 * low),
        harms=[Target(Measure("peak"), low=peak)],
        most_toxicity=most_toxicity,
    )
    allowed = [each for each in answer.candidates if each.toxicity <= most_toxicity]
    assert (answer.best is None) == (not allowed)
    if answer.best is None:
        assert "no regimen within the caps" in answer.reason
        assert answer.options[0].candidate.toxicity == min(each.toxicity for each in answer.candidates)
        return
    best = answer.best.candidate
    assert best.toxicity <= most_toxicity
    for each in allowed:
        assert each.attainment <= best.attainment + 1e-9
        if abs(each.attainment - best.attainment) < 1e-10:
            assert each.daily >= best.daily - 1e-9


def test_a_tighter_limit_never_reaches_more() -> None:
    reached = []
    for most_toxicity in (1.0, 0.3, 0.1, 0.03):
        best = found(harms=[Target(Measure("AUC24"), low=210)], most_toxicity=most_toxicity).best
        assert best is not None
        reached.append(best.candidate.attainment)
    assert reached == sorted(reached, reverse=True) and reached[0] > reached[-1]


def test_nothing_beyond_the_caps_and_it_is_said() -> None:
    """A target out of reach: the nearest regimen is named, and none is advised."""
    answer = found(Target(Measure("AUC24"), low=450), least_attainment=0.5)
    assert answer.best is None and not answer.at_cap
    assert "with a probability of at least 50.0%: 1500 every 6" in answer.reason
    assert max(each.regimen.dose for each in answer.candidates) == 1500
    assert max(each.daily for each in answer.candidates) <= 6000
    never = found(Target(Measure("AUC24"), low=1e5))
    assert never.best is None and "reaches the target at all" in never.reason


def test_a_choice_at_the_cap_is_marked() -> None:
    assert found(Target(Measure("AUC24"), low=390)).at_cap
    assert not found().at_cap


def test_a_loading_dose_where_it_helps() -> None:
    """The first day asks for one, the steady state does not."""
    of = vancomycin()
    draws = prior(of, 300)
    choices = Choices(multiples(500, 1500), (12,), 2500, 5000, (1.5,), (None, 2000))
    patient = Person({"WT": 80, "CRCL": 60}, ())

    def chosen(after: float | None) -> float | None:
        target = Target(Measure("AUC24", after), 400, 600)
        best = search(of, patient, draws, choices, target, start=0).best
        assert best is not None
        return best.candidate.regimen.loading

    assert chosen(0) == 2000 and chosen(None) is None


def test_what_was_given_before_lowers_the_dose() -> None:
    of = vancomycin()
    draws = prior(of, 300)
    choices = Choices(multiples(250, 3000), (12,), 3000, 6000, (1.5,))
    target = Target(Measure("AUC24", 0), 400, 600)
    doses = []
    for before in ((), (Dose(0, 2000, 2),)):
        best = search(of, Person({"WT": 80, "CRCL": 40}, before), draws, choices, target, start=12).best
        assert best is not None
        doses.append(best.candidate.regimen.dose)
    assert doses[1] < doses[0]


def test_absorbed_doses() -> None:
    of = oral()
    choices = Choices((50.0, 100.0, 150.0), (12, 24), 150, 300, route="oral")
    best = search(of, NOBODY, prior(of, 200), choices, Target(Measure("trough"), 0.5, 1.5), start=0).best
    assert best is not None and best.candidate.regimen.route == "oral"


def test_what_is_no_search() -> None:
    with pytest.raises(DosingError, match="`most_toxicity` is 10: a probability"):
        found(most_toxicity=10)
    with pytest.raises(DosingError, match="`least_attainment` is -0"):
        found(least_attainment=-0.1)
    with pytest.raises(DosingError, match="does not depend on an MIC"):
        found(harms=[Target(Measure("AUC24"), low=600, mic=1)])


def test_representative_draws_keep_mean_and_spread() -> None:
    generator = np.random.default_rng(3)
    weights = generator.gamma(0.5, size=5000)
    draws = Posterior(generator.normal(size=(5000, 2)), weights / weights.sum(), 1500, "importance sampling")
    few = representative(draws, 1000)
    assert few.etas.shape == (1000, 2) and few.weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(few.mean(few.etas), draws.mean(draws.etas), atol=0.05)
    np.testing.assert_allclose(few.deviation(few.etas), draws.deviation(draws.etas), rtol=0.05)
    # Of each draw as many as its weight says, but for less than one.
    heaviest = int(draws.weights.argmax())
    times = (few.etas == draws.etas[heaviest]).all(axis=1).sum()
    assert abs(times - 1000 * draws.weights[heaviest]) < 1

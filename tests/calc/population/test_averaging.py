"""Evidence against exact integrals, weights, averages, and who is left out."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np
import pytest
from scipy.integrate import quad

from calc.population import (
    Course,
    Covariate,
    Dose,
    Level,
    ModelError,
    Objective,
    Person,
    PopulationModel,
    Residual,
    averaged,
    equation,
    evidence,
    minimum,
    posterior,
    sampled_evidence,
)
from tests.calc.population.linear_model import PERSON, Exact, linear_model
from tests.calc.population.published import INFLIXIMAB, VANCOMYCIN

LEVELS: Final = (Level(1, 29.0), Level(5, 21.5), Level(12, 18.0))
SOMEBODY: Final = Person({"WT": 72, "CRCL": 85, "DIAL": 0}, (Dose(0, 1000, 1, interval=12, count=6),))
TROUGHS: Final = (Level(23.5, 12.0), Level(35.5, 13.0))


def _one_eta(residual: Residual, name: str = "one") -> PopulationModel:
    """A bolus of 100 into a volume of 10, with a clearance that differs between people."""
    return PopulationModel(
        name=name,
        time_unit="h",
        dose_unit="mg",
        concentration_unit="mg/L",
        covariates=(),
        etas=("CL",),
        omega=np.array([[0.25]]),
        parameters=(("CL", equation("2 * exp(eta_CL)")), ("V1", equation("10"))),
        structure=1,
        outputs={"level": equation("C")},
        residuals={"level": residual},
    )


ONE: Final = Person({}, (Dose(0, 100),))


def _found(model: PopulationModel, *levels: Level) -> tuple[float, float]:
    """Laplace's and the sampled one."""
    objective = Objective(model, ONE, levels)
    mode = minimum(objective)
    drawn = posterior(objective, mode, 4000, 1)
    return evidence(objective, mode), sampled_evidence(objective, drawn, 4000, 1)


def test_evidence_is_exact_where_predictions_are_linear() -> None:
    objective = Objective(linear_model(), PERSON, LEVELS)
    mode = minimum(objective)
    exact = Exact(LEVELS).log_evidence
    assert evidence(objective, mode) == pytest.approx(exact, abs=1e-6)
    drawn = posterior(objective, mode, 4000, 1)
    assert sampled_evidence(objective, drawn, 4000, 1) == pytest.approx(exact, abs=0.05)


@pytest.mark.parametrize("residual", [Residual(0.2, 0.3), Residual(logarithmic=0.25)])
@pytest.mark.parametrize("values", [(4.0, 2.0), (9.0, 8.5), (0.5, 0.3)])
def test_evidence_is_the_integral_over_the_population(residual: Residual, values: tuple[float, ...]) -> None:
    levels = [Level(time, value) for time, value in zip((3.0, 9.0), values, strict=True)]

    def density(eta: float) -> float:
        product = math.exp(-(eta**2) / 0.5) / math.sqrt(2 * math.pi * 0.25)
        for level in levels:
            f = 10 * math.exp(-0.2 * math.exp(eta) * level.time)
            if residual.logarithmic:
                deviate = math.log(level.value / f) / 0.25
                product *= math.exp(-(deviate**2) / 2) / (math.sqrt(2 * math.pi) * 0.25 * level.value)
            else:
                scale = math.hypot(0.2 * f, 0.3)
                product *= math.exp(-((level.value - f) ** 2) / scale**2 / 2) / (
                    math.sqrt(2 * math.pi) * scale
                )
        return product

    exact = math.log(quad(density, -4, 4, epsabs=0, epsrel=1e-10, limit=500)[0])
    laplace, sampled = _found(_one_eta(residual), *levels)
    assert sampled == pytest.approx(exact, abs=0.05)
    assert laplace == pytest.approx(exact, abs=0.3)


def test_a_level_below_its_limit_has_a_probability_and_no_density() -> None:
    """Measured or below: the two together are certain."""
    model = _one_eta(Residual(additive=0.5))
    below = math.exp(_found(model, Level(6, 2.0, below=True))[1])
    above = quad(
        lambda value: math.exp(_found(model, Level(6, value))[0]), 2.0, 15.0, epsabs=1e-3, epsrel=1e-3
    )[0]
    assert below + above == pytest.approx(1, abs=0.03)


def test_the_model_that_foretold_the_levels_weighs_most() -> None:
    """Levels of somebody with twice the clearance that one model knows, and ordinary for the other."""
    fast = replace(
        _one_eta(Residual(0.2), "fast"),
        parameters=(("CL", equation("4 * exp(eta_CL)")), ("V1", equation("10"))),
    )
    slow = _one_eta(Residual(0.2), "slow")
    values = Course(fast, ONE, (3, 6))(np.zeros((1, 1)))[0]
    levels = [Level(time, float(value)) for time, value in zip((3, 6), values, strict=True)]
    found = averaged([slow, fast], ONE, levels, 2000, 1)
    assert [member.model.name for member in found.members] == ["fast", "slow"]
    assert found.best.weight > 0.7
    assert sum(member.weight for member in found.members) == pytest.approx(1)
    ratio = math.log(found.members[0].weight / found.members[1].weight)
    assert ratio == pytest.approx(found.members[0].log_evidence - found.members[1].log_evidence)
    by_laplace = averaged([slow, fast], ONE, levels, 2000, 1, sampled=False)
    assert by_laplace.best.weight == pytest.approx(found.best.weight, abs=0.05)


def test_how_errors_are_written_does_not_decide() -> None:
    """An error of 5 % is nearly the same on either scale: neither model is the better one."""
    models = [_one_eta(Residual(0.05), "natural"), _one_eta(Residual(logarithmic=0.05), "logarithmic")]
    found = averaged(models, ONE, [Level(6, 3.0), Level(9, 1.7)], 4000, 1)
    assert found.best.weight == pytest.approx(0.5, abs=0.06)


def test_before_any_level_all_models_weigh_the_same() -> None:
    models = [_one_eta(Residual(0.2), "one"), _one_eta(Residual(0.4), "other")]
    found = averaged(models, ONE, [], 1000, 1)
    assert [member.weight for member in found.members] == [0.5, 0.5]
    assert found.predicted(ONE, [6.0]).quantiles.shape == (3, 1)


def test_the_average_lies_between_its_members() -> None:
    other = replace(VANCOMYCIN, name="other", omega=VANCOMYCIN.omega / 4)
    found = averaged([VANCOMYCIN, other], SOMEBODY, TROUGHS, 2000, 1)
    prediction = found.predicted(SOMEBODY, [48.0, 60.0])
    means = [
        member.posterior.mean(Course(member.model, SOMEBODY, [48.0, 60.0])(member.posterior.etas))
        for member in found.members
    ]
    expected = sum(member.weight * mean for member, mean in zip(found.members, means, strict=True))
    assert prediction.mean == pytest.approx(expected)
    assert (np.diff(prediction.quantiles, axis=0) > 0).all()
    single = averaged([VANCOMYCIN], SOMEBODY, TROUGHS, 2000, 1)
    alone = single.best.posterior.quantiles(
        Course(VANCOMYCIN, SOMEBODY, [48.0])(single.best.posterior.etas)[:, 0], (0.05, 0.5, 0.95)
    )
    assert single.predicted(SOMEBODY, [48.0]).quantiles[:, 0] == pytest.approx(alone)


def test_the_same_seed_gives_the_same_answer() -> None:
    first, again, other = (
        averaged([VANCOMYCIN], SOMEBODY, TROUGHS, 500, seed).best.log_evidence for seed in (1, 1, 2)
    )
    assert first == again != other


def test_a_model_for_other_people_is_left_out_with_the_reason() -> None:
    narrow = replace(
        VANCOMYCIN,
        name="narrow",
        covariates=tuple(
            replace(each, low=100.0) if each.name == "CRCL" else each for each in VANCOMYCIN.covariates
        ),
    )
    asks = replace(
        VANCOMYCIN,
        name="asks",
        covariates=(*VANCOMYCIN.covariates, Covariate("ALB", "g/L", 10, 50, "albumin")),
    )
    age = Covariate("AGE", "a", 18, 100, "age")
    child = replace(SOMEBODY, covariates={**SOMEBODY.covariates, "AGE": 7})
    adults = replace(VANCOMYCIN, name="adults")
    found = averaged([narrow, asks, adults, VANCOMYCIN], child, TROUGHS, 500, 1, limits={"adults": [age]})
    assert [member.model.name for member in found.members] == [VANCOMYCIN.name]
    assert {each.model: each.reasons for each in found.left_out} == {
        "narrow": (
            "CRCL (CRCL) is 85 mL/min, below the range: the model was made with people from 100 to "
            "150 mL/min; use another model",
        ),
        "asks": ("albumin (ALB) is not known; add it, or use a model that does not need it",),
        "adults": (
            "age (AGE) is 7 a, below the range: the model was made with people from 18 to 100 a; "
            "use another model",
        ),
    }


def test_models_that_cannot_be_averaged() -> None:
    with pytest.raises(ModelError, match="the same units"):
        averaged([VANCOMYCIN, INFLIXIMAB], SOMEBODY, TROUGHS, 100, 1)
    with pytest.raises(ModelError, match=r"none of the models can be used.*CRCL.*is not known"):
        averaged([VANCOMYCIN], Person({"WT": 70, "DIAL": 0}, SOMEBODY.doses), TROUGHS, 100, 1)
    with pytest.raises(ModelError, match="none was given"):
        averaged([], SOMEBODY, TROUGHS, 100, 1)

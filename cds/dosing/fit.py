"""`dose fit`: what levels say about one person (contract C5)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final

import numpy as np
from pydantic import Field

from calc.operations import Operation, Quantity, Result
from calc.population import Course, Objective, Posterior, minimum, posterior
from cds.dosing.estimate import SEED, answering
from cds.dosing.given import PersonGiven, levels_of, model_named, person_of
from kb import KnowledgeBase

DRAWS: Final = 60_000
"""Of the posterior, where nothing waits for the answer."""
SHARES: Final = (0.025, 0.05, 0.5, 0.95, 0.975)

Numbers = tuple[float, ...]


class FitGiven(PersonGiven):
    """One person, doses and levels."""

    draws: Annotated[int, Field(ge=500, le=200_000)] = DRAWS
    """How many draws of the posterior its means and limits come from."""
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = SEED
    """Of the draws."""


class PosteriorResult(Result):
    """Weighted draws of all that the levels leave possible."""

    method: str
    """How they were drawn."""
    ess: Annotated[float, Quantity("1", "as many independent draws would tell as much")]
    eta_mean: Numbers
    """Mean of each eta."""
    eta_sd: Numbers
    """Standard deviation of each eta."""
    param_mean: Numbers
    """Mean of each parameter, in the order of `param_names`."""
    param_sd: Numbers
    """Standard deviation of each parameter."""
    param_quantiles_2p5_5_50_95_97p5: tuple[Numbers, ...]
    """For each parameter what 2.5, 5, 50, 95 and 97.5 % of the distribution lie below."""


class FitResult(Result):
    """The most probable person, and what else is possible."""

    eta_map: Numbers
    """The most probable etas, in the order of the model."""
    param_names: tuple[str, ...]
    """The parameters that are reported."""
    param_map: Numbers
    """The most probable parameters, in the units of the model."""
    objective: Annotated[float, Quantity("1", "-2 log of likelihood times prior, without constants")]
    ipred_at_samples: Numbers
    """What the most probable parameters predict for each sample, in the order of `samples`."""
    pred_at_samples: Numbers
    """What a typical person with these covariates would have had."""
    laplace_se_eta: Numbers
    """Standard errors of the etas by the curvature of the objective."""
    valleys: int
    """How many minima were found from all starts."""
    posterior: PosteriorResult
    """Weighted draws of all that the levels leave possible."""


def operation(knowledge: KnowledgeBase) -> Operation:
    """The operation, with the models of this knowledge base."""
    return Operation(
        "dose.fit",
        "What levels say about one person, by a population model",
        FitGiven,
        FitResult,
        partial(_answer, knowledge),
        "Sheiner and Beal, J Pharm Sci 1982;71:1344-1348, PMID 7153881; each model names its own source",
        EXAMPLE,
    )


EXAMPLE: Final[Mapping[str, object]] = {
    "model": "goti2018_vancomycin",
    "covariates": {"WT": 72, "CRCL": 85, "DIAL": 0},
    "doses": [
        {"time": 0, "amt": 1500, "dur": 1.5, "route": "iv"},
        {"time": 12, "amt": 1000, "dur": 1, "route": "iv", "interval": 12, "count": 3},
    ],
    "samples": [{"time": 35.5, "dv": 11.94}],
}


def _answer(knowledge: KnowledgeBase, given: FitGiven) -> FitResult:
    model = model_named(given.model, knowledge).population
    person, levels = person_of(given, model), levels_of(given, model)
    with answering():
        objective = Objective(model, person, levels)
        mode = minimum(objective)
        draws = posterior(objective, mode, given.draws, given.seed)
        course = Course(model, person, [level.time for level in levels], [level.output for level in levels])
        both = course(np.stack([mode.eta, objective.typical]))
    names = tuple(outside for outside, _ in model.reported)
    return FitResult(
        eta_map=_numbers(mode.eta),
        param_names=names,
        param_map=tuple(float(row[0]) for row in _reported(course, mode.eta[None])),
        objective=mode.objective,
        ipred_at_samples=_numbers(both[0]),
        pred_at_samples=_numbers(both[1]),
        laplace_se_eta=_numbers(np.sqrt(np.diag(mode.covariance))),
        valleys=mode.valleys,
        posterior=_summary(draws, _reported(course, draws.etas)),
    )


def _reported(course: Course, etas: Any) -> list[Any]:
    values = course.parameters(etas)
    return [values[inside] for _, inside in course.model.reported]


def _summary(draws: Posterior, parameters: list[Any]) -> PosteriorResult:
    return PosteriorResult(
        method=draws.method,
        ess=draws.effective,
        eta_mean=_numbers(draws.mean(draws.etas)),
        eta_sd=_numbers(draws.deviation(draws.etas)),
        param_mean=tuple(float(draws.mean(values)) for values in parameters),
        param_sd=tuple(float(draws.deviation(values)) for values in parameters),
        param_quantiles_2p5_5_50_95_97p5=tuple(
            _numbers(draws.quantiles(values, SHARES)) for values in parameters
        ),
    )


def _numbers(values: Any) -> Numbers:
    return tuple(float(value) for value in values)

"""Several models for one person: how well each foretold the levels, and what they say together.

A model's weight is its evidence, the likelihood of the levels averaged over its own population, so that a
model is not rewarded for many etas. Averaging and selection in precision dosing: Uster et al., Clin Pharmacol
Ther 2021;109:175-183, DOI 10.1002/cpt.2065 (who weigh by the likelihood at the mode); weights by evidence:
Hoeting, Madigan, Raftery and Volinsky, Stat Sci 1999;14:382-417.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from calc.population.applicability import applicability
from calc.population.course import Course, Person
from calc.population.expressions import Floats
from calc.population.fit import Fit, NotConverged, minimum
from calc.population.history import Level
from calc.population.model import Covariate, ModelError, PopulationModel
from calc.population.objective import Objective
from calc.population.ode import NotSolved
from calc.population.posterior import Posterior, posterior

_PRIOR: Final = 0.2
"""Share of draws from the prior, so that no far valley goes unseen."""
_WIDER: Final = 1.5


@dataclass(frozen=True, slots=True)
class Member:
    """One model, fitted."""

    model: PopulationModel
    mode: Fit
    posterior: Posterior
    log_evidence: float
    """Natural logarithm of the density of the levels."""
    weight: float
    """The probability of the model, given that one of the members is right."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One model that says nothing about this person."""

    model: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """Of one output by all members, in the models' unit of concentration."""

    times: Floats
    mean: Floats
    quantiles: Floats
    """Shares x times, in the order of `shares`."""
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Averaged:
    """Models that know the person, and those that do not."""

    members: tuple[Member, ...]
    """The weightiest first."""
    left_out: tuple[LeftOut, ...]

    @property
    def best(self) -> Member:
        """The most probable model."""
        return self.members[0]

    def predicted(
        self,
        person: Person,
        times: Sequence[float],
        shares: tuple[float, ...] = (0.05, 0.5, 0.95),
        output: str = "observed",
    ) -> Prediction:
        """What all members together expect of the person, with the doses given here."""
        values = np.concatenate(
            [
                Course(each.model, person, times, [output] * len(times))(each.posterior.etas)
                for each in self.members
            ]
        )
        weights = np.concatenate([each.weight * each.posterior.weights for each in self.members])
        together = Posterior(values, weights, math.nan, "importance sampling")
        columns = [together.quantiles(column, shares) for column in values.T]
        return Prediction(np.asarray(times, float), together.mean(values), np.array(columns).T, shares)


def averaged(
    models: Sequence[PopulationModel],
    person: Person,
    levels: Sequence[Level],
    draws: int,
    seed: int,
    *,
    sampled: bool = True,
    limits: Mapping[str, Sequence[Covariate]] | None = None,
) -> Averaged:
    """Each model fitted and weighed, all of them equally probable before the levels.

    Evidence by importance sampling, or after Laplace where not `sampled`. `limits` are further limits of the
    models' populations, by the name of the model. Raises ModelError where models differ in their units, or
    where none can be used.
    """
    _same_units(models)
    members, left_out = [], []
    for model in models:
        fitness = applicability(model, person, (limits or {}).get(model.name, ()))
        if not fitness.applies:
            reasons = tuple(reason.words for reason in fitness.reasons if reason.excludes)
            left_out.append(LeftOut(model.name, reasons))
            continue
        try:
            objective = Objective(model, person, levels)
            mode = minimum(objective)
            drawn = posterior(objective, mode, draws, seed)
        except (NotConverged, NotSolved) as error:
            left_out.append(LeftOut(model.name, (str(error),)))
            continue
        log = sampled_evidence(objective, drawn, draws, seed) if sampled else evidence(objective, mode)
        members.append(Member(model, mode, drawn, log, 0.0))
    if not members:
        why = "; ".join(f"{each.model}: {', '.join(each.reasons)}" for each in left_out)
        raise ModelError(f"none of the models can be used for this person: {why or 'none was given'}")
    logs = np.array([each.log_evidence for each in members])
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    weighed = [replace(each, weight=float(weight)) for each, weight in zip(members, weights, strict=True)]
    return Averaged(tuple(sorted(weighed, key=lambda each: -each.weight)), tuple(left_out))


def evidence(objective: Objective, mode: Fit) -> float:
    """Log density of the levels under the model, after Laplace (Tierney and Kadane, JASA 1986;81:82-86)."""
    return _rest(objective) - (mode.objective + _log_det(objective.omega) + _log_det(mode.bend / 2)) / 2


def sampled_evidence(objective: Objective, drawn: Posterior, draws: int, seed: int) -> float:
    """The same by importance sampling from normals as wide as the posterior, and from the prior.

    Newton and Raftery, J R Stat Soc B 1994;56:3-48, section 7, with a proposal that leaves no tail out.
    """
    if not objective.levels:
        return 0.0
    generator = np.random.default_rng(seed)
    centre = drawn.mean(drawn.etas)
    apart = drawn.etas - centre
    spread = _WIDER * np.einsum("d,di,dj->ij", drawn.weights, apart, apart)
    root, prior = np.linalg.cholesky(spread), np.linalg.cholesky(objective.omega)
    normals = generator.standard_normal((draws, objective.size))
    wide = round(draws * _PRIOR)
    etas = np.concatenate([normals[:wide] @ prior.T, centre + normals[wide:] @ root.T])
    proposed = np.logaddexp(
        math.log(_PRIOR) + _log_normal(etas, prior),
        math.log(1 - _PRIOR) + _log_normal(etas - centre, root),
    )
    logs = -(objective.values(etas) + _log_det(objective.omega)) / 2 - proposed
    largest = float(logs.max())
    return _rest(objective) + largest + float(np.log(np.mean(np.exp(logs - largest))))


def _rest(objective: Objective) -> float:
    """What the objective leaves out: the constant of the normal, and the measure of a level's density.

    A model with errors of the logarithm foretells the logarithm; divided by the level, its density is one of
    the level itself, to be compared with that of other models.
    """
    total = 0.0
    for level, output in zip(objective.levels, objective.course.outputs, strict=True):
        if not level.below:
            total -= math.log(2 * math.pi) / 2
            total -= math.log(level.value) if objective.model.residuals[output].logarithmic else 0.0
    return total


def _log_det(matrix: Floats) -> float:
    return float(np.linalg.slogdet(matrix)[1])


def _log_normal(apart: Floats, root: Floats) -> Floats:
    """Without the constant of the normal, that the prior in the objective lacks as well."""
    squares = (np.linalg.solve(root, apart.T) ** 2).sum(0)
    found: Floats = -squares / 2 - np.log(np.diag(root)).sum()
    return found


def _same_units(models: Sequence[PopulationModel]) -> None:
    units = {
        (model.time_unit, model.dose_unit, model.concentration_unit): model.name for model in reversed(models)
    }
    if len(units) > 1:
        parts = ", ".join(f"{name} in {'; '.join(unit)}" for unit, name in reversed(units.items()))
        raise ModelError(
            f"models can only be averaged in the same units of time, dose and concentration: {parts}"
        )

"""Which of the regimens that can be prescribed reaches a target most probably.

Every regimen that the caps allow is worked out; none is made up between or beyond them. Among those whose
probability of toxicity stays within its limit the highest probability of attainment leads, and of equal
ones the lower dose in a day, then the one without loading dose, then what comes first in `Choices`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calc.population.course import Person
from calc.population.exposure import Figures
from calc.population.forecast import Forecast
from calc.population.model import PopulationModel
from calc.population.posterior import Posterior
from calc.population.regimen import Choices, DosingError, Regimen
from calc.population.targets import Target, attainment, toxicity

_EQUAL = 9
"""Decimals of a probability; what differs beyond them is equal."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One regimen and its probabilities."""

    regimen: Regimen
    daily: float
    """Maintenance dose in a day."""
    attainment: float
    toxicity: float


@dataclass(frozen=True, slots=True)
class Option:
    """A candidate with all its figures."""

    candidate: Candidate
    figures: Figures


@dataclass(frozen=True, slots=True)
class Search:
    """The answer: one regimen, or why there is none, and the best of each interval beside it."""

    best: Option | None
    reason: str
    """In words: why this one, or why none."""
    at_cap: bool
    """The best one is the highest dose allowed for its interval: a cap may have decided."""
    options: tuple[Option, ...]
    """The best for each interval, the most probable first; where toxicity is beyond its limit at every dose
    of an interval, the one with the least of it."""
    candidates: tuple[Candidate, ...]
    """All that were tried, the best first; those beyond the limit of toxicity come last."""


def search(
    model: PopulationModel,
    person: Person,
    draws: Posterior,
    choices: Choices,
    target: Target,
    *,
    start: float,
    harms: Sequence[Target] = (),
    most_toxicity: float = 1.0,
    least_attainment: float = 0.0,
    output: str = "observed",
) -> Search:
    """The regimen from `start` on that reaches the target most probably.

    `harms` are ranges that harm; a regimen that reaches one with more than `most_toxicity` is not chosen,
    nor one that attains the target with less than `least_attainment`, or never. Raises DosingError.
    """
    for name, share in (("most_toxicity", most_toxicity), ("least_attainment", least_attainment)):
        if not 0 <= share <= 1:
            raise DosingError(f"`{name}` is {share:g}: a probability from 0 to 1")
    if any(harm.mic is not None for harm in harms):
        raise DosingError("`harms`: what harms the person does not depend on an MIC; leave it out")
    forecast = Forecast(model, person, draws.etas, output)
    tried = [
        Candidate(
            regimen,
            regimen.daily(forecast.day),
            attainment(target, forecast, regimen, draws),
            toxicity(harms, forecast, regimen, draws) if harms else 0.0,
        )
        for regimen in choices.regimens(start, forecast.day)
    ]
    ranked = sorted(tried, key=lambda candidate: _rank(candidate, most_toxicity))
    firsts = {candidate.regimen.interval: candidate for candidate in reversed(ranked)}
    shown = [candidate for candidate in ranked if candidate is firsts[candidate.regimen.interval]]
    options = tuple(
        Option(candidate, forecast.figures(candidate.regimen, draws, target.measure.after))
        for candidate in shown
    )
    first = ranked[0]
    reached = first.attainment >= max(least_attainment, 10.0**-_EQUAL)
    fails = first.toxicity > most_toxicity or not reached
    highest = max(each.regimen.dose for each in tried if each.regimen.interval == first.regimen.interval)
    return Search(
        None if fails else options[0],
        _reason(first, most_toxicity, least_attainment),
        not fails and first.regimen.dose == highest,
        options,
        tuple(ranked),
    )


def representative(draws: Posterior, count: int) -> Posterior:
    """So many draws of equal weight in place of all, for models that take long to follow.

    Systematic resampling (Kitagawa, J Comput Graph Stat 1996;5:1-25): of each draw as many as its weight
    says, but for less than one.
    """
    places = (np.arange(count) + 0.5) / count
    chosen = np.searchsorted(np.cumsum(draws.weights) / draws.weights.sum(), places)
    etas = draws.etas[np.minimum(chosen, len(draws.etas) - 1)]
    effective = min(draws.effective, float(count))
    return Posterior(etas, np.full(count, 1 / count), effective, draws.method)


def _rank(candidate: Candidate, most_toxicity: float) -> tuple[float, ...]:
    regimen = candidate.regimen
    harmful = candidate.toxicity > most_toxicity
    return (
        harmful,
        round(candidate.toxicity, _EQUAL) if harmful else 0.0,
        -round(candidate.attainment, _EQUAL),
        candidate.daily,
        regimen.loading or 0.0,
    )


def _reason(first: Candidate, most_toxicity: float, least_attainment: float) -> str:
    regimen = f"{first.regimen.dose:g} every {first.regimen.interval:g}"
    if first.toxicity > most_toxicity:
        return (
            f"no regimen within the caps stays at or below the accepted probability of toxicity of "
            f"{most_toxicity:.1%}: {regimen} comes nearest with {first.toxicity:.1%}"
        )
    if not round(first.attainment, _EQUAL):
        return "no regimen within the caps and the accepted toxicity reaches the target at all"
    if first.attainment < least_attainment:
        return (
            f"no regimen within the caps and the accepted toxicity reaches the target with a probability "
            f"of at least {least_attainment:.1%}: {regimen} comes nearest with {first.attainment:.1%}"
        )
    return f"{regimen} reaches the target with the highest probability, {first.attainment:.1%}"

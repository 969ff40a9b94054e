"""An individual dose for one case: the fit, what is left possible, the regimen that reaches the target."""

from __future__ import annotations

from dataclasses import dataclass

from calc.population import (
    Choices,
    Conflict,
    DosingError,
    Explanation,
    Fit,
    HistoryError,
    Influence,
    Measure,
    NextSample,
    NotConverged,
    NotSolved,
    Objective,
    Posterior,
    Regimen,
    Search,
    Target,
    conflict,
    explanations,
    influence,
    minimum,
    multiples,
    posterior,
    search,
)
from cds.dosing.case import Case, Declined
from cds.dosing.estimate import DRAWS, SEED, lasting, next_level
from cds.dosing.words import moment, supposed
from kb.dosing_plans import PlanFile


@dataclass(frozen=True, slots=True)
class Advice:
    """A case with its answer; without `best` no regimen is advised, and `search.reason` says why."""

    case: Case
    objective: Objective
    mode: Fit
    draws: Posterior
    shown: Posterior
    """Those of them that regimens are predicted with."""
    conflict: Conflict | None
    """None without levels."""
    influence: Influence | None
    search: Search
    start: float
    """Of the next dose, on the model's clock."""
    next_level: NextSample | None

    @property
    def best(self) -> Regimen | None:
        """The advised regimen."""
        return None if self.search.best is None else self.search.best.candidate.regimen


def advise(case: Case) -> Advice | Declined:
    """The dose of one case; declined where the levels are beyond belief or nothing is found (H-043)."""
    try:
        objective = Objective(case.model, case.person, case.levels)
        mode = minimum(objective)
        draws = posterior(objective, mode, DRAWS, SEED)
        doubted = conflict(objective, mode) if case.levels else None
        if doubted is not None and doubted.verdict == "beyond belief":
            return _unbelievable(case, explanations(objective, mode))
        start = _start(case)
        shown = lasting(case.model, case.person, draws)
        found = searched(case, shown, start)
    except (NotConverged, NotSolved, HistoryError, DosingError) as error:
        return Declined(case.plan, (_sentence(str(error)),), case.record, case.finding)
    return Advice(
        case,
        objective,
        mode,
        draws,
        shown,
        doubted,
        influence(objective, mode) if case.levels else None,
        found,
        start,
        _next_level(case, mode, found),
    )


def searched(case: Case, draws: Posterior, start: float) -> Search:
    """The regimens of the plan from `start` on. Raises DosingError."""
    plan = case.plan.entry
    harms = (
        []
        if plan.toxicity is None
        else [Target(Measure(plan.toxicity.kind, plan.settled), low=plan.toxicity.above)]
    )
    return search(
        case.model,
        case.person,
        draws,
        choices_of(plan),
        target_of(plan),
        start=start,
        harms=harms,
        most_toxicity=1.0 if plan.toxicity is None else plan.toxicity.most,
        least_attainment=plan.enough,
    )


def choices_of(plan: PlanFile) -> Choices:
    """The doses that a plan allows."""
    given = plan.choices
    return Choices(
        doses=multiples(given.step, given.most, given.least),
        intervals=given.intervals,
        most=given.most,
        most_daily=given.most_daily,
        durations=given.durations,
        loadings=(None, *given.loadings),
        route=given.route,
        most_rate=given.most_rate,
    )


def target_of(plan: PlanFile) -> Target:
    """The target of a plan, at steady state or as near to it as the plan says."""
    entry = plan.target
    measure = Measure(entry.kind, plan.settled, entry.above, None, entry.half, entry.unbound)
    return Target(measure, entry.low, entry.high)


def _start(case: Case) -> float:
    """Now, or when the last dose is as long ago as the shortest interval of the plan."""
    last = max((dose.last for dose in case.person.doses), default=None)
    if last is None:
        return case.now
    return max(case.now, last + min(case.plan.entry.choices.intervals))


def _next_level(case: Case, mode: Fit, found: Search) -> NextSample | None:
    """When a level of the advised regimen would tell most of the clearance."""
    if found.best is None:
        return None
    best = found.best.candidate.regimen
    told = next_level(case.model, case.person, case.levels, mode, best)
    return None if told is None else told[1]


def _unbelievable(case: Case, found: tuple[Explanation, ...]) -> Declined:
    hours = case.unit.total_seconds() / 3600

    def at(time: float) -> str:
        return moment(case.instant(time))

    reasons = ["The levels do not fit this history of doses: no dose should rest on them."]
    reasons += [f"It would fit if {supposed(each, at, hours)}." for each in found[:2]]
    reasons.append("Check the times of doses and samples, and whose blood it was; measure again if in doubt.")
    return Declined(case.plan, tuple(reasons), case.record, case.finding)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}." if not words.endswith(".") else words

"""The page of an individual dose: an answer as `cds.cards.dosing` draws it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

import numpy as np

from calc.population import Dose, Forecast, Posterior, bands
from cds.cards.dosing import (
    DosingView,
    EtaLine,
    InputLine,
    LevelLine,
    Mathematics,
    ModelFacts,
    ParameterLine,
    Predicted,
    Regimen,
    RegimenTable,
)
from cds.cards.pictures import Band, DosingCurve, TimedDose, TimedLevel
from cds.cards.pictures import Target as Zone
from cds.dosing.advise import Advice
from cds.dosing.case import Case, Declined
from cds.dosing.estimate import DRAWS, SEED
from cds.dosing.reasons import inputs_of, not_for, reasons_of, status_of, target_limits
from cds.dosing.words import moment, regimen_words
from kb import KnowledgeBase
from kb.dosing_plans import DosingPlan
from kb.models import DosingModel

_POINTS: Final = 240
_SHOWN_INTERVALS: Final = 4
"""Of the advised regimen."""


def page_of(
    answer: Advice | Declined,
    knowledge: KnowledgeBase,
    as_of: datetime,
    *,
    software: str = "",
    decision: str = "",
) -> DosingView:
    """What the page says."""
    plan = answer.plan if isinstance(answer, Declined) else answer.case.plan
    source = knowledge.models[plan.entry.model]
    facts = _model_facts(source, plan, knowledge)
    drug = knowledge.drugs[plan.entry.drug].display
    finding = answer.finding if isinstance(answer, Declined) else answer.case.finding
    inputs = tuple(
        InputLine(each.name, each.value, each.when, each.source) for each in inputs_of(plan, source, finding)
    )
    record = answer.record if isinstance(answer, Declined) else answer.case.record
    found = DosingView(
        drug=drug,
        advised=None,
        reasons=answer.reasons if isinstance(answer, Declined) else reasons_of(answer, knowledge),
        as_of=moment(as_of),
        model=facts,
        status=status_of(plan, source),
        doubts=() if record is None else tuple(f"{each.what} {each.consequence}" for each in record.doubts),
        inputs=inputs,
        software=software,
        decision=decision,
    )
    if isinstance(answer, Declined):
        return found
    return replace(
        found,
        advised=None if answer.best is None else advised_words(answer),
        next_level=next_level(answer),
        regimens=_table(answer),
        curve=_curve(answer),
        mathematics=_mathematics(answer),
    )


def advised_words(answer: Advice) -> str:
    """The advised regimen with its start. There has to be one."""
    case, best = answer.case, answer.best
    assert best is not None
    words = regimen_words(best, case.model.dose_unit, case.model.time_unit)
    return f"{words}, from {moment(case.instant(answer.start))}"


def next_level(answer: Advice) -> str:
    """When the next level is to be taken, in a sentence; empty where nothing is advised."""
    found = answer.next_level
    if found is None:
        return ""
    at = answer.case.instant(found.best_for_parameter)
    return f"A level at {moment(at)} would tell most about this person's elimination."


def _model_facts(source: DosingModel, plan: DosingPlan, knowledge: KnowledgeBase) -> ModelFacts:
    cited = knowledge.sources[source.entry.source]
    words = f"{cited.title}, {cited.publisher} {cited.version} ({cited.identifier})"
    return ModelFacts(
        source.name, source.entry.version, words, source.entry.population, not_for(source, plan)
    )


def _table(answer: Advice) -> RegimenTable:
    case, plan = answer.case, answer.case.plan.entry
    best = answer.best
    rows = []
    for option in answer.search.options:
        regimen, figures = option.candidate.regimen, option.figures
        rows.append(
            Regimen(
                dose=regimen.dose,
                interval=regimen.interval,
                infusion=regimen.duration or None,
                loading=regimen.loading,
                trough=Predicted(figures.trough.median, figures.trough.low, figures.trough.high),
                peak=Predicted(figures.peak.median, figures.peak.low, figures.peak.high),
                auc24=Predicted(figures.auc24.median, figures.auc24.low, figures.auc24.high),
                attained=option.candidate.attainment,
                toxic=None if plan.toxicity is None else option.candidate.toxicity,
                advised=best is not None and regimen == best,
            )
        )
    concentration = case.model.concentration_unit
    return RegimenTable(
        tuple(rows),
        case.model.dose_unit,
        case.model.time_unit,
        concentration,
        f"{concentration}·{case.model.time_unit}",
        target_words(answer.case.plan),
        "" if plan.toxicity is None else plan.toxicity.meaning,
    )


def target_words(plan: DosingPlan) -> str:
    """Such as `AUC24 of 400 to 600 mg.h/L`."""
    target = plan.entry.target
    return f"{target.kind} of {target_limits(target.low, target.high)} {target.unit}".strip()


def _curve(answer: Advice) -> DosingCurve:
    case = answer.case
    best = answer.best
    end = max(answer.start, case.now) + _SHOWN_INTERVALS * (
        best.interval if best else case.plan.entry.choices.intervals[0]
    )
    first = min(0.0, case.now)
    doses = (*case.person.doses, *(best.doses(end) if best else ()))
    times = _times(first, end, doses)
    shown = answer.shown
    prior = _prior(answer, len(shown.etas))
    posterior = _band(case, shown, answer, times) if case.levels else None
    zone = case.plan.entry.target
    target = None
    if zone.kind in ("trough", "peak", "average"):
        target = Zone(
            None if zone.low is None else float(zone.low),
            None if zone.high is None else float(zone.high),
            zone.kind,
        )
    return DosingCurve(
        title=f"{case.source.entry.label}: what the model expects, and what the levels make of it",
        unit=case.model.concentration_unit,
        dose_unit=case.model.dose_unit,
        time_unit=case.model.time_unit,
        prior=_band(case, prior, answer, times),
        posterior=posterior,
        levels=tuple(
            TimedLevel(level.time, level.value, level.below, moment(case.instant(level.time)))
            for level in case.levels
        ),
        doses=(
            *(TimedDose(dose.time, dose.amount, dose.duration) for dose in case.person.doses),
            *(
                TimedDose(
                    answer.start + k * best.interval,
                    best.first if k == 0 else best.dose,
                    best.duration,
                    advised=True,
                )
                for k in range(_SHOWN_INTERVALS if best else 0)
                if best is not None
            ),
        ),
        target=target,
        now=case.now,
        start=moment(case.zero),
    )


def _times(first: float, end: float, doses: tuple[Dose, ...]) -> list[float]:
    """Evenly spread, and the start and end of every dose."""
    turns = {time for dose in doses for k in range(int(dose.count)) for time in _turns(dose, k)}
    grid = set(np.linspace(first, end, _POINTS).tolist())
    return sorted(time for time in turns | grid if first <= time <= end)


def _turns(dose: Dose, k: int) -> tuple[float, float]:
    start = dose.time + k * dose.interval
    return start, start + dose.duration


def _prior(answer: Advice, count: int) -> Posterior:
    """As many draws of the population as there are of the person."""
    normal = np.random.default_rng(SEED).standard_normal((count, answer.objective.size))
    etas = normal @ np.linalg.cholesky(answer.objective.omega).T
    return Posterior(etas, np.full(count, 1 / count), float(count), "importance sampling")


def _band(case: Case, draws: Posterior, answer: Advice, times: list[float]) -> Band:
    forecast = Forecast(case.model, case.person, draws.etas)
    found = bands(draws, times, np.maximum(forecast.course(answer.best, times), 0))
    return Band(tuple(times), *(tuple(line.tolist()) for line in (found.low, found.median, found.high)))


def _mathematics(answer: Advice) -> Mathematics:
    case, model = answer.case, answer.case.model
    course = answer.objective.course
    both = course.parameters(np.stack([answer.objective.typical, answer.mode.eta]))
    drawn = course.parameters(answer.draws.etas)
    lines = []
    for outside, inside in model.reported:
        low, high = answer.draws.quantiles(np.asarray(drawn[inside]), (0.05, 0.95))
        lines.append(
            ParameterLine(
                outside, "", float(both[inside][0]), float(both[inside][1]), float(low), float(high)
            )
        )
    spread = answer.draws.deviation(answer.draws.etas)
    prior = np.sqrt(np.diag(answer.objective.omega))
    etas = tuple(
        EtaLine(name, float(answer.mode.eta[k]), float(spread[k]), float(prior[k]))
        for k, name in enumerate(model.etas)
    )
    predicted = (
        course(np.stack([answer.objective.typical, answer.mode.eta])) if case.levels else np.zeros((2, 0))
    )
    counted = (
        {} if answer.influence is None else {each.level.time: each.share for each in answer.influence.levels}
    )
    levels = tuple(
        LevelLine(
            moment(case.instant(level.time)),
            f"{'<' if level.below else ''}{level.value:.4g} {model.concentration_unit}",
            float(predicted[0, k]),
            float(predicted[1, k]),
            counted.get(level.time),
        )
        for k, level in enumerate(answer.objective.levels)
    )
    worth = f"{DRAWS:,} draws worth {answer.draws.effective:,.0f}, seed {SEED}"
    method = f"{answer.draws.method.capitalize()}, {worth}"
    return Mathematics(tuple(lines), etas, levels, model.concentration_unit, answer.mode.objective, method)

"""`dose predict`: the course to come, before and after the levels counted."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import partial
from typing import Annotated, Final

import numpy as np
from pydantic import Field

from calc import UnusableInput
from calc.operations import Many, Operation, Result
from calc.population import Forecast, Objective, Posterior, Regimen, bands, minimum
from cds.dosing.estimate import Estimate, EstimateGiven, answering, drawn, estimated
from cds.dosing.given import Time, check_span
from cds.dosing.regimens import (
    After,
    FiguresResult,
    Numbers,
    RegimenGiven,
    UnitsResult,
    check_after,
    check_count,
    check_start,
    figures_result,
    regimen_of,
    units_of,
)
from kb import KnowledgeBase


class PredictGiven(EstimateGiven):
    """One person, doses and levels, and what is to come."""

    regimen: RegimenGiven | None = None
    """What is to be given from now on; null: nothing but what was given."""
    times: Annotated[Many[Time], Field(min_length=1, max_length=500)] | None = None
    """When the concentration is asked for; at the very time of a dose it is that before it. Either this or
    `until`.
    """
    since: Time | None = None
    """With `until`: where the course begins; null: with the regimen, or with the first dose without one."""
    until: Time | None = None
    """Where the course ends; either this or `times`."""
    points: Annotated[int, Field(ge=2, le=500)] = 97
    """With `until`: at how many times, equally far from each other, both ends included."""
    after: After | None = None
    """When the figures of the regimen are taken: over the first whole intervals that start so long after the
    regimen's start and fill a day; null: at steady state.
    """


class BandResult(Result):
    """The middle 90 % at each of the times, in the model's unit of concentration."""

    low: Numbers
    """5 % of the distribution lie below it."""
    median: Numbers
    """Half of the distribution lies below it."""
    high: Numbers
    """95 % of the distribution lie below it."""


class PredictResult(Result):
    """The course before (prior) and after (posterior) the levels counted, without the error of an assay."""

    units: UnitsResult
    """Of all numbers."""
    times: Numbers
    """When."""
    prior: BandResult
    """Of people with these covariates, whatever was measured."""
    posterior: BandResult
    """Of all people that the levels leave possible."""
    typical: Numbers
    """Of a typical person with these covariates, at each of the times."""
    most_probable: Numbers
    """With the most probable parameters of this person, at each of the times."""
    figures: FiguresResult | None
    """What the regimen comes to; null without one."""
    levels: str | None
    """Whether the levels are `plausible` or `unusual` for such a person; null without levels."""


def operation(knowledge: KnowledgeBase) -> Operation:
    """The operation, with the models of this knowledge base."""
    return Operation(
        "dose.predict",
        "The course of a drug in one person, with bands before and after levels",
        PredictGiven,
        PredictResult,
        partial(_answer, knowledge),
        "Sheiner and Beal, J Pharm Sci 1982;71:1344-1348, PMID 7153881; each model names its own source",
        EXAMPLE,
    )


EXAMPLE: Final[Mapping[str, object]] = {
    "model": "goti2018_vancomycin",
    "covariates": {"WT": 72, "CRCL": 85, "DIAL": 0},
    "doses": [
        {"time": 0, "amt": 1500, "dur": 1.5, "route": "iv"},
        {"time": 12, "amt": 1000, "dur": 1, "route": "iv", "interval": 12, "count": 2},
    ],
    "samples": [{"time": 35.5, "dv": 11.94}],
    "regimen": {"dose": 1000, "interval": 12, "duration": 1, "route": "iv", "start": 36},
    "times": [38, 42, 48, 60],
}


def _answer(knowledge: KnowledgeBase, given: PredictGiven) -> PredictResult:
    known = estimated(given, knowledge)
    regimen = _regimen(given, known)
    times = _times(given)
    where = "times" if given.until is None else "until"
    check_span(known.model, _first(known, regimen), float(times.max()), where)
    if regimen is not None:
        check_count(float(times.max()) - regimen.start, regimen.interval, where)
    with answering():
        objective = Objective(known.model, known.person, ())
        before = drawn(objective, minimum(objective), given)
        both = _course(known, np.stack([known.mode.eta, objective.typical]), regimen, times)
        return PredictResult(
            units=units_of(known.model),
            times=_numbers(times),
            prior=_band(known, before, regimen, times),
            posterior=_band(known, known.draws, regimen, times),
            typical=_numbers(both[1]),
            most_probable=_numbers(both[0]),
            figures=None if regimen is None else _figures(known, regimen, given.after),
            levels=known.verdict,
        )


def _regimen(given: PredictGiven, known: Estimate) -> Regimen | None:
    if given.regimen is None:
        if given.after is not None:
            raise UnusableInput(
                "input", "`after` is given without `regimen`: leave it out, or say the regimen"
            )
        return None
    with answering("regimen"):
        regimen = regimen_of(given.regimen, known.model)
    check_start(regimen.start, "regimen.start", known.person, known.model)
    return regimen


def _first(known: Estimate, regimen: Regimen | None) -> float | None:
    starts = [dose.time for dose in known.person.doses]
    return min(starts, default=None if regimen is None else regimen.start)


def _times(given: PredictGiven) -> np.ndarray:
    """When the concentration is asked for. Raises UnusableInput unless it is said in exactly one way."""
    if given.times is not None:
        for name, value in (("until", given.until), ("since", given.since)):
            if value is not None:
                raise UnusableInput("input", f"`{name}` is given beside `times`: leave one of them out")
        return np.array([float(time) for time in given.times])
    if given.until is None:
        raise UnusableInput("missing-field", "`times` is missing: give it, or `until` for a whole course")
    since = given.since
    if since is None:
        starts = [dose.time for dose in given.doses] if given.regimen is None else [given.regimen.start]
        if not starts:
            raise UnusableInput("missing-field", "`since` is missing: there is no dose to begin with")
        since = min(starts)
    if given.until <= since:
        raise UnusableInput(
            "out-of-range",
            f"`until`: expected a time after {float(since):g}, where the course begins, "
            f"not {float(given.until):g}",
        )
    return np.linspace(float(since), float(given.until), given.points)


def _course(known: Estimate, etas: np.ndarray, regimen: Regimen | None, times: np.ndarray) -> np.ndarray:
    return Forecast(known.model, known.person, etas).course(regimen, times)


def _band(known: Estimate, draws: Posterior, regimen: Regimen | None, times: np.ndarray) -> BandResult:
    found = bands(draws, times, _course(known, draws.etas, regimen, times))
    return BandResult(low=_numbers(found.low), median=_numbers(found.median), high=_numbers(found.high))


def _figures(known: Estimate, regimen: Regimen, after: Fraction | None) -> FiguresResult:
    forecast = Forecast(known.model, known.person, known.draws.etas)
    at = check_after(after, regimen.interval, "after", forecast)
    with answering("regimen"):
        return figures_result(forecast.figures(regimen, known.draws, at))


def _numbers(values: np.ndarray) -> Numbers:
    return tuple(float(value) for value in values)

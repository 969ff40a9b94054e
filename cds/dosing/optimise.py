"""`dose optimise`: the regimen that reaches a target most probably, among those that can be given."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import partial
from typing import Annotated, Final, Literal

from pydantic import Field

from calc import UnusableInput
from calc.operations import Given, Many, Operation, Quantity, Result
from calc.population import Choices, Forecast, Measure, Option, PopulationModel, Target, multiples, search
from cds.dosing.estimate import Estimate, EstimateGiven, answering, estimated, next_level
from cds.dosing.given import Amount, Duration, Time
from cds.dosing.regimens import (
    After,
    FiguresResult,
    Interval,
    RegimenResult,
    UnitsResult,
    check_after,
    check_route,
    check_start,
    figures_result,
    regimen_result,
    units_of,
)
from kb import KnowledgeBase

MOST_REGIMENS: Final = 2000
MOST_FOLLOWED: Final = 200
"""Regimens to choose from, where each has to be followed by itself."""

Concentration = Annotated[Fraction, Quantity("1", "a concentration, in the model's unit", above=0, most=1e12)]
Limit = Annotated[
    Fraction,
    Quantity("1", "in the unit of the measure: the model's, or a share from 0 to 1", least=0, most=1e15),
]
Share = Annotated[Fraction, Quantity("1", "a probability", least=0, most=1)]


class MicShare(Given):
    """One MIC of several, and how often it is found."""

    mic: Concentration
    """The minimum inhibitory concentration."""
    share: Share
    """How often; all of them add up to 1."""


class RangeGiven(Given):
    """One number of a course between two limits, both included; one may be left open."""

    kind: Literal["trough", "peak", "average", "AUC24", "time above", "trough occupancy", "peak occupancy"]
    """`trough`: right before the next dose; `peak`: the highest; `average`: the mean concentration; `AUC24`:
    that times a day; `time above`: the share of time above a concentration; occupancy: the share of receptors
    that is taken.
    """
    low: Limit | None = None
    """The least; null: no lower end."""
    high: Limit | None = None
    """The most; null: no upper end."""
    above: Concentration | None = None
    """For `time above`: the concentration; null elsewhere, and where an MIC takes its place."""
    half: Concentration | None = None
    """For occupancy: the concentration at which half of the receptors are taken; null elsewhere."""
    unbound: Annotated[Fraction, Quantity("1", "the share of the drug that counts", above=0, most=1)] = (
        Fraction(1)
    )
    """The share of the drug that counts; 1 counts all of it."""
    after: After | None = None
    """When it is looked at: over the first whole intervals that start so long after the regimen's start and
    fill a day; null: at steady state.
    """


class TargetGiven(RangeGiven):
    """What is aimed at."""

    mic: Concentration | Annotated[Many[MicShare], Field(min_length=1, max_length=50)] | None = None
    """Minimum inhibitory concentration, or several with their shares: limits are of the measure divided by
    it, and `time above` is above it; null: none.
    """


class ChoicesGiven(Given):
    """What can be given; `doses`, or steps of `step` from `least` to `most`."""

    doses: Annotated[Many[Amount], Field(min_length=1, max_length=500)] | None = None
    """Single doses; null: whole steps."""
    step: Amount | None = None
    """The smallest part that can be measured off; null with `doses`."""
    least: Amount | None = None
    """The smallest dose of whole steps; null: one step."""
    intervals: Annotated[Many[Interval], Field(min_length=1, max_length=50)]
    """From one dose to the next."""
    durations: Annotated[Many[Duration], Field(min_length=1, max_length=50)] | None = None
    """Lengths of infusion; null: none, for boluses and for what is absorbed."""
    most: Amount
    """No dose above it, a loading dose neither."""
    most_daily: Amount
    """No more than this in a day, but for a loading dose."""
    most_rate: Annotated[Fraction, Quantity("1", "dose per unit of time", above=0, most=1e12)] | None = None
    """No infusion faster than this, in the model's dose per unit of time, and no bolus; null: no limit."""
    loadings: Annotated[Many[Amount], Field(max_length=50)] = ()
    """Loading doses that may come first; without one is always among the choices."""
    route: Literal["iv", "oral"]
    """`oral` stands for every way that needs absorption."""


class LimitsGiven(Given):
    """What a regimen has to keep to."""

    most_toxicity: Share | None = None
    """The highest accepted probability of any of the harms; needed with harms, null without."""
    least_attainment: Share = Fraction(0)
    """The lowest probability of the target with which a regimen is advised."""


class OptimiseGiven(EstimateGiven):
    """One person, doses and levels, a target, and what can be given."""

    target: TargetGiven
    """What is aimed at."""
    choices: ChoicesGiven
    """What can be given."""
    start: Time
    """When the first dose of the regimen is given: on the clock of the doses so far, after the last one."""
    harms: Annotated[Many[RangeGiven], Field(max_length=10)] = ()
    """Ranges that harm; a probability of harm is that of any of them."""
    limits: LimitsGiven | None = None
    """What a regimen has to keep to; null: nothing."""


class OptionResult(Result):
    """A regimen with what it comes to."""

    regimen: RegimenResult
    """What is given."""
    daily: Annotated[float, Quantity("1", "dose in a day, in the model's unit of dose")]
    attainment: Annotated[float, Quantity("1", "probability of the target")]
    toxicity: Annotated[float, Quantity("1", "probability of any of the harms")] | None
    """Probability of any of the harms; null where none is named."""
    figures: FiguresResult
    """At steady state, or as long after the start as the target says."""


class NextSampleResult(Result):
    """When a level would tell most about clearance, within the first interval of the regimen."""

    time: Annotated[float, Quantity("1", "when, in the model's unit of time")]
    parameter: str
    """The parameter of the model that stands for clearance."""
    deviation: Annotated[float, Quantity("1", "standard deviation of its logarithm after that level")]
    without: Annotated[float, Quantity("1", "standard deviation of its logarithm without it")]


class OptimiseResult(Result):
    """The best regimen, and the best of each interval beside it."""

    units: UnitsResult
    """Of all numbers."""
    best: OptionResult | None
    """The regimen with the highest probability of the target; null where none keeps to the limits."""
    reason: str
    """Why this one, or why none."""
    at_cap: bool
    """Whether it is the highest dose at its interval, so that a cap may have decided."""
    options: tuple[OptionResult, ...]
    """The best of each interval, the most probable first."""
    tried: int
    """How many regimens were tried."""
    next_sample: NextSampleResult | None
    """When to measure next; null without a best regimen, or where the model has no clearance."""
    levels: str | None
    """Whether the levels are `plausible` or `unusual` for such a person; null without levels."""


def operation(knowledge: KnowledgeBase) -> Operation:
    """The operation, with the models of this knowledge base."""
    return Operation(
        "dose.optimise",
        "The regimen that reaches a target most probably in one person",
        OptimiseGiven,
        OptimiseResult,
        partial(_answer, knowledge),
        "Mouton et al., J Antimicrob Chemother 2005;55:601, DOI 10.1093/jac/dki079; each model has its own",
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
    "target": {"kind": "AUC24", "low": 400, "high": 600},
    "choices": {
        "step": 250,
        "most": 2250,
        "most_daily": 4500,
        "intervals": [8, 12, 24],
        "durations": [2.5],
        "route": "iv",
    },
    "harms": [{"kind": "AUC24", "low": 600}],
    "limits": {"most_toxicity": 0.4},
    "start": 36,
}


def _answer(knowledge: KnowledgeBase, given: OptimiseGiven) -> OptimiseResult:
    known = estimated(given, knowledge)
    model, start = known.model, float(given.start)
    check_start(start, "start", known.person, model)
    limits = given.limits or LimitsGiven()
    most_toxicity = limits.most_toxicity
    if given.harms and most_toxicity is None:
        raise UnusableInput("missing-field", "`limits.most_toxicity` is missing: `harms` are given")
    forecast = Forecast(model, known.person, known.draws.etas[:1])
    choices = _choices(given, forecast)
    shortest = min(choices.intervals)
    target = _target("target", given.target, shortest, forecast)
    harms = [_target(f"harms.{k}", each, shortest, forecast) for k, each in enumerate(given.harms)]
    with answering():
        found = search(
            model,
            known.person,
            known.draws,
            choices,
            target,
            start=start,
            harms=harms,
            most_toxicity=1.0 if most_toxicity is None else float(most_toxicity),
            least_attainment=float(limits.least_attainment),
        )
        harmful = bool(harms)
        return OptimiseResult(
            units=units_of(model),
            best=None if found.best is None else _option(found.best, model, harmful=harmful),
            reason=found.reason,
            at_cap=found.at_cap,
            options=tuple(_option(each, model, harmful=harmful) for each in found.options),
            tried=len(found.candidates),
            next_sample=None if found.best is None else _next(known, found.best),
            levels=known.verdict,
        )


def _choices(given: OptimiseGiven, forecast: Forecast) -> Choices:
    """Raises UnusableInput for doses that are said in two ways or none, or too many regimens."""
    asked = given.choices
    check_route(asked.route, "choices.route", forecast.model)
    most = float(asked.most)
    with answering("choices"):
        if asked.doses is not None:
            for name, value in (("step", asked.step), ("least", asked.least)):
                if value is not None:
                    raise UnusableInput(
                        "input", f"`choices.{name}` is given beside `choices.doses`: leave one of them out"
                    )
            doses = tuple(dict.fromkeys(float(dose) for dose in asked.doses))
        elif asked.step is None:
            raise UnusableInput("missing-field", "`choices.doses` is missing: give it, or `choices.step`")
        else:
            least = float(asked.least or asked.step)
            doses = multiples(float(asked.step), most, least)
            if not doses:
                raise UnusableInput(
                    "out-of-range", f"`choices.step`: no whole step of it lies between {least:g} and {most:g}"
                )
        choices = Choices(
            doses=doses,
            intervals=_floats(asked.intervals),
            most=most,
            most_daily=float(asked.most_daily),
            durations=_floats(asked.durations or (Fraction(0),)),
            loadings=(None, *_floats(asked.loadings)),
            route=asked.route,
            most_rate=_float(asked.most_rate),
        )
    count = len(doses) * len(choices.intervals) * len(choices.durations) * len(choices.loadings)
    allowed = MOST_REGIMENS if forecast.linear else MOST_FOLLOWED
    if count > allowed:
        raise UnusableInput(
            "out-of-range",
            f"`choices`: expected at most {allowed:,} regimens for this model, not {count:,}; "
            "name fewer doses, intervals, durations or loading doses",
        )
    with answering("choices"):
        choices.regimens(float(given.start), forecast.day)  # or there are none to search among
    return choices


def _target(where: str, asked: RangeGiven, shortest: float, forecast: Forecast) -> Target:
    """Raises UnusableInput that names `where` it was asked."""
    after = check_after(asked.after, shortest, f"{where}.after", forecast)
    with answering(where):
        half, unbound = _float(asked.half), float(asked.unbound)
        measure = Measure(asked.kind, after, _float(asked.above), None, half, unbound)
        mic = _mic(asked.mic) if isinstance(asked, TargetGiven) else None
        return Target(measure, _float(asked.low), _float(asked.high), mic)


def _mic(asked: Fraction | tuple[MicShare, ...] | None) -> float | dict[float, float] | None:
    if not isinstance(asked, tuple):
        return _float(asked)
    shares: dict[float, float] = {}
    for each in asked:
        shares[float(each.mic)] = shares.get(float(each.mic), 0.0) + float(each.share)
    return shares


def _option(option: Option, model: PopulationModel, *, harmful: bool) -> OptionResult:
    candidate = option.candidate
    return OptionResult(
        regimen=regimen_result(candidate.regimen, model),
        daily=candidate.daily,
        attainment=candidate.attainment,
        toxicity=candidate.toxicity if harmful else None,
        figures=figures_result(option.figures),
    )


def _next(known: Estimate, best: Option) -> NextSampleResult | None:
    told = next_level(known.model, known.person, known.levels, known.mode, best.candidate.regimen)
    if told is None:
        return None
    parameter, sample = told
    return NextSampleResult(
        time=sample.best_for_parameter,
        parameter=parameter,
        deviation=float(sample.deviations.min()),
        without=sample.prior_deviation,
    )


def _float(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _floats(values: tuple[Fraction, ...]) -> tuple[float, ...]:
    return tuple(dict.fromkeys(float(value) for value in values))

"""Regimens and what they come to, as questions name them and as answers give them."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Final, Literal

from calc import UnusableInput
from calc.operations import Given, Quantity, Result
from calc.population import Figure, Figures, Forecast, Person, PopulationModel, Regimen
from cds.dosing.given import Amount, Duration, Time, absorbs, check_span
from cds.dosing.words import regimen_words

Interval = Annotated[
    Fraction, Quantity("1", "from one dose to the next, in the model's unit of time", least=0.001, most=1e5)
]
After = Annotated[
    Fraction, Quantity("1", "so long after the regimen's start, in the model's unit", least=0, most=1e5)
]
Numbers = tuple[float, ...]

MOST_DOSES: Final = 2000
"""Of a regimen: what comes later is its steady state."""


class RegimenGiven(Given):
    """The same dose again and again."""

    dose: Amount
    interval: Interval
    duration: Duration = Fraction(0)
    """How long each is infused, at most the interval; 0 is a bolus."""
    route: Literal["iv", "oral"]
    """`oral` stands for every way that needs absorption."""
    start: Time
    """When the first dose is given, on the clock of the doses so far; after the last of them."""
    loading: Amount | None = None
    """The first dose, where it is another than those that follow; null: it is the same."""


class FigureResult(Result):
    """One number with the middle 90 % of the draws."""

    low: Annotated[float, Quantity("1", "5 % of the distribution lie below it")]
    median: Annotated[float, Quantity("1", "half of the distribution lies below it")]
    high: Annotated[float, Quantity("1", "95 % of the distribution lie below it")]
    mean: Annotated[float, Quantity("1", "mean of the distribution")]


class FiguresResult(Result):
    """What a regimen comes to, in the units of the model."""

    trough: FigureResult
    """Right before the next dose, in the model's unit of concentration."""
    peak: FigureResult
    """The highest between two doses, in the model's unit of concentration."""
    auc24: FigureResult
    """Area under the curve of a day, in the model's unit of concentration times its unit of time."""


class UnitsResult(Result):
    """The units of the model, in which everything is asked and answered."""

    time: str
    """Of times, intervals and durations: `h` or `d`."""
    dose: str
    """Of doses."""
    concentration: str
    """Of levels, troughs, peaks and predictions."""


class RegimenResult(Result):
    """A regimen, in the units of the model."""

    words: str
    """As it would be said, with units."""
    dose: Annotated[float, Quantity("1", "the dose, in the model's unit of dose")]
    interval: Annotated[float, Quantity("1", "from one dose to the next, in the model's unit of time")]
    duration: Annotated[float, Quantity("1", "how long each is infused; 0 is a bolus")]
    route: Literal["iv", "oral"]
    """`oral` stands for every way that needs absorption."""
    start: Annotated[float, Quantity("1", "when the first dose is given")]
    loading: Annotated[float, Quantity("1", "the first dose, in the model's unit of dose")] | None
    """The first dose; null: it is the same as the others."""


def regimen_of(given: RegimenGiven, model: PopulationModel) -> Regimen:
    """Raises UnusableInput for a way that the model does not know, DosingError for an infusion too long."""
    check_route(given.route, "regimen.route", model)
    return Regimen(
        float(given.dose),
        float(given.interval),
        float(given.duration),
        given.route,
        None if given.loading is None else float(given.loading),
        None,
        float(given.start),
    )


def check_route(route: str, where: str, model: PopulationModel) -> None:
    """Raises UnusableInput for a dose that has to be absorbed in a model without absorption."""
    if route == "oral" and not absorbs(model):
        raise UnusableInput("input", f"`{where}`: the model knows doses into a vein only, expected `iv`")


def check_count(until: float, interval: float, where: str) -> None:
    """Raises UnusableInput for more doses than anybody would be given."""
    if until > MOST_DOSES * interval:
        raise UnusableInput(
            "out-of-range",
            f"`{where}`: expected at most {MOST_DOSES:,} doses of a regimen, that is "
            f"{MOST_DOSES * interval:g} after its start, not {until:g}",
        )


def check_start(start: float, where: str, person: Person, model: PopulationModel) -> None:
    """Raises UnusableInput for a regimen that starts among the doses that were given."""
    last = max((dose.last for dose in person.doses), default=None)
    first = min((dose.time for dose in person.doses), default=None)
    check_span(model, first, start, where)
    if last is not None and start <= last:
        raise UnusableInput(
            "out-of-range", f"`{where}`: expected a time after the last dose, at {last:g}, not {start:g}"
        )


def check_after(after: Fraction | None, interval: float, where: str, forecast: Forecast) -> float | None:
    """The number. Raises UnusableInput where it is missing for a model without a formula for steady state."""
    if after is not None:
        check_count(float(after), interval, where)
        check_span(forecast.model, 0.0, float(after), where)
        return float(after)
    if not forecast.linear:
        name = forecast.model.name
        raise UnusableInput(
            "missing-field",
            f"`{where}` is missing: {name} has no formula for steady state; say how long after the "
            "regimen's start it is to be looked at",
        )
    return None


def regimen_result(regimen: Regimen, model: PopulationModel) -> RegimenResult:
    """As an answer gives it."""
    return RegimenResult(
        words=regimen_words(regimen, model.dose_unit, model.time_unit),
        dose=regimen.dose,
        interval=regimen.interval,
        duration=regimen.duration,
        route=regimen.route,
        start=regimen.start,
        loading=regimen.loading,
    )


def figures_result(figures: Figures) -> FiguresResult:
    """As an answer gives them."""
    return FiguresResult(
        trough=_figure(figures.trough), peak=_figure(figures.peak), auc24=_figure(figures.auc24)
    )


def units_of(model: PopulationModel) -> UnitsResult:
    """As an answer gives them."""
    return UnitsResult(time=model.time_unit, dose=model.dose_unit, concentration=model.concentration_unit)


def _figure(figure: Figure) -> FigureResult:
    return FigureResult(low=figure.low, median=figure.median, high=figure.high, mean=figure.mean)

"""What questions of individual dosing have in common: a model, a person, what was given and measured."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from calc import NoAnswer, UnusableInput
from calc.operations import Given, Many, Quantity
from calc.population import Dose, Level, Person, PopulationModel, States
from dsl.names import closest
from kb import KnowledgeBase
from kb.models import DosingModel

Time = Annotated[Fraction, Quantity("1", "time on the clock of all doses and levels", least=-1e6, most=1e6)]
"""In the model's unit of time, hours or days."""
Amount = Annotated[Fraction, Quantity("1", "the dose, in the model's unit of dose", above=0, most=1e9)]
Duration = Annotated[Fraction, Quantity("1", "how long it was infused, 0 for a bolus", least=0, most=1e5)]
Number = Annotated[Fraction, Quantity("1", "a number")]

MOST_DOSES: Final = 20_000
LONGEST: Final = 5000
"""From the first dose on, for models that have to be followed step by step; in their unit of time."""


class DoseGiven(Given):
    """A dose, or a row of equal ones."""

    time: Time
    amt: Amount
    dur: Duration = Fraction(0)
    """How long it was infused; 0 is a bolus."""
    route: Literal["iv", "oral"]
    """`oral` stands for every way that needs absorption."""
    interval: Annotated[Fraction, Quantity("1", "time between doses", above=0, most=1e5)] | None = None
    """From one dose of a row to the next."""
    count: Annotated[int, Field(ge=1, le=10_000)] = 1
    """How many doses a row has, the first included."""


class SampleGiven(Given):
    """A measured concentration; at the very time of a dose it was taken before it."""

    time: Time
    dv: Annotated[Fraction, Quantity("1", "the concentration, in the model's unit", above=0, most=1e12)]
    """The concentration; with `below`, the limit of quantification that it is below."""
    below: bool = False
    """Whether it was reported as below `dv`."""
    output: Annotated[str, Field(min_length=1)] | None = None
    """Which output of the model was measured; the first one unless told."""


class CovariateRecord(Given):
    """A covariate from a time on."""

    time: Time
    value: Number


class PersonGiven(Given):
    """One person and the model that is to be theirs."""

    model: Annotated[str, Field(min_length=1)]
    """A model of the knowledge base."""
    covariates: Mapping[str, Number | Many[CovariateRecord]] = {}
    """By name, in the units of the model; a value, or records that each hold from their time on."""
    doses: Annotated[Many[DoseGiven], Field(max_length=1000)]
    """What was given, in any order."""
    samples: Annotated[Many[SampleGiven], Field(max_length=200)] = ()
    """What was measured, in any order; without any the population speaks."""
    note: Any = None
    """Whatever the asker wants to remember; it is not read."""
    model_file: Any = None
    """Not read either."""


def model_named(name: str, knowledge: KnowledgeBase) -> DosingModel:
    """Raises UnusableInput for a name that is none."""
    found = knowledge.models.get(name)
    if found is None:
        advice = closest(name, knowledge.models) or f"known: {', '.join(sorted(knowledge.models))}"
        raise UnusableInput("unknown-model", f"`model`: there is no model `{name}`; {advice}")
    return found


def person_of(given: PersonGiven, model: PopulationModel) -> Person:
    """Raises UnusableInput for covariates that the model does not have, lacks, or was not made for."""
    known = {each.name: each for each in model.covariates}
    for name in given.covariates:
        if name not in known:
            known_names = ", ".join(known) or "none"
            raise UnusableInput(
                "unknown-field", f"`covariates.{name}`: the model has none such; it has {known_names}"
            )
    covariates: dict[str, float | list[tuple[float, float]]] = {}
    for name, covariate in known.items():
        value = given.covariates.get(name)
        if value is None:
            if covariate.default is None:
                raise UnusableInput(
                    "missing-field", f"`covariates.{name}` is missing: {covariate.meaning} ({covariate.unit})"
                )
            continue
        records = (
            [(0.0, float(value))]
            if isinstance(value, Fraction)
            else [(float(r.time), float(r.value)) for r in value]
        )
        if not records:
            raise UnusableInput("missing-field", f"`covariates.{name}` has no record")
        for _, number in records:
            if not covariate.low <= number <= covariate.high:
                raise UnusableInput(
                    "out-of-range",
                    f"`covariates.{name}`: {number:g} {covariate.unit} is outside of {covariate.low:g} to "
                    f"{covariate.high:g}, for whom the model was made; it would only guess",
                )
        covariates[name] = records[0][1] if isinstance(value, Fraction) else records
    if sum(dose.count for dose in given.doses) > MOST_DOSES:
        raise UnusableInput("out-of-range", f"`doses`: expected at most {MOST_DOSES:,} in all")
    doses = tuple(_dose(number, dose, model) for number, dose in enumerate(given.doses))
    first = min((dose.time for dose in doses), default=None)
    for number, dose in enumerate(doses):
        check_span(model, first, dose.last, f"doses.{number}")
    return Person(covariates, doses)


def absorbs(model: PopulationModel) -> bool:
    """Whether the model knows doses that are not given into a vein."""
    return any(name == "KA" for name, _ in model.parameters)


def _dose(number: int, dose: DoseGiven, model: PopulationModel) -> Dose:
    if dose.count > 1 and dose.interval is None:
        raise UnusableInput("missing-field", f"`doses.{number}.interval` is missing: `count` is {dose.count}")
    if dose.interval is not None and dose.dur > dose.interval:
        raise UnusableInput(
            "out-of-range",
            f"`doses.{number}.dur`: expected at most `interval`, {float(dose.interval):g}, "
            f"not {float(dose.dur):g}",
        )
    if dose.route == "oral" and not absorbs(model):
        raise UnusableInput(
            "input", f"`doses.{number}.route`: the model knows doses into a vein only, expected `iv`"
        )
    return Dose(
        float(dose.time),
        float(dose.amt),
        float(dose.dur),
        dose.route,
        float(dose.interval or 0),
        float(dose.count),
    )


def check_span(model: PopulationModel, first: float | None, last: float, where: str) -> None:
    """Raises UnusableInput for a time so late that a model without a formula would be followed for ever."""
    if isinstance(model.structure, States) and first is not None and last - first > LONGEST:
        raise UnusableInput(
            "out-of-range",
            f"`{where}`: {model.name} has no formula and is followed step by step, for at most {LONGEST:,} "
            f"{model.time_unit} from the first dose on, not until {last:g}; leave out what is long ago",
        )


def levels_of(given: PersonGiven, model: PopulationModel) -> list[Level]:
    """In the order that they came in. Raises UnusableInput, NoAnswer for a level without a dose before it."""
    first = min((dose.time for dose in given.doses), default=None)
    levels = []
    for number, sample in enumerate(given.samples):
        if first is None or sample.time <= first:
            raise NoAnswer(
                "samples",
                f"`samples.{number}`: the level at {float(sample.time):g} has no dose before it; "
                "check its time, or add the doses that came before",
            )
        check_span(model, float(first), float(sample.time), f"samples.{number}")
        if sample.output is not None and sample.output not in model.outputs:
            raise UnusableInput(
                "input",
                f"`samples.{number}.output`: expected {' or '.join(model.outputs)}, not `{sample.output}`",
            )
        levels.append(Level(float(sample.time), float(sample.dv), sample.below, sample.output or "observed"))
    return levels

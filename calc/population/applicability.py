"""Whether a model was made for people like this one: nothing is extrapolated unsaid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from calc.population.course import Person
from calc.population.model import Covariate, PopulationModel

Problem: TypeAlias = Literal["missing", "no number", "below", "above", "assumed"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Something about a covariate that whoever uses the model has to know."""

    covariate: Covariate
    problem: Problem
    value: float | None = None
    time: float | None = None
    """Of the record, where the covariate changes."""

    @property
    def excludes(self) -> bool:
        """Whether the model cannot be used; a value that may be assumed does not exclude."""
        return self.problem != "assumed"

    @property
    def words(self) -> str:
        """A sentence: what came, what is allowed, what to do."""
        known = self.covariate
        name = f"{known.meaning} ({known.name})"
        when = "" if self.time is None else f" at {self.time:g}"
        made = f"the model was made with people from {known.low:g} to {known.high:g} {known.unit}"
        match self.problem:
            case "missing":
                return f"{name} is not known; add it, or use a model that does not need it"
            case "no number":
                return f"{name}{when} is not a finite number; correct the record"
            case "assumed":
                return f"{name} is not known; {self.value:g} {known.unit} is assumed"
            case side:
                outside = f"{self.value:g} {known.unit}, {side} the range"
                return f"{name}{when} is {outside}: {made}; use another model"


@dataclass(frozen=True, slots=True)
class Applicability:
    """What speaks against a model for one person."""

    model: str
    reasons: tuple[Reason, ...]

    @property
    def applies(self) -> bool:
        """Whether the model may be used at all."""
        return not any(reason.excludes for reason in self.reasons)


def applicability(model: PopulationModel, person: Person, limits: Sequence[Covariate] = ()) -> Applicability:
    """Every covariate of the model, each record of it, and every limit, against who the model was made with.

    `limits` are what the model's equations do not read, such as the age of its population: a child is found
    out of range by it, a person of unknown age as missing.
    """
    read = {covariate.name for covariate in model.covariates}
    asked = (*model.covariates, *(limit for limit in limits if limit.name not in read))
    return Applicability(model.name, tuple(reason for each in asked for reason in _reasons(each, person)))


def _reasons(covariate: Covariate, person: Person) -> list[Reason]:
    given = person.covariates.get(covariate.name)
    if given is None or (not isinstance(given, (int, float)) and not given):
        if covariate.default is None:
            return [Reason(covariate, "missing")]
        return [Reason(covariate, "assumed", covariate.default)]
    records = [(None, given)] if isinstance(given, (int, float)) else sorted(given)
    found = []
    for time, value in records:
        if not math.isfinite(value):
            found.append(Reason(covariate, "no number", value, time))
        elif not covariate.low <= value <= covariate.high:
            found.append(Reason(covariate, "below" if value < covariate.low else "above", value, time))
    return found

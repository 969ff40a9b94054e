"""The course of a drug in one person: predictions for many etas at once.

A `Course` holds what does not depend on etas; calling it with etas, lanes x etas, gives the predictions of
each lane. Complex etas are allowed: imaginary parts of 1e-30 carry exact derivatives (Squire and Trapp, SIAM
Rev 1998;40:110-112).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from calc.population.expressions import Equation, Numbers
from calc.population.history import Dose, HistoryError, MissingCovariate, compact, expanded
from calc.population.linear import NO_ABSORPTION, SAME_TIME, Superposition, exponentials, rates, separable
from calc.population.matrix import by_exponentials
from calc.population.model import BETWEEN, COMPARTMENT_NAMES, PopulationModel, States
from calc.population.ode import NotSolved
from calc.population.system import by_equations
from calc.population.walk import Arrival, walk

_VANISHED: Final = 37.0
"""So many times the slowest time constant later, nothing of a dose is left in a number of 16 digits."""
_MOST_DOSES: Final = 10_000

Values: TypeAlias = Mapping[str, Numbers]
Holds: TypeAlias = Literal["from", "until"]


@dataclass(frozen=True, slots=True)
class Person:
    """Covariates and doses of one person."""

    covariates: Mapping[str, float | Sequence[tuple[float, float]]]
    """A value, or its records as (time, value)."""
    doses: tuple[Dose, ...]
    holds: Holds = "from"
    """Whether a record counts from its time on, or from the one before until it (NONMEM)."""


class Course:
    """Predictions of one output for each of `times`."""

    def __init__(
        self,
        model: PopulationModel,
        person: Person,
        times: Sequence[float] | NDArray[np.float64],
        outputs: Sequence[str] | None = None,
    ) -> None:
        self.model, self.person = model, person
        self.loose = 1.0
        """How much less exactly equations are followed than their structure says, to save time."""
        self.times = np.asarray(times, float)
        default = next(iter(model.outputs))
        self.outputs = [default if name == "observed" else name for name in outputs or [default] * len(times)]
        for name in self.outputs:
            if name not in model.outputs:
                raise HistoryError(
                    f"`{name}` is no output of {model.name}: it has {', '.join(model.outputs)}"
                )
        self.records = {
            covariate.name: self._records(covariate.name, covariate.default) for covariate in model.covariates
        }
        self.doses = expanded(person.doses)
        self.changes = self._changes()
        self.inputs = [self._inputs(k) for k in range(len(self.changes) + 1)]
        self.varying = self._varying()
        self.pieces = self._pieces()
        self.kappas = [
            (name, occasion)
            for occasion in range(len(model.occasions) if model.between_occasions else 0)
            for name in model.between_occasions
        ]
        size = len(model.etas)
        self.omega = np.zeros((size + len(self.kappas),) * 2)
        self.omega[:size, :size] = model.omega
        for index, (name, _) in enumerate(self.kappas, start=size):
            self.omega[index, index] = model.between_occasions[name]

    def _records(self, name: str, default: float | None) -> list[tuple[float, float]]:
        """What is known of one covariate, in order of time."""
        given = self.person.covariates.get(name, default)
        if given is None:
            raise MissingCovariate(name)
        records = [(0.0, given)] if isinstance(given, (int, float)) else sorted(given, key=lambda one: one[0])
        if not records:
            raise MissingCovariate(name)
        for _, value in records:
            if not math.isfinite(value):
                raise HistoryError(f"the covariate {name} is {value}: it has to be a finite number")
        return [(float(time), float(value)) for time, value in records]

    def _changes(self) -> list[float]:
        """When parameters change on the way."""
        found = set(self.model.changes)
        if self.model.between_occasions:
            found |= set(self.model.occasions[1:])
        for records in self.records.values():
            for (before, old), (after, new) in pairwise(records):
                if new != old:
                    # A first record holds before itself too: nothing else is known of that time.
                    found.add(after if self.person.holds == "from" else before)
        latest = max([*self.times, *(dose.last for dose in self.doses)], default=0.0)
        return sorted(time for time in found if time < latest)

    def _inputs(self, segment: int) -> dict[str, Numbers]:
        """Covariates, TIME and the parameters that etas do not touch, between change k - 1 and change k."""
        starts = self.changes[segment - 1] if segment else -np.inf
        ends = self.changes[segment] if segment < len(self.changes) else np.inf
        values: dict[str, Any] = {"TIME": max(starts, 0.0)}
        for name, records in self.records.items():
            if self.person.holds == "from":
                values[name] = [value for time, value in records if time <= max(starts, records[0][0])][-1]
            else:
                values[name] = next((value for time, value in records if time >= ends), records[-1][1])
        return values

    def _varying(self) -> tuple[tuple[str, Equation], ...]:
        """The parameters that etas touch; the others are worked out here, once."""
        touched = {BETWEEN + name for name in self.model.etas}
        touched |= {f"kappa_{name}" for name in self.model.between_occasions}
        varying = []
        for name, equation in self.model.parameters:
            if equation.names & touched:
                touched.add(name)
                varying.append((name, equation))
            else:
                for values in self.inputs:
                    values[name] = equation(values)
        return tuple(varying)

    def _pieces(self) -> list[tuple[NDArray[np.bool_], Superposition]]:
        """Which times come after the same reset, and what the doses since then add up to."""
        pieces = []
        resets = [dose.time for dose in self.doses if dose.resets]
        given = self.doses if resets else self.person.doses
        for begin, end in zip([-np.inf, *resets], [*resets, np.inf], strict=True):
            inside = (self.times > begin + SAME_TIME) & (self.times <= end + SAME_TIME)
            if inside.any():
                doses = [dose for dose in given if begin <= dose.time < end]
                pieces.append((inside, Superposition(compact(doses), self.times[inside])))
        return pieces

    def _segment_of(self, time: float) -> int:
        """Which segment what happens at `time` belongs to."""
        side: Literal["left", "right"] = "right" if self.person.holds == "from" else "left"
        return int(np.searchsorted(np.array(self.changes), time, side))

    def parameters(self, etas: Numbers, segment: int | None = None) -> dict[str, Numbers]:
        """Every parameter in one segment, the last unless told; one number a lane."""
        values = self._values(etas, len(self.inputs) - 1 if segment is None else segment)
        return {name: _each_lane(value, len(etas)) for name, value in values.items()}

    def _values(self, etas: Numbers, segment: int) -> dict[str, Numbers]:
        values = dict(self.inputs[segment])
        for index, name in enumerate(self.model.etas):
            values[BETWEEN + name] = etas[:, index]
        if self.model.between_occasions:
            time = self.changes[segment - 1] if segment else -np.inf
            current = int(np.searchsorted(np.array(self.model.occasions), time, "right")) - 1
            for name in self.model.between_occasions:
                values[f"kappa_{name}"] = np.zeros(len(etas))
            for index, (name, occasion) in enumerate(self.kappas, start=len(self.model.etas)):
                if occasion == max(current, 0):
                    values[f"kappa_{name}"] = etas[:, index]
        for name, equation in self.varying:
            values[name] = equation(values)
        return values

    @contextmanager
    def loosely(self, times: float) -> Iterator[None]:
        """Inside, equations are followed so many times less exactly."""
        before, self.loose = self.loose, times
        try:
            yield
        finally:
            self.loose = before

    def __call__(self, etas: Numbers) -> Numbers:
        """Predictions, lanes x times. Raises HistoryError, NotSolved."""
        if not len(self.times):
            return np.zeros((len(etas), 0), etas.dtype)
        with np.errstate(all="ignore"):
            structure = self.model.structure
            if isinstance(structure, States) or self.changes:
                return self._followed(etas)
            apart, found = self._superposed(etas, structure)
            if not apart.all():
                found[~apart] = self._followed(etas[~apart])
            return found

    def _superposed(self, etas: Numbers, compartments: int) -> tuple[NDArray[np.bool_], Numbers]:
        """In closed form, and for which lanes it holds; what came before a reset counts only until it."""
        lanes = len(etas)
        values = self._values(etas, 0)
        for name in (*COMPARTMENT_NAMES[compartments - 1], "KA", "LAG", "DUR"):
            if name in values:
                values[name] = _each_lane(values[name], lanes)
        ka = values.get("KA")
        falls, shares = exponentials(rates(values, compartments))
        given: dict[str, Any] = {
            "available": values.get("F", 1.0),
            "lag": values.get("LAG"),
            "duration": values.get("DUR"),
        }
        amounts = [superposition(falls, shares, ka, **given) for _, superposition in self.pieces]
        if len(amounts) == 1 and len(self.times) == amounts[0].shape[1]:
            central = amounts[0]
        else:
            central = np.zeros((lanes, len(self.times)), np.result_type(*amounts, 0.0))
            for (inside, _), amount in zip(self.pieces, amounts, strict=True):
                central[:, inside] = amount
        concentration = central / values["V1"][:, None]
        whole = {name: value[:, None] if np.ndim(value) else value for name, value in values.items()}
        found = self._outputs(whole | {"C": concentration}, concentration.shape)
        return separable(falls, ka), found

    def _outputs(self, values: Values, shape: tuple[int, ...]) -> Numbers:
        """What is measured at each time; lanes x times."""
        names = list(dict.fromkeys(self.outputs))
        found: list[Numbers] = [self.model.outputs[name](values) + np.zeros(shape) for name in names]
        if len(found) == 1:
            return found[0]
        for index, name in enumerate(self.outputs):
            found[0][:, index] = found[names.index(name)][:, index]
        return found[0] if found else np.zeros(shape)

    def _followed(self, etas: Numbers) -> Numbers:
        """From event to event: parameters that change, equations without a closed form."""
        lanes = len(etas)
        each = [self.parameters(etas, k) for k in range(len(self.inputs))]
        structure = self.model.structure
        kind = np.result_type(etas, *(value for value in each[0].values()), 0.0)
        arrivals = []
        for dose in self._each_dose(each):
            values = each[self._segment_of(dose.time)]
            duration = values["DUR"] if "DUR" in values else np.full(lanes, dose.duration)
            one, none = np.ones(lanes), np.zeros(lanes)
            arrivals.append(Arrival(dose, values.get("F", one), values.get("LAG", none), duration))
        absorption = np.array([values["KA"] for values in each]) if "KA" in each[0] else None
        if absorption is None and any(dose.route == "oral" for dose in self.doses):
            raise HistoryError(NO_ABSORPTION)
        if isinstance(structure, States):
            start = np.array([np.broadcast_to(first(each[0]), lanes) for first in structure.initial], kind)
            advance = by_equations(structure, each, structure.tolerance * self.loose)
        else:
            start = np.zeros((structure, lanes), kind)
            advance = by_exponentials(each, structure)
        found = walk(start, arrivals, self.changes, list(self.times), absorption, advance)
        columns = []
        for index, (time, name) in enumerate(zip(self.times, self.outputs, strict=True)):
            values = each[self._segment_of(time)]
            if isinstance(structure, States):
                inside = dict(values) | dict(zip(structure.names, found[index], strict=True))
                inside["TIME"] = np.asarray(time)
                for part, equation in structure.during:
                    inside[part] = equation(inside)
            else:
                inside = dict(values) | {"C": found[index][0] / values["V1"]}
            columns.append(np.broadcast_to(self.model.outputs[name](inside), lanes))
        return np.stack(columns, 1)

    def _each_dose(self, each: Sequence[Values]) -> tuple[Dose, ...]:
        """An endless row of doses as so many that what came before them has vanished."""
        endless = [dose for dose in self.doses if math.isinf(dose.count)]
        if not endless:
            return self.doses
        structure = self.model.structure
        if isinstance(structure, States):
            raise HistoryError(
                f"the dose at {endless[0].time:g} is the last of an endless row, for which {self.model.name} "
                "has no formula: give the doses of the last weeks one by one"
            )
        speeds = [exponentials(rates(values, structure))[0].real.min() for values in each]
        speeds += [values["KA"].real.min() for values in each if "KA" in values]
        rows = []
        for dose in endless:
            count = np.ceil(_VANISHED / (min(speeds) * dose.interval))
            if not 0 < count < _MOST_DOSES:
                raise NotSolved("what is given again and again never comes to a steady state")
            rows.append(replace(dose, time=dose.time - (count - 1) * dose.interval, count=count))
        return expanded([*(dose for dose in self.doses if dose not in endless), *rows])


def _each_lane(value: Numbers, lanes: int) -> Numbers:
    return value if np.ndim(value) else np.full(lanes, value)

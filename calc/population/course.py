"""The course of a drug in one person: predictions for many etas at once.

A `Course` holds what does not depend on etas; calling it with etas, lanes x etas, gives the predictions of
each lane. Complex etas are allowed: imaginary parts of 1e-30 carry exact derivatives (Squire and Trapp, SIAM
Rev 1998;40:110-112).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from calc.population.expressions import Numbers, together
from calc.population.history import Dose, compact, expanded
from calc.population.linear import SAME_TIME, Rates, amounts, rates, separable
from calc.population.matrix import by_exponentials
from calc.population.model import BETWEEN, PopulationModel, States
from calc.population.ode import advanced
from calc.population.walk import Advance, Arrival, walk

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
        self.doses = expanded(person.doses)
        self.rows = compact(person.doses)
        self.resets = [dose.time for dose in self.doses if dose.resets]
        self.changes = self._changes()
        self.segments = [self._inputs(k) for k in range(len(self.changes) + 1)]
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

    def _changes(self) -> list[float]:
        found = set(self.model.changes)
        if self.model.between_occasions:
            found |= set(self.model.occasions)
        for value in self.person.covariates.values():
            if not isinstance(value, (int, float)):
                # A first record holds before itself too: nothing else is known of that time.
                found |= {time for time, _ in sorted(value)[1 if self.person.holds == "from" else 0 :]}
        latest = max([*self.times, *(dose.last for dose in self.rows)], default=0.0)
        return sorted(time for time in found if time < latest)

    def _inputs(self, segment: int) -> dict[str, float]:
        """Covariates and TIME of segment k, the time between change k - 1 and change k."""
        starts = self.changes[segment - 1] if segment else -np.inf
        inputs: dict[str, float] = {"TIME": max(starts, 0.0)}
        for covariate in self.model.covariates:
            value = self.person.covariates.get(covariate.name, covariate.default)
            if value is None:
                raise KeyError(covariate.name)
            if not isinstance(value, (int, float)):
                value = self._record(sorted(value), segment)
            inputs[covariate.name] = float(value)
        return inputs

    def _record(self, records: Sequence[tuple[float, float]], segment: int) -> float:
        if self.person.holds == "from":
            starts = self.changes[segment - 1] if segment else -np.inf
            return [value for time, value in records if time <= max(starts, records[0][0])][-1]
        ends = self.changes[segment] if segment < len(self.changes) else np.inf
        return next((value for time, value in records if time >= ends), records[-1][1])

    def _segment_of(self, time: float) -> int:
        """Which segment what happens at `time` belongs to."""
        side: Literal["left", "right"] = "right" if self.person.holds == "from" else "left"
        return int(np.searchsorted(np.array(self.changes), time, side))

    def parameters(self, etas: Numbers, segment: int | None = None) -> dict[str, Numbers]:
        """Every parameter in one segment, the last unless told; one number a lane."""
        segment = len(self.segments) - 1 if segment is None else segment
        values: dict[str, Numbers] = dict(self.segments[segment])  # type: ignore[arg-type]
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
        for name, equation in self.model.parameters:
            values[name] = equation(values)
        lanes = len(etas)
        return {
            name: np.broadcast_to(value, lanes) if np.ndim(value) == 0 else value
            for name, value in values.items()
        }

    def __call__(self, etas: Numbers) -> Numbers:
        """Predictions, lanes x times."""
        with np.errstate(all="ignore"):
            if isinstance(self.model.structure, States) or self.changes:
                return self._followed(etas)
            values = self.parameters(etas, 0)
            exchange = rates(values, self.model.structure)
            return self._superposed(values, exchange) if separable(exchange) else self._followed(etas)

    def _superposed(self, values: Values, exchange: Rates) -> Numbers:
        """In closed form; whatever came before a reset counts only until it."""
        central: Numbers = np.zeros((len(exchange.k10), len(self.times)))
        for begin, end in zip([-np.inf, *self.resets], [*self.resets, np.inf], strict=True):
            inside = (self.times > begin + SAME_TIME) & (self.times <= end + SAME_TIME)
            if not inside.any():
                continue
            doses = (
                compact([dose for dose in self.doses if begin <= dose.time < end])
                if self.resets
                else self.rows
            )
            found = amounts(
                exchange,
                [replace(dose, resets=False) for dose in doses],
                self.times[inside],
                available=values.get("F", 1.0),
                lag=values.get("LAG", 0.0),
                duration=values.get("DUR"),
            )
            central = central.astype(found.dtype, copy=False)
            central[:, inside] = found
        concentration = central / values["V1"][:, None]
        whole = {name: value[:, None] for name, value in values.items()} | {"C": concentration}
        return self._outputs([whole] * len(self.times), concentration.shape)

    def _outputs(self, values: Sequence[Mapping[str, Numbers]], shape: tuple[int, ...]) -> Numbers:
        """Of values x levels by the output of each level; all of one kind are worked out together."""
        if len(set(self.outputs)) == 1 and all(one is values[0] for one in values):
            return np.broadcast_to(self.model.outputs[self.outputs[0]](values[0]), shape)
        columns = [
            np.broadcast_to(self.model.outputs[name](one), (shape[0], shape[1]))[:, index]
            for index, (name, one) in enumerate(zip(self.outputs, values, strict=True))
        ]
        return np.stack(columns, 1)

    def _followed(self, etas: Numbers) -> Numbers:
        """From event to event: parameters that change, equations without a closed form."""
        lanes = len(etas)
        each = [self.parameters(etas, k) for k in range(len(self.segments))]
        structure = self.model.structure
        kind = np.result_type(etas, *(value for value in each[0].values()), 0.0)
        arrivals = []
        for dose in self.doses:
            values = each[self._segment_of(dose.time)]
            duration = values["DUR"] if "DUR" in values else np.full(lanes, dose.duration)
            one, none = np.ones(lanes), np.zeros(lanes)
            arrivals.append(Arrival(dose, values.get("F", one), values.get("LAG", none), duration))
        absorption = np.array([values["KA"] for values in each]) if "KA" in each[0] else None
        if absorption is None and any(dose.route == "oral" for dose in self.doses):
            raise ValueError("the model has no absorption, so that no dose can be absorbed")
        if isinstance(structure, States):
            start = np.array([np.broadcast_to(first(each[0]), lanes) for first in structure.initial], kind)
            advance = _by_equations(structure, each, structure.tolerance * self.loose)
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


def _by_equations(structure: States, each: Sequence[Values], tolerance: float) -> Advance:
    """Advance by the states' own equations.

    What is absorbed or infused is not left to them: it arrives in the first state by a closed form, and the
    equations are followed for the rest, which has no sudden turns.
    """
    shared = {"first": 0.1}
    reads = frozenset().union(
        *(equation.names for _, equation in structure.during), *(e.names for e in structure.slopes)
    )
    parameters = sorted(reads & set(each[0]) - {"TIME"})
    make = together(parameters, ("TIME", *structure.names), structure.during, structure.slopes)

    def advance(
        state: Numbers,
        depot: Numbers,
        rate: Numbers,
        segment: NDArray[np.int_],
        start: Numbers,
        length: Numbers,
    ) -> Numbers:
        values = _of_segments(each, segment)
        slopes = make(*(values[name] for name in parameters))
        emptying = -values["KA"] if "KA" in values and depot.any() else None
        infused = rate.any()

        arriving = infused or emptying is not None

        def arrived(since: Numbers) -> Numbers:
            if emptying is None:
                return rate * since
            absorbed: Numbers = depot * np.expm1(emptying * since)
            return rate * since - absorbed if infused else -absorbed

        def slope(since: Numbers, states: Numbers, there: Numbers | float, changed: Numbers) -> None:
            for index, change in enumerate(slopes(start + since, states[0] + there, *states[1:])):
                changed[index] = change

        end = arrived(length) if arriving else 0.0
        floor = np.full(state.shape, structure.floor)
        floor[0] = np.maximum(floor[0], np.abs(np.real(state[0] + end)))
        moved, shared["first"] = advanced(
            slope, arrived if arriving else None, state, length, tolerance, floor, shared["first"]
        )
        moved[0] += end
        return moved

    return advance


def _of_segments(each: Sequence[Values], segment: NDArray[np.int_]) -> dict[str, Numbers]:
    if np.all(segment == segment[0]):
        return dict(each[segment[0]])
    lanes = np.arange(len(segment))
    return {name: np.array([values[name] for values in each])[segment, lanes] for name in each[0]}

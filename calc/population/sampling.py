"""When to measure next: the time at which a level would tell most about this person.

The information of a level is J'J / v, with J how the prediction moves with the etas and v the variance of
its error; it adds up with that of the prior, inv(Omega), and of levels at other times. The criterion is the
variance of the logarithm of a parameter, g' inv(information) g, or the determinant of the information, as
in Merle and Mentre, J Pharmacokinet Biopharm 1995;23:101-125 (Bayesian design criteria).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from calc.population.course import Course, Person
from calc.population.expressions import Floats
from calc.population.model import PopulationModel
from calc.population.regimen import DosingError

_STEP: Final = 1e-30
"""An imaginary part so small that its square is nothing: derivatives are exact."""


@dataclass(frozen=True, slots=True)
class NextSample:
    """Possible times of a next level; a level at the time of a dose is taken before it."""

    times: Floats
    deviations: Floats
    """Of the logarithm of the parameter after one level at each time."""
    determinants: Floats
    """Natural logarithm of the determinant of the information after it."""
    prior_deviation: float
    """Of the logarithm of the parameter without the level."""
    best_for_parameter: float
    """The time with the least deviation; the earliest of equals."""
    best_for_all: float
    """The time with the largest determinant (D-optimal); the earliest of equals."""


def next_sample(
    model: PopulationModel,
    person: Person,
    times: Sequence[float] | Floats,
    *,
    parameter: str = "CL",
    eta: Floats | None = None,
    measured: Sequence[float] = (),
    output: str = "observed",
) -> NextSample:
    """How much a level at each of `times` is expected to tell, at `eta` or for a typical person.

    `measured` are the times of levels that are already there. Raises DosingError for no times, a parameter
    that the model has not, or one that is not above zero.
    """
    if not len(times):
        raise DosingError("`times` is empty: name at least one time at which blood can be drawn")
    clock = np.concatenate([np.asarray(measured, float), np.asarray(times, float)])
    course = Course(model, person, clock, [output] * len(clock))
    size = len(course.omega)
    at = np.zeros(size) if eta is None else np.asarray(eta, float)
    lanes = at + 1j * _STEP * np.eye(size)
    values = course.parameters(lanes)
    if parameter not in dict(model.parameters):
        known = ", ".join(name for name, _ in model.parameters)
        raise DosingError(f"`parameter` is {parameter}, which {model.name} has not: one of {known}")
    if not np.all(np.real(values[parameter]) > 0):
        raise DosingError(f"`parameter` is {parameter}, which is not above zero here: it has no logarithm")
    slope = np.imag(np.log(values[parameter])) / _STEP
    predicted = course(lanes)
    rises = np.imag(predicted).T / _STEP
    residual = model.residuals[course.outputs[0]]
    level = np.real(predicted[0])
    deviations = residual.logarithmic * level if residual.logarithmic else residual.deviation(level)
    with np.errstate(all="ignore"):
        # Where nothing is left of the drug, a level says nothing.
        usable = np.isfinite(rises / deviations[:, None]).all(axis=1) & (deviations > 0)
        scaled = np.where(usable[:, None], rises / deviations[:, None], 0)
    known_already = len(measured)
    prior = np.linalg.inv(course.omega) + scaled[:known_already].T @ scaled[:known_already]
    each = scaled[known_already:]
    after = prior + each[:, :, None] * each[:, None, :]
    found = np.sqrt(np.linalg.solve(after, np.broadcast_to(slope, each.shape)[..., None])[..., 0] @ slope)
    determinants = np.linalg.slogdet(after)[1]
    asked = clock[known_already:]
    return NextSample(
        asked,
        found,
        determinants,
        float(np.sqrt(slope @ np.linalg.solve(prior, slope))),
        float(asked[_first_best(found)]),
        float(asked[_first_best(-determinants)]),
    )


def _first_best(values: Floats) -> int:
    """The first that is the least but for rounding."""
    return int(np.argmax(values <= values.min() + 1e-12))

"""A population model: what is known of a drug's course in people like this one before any level.

A model is data: parameters as equations of covariates and of etas, the normal deviations of a person from
what is typical; a structure, either compartments with first-order elimination or states with equations of
their own; outputs and their errors. `calc.population.course` makes predictions with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from calc.population.expressions import Equation, EquationError
from calc.population.residual import Residual

COMPARTMENT_NAMES: Final = (("CL", "V1"), ("CL", "V1", "Q", "V2"), ("CL", "V1", "Q", "V2", "Q3", "V3"))
"""What the parameters of one, two and three compartments are called."""
BETWEEN: Final = "eta_"
"""Before the name of an eta in equations."""
RESERVED: Final = frozenset({"TIME", "C"})


class ModelError(ValueError):
    """A model that cannot be used; says which part and why."""


@dataclass(frozen=True, slots=True)
class Covariate:
    """Something about the person that parameters depend on."""

    name: str
    unit: str
    """UCUM"""
    low: float
    """The model was made with people between `low` and `high`, both included."""
    high: float
    meaning: str
    default: float | None = None
    """For whom nothing is said; None where that cannot be assumed."""


@dataclass(frozen=True, slots=True)
class States:
    """A structure with equations of its own.

    Doses arrive in the first state, at once, infused or absorbed; its equation leaves them out.
    """

    names: tuple[str, ...]
    slopes: tuple[Equation, ...]
    """Change of each state per unit of time."""
    initial: tuple[Equation, ...]
    during: tuple[tuple[str, Equation], ...] = ()
    """What the slopes have in common, worked out before them."""
    tolerance: float = 1e-8
    floor: float = 1e-6


@dataclass(frozen=True, slots=True)
class Eta:
    """One direction in which people differ."""

    name: str
    occasion: int | None = None
    """For the deviation of one occasion, which one."""


@dataclass(frozen=True, slots=True)
class PopulationModel:
    """See the module. Raises ModelError where its parts do not fit together."""

    name: str
    time_unit: Literal["h", "d"]
    dose_unit: str
    concentration_unit: str
    covariates: tuple[Covariate, ...]
    etas: tuple[str, ...]
    omega: NDArray[np.float64]
    """Variances and covariances of the etas."""
    parameters: tuple[tuple[str, Equation], ...]
    """Each may use those before it."""
    structure: int | States
    """Number of compartments, or states."""
    outputs: Mapping[str, Equation]
    """What can be measured; the first is what a level is where nothing is said."""
    residuals: Mapping[str, Residual]
    reported: tuple[tuple[str, str], ...] = ()
    """Names outside and inside of the parameters that are reported."""
    between_occasions: Mapping[str, float] = field(default_factory=dict)
    """Variance of kappa_NAME, a deviation that each occasion has anew."""
    occasions: tuple[float, ...] = ()
    """Times at which a new occasion starts."""
    changes: tuple[float, ...] = ()
    """Times at which a parameter that reads TIME changes."""

    def __post_init__(self) -> None:
        omega = self.omega
        if omega.shape != (len(self.etas),) * 2 or not np.allclose(omega, omega.T):
            raise ModelError(f"{self.name}: omega has to be a symmetric matrix of {len(self.etas)} etas")
        try:
            np.linalg.cholesky(omega)
        except np.linalg.LinAlgError:
            raise ModelError(f"{self.name}: omega is not positive definite") from None
        known = {covariate.name for covariate in self.covariates} | {"TIME"}
        known |= {BETWEEN + name for name in self.etas} | {f"kappa_{name}" for name in self.between_occasions}
        for name, equation in self.parameters:
            self._read(name, equation, known)
            if name in known or name in RESERVED:
                raise ModelError(f"{self.name}: `{name}` is defined twice")
            known.add(name)
        if isinstance(self.structure, States):
            inside = known | set(self.structure.names)
            for name, equation in self.structure.during:
                self._read(name, equation, inside)
                inside.add(name)
            for name, equation in zip(self.structure.names, self.structure.slopes, strict=True):
                self._read(name, equation, inside)
            for name, equation in zip(self.structure.names, self.structure.initial, strict=True):
                self._read(name, equation, known)
        else:
            missing = set(COMPARTMENT_NAMES[self.structure - 1]) - known
            if missing:
                raise ModelError(f"{self.name}: no equation for {', '.join(sorted(missing))}")
            inside = known | {"C"}
        for name, equation in self.outputs.items():
            self._read(name, equation, inside)
        if not self.outputs or set(self.outputs) != set(self.residuals):
            raise ModelError(f"{self.name}: every output needs its error, and there must be one")
        for _, name in self.reported:
            if name not in known:
                raise ModelError(f"{self.name}: `{name}` is to be reported, but has no equation")

    def _read(self, name: str, equation: Equation, known: set[str]) -> None:
        unknown = equation.names - known
        if unknown:
            raise EquationError(
                f"{self.name}: the equation of `{name}` reads {', '.join(sorted(unknown))}, not known there"
            )

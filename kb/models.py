"""Population models of the knowledge base: what a file says, and the model that comes of it.

The equations are compiled when a model is first asked for: who never doses by one does not wait for numpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, field

from kb.files import Strict, Text

if TYPE_CHECKING:
    from calc.population import PopulationModel

Number = int | float
Positive = Annotated[float, Meta(gt=0)] | Annotated[int, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)] | Annotated[int, Meta(ge=0)]


class CovariateEntry(Strict, kw_only=True):
    """Something about the person that the model needs, and the range of those it was made with."""

    name: Text
    unit: Text
    low: Number
    high: Number
    meaning: Text
    default: Number | None = None


class StateEntry(Strict, kw_only=True):
    """One state of a structure that has equations of its own."""

    slope: Text
    initial: Text = "0"


class Variability(Strict, kw_only=True):
    """How people differ from what is typical, and from themselves."""

    etas: Annotated[tuple[Text, ...], Meta(min_length=1)]
    omega: tuple[tuple[Number, ...], ...]
    """Lower triangle of variances and covariances, as `transformation` made them."""
    between_occasions: dict[str, Positive] = field(default_factory=dict)
    occasions: tuple[Number, ...] = ()
    changes: tuple[Number, ...] = ()


class OutputEntry(Strict, kw_only=True):
    """Something that is measured, and its error."""

    equation: Text
    proportional: NotNegative = 0
    additive: NotNegative = 0
    logarithmic: NotNegative = 0
    adds: Literal["variances", "deviations"] = "variances"


class DoseEntry(Strict, kw_only=True):
    """A dose of a validation case."""

    time: Number
    amount: Positive
    duration: NotNegative = 0
    route: Literal["iv", "oral"] = "iv"


class CaseEntry(Strict, kw_only=True):
    """What the model predicts for a typical person, found by another way."""

    covariates: dict[str, Number] = field(default_factory=dict)
    doses: Annotated[tuple[DoseEntry, ...], Meta(min_length=1)]
    times: Annotated[tuple[Number, ...], Meta(min_length=1)]
    typical: tuple[Number, ...]
    output: Text | None = None
    source: Text


class ModelFile(Strict, kw_only=True):
    """`models/NAME.toml`: a population model."""

    label: Text
    version: Annotated[str, Meta(pattern=r"^\d+\.\d+\.\d+$")]
    status: Literal["draft", "active"]
    drugs: tuple[Text, ...]
    population: Text
    source: Text
    transcription: Text
    transformation: Text
    checked_by: str
    time: Literal["h", "d"]
    dose: Text
    concentration: Text
    compartments: Literal[1, 2, 3] | None = None
    disagreements: tuple[Text, ...] = ()
    illustrative: bool = False
    """Its numbers are nobody's: it shows a way, and never fires in production."""
    covariates: tuple[CovariateEntry, ...] = ()
    parameters: dict[str, Text]
    states: dict[str, StateEntry] = field(default_factory=dict)
    during: dict[str, Text] = field(default_factory=dict)
    reported: dict[str, Text]
    variability: Variability
    outputs: Annotated[dict[str, OutputEntry], Meta(min_length=1)]
    cases: Annotated[tuple[CaseEntry, ...], Meta(min_length=1)]


@dataclass(frozen=True)
class DosingModel:
    """A population model and where it comes from."""

    name: str
    entry: ModelFile

    @property
    def drugs(self) -> tuple[str, ...]:
        """The names of the drugs it is about."""
        return self.entry.drugs

    @cached_property
    def population(self) -> PopulationModel:
        """The model itself. Raises ModelError or EquationError, which a checked knowledge base never does."""
        return population_model(self.name, self.entry)


def population_model(name: str, entry: ModelFile) -> PopulationModel:
    """The model of a file. Raises ModelError or EquationError, both ValueErrors that name the part."""
    import numpy as np

    from calc.population import Covariate, ModelError, PopulationModel, Residual, States, equation

    spread = entry.variability
    size = len(spread.etas)
    if [len(row) for row in spread.omega] != list(range(1, size + 1)):
        raise ModelError(f"{name}: `omega` has to be the lower triangle of {size} etas, rows of 1 to {size}")
    omega = np.zeros((size, size))
    for i, row in enumerate(spread.omega):
        omega[i, : i + 1] = omega[: i + 1, i] = row
    if bool(entry.compartments) == bool(entry.states):
        raise ModelError(f"{name}: it needs either `compartments` or `states`")
    structure: int | States = entry.compartments or States(
        tuple(entry.states),
        tuple(equation(state.slope) for state in entry.states.values()),
        tuple(equation(state.initial) for state in entry.states.values()),
        tuple((part, equation(text)) for part, text in entry.during.items()),
    )
    return PopulationModel(
        name=name,
        time_unit=entry.time,
        dose_unit=entry.dose,
        concentration_unit=entry.concentration,
        covariates=tuple(
            Covariate(
                each.name,
                each.unit,
                float(each.low),
                float(each.high),
                each.meaning,
                None if each.default is None else float(each.default),
            )
            for each in entry.covariates
        ),
        etas=spread.etas,
        omega=omega,
        parameters=tuple((part, equation(text)) for part, text in entry.parameters.items()),
        structure=structure,
        outputs={output: equation(each.equation) for output, each in entry.outputs.items()},
        residuals={
            output: Residual(
                float(each.proportional), float(each.additive), float(each.logarithmic), each.adds
            )
            for output, each in entry.outputs.items()
        },
        reported=tuple(entry.reported.items()),
        between_occasions={part: float(value) for part, value in spread.between_occasions.items()},
        occasions=tuple(float(time) for time in spread.occasions),
        changes=tuple(float(time) for time in spread.changes),
    )

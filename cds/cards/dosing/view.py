"""What the page of an individual dose says. Words are for the reader as they are; numbers are plain."""

from __future__ import annotations

from dataclasses import dataclass

from cds.cards.dosing.regimens import RegimenTable
from cds.cards.pictures import DosingCurve, NoPicture
from cds.cards.pictures.numbers import exact


@dataclass(frozen=True, slots=True)
class InputLine:
    """One datum that the calculation used, or one that it had to assume."""

    name: str
    value: str
    """With its unit; such as `not known, 1 assumed` where there is none."""
    when: str = ""
    source: str = ""
    """Where it was read, such as `Observation, laboratory`."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ParameterLine:
    """One parameter: of the typical person with these covariates, and of this one."""

    name: str
    unit: str
    typical: float
    individual: float
    """The most probable."""
    low: float
    high: float
    """Of the posterior's interval."""
    meaning: str = ""

    def __post_init__(self) -> None:
        for value in (self.typical, self.individual, self.low, self.high):
            exact(value)
        if self.low > self.high:
            raise NoPicture(
                f"the interval of {self.name!r} from {self.low:g} to {self.high:g} ends before it begins"
            )


@dataclass(frozen=True, slots=True)
class EtaLine:
    """How far this person lies from the typical one, in one direction, on the scale of the model."""

    name: str
    value: float
    deviation: float
    """Standard deviation of the posterior."""
    prior: float
    """Standard deviation between people."""

    def __post_init__(self) -> None:
        exact(self.value)
        if exact(self.deviation) < 0 or exact(self.prior) <= 0:
            raise NoPicture(
                f"deviations of {self.name!r}: {self.deviation:g} and {self.prior:g}; the first is not below "
                "nothing, the second above it"
            )


@dataclass(frozen=True, slots=True)
class LevelLine:
    """One level: what was measured, what was expected of it, and how much it counted."""

    name: str
    """Such as its time."""
    measured: str
    """With its unit, and `<` where it was below a limit."""
    typical: float
    """Predicted for the typical person."""
    individual: float
    """Predicted for this one."""
    weight: float | None = None
    """Its share of what all levels say, from 0 to 1; None where that was not worked out."""

    def __post_init__(self) -> None:
        exact(self.typical), exact(self.individual)
        if self.weight is not None and not 0 <= exact(self.weight) <= 1:
            raise NoPicture(f"the weight of {self.name!r} is {self.weight:g}: it is a share from 0 to 1")


@dataclass(frozen=True, slots=True)
class Mathematics:
    """How the levels changed the model; for who wants to check it."""

    parameters: tuple[ParameterLine, ...]
    etas: tuple[EtaLine, ...]
    levels: tuple[LevelLine, ...]
    unit: str
    """Of concentrations."""
    objective: float
    """-2 log of likelihood times prior, without constants, at the most probable etas."""
    method: str
    """Such as `Importance sampling, 2,000 draws worth 1,433, seed 1`."""
    percent: int = 90
    """How many of a hundred lie in the interval of a parameter."""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        exact(self.objective)
        if not 1 <= self.percent <= 99:
            raise NoPicture(f"intervals of {self.percent} %: they hold 1 to 99 % of what is possible")


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """The model that was used, and for whom."""

    name: str
    version: str
    source: str
    """Citation, with PMID or DOI."""
    made_with: str
    """The people whom it was made with."""
    not_for: tuple[str, ...] = ()
    """Whom it was not made for."""


@dataclass(frozen=True, slots=True)
class DosingView:
    """An individual dose with its reasons; nothing of who the patient is."""

    drug: str
    advised: str | None
    """The dose in words, with interval, length of infusion and start; None where none is advised."""
    reasons: tuple[str, ...]
    """Why this dose; where none is advised, why not, and what would help."""
    as_of: str
    model: ModelFacts | None
    """None where no model could be used."""
    status: str = ""
    """Such as `Draft, not reviewed for clinical use`; empty only for what has been reviewed."""
    doubts: tuple[str, ...] = ()
    next_level: str = ""
    """When the next level is to be taken, and what it would tell."""
    inputs: tuple[InputLine, ...] = ()
    regimens: RegimenTable | None = None
    curve: DosingCurve | None = None
    mathematics: Mathematics | None = None
    software: str = ""
    decision: str = ""
    """By which the record of this advice is found."""

    def __post_init__(self) -> None:
        if not self.drug or not self.as_of:
            raise NoPicture("a page needs the name of its drug and the time that it is of")
        if not any(self.reasons):
            raise NoPicture(f"no reason for {self.advised or 'no dose'}: every advice needs one")
        if self.advised is not None and not self.advised.strip():
            raise NoPicture("an advised dose without words: it is None where no dose is advised")
        chosen = self.regimens is not None and any(one.advised for one in self.regimens.regimens)
        if self.advised is None and chosen:
            raise NoPicture("no dose is advised, but a regimen of the table is: they have to agree")
        if self.advised is None and self.curve is not None and any(dose.advised for dose in self.curve.doses):
            raise NoPicture("no dose is advised, but the curve has advised doses: they have to agree")

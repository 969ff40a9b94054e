"""What a population model is told of one patient, in plain values, and what is doubtful about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from fractions import Fraction
from typing import Literal, TypeAlias

from dsl.values import Quantity
from fhir_adapters.terminology import Observable

Route: TypeAlias = Literal[
    "iv", "oral", "enteral", "subcutaneous", "intramuscular", "rectal", "sublingual", "transdermal",
    "inhaled", "nasal", "topical", "ophthalmic", "vaginal", "intrathecal", "intraperitoneal",
]  # fmt: skip
"""How a dose enters the body; `enteral` is through a tube. What a model makes of each is its own affair."""

CLOSE = timedelta(minutes=15)
"""Two times that are no further apart may stand in either order: clocks and charting are no more exact."""


class Certainty(StrEnum):
    """What tells of a dose."""

    GIVEN = "given"
    """It was charted when it was given."""
    STATED = "as stated, not as given"
    """Somebody said that it is taken so."""
    ORDERED = "as ordered, not as given"


class DoubtKind(StrEnum):
    """What is doubtful; each is explained in `docs/chart.md`."""

    ABOVE_RANGE = "above-range"
    AMOUNT = "amount"
    AS_ORDERED = "as-ordered"
    BEFORE_FIRST_DOSE = "before-first-dose"
    BESIDE_DOSE = "beside-dose"
    COLLECTION = "collection"
    COVARIATE = "covariate"
    DIFFERING = "differing"
    DRUG = "drug"
    DURING_INFUSION = "during-infusion"
    FUTURE = "future"
    INFUSION_LENGTH = "infusion-length"
    ISSUED = "issued"
    LIST = "list"
    MIDNIGHT = "midnight"
    NO_OFFSET = "no-offset"
    NOT_CHARTED = "not-charted"
    OVERLAP = "overlap"
    PARTIAL = "partial"
    REFUSED = "refused"
    REPEATED = "repeated"
    ROUTE = "route"
    SPAN = "span"
    STATUS = "status"
    SUBJECT = "subject"
    TIME = "time"
    TIMING = "timing"
    VALUE = "value"
    VERSIONS = "versions"


@dataclass(frozen=True, slots=True)
class Doubt:
    """One finding about doses, levels or covariates; its sentences never repeat text of the sender."""

    kind: DoubtKind
    path: str
    """Where it stands in what was received, or the name of the list or covariate that it is about."""
    what: str
    consequence: str
    blocks: bool
    """No fit may be made before it is settled."""


@dataclass(frozen=True, slots=True)
class GivenDose:
    """One dose."""

    start: datetime
    """Timezone-aware."""
    amount: Fraction
    """In the unit of the question."""
    duration: timedelta | None
    """Of an intravenous dose; zero is a bolus that is charted as one, None is not known, and never a bolus.
    Zero for every other route."""
    route: Route
    path: str
    """Where it stands in what was received."""
    certainty: Certainty

    @property
    def end(self) -> datetime:
        """The end of the infusion; the start where its length is not known."""
        return self.start + (self.duration or timedelta())


@dataclass(frozen=True, slots=True)
class MeasuredLevel:
    """One measured concentration."""

    analyte: str
    """The name of its observable."""
    at: datetime
    """When the sample was taken, timezone-aware."""
    value: Fraction
    """In the unit of its observable; with a comparator, the bound."""
    comparator: Literal["below", "above"] | None
    path: str


@dataclass(frozen=True, slots=True)
class CovariateRecord:
    """One value of something that parameters depend on. How old it may be is up to the caller."""

    name: str
    value: Fraction | bool | str
    unit: str
    """UCUM; empty for what is no amount."""
    at: datetime
    """Timezone-aware; where only a day is on file, its beginning (with a doubt)."""
    path: str


@dataclass(frozen=True, slots=True)
class DosingQuestion:
    """What a model asks a chart for."""

    drug: str
    """The knowledge base's name of it."""
    levels: tuple[Observable, ...]
    """What was measured of it: name, codes, unit of the model, plausible bounds, molar mass."""
    covariates: tuple[Observable, ...] = ()
    person: tuple[str, ...] = ()
    """What the Patient resource tells, as rules name it: `age`, `female`."""
    dose_unit: str = "mg"
    molar_mass: Quantity | None = None
    """Without it a dose in moles does not become one in grams."""
    since: datetime | None = None
    """What was certainly over before this no longer matters: doses and levels before it are left out."""
    zone: tzinfo | None = None
    """In which times without an offset are read, with a doubt; without it they are not used."""
    infusion: timedelta | None = None
    """Taken for infusions whose own length is not on file, with a doubt."""


@dataclass(frozen=True, slots=True)
class DosingRecord:
    """What a chart answers, everything in order of time."""

    doses: tuple[GivenDose, ...]
    levels: tuple[MeasuredLevel, ...]
    covariates: tuple[CovariateRecord, ...]
    doubts: tuple[Doubt, ...]

    @property
    def usable(self) -> bool:
        """Whether a fit may be made of it."""
        return not any(doubt.blocks for doubt in self.doubts)

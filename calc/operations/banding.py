"""Operations about doses that are rounded to strengths."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from calc.banding import banded, nearest, relative_error
from calc.errors import NoAnswer
from calc.operations.model import Given, Quantity, Result
from calc.operations.operation import Operation

Band = Annotated[
    list[Annotated[Fraction, Quantity("1", "lower end in mL/min, then the dose in mg", least=0)]],
    Field(min_length=2, max_length=2),
]
Strength = Annotated[Fraction, Quantity("mg", "a strength that can be given", above=0)]
Factor = Annotated[Fraction, Quantity("1", "the part of the dose for this phenotype", least=0)]


class BandGiven(Given):
    """A clearance and a phenotype, and what they mean for the dose."""

    crcl: Annotated[Fraction, Quantity("mL/min", "clearance of creatinine, not per body surface", least=0)]
    phenotype: str | None = None
    """One of the names in `phenotype_factor`; null if nobody has tested."""
    bands: Annotated[list[Band], Field(min_length=1)]
    """Pairs: the lower end of the clearance in mL/min, which belongs to the band, and the dose in mg from
    there on.
    """
    strengths: Annotated[list[Strength], Field(min_length=1)]
    """The strengths that can be given, in mg."""
    phenotype_factor: Annotated[dict[str, Factor], Field(default_factory=dict)]
    """The part of the renal dose for each phenotype, under its name."""


class BandResult(Result):
    """The strength, and how far it is from what was asked for; null where the phenotype has no factor."""

    status: Literal["ok", "ok-renal-only", "phenotype-unknown"]
    """`ok-renal-only`: no phenotype was given; `phenotype-unknown`: it has no factor, so there is no dose."""
    target_mg: Annotated[Fraction, Quantity("mg", "the dose before rounding")] | None = None
    """The dose before rounding: renal dose times factor."""
    dose_mg: Annotated[Fraction, Quantity("mg", "the nearest strength")] | None
    """The nearest strength, of two as near the lower one; null where the phenotype has no factor."""
    relative_error: Annotated[Fraction, Quantity("1", "above zero where the strength is more")] | None = None
    """(`dose_mg` - `target_mg`) / `target_mg`: above zero where the strength is more than was asked for."""


def band(given: BandGiven) -> BandResult:
    """The dose of the band of clearance, times the factor of the phenotype, to the nearest strength."""
    if len({lower for lower, _ in given.bands}) < len(given.bands):
        raise NoAnswer("bands", "`bands`: two of them begin at the same clearance")
    if given.phenotype is not None and given.phenotype not in given.phenotype_factor:
        return BandResult(status="phenotype-unknown", dose_mg=None)
    renal = banded(given.crcl, [(lower, dose) for lower, dose in given.bands])
    if renal is None:
        raise NoAnswer("below-bands", "`crcl` is below every one of the `bands`, so none has a dose for it")
    target = renal if given.phenotype is None else renal * given.phenotype_factor[given.phenotype]
    if not target:
        # The nearest strength would be a dose where none is meant.
        raise NoAnswer("no-dose", "the dose is 0 for this `crcl` and `phenotype`: nothing is to be given")
    dose = nearest(target, given.strengths)
    return BandResult(
        status="ok-renal-only" if given.phenotype is None else "ok",
        target_mg=target,
        dose_mg=dose,
        relative_error=relative_error(dose, target),
    )


OPERATIONS = (
    Operation(
        "dose.band",
        "Dose by kidney and phenotype, as a strength",
        BandGiven,
        BandResult,
        band,
        "a definition; bands, factors and strengths are those of whoever asks",
        {
            "crcl": 45,
            "phenotype": "PM",
            "bands": [[60, 100], [30, 75], [0, 50]],
            "strengths": [25, 50, 75, 100, 150],
            "phenotype_factor": {"PM": 0.5, "IM": 0.75, "NM": 1, "UM": 1.5},
        },
    ),
)

"""Operations about receptors."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from calc.errors import NoAnswer
from calc.occupancy import against_half, dose_factor, occupancy, scanned_occupancy
from calc.operations.model import Given, Quantity, Result
from calc.operations.operation import Operation
from calc.operations.window import FractionWindow, Position, placed


class OccupancyGiven(Given):
    """Either a concentration and its Kd, or two scans by PET, with the concentration at the second if known.

    A scan is one moment: report its date, and the time since the dose.
    """

    conc: Annotated[Fraction, Quantity("ng/mL", "concentration, in the unit of `kd`", least=0)] | None = None
    kd: (
        Annotated[Fraction, Quantity("ng/mL", "concentration that takes half of the receptors", above=0)]
        | None
    ) = None
    bp_base: Annotated[Fraction, Quantity("1", "binding potential without the drug", above=0)] | None = None
    bp_drug: Annotated[Fraction, Quantity("1", "binding potential under the drug", least=0)] | None = None
    window: FractionWindow | None = None
    target: Annotated[Fraction, Quantity("1", "the occupancy that is wanted", above=0, below=1)] | None = None


class OccupancyResult(Result):
    """The part that is taken, and what the target asks for."""

    occupancy: Annotated[Fraction, Quantity("1", "the part of the receptors that is taken")]
    position: Position | None = None
    conc_for_target: (
        Annotated[Fraction, Quantity("ng/mL", "the concentration for it, in the unit of `conc`")] | None
    ) = None
    dose_factor: (
        Annotated[Fraction, Quantity("1", "dose for it against this one, if exposure follows dose")] | None
    ) = None


def receptors(given: OccupancyGiven) -> OccupancyResult:
    """Of the concentrations for two occupancies only the ratio is needed, and that does not depend on Kd."""
    taken = _taken(given)
    found: dict[str, object] = {"occupancy": taken}
    if given.window is not None:
        found["position"] = placed("window", taken, given.window)
    if given.target is not None:
        found |= _wanted(given, taken, given.target)
    return OccupancyResult.model_validate(found)


def _wanted(given: OccupancyGiven, taken: Fraction, target: Fraction) -> dict[str, Fraction | None]:
    """The concentration for the target, if any can be told, and the factor to it from a dose that works."""
    if given.kd is not None and given.conc is not None:
        wanted = given.kd * against_half(target)
        return {"conc_for_target": wanted, "dose_factor": wanted / given.conc if given.conc else None}
    if taken in (0, 1):
        raise NoAnswer(
            "no-dose", "`target` has no dose: from scans that show none or all taken no Kd follows"
        )
    factor = dose_factor(taken, target)
    return {"dose_factor": factor, **({} if given.conc is None else {"conc_for_target": factor * given.conc})}


def _taken(given: OccupancyGiven) -> Fraction:
    base, drug = given.bp_base, given.bp_drug
    if base is None and drug is None:
        if given.conc is None or given.kd is None:
            raise NoAnswer("missing-field", "`conc` with `kd` is missing, or `bp_base` with `bp_drug`")
        return occupancy(given.conc, given.kd)
    if base is None or drug is None:
        raise NoAnswer("missing-field", "`bp_base` and `bp_drug` belong together, and one of them is missing")
    if given.kd is not None:
        raise NoAnswer("two-ways", "`kd` and the scans are two ways to one occupancy: give one of them")
    if drug > base:
        raise NoAnswer("scans", "`bp_drug` is above `bp_base`: a drug that binds leaves less, not more")
    return scanned_occupancy(base, drug)


OPERATIONS = (
    Operation(
        "pk.occupancy",
        "Occupancy of receptors, and the dose for another one",
        OccupancyGiven,
        OccupancyResult,
        receptors,
        "DOI 10.1001/archpsyc.1988.01800250087012; window of D2 antagonists: PMID 10739409",
        {"bp_base": 2.4, "bp_drug": 0.72, "window": [0.65, 0.8], "target": 0.75},
    ),
)

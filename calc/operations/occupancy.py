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
    """Concentration of the drug, in the unit of `kd`; null if the scans are given and it was not measured."""
    kd: (
        Annotated[Fraction, Quantity("ng/mL", "concentration that takes half of the receptors", above=0)]
        | None
    ) = None
    """Concentration that takes half of the receptors; null if the scans are given."""
    bp_base: Annotated[Fraction, Quantity("1", "binding potential without the drug", above=0)] | None = None
    """Binding potential of the scan without the drug; null if `kd` is given."""
    bp_drug: Annotated[Fraction, Quantity("1", "binding potential under the drug", least=0)] | None = None
    """Binding potential of the scan under the drug; null if `kd` is given."""
    window: FractionWindow | None = None
    """Lower and upper end of the occupancy that is aimed at; both are within; null: no comparison."""
    target: Annotated[Fraction, Quantity("1", "the occupancy that is wanted", above=0, below=1)] | None = None
    """The occupancy that is wanted; null: no question about it."""


class OccupancyResult(Result):
    """The part that is taken, and what the target asks for."""

    occupancy: Annotated[Fraction, Quantity("1", "the part of the receptors that is taken")]
    """Part of the receptors that is taken: C / (C + Kd), or what the drug took off the binding potential."""
    position: Position | None = None
    """Where the occupancy lies in `window`; only with one."""
    conc_for_target: (
        Annotated[Fraction, Quantity("ng/mL", "the concentration for it, in the unit of `conc`")] | None
    ) = None
    """The concentration for `target`, in the unit of `conc`; only if a concentration is known."""
    dose_factor: (
        Annotated[Fraction, Quantity("1", "dose for it against this one, if exposure follows dose")] | None
    ) = None
    """Dose for `target` divided by this dose, if exposure follows dose; null at a concentration of 0."""


def receptors(given: OccupancyGiven) -> OccupancyResult:
    """Between two occupancies only the ratio of concentrations counts, and it does not depend on Kd."""
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
        "Farde et al., Arch Gen Psychiatry 1988;45:71-76, DOI 10.1001/archpsyc.1988.01800250087012; "
        "Kapur et al., Am J Psychiatry 2000;157:514-520, PMID 10739409 (window of D2 antagonists)",
        {"bp_base": 2.4, "bp_drug": 0.72, "window": [0.65, 0.8], "target": 0.75},
    ),
)

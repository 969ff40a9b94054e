"""Operations about infections."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from calc.errors import NoAnswer
from calc.infection import Comparator, Exposure, area_met, repeated_dose, time_met
from calc.operations.model import Given, Quantity, Result
from calc.operations.operation import Operation


class MicTarget(Given):
    """What the exposure should come to; both ends are in it."""

    index: Literal["fT>MIC", "fAUC/MIC", "AUC/MIC"]
    """Time above the MIC (`fT>MIC`), or area over it; `f` counts unbound drug, `AUC/MIC` all of it, as for
    vancomycin.
    """
    value: Annotated[
        Fraction, Quantity("1", "the least; of fT>MIC a part of the interval, of AUC/MIC hours", least=0)
    ]
    """The least; of `fT>MIC` a part of the interval from 0 to 1, of the others hours."""
    max: Annotated[Fraction, Quantity("1", "the most, in the same unit", least=0)] | None = None
    """The most, in the unit of `value`; null: no upper end."""


class MicGiven(Given):
    """Repeated intravenous doses, and the concentration that inhibits the germ."""

    dose_mg: Annotated[Fraction, Quantity("mg", "the dose", above=0)]
    v_l: Annotated[Fraction, Quantity("L", "volume of distribution", above=0)]
    cl_l_h: Annotated[Fraction, Quantity("L/h", "clearance of this person", above=0)]
    tau_h: Annotated[Fraction, Quantity("h", "the time between doses", above=0)]
    fu: Annotated[Fraction, Quantity("1", "the fraction that is not bound to protein", above=0, most=1)]
    mic: Annotated[Fraction, Quantity("mg/L", "minimum inhibitory concentration", above=0)]
    """Minimum inhibitory concentration (MIC) of the germ."""
    mic_comparator: Comparator | None = None
    """As the laboratory reports it: the MIC is then anywhere on that side of `mic`; null: it is `mic`."""
    target: MicTarget | None = None
    """What the exposure should come to; null: no judgement."""


class MicResult(Result):
    """The indices at `mic` itself, and whether the target is met."""

    fpeak: Annotated[float, Quantity("mg/L", "unbound concentration right after a dose")]
    fauc24: Annotated[Fraction, Quantity("mg.h/L", "unbound exposure in 24 hours")]
    fauc_over_mic: Annotated[Fraction, Quantity("h", "unbound exposure against the concentration")]
    """`fauc24` divided by `mic`."""
    auc24: Annotated[Fraction, Quantity("mg.h/L", "exposure in 24 hours")]
    auc_over_mic: Annotated[Fraction, Quantity("h", "exposure against the concentration")]
    """`auc24` divided by `mic`."""
    ft_above_mic: Annotated[float, Quantity("1", "part of the interval with unbound drug above it")]
    """Part of the interval in which unbound drug is above `mic`."""
    met: bool | None = None
    """Whether the target is met; null where the comparator leaves it open; only with a target."""


def mic(given: MicGiven) -> MicResult:
    """Bolus doses at steady state in one compartment.

    With a comparator a target is met, or not met, only if that holds on the whole side.
    """
    found = repeated_dose(given.dose_mg, given.tau_h, given.v_l, given.cl_l_h, given.fu)
    result = MicResult(
        fpeak=found.peak_unbound,
        fauc24=found.area_unbound,
        fauc_over_mic=found.area_unbound / given.mic,
        auc24=found.area,
        auc_over_mic=found.area / given.mic,
        ft_above_mic=found.time_above(given.mic),
    )
    target = given.target
    return result if target is None else result.model_copy(update={"met": _met(given, target, found)})


def _met(given: MicGiven, target: MicTarget, found: Exposure) -> bool | None:
    if target.max is not None and target.max < target.value:
        raise NoAnswer("target", "`target.max` is below `target.value`")
    if target.index != "fT>MIC":
        area = found.area if target.index == "AUC/MIC" else found.area_unbound
        return area_met(area, given.mic, given.mic_comparator, target.value, target.max)
    if max(target.value, target.max or 0) > 1:
        raise NoAnswer("target", "`target` of fT>MIC is a part of the interval between 0 and 1, not per cent")
    return time_met(found, given.mic, given.mic_comparator, target.value, target.max)


OPERATIONS = (
    Operation(
        "pk.mic",
        "Exposure to an antimicrobial against the inhibitory concentration",
        MicGiven,
        MicResult,
        mic,
        "Mouton et al., J Antimicrob Chemother 2005;55:601-607, DOI 10.1093/jac/dki079 (terms); Rybak "
        "et al., Am J Health Syst Pharm 2020;77:835-864, PMID 32191793 (vancomycin, AUC/MIC 400 to 600)",
        {
            "dose_mg": 1000,
            "v_l": 49,
            "cl_l_h": 4.2,
            "tau_h": 12,
            "fu": 0.5,
            "mic": 1,
            "target": {"index": "AUC/MIC", "value": 400, "max": 600},
        },
    ),
)

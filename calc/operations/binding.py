"""Operations about bound drug."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from calc.binding import input_for, sheiner_tozer, steady_with_target
from calc.errors import NoAnswer
from calc.operations.model import Given, Quantity, Result
from calc.operations.operation import Operation
from calc.operations.window import ConcentrationWindow, Position, placed


class FreeGiven(Given):
    """A level of all the drug, and what is known of its binding."""

    method: Literal["fu", "sheiner-tozer"]
    """`fu`: free level by the unbound fraction; `sheiner-tozer`: total level of phenytoin adjusted for
    albumin.
    """
    total: Annotated[Fraction, Quantity("mg/L", "the level that was measured", least=0)]
    fu: Annotated[Fraction, Quantity("1", "the fraction that is not bound", least=0, most=1)] | None = None
    """The fraction that is not bound; the method `fu` needs it, unless the unbound level was measured."""
    albumin_g_dl: Annotated[Fraction, Quantity("g/dL", "albumin in serum", above=0, most=10)] | None = None
    """Albumin in serum; the method `sheiner-tozer` needs it, or `albumin_g_l`, not both."""
    albumin_g_l: Annotated[Fraction, Quantity("g/L", "albumin in serum", above=0, most=100)] | None = None
    """Albumin in serum, in the other unit."""
    esrd: bool = False
    """End stage of kidney disease, or a clearance of creatinine below 20 mL/min."""
    measured_free: (
        Annotated[Fraction, Quantity("mg/L", "the unbound level, where measured", least=0)] | None
    ) = None
    """The unbound level if it was measured: it goes before both methods."""
    total_range: ConcentrationWindow | None = None
    """Lower and upper end of the window for the total level; both are within; null: no comparison."""
    free_range: ConcentrationWindow | None = None
    """Lower and upper end of the window for the unbound level; both are within; null: no comparison."""


class FreeResult(Result):
    """Whichever levels follow, and where they lie in the windows that were given."""

    free: Annotated[Fraction, Quantity("mg/L", "the unbound level")] | None = None
    """The unbound level: measured, or `fu` times `total`."""
    adjusted_total: (
        Annotated[Fraction, Quantity("mg/L", "the total that would mean the same in health")] | None
    ) = None
    """The total level that would mean the same with normal albumin: total / (0.2 * albumin + 0.1), with 0.1
    in place of 0.2 for `esrd`.
    """
    position_total: Position | None = None
    """Where `total` lies in `total_range`."""
    position_adjusted: Position | None = None
    """Where `adjusted_total` lies in `total_range`."""
    position_free: Position | None = None
    """Where `free` lies in `free_range`."""


def free(given: FreeGiven) -> FreeResult:
    """Which levels follow depends on the method; a measured unbound level goes before both."""
    levels: dict[str, Fraction] = {}
    if given.measured_free is not None:
        if given.measured_free > given.total:
            raise NoAnswer("measured-free", "`measured_free` is above `total`, of which it is a part")
        levels["free"] = given.measured_free
    elif given.method == "sheiner-tozer":
        levels["adjusted_total"] = sheiner_tozer(given.total, _albumin(given), given.esrd)
    elif given.fu is None:
        raise NoAnswer("missing-field", "`fu` is missing: the method `fu` needs it")
    else:
        levels["free"] = given.fu * given.total
    compared = (
        ("position_total", "total_range", given.total, given.total_range),
        ("position_adjusted", "total_range", levels.get("adjusted_total"), given.total_range),
        ("position_free", "free_range", levels.get("free"), given.free_range),
    )
    positions = {
        name: placed(field, level, window)
        for name, field, level, window in compared
        if level is not None and window is not None
    }
    return FreeResult.model_validate({**levels, **positions})


def _albumin(given: FreeGiven) -> Fraction:
    """In g/dL, from the one field that was given."""
    in_dl, in_l = given.albumin_g_dl, given.albumin_g_l
    if in_dl is not None and in_l is not None:
        raise NoAnswer(
            "albumin", "`albumin_g_dl` and `albumin_g_l` are two answers to one question: give one"
        )
    if in_dl is not None:
        return in_dl
    if in_l is not None:
        return in_l / 10
    raise NoAnswer(
        "missing-field", "`albumin_g_dl` is missing, or `albumin_g_l`: the method needs one of them"
    )


class TmddGiven(Given):
    """A constant input of a drug that its own target removes too; units only have to fit together."""

    cl_lin: Annotated[Fraction, Quantity("L/h", "clearance apart from the target", least=0)]
    """Clearance apart from the target."""
    vmax: Annotated[
        Fraction, Quantity("mg/h", "what the target removes at most; grows with its amount", least=0)
    ]
    """What the target removes at most; it grows with the amount of target."""
    km: Annotated[
        Fraction, Quantity("mg/L", "concentration at which the target removes half of that", above=0)
    ]
    """Concentration at which the target removes half of `vmax`."""
    rate: Annotated[Fraction, Quantity("mg/h", "input", least=0)]
    """Constant input of drug."""
    target: Annotated[Fraction, Quantity("mg/L", "the concentration that is wanted", least=0)] | None = None
    """The concentration that is wanted; null: no question about it."""


class TmddResult(Result):
    """Where this input leads, and which one leads to the target."""

    css: Annotated[float, Quantity("mg/L", "concentration at steady state")]
    """Concentration at steady state under `rate`."""
    cl_total_at_css: Annotated[float, Quantity("L/h", "all clearance at that concentration")]
    """Clearance by the target and apart from it, at that concentration."""
    rate_for_target: Annotated[Fraction, Quantity("mg/h", "input for the target")] | None = None
    """Input that leads to `target`; only with one."""


def tmdd(given: TmddGiven) -> TmddResult:
    """Input = cl_lin * C + vmax * C / (km + C).

    The less target there is the higher the level, so ask again as a tumour shrinks.
    """
    steady = steady_with_target(given.rate, given.cl_lin, given.vmax, given.km)
    if steady is None:
        raise NoAnswer(
            "no-steady-state", "`rate` is as much as `vmax` or more, and with `cl_lin` 0 drug piles up"
        )
    total = float(given.cl_lin) + float(given.vmax) / (float(given.km) + steady)
    if given.target is None:
        return TmddResult(css=steady, cl_total_at_css=total)
    rate = input_for(given.target, given.cl_lin, given.vmax, given.km)
    return TmddResult(css=steady, cl_total_at_css=total, rate_for_target=rate)


OPERATIONS = (
    Operation(
        "pk.free",
        "Unbound drug, or phenytoin adjusted for albumin",
        FreeGiven,
        FreeResult,
        free,
        "Sheiner and Tozer 1978; Dager et al., Ann Pharmacother 1995;29:667-670, PMID 8520077 (phenytoin)",
        {"method": "sheiner-tozer", "total": 8, "albumin_g_dl": 2.2, "total_range": [10, 20]},
    ),
    Operation(
        "pk.tmdd",
        "Concentration of a drug that its target removes",
        TmddGiven,
        TmddResult,
        tmdd,
        "Gibiansky et al., J Pharmacokinet Pharmacodyn 2008;35:573-591, DOI 10.1007/s10928-008-9102-8",
        {"cl_lin": 0.2, "km": 1, "rate": 10, "target": 20, "vmax": 8},
    ),
)

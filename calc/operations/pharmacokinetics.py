"""Operations about exposure."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from calc.errors import NoAnswer
from calc.operations.model import Given, Quantity, Result
from calc.operations.operation import Operation
from calc.pharmacokinetics import average_concentration, dose_for_average, exposure_ratio, infusion

_TEXTBOOK = (
    "Rowland and Tozer, Clinical Pharmacokinetics and Pharmacodynamics, 4th ed. 2011, ISBN 978-0-7817-5009-7"
)

Dose = Annotated[Fraction, Quantity("mg", "the dose", above=0)]
Interval = Annotated[Fraction, Quantity("h", "the time between doses", above=0)]
Clearance = Annotated[Fraction, Quantity("L/h", "clearance of this person", above=0)]
Bioavailability = Annotated[Fraction, Quantity("1", "the fraction of a dose that arrives", above=0, most=1)]


Position = Literal["below-MEC", "in-window", "above-MTC"]


class CssGiven(Given):
    """A dose again and again, and the window that it should stay in."""

    dose_mg: Dose
    tau_h: Interval
    cl_l_h: Clearance
    F: Bioavailability = Fraction(1)
    mec: Annotated[Fraction, Quantity("mg/L", "least effective concentration", above=0)]
    mtc: Annotated[Fraction, Quantity("mg/L", "greatest tolerated concentration", above=0)]


class CssResult(Result):
    """Where the average lies."""

    css_avg: Annotated[Fraction, Quantity("mg/L", "average concentration at steady state")]
    position: Position
    """Where the average lies; a value at `mec` or `mtc` is in the window."""
    therapeutic_index: Annotated[Fraction, Quantity("1", "greatest tolerated against least effective")]
    """`mtc` divided by `mec`."""


def css(given: CssGiven) -> CssResult:
    """F * dose / (clearance * interval), and where that lies in the window."""
    if given.mec > given.mtc:
        raise NoAnswer("window", "`mec` is above `mtc`: the least effective concentration is the lower one")
    average = average_concentration(given.dose_mg, given.tau_h, given.cl_l_h, given.F)
    position: Position = (
        "below-MEC" if average < given.mec else "above-MTC" if average > given.mtc else "in-window"
    )
    return CssResult(css_avg=average, position=position, therapeutic_index=given.mtc / given.mec)


class CssDoseGiven(Given):
    """The concentration that is wanted."""

    target: Annotated[Fraction, Quantity("mg/L", "the average concentration that is wanted", above=0)]
    cl_l_h: Clearance
    tau_h: Interval
    F: Bioavailability = Fraction(1)


class CssDoseResult(Result):
    """The dose for it."""

    dose_mg: Annotated[Fraction, Quantity("mg", "the dose at each time")]


def css_dose(given: CssDoseGiven) -> CssDoseResult:
    """Concentration * clearance * interval / F, which is `pk.css` turned round."""
    return CssDoseResult(dose_mg=dose_for_average(given.target, given.tau_h, given.cl_l_h, given.F))


class AucRatioGiven(Given):
    """How much of the drug one enzyme removes, and what is left of the enzyme."""

    fm: Annotated[Fraction, Quantity("1", "the fraction that the enzyme clears", least=0, most=1)]
    """Part of the clearance that the enzyme does in a normal person."""
    activity: Annotated[Fraction, Quantity("1", "activity of the enzyme against normal", least=0)]
    """Activity of this person's enzyme, 1 for normal, 0 for none."""


class AucRatioResult(Result):
    """Exposure against a person whose enzyme is normal, of the drug itself and not of a metabolite."""

    auc_ratio: Annotated[Fraction, Quantity("1", "exposure against the usual")]
    """Exposure (area under the curve) divided by that of a normal person: 1 / (fm * activity + 1 - fm)."""
    dose_fraction_same_exposure: Annotated[
        Fraction, Quantity("1", "part of the usual dose that exposes alike")
    ]
    """Part of the usual dose that gives the usual exposure."""


def auc_ratio(given: AucRatioGiven) -> AucRatioResult:
    """Only the part of the clearance that the enzyme does changes with its activity.

    Where nothing is left there is no answer.
    """
    ratio = exposure_ratio(given.fm, given.activity)
    if ratio is None:
        raise NoAnswer("no-clearance", "`fm` 1 with `activity` 0 leaves nothing that removes the drug")
    return AucRatioResult(auc_ratio=ratio, dose_fraction_same_exposure=1 / ratio)


class BathtubGiven(Given):
    """A constant infusion into one compartment."""

    cl_l_h: Clearance
    v_l: Annotated[Fraction, Quantity("L", "volume of distribution", above=0)]
    infusion_mg_h: Annotated[Fraction, Quantity("mg/h", "rate of the infusion", least=0)]
    t_h: Annotated[Fraction, Quantity("h", "time since its start", least=0)]


class BathtubResult(Result):
    """How high and how fast the level rises."""

    half_life_h: Annotated[float, Quantity("h", "half-life")]
    css: Annotated[Fraction, Quantity("mg/L", "concentration at steady state")]
    c_at_t: Annotated[float, Quantity("mg/L", "concentration at the time")]
    """Concentration at `t_h`."""
    t90_h: Annotated[float, Quantity("h", "time to nine tenths of steady state")]


def bathtub(given: BathtubGiven) -> BathtubResult:
    """The level rises to rate / clearance, as fast as the half-life says."""
    found = infusion(given.cl_l_h, given.v_l, given.infusion_mg_h, given.t_h)
    return BathtubResult(
        half_life_h=found.half_life, css=found.steady, c_at_t=found.at_time, t90_h=found.time_to_90_percent
    )


OPERATIONS = (
    Operation(
        "pk.css",
        "Average concentration at steady state against a window",
        CssGiven,
        CssResult,
        css,
        _TEXTBOOK,
        {"dose_mg": 100, "tau_h": 12, "cl_l_h": 5, "F": 0.9, "mec": 1, "mtc": 2},
    ),
    Operation(
        "pk.css_dose",
        "Dose for an average concentration",
        CssDoseGiven,
        CssDoseResult,
        css_dose,
        _TEXTBOOK,
        {"target": 1.5, "cl_l_h": 2, "tau_h": 12, "F": 0.9},
    ),
    Operation(
        "pk.auc_ratio",
        "Exposure with another activity of one enzyme",
        AucRatioGiven,
        AucRatioResult,
        auc_ratio,
        "Rowland and Matin, J Pharmacokinet Biopharm 1973;1:553-567, DOI 10.1007/BF01059791",
        {"fm": 0.8, "activity": 0},
    ),
    Operation(
        "pk.bathtub",
        "Concentration under a constant infusion",
        BathtubGiven,
        BathtubResult,
        bathtub,
        _TEXTBOOK,
        {"cl_l_h": 2.5, "v_l": 40, "infusion_mg_h": 10, "t_h": 12},
    ),
)

"""The dose of carboplatin for an exposure, from the filtration rate of the kidneys."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

NOT_BY_THE_KIDNEYS: Final = Fraction(25)
"""mL/min of clearance that do not depend on the kidneys."""
HIGHEST_ESTIMATE: Final = Fraction(125)
"""mL/min; a rate estimated from creatinine counts for no more."""


def calvert_dose(area: Fraction, filtration: Fraction, measured: bool) -> Fraction:
    """The dose in mg for an area in mg.min/mL: area * (filtration rate in mL/min + 25).

    Calvert et al., J Clin Oncol 1989;7:1748-1756, PMID 2681557, who measured the rate by 51Cr-EDTA. A rate
    that is estimated from creatinine counts for 125 mL/min at most (FDA, Carboplatin dosing, October 2010):
    today's assays read low creatinine lower than those that the formula was made with.
    """
    rate = filtration if measured else min(filtration, HIGHEST_ESTIMATE)
    return area * (rate + NOT_BY_THE_KIDNEYS)

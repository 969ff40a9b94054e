"""The dose of warfarin from body, genes and interacting drugs."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

ADULT = 18
"""Years; the algorithm was made from adults."""
OLDEST_DECADE = 9
"""The last class of age begins at 90 years."""

_VKORC1: Final = {"gg": Fraction(0), "ag": Fraction("-0.8677"), "aa": Fraction("-1.6974")}
_PAIRS: Final = {
    "s1_s1": Fraction(0),
    "s1_s2": Fraction("-0.5211"),
    "s1_s3": Fraction("-0.9357"),
    "s2_s2": Fraction("-1.0616"),
    "s2_s3": Fraction("-1.9206"),
    "s3_s3": Fraction("-2.3312"),
}
_CYP2C9: Final = {
    **_PAIRS,
    # Only *2 and *3 were looked for: *5, *6, *8 and *11 were taken for *1. CPIC lowers the result later.
    "s1_s5_8_11": _PAIRS["s1_s1"],
    "s1_s6": _PAIRS["s1_s1"],
    "s5_8_11_s5_8_11": _PAIRS["s1_s1"],
    "s5_8_11_s6": _PAIRS["s1_s1"],
    "s6_s6": _PAIRS["s1_s1"],
    "s2_s5_8_11": _PAIRS["s1_s2"],
    "s2_s6": _PAIRS["s1_s2"],
    "s3_s5_8_11": _PAIRS["s1_s3"],
    "s3_s6": _PAIRS["s1_s3"],
}
_MISSING_OR_MIXED: Final = Fraction("-0.1032")
_RACE: Final = {
    "white": Fraction(0),
    "asian": Fraction("-0.1092"),
    "black": Fraction("-0.2760"),
    "other": _MISSING_OR_MIXED,
    "black_and_other": _MISSING_OR_MIXED,
    "several": _MISSING_OR_MIXED,
    "unknown": _MISSING_OR_MIXED,
}


def warfarin_weekly_dose(
    age: Fraction,
    weight: Fraction,
    height: Fraction,
    vkorc1: str,
    cyp2c9: str,
    race: str,
    inducer: bool,
    amiodarone: bool,
) -> Fraction:
    """The stable maintenance dose in mg a week for an INR of 2 to 3, from years, kg and cm.

    The square of 5.6044 - 0.2614 * decades of age + 0.0087 * height + 0.0128 * weight and of terms for the
    genotypes of VKORC1 (-1639) and CYP2C9, race, enzyme inducers (carbamazepine, phenytoin, rifampicin:
    +1.1816) and amiodarone (-0.5503): the pharmacogenetic algorithm of the International Warfarin
    Pharmacogenetics Consortium, N Engl J Med 2009;360:753-764, PMID 19228618, appendix S1e. A race without a
    term of its own counts as missing or mixed.

    Raises ValueError below 18 and from 130 years on, for a genotype without a term (an allele that is none of
    *1, *2, *3, *5, *6, *8 and *11), unless weight and height are above zero, and unless the sum is.
    """
    years = age.numerator // age.denominator
    if not ADULT <= years < 130:
        raise ValueError("the algorithm is for adults below 130 years")
    if weight <= 0 or height <= 0:
        raise ValueError("weight and height are above zero")
    root = (
        Fraction("5.6044")
        - Fraction("0.2614") * min(years // 10, OLDEST_DECADE)
        + Fraction("0.0087") * height
        + Fraction("0.0128") * weight
        + _term(_VKORC1, vkorc1, "VKORC1 genotype")
        + _term(_CYP2C9, cyp2c9, "CYP2C9 genotype")
        + _term(_RACE, race, "race")
        + (Fraction("1.1816") if inducer else 0)
        - (Fraction("0.5503") if amiodarone else 0)
    )
    if root <= 0:
        raise ValueError("the algorithm gives no dose for such a patient")
    return root**2


def _term(terms: Mapping[str, Fraction], name: str, what: str) -> Fraction:
    if name not in terms:
        raise ValueError(f"the algorithm has no term for this {what}")
    return terms[name]

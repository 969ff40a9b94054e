"""Drug that is bound: to protein in blood, or to its own target that removes it."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Final

_ALBUMIN: Final = Fraction(1, 5)
"""Of the level for each g/dL of albumin, so that at 4.5 g/dL nothing is corrected."""
_ALBUMIN_IN_KIDNEY_FAILURE: Final = Fraction(1, 10)
_UNBOUND: Final = Fraction(1, 10)
"""A tenth of phenytoin is not bound in health."""


def sheiner_tozer(total: Fraction, albumin: Fraction, kidney_failure: bool) -> Fraction:
    """The total phenytoin in mg/L that with healthy albumin would mean the same unbound phenytoin.

    total / (0.2 * albumin + 0.1) with albumin in g/dL, and 0.1 in place of 0.2 at the end stage of kidney
    disease (creatinine clearance below 20 mL/min). Sheiner and Tozer, in: Melmon and Morrelli, Clinical
    Pharmacology, 2nd ed. 1978; it gave unbound levels 12 per cent too low on average in hypoalbuminaemia
    (Ann Pharmacother 1995;29:667-670, PMID 8520077). Raises ValueError unless albumin is above zero.
    """
    if albumin <= 0:
        raise ValueError("albumin is above zero")
    each = _ALBUMIN_IN_KIDNEY_FAILURE if kidney_failure else _ALBUMIN
    return total / (each * albumin + _UNBOUND)


def input_for(concentration: Fraction, clearance: Fraction, capacity: Fraction, half: Fraction) -> Fraction:
    """The input in mg/h that holds a concentration in mg/L where a target removes drug too.

    CL * C + Vmax * C / (Km + C), with Vmax in mg/h and Km in mg/L: the approximation of target-mediated
    disposition by Michaelis and Menten; Gibiansky et al., J Pharmacokinet Pharmacodyn 2008;35:573-591, DOI
    10.1007/s10928-008-9102-8, after Mager and Jusko, ibid. 2001;28:507-532.
    """
    return clearance * concentration + capacity * concentration / (half + concentration)


def steady_with_target(
    rate: Fraction, clearance: Fraction, capacity: Fraction, half: Fraction
) -> float | None:
    """The concentration in mg/L that an input in mg/h comes to: `input_for` solved for it.

    None where nothing but the target removes the drug, and it cannot keep up with the input.
    """
    # clearance * C**2 + middle * C - rate * half = 0 has one root that is not below zero.
    middle = clearance * half + capacity - rate
    root = math.sqrt(middle**2 + 4 * clearance * rate * half)
    # Of the two ways to write the root the one that adds: a difference of near numbers would lose digits.
    if middle > 0:
        return float(2 * rate * half) / (float(middle) + root)
    return (root - float(middle)) / float(2 * clearance) if clearance else None

"""What the genetic result of an enzyme promises of its activity, against the usual genotype."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

_USUAL: Final = 2
"""The score of two copies with full function (`*1/*1`)."""

_SCORE: Final = re.compile(r"as(\d+)(?:_(\d+))?")


def cyp2d6_activity(cyp2d6: str) -> Fraction:
    """Activity of CYP2D6 as a share of that of `*1/*1`, from a member of the enum `CYP2D6_score`: score / 2.

    That the activity rises in proportion to the score is the model behind scores and an approximation: Caudle
    and others, Clin Transl Sci 2020;13:116-124, PMID 31647186. Raises ValueError for a score that names no
    single number (`as3_or_more`, `unassigned`).
    """
    found = _SCORE.fullmatch(cyp2d6)
    if found is None:
        raise ValueError(f"the CYP2D6 result `{cyp2d6}` is not one activity score")
    return Fraction(f"{found[1]}.{found[2] or 0}") / _USUAL

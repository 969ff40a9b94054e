"""Operations about body size."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Final

from calc.errors import NoAnswer
from calc.operations.model import Given, Quantity, Result
from calc.operations.operation import Operation
from calc.size import (
    CLEARANCE_EXPONENT,
    FILTRATION_HALF_MATURE,
    FILTRATION_HILL,
    STANDARD_WEIGHT,
    allometric_factor,
    maturation,
)

_MATURE: Final = 2
"""Years from which size alone explains clearance."""
_INFANT_WEIGHT: Final = 9
"""kg; by the growth standards of WHO (2006) only one girl in forty weighs less on her second birthday."""

_WEEKS_A_YEAR: Final = Fraction(36525, 700)
_SHORTEST_PREGNANCY: Final = 20
_LONGEST_PREGNANCY: Final = 45


class AllometryGiven(Given):
    """A clearance of the standard person, and the size and age of this one."""

    cl_ref: Annotated[Fraction, Quantity("L/h", "clearance of the standard person", above=0)]
    weight_kg: Annotated[
        Fraction,
        Quantity("kg", "weight, of the kind (total, ideal, fat-free) that `cl_ref` was found with", above=0),
    ]
    ref_weight_kg: Annotated[Fraction, Quantity("kg", "weight of the standard person", above=0)] = (
        STANDARD_WEIGHT
    )
    exponent: Annotated[
        Fraction, Quantity("1", "power of the weight: 0.75 for a clearance, 1 for a volume", above=0, most=2)
    ] = CLEARANCE_EXPONENT
    age_y: Annotated[Fraction, Quantity("a", "age since birth", least=0)] | None = None
    """Age since birth; below two years `pma_weeks` is needed too."""
    pma_weeks: (
        Annotated[
            Fraction,
            Quantity("wk", "postmenstrual age; with it clearance matures", least=_SHORTEST_PREGNANCY),
        ]
        | None
    ) = None
    """Postmenstrual age; null for whoever has matured, from two years on."""
    tm50_weeks: Annotated[
        Fraction,
        Quantity(
            "wk", "postmenstrual age of half maturity; 47.7 is that of filtration by the kidney", above=0
        ),
    ] = FILTRATION_HALF_MATURE
    hill: Annotated[
        Fraction,
        Quantity("1", "steepness of maturation; 3.4 is that of filtration by the kidney", above=0, most=20),
    ] = FILTRATION_HILL


class AllometryResult(Result):
    """Clearance of this person, and what weight in proportion would have made of it."""

    size_factor: Annotated[float, Quantity("1", "what size makes of clearance")]
    """(weight / weight of the standard person) ^ exponent."""
    maturation: Annotated[float, Quantity("1", "part of mature clearance; 1 where no age was said")]
    """Part of mature clearance; 1 without `pma_weeks`."""
    cl: Annotated[float, Quantity("L/h", "clearance of this person")]
    linear_factor: Annotated[Fraction, Quantity("1", "weight in proportion, which is not the answer")]
    """Weight divided by the standard weight, for comparison: clearance does not follow it."""


def allometry(given: AllometryGiven) -> AllometryResult:
    """Clearance grows with a power of the weight; where a postmenstrual age is given it matures too."""
    _check_age(given)
    size = allometric_factor(given.weight_kg, given.ref_weight_kg, given.exponent)
    mature = 1.0 if given.pma_weeks is None else maturation(given.pma_weeks, given.tm50_weeks, given.hill)
    return AllometryResult(
        size_factor=size,
        maturation=mature,
        cl=float(given.cl_ref) * size * mature,
        linear_factor=given.weight_kg / given.ref_weight_kg,
    )


def _check_age(given: AllometryGiven) -> None:
    """Size alone would overdose an infant several times, so its maturation has to be known."""
    age, postmenstrual = given.age_y, given.pma_weeks
    if postmenstrual is None:
        if {"tm50_weeks", "hill"} & given.model_fields_set:
            raise NoAnswer(
                "no-maturation", "`pma_weeks` is missing: `tm50_weeks` and `hill` say how it matures"
            )
        if age is not None and age < _MATURE:
            raise NoAnswer(
                "no-maturation", "`pma_weeks` is missing: below two years of age clearance matures"
            )
        if age is None and given.weight_kg < _INFANT_WEIGHT:
            raise NoAnswer(
                "no-maturation",
                "`weight_kg` is that of an infant: give `age_y`, and `pma_weeks` below two years",
            )
    elif age is not None:
        youngest = age * _WEEKS_A_YEAR + _SHORTEST_PREGNANCY
        # An age in completed years leaves almost a year open.
        oldest = (age + 1) * _WEEKS_A_YEAR + _LONGEST_PREGNANCY
        if not youngest <= postmenstrual <= oldest:
            raise NoAnswer(
                "ages", "`pma_weeks` is not that of a child of `age_y`: it counts from before birth"
            )


OPERATIONS = (
    Operation(
        "pk.allometry",
        "Clearance by size and maturation",
        AllometryGiven,
        AllometryResult,
        allometry,
        "Anderson and Holford, Annu Rev Pharmacol Toxicol 2008;48:303-332, PMID 17914927; "
        "Rhodin et al., Pediatr Nephrol 2009;24:67-76, DOI 10.1007/s00467-008-0997-5 (filtration matures)",
        {"cl_ref": 6, "weight_kg": 3.5, "age_y": 0, "pma_weeks": 40},
    ),
)

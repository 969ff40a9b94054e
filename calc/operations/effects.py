"""Operations about effects in a population, as reductions of risk and as numbers of people."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from calc import effects
from calc.effects import Kind
from calc.operations.model import Given, Probability, Quantity, Result
from calc.operations.operation import Operation

PATH = "Kent et al., Ann Intern Med 2020;172:W1-W25, PMID 31711094 (effects differ within a trial)"
_COUNTS = "Newcombe, Stat Med 1998;17:873-890, PMID 9595617; Altman, BMJ 1998;317:1309-1312, PMID 9804726"


def _whole_person(value: Fraction) -> Fraction:
    if abs(value) < 1:
        raise PydanticCustomError("out_of_range", "expected a number at least 1, or at most -1 the other way")
    return value


def _whole(value: Fraction) -> Fraction:
    if value.denominator != 1:
        raise PydanticCustomError("not_a_number", "expected a whole number")
    return value


Count = Annotated[
    Fraction, Quantity("1", "people or events that were counted", least=0, most=1e12), AfterValidator(_whole)
]
Needed = Annotated[
    Fraction, Quantity("1", "people for one event less; below zero: more"), AfterValidator(_whole_person)
]
Reduction = Annotated[
    Fraction, Quantity("1", "absolute risk reduction, control minus treated", least=-1, most=1)
]
Limit = Annotated[float, Quantity("1", "limit of the interval as a number of people")]
Number = Annotated[Fraction, Quantity("1", "people for one event less or more; null without an effect")]
Error = Annotated[Fraction, Quantity("1", "standard error of the reduction", least=0, most=1)]


class MixtureFractionGiven(Given):
    """Numbers needed to treat, of everybody and by stratum."""

    nnt_overall: Needed
    """People treated for one event less, in the whole population; below zero: for one event more."""
    nnt_x0: Needed
    """People treated for one event less where X = 0; below zero: for one event more."""
    nnh_x1: Annotated[
        Fraction, Quantity("1", "people for one event more; below zero: less"), AfterValidator(_whole_person)
    ]
    """People treated for one event more where X = 1; below zero: for one event less."""


class MixtureFractionResult(Result):
    """The share with X = 1 that reconciles them, left out where none does."""

    feasible: bool
    """Whether a share from 0 to 1 reconciles the three numbers; where none does nothing else is given."""
    p_x1: Probability | None = None
    """Share of the people with X = 1."""
    arr_overall: Reduction | None = None
    """Absolute risk reduction in the whole population, control minus treated."""
    arr_x0: Reduction | None = None
    """Absolute risk reduction where X = 0."""
    arr_x1: Reduction | None = None
    """Absolute risk reduction where X = 1."""


def mixture_fraction(given: MixtureFractionGiven) -> MixtureFractionResult:
    """The absolute risk reductions are mixed, never the numbers needed to treat."""
    overall, without, carrying = 1 / given.nnt_overall, 1 / given.nnt_x0, -1 / given.nnh_x1
    share = effects.share_of_carriers(overall, without, carrying)
    if share is None:
        return MixtureFractionResult(feasible=False)
    return MixtureFractionResult(
        feasible=True, p_x1=share, arr_overall=overall, arr_x0=without, arr_x1=carrying
    )


class OverallGiven(Given):
    """Effects by stratum and how many are in it."""

    p_x1: Probability
    """Share of the people with X = 1."""
    arr_x0: Reduction
    """Absolute risk reduction where X = 0, control minus treated."""
    arr_x1: Reduction
    """Absolute risk reduction where X = 1, control minus treated."""


class OverallResult(Result):
    """The effect in the mixed population."""

    arr: Reduction
    """Absolute risk reduction in the whole population: (1 - p) * ARR0 + p * ARR1."""
    kind: Kind
    """What `number` counts people for: one event less (`NNTB`) or one event more (`NNTH`); `none` without an
    effect.
    """
    number: Number | None


def overall(given: OverallGiven) -> OverallResult:
    """The reductions of both strata, each by its share of people; where they cancel there is no number."""
    arr = effects.mixed_reduction(given.p_x1, given.arr_x0, given.arr_x1)
    needed = effects.number_needed(arr)
    return OverallResult(arr=arr, kind=needed.kind, number=needed.number)


class CountsGiven(Given):
    """Two arms that were counted."""

    events_control: Count
    """People of the control arm with the event."""
    n_control: Count
    """All people of the control arm."""
    events_treated: Count
    """People of the treated arm with the event."""
    n_treated: Count
    """All people of the treated arm."""


class OneDirection(Result):
    """An interval on one side of no effect."""

    form: Literal["NNTB-interval", "NNTH-interval"]
    """Both limits on one side of no effect: of benefit, or of harm."""
    from_: Limit = Field(alias="from")
    """The lower limit, in people."""
    to: Limit
    """The upper limit, in people."""


class ThroughInfinity(Result):
    """An interval from benefit over no effect to harm; null for a side that it does not reach."""

    form: Literal["NNTB-to-infinity-to-NNTH"]
    """The interval holds no effect, which is infinitely many people."""
    nntb: Limit | None
    """Its limit on the side of benefit: from this many people to infinity; null if it ends at no effect."""
    nnth: Limit | None
    """Its limit on the side of harm: from infinity to this many people; null if it ends at no effect."""


class CountsResult(Result):
    """The effect with its interval, as a reduction and as a number of people."""

    risk_control: Probability
    """Events against people, control arm."""
    risk_treated: Probability
    """Events against people, treated arm."""
    arr: Reduction
    """Absolute risk reduction, control minus treated."""
    arr_ci95: tuple[float, float]
    """Lower and upper 95 % limit of the reduction."""
    kind: Kind
    """What `number` counts people for: one event less (`NNTB`) or one event more (`NNTH`); `none` without an
    effect.
    """
    number: Number | None
    ci_form: OneDirection | ThroughInfinity
    """The 95 % interval in people, in one of two forms."""


def counts(given: CountsGiven) -> CountsResult:
    """The interval is that of Newcombe (method 10), read as people.

    Where it holds no effect it goes through infinity.
    """
    before = effects.risk(given.events_control, given.n_control, "`events_control` of `n_control`")
    after = effects.risk(given.events_treated, given.n_treated, "`events_treated` of `n_treated`")
    low, high = effects.reduction_interval(
        given.events_control, given.n_control, given.events_treated, given.n_treated
    )
    needed = effects.number_needed(before - after)
    return CountsResult(
        risk_control=before,
        risk_treated=after,
        arr=before - after,
        arr_ci95=(low, high),
        kind=needed.kind,
        number=needed.number,
        ci_form=written(low, high),
    )


def written(low: float, high: float) -> OneDirection | ThroughInfinity:
    """The interval in people, benefit first: with a reduction of zero inside, infinitely many are inside."""
    least, most = effects.people_for(low), effects.people_for(high)
    if least is not None:
        return OneDirection.model_validate({"form": "NNTB-interval", "from": most, "to": least})
    harm_most, harm_least = effects.people_for(-low), effects.people_for(-high)
    if harm_least is not None:
        return OneDirection.model_validate({"form": "NNTH-interval", "from": harm_most, "to": harm_least})
    return ThroughInfinity(form="NNTB-to-infinity-to-NNTH", nntb=most, nnth=harm_most)


class InteractionGiven(Given):
    """Effects by stratum with their standard errors."""

    arr_x0: Reduction
    """Absolute risk reduction where X = 0, control minus treated."""
    se_x0: Error
    """Standard error of `arr_x0`."""
    arr_x1: Reduction
    """Absolute risk reduction where X = 1, control minus treated."""
    se_x1: Error
    """Standard error of `arr_x1`."""


class InteractionResult(Result):
    """Whether they differ by more than chance."""

    difference: Annotated[Fraction, Quantity("1", "difference of the reductions")]
    """`arr_x0` minus `arr_x1`."""
    se: Annotated[float, Quantity("1", "its standard error")]
    """Standard error of the difference."""
    z: Annotated[float, Quantity("1", "difference against its standard error")]
    """The difference divided by its standard error."""
    p_two_sided: Annotated[float, Quantity("1", "probability of so much by chance")]
    """Probability of a difference as large if the strata were alike."""


def interaction(given: InteractionGiven) -> InteractionResult:
    """A difference beyond chance is not enough for a claim about a subgroup: it has to be planned before."""
    found = effects.interaction(given.arr_x0, given.se_x0, given.arr_x1, given.se_x1)
    return InteractionResult(
        difference=found.difference, se=found.error, z=found.z, p_two_sided=found.probability
    )


OPERATIONS = (
    Operation(
        "nnt.mixture_fraction",
        "Share of a stratum that reconciles numbers needed to treat",
        MixtureFractionGiven,
        MixtureFractionResult,
        mixture_fraction,
        PATH,
        {"nnt_overall": 25, "nnt_x0": 12.5, "nnh_x1": 50},
    ),
    Operation(
        "nnt.overall",
        "Effect in a population of two strata",
        OverallGiven,
        OverallResult,
        overall,
        PATH,
        {"p_x1": 0.4, "arr_x0": 0.08, "arr_x1": -0.02},
    ),
    Operation(
        "nnt.counts",
        "Number needed to treat with its interval, from counts",
        CountsGiven,
        CountsResult,
        counts,
        _COUNTS,
        {"events_control": 60, "n_control": 600, "events_treated": 72, "n_treated": 600},
    ),
    Operation(
        "nnt.interaction",
        "Whether two strata differ by more than chance",
        InteractionGiven,
        InteractionResult,
        interaction,
        "Altman and Bland, BMJ 2003;326:219, PMID 12543843",
        {"arr_x0": 0.08, "se_x0": 0.0164, "arr_x1": -0.02, "se_x1": 0.0181},
    ),
)

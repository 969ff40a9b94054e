"""Operations about what an estimate is worth elsewhere."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from pydantic import Field

from calc import evidence as formulas
from calc.errors import NoAnswer
from calc.operations.effects import Count, Reduction
from calc.operations.model import Given, Probability, Quantity, Result
from calc.operations.operation import Operation

Ratio = Annotated[Fraction, Quantity("1", "risk ratio", least=1e-9, most=1e9)]
EValue = Annotated[float, Quantity("1", "risk ratio of a confounder with treatment and outcome", least=1)]
Difference = Annotated[Fraction, Quantity("1", "risk difference, treated minus control", least=-1, most=1)]
Signed = Annotated[
    Fraction, Quantity("1", "people for one event less; below zero: more; null without an effect")
]
Mix = dict[str, Annotated[Fraction, Quantity("1", "share of the stratum", least=0, most=1)]]
Share = Annotated[Fraction, Quantity("1", "net benefit, in true positives of each person")]


class EValueGiven(Given):
    """A risk ratio with its interval, both limits or none."""

    rr: Ratio
    low: Ratio | None = None
    high: Ratio | None = None


class EValueResult(Result):
    """E-values of the estimate and of the limit nearest to one."""

    e_point: EValue
    e_ci: EValue | None = None


def e_value(given: EValueGiven) -> EValueResult:
    """Without an interval there is no E-value of one."""
    point = formulas.e_value(given.rr)
    if given.low is None and given.high is None:
        return EValueResult(e_point=point)
    if given.low is None or given.high is None:
        raise NoAnswer("interval", "`low` and `high` come together")
    if not given.low <= given.rr <= given.high:
        raise NoAnswer("interval", "`rr` is not from `low` to `high`")
    return EValueResult(e_point=point, e_ci=formulas.e_value_of_interval(given.low, given.high))


class Arms(Given):
    """Counts of one stratum: people and events, treated and control."""

    n_t: Count
    e_t: Count
    n_c: Count
    e_c: Count


class StandardiseGiven(Given):
    """Counts by stratum of the confounder."""

    strata: Annotated[dict[str, Arms], Field(min_length=1)]


class StandardiseResult(Result):
    """The risk difference with and without the confounder."""

    crude_rd: Difference
    standardised_rd: Difference
    sign_reversed: bool


def standardise(given: StandardiseGiven) -> StandardiseResult:
    """A stratum in which nobody was treated, or everybody, has nothing to compare."""
    strata = [_arms(name, arms) for name, arms in given.strata.items()]
    crude, standardised = formulas.crude_difference(strata), formulas.standardised_difference(strata)
    return StandardiseResult(
        crude_rd=crude, standardised_rd=standardised, sign_reversed=crude * standardised < 0
    )


def _arms(name: str, arms: Arms) -> formulas.Arms:
    try:
        return formulas.Arms(arms.n_t, arms.e_t, arms.n_c, arms.e_c)
    except NoAnswer as error:
        raise NoAnswer(error.code, f"`strata.{name}`: {error}") from None


class TransportGiven(Given):
    """Effects by stratum, and the shares of the strata in a trial and elsewhere."""

    arr: Annotated[dict[str, Reduction], Field(min_length=1)]
    trial_mix: Mix
    target_mix: Mix


class TransportResult(Result):
    """The effect in both populations."""

    trial_arr: Reduction
    target_arr: Reduction
    trial_nnt: Signed | None
    target_nnt_signed: Signed | None


def transport(given: TransportGiven) -> TransportResult:
    """Effects by stratum are carried over, the average is not."""
    trial, target = (_average(given.arr, name, getattr(given, name)) for name in ("trial_mix", "target_mix"))
    return TransportResult(
        trial_arr=trial,
        target_arr=target,
        trial_nnt=formulas.number_needed_signed(trial),
        target_nnt_signed=formulas.number_needed_signed(target),
    )


def _average(arr: dict[str, Fraction], name: str, mix: Mix) -> Fraction:
    try:
        return formulas.average_over(arr, mix)
    except NoAnswer as error:
        raise NoAnswer(error.code, f"`{name}`: {error}") from None


class JointRisks(Given):
    """Risk by gene (first digit) and surroundings (second digit)."""

    neither: Probability = Field(alias="00")
    gene: Probability = Field(alias="10")
    surroundings: Probability = Field(alias="01")
    both: Probability = Field(alias="11")


class GxeGiven(Given):
    """Four risks."""

    risk: JointRisks


class GxeResult(Result):
    """Interaction on both scales; null where a risk of zero would divide."""

    interaction_contrast: Annotated[Fraction, Quantity("1", "beyond the sum of the two")]
    reri: Annotated[Fraction, Quantity("1", "the contrast against the baseline risk")] | None
    rr_multiplicative_interaction: (
        Annotated[Fraction, Quantity("1", "risk ratio against the product of the two")] | None
    )


def gxe(given: GxeGiven) -> GxeResult:
    """The scales may disagree, so both are given."""
    risk = given.risk
    joint = formulas.JointRisks(risk.neither, risk.gene, risk.surroundings, risk.both)
    return GxeResult(
        interaction_contrast=joint.contrast, reri=joint.excess, rr_multiplicative_interaction=joint.ratio
    )


class DecisionCurveGiven(Given):
    """What a model found at one threshold."""

    n: Count
    tp: Count
    fp: Count
    prev: Probability
    pt: Annotated[Fraction, Quantity("1", "risk from which one acts", least=0, below=1)]


class DecisionCurveResult(Result):
    """Net benefit of acting by the model, on everybody, on nobody."""

    nb_model: Share
    nb_all: Share
    nb_none: Share


def decision_curve(given: DecisionCurveGiven) -> DecisionCurveResult:
    """Positives, true and false, are among the people."""
    if not given.n:
        raise NoAnswer("nobody", "`n` is 0: there is no share of nobody")
    if given.tp + given.fp > given.n:
        raise NoAnswer("counts", f"`tp` and `fp` are {given.tp + given.fp}, more than the {given.n} of `n`")
    return DecisionCurveResult(
        nb_model=formulas.net_benefit(given.tp / given.n, given.fp / given.n, given.pt),
        nb_all=formulas.net_benefit(given.prev, 1 - given.prev, given.pt),
        nb_none=Fraction(0),
    )


OPERATIONS = (
    Operation(
        "evidence.e_value",
        "How much confounding would explain a risk ratio",
        EValueGiven,
        EValueResult,
        e_value,
        "VanderWeele and Ding, Ann Intern Med 2017;167:268-274, PMID 28693043",
        {"rr": 0.47, "low": 0.37, "high": 0.59},
    ),
    Operation(
        "evidence.standardise",
        "Risk difference with a confounder taken out",
        StandardiseGiven,
        StandardiseResult,
        standardise,
        "Hernan and Robins, Causal Inference: What If, chapter 2.3",
        {
            "strata": {
                "mild": {"n_t": 100, "e_t": 4, "n_c": 900, "e_c": 45},
                "severe": {"n_t": 900, "e_t": 270, "n_c": 100, "e_c": 40},
            }
        },
    ),
    Operation(
        "evidence.transport",
        "Effect of a trial in another population",
        TransportGiven,
        TransportResult,
        transport,
        "Cole and Stuart, Am J Epidemiol 2010;172:107-115, PMID 20547574",
        {
            "arr": {"0": 0.08, "1": -0.02},
            "trial_mix": {"0": 0.9, "1": 0.1},
            "target_mix": {"0": 0.4, "1": 0.6},
        },
    ),
    Operation(
        "evidence.gxe",
        "Interaction of gene and surroundings",
        GxeGiven,
        GxeResult,
        gxe,
        "VanderWeele and Knol, Epidemiol Methods 2014;3:33-72, DOI 10.1515/em-2013-0005",
        {"risk": {"00": 0.02, "10": 0.04, "01": 0.05, "11": 0.12}},
    ),
    Operation(
        "guard.decision_curve",
        "Net benefit of acting by a model",
        DecisionCurveGiven,
        DecisionCurveResult,
        decision_curve,
        "Vickers and Elkin, Med Decis Making 2006;26:565-574, PMID 17099194",
        {"n": 1000, "tp": 60, "fp": 140, "prev": 0.1, "pt": 0.1},
    ),
)

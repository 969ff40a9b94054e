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
    """The risk ratio that was observed."""
    low: Ratio | None = None
    """Its lower 95 % limit; null if there is no interval, as `high` then is too."""
    high: Ratio | None = None
    """Its upper 95 % limit."""


class EValueResult(Result):
    """E-values of the estimate and of the limit nearest to one."""

    e_point: EValue
    """Risk ratio that a confounder needs with treatment and outcome to explain `rr` away."""
    e_ci: EValue | None = None
    """The same for the limit nearest to 1; 1 where the interval reaches 1; only with an interval."""


def e_value(given: EValueGiven) -> EValueResult:
    """RR + sqrt(RR * (RR - 1)), of the reciprocal for a ratio below 1."""
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
    """Treated people."""
    e_t: Count
    """Treated people with the event."""
    n_c: Count
    """People who were not treated."""
    e_c: Count
    """People who were not treated, with the event."""


class StandardiseGiven(Given):
    """Counts by stratum of the confounder."""

    strata: Annotated[dict[str, Arms], Field(min_length=1)]
    """The counts in each stratum of the confounder, under its name."""


class StandardiseResult(Result):
    """The risk difference with and without the confounder."""

    crude_rd: Difference
    """Risk difference with all strata thrown together, treated minus control."""
    standardised_rd: Difference
    """Risk difference within strata, averaged over all people; treated minus control."""
    sign_reversed: bool
    """Whether the two point in opposite directions."""


def standardise(given: StandardiseGiven) -> StandardiseResult:
    """Treated and untreated are compared within each stratum, and the differences averaged over people."""
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
    """Absolute risk reduction in each stratum, control minus treated, under the name of the stratum."""
    trial_mix: Mix
    """Share of each stratum in the trial; together 1."""
    target_mix: Mix
    """Share of each stratum in the other population; together 1."""


class TransportResult(Result):
    """The effect in both populations."""

    trial_arr: Reduction
    """Absolute risk reduction in the trial."""
    target_arr: Reduction
    """Absolute risk reduction in the other population."""
    trial_nnt: Signed | None
    """People treated in the trial for one event less; below zero: for one more; null without an effect."""
    target_nnt_signed: Signed | None
    """The same number in the other population; null without an effect."""


def transport(given: TransportGiven) -> TransportResult:
    """The effects of the strata are carried over and weighed anew; the average of the trial is not."""
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
    """Risk of the outcome without the gene and without the surroundings."""
    gene: Probability = Field(alias="10")
    """Risk with the gene alone."""
    surroundings: Probability = Field(alias="01")
    """Risk with the surroundings alone."""
    both: Probability = Field(alias="11")
    """Risk with both."""


class GxeGiven(Given):
    """Four risks."""

    risk: JointRisks
    """The four risks; first digit gene, second digit surroundings, 1 for present."""


class GxeResult(Result):
    """Interaction on both scales; null where a risk of zero would divide."""

    interaction_contrast: Annotated[Fraction, Quantity("1", "beyond the sum of the two")]
    """What both add beyond the sum of each: r11 - r10 - r01 + r00."""
    reri: Annotated[Fraction, Quantity("1", "the contrast against the baseline risk")] | None
    """The contrast divided by r00 (relative excess risk); null where r00 is zero."""
    rr_multiplicative_interaction: (
        Annotated[Fraction, Quantity("1", "risk ratio against the product of the two")] | None
    )
    """Risk ratio of both divided by the product of each: r11 * r00 / (r10 * r01); null where r00, r10 or r01
    is zero.
    """


def gxe(given: GxeGiven) -> GxeResult:
    """The additive and the multiplicative scale may disagree, so both are given."""
    risk = given.risk
    joint = formulas.JointRisks(risk.neither, risk.gene, risk.surroundings, risk.both)
    return GxeResult(
        interaction_contrast=joint.contrast, reri=joint.excess, rr_multiplicative_interaction=joint.ratio
    )


class DecisionCurveGiven(Given):
    """What a model found at one threshold."""

    n: Count
    """All people."""
    tp: Count
    """True positives: with the outcome, and above the threshold by the model."""
    fp: Count
    """False positives: without the outcome, and above the threshold by the model."""
    prev: Probability
    """Share of people with the outcome."""
    pt: Annotated[Fraction, Quantity("1", "risk from which one acts", least=0, below=1)]
    """The threshold: the risk from which on one acts."""


class DecisionCurveResult(Result):
    """Net benefit of acting by the model, on everybody, on nobody."""

    nb_model: Share
    """Acting by the model: TP / n - FP / n * pt / (1 - pt)."""
    nb_all: Share
    """Acting on everybody."""
    nb_none: Share
    """Acting on nobody, which is 0."""


def decision_curve(given: DecisionCurveGiven) -> DecisionCurveResult:
    """True positives for each person, less the false ones at the price that the threshold puts on them."""
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
        "Hernan and Robins, Causal Inference: What If, 2020, chapter 2.3",
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

"""Operations about an anticoagulant in atrial fibrillation."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from calc.anticoagulation import (
    Advice,
    Effects,
    Rates,
    Ratio,
    cha2ds2_va,
    cha2ds2_vasc,
    has_bled,
    orbit,
    rates,
    singer_benefit,
    uncertainty,
)
from calc.errors import NoAnswer, UnusableInput
from calc.operations.model import Given, Quantity, Result
from calc.operations.operation import Operation

_SCORES = (
    "Lip et al., Chest 2010;137:263-272, PMID 19762550; Pisters et al., Chest 2010;138:1093-1100, "
    "PMID 20299623; O'Brien et al., Eur Heart J 2015;36:3258-3264, DOI 10.1093/eurheartj/ehv476; "
    "ESC guideline 2024, DOI 10.1093/eurheartj/ehae176 (CHA2DS2-VA)"
)
_SINGER = "Singer et al., Ann Intern Med 2009;151:297-305, PMID 19721017"


def _flag(value: object) -> bool:
    if isinstance(value, bool | int | float | Decimal) and value in (0, 1):
        return bool(value)
    raise PydanticCustomError("flag", "expected true, false, 1 or 0")


Flag = Annotated[bool, BeforeValidator(_flag, json_schema_input_type=bool | Literal[0, 1])]
Rate = Annotated[Fraction, Quantity("{events}/100.a", "events per 100 patient-years", least=0, most=1000)]
Expected = Annotated[Fraction, Quantity("{events}/100.a", "events per 100 patient-years")]

OTHER_NAMES: Final = {
    "heart_failure": "chf",
    "congestive_heart_failure": "chf",
    "htn": "hypertension",
    "dm": "diabetes",
    "stroke_tia": "stroke",
    "stroke_or_tia": "stroke",
    "prior_stroke": "stroke",
    "vascular_disease": "vascular",
    "hypertension_uncontrolled": "uncontrolled_hypertension",
    "uncontrolled_htn": "uncontrolled_hypertension",
    "sbp_over_160": "uncontrolled_hypertension",
    "sbp_gt_160": "uncontrolled_hypertension",
    "abnormal_renal": "renal",
    "renal_disease": "renal",
    "abnormal_liver": "liver",
    "liver_disease": "liver",
    "labile": "labile_inr",
    "egfr_lt_60": "egfr_below_60",
    "renal_insufficiency": "egfr_below_60",
    "anemia": "anaemia",
}
"""Other names under which a flag may come, and its own."""


class ScoresGiven(Given):
    """Flags of one person; one that is absent counts as no.

    Some have other names too, such as `stroke_tia` or `prior_stroke` for `stroke`.
    """

    age: Annotated[Fraction, Quantity("a", "age", least=0, most=150)]
    """Age; points from 65 and from 75 years in CHA2DS2-VASc and CHA2DS2-VA, above 65 in HAS-BLED, from 75 in
    ORBIT.
    """
    sex: Literal["male", "female"]
    """Female is a point in CHA2DS2-VASc."""
    chf: Flag = False
    """Heart failure: in CHA2DS2-VASc and CHA2DS2-VA."""
    hypertension: Flag = False
    """A history of it: in CHA2DS2-VASc and CHA2DS2-VA only."""
    diabetes: Flag = False
    """In CHA2DS2-VASc and CHA2DS2-VA."""
    stroke: Flag = False
    """An earlier stroke: two points in CHA2DS2-VASc and CHA2DS2-VA, where a transient attack or an embolism
    counts too; one in HAS-BLED.
    """
    vascular: Flag = False
    """Myocardial infarction, disease of peripheral arteries or plaque in the aorta: in CHA2DS2-VASc and
    CHA2DS2-VA.
    """
    uncontrolled_hypertension: Flag = False
    """Systolic above 160 mm Hg: in HAS-BLED only."""
    renal: Flag = False
    """Dialysis, transplant or creatinine above 2.26 mg/dL: in HAS-BLED, and so in ORBIT too."""
    egfr_below_60: Flag = False
    """Filtration rate below 60 mL/min/1.73 m2: in ORBIT only."""
    liver: Flag = False
    """Cirrhosis, or bilirubin above twice with enzymes above three times the upper limit: in HAS-BLED only.
    """
    labile_inr: Flag = False
    """INR unstable, or in range less than 60 % of the time: in HAS-BLED only."""
    bleeding_or_predisposition: Flag = False
    """An earlier major bleed, or a predisposition such as anaemia: in HAS-BLED only."""
    bleeding_history: Flag = False
    """An earlier bleed of the gut or in the head: two points, in ORBIT only."""
    drugs: Flag = False
    """Antiplatelet or anti-inflammatory: in HAS-BLED only."""
    alcohol: Flag = False
    """Eight drinks a week or more: in HAS-BLED only."""
    anaemia: Flag = False
    """Haemoglobin below 13 g/dL in a man or 12 g/dL in a woman, low haematocrit, or known anaemia: two
    points, in ORBIT only.
    """
    antiplatelet: Flag = False
    """Under an antiplatelet drug: in ORBIT only."""
    falls: Flag = False
    """In no score; it is taken so that it can be said."""

    @model_validator(mode="before")
    @classmethod
    def _own_names(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        named: dict[object, object] = {}
        for name, value in given.items():
            own = OTHER_NAMES.get(name, name)
            if own in named:
                raise PydanticCustomError("twice", "`{own}` comes under two names", {"own": own})
            named[own] = value
        return named


class ScoresResult(Result):
    """Points."""

    cha2ds2_vasc: int
    """Risk of stroke, 0 to 9 points."""
    cha2ds2_va: int
    """The same without sex, 0 to 8 points."""
    has_bled: int
    """Risk of a major bleed on warfarin, 0 to 9 points."""
    orbit: int
    """Risk of a major bleed on any anticoagulant, 0 to 7 points."""


def scores(given: ScoresGiven) -> ScoresResult:
    """CHA2DS2-VASc, CHA2DS2-VA, HAS-BLED and ORBIT.

    What counts in several scores counts in each by its own definition.
    """
    risks = (given.chf, given.hypertension, given.diabetes, given.stroke, given.vascular)
    return ScoresResult(
        cha2ds2_vasc=cha2ds2_vasc(given.age, given.sex == "female", *risks),
        cha2ds2_va=cha2ds2_va(given.age, *risks),
        has_bled=has_bled(
            given.age,
            given.uncontrolled_hypertension,
            given.renal,
            given.liver,
            given.stroke,
            given.bleeding_or_predisposition,
            given.labile_inr,
            given.drugs,
            given.alcohol,
        ),
        orbit=orbit(
            given.age,
            given.anaemia,
            given.bleeding_history,
            given.renal or given.egfr_below_60,
            given.antiplatelet,
        ),
    )


RatioGiven = Annotated[
    list[Annotated[Fraction, Quantity("1", "estimate, lower and upper 95 % limit", least=1e-4, most=1e4)]],
    Field(min_length=3, max_length=3),
]
Weight = Annotated[Fraction, Quantity("1", "weight of one event", least=0, most=1000)]
LogDeviation = Annotated[Fraction, Quantity("1", "deviation of the logarithm of a rate", least=0, most=5)]


class BaselineGiven(Given):
    """Standard deviations of the natural logarithms of three rates."""

    te: LogDeviation | None = None
    """Of thromboembolism without an anticoagulant; null: 0.1."""
    ich: LogDeviation | None = None
    """Of bleeds in the head without an anticoagulant; null: 0.25."""
    mb: LogDeviation | None = None
    """Of major bleeds on warfarin; null: 0.15."""


class ParametersGiven(Given):
    """What replaces a default, one by one."""

    rr_te_warf: RatioGiven | None = None
    """Thromboembolism on warfarin against none: ratio, lower and upper 95 % limit; null: 0.33, 0.23, 0.46."""
    rr_te_doac_vs_warf: RatioGiven | None = None
    """Thromboembolism on a direct anticoagulant against warfarin: ratio, lower and upper 95 % limit; null:
    0.92, 0.83, 1.02.
    """
    rr_ich: RatioGiven | None = None
    """Bleeds in the head on an anticoagulant against none: ratio, lower and upper 95 % limit; null: 1.23,
    0.88, 1.72.
    """
    rr_major: RatioGiven | None = None
    """Major bleeds on an anticoagulant against none: ratio, lower and upper 95 % limit; null: 1.37, 1.16,
    1.63.
    """
    doac_major_vs_warf: RatioGiven | None = None
    """Major bleeds on a direct anticoagulant against warfarin: ratio, lower and upper 95 % limit; null: 0.86,
    0.73, 1.
    """
    w_te: Weight | None = None
    """Weight of a thromboembolism; null: 1."""
    w_ich: Weight | None = None
    """Weight of a bleed in the head; null: 1.5."""
    w_ech: Weight | None = None
    """Weight of another major bleed, an assumption; null: 0.3."""
    margin: (
        Annotated[Fraction, Quantity("{events}/100.a", "least benefit that counts", least=-1000, most=1000)]
        | None
    ) = None
    """The least net benefit that is worth a drug, an assumption; null: 0.2."""
    te_rate_per_100py_by_cha2ds2_vasc: Annotated[list[Rate], Field(min_length=10, max_length=10)] | None = (
        None
    )
    """Thromboembolism without an anticoagulant at 0 to 9 points of CHA2DS2-VASc; null: 0.2, 0.6, 2.2, 3.2,
    4.8, 7.2, 9.7, 11.2, 10.8, 12.2.
    """
    has_bled_major_bleed_per_100py: Annotated[list[Rate], Field(min_length=6, max_length=10)] | None = None
    """Major bleeds on warfarin at 0, 1, 2 and more points of HAS-BLED; null: 1.13, 1.02, 1.88, 3.74, 8.7,
    12.5.
    """
    baseline_log_sd: BaselineGiven | None = None
    """How uncertain the three rates are that stand for no anticoagulant or warfarin, as standard deviations
    of their natural logarithms; an assumption.
    """

    def effects(self) -> Effects:
        """The defaults, and over them what was given."""
        baseline = self.baseline_log_sd or BaselineGiven()
        given = {
            "te_warfarin": self._ratio("rr_te_warf"),
            "te_doac": self._ratio("rr_te_doac_vs_warf"),
            "ich": self._ratio("rr_ich"),
            "major": self._ratio("rr_major"),
            "major_doac": self._ratio("doac_major_vs_warf"),
            "weight_te": self.w_te,
            "weight_ich": self.w_ich,
            "weight_ech": self.w_ech,
            "margin": self.margin,
            "te_rates": self.te_rate_per_100py_by_cha2ds2_vasc,
            "bleed_rates": self.has_bled_major_bleed_per_100py,
            "te_deviation": baseline.te,
            "ich_deviation": baseline.ich,
            "major_deviation": baseline.mb,
        }
        changed: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        return replace(Effects(), **changed)

    def _ratio(self, name: str) -> Ratio | None:
        numbers = getattr(self, name)
        if numbers is None:
            return None
        estimate, low, high = numbers
        if not low <= estimate <= high:
            raise NoAnswer("interval", f"`params.{name}`: the estimate, first, lies between the two limits")
        return Ratio(estimate, low, high)


class NetBenefitGiven(Given):
    """Two scores and the rate of bleeds in the head, of one person."""

    cha2ds2_vasc: Annotated[int, Field(ge=0, le=9)]
    """Points; they say the rate of thromboembolism without an anticoagulant."""
    has_bled: Annotated[int, Field(ge=0, le=9)] | None = None
    """Points; they say the rate of major bleeds on warfarin, unless `major_bleed_on_warfarin` does."""
    ich_rate_off: Rate
    """Bleeds in the head without an anticoagulant, per 100 patient-years."""
    major_bleed_on_warfarin: Rate | None = None
    """Major bleeds on warfarin per 100 patient-years; null: the rate that belongs to `has_bled`."""
    params: ParametersGiven = ParametersGiven()
    """Whatever is to replace a number of the model; what is left out or null stays as it is."""


class Per100(Result):
    """Events per 100 patient-years without and with an anticoagulant."""

    te_off: Expected
    """Thromboembolism without an anticoagulant."""
    te_on: Expected
    """Thromboembolism with a direct anticoagulant."""
    ich_off: Expected
    """Bleeds in the head without."""
    ich_on: Expected
    """Bleeds in the head with."""
    ech_off: Expected
    """Other major bleeds without."""
    ech_on: Expected
    """Other major bleeds with."""


class MonteCarlo(Result):
    """The net benefit over what is uncertain."""

    mean: Annotated[float, Quantity("{events}/100.a", "mean of the draws")]
    q025: Annotated[float, Quantity("{events}/100.a", "2.5 % of the draws lie below it")]
    q975: Annotated[float, Quantity("{events}/100.a", "2.5 % of the draws lie above it")]
    p_gt_0: Annotated[Fraction, Quantity("1", "probability of any benefit")]
    p_gt_margin: Annotated[Fraction, Quantity("1", "probability of a benefit above the margin")]


class NetBenefitResult(Result):
    """Both futures, their difference and what follows."""

    per_100_py: Per100
    """Events per 100 patient-years in both futures."""
    te_prevented: Annotated[Fraction, Quantity("{events}/100.a", "thromboembolism prevented")]
    """Thromboembolism prevented: `te_off` - `te_on`."""
    ich_caused: Annotated[Fraction, Quantity("{events}/100.a", "bleeds in the head caused")]
    """Bleeds in the head caused: `ich_on` - `ich_off`."""
    ech_caused: Annotated[Fraction, Quantity("{events}/100.a", "other major bleeds caused")]
    """Other major bleeds caused: `ech_on` - `ech_off`."""
    net_benefit: Annotated[Fraction, Quantity("{events}/100.a", "weighted difference")]
    """Weighted events prevented minus weighted events caused."""
    nnt_te_1y: Annotated[Fraction, Quantity("1", "treated for a year per event prevented")] | None
    """People treated for a year for one thromboembolism less; null where none is prevented."""
    mc: MonteCarlo
    """The net benefit over 200,000 draws of every ratio and rate."""
    recommendation: Advice
    """For the drug if `p_gt_margin` is 0.9 or more, against it if 0.1 or less; between them the preference of
    the person decides.
    """


def net_benefit(given: NetBenefitGiven) -> NetBenefitResult:
    """Thromboembolism is weighed against bleeds in the head and elsewhere, all with their uncertainty."""
    effects = given.params.effects()
    te_off = effects.te_rates[given.cha2ds2_vasc]
    major = _major_bleeds(given, effects)
    try:
        both = rates(te_off, given.ich_rate_off, major, effects)
    except ValueError as error:
        raise NoAnswer("ich-rate", f"`ich_rate_off` {float(given.ich_rate_off):g}: {error}") from None
    draws = uncertainty(te_off, given.ich_rate_off, major, effects)
    prevented = both.te_off - both.te_on
    return NetBenefitResult(
        per_100_py=_per_100(both),
        te_prevented=prevented,
        ich_caused=both.ich_on - both.ich_off,
        ech_caused=both.ech_on - both.ech_off,
        net_benefit=both.benefit(effects),
        nnt_te_1y=100 / prevented if prevented > 0 else None,
        mc=MonteCarlo(
            mean=draws.mean,
            q025=draws.low,
            q975=draws.high,
            p_gt_0=draws.above_zero,
            p_gt_margin=draws.above_margin,
        ),
        recommendation=draws.advice,
    )


def _major_bleeds(given: NetBenefitGiven, effects: Effects) -> Fraction:
    if given.major_bleed_on_warfarin is not None:
        return given.major_bleed_on_warfarin
    if given.has_bled is None:
        raise UnusableInput("missing-field", "`has_bled` is missing, and `major_bleed_on_warfarin` too")
    if given.has_bled >= len(effects.bleed_rates):
        raise NoAnswer(
            "no-rate",
            f"`has_bled` {given.has_bled}: no rate is known above {len(effects.bleed_rates) - 1}; "
            "give `major_bleed_on_warfarin`",
        )
    return effects.bleed_rates[given.has_bled]


def _per_100(both: Rates) -> Per100:
    return Per100(
        te_off=both.te_off,
        te_on=both.te_on,
        ich_off=both.ich_off,
        ich_on=both.ich_on,
        ech_off=both.ech_off,
        ech_on=both.ech_on,
    )


class SingerGiven(Given):
    """Rates with and without an anticoagulant, all in one unit."""

    te_off: Rate
    """Thromboembolism without an anticoagulant, per 100 patient-years."""
    te_on: Rate
    """Thromboembolism with one."""
    ich_off: Rate
    """Bleeds in the head without an anticoagulant, per 100 patient-years."""
    ich_on: Rate
    """Bleeds in the head with one."""
    weight: Weight = Fraction(3, 2)
    """What a bleed in the head weighs against a thromboembolism."""


class SingerResult(Result):
    """The index."""

    net_clinical_benefit: Annotated[Fraction, Quantity("{events}/100.a", "in the unit of the rates")]
    """Per 100 patient-years: (te_off - te_on) - weight * (ich_on - ich_off)."""


def singer_ncb(given: SingerGiven) -> SingerResult:
    """Thromboembolism prevented minus weighted bleeds in the head caused."""
    return SingerResult(
        net_clinical_benefit=singer_benefit(
            given.te_off, given.te_on, given.ich_off, given.ich_on, given.weight
        )
    )


OPERATIONS = (
    Operation(
        "af.scores",
        "Stroke and bleeding scores in atrial fibrillation",
        ScoresGiven,
        ScoresResult,
        scores,
        _SCORES,
        {"age": 85, "sex": "male", "bleeding_or_predisposition": 1, "bleeding_history": 1, "falls": 1},
    ),
    Operation(
        "af.net_benefit",
        "Futures with and without an anticoagulant in atrial fibrillation",
        NetBenefitGiven,
        NetBenefitResult,
        net_benefit,
        f"{_SINGER} (weighing); Friberg et al., Eur Heart J 2012;33:1500-1510, PMID 22246443, and Pisters "
        "et al., Chest 2010;138:1093-1100, PMID 20299623 (rates); Hart et al., Ann Intern Med "
        "2007;146:857-867, PMID 17577005, and Ruff et al., Lancet 2014;383:955-962, PMID 24315724 (ratios)",
        {"cha2ds2_vasc": 2, "has_bled": 2, "ich_rate_off": 0.5},
    ),
    Operation(
        "af.singer_ncb",
        "Net clinical benefit of an anticoagulant after Singer",
        SingerGiven,
        SingerResult,
        singer_ncb,
        _SINGER,
        {"te_off": 2.1, "te_on": 1.27, "ich_off": 0.32, "ich_on": 0.58},
    ),
)

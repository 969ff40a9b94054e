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
    "Lip, Chest 2010, PMID 19762550; Pisters, Chest 2010, PMID 20299623; "
    "O'Brien, Eur Heart J 2015, DOI 10.1093/eurheartj/ehv476; ESC 2024, DOI 10.1093/eurheartj/ehae176"
)
_SINGER = "Singer et al., Ann Intern Med 2009;151:297-305, PMID 19721017"


def _flag(value: object) -> bool:
    if isinstance(value, bool | int | float | Decimal) and value in (0, 1):
        return bool(value)
    raise PydanticCustomError("flag", "expected true, false, 1 or 0")


Flag = Annotated[bool, BeforeValidator(_flag)]
Rate = Annotated[Fraction, Quantity("{events}/100.a", "events per 100 patient-years", least=0, most=1000)]

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
    """Flags of one person; one that is absent counts as no."""

    age: Annotated[Fraction, Quantity("a", "age", least=0, most=150)]
    sex: Literal["male", "female"]
    chf: Flag = False
    hypertension: Flag = False
    """A history of it: in CHA2DS2-VASc and CHA2DS2-VA only."""
    diabetes: Flag = False
    stroke: Flag = False
    """In CHA2DS2-VASc, CHA2DS2-VA and HAS-BLED."""
    vascular: Flag = False
    uncontrolled_hypertension: Flag = False
    """Systolic above 160 mm Hg: in HAS-BLED only."""
    renal: Flag = False
    """Dialysis, transplant or creatinine above 2.26 mg/dL: in HAS-BLED, and so in ORBIT too."""
    egfr_below_60: Flag = False
    """In ORBIT only."""
    liver: Flag = False
    labile_inr: Flag = False
    bleeding_or_predisposition: Flag = False
    """In HAS-BLED only."""
    bleeding_history: Flag = False
    """In ORBIT only."""
    drugs: Flag = False
    """Antiplatelet or anti-inflammatory: in HAS-BLED only."""
    alcohol: Flag = False
    anaemia: Flag = False
    """In ORBIT only, as the next one."""
    antiplatelet: Flag = False
    falls: Flag = False
    """In no score."""

    @model_validator(mode="before")
    @classmethod
    def _own_names(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        named: dict[object, object] = {}
        for name, value in given.items():
            own = OTHER_NAMES.get(name, name)
            if own in named:
                raise PydanticCustomError("twice", "expected `{own}` under one name", {"own": own})
            named[own] = value
        return named


class ScoresResult(Result):
    """Points."""

    cha2ds2_vasc: int
    cha2ds2_va: int
    has_bled: int
    orbit: int


def scores(given: ScoresGiven) -> ScoresResult:
    """What counts in several scores counts in each by its own definition."""
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
    """How far the baselines may be off."""

    te: LogDeviation | None = None
    ich: LogDeviation | None = None
    mb: LogDeviation | None = None


class ParametersGiven(Given):
    """What replaces a default, one by one."""

    rr_te_warf: RatioGiven | None = None
    rr_te_doac_vs_warf: RatioGiven | None = None
    rr_ich: RatioGiven | None = None
    rr_major: RatioGiven | None = None
    doac_major_vs_warf: RatioGiven | None = None
    w_te: Weight | None = None
    w_ich: Weight | None = None
    w_ech: Weight | None = None
    margin: (
        Annotated[Fraction, Quantity("{events}/100.a", "least benefit that counts", least=-1000, most=1000)]
        | None
    ) = None
    te_rate_per_100py_by_cha2ds2_vasc: Annotated[list[Rate], Field(min_length=10, max_length=10)] | None = (
        None
    )
    has_bled_major_bleed_per_100py: Annotated[list[Rate], Field(min_length=6, max_length=10)] | None = None
    baseline_log_sd: BaselineGiven | None = None

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
    has_bled: Annotated[int, Field(ge=0, le=9)] | None = None
    ich_rate_off: Rate
    major_bleed_on_warfarin: Rate | None = None
    """In place of the rate that belongs to the HAS-BLED."""
    params: ParametersGiven = ParametersGiven()


class Per100(Result):
    """Events per 100 patient-years without and with an anticoagulant."""

    te_off: Rate
    te_on: Rate
    ich_off: Rate
    ich_on: Rate
    ech_off: Rate
    ech_on: Rate


class MonteCarlo(Result):
    """The net benefit over what is uncertain."""

    mean: float
    q025: float
    q975: float
    p_gt_0: Annotated[Fraction, Quantity("1", "probability of any benefit")]
    p_gt_margin: Annotated[Fraction, Quantity("1", "probability of a benefit above the margin")]


class NetBenefitResult(Result):
    """Both futures, their difference and what follows."""

    per_100_py: Per100
    te_prevented: Annotated[Fraction, Quantity("{events}/100.a", "thromboembolism prevented")]
    ich_caused: Annotated[Fraction, Quantity("{events}/100.a", "bleeds in the head caused")]
    ech_caused: Annotated[Fraction, Quantity("{events}/100.a", "other major bleeds caused")]
    net_benefit: Annotated[Fraction, Quantity("{events}/100.a", "weighted difference")]
    nnt_te_1y: Annotated[Fraction, Quantity("1", "treated for a year per event prevented")] | None
    mc: MonteCarlo
    recommendation: Advice


def net_benefit(given: NetBenefitGiven) -> NetBenefitResult:
    """Expected numbers by exact arithmetic, their uncertainty by draws."""
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
    te_on: Rate
    ich_off: Rate
    ich_on: Rate
    weight: Weight = Fraction(3, 2)


class SingerResult(Result):
    """The index."""

    net_clinical_benefit: Annotated[Fraction, Quantity("{events}/100.a", "in the unit of the rates")]


def singer_ncb(given: SingerGiven) -> SingerResult:
    """A bleed in the head weighs 1.5 strokes unless said otherwise."""
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
        _SINGER + "; Friberg, Eur Heart J 2012;33:1500-1510; Pisters, Chest 2010;138:1093-1100",
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

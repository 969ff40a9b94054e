"""The parts of a rule as written: header, data, decisions, outcomes, tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from dsl.syntax.expressions import Expression, Interval, Literal, QuantityLiteral, Span, Text
from dsl.values import Dose, Period


@dataclass(frozen=True, slots=True)
class Versioned:
    """A dotted name with its version: a rule's own, a vocabulary's, or one that is used."""

    name: str
    version: str
    span: Span


# ---------------------------------------------------------------- results
@dataclass(frozen=True, slots=True)
class Rounding:
    """`rounded down to 25 mg min 50 mg max 300 mg`; without a direction to the nearest."""

    direction: str
    step: QuantityLiteral
    low: QuantityLiteral | None
    high: QuantityLiteral | None
    span: Span


@dataclass(frozen=True, slots=True)
class ComputedDose:
    """`weight * 1 mg/kg rounded to 25 mg once daily`: `times` in each `period`."""

    amount: Expression
    rounding: Rounding
    times: int
    period: Fraction
    period_unit: Period
    span: Span


@dataclass(frozen=True, slots=True)
class GiveSyntax:
    """`give 200 mg once daily`, perhaps `and ask` for more."""

    dose: Dose | ComputedDose
    ask: tuple[Text, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class AskSyntax:
    """`ask weight, platelets`."""

    names: tuple[Text, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class NoneSyntax:
    """`none because "…"`: nothing to say, and why."""

    because: str
    ask: tuple[Text, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class OutcomeName:
    """The name of an outcome of the rule."""

    name: Text
    ask: tuple[Text, ...]
    span: Span


ResultSyntax = GiveSyntax | AskSyntax | NoneSyntax | OutcomeName


# ---------------------------------------------------------------- items of a rule
@dataclass(frozen=True, slots=True)
class Effective:
    """`effective from 2020-04-29 until 2026-12-31`; the last day is included."""

    start: date
    end: date | None
    span: Span


@dataclass(frozen=True, slots=True)
class ReviewBy:
    """`review by 2027-11-20`."""

    day: date
    span: Span


@dataclass(frozen=True, slots=True)
class Concerns:
    """`concerns drug niraparib`, perhaps with a code that must be its own."""

    kind: Text
    name: Text
    code: Text | None
    span: Span


@dataclass(frozen=True, slots=True)
class Replaces:
    """`replaces NAME version V`: the version before this one."""

    rule: Versioned
    span: Span


@dataclass(frozen=True, slots=True)
class Overrides:
    """`overrides NAME because "…"`: the general rule to which this one is the exception."""

    name: Text
    because: str
    span: Span


@dataclass(frozen=True, slots=True)
class Population:
    """For whom the rule speaks: a label and a condition, or everybody and why."""

    label: Text
    condition: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class Title:
    """`title "…"`."""

    text: Text
    span: Span


@dataclass(frozen=True, slots=True)
class Status:
    """`status active`."""

    word: Text
    span: Span


@dataclass(frozen=True, slots=True)
class Cites:
    """Citations that share one note."""

    citations: tuple[Text, ...]
    note: str
    span: Span


@dataclass(frozen=True, slots=True)
class Graded:
    """`grade A` or `strength strong`, in an evidence block or an outcome."""

    scale: str
    word: Text
    span: Span


@dataclass(frozen=True, slots=True)
class Reviewed:
    """`reviewed 2026-11-20 by "…"`."""

    day: date
    by: str
    span: Span


@dataclass(frozen=True, slots=True)
class Attribute:
    """`attribute developer "…"`: one source attribute for certification."""

    name: Text
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence block."""

    items: tuple[Cites | Graded | Reviewed | Attribute, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TypeSyntax:
    """`Quantity[kg]`, `Boolean`, the name of an enum."""

    name: Text
    unit: Text | None
    span: Span


@dataclass(frozen=True, slots=True)
class TrendSyntax:
    """`change of last 3` behind the name of an observation."""

    function: Text
    count: QuantityLiteral
    span: Span


@dataclass(frozen=True, slots=True)
class SourceSyntax:
    """`observation platelets`, perhaps `over upper limit` or with a trend."""

    kind: Text
    name: Text
    over_upper_limit: bool
    trend: TrendSyntax | None
    span: Span


@dataclass(frozen=True, slots=True)
class Need:
    """`required`, `optional assuming "…"` or `assume VALUE because "…"`; `word` is the first of each."""

    word: str
    because: str
    value: Literal | None
    span: Span


@dataclass(frozen=True, slots=True)
class InputSyntax:
    """One input declaration; `within` is (literal, or "lifetime", or None where nothing was said)."""

    name: Text
    type: TypeSyntax
    source: SourceSyntax
    within: QuantityLiteral | str | None
    need: Need
    when_missing: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class LetSyntax:
    """`let crcl = cockcroft_gault(…)`, perhaps with its type."""

    name: Text
    type: TypeSyntax | None
    value: Expression
    span: Span


# ---------------------------------------------------------------- futures and labels
@dataclass(frozen=True, slots=True)
class OptionSyntax:
    """`option doac "Direct oral anticoagulant"`."""

    name: Text
    label: str
    span: Span


@dataclass(frozen=True, slots=True)
class ConsequenceSyntax:
    """`consequence stroke weight 1.0 { | none => … | doac => … }`: probability under each option."""

    name: Text
    weight: Expression
    cases: tuple[tuple[Text, Expression], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ChoiceSyntax:
    """`choice NAME over 1 year { … }`: two or more futures compared by expected harm."""

    name: Text
    horizon: QuantityLiteral
    options: tuple[OptionSyntax, ...]
    consequences: tuple[ConsequenceSyntax, ...]
    indifferent: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class RiskSyntax:
    """`baseline 1.0 % over 10 years` or `stratum …` of a label."""

    word: str
    risk: Expression
    horizon: QuantityLiteral
    span: Span


@dataclass(frozen=True, slots=True)
class ActionSyntax:
    """`action NAME { benefit 0 % harm 0.4 % }`."""

    name: Text
    benefit: Expression
    harm: Expression
    citations: tuple[Text, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class LabelSyntax:
    """`label NAME { shown when … baseline … stratum … action … tighten require … }`."""

    name: Text
    condition: Expression
    risks: tuple[RiskSyntax, ...]
    actions: tuple[ActionSyntax, ...]
    tighten: Expression | None
    span: Span


# ---------------------------------------------------------------- decisions
@dataclass(frozen=True, slots=True)
class Branch:
    """`when condition => result`; the condition of `otherwise` is None."""

    condition: Expression | None
    result: ResultSyntax
    span: Span


@dataclass(frozen=True, slots=True)
class Decide:
    """`decide NAME first { … }`."""

    name: Text
    branches: tuple[Branch, ...]
    unknown: ResultSyntax
    span: Span


@dataclass(frozen=True, slots=True)
class AnyCell:
    """`*`."""

    span: Span


@dataclass(frozen=True, slots=True)
class MissingCell:
    """`missing` in a cell: an optional input that is not there."""

    span: Span


@dataclass(frozen=True, slots=True)
class ElseCell:
    """`else`: what no other row says whose other cells are the same."""

    span: Span


@dataclass(frozen=True, slots=True)
class CompareCell:
    """`>= 60 mL/min`."""

    operator: str
    literal: Literal
    span: Span


@dataclass(frozen=True, slots=True)
class OneOfCell:
    """`poor, likely_poor`, perhaps with `missing` among them."""

    literals: tuple[Literal, ...]
    missing: MissingCell | None
    span: Span


Cell = AnyCell | ElseCell | CompareCell | OneOfCell | Interval


@dataclass(frozen=True, slots=True)
class RowSyntax:
    """One row of a table."""

    cells: tuple[Cell, ...]
    result: ResultSyntax
    span: Span


@dataclass(frozen=True, slots=True)
class Table:
    """`table NAME unique { … }` or `first`."""

    name: Text
    hit: str
    columns: tuple[Text, ...]
    output: Text
    rows: tuple[RowSyntax, ...]
    unknown: ResultSyntax
    span: Span


@dataclass(frozen=True, slots=True)
class SuggestDose:
    """Change the draft to this dose; `only_if` is shown with it."""

    dose: Dose
    only_if: str
    span: Span


@dataclass(frozen=True, slots=True)
class SuggestDrug:
    """Replace the drug, unless a condition holds; `because` says which condition that is."""

    drug: Text
    unless: Expression | None
    because: str
    span: Span


@dataclass(frozen=True, slots=True)
class SuggestWithdraw:
    """Delete the draft order."""

    label: str
    span: Span


@dataclass(frozen=True, slots=True)
class OutcomeItem:
    """`indicator`, `action`, `advise`, `rationale` or `override` with its word or text."""

    kind: str
    text: Text
    span: Span


@dataclass(frozen=True, slots=True)
class OutcomeSyntax:
    """`outcome NAME { … }`."""

    name: Text
    items: tuple[OutcomeItem | Graded | SuggestDose | SuggestDrug | SuggestWithdraw, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Given:
    """`weight = 77 kg` or `platelets missing stale`."""

    name: Text
    value: Literal | None
    reason: Text | None
    span: Span


@dataclass(frozen=True, slots=True)
class ExpectResult:
    """`expect start_dose = give 200 mg once daily`."""

    name: Text
    result: ResultSyntax
    span: Span


@dataclass(frozen=True, slots=True)
class ExpectValue:
    """`expect crcl = 40.1 mL/min`: what is calculated on the way."""

    name: Text
    value: QuantityLiteral
    span: Span


@dataclass(frozen=True, slots=True)
class ExpectOutside:
    """`expect outside population`."""

    span: Span


@dataclass(frozen=True, slots=True)
class ExpectWithheld:
    """`expect withheld NAME because REASON`: the guard shows nothing of this label."""

    label: Text
    reason: Text
    span: Span


@dataclass(frozen=True, slots=True)
class ExpectTrace:
    """`expect trace "…"`: the explanation holds this text."""

    text: Text
    span: Span


Expectation = ExpectResult | ExpectValue | ExpectOutside | ExpectWithheld | ExpectTrace


@dataclass(frozen=True, slots=True)
class TestSyntax:
    """A test beside the rule."""

    title: Text
    day: date | None
    given: tuple[Given, ...]
    expects: tuple[Expectation, ...]
    span: Span


Item = (
    Title | Status | Effective | ReviewBy | Replaces | Overrides | Concerns | Population | Evidence
    | InputSyntax | LetSyntax | ChoiceSyntax | LabelSyntax | Decide | Table | OutcomeSyntax | TestSyntax
)  # fmt: skip

"""The syntax tree of a rule file: what was written, with positions, before any name is resolved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from dsl.values import Dose, Quantity


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one file; lines and columns count from 1, the end column is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Text:
    """A word, string, code or name as written (quotes removed)."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class QuantityLiteral:
    """A number with a unit: `77 kg`; a number alone has the unit `1`."""

    quantity: Quantity
    span: Span


Literal = QuantityLiteral | Text


# ---------------------------------------------------------------- conditions
@dataclass(frozen=True, slots=True)
class Comparison:
    """`weight < 77 kg`; the operator is one of < <= > >= = !=."""

    operator: str
    left: Literal
    right: Literal
    span: Span


@dataclass(frozen=True, slots=True)
class Interval:
    """`15 ..< 30 mL/min`; a unit at the end holds for both bounds."""

    low: QuantityLiteral
    high: QuantityLiteral
    low_included: bool
    high_included: bool
    span: Span


@dataclass(frozen=True, slots=True)
class InInterval:
    """`clearance in 15 ..< 30 mL/min`."""

    item: Literal
    interval: Interval
    span: Span


@dataclass(frozen=True, slots=True)
class InSet:
    """`cyp2c19 in { poor, likely_poor }`."""

    item: Literal
    members: tuple[Literal, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Presence:
    """`platelets is known`, `platelets is missing`: always true or false."""

    item: Literal
    known: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Truth:
    """A Boolean input standing alone, or `true`, `false`."""

    item: Literal
    span: Span


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    operand: Condition
    span: Span


@dataclass(frozen=True, slots=True)
class AllOf:
    """Conjunction of two or more."""

    operands: tuple[Condition, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Disjunction of two or more."""

    operands: tuple[Condition, ...]
    span: Span


Condition = Comparison | InInterval | InSet | Presence | Truth | Not | AllOf | AnyOf


# ---------------------------------------------------------------- results
@dataclass(frozen=True, slots=True)
class GiveSyntax:
    """`give 200 mg once daily`, perhaps `and ask` for more."""

    dose: Dose
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
    """`concerns drug niraparib`."""

    kind: Text
    name: Text
    span: Span


@dataclass(frozen=True, slots=True)
class Population:
    """For whom the rule speaks: a label and a condition, or everybody and why."""

    label: Text
    condition: Condition | None
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
class Evidence:
    """The evidence block."""

    items: tuple[Cites | Graded | Reviewed, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class InputSyntax:
    """One input declaration; `within` is (literal, or "lifetime", or None where nothing was said)."""

    name: Text
    type_name: Text
    unit: Text | None
    source_kind: Text
    source_name: Text
    over_upper_limit: bool
    within: QuantityLiteral | str | None
    optional: bool
    assuming: str
    when_missing: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Branch:
    """`when condition => result`; the condition of `otherwise` is None."""

    condition: Condition | None
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


Cell = AnyCell | CompareCell | OneOfCell | Interval


@dataclass(frozen=True, slots=True)
class RowSyntax:
    """One row of a table."""

    cells: tuple[Cell, ...]
    result: ResultSyntax
    span: Span


@dataclass(frozen=True, slots=True)
class Table:
    """`table NAME unique { … }`."""

    name: Text
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
    unless: Condition | None
    because: str
    span: Span


@dataclass(frozen=True, slots=True)
class SuggestWithdraw:
    """Delete the draft order."""

    label: str
    span: Span


@dataclass(frozen=True, slots=True)
class OutcomeItem:
    """`indicator`, `advise`, `rationale` or `override` with its word or text."""

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
class ExpectOutside:
    """`expect outside population`."""

    span: Span


@dataclass(frozen=True, slots=True)
class ExpectTrace:
    """`expect trace "…"`: the explanation holds this text."""

    text: Text
    span: Span


@dataclass(frozen=True, slots=True)
class TestSyntax:
    """A test beside the rule."""

    title: Text
    day: date | None
    given: tuple[Given, ...]
    expects: tuple[ExpectResult | ExpectOutside | ExpectTrace, ...]
    span: Span


Item = (
    Title | Status | Effective | ReviewBy | Concerns | Population | Evidence
    | InputSyntax | Decide | Table | OutcomeSyntax | TestSyntax
)  # fmt: skip


# ---------------------------------------------------------------- a file
@dataclass(frozen=True, slots=True)
class Versioned:
    """A dotted name with its version: a rule's own, a vocabulary's, or one that is used."""

    name: str
    version: str
    span: Span


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an enum with the words for people."""

    name: Text
    label: str


@dataclass(frozen=True, slots=True)
class EnumSyntax:
    """`enum NAME { … }`."""

    name: Text
    members: tuple[Member, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class RuleSyntax:
    """`rule NAME version V { … }`."""

    header: Versioned
    items: tuple[Item, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One parsed file."""

    path: str
    source: str
    vocabulary: Versioned | None
    uses: tuple[Versioned, ...]
    enums: tuple[EnumSyntax, ...]
    rules: tuple[RuleSyntax, ...]


def number(text: str) -> Fraction:
    """The exact value of a number as written; underscores group digits."""
    return Fraction(text.replace("_", ""))

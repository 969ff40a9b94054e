"""A checked rule: what the checker hands to the evaluator. Every name is resolved, every unit parsed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from dsl.syntax import Span, TestSyntax
from dsl.values import Dose, Quantity, Range


class SourceKind(StrEnum):
    """Where in a chart an input comes from; the name that follows it is an entry of the knowledge base."""

    OBSERVATION = "observation"
    PHENOTYPE = "phenotype"
    PATIENT = "patient"
    CONDITION = "condition"
    INDICATION = "indication"
    MEDICATION = "medication"


@dataclass(frozen=True, slots=True)
class Source:
    """`observation platelets`, `phenotype TPMT`, `patient age`, `condition stroke_or_tia`."""

    kind: SourceKind
    name: str
    over_upper_limit: bool = False
    """The value divided by the upper reference limit that the laboratory sent with it."""


@dataclass(frozen=True, slots=True)
class QuantityType:
    """An amount in a UCUM unit."""

    unit: str


@dataclass(frozen=True, slots=True)
class EnumType:
    """One of a closed set of names."""

    name: str
    members: tuple[str, ...]
    labels: tuple[str, ...] = ()
    """The words for people, one for each member."""

    def label(self, member: str) -> str:
        """The words for one member; its own name where none were given."""
        return self.labels[self.members.index(member)] if self.labels else member


@dataclass(frozen=True, slots=True)
class BooleanType:
    """True or false."""


ValueType = QuantityType | EnumType | BooleanType


class WhenMissing(StrEnum):
    """How loudly a missing datum that would still change the answer is asked for."""

    SILENT = "silent"
    INFO = "info"
    TEST_FIRST = "test-first"


@dataclass(frozen=True, slots=True)
class Input:
    """One declared input of a rule."""

    name: str
    type: ValueType
    source: Source
    within: timedelta | None
    """The greatest age that counts; None is `lifetime`."""
    optional: bool
    """A missing optional input is a state of its own that the rule names; a required one is unknown."""
    when_missing: WhenMissing
    span: Span
    assuming: str = ""
    """What the advice takes for granted while this optional input is unknown; the card says so."""


# ---------------------------------------------------------------- conditions
@dataclass(frozen=True, slots=True)
class InputRef:
    """The value of an input."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A value written in the rule."""

    value: Quantity | str | bool


Operand = InputRef | Constant


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison by < <= > >= = != of two operands of one type; `text` is how it was written."""

    operator: str
    left: Operand
    right: Operand
    text: str


@dataclass(frozen=True, slots=True)
class Within:
    """An input inside a range."""

    input: str
    range: Range
    text: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """An input that equals one of some values."""

    input: str
    members: frozenset[Quantity | str | bool]
    text: str


@dataclass(frozen=True, slots=True)
class IsKnown:
    """Whether there is any value of an input at all; never unknown."""

    input: str
    known: bool
    text: str


@dataclass(frozen=True, slots=True)
class Negation:
    """Not."""

    operand: Condition


@dataclass(frozen=True, slots=True)
class All:
    """And."""

    operands: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Or."""

    operands: tuple[Condition, ...]


Leaf = Compare | Within | OneOf | IsKnown
Condition = Leaf | Negation | All | Any


# ---------------------------------------------------------------- results and outcomes
@dataclass(frozen=True, slots=True)
class Give:
    """A dose of the drug that the rule concerns."""

    dose: Dose
    ask: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"give {self.dose}" + _and_ask(self.ask)


@dataclass(frozen=True, slots=True)
class Advise:
    """An outcome of the rule, by name."""

    outcome: str
    ask: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.outcome + _and_ask(self.ask)


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing to say; `because` is for the trace and never compared."""

    because: str = ""
    ask: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "none" + _and_ask(self.ask)


@dataclass(frozen=True, slots=True)
class Ask:
    """No answer without these inputs."""

    ask: tuple[str, ...]

    def __str__(self) -> str:
        return "ask " + ", ".join(self.ask)


Result = Give | Advise | Nothing | Ask


def _and_ask(names: tuple[str, ...]) -> str:
    return " and ask " + ", ".join(names) if names else ""


class Indicator(StrEnum):
    """How urgent a card is, as CDS Hooks spells it."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class DoseSuggestion:
    """Give the draft this dose; `only_if` is the condition that stands on the suggestion."""

    dose: Dose
    only_if: str


@dataclass(frozen=True, slots=True)
class DrugSuggestion:
    """Another drug, offered only if `unless` is known to be false, else named with `because`."""

    drug: str
    unless: Condition | None
    because: str


@dataclass(frozen=True, slots=True)
class WithdrawSuggestion:
    """Delete the draft."""

    label: str


Suggestion = DoseSuggestion | DrugSuggestion | WithdrawSuggestion


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the clinician sees; `{input}` in a text stands for the value of that input."""

    name: str
    indicator: Indicator
    advise: str
    rationale: str
    strength: str
    suggestions: tuple[Suggestion, ...]
    overrides: tuple[str, ...]


# ---------------------------------------------------------------- decisions
@dataclass(frozen=True, slots=True)
class BranchRule:
    """`when condition => result`; `otherwise` has no condition."""

    condition: Condition | None
    result: Result
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class FirstDecision:
    """Branches in order; the first that holds answers."""

    name: str
    branches: tuple[BranchRule, ...]
    unknown: Ask | Nothing


@dataclass(frozen=True, slots=True)
class Cell:
    """What one row says about one input: any value, those of a condition, or that it is missing."""

    condition: Leaf | None
    any: bool = False
    missing: bool = False


@dataclass(frozen=True, slots=True)
class RowRule:
    """One row, with a cell for each column."""

    cells: tuple[Cell, ...]
    result: Result
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class TableDecision:
    """Rows that exclude one another; the order of rows has no meaning."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[RowRule, ...]
    unknown: Ask | Nothing


Decision = FirstDecision | TableDecision


# ---------------------------------------------------------------- the rule
class Lifecycle(StrEnum):
    """Only `active` fires in production; `draft` and `review` only when asked to."""

    DRAFT = "draft"
    REVIEW = "review"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Citation:
    """A source by its identifier (`pmid:35034351`), with the author's note."""

    identifier: str
    note: str


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """Where the guidance comes from and how far it is trusted, in the words of its own scale."""

    citations: tuple[Citation, ...]
    grade: str
    strength: str
    reviewed: tuple[tuple[date, str], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of one rule, ready to be evaluated."""

    name: str
    version: str
    title: str
    status: Lifecycle
    effective_from: date
    effective_until: date | None
    review_by: date
    drugs: tuple[str, ...]
    genes: tuple[str, ...]
    population: str
    population_condition: Condition | None
    evidence: EvidenceRecord
    inputs: tuple[Input, ...]
    decision: Decision
    outcomes: tuple[Outcome, ...]
    tests: tuple[TestSyntax, ...]
    span: Span

    def input(self, name: str) -> Input:
        """The declaration of one input; KeyError for a name that is not declared."""
        for declared in self.inputs:
            if declared.name == name:
                return declared
        raise KeyError(name)

    def outcome(self, name: str) -> Outcome:
        """One outcome; KeyError for a name that is not declared."""
        for declared in self.outcomes:
            if declared.name == name:
                return declared
        raise KeyError(name)

    def in_force(self, day: date) -> bool:
        """Whether this version is effective on a day; the last day is included."""
        return self.effective_from <= day and (self.effective_until is None or day <= self.effective_until)

"""A checked rule: what the checker hands to the evaluator. Every name is resolved, every unit parsed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Final

from dsl.functions import Function
from dsl.syntax import Span, TestSyntax
from dsl.trends import Trend
from dsl.types import ValueType
from dsl.values import Dose, Period, Quantity, Range


class SourceKind(StrEnum):
    """Where in a chart an input comes from; the name that follows it is an entry of the knowledge base."""

    OBSERVATION = "observation"
    PHENOTYPE = "phenotype"
    SCORE = "score"
    """The activity score of a gene."""
    GENOTYPE = "genotype"
    """The two alleles of a gene, as far as guidance tells them apart."""
    VARIANT = "variant"
    """Whether a variant of a gene was found."""
    PATHWAY = "pathway"
    """What the ordered drug leaves of a signal of the tumour."""
    PATIENT = "patient"
    CONDITION = "condition"
    INDICATION = "indication"
    MEDICATION = "medication"
    """Whether a drug is being taken."""
    EXPOSURE = "exposure"
    """Whether a drug was ever taken."""
    ALLERGY = "allergy"
    MODEL = "model"


GENETIC: Final = frozenset({SourceKind.PHENOTYPE, SourceKind.SCORE, SourceKind.GENOTYPE})
"""What an input may ask of a gene."""
CHANGED_BY_DRUGS: Final = frozenset({SourceKind.PHENOTYPE, SourceKind.SCORE})
"""What a gene does, which inhibitors and inducers change; its alleles stay what they are."""


@dataclass(frozen=True, slots=True)
class Source:
    """`observation platelets`, `phenotype TPMT`, `patient age`, `condition stroke_or_tia`."""

    kind: SourceKind
    name: str
    over_upper_limit: bool = False
    """The value divided by the upper reference limit that the laboratory sent with it."""
    trend: Trend | None = None
    """What is taken of the last few results, where it is not the newest alone."""


class WhenMissing(StrEnum):
    """How loudly a missing datum that would still change the answer is asked for."""

    SILENT = "silent"
    INFO = "info"
    TEST_FIRST = "test-first"


@dataclass(frozen=True, slots=True)
class Assumption:
    """The value that stands in for a missing one, and why that may be done."""

    value: Quantity | str | bool
    because: str


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
    assume: Assumption | None = None
    """Used while nothing is on file; the card says so."""


# ---------------------------------------------------------------- calculations
@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two amounts joined by + - * / ^; exact, in base units."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the library, with an argument for each of its parameters."""

    function: Function
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Rounded:
    """An amount rounded to whole steps (`nearest`: a tie goes down), then kept between two bounds."""

    amount: Expression
    direction: str
    step: Quantity
    low: Quantity | None
    high: Quantity | None
    dose: bool = True
    """Whether it is a dose, which must be above zero."""


@dataclass(frozen=True, slots=True)
class LeastHarm:
    """The option with the least expected harm; the first of several that are equal."""

    options: tuple[str, ...]
    harms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Margin:
    """By how much the least of some harms is below the next."""

    harms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """A condition as a value."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Let:
    """A value that the rule calculates from its inputs before it decides."""

    name: str
    type: ValueType
    value: Expression
    reads: tuple[str, ...]
    """Inputs that it rests on, through other calculated values too, in the order of their declaration."""
    named: bool
    """Whether the author gave the name; the others stand for an expression inside a condition or dose."""


# ---------------------------------------------------------------- conditions
@dataclass(frozen=True, slots=True)
class InputRef:
    """The value of an input, or of a `let`."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A value written in the rule."""

    value: Quantity | str | bool


Operand = InputRef | Constant
Expression = InputRef | Constant | Arithmetic | Call | Rounded | LeastHarm | Margin | Truth


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
class CalculatedDose:
    """The amount of a calculated value, given `times` in each period."""

    amount: str
    times: int
    period: Fraction
    period_unit: Period
    text: str
    """How it was written."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Give:
    """A dose of the drug that the rule concerns."""

    dose: Dose
    ask: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"give {self.dose}" + _and_ask(self.ask)


@dataclass(frozen=True, slots=True)
class GiveCalculated:
    """A dose that is calculated for this patient; a finding holds the `Give` that comes of it."""

    dose: CalculatedDose
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


Answer = Give | Advise | Nothing | Ask
Result = Answer | GiveCalculated


def _and_ask(names: tuple[str, ...]) -> str:
    return " and ask " + ", ".join(names) if names else ""


class Indicator(StrEnum):
    """How urgent a card is, as CDS Hooks spells it."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Action(StrEnum):
    """What a source says to do with a drug, as an audit counts it; rules write `_` for `-`."""

    STANDARD = "standard"
    AVOID = "avoid"
    ALTERNATIVE = "alternative"
    CONSIDER_ALTERNATIVE = "consider-alternative"
    REDUCE_START = "reduce-start"
    REDUCE_MAINTENANCE = "reduce-maintenance"
    INCREASE_START = "increase-start"
    START_LOW = "start-low"
    FIXED_START = "fixed-start"
    DOSE_CAP = "dose-cap"
    TITRATION_PROTOCOL = "titration-protocol"
    TEST_ENZYME_ACTIVITY = "test-enzyme-activity"
    CLINICAL_JUDGEMENT = "clinical-judgement"
    CONTINUE_WITH_CAUTION_IF_TOLERATED = "continue-with-caution-if-tolerated"
    USE_WITH_MONITORING = "use-with-monitoring"
    REDUCE = "reduce"
    INCREASE = "increase"
    ADJUST = "adjust"
    REDUCE_OR_ALTERNATIVE = "reduce-or-alternative"
    INCREASE_OR_ALTERNATIVE = "increase-or-alternative"
    AVOID_OR_ADJUST = "avoid-or-adjust"
    MONITOR = "monitor"
    MONITOR_OR_ALTERNATIVE = "monitor-or-alternative"
    NO_RECOMMENDATION = "no-recommendation"
    INVALID_COPY_NUMBER_INPUT = "invalid-copy-number-input"
    SOURCE_HAS_ENTRY = "source-has-entry"
    """The source says something that nobody has read for this knowledge base; advice it is not."""


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
    """What the clinician sees; `{input}` in a text stands for the value of that input.

    A quiet one is an answer that nobody is shown: it has an action, but neither indicator nor texts.
    """

    name: str
    indicator: Indicator | None
    """None for a quiet outcome."""
    advise: str
    rationale: str
    strength: str
    action: Action | None
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

    condition: Condition | None
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
    """Rows that exclude one another, unless `ordered`: then the first that fits answers."""

    name: str
    ordered: bool
    columns: tuple[str, ...]
    rows: tuple[RowRule, ...]
    unknown: Ask | Nothing


Decision = FirstDecision | TableDecision


@dataclass(frozen=True, slots=True)
class RiskLabel:
    """A risk category about a person: stated here, judged by the guard, never shown by the rule itself.

    Its numbers are calculated values: `baseline`, `stratum`, `NAME.benefit` and `NAME.harm` of each action.
    """

    name: str
    condition: Condition
    horizon: Quantity
    actions: tuple[str, ...]
    tighten: Condition | None
    """What must hold beyond the guard's own policy."""


# ---------------------------------------------------------------- the rule
class Lifecycle(StrEnum):
    """Only `active` is shown in production, `shadow` evaluated and logged; the others when asked to."""

    DRAFT = "draft"
    REVIEW = "review"
    SHADOW = "shadow"
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
    attributes: tuple[tuple[str, str], ...] = ()
    """Source attributes that the author wrote, by name."""


@dataclass(frozen=True, slots=True)
class Override:
    """The general rule to which a rule is the exception, and why."""

    rule: str
    because: str
    span: Span


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
    lets: tuple[Let, ...]
    decision: Decision
    outcomes: tuple[Outcome, ...]
    tests: tuple[TestSyntax, ...]
    span: Span
    overrides: tuple[Override, ...] = ()
    replaces: tuple[str, str] | None = None
    """Name and version of the rule that this one stands for now."""
    label: RiskLabel | None = None
    """A rule that states a label decides nothing."""

    def input(self, name: str) -> Input:
        """The declaration of one input; KeyError for a name that is not declared."""
        for declared in self.inputs:
            if declared.name == name:
                return declared
        raise KeyError(name)

    def declared(self, name: str) -> Input | Let:
        """The input or calculated value of this name; KeyError for a name that is not declared."""
        return next((let for let in self.lets if let.name == name), None) or self.input(name)

    def reads(self, name: str) -> tuple[str, ...]:
        """The inputs behind a name: an input itself, or all that a `let` rests on."""
        for calculated in self.lets:
            if calculated.name == name:
                return calculated.reads
        return (name,)

    def outcome(self, name: str) -> Outcome:
        """One outcome; KeyError for a name that is not declared."""
        for declared in self.outcomes:
            if declared.name == name:
                return declared
        raise KeyError(name)

    def in_force(self, day: date) -> bool:
        """Whether this version is effective on a day; the last day is included."""
        return self.effective_from <= day and (self.effective_until is None or day <= self.effective_until)

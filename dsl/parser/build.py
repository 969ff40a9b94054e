"""From Lark's parse tree to the syntax tree: one small method for each rule of the grammar."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from typing import Any

from lark import Token, Transformer, v_args

from dsl import syntax, units
from dsl.diagnostics import Diagnostic
from dsl.syntax import Span, Text
from dsl.values import Dose, Period, Quantity

_DURATION_WORDS = {
    "hour": "h", "hours": "h", "day": "d", "days": "d", "week": "wk", "weeks": "wk",
    "month": "mo", "months": "mo", "year": "a", "years": "a",
}  # fmt: skip

_AMOUNTS = ("mg", "mL", "mmol", "meq", "U", "[iU]")
_PER = ("", "/kg", "/m2")

_MOST = (Quantity(Fraction(500), "g"), Quantity(Fraction(10), "L"))

_MAX_DIGITS = 40

_ESCAPE = re.compile(r"\\(.)")


class Refused(Exception):
    """Raised inside the parser for text that fits the grammar but cannot mean anything."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def _is_dosable(code: str) -> bool:
    return code != "%" and any(units.commensurable(code, amount + per) for amount in _AMOUNTS for per in _PER)


def _is_huge(amount: Quantity) -> bool:
    """More than anybody swallows or is infused with at once: the unit must be a slip."""
    return any(
        units.commensurable(amount.unit, most.unit)
        and amount.value * units.parse(amount.unit).factor > most.value * units.parse(most.unit).factor
        for most in _MOST
    )


@v_args(meta=True)
class TreeBuilder(Transformer[Token, Any]):
    """Builds the nodes of one file; the path goes into every span."""

    def __init__(self, path: str, source: str) -> None:
        super().__init__(visit_tokens=False)
        self._path = path
        self._source = source

    def _span(self, place: Any) -> Span:
        return Span(self._path, place.line, place.column, place.end_line, place.end_column)

    def _word(self, token: Token) -> Text:
        return Text(str(token), self._span(token))

    def _string(self, token: Token) -> Text:
        return Text(_ESCAPE.sub(r"\1", str(token)[1:-1]), self._span(token))

    def _optional_string(self, token: Token | None) -> str:
        return "" if token is None else self._string(token).text

    def _date(self, token: Token) -> date:
        try:
            return date.fromisoformat(str(token))
        except ValueError:
            raise Refused(
                Diagnostic("BR014", f"`{token}` is not a calendar date", self._span(token))
            ) from None

    # -------------------------------------------------------------- file and vocabulary
    def start(self, meta: Any, parts: list[Any]) -> syntax.RuleFile:
        def only(kind: type) -> tuple[Any, ...]:
            return tuple(part for part in parts[1:] if isinstance(part, kind))

        uses = only(syntax.Versioned)
        return syntax.RuleFile(
            self._path, self._source, parts[0], uses, only(syntax.EnumSyntax), only(syntax.RuleSyntax)
        )

    def vocabulary(self, meta: Any, parts: list[Any]) -> syntax.Versioned:
        return syntax.Versioned(parts[0].text, str(parts[1]), self._span(meta))

    use = vocabulary

    def enum(self, meta: Any, parts: list[Any]) -> syntax.EnumSyntax:
        members = tuple(part for part in parts[1:] if part is not None)
        return syntax.EnumSyntax(parts[0], members, self._span(meta))

    def member(self, meta: Any, parts: list[Any]) -> syntax.Member:
        return syntax.Member(parts[0], self._optional_string(parts[1] if len(parts) > 1 else None))

    def name(self, meta: Any, parts: list[Any]) -> Text:
        return self._word(parts[0])

    def path(self, meta: Any, parts: list[Any]) -> Text:
        return self._word(parts[0]) if len(parts) == 1 else self.qname(meta, parts)

    def qname(self, meta: Any, parts: list[Any]) -> Text:
        return Text(".".join(str(part) for part in parts), self._span(meta))

    # -------------------------------------------------------------- header of a rule
    def rule(self, meta: Any, parts: list[Any]) -> syntax.RuleSyntax:
        header = syntax.Versioned(parts[0].text, str(parts[1]), parts[0].span)
        return syntax.RuleSyntax(header, tuple(parts[2:]), self._span(meta))

    def title(self, meta: Any, parts: list[Any]) -> syntax.Title:
        return syntax.Title(self._string(parts[0]), self._span(meta))

    def status(self, meta: Any, parts: list[Any]) -> syntax.Status:
        return syntax.Status(parts[0], self._span(meta))

    def effective(self, meta: Any, parts: list[Any]) -> syntax.Effective:
        end = None if parts[1] is None else self._date(parts[1])
        return syntax.Effective(self._date(parts[0]), end, self._span(meta))

    def review(self, meta: Any, parts: list[Any]) -> syntax.ReviewBy:
        return syntax.ReviewBy(self._date(parts[0]), self._span(meta))

    def concerns(self, meta: Any, parts: list[Any]) -> syntax.Concerns:
        code = None if parts[2] is None else self._word(parts[2])
        return syntax.Concerns(parts[0], parts[1], code, self._span(meta))

    def replaces(self, meta: Any, parts: list[Any]) -> syntax.Replaces:
        return syntax.Replaces(self.vocabulary(meta, parts), self._span(meta))

    def overrides(self, meta: Any, parts: list[Any]) -> syntax.Overrides:
        return syntax.Overrides(parts[0], self._string(parts[1]).text, self._span(meta))

    def population_when(self, meta: Any, parts: list[Any]) -> syntax.Population:
        return syntax.Population(self._string(parts[0]), parts[1], self._span(meta))

    def population_any(self, meta: Any, parts: list[Any]) -> syntax.Population:
        return syntax.Population(self._string(parts[0]), None, self._span(meta))

    def evidence(self, meta: Any, parts: list[Any]) -> syntax.Evidence:
        return syntax.Evidence(tuple(parts), self._span(meta))

    def cites(self, meta: Any, parts: list[Any]) -> syntax.Cites:
        citations = tuple(self._word(part) for part in parts if part is not None and part.type == "CITATION")
        return syntax.Cites(citations, self._optional_string(parts[-1]), self._span(meta))

    def grade(self, meta: Any, parts: list[Any]) -> syntax.Graded:
        return syntax.Graded("grade", parts[0], self._span(meta))

    def strength(self, meta: Any, parts: list[Any]) -> syntax.Graded:
        return syntax.Graded("strength", parts[0], self._span(meta))

    def reviewed(self, meta: Any, parts: list[Any]) -> syntax.Reviewed:
        return syntax.Reviewed(self._date(parts[0]), self._string(parts[1]).text, self._span(meta))

    def attribute(self, meta: Any, parts: list[Any]) -> syntax.Attribute:
        return syntax.Attribute(parts[0], self._string(parts[1]).text, self._span(meta))

    # -------------------------------------------------------------- inputs
    def input(self, meta: Any, parts: list[Any]) -> syntax.InputSyntax:
        name, kind, source, within, need, loudness = parts
        return syntax.InputSyntax(name, kind, source, within, need, loudness, self._span(meta))

    def type(self, meta: Any, parts: list[Any]) -> syntax.TypeSyntax:
        unit = None if parts[1] is None else self._unit(parts[1])
        return syntax.TypeSyntax(parts[0], unit, self._span(meta))

    def source(self, meta: Any, parts: list[Any]) -> syntax.SourceSyntax:
        named = parts[1] if isinstance(parts[1], Text) else self._word(parts[1])
        trend = parts[2] if isinstance(parts[2], syntax.TrendSyntax) else None
        return syntax.SourceSyntax(parts[0], named, parts[2] is True, trend, self._span(meta))

    def source_kind(self, meta: Any, parts: list[Any]) -> Text:
        return self._word(parts[0])

    kind = trend_word = source_kind

    def upper_limit(self, meta: Any, parts: list[Any]) -> bool:
        return True

    def trend(self, meta: Any, parts: list[Any]) -> syntax.TrendSyntax:
        count = syntax.QuantityLiteral(Quantity(self._number(parts[1]), "1"), self._span(parts[1]))
        return syntax.TrendSyntax(parts[0], count, self._span(meta))

    def within(self, meta: Any, parts: list[Any]) -> syntax.QuantityLiteral:
        literal: syntax.QuantityLiteral = parts[0]
        return literal

    def lifetime(self, meta: Any, parts: list[Any]) -> str:
        return "lifetime"

    def required(self, meta: Any, parts: list[Any]) -> syntax.Need:
        return syntax.Need("required", "", None, self._span(meta))

    def optional(self, meta: Any, parts: list[Any]) -> syntax.Need:
        return syntax.Need("optional", self._optional_string(parts[0]), None, self._span(meta))

    def assume(self, meta: Any, parts: list[Any]) -> syntax.Need:
        return syntax.Need("assume", self._string(parts[1]).text, parts[0], self._span(meta))

    def loudness(self, meta: Any, parts: list[Any]) -> str:
        return str(parts[0])

    def let(self, meta: Any, parts: list[Any]) -> syntax.LetSyntax:
        return syntax.LetSyntax(parts[0], parts[1], parts[2], self._span(meta))

    # -------------------------------------------------------------- futures and labels
    def choice(self, meta: Any, parts: list[Any]) -> syntax.ChoiceSyntax:
        options = tuple(part for part in parts if isinstance(part, syntax.OptionSyntax))
        consequences = tuple(part for part in parts if isinstance(part, syntax.ConsequenceSyntax))
        return syntax.ChoiceSyntax(parts[0], parts[1], options, consequences, parts[-1], self._span(meta))

    def option(self, meta: Any, parts: list[Any]) -> syntax.OptionSyntax:
        return syntax.OptionSyntax(parts[0], self._string(parts[1]).text, self._span(meta))

    def consequence(self, meta: Any, parts: list[Any]) -> syntax.ConsequenceSyntax:
        return syntax.ConsequenceSyntax(parts[0], parts[1], tuple(parts[2:]), self._span(meta))

    def future(self, meta: Any, parts: list[Any]) -> tuple[Text, syntax.Expression]:
        return parts[0], parts[1]

    def indifferent(self, meta: Any, parts: list[Any]) -> syntax.Expression:
        within: syntax.Expression = parts[0]
        return within

    def label(self, meta: Any, parts: list[Any]) -> syntax.LabelSyntax:
        risks = tuple(part for part in parts if isinstance(part, syntax.RiskSyntax))
        actions = tuple(part for part in parts if isinstance(part, syntax.ActionSyntax))
        return syntax.LabelSyntax(parts[0], parts[1], risks, actions, parts[-1], self._span(meta))

    def risk(self, meta: Any, parts: list[Any]) -> syntax.RiskSyntax:
        return syntax.RiskSyntax(parts[0], parts[1], parts[2], self._span(meta))

    def risk_word(self, meta: Any, parts: list[Any]) -> str:
        return str(parts[0])

    def action(self, meta: Any, parts: list[Any]) -> syntax.ActionSyntax:
        citations = parts[3].citations if parts[3] is not None else ()
        return syntax.ActionSyntax(parts[0], parts[1], parts[2], citations, self._span(meta))

    def tighten(self, meta: Any, parts: list[Any]) -> syntax.Expression:
        required: syntax.Expression = parts[0]
        return required

    # -------------------------------------------------------------- decisions
    def decide(self, meta: Any, parts: list[Any]) -> syntax.Decide:
        branches = tuple(part for part in parts[1:-1] if part is not None)
        return syntax.Decide(parts[0], branches, parts[-1], self._span(meta))

    def branch(self, meta: Any, parts: list[Any]) -> syntax.Branch:
        return syntax.Branch(parts[0], parts[1], self._span(meta))

    def otherwise(self, meta: Any, parts: list[Any]) -> syntax.Branch:
        return syntax.Branch(None, parts[0], self._span(meta))

    def on_unknown(self, meta: Any, parts: list[Any]) -> syntax.ResultSyntax:
        result: syntax.ResultSyntax = parts[0]
        return result

    def table(self, meta: Any, parts: list[Any]) -> syntax.Table:
        header: list[Text] = parts[2]
        columns, output, rows = tuple(header[:-1]), header[-1], tuple(parts[3:-1])
        return syntax.Table(parts[0], parts[1], columns, output, rows, parts[-1], self._span(meta))

    def hit(self, meta: Any, parts: list[Any]) -> str:
        return str(parts[0])

    def header(self, meta: Any, parts: list[Any]) -> list[Text]:
        return parts

    def row(self, meta: Any, parts: list[Any]) -> syntax.RowSyntax:
        return syntax.RowSyntax(tuple(parts[:-1]), parts[-1], self._span(meta))

    def any_cell(self, meta: Any, parts: list[Any]) -> syntax.AnyCell:
        return syntax.AnyCell(self._span(meta))

    def else_cell(self, meta: Any, parts: list[Any]) -> syntax.ElseCell:
        return syntax.ElseCell(self._span(meta))

    def missing_cell(self, meta: Any, parts: list[Any]) -> syntax.MissingCell:
        return syntax.MissingCell(self._span(meta))

    def compare_cell(self, meta: Any, parts: list[Any]) -> syntax.CompareCell:
        return syntax.CompareCell(str(parts[0]), parts[1], self._span(meta))

    def interval_cell(self, meta: Any, parts: list[Any]) -> syntax.Interval:
        interval: syntax.Interval = parts[0]
        return interval

    def one_of_cell(self, meta: Any, parts: list[Any]) -> syntax.OneOfCell:
        missing = [part for part in parts if isinstance(part, syntax.MissingCell)]
        literals = tuple(part for part in parts if not isinstance(part, syntax.MissingCell))
        return syntax.OneOfCell(literals, missing[0] if missing else None, self._span(meta))

    def give(self, meta: Any, parts: list[Any]) -> syntax.GiveSyntax:
        return syntax.GiveSyntax(parts[0], parts[1] or (), self._span(meta))

    def ask(self, meta: Any, parts: list[Any]) -> syntax.AskSyntax:
        return syntax.AskSyntax(tuple(parts), self._span(meta))

    def none(self, meta: Any, parts: list[Any]) -> syntax.NoneSyntax:
        return syntax.NoneSyntax(self._optional_string(parts[0]), parts[1] or (), self._span(meta))

    def outcome_name(self, meta: Any, parts: list[Any]) -> syntax.OutcomeName:
        return syntax.OutcomeName(parts[0], parts[1] or (), self._span(meta))

    def and_ask(self, meta: Any, parts: list[Any]) -> tuple[Text, ...]:
        return tuple(parts)

    def dose(self, meta: Any, parts: list[Any]) -> Dose | syntax.ComputedDose:
        amount, rounding, (times, period, unit) = parts
        if times <= 0 or period <= 0:
            raise self._no_dose(self._span(meta))
        if rounding is not None:
            return syntax.ComputedDose(amount, rounding, times, period, unit, self._span(meta))
        if isinstance(amount, Text) and _is_dosable(amount.text):
            raise self._no_dose(self._span(meta))
        if not isinstance(amount, syntax.QuantityLiteral):
            raise Refused(
                Diagnostic(
                    "BR016", "a calculated dose says how it is rounded", self._span(meta),
                    help="write `… rounded to 25 mg`, or `rounded down to 25 mg`",
                )
            )  # fmt: skip
        if amount.quantity.value <= 0 or amount.quantity.unit == "1":
            raise self._no_dose(self._span(meta))
        self._check_dosable(amount)
        return Dose(amount.quantity, times, period, unit)

    def _no_dose(self, span: Span) -> Refused:
        message = "the dose needs an amount above zero with a unit"
        return Refused(Diagnostic("BR016", message, span, help="write it like `200 mg once daily`"))

    def _check_dosable(self, amount: syntax.QuantityLiteral) -> None:
        if not _is_dosable(amount.quantity.unit) or _is_huge(amount.quantity):
            raise Refused(
                Diagnostic(
                    "BR016", f"`{amount.quantity}` is no dose", amount.span,
                    help="write a mass (500 g at most), a volume (10 L) or a count, perhaps per kg or m2",
                )
            )  # fmt: skip

    def rounding(self, meta: Any, parts: list[Any]) -> syntax.Rounding:
        direction, step, low, high = parts
        for amount in (step, low, high):
            if amount is not None:
                self._check_dosable(amount)
        if step.quantity.value <= 0:
            raise self._no_dose(step.span)
        return syntax.Rounding(direction or "nearest", step, low, high, self._span(meta))

    def direction(self, meta: Any, parts: list[Any]) -> str:
        return str(parts[0])

    def once_daily(self, meta: Any, parts: list[Any]) -> tuple[int, Fraction, Period]:
        return 1, Fraction(1), Period.DAY

    def twice_daily(self, meta: Any, parts: list[Any]) -> tuple[int, Fraction, Period]:
        return 2, Fraction(1), Period.DAY

    def times_daily(self, meta: Any, parts: list[Any]) -> tuple[int, Fraction, Period]:
        return self._count(parts[0]), Fraction(1), Period.DAY

    def once_weekly(self, meta: Any, parts: list[Any]) -> tuple[int, Fraction, Period]:
        return 1, Fraction(1), Period.WEEK

    def twice_weekly(self, meta: Any, parts: list[Any]) -> tuple[int, Fraction, Period]:
        return 2, Fraction(1), Period.WEEK

    def times_weekly(self, meta: Any, parts: list[Any]) -> tuple[int, Fraction, Period]:
        return self._count(parts[0]), Fraction(1), Period.WEEK

    def every(self, meta: Any, parts: list[Any]) -> tuple[int, Fraction, Period]:
        quantity: Quantity = parts[0].quantity
        if quantity.unit not in {period.value for period in Period}:
            raise Refused(Diagnostic("BR016", "a dosing interval is in hours, days or weeks", parts[0].span))
        return 1, quantity.value, Period(quantity.unit)

    def _count(self, token: Token) -> int:
        value = self._number(token)
        if value.denominator != 1:
            raise Refused(Diagnostic("BR016", "doses are counted in whole numbers", self._span(token)))
        return int(value)

    # -------------------------------------------------------------- outcomes
    def outcome(self, meta: Any, parts: list[Any]) -> syntax.OutcomeSyntax:
        return syntax.OutcomeSyntax(parts[0], tuple(parts[1:]), self._span(meta))

    def indicator(self, meta: Any, parts: list[Any]) -> syntax.OutcomeItem:
        return syntax.OutcomeItem("indicator", parts[0], self._span(meta))

    def answer(self, meta: Any, parts: list[Any]) -> syntax.OutcomeItem:
        return syntax.OutcomeItem("action", parts[0], self._span(meta))

    def advise(self, meta: Any, parts: list[Any]) -> syntax.OutcomeItem:
        return syntax.OutcomeItem("advise", self._string(parts[0]), self._span(meta))

    def rationale(self, meta: Any, parts: list[Any]) -> syntax.OutcomeItem:
        return syntax.OutcomeItem("rationale", self._string(parts[0]), self._span(meta))

    def override(self, meta: Any, parts: list[Any]) -> syntax.OutcomeItem:
        return syntax.OutcomeItem("override", self._string(parts[0]), self._span(meta))

    def suggest_dose(self, meta: Any, parts: list[Any]) -> syntax.SuggestDose:
        return syntax.SuggestDose(parts[0], self._optional_string(parts[1]), self._span(meta))

    def suggest_drug(self, meta: Any, parts: list[Any]) -> syntax.SuggestDrug:
        return syntax.SuggestDrug(parts[0], parts[1], self._optional_string(parts[2]), self._span(meta))

    def suggest_withdraw(self, meta: Any, parts: list[Any]) -> syntax.SuggestWithdraw:
        return syntax.SuggestWithdraw(self._string(parts[0]).text, self._span(meta))

    # -------------------------------------------------------------- tests
    def test(self, meta: Any, parts: list[Any]) -> syntax.TestSyntax:
        day = None if parts[1] is None else self._date(parts[1])
        given = tuple(part for part in parts[2:] if isinstance(part, syntax.Given))
        expects = tuple(part for part in parts[2:] if isinstance(part, syntax.Expectation))
        return syntax.TestSyntax(self._string(parts[0]), day, given, expects, self._span(meta))

    def given_value(self, meta: Any, parts: list[Any]) -> syntax.Given:
        return syntax.Given(parts[0], parts[1], None, self._span(meta))

    def given_missing(self, meta: Any, parts: list[Any]) -> syntax.Given:
        reason = None if parts[1] is None else self._word(parts[1])
        return syntax.Given(parts[0], None, reason, self._span(meta))

    def expect_result(self, meta: Any, parts: list[Any]) -> syntax.ExpectResult:
        return syntax.ExpectResult(parts[0], parts[1], self._span(meta))

    def expect_value(self, meta: Any, parts: list[Any]) -> syntax.ExpectValue:
        return syntax.ExpectValue(parts[0], parts[1], self._span(meta))

    def expect_outside(self, meta: Any, parts: list[Any]) -> syntax.ExpectOutside:
        return syntax.ExpectOutside(self._span(meta))

    def expect_withheld(self, meta: Any, parts: list[Any]) -> syntax.ExpectWithheld:
        return syntax.ExpectWithheld(parts[0], parts[1], self._span(meta))

    def expect_trace(self, meta: Any, parts: list[Any]) -> syntax.ExpectTrace:
        return syntax.ExpectTrace(self._string(parts[0]), self._span(meta))

    # -------------------------------------------------------------- conditions
    def any_of(self, meta: Any, parts: list[Any]) -> syntax.Expression:
        single: syntax.Expression = parts[0]
        return single if len(parts) == 1 else syntax.AnyOf(tuple(parts), self._span(meta))

    def all_of(self, meta: Any, parts: list[Any]) -> syntax.Expression:
        single: syntax.Expression = parts[0]
        return single if len(parts) == 1 else syntax.AllOf(tuple(parts), self._span(meta))

    def negation(self, meta: Any, parts: list[Any]) -> syntax.Not:
        return syntax.Not(parts[0], self._span(meta))

    # -------------------------------------------------------------- arithmetic
    def add(self, meta: Any, parts: list[Any]) -> syntax.Arithmetic:
        return syntax.Arithmetic("+", parts[0], parts[1], self._span(meta))

    def subtract(self, meta: Any, parts: list[Any]) -> syntax.Arithmetic:
        return syntax.Arithmetic("-", parts[0], parts[1], self._span(meta))

    def multiply(self, meta: Any, parts: list[Any]) -> syntax.Arithmetic:
        return syntax.Arithmetic("*", parts[0], parts[1], self._span(meta))

    def divide(self, meta: Any, parts: list[Any]) -> syntax.Arithmetic:
        return syntax.Arithmetic("/", parts[0], parts[1], self._span(meta))

    def power(self, meta: Any, parts: list[Any]) -> syntax.Arithmetic:
        return syntax.Arithmetic("^", parts[0], parts[1], self._span(meta))

    def negative(self, meta: Any, parts: list[Any]) -> syntax.Expression:
        literal = isinstance(parts[0], syntax.QuantityLiteral)
        return self.minus(meta, parts) if literal else syntax.Negative(parts[0], self._span(meta))

    def minus(self, meta: Any, parts: list[Any]) -> syntax.QuantityLiteral:
        amount = parts[0].quantity
        return syntax.QuantityLiteral(Quantity(-amount.value, amount.unit), self._span(meta))

    def call(self, meta: Any, parts: list[Any]) -> syntax.Call:
        return syntax.Call(parts[0], tuple(parts[1:]), self._span(meta))

    def named_argument(self, meta: Any, parts: list[Any]) -> syntax.Argument:
        return syntax.Argument(parts[0], parts[1], self._span(meta))

    def argument(self, meta: Any, parts: list[Any]) -> syntax.Argument:
        return syntax.Argument(None, parts[0], self._span(meta))

    def compare(self, meta: Any, parts: list[Any]) -> syntax.Comparison:
        return syntax.Comparison(str(parts[1]), parts[0], parts[2], self._span(meta))

    def equal(self, meta: Any, parts: list[Any]) -> syntax.Comparison:
        return syntax.Comparison("=", parts[0], parts[1], self._span(meta))

    def in_interval(self, meta: Any, parts: list[Any]) -> syntax.InInterval:
        return syntax.InInterval(parts[0], parts[1], self._span(meta))

    def in_set(self, meta: Any, parts: list[Any]) -> syntax.InSet:
        return syntax.InSet(parts[0], tuple(parts[1:]), self._span(meta))

    def presence(self, meta: Any, parts: list[Any]) -> syntax.Presence:
        return syntax.Presence(parts[0], str(parts[1]) == "known", self._span(meta))

    def interval(self, meta: Any, parts: list[Any]) -> syntax.Interval:
        low, sign, high = parts
        if low.quantity.unit == "1":
            # `15 ..< 30 mL/min`: the unit at the end holds for both bounds
            low = syntax.QuantityLiteral(Quantity(low.quantity.value, high.quantity.unit), low.span)
        return syntax.Interval(low, high, not sign.startswith("<"), not sign.endswith("<"), self._span(meta))

    def quantity(self, meta: Any, parts: list[Any]) -> syntax.QuantityLiteral:
        unit = "1" if parts[1] is None else self._unit(parts[1]).text
        return syntax.QuantityLiteral(Quantity(self._number(parts[0]), unit), self._span(meta))

    def _number(self, token: Token) -> Fraction:
        if len(token) > _MAX_DIGITS:
            message = f"a number has {_MAX_DIGITS} digits at most"
            raise Refused(Diagnostic("BR002", message, self._span(token)))
        return syntax.number(str(token))

    def _unit(self, token: Token) -> Text:
        return Text(_DURATION_WORDS.get(str(token), str(token)), self._span(token))

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
        return syntax.Concerns(parts[0], parts[1], self._span(meta))

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

    # -------------------------------------------------------------- inputs
    def input(self, meta: Any, parts: list[Any]) -> syntax.InputSyntax:
        name, (type_name, unit), (kind, source, over), within, (optional, assuming), loudness = parts
        return syntax.InputSyntax(
            name, type_name, unit, kind, source, over, within, optional, assuming, loudness, self._span(meta)
        )

    def type(self, meta: Any, parts: list[Any]) -> tuple[Text, Text | None]:
        return parts[0], None if parts[1] is None else self._unit(parts[1])

    def source(self, meta: Any, parts: list[Any]) -> tuple[Text, Text, bool]:
        named = parts[1] if isinstance(parts[1], Text) else self._word(parts[1])
        return parts[0], named, parts[2] is not None

    def upper_limit(self, meta: Any, parts: list[Any]) -> bool:
        return True

    def within(self, meta: Any, parts: list[Any]) -> syntax.QuantityLiteral:
        literal: syntax.QuantityLiteral = parts[0]
        return literal

    def lifetime(self, meta: Any, parts: list[Any]) -> str:
        return "lifetime"

    def required(self, meta: Any, parts: list[Any]) -> tuple[bool, str]:
        return False, ""

    def optional(self, meta: Any, parts: list[Any]) -> tuple[bool, str]:
        return True, self._optional_string(parts[0])

    def loudness(self, meta: Any, parts: list[Any]) -> str:
        return str(parts[0])

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
        header: list[Text] = parts[1]
        return syntax.Table(
            parts[0], tuple(header[:-1]), header[-1], tuple(parts[2:-1]), parts[-1], self._span(meta)
        )

    def header(self, meta: Any, parts: list[Any]) -> list[Text]:
        return parts

    def row(self, meta: Any, parts: list[Any]) -> syntax.RowSyntax:
        return syntax.RowSyntax(tuple(parts[:-1]), parts[-1], self._span(meta))

    def any_cell(self, meta: Any, parts: list[Any]) -> syntax.AnyCell:
        return syntax.AnyCell(self._span(meta))

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

    def dose(self, meta: Any, parts: list[Any]) -> Dose:
        literal, (times, period, unit) = parts
        if literal.quantity.value <= 0 or times <= 0 or period <= 0 or literal.quantity.unit == "1":
            raise Refused(
                Diagnostic(
                    "BR016", "the dose needs an amount above zero with a unit", self._span(meta),
                    help="write it like `200 mg once daily`",
                )
            )  # fmt: skip
        if not _is_dosable(literal.quantity.unit) or _is_huge(literal.quantity):
            raise Refused(
                Diagnostic(
                    "BR016", f"`{literal.quantity}` is no dose", literal.span,
                    help="write a mass (500 g at most), a volume (10 L) or a count, perhaps per kg or m2",
                )
            )  # fmt: skip
        return Dose(literal.quantity, times, period, unit)

    def once_daily(self, meta: Any, parts: list[Any]) -> tuple[int, Fraction, Period]:
        return 1, Fraction(1), Period.DAY

    def twice_daily(self, meta: Any, parts: list[Any]) -> tuple[int, Fraction, Period]:
        return 2, Fraction(1), Period.DAY

    def times_daily(self, meta: Any, parts: list[Any]) -> tuple[int, Fraction, Period]:
        return self._count(parts[0]), Fraction(1), Period.DAY

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
        kinds = (syntax.ExpectResult, syntax.ExpectOutside, syntax.ExpectTrace)
        expects = tuple(part for part in parts[2:] if isinstance(part, kinds))
        return syntax.TestSyntax(self._string(parts[0]), day, given, expects, self._span(meta))

    def given_value(self, meta: Any, parts: list[Any]) -> syntax.Given:
        return syntax.Given(parts[0], parts[1], None, self._span(meta))

    def given_missing(self, meta: Any, parts: list[Any]) -> syntax.Given:
        reason = None if parts[1] is None else self._word(parts[1])
        return syntax.Given(parts[0], None, reason, self._span(meta))

    def expect_result(self, meta: Any, parts: list[Any]) -> syntax.ExpectResult:
        return syntax.ExpectResult(parts[0], parts[1], self._span(meta))

    def expect_outside(self, meta: Any, parts: list[Any]) -> syntax.ExpectOutside:
        return syntax.ExpectOutside(self._span(meta))

    def expect_trace(self, meta: Any, parts: list[Any]) -> syntax.ExpectTrace:
        return syntax.ExpectTrace(self._string(parts[0]), self._span(meta))

    # -------------------------------------------------------------- conditions
    def any_of(self, meta: Any, parts: list[Any]) -> syntax.Condition:
        single: syntax.Condition = parts[0]
        return single if len(parts) == 1 else syntax.AnyOf(tuple(parts), self._span(meta))

    def all_of(self, meta: Any, parts: list[Any]) -> syntax.Condition:
        single: syntax.Condition = parts[0]
        return single if len(parts) == 1 else syntax.AllOf(tuple(parts), self._span(meta))

    def negation(self, meta: Any, parts: list[Any]) -> syntax.Not:
        return syntax.Not(parts[0], self._span(meta))

    def truth(self, meta: Any, parts: list[Any]) -> syntax.Truth:
        return syntax.Truth(parts[0], self._span(meta))

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

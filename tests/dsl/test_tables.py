"""Tables: the proof of completeness and the certain answers, both against brute force.

Cells here carry their own meaning beside the checked one, so that brute force shares no code with `dsl`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl import (
    Advise,
    Ask,
    Fact,
    Nothing,
    Quantity,
    Range,
    Reason,
    Rule,
    Span,
    State,
    evaluate,
    known,
    quantity,
)
from dsl.checker.amounts import Declared
from dsl.checker.tables import check_table
from dsl.model import Cell, Compare, Constant, Input, InputRef, OneOf, Result, RowRule, TableDecision, Within
from dsl.values import Value
from tests.dsl.support import (
    KILOGRAMS,
    LETTERS,
    PROPERTY,
    SLOW_PROPERTY,
    TRUTH,
    declared,
    errors_in,
    found_in,
    halves,
    rule,
    rule_text,
)

Plain = str | bool | Fraction | None
"""A value as brute force sees it; None is an optional input that is missing."""

GRID: list[Plain] = list(halves(-1, 6, 4))


@dataclass(frozen=True)
class Meant:
    """A cell, and what it means."""

    cell: Cell
    takes: Callable[[Plain], bool]


ANY = Meant(Cell(None, any=True), lambda _: True)
MISSING = Meant(Cell(None, missing=True), lambda value: value is None)


@dataclass(frozen=True)
class Column:
    """One input with all values that brute force tries."""

    input: Input
    values: tuple[Plain, ...]


COLUMNS = [
    Column(declared(f"{name}{'?' if optional else ''}", kind, optional=optional), (*values, *tail))
    for name, kind, values in (
        ("letter", LETTERS, ("a", "b", "c")), ("truth", TRUTH, (True, False)), ("weight", KILOGRAMS, GRID),
    )
    for optional, tail in ((False, ()), (True, (None,)))
]  # fmt: skip

SIGNS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "!=": lambda a, b: a != b,
}  # fmt: skip


def one_of(column: Column, chosen: frozenset[Plain]) -> Meant:
    """Some names or truths, perhaps with `missing` among them."""
    values = frozenset(value for value in chosen if isinstance(value, str | bool))
    if not values:
        return MISSING
    condition = OneOf(column.input.name, frozenset[Quantity | str | bool](values), "")
    return Meant(Cell(condition, missing=None in chosen), lambda value: value in chosen)


def compare(column: Column, sign: str, cut: Fraction) -> Meant:
    """`>= 3 kg`, written in grams."""
    grams = Constant(Quantity(cut * 1000, "g"))
    condition = Compare(sign, InputRef(column.input.name), grams, "")
    return Meant(Cell(condition), lambda value: isinstance(value, Fraction) and SIGNS[sign](value, cut))


def within(column: Column, low: Fraction, high: Fraction, low_in: bool, high_in: bool) -> Meant:
    """`2 ..< 4 kg`."""

    def takes(value: Plain) -> bool:
        if not isinstance(value, Fraction):
            return False
        above = value >= low if low_in else value > low
        below = value <= high if high_in else value < high
        return above and below

    return Meant(Cell(Within(column.input.name, Range(low, high, low_in, high_in, "kg"), "")), takes)


@st.composite
def splits(draw: st.DrawFn, column: Column) -> list[Meant]:
    """Cells that share out all values of a column, each to exactly one of them."""
    if draw(st.booleans()):
        return [ANY]
    optional = [MISSING] if column.input.optional else []
    if column.input.type is not KILOGRAMS:
        places = {value: draw(st.integers(0, 2)) for value in column.values}
        groups = (frozenset(v for v in places if places[v] == place) for place in range(3))
        return [one_of(column, group) for group in groups if group]
    cut = Fraction(draw(st.integers(1, 3)))
    low, high = draw(st.sampled_from([("<", ">="), ("<=", ">")]))
    if draw(st.booleans()):
        return [compare(column, low, cut), compare(column, high, cut), *optional]
    if draw(st.booleans()):
        point = within(column, cut, cut, True, True)
        return [compare(column, "!=", cut), point, *optional]
    end, end_low, end_high = (
        Fraction(draw(st.integers(4, 5))),
        *draw(st.sampled_from([("<", ">="), ("<=", ">")])),
    )
    middle = within(column, cut, end, low == "<", end_low == "<=")
    return [compare(column, low, cut), middle, compare(column, end_high, end), *optional]


RESULTS: list[Result] = [Advise("one"), Advise("two"), Nothing("quiet"), Ask(("asked",))]
Row = tuple[tuple[Meant, ...], Result]


@dataclass(frozen=True)
class Drawn:
    """A table with the meaning of its cells."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def table(self) -> TableDecision:
        rows = tuple(
            RowRule(tuple(meant.cell for meant in cells), result, "", line)
            for line, (cells, result) in enumerate(self.rows, 1)
        )
        names = tuple(column.input.name for column in self.columns)
        return TableDecision("t", False, names, rows, Ask(("asked",)))

    @property
    def declared(self) -> list[Declared]:
        inputs = [column.input for column in self.columns]
        return [Declared(each.name, each.type, (each.name,), each) for each in inputs]

    def hits(self, case: Sequence[Plain]) -> list[int]:
        return [
            index
            for index, (cells, _) in enumerate(self.rows)
            if all(meant.takes(value) for meant, value in zip(cells, case, strict=True))
        ]


@st.composite
def complete_tables(draw: st.DrawFn) -> Drawn:
    """Tables that answer each case once, because rows are split along columns one after another."""
    columns = tuple(draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=3, unique_by=id)))
    rows: list[tuple[Meant, ...]] = [()]
    for column in columns:
        rows = [(*row, cell) for row in rows for cell in draw(splits(column))]
    rows = rows[:24] if len(rows) <= 24 else [tuple(ANY for _ in columns)]
    return Drawn(columns, tuple((row, draw(st.sampled_from(RESULTS))) for row in draw(st.permutations(rows))))


@st.composite
def any_tables(draw: st.DrawFn) -> Drawn:
    """Complete tables, most of them damaged: a row dropped, doubled, widened, or a cell of another split."""
    drawn = draw(complete_tables())
    rows = list(drawn.rows)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(rows) - 1))
        cells, result = rows[at]
        column = draw(st.integers(0, len(cells) - 1))
        other = draw(splits(drawn.columns[column]))[0]
        damage = draw(st.sampled_from(["drop", "double", "widen", "swap"]))
        if damage == "drop" and len(rows) > 1:
            del rows[at]
        elif damage == "double":
            rows.append((cells, draw(st.sampled_from(RESULTS))))
        elif damage == "widen":
            rows[at] = (*cells[:column], ANY, *cells[column + 1 :]), result
        else:
            rows[at] = (*cells[:column], other, *cells[column + 1 :]), result
    return Drawn(drawn.columns, tuple(rows))


def spans(drawn: Drawn) -> tuple[Span, ...]:
    return tuple(Span("t.rule", line, 1, line, 9) for line in range(1, len(drawn.rows) + 1))


@PROPERTY
@given(any_tables())
def test_the_proof_agrees_with_brute_force(drawn: Drawn) -> None:
    """A gap, a clash or a dead row is reported if and only if some case shows it."""
    cases = [drawn.hits(case) for case in product(*(column.values for column in drawn.columns))]
    gap = any(not hits for hits in cases)
    clash = any(len({drawn.rows[hit][1] for hit in hits}) > 1 for hits in cases)
    first = {hits[0] for hits in cases if hits}
    clashing = {hit for hits in cases for hit in hits if drawn.rows[hit][1] != drawn.rows[hits[0]][1]}
    dead = {index + 1 for index in range(len(drawn.rows))} - {hit + 1 for hit in first | clashing}
    found = check_table(drawn.table, drawn.declared, {}, spans(drawn), Span("t.rule", 99, 1, 99, 2))
    codes = [one.code for one in found]
    assert ("BR009" in codes) is gap
    assert ("BR010" in codes) is clash
    assert {one.span.line for one in found if one.code == "BR011"} == dead
    assert codes.count("BR009") <= 1
    assert all(bool(one.case) is (one.code != "BR011") for one in found)


def as_rule(drawn: Drawn) -> Rule:
    frame = rule("table t unique { | g => t | * => none unknown => ask g } "
                 "input g: Phenotype from phenotype CYP2C19 lifetime required")  # fmt: skip
    inputs = (*(column.input for column in drawn.columns), declared("asked", TRUTH))
    return Rule(
        **{
            field: getattr(frame, field)
            for field in Rule.__dataclass_fields__
            if field not in ("inputs", "decision")
        },
        inputs=inputs,
        decision=drawn.table,
    )


def as_value(value: Plain) -> Value:
    assert value is not None
    return Quantity(value, "kg") if isinstance(value, Fraction) else value


@st.composite
def knowledge(draw: st.DrawFn, column: Column) -> tuple[Fact, list[Plain]]:
    """What may be known of an input, and every value that this leaves possible."""
    present: list[Plain] = [value for value in column.values if value is not None]
    if draw(st.booleans()):
        return Fact((), Reason.STALE), [None] if column.input.optional else present
    if column.input.type is KILOGRAMS and draw(st.booleans()):
        low, high = sorted((draw(st.sampled_from(halves(0, 5))), draw(st.sampled_from(halves(0, 5)))))
        below, above = draw(st.sampled_from([(True, True), (False, True), (True, False)]))
        inside = [
            value
            for value in present
            if isinstance(value, Fraction)
            and (not below or value > low or value == low)
            and (not above or value < high + 1)
        ]
        bounds = Range(low if below else None, high + 1 if above else None, below, False, "kg")
        return Fact((bounds,), Reason.COMPARATOR), list[Plain](inside)
    chosen = draw(st.lists(st.sampled_from(present), min_size=1, max_size=2, unique=True))
    return Fact(tuple(as_value(value) for value in chosen), Reason.CONFLICT), chosen


def said(result: Result) -> object:
    return "none" if isinstance(result, Nothing) else result


@PROPERTY
@given(complete_tables(), st.data())
def test_the_answer_is_the_common_answer_of_all_completions(drawn: Drawn, data: st.DataObject) -> None:
    """H-006, H-014, H-033: settled if and only if every patient who is still possible gets this answer."""
    facts: dict[str, Fact] = {}
    possible: list[list[Plain]] = []
    for column in drawn.columns:
        facts[column.input.name], values = data.draw(knowledge(column))
        possible.append(values)
    answers = {said(drawn.rows[hit][1]) for case in product(*possible) for hit in drawn.hits(case)}
    finding = evaluate(as_rule(drawn), facts)
    if len(answers) == 1:
        assert said(finding.result) == answers.pop()
        asked = isinstance(finding.result, Ask)
        assert finding.state is (
            State.ASK if asked else State.NOTHING if said(finding.result) == "none" else State.ADVICE
        )
        assert finding.lines
    else:
        assert (finding.result, finding.state, finding.lines) == (Ask(("asked",)), State.ASK, ())
        assert finding.asks
    assert all(name == "asked" or not facts[name].known for name in finding.asks)


@SLOW_PROPERTY
@given(complete_tables(), st.data())
def test_only_an_asked_input_can_change_the_answer(drawn: Drawn, data: st.DataObject) -> None:
    """Whatever is asked for matters: each subset of missing required inputs, one table after another."""
    required = [column for column in drawn.columns if not column.input.optional]
    gone = data.draw(st.sets(st.sampled_from([column.input.name for column in required] or ["none"])))
    facts = {
        column.input.name: known(as_value(data.draw(st.sampled_from(column.values[:-1]))))
        for column in drawn.columns
        if column.input.name not in gone
    }
    finding = evaluate(as_rule(drawn), facts)
    assert set(finding.asks) <= gone or finding.result == Ask(("asked",))
    assert set(finding.decided_by) <= set(facts)


# ---------------------------------------------------------------- what the author reads
GENE = "input gene: Phenotype from phenotype CYP2C19 lifetime required"
WEIGHT = "input weight: Quantity[kg] from observation weight within 90 days required"
STROKE = "input stroke: Boolean from condition stroke optional"
OUTCOME = 'outcome change { indicator info advise "Change" }'


def table_of(*rows: str, inputs: str = f"{GENE} {WEIGHT} {STROKE}") -> str:
    body = "\n".join(f"  | {row}" for row in rows)
    return rule_text(f"{inputs}\n table advice unique {{\n{body}\n unknown => ask gene }}\n{OUTCOME}")


@pytest.mark.parametrize(
    ("rows", "case"),
    [
        (("weight => advice", "< 77 kg => change", "> 77 kg => none"), "weight = 77 kg"),
        (("weight => advice", "<= 30 kg => change", "31 .. 77 kg => none", "> 77 kg => none"),
         "weight = 30.5 kg"),
        (("weight => advice", "30 .. 77 kg => change", "> 77000 g => none"), "weight = 29 kg"),
        (("weight => advice", "< 30 kg, 77 kg => change"), None),
        (("weight => advice", "30 kg, 77 kg => change"), "weight = 29 kg"),
        (("weight => advice", "!= 77 kg => change"), "weight = 77 kg"),
        (("stroke => advice", "true => change", "false => none"), "stroke missing"),
        (("stroke => advice", "false, missing => none"), "stroke = true"),
        (("gene | stroke => advice", "normal, poor | * => none", "intermediate | true => change",
          "intermediate | missing => none"), "gene = intermediate, stroke = false"),
    ],
)  # fmt: skip
def test_a_gap_is_shown_by_a_patient(rows: tuple[str, ...], case: str | None) -> None:
    gaps = [one for one in found_in(table_of(*rows)) if one.code == "BR009"]
    assert [one.case for one in gaps] == ([] if case is None else [case])


def test_a_clash_names_both_rows_and_a_patient() -> None:
    text = table_of("weight => advice", "<= 77 kg => change", ">= 77 kg => none", "< 5 kg => change")
    [clash] = [one for one in found_in(text) if one.code == "BR010"]
    lines = text.splitlines()
    assert clash.case == "weight = 77 kg"
    assert (lines[clash.span.line - 1].strip(), lines[clash.others[0].span.line - 1].strip()) == (
        "| >= 77 kg => none",
        "| <= 77 kg => change",
    )


def test_each_pair_of_rows_clashes_once() -> None:
    text = table_of("gene => advice", "* => change", "normal => none", "normal, poor => none")
    clashes = [one for one in found_in(text) if one.code == "BR010"]
    first = clashes[0].others[0].span.line
    assert [(one.span.line, one.others[0].span.line) for one in clashes] == [
        (first + 1, first), (first + 2, first),
    ]  # fmt: skip


def test_rows_that_agree_may_overlap() -> None:
    """H-044: an overlap is a fault only where the answers differ."""
    text = table_of("gene => advice", "normal, poor => change", "intermediate, poor => change")
    assert errors_in(text) == []


def test_a_row_that_rows_above_answer_already_is_found() -> None:
    """H-113: advice that nobody can get was meant for somebody."""
    below = table_of("gene | weight => advice", "* | * => change", "poor | > 5 kg => change")
    assert errors_in(below) == [("BR011", "the rows above answer every case of this row")]
    above = table_of("gene | weight => advice", "poor | > 5 kg => change", "* | * => change")
    assert errors_in(above) == []
    other = table_of("gene | stroke => advice", "* | * => change", "poor | true => none")
    assert [code for code, _ in errors_in(other)] == ["BR010"]


def test_the_proof_is_bounded() -> None:
    """H-114, H-115: a table too large to prove is refused at once, one near the bound is proved quickly."""
    columns = [f"w{index}" for index in range(12)]
    inputs = "\n".join(
        f"input {name}: Quantity[kg] from observation weight within 1 days required" for name in columns
    )
    header = f"table advice unique {{ | {' | '.join(columns)} => advice"
    stars = " | ".join("*" for _ in columns[3:])
    rows = [f"| {low} ..< {low + 1} kg | * | * | {stars} => change" for low in range(24)]
    rows += [f"| * | {low} ..< {low + 1} kg | * | {stars} => change" for low in range(24)]
    rows += [f"| * | * | < {low + 1} kg | {stars} => change" for low in range(24)]
    gene = f"{GENE} unknown => ask w1 }} {OUTCOME}".removeprefix(GENE)
    proved = found_in(rule_text(f"{inputs} {header} {' '.join(rows)} {gene}"))
    assert [one.code for one in proved] == ["BR009", "BR013"]
    assert proved[0].case.startswith("w0 = -1 kg, w1 = -1 kg, w2 = 24 kg, w3 = 1 kg")
    diagonal = " | ".join("< 1 kg" for _ in columns)
    [refused] = [
        one
        for one in found_in(rule_text(f"{inputs} {header} | {diagonal} => change {gene}"))
        if one.code == "BR009"
    ]
    assert refused.message == "the table has 531441 cases, too many to prove"


def test_the_bound_of_the_proof_is_included(monkeypatch: pytest.MonkeyPatch) -> None:
    """H-114."""
    three = table_of("weight => advice", "< 77 kg => change", ">= 77 kg => none")
    monkeypatch.setattr("dsl.checker.tables.MAX_CASES", 3)
    assert errors_in(three) == []
    monkeypatch.setattr("dsl.checker.tables.MAX_CASES", 2)
    assert errors_in(three) == [("BR009", "the table has 3 cases, too many to prove")]


@pytest.mark.parametrize(
    ("low", "high", "result"),
    [
        (60, 65, "ask gene"), (60, 77, "ask gene"), (64, 66, "ask gene"), (70, 80, None), (60, 80, None),
        (77, 80, "none"), (77, 77, "none"),
    ],
)  # fmt: skip
def test_a_span_against_the_rest_of_a_column(low: int, high: int, result: str | None) -> None:
    """H-006: `else` holds for a span only if it holds for each value in it; a limit inside leaves it open."""
    table = rule(
        f"""{WEIGHT} {GENE} table advice unique {{
        | weight        => advice
        | < 65 kg       => ask gene
        | 65 ..< 77 kg  => ask gene
        | else          => none
        unknown         => ask weight }}"""
    )
    span = Range(Fraction(low), Fraction(high), True, low == high, "kg")
    finding = evaluate(table, {"weight": Fact((span,), Reason.COMPARATOR)})
    assert str(finding.result) == (result or "ask weight")


REST = f"""{GENE} {STROKE} {WEIGHT} table advice unique {{
    | gene   | stroke | weight   => advice
    | poor   | true   | < 70 kg  => none
    | poor   | true   | else     => ask gene
    | poor   | else   | else     => ask stroke
    | normal, intermediate | * | * => ask weight
    unknown                      => ask gene }}"""


def test_else_without_rows_beside_it_is_everything() -> None:
    """No row differs from the third in the weight alone; missing is part of the rest of an optional input."""
    table = rule(REST)
    assert isinstance(table.decision, TableDecision)
    rests = [row.cells[2] for row in table.decision.rows]
    assert rests[2] == Cell(None, any=True) and rests[1].condition is not None
    assert not rests[1].missing
    assert table.decision.rows[2].cells[1].missing
    heavy = {"gene": known("poor"), "weight": known(quantity(80, "kg"))}
    assert str(evaluate(table, heavy | {"stroke": known(True)}).result) == "ask gene"
    assert str(evaluate(table, heavy | {"stroke": known(False)}).result) == "ask stroke"
    assert str(evaluate(table, heavy).result) == "ask stroke"
    assert str(evaluate(table, {"gene": known("normal")}).result) == "ask weight"


def test_a_case_outside_of_the_population_is_nobodys() -> None:
    """H-027: a table for adults need not answer for children, nor agree with itself about them."""
    age = "input age: Quantity[years] from patient age required"
    rows = "| 18 ..< 65 years => ask age | 65 years => none | > 65 years => none"
    body = f"{age} table advice unique {{ | age => advice {rows} unknown => ask age }}"
    adults = 'population "adults" when age >= 18 years'
    assert [one.code for one in found_in(rule_text(body, adults)) if one.severity == "error"] == []
    [gap] = [one for one in found_in(rule_text(body)) if one.severity == "error"]
    assert (gap.code, gap.case) == ("BR009", "age = 9 years")
    wider = 'population "nearly adults" when age >= 17.5 years'
    [gap] = [one for one in found_in(rule_text(body, wider)) if one.severity == "error"]
    assert (gap.code, gap.case) == ("BR009", "age = 17.5 years")


def test_the_rest_of_what_is_missing_is_what_is_known() -> None:
    table = rule(
        f"""{GENE.replace("required", "optional")} table advice unique {{
        | gene     => advice
        | missing  => ask gene
        | else     => none
        unknown    => none }}"""
    )
    results = [str(evaluate(table, facts).result) for facts in ({}, {"gene": known("poor")})]
    assert results == ["ask gene", "none"]


def test_a_column_stands_once() -> None:
    """Twice the same column would be two independent ones for the proof."""
    errors = errors_in(table_of("gene | gene => advice", "* | * => change"))
    assert errors == [("BR005", "column `gene` stands twice")]

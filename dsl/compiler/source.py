"""Writes the Python text of a compiled service. All names in it are numbered; none comes from a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from math import prod
from typing import Any

from dsl.compiler.rule import MAX_KEPT, TRACED, CompiledRule, Table, Trace
from dsl.evaluator.evaluate import Finding
from dsl.values import Fact


class Draft:
    """A finding that is being made: as `Finding`, whose frozen fields take four times as long to fill."""

    __slots__ = tuple(field.name for field in fields(Finding))


class Memo(dict[int, int]):
    """The codes of those cells of one rule that were met so far, by the number of the cell."""

    def __init__(self, rule: CompiledRule) -> None:
        super().__init__()
        self._rule = rule

    def of(self, cell: Iterable[int]) -> int:
        """The code of a cell, given as the case of each axis."""
        number = 0
        for axis, case in zip(self._rule.axes, cell, strict=True):
            number = number * axis.size + case
        return self[number]

    def __missing__(self, cell: int) -> int:
        cases, rest = [], cell
        for axis in reversed(self._rule.axes):
            rest, case = divmod(rest, axis.size)
            cases.append(case)
        code = self._rule.code_of_cell(cases[::-1])
        if len(self) < MAX_KEPT:
            self[cell] = code
        return code


@dataclass(frozen=True, slots=True)
class Plan:
    """What the generated text has to know of one rule."""

    rule: CompiledRule
    cases: tuple[int, ...]
    """Where the case of each axis stands among the ready cases."""
    facts: tuple[int, ...]
    """Where the fact of each input stands among the ready facts."""
    table: Table | Memo


@dataclass(frozen=True, slots=True)
class Packed:
    """The facts of one patient, ready for the rules of one service."""

    facts: tuple[Mapping[str, Fact], ...]
    """Those of each rule, by the names of its inputs."""
    cases: tuple[int, ...]
    """One for each axis that the rules tell apart."""
    odd: frozenset[int]
    """Rules that read a fact of which several values are possible; their cases are none."""
    calculated: Mapping[int, Mapping[str, Fact]]
    """By the index of a rule that compares calculated values: all that its decision reads."""


@dataclass(frozen=True, slots=True)
class Again:
    """What the generated functions leave to others."""

    codes: Callable[[Packed, list[int]], list[int]]
    """Answers once more those rules that read a fact of which several values are possible."""
    findings: Callable[[Packed, list[Finding]], list[Finding]]
    finished: Callable[[int, int, Packed], Finding]
    """The finding of one rule with calculated values, by its index and the code of its outcome."""


@dataclass(frozen=True, slots=True)
class Generated:
    """The text, and the functions that came of it."""

    source: str
    named: Callable[[Sequence[Fact]], tuple[dict[str, Fact], ...]]
    """From the facts of all slots to those of each rule by name."""
    codes: Callable[[Packed], list[int]]
    findings: Callable[[Packed], list[Finding]]


def generate(plans: Sequence[Plan], cases: int, facts: int, again: Again) -> Generated:
    """The functions for some rules over so many ready cases and facts."""
    source = "\n".join(_lines(plans, cases, facts)) + "\n"
    names: dict[str, Any] = {"Draft": Draft, "Finding": Finding, "again": again}
    for index, plan in enumerate(plans):
        table, traces = plan.table, plan.rule.traces
        names[f"table{index}"] = table
        names[f"trace{index}"] = traces if isinstance(table, Memo) else _replaced(table, traces, {})
        names |= {f"name{index}_{at}": each.name for at, each in enumerate(plan.rule.rule.inputs)}
    exec(compile(source, "<compiled rules>", "exec"), names)
    return Generated(source, names["named"], names["codes"], names["findings"])


def _replaced(table: Table, traces: Mapping[int, Trace], kept: dict[int, object]) -> object:
    """A table with the trace in place of each code; what was one object stays one."""
    if isinstance(table, int):
        return traces[table]
    if id(table) not in kept:
        kept[id(table)] = tuple(_replaced(each, traces, kept) for each in table)
    return kept[id(table)]


def _lines(plans: Sequence[Plan], cases: int, facts: int) -> Iterator[str]:
    yield "def named(facts):"
    yield from _unpacked("f", "facts", facts)
    yield "    return ("
    for index, plan in enumerate(plans):
        given = ", ".join(f"name{index}_{at}: f{fact}" for at, fact in enumerate(plan.facts))
        yield f"        {{{given}}},"
    yield "    )"
    yield ""
    yield "def codes(packed):"
    yield from _unpacked("c", "packed.cases", cases)
    yield "    codes = ["
    for index, plan in enumerate(plans):
        yield f"        table{index}{_looked_up(plan)},"
    yield "    ]"
    yield "    return again.codes(packed, codes) if packed.odd else codes"
    yield ""
    yield "def findings(packed):"
    yield from _unpacked("c", "packed.cases", cases)
    yield from _unpacked("n", "packed.facts", len(plans))
    for index, plan in enumerate(plans):
        code = f"table{index}{_looked_up(plan)}"
        if plan.rule.rule.lets:
            yield f"    finding{index} = again.finished({index}, {code}, packed)"
            continue
        trace = f"trace{index}[{code}]" if isinstance(plan.table, Memo) else f"trace{index}{_looked_up(plan)}"
        yield f"    finding{index} = Draft()"
        yield "    ("
        yield from (f"        finding{index}.{field}," for field in TRACED)
        yield f"    ) = {trace}"
        yield f"    finding{index}.facts = n{index}"
        yield f"    finding{index}.__class__ = Finding"
    yield f"    findings = [{_numbered('finding', range(len(plans)))}]"
    yield "    return again.findings(packed, findings) if packed.odd else findings"


def _unpacked(letter: str, name: str, count: int) -> Iterator[str]:
    if count:
        yield f"    ({_numbered(letter, range(count))},) = {name}"


def _numbered(letter: str, numbers: Iterable[int]) -> str:
    return ", ".join(f"{letter}{number}" for number in numbers)


def _looked_up(plan: Plan) -> str:
    """Small tables are nested; a memo is looked up by the number of the cell, the last axis fastest."""
    if not isinstance(plan.table, Memo):
        return "".join(f"[c{case}]" for case in plan.cases)
    sizes = [axis.size for axis in plan.rule.axes]
    strides = [prod(sizes[at + 1 :]) for at in range(len(sizes))]
    return f"[{' + '.join(f'{stride} * c{case}' for case, stride in zip(plan.cases, strides, strict=True))}]"

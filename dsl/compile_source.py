"""Writes the Python text of a compiled service. All names in it are numbered; none comes from a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from math import prod

from dsl.compile_rule import MAX_KEPT, TRACED, CompiledRule, Table
from dsl.evaluate import Finding


class Draft:
    """A finding that is being made: as `Finding`, whose frozen fields take four times as long to fill."""

    __slots__ = tuple(field.name for field in fields(Finding))


class Memo(dict[int, int]):
    """The codes of those cells of one rule that were met so far, by the number of the cell."""

    def __init__(self, rule: CompiledRule) -> None:
        super().__init__()
        self._rule = rule

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
class Generated:
    """The text, and the two functions that came of it."""

    source: str
    codes: Callable[[Sequence[int]], list[int]]
    """From ready cases to a code for each rule."""
    findings: Callable[..., list[Finding]]
    """From ready cases, ready facts, and what finishes a rule with calculated values."""


def number_of(cell: Iterable[int], sizes: Iterable[int]) -> int:
    """The number of a cell in a memo."""
    number = 0
    for case, size in zip(cell, sizes, strict=True):
        number = number * size + case
    return number


def generate(plans: Sequence[Plan], cases: int, facts: int) -> Generated:
    """The functions for some rules over so many ready cases and facts."""
    source = "\n".join(_lines(plans, cases, facts)) + "\n"
    names: dict[str, object] = {"Draft": Draft, "Finding": Finding}
    for index, plan in enumerate(plans):
        names |= {
            f"table{index}": plan.table,
            f"rule{index}": plan.rule.rule,
            f"trace{index}": plan.rule.traces,
        }
        names |= {f"name{index}_{at}": each.name for at, each in enumerate(plan.rule.rule.inputs)}
    exec(compile(source, "<compiled rules>", "exec"), names)
    codes, findings = names["codes"], names["findings"]
    assert callable(codes) and callable(findings)
    return Generated(source, codes, findings)


def _lines(plans: Sequence[Plan], cases: int, facts: int) -> Iterator[str]:
    yield "def codes(cases):"
    yield from _unpacked("c", "cases", cases)
    yield "    return ["
    for index, plan in enumerate(plans):
        yield f"        {_looked_up(index, plan)},"
    yield "    ]"
    yield ""
    yield "def findings(cases, facts, finished):"
    yield from _unpacked("c", "cases", cases)
    yield from _unpacked("f", "facts", facts)
    for index, plan in enumerate(plans):
        if plan.rule.rule.lets:
            yield f"    finding{index} = finished({index}, {_looked_up(index, plan)})"
            continue
        yield f"    finding{index} = Draft()"
        yield f"    finding{index}.rule = rule{index}"
        yield f"    ({_traced(index)}) = trace{index}[{_looked_up(index, plan)}]"
        given = ", ".join(f"name{index}_{at}: f{fact}" for at, fact in enumerate(plan.facts))
        yield f"    finding{index}.facts = {{{given}}}"
        yield f"    finding{index}.__class__ = Finding"
    yield f"    return [{', '.join(f'finding{index}' for index in range(len(plans)))}]"


def _traced(index: int) -> str:
    return ", ".join(f"finding{index}.{part}" for part in (*TRACED, "assumptions"))


def _unpacked(letter: str, name: str, count: int) -> Iterator[str]:
    if count:
        yield f"    ({_numbered(letter, range(count))},) = {name}"


def _numbered(letter: str, numbers: Iterable[int]) -> str:
    return ", ".join(f"{letter}{number}" for number in numbers)


def _looked_up(index: int, plan: Plan) -> str:
    """Small tables are nested; a memo is looked up by the number of the cell, the last axis fastest."""
    if not isinstance(plan.table, Memo):
        return f"table{index}" + "".join(f"[c{case}]" for case in plan.cases)
    sizes = [axis.size for axis in plan.rule.axes]
    parts = (
        f"c{case}" if stride == 1 else f"{stride} * c{case}"
        for case, stride in zip(plan.cases, (prod(sizes[at + 1 :]) for at in range(len(sizes))), strict=True)
    )
    return f"table{index}[{' + '.join(parts)}]"

"""Search for a patient: values for which something holds, or the proof that there are none.

A name whose value is still open has every value of its axis as possible, so the three-valued logic itself
says when a whole part of the search can be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dsl.evaluator.logic import Truth
from dsl.values import Fact

MAX_STEPS = 4_000
"""After as many, the question is left open: nothing is reported that was not found."""

Axes = Mapping[str, Sequence[Fact]]
"""Name to the cases of it; a missing fact among them is a case of its own."""


@dataclass(frozen=True, slots=True)
class Search:
    """What a search came to: a patient, the proof that there is none (`exhausted`), or neither."""

    patient: Mapping[str, Fact] | None
    exhausted: bool


def search(axes: Axes, goal: Callable[[Mapping[str, Fact]], Truth]) -> Search:
    """The first patient, in the order of the axes, for whom the goal is true."""
    steps = 0

    def visit(facts: dict[str, Fact]) -> Search:
        nonlocal steps
        steps += 1
        if steps > MAX_STEPS:
            return Search(None, False)
        truth = goal(facts)
        if truth is False:
            return Search(None, True)
        choices = next(((name, fact) for name, fact in facts.items() if len(fact.possible) > 1), None)
        if choices is None:
            return Search(facts, False) if truth else Search(None, True)
        name, fact = choices
        exhausted = True
        for value in fact.possible:
            found = visit(facts | {name: Fact((value,))})
            if found.patient is not None:
                return found
            exhausted &= found.exhausted
        return Search(None, exhausted)

    starts = _starts(axes)
    exhausted = starts is not None
    for start in starts or ():
        found = visit(start)
        if found.patient is not None:
            return found
        exhausted &= found.exhausted
    return Search(None, exhausted)


def _starts(axes: Axes) -> list[dict[str, Fact]] | None:
    """Each choice of what is missing at all, everything else open; nothing missing comes first."""
    starts: list[dict[str, Fact]] = [{}]
    for name, cases in axes.items():
        values = tuple(value for fact in cases for value in fact.possible)
        open_or_missing = [Fact(values)] if values else []
        open_or_missing += [fact for fact in cases if fact.missing][:1]
        starts = [start | {name: fact} for start in starts for fact in open_or_missing]
        if len(starts) > MAX_STEPS:
            return None
    return sorted(starts, key=lambda start: sum(fact.missing for fact in start.values()))

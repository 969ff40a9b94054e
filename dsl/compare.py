"""Two rules about one patient: whether some patient gets different answers, and who."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dsl import model
from dsl.cases import ABSENT, axes_of, spread, witness
from dsl.evaluate import Decided, State, decide, meaning, prepare
from dsl.logic import Facts, Truth
from dsl.search import search
from dsl.values import Fact, Range

Believable = Mapping[str, Range]
"""The amounts that each input of a rule can have."""

Differ = Callable[[Decided, Decided, bool], Truth]
"""Whether two answers differ; None while open values may still change that. The flag: none is open."""


def find_patient(
    one: model.Rule, other: model.Rule, believable: tuple[Believable, Believable], differ: Differ
) -> str | None:
    """A patient, in words, for whom the answers of two rules differ; None if none was found.

    Inputs of both rules that come from one source are one datum. Calculated values are calculated, so that
    the patient is a real one.
    """
    shared = _shared_names(one, other)
    axes: dict[str, list[Fact]] = {}
    for rule, bounds, prefix in ((one, believable[0], "1 "), (other, believable[1], "2 ")):
        for name, cases in (axes_of(rule, bounds) | spread(rule, bounds)).items():
            key = f"1 {shared[name]}" if prefix == "2 " and name in shared else prefix + name
            if name in {each.name for each in rule.inputs}:
                merged = {repr(fact.possible): fact for fact in (*axes.get(key, ()), *cases)}
                axes[key] = list(merged.values())

    def disagree(facts: Facts) -> Truth:
        mine = {each.name: facts.get(f"1 {each.name}", ABSENT) for each in one.inputs}
        theirs = {
            each.name: facts.get(
                f"1 {shared[each.name]}" if each.name in shared else f"2 {each.name}", ABSENT
            )
            for each in other.inputs
        }
        settled = all(len(fact.possible) <= 1 for fact in facts.values())
        return differ(decide(one, prepare(one, mine)), decide(other, prepare(other, theirs)), settled)

    patient = search(axes, disagree).patient
    return None if patient is None else witness((name[2:], fact) for name, fact in patient.items())


def changed_answer(old: model.Rule, new: model.Rule, believable: tuple[Believable, Believable]) -> str | None:
    """A patient to whom two versions of a rule answer differently; None if none was found."""

    def differ(first: Decided, second: Decided, settled: bool) -> Truth:
        if not settled and not (_certain(first) and _certain(second)):
            return None
        return _answer(old, first) != _answer(new, second)

    return find_patient(old, new, believable, differ)


def _certain(decided: Decided) -> bool:
    """Whether the answer holds whatever the open values are."""
    return bool(decided.lines) or decided.state is State.OUTSIDE


def _answer(rule: model.Rule, decided: Decided) -> object:
    result = decided.result
    outcome = rule.outcome(result.outcome) if isinstance(result, model.Advise) else None
    return decided.state, meaning(result), outcome, decided.asks


def _shared_names(one: model.Rule, other: model.Rule) -> dict[str, str]:
    """Names of the second rule whose input is the same datum as one of the first."""
    by_source = {(each.source, each.type): each.name for each in one.inputs}
    return {
        each.name: by_source[each.source, each.type]
        for each in other.inputs
        if (each.source, each.type) in by_source
    }

"""Two rules about one patient: whether some patient gets different answers, and who."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace

from dsl import model
from dsl.evaluator.evaluate import Decided, Finding, State, decide, evaluate, finding_of, meaning, prepare
from dsl.evaluator.logic import Facts, Truth
from dsl.syntax import Span
from dsl.types import EnumType, QuantityType, ValueType
from dsl.units import commensurable
from dsl.values import Fact, Quantity, Range
from dsl.witnesses.cases import (
    ABSENT,
    asks_for_presence,
    axes_of,
    conditions_of,
    cuts_by_name,
    known_cases,
    leaves,
    spread,
    witness,
)
from dsl.witnesses.search import Axes, Search, search

Believable = Mapping[str, Range]
"""The amounts that each input of a rule can have."""

Differ = Callable[[Decided, Decided, bool], Truth]
"""Whether two answers differ; None while open values may still change that. The flag: none is open."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of a rule: a patient with both answers, the proof that there is none, or neither."""

    patient: str | None
    """In words, as a test would give it."""
    old: str = ""
    new: str = ""
    proved: bool = False
    """No answer differs, whichever data are known and whichever are missing."""


def find_patient(
    one: model.Rule, other: model.Rule, believable: tuple[Believable, Believable], differ: Differ
) -> str | None:
    """A patient, in words, for whom the answers of two rules differ; None if none was found.

    Inputs of both rules that come from one source are one datum. Calculated values are calculated, so that
    the patient is a real one.
    """
    pair = _Pair.of(one, other, believable)
    patient = pair.search(differ, any_missing=False).patient
    return None if patient is None else _words(patient)


def compare_versions(
    old: model.Rule, new: model.Rule, believable: tuple[Believable, Believable]
) -> Comparison:
    """Looks for a patient to whom two versions of a rule answer differently, data missing or not."""
    pair = _Pair.of(old, new, believable)

    def differ(first: Decided, second: Decided, settled: bool) -> Truth:
        if not settled and not (_certain(first) and _certain(second)):
            return None
        return _answer(pair.first, first) != _answer(pair.second, second)

    # A patient of whom everything is known says more, so missing data come second.
    for any_missing in (False, True):
        found = pair.search(differ, any_missing=any_missing)
        if found.patient is not None:
            old_answer, new_answer = (
                _shown(evaluate(side.rule, side.read(found.patient)[0])) for side in (pair.first, pair.second)
            )
            return Comparison(_words(found.patient), old_answer, new_answer)
    return Comparison(None, proved=found.exhausted and _enumerable(old) and _enumerable(new))


AS_WRITTEN = frozenset({"line", "text"})
"""Members of a checked rule that tell how it is laid out, beside positions."""


def plain(
    value: object, omitted: frozenset[str] = frozenset(), renamed: Mapping[str, str] | None = None
) -> object:
    """A part of a rule as a value to compare: no positions, no omitted members, names exchanged."""
    if is_dataclass(value) and not isinstance(value, type):
        members = [each.name for each in fields(value) if each.compare and each.name not in omitted]
        kept = [getattr(value, name) for name in members]
        return type(value).__name__, *(
            plain(each, omitted, renamed) for each in kept if not isinstance(each, Span)
        )
    if isinstance(value, tuple | list):
        return tuple(plain(each, omitted, renamed) for each in value)
    if isinstance(value, str) and renamed:
        return renamed.get(value, value)
    return value


@dataclass(frozen=True, slots=True)
class _Side:
    """One of two rules, and the datum behind each of its inputs."""

    rule: model.Rule
    data: Mapping[str, str]
    believable: Believable

    def read(self, patient: Facts) -> tuple[dict[str, Fact], bool]:
        """What the rule reads of a patient, and whether that is all that is possible.

        A name that the rule's own vocabulary lacks never reaches it: it is missing there.
        """
        facts, complete = {}, True
        for declared in self.rule.inputs:
            fact = patient.get(self.data[declared.name], ABSENT)
            if isinstance(declared.type, EnumType) and fact.possible:
                listed = tuple(value for value in fact.possible if value in declared.type.members)
                complete &= len(listed) in (0, len(fact.possible))
                fact = Fact(listed) if listed else ABSENT
            facts[declared.name] = fact
        return facts, complete


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two rules whose data are `1 weight` or, where the second alone reads it, `2 weight`."""

    first: _Side
    second: _Side

    @classmethod
    def of(cls, one: model.Rule, other: model.Rule, believable: tuple[Believable, Believable]) -> _Pair:
        shared = shared_inputs(one, other)
        mine = {each.name: f"1 {each.name}" for each in one.inputs}
        theirs = {
            each.name: f"1 {shared[each.name]}" if each.name in shared else f"2 {each.name}"
            for each in other.inputs
        }
        return cls(_Side(one, mine, believable[0]), _Side(other, theirs, believable[1]))

    def search(self, differ: Differ, *, any_missing: bool) -> Search:
        """Looks for a patient; with `any_missing` whatever is read may be missing, required or not."""

        presence = any(asks_for_presence(side.rule) for side in (self.first, self.second))

        def disagree(patient: Facts) -> Truth:
            (mine, all_mine), (theirs, all_theirs) = self.first.read(patient), self.second.read(patient)
            if not (all_mine and all_theirs):
                return None
            settled = all(len(fact.possible) <= 1 for fact in patient.values())
            if presence and not settled:
                return None
            return differ(_decided(self.first.rule, mine), _decided(self.second.rule, theirs), settled)

        return search(self._axes([ABSENT] if any_missing else []), disagree)

    def _axes(self, absent: list[Fact]) -> Axes:
        """The cases of each datum that is read; the constants of both rules cut an amount together."""
        kinds: dict[str, ValueType] = {}
        cuts: dict[str, list[Quantity]] = {}
        bounds: dict[str, Range] = {}
        cases: dict[str, list[Fact]] = {}
        for side in (self.first, self.second):
            constants = cuts_by_name(conditions_of(side.rule))
            judged, calculated = axes_of(side.rule, side.believable), spread(side.rule, side.believable)
            for declared in side.rule.inputs:
                name, datum = declared.name, side.data[declared.name]
                is_amount = isinstance(declared.type, QuantityType)
                if name in judged and is_amount:
                    kinds.setdefault(datum, declared.type)
                    cuts.setdefault(datum, []).extend(constants.get(name, ()))
                if name in side.believable:
                    bounds.setdefault(datum, side.believable[name])
                facts = [each for each in judged.get(name, ()) if each.missing or not is_amount]
                if name in judged or name in calculated:
                    cases.setdefault(datum, []).extend([*facts, *calculated.get(name, ())])
        axes = {}
        for datum, others in cases.items():
            amounts = known_cases(kinds[datum], cuts[datum], bounds.get(datum)) if datum in kinds else []
            axes[datum] = list({repr(fact.possible): fact for fact in (*amounts, *others, *absent)}.values())
        return axes


def shared_inputs(one: model.Rule, other: model.Rule) -> dict[str, str]:
    """Inputs of the second rule that are the same datum as one of the first; alike in name goes first."""
    shared: dict[str, str] = {}
    for by_name in (True, False):
        for theirs in other.inputs:
            for mine in one.inputs:
                free = theirs.name not in shared and mine.name not in shared.values()
                if free and _same_datum(mine, theirs) and (mine.name == theirs.name or not by_name):
                    shared[theirs.name] = mine.name
    return shared


def _same_datum(one: model.Input, other: model.Input) -> bool:
    if isinstance(one.type, QuantityType) and isinstance(other.type, QuantityType):
        return one.source == other.source and commensurable(one.type.unit, other.type.unit)
    return one.source == other.source and type(one.type) is type(other.type)


def _words(patient: Facts) -> str:
    return witness((name[2:], fact) for name, fact in patient.items())


def _decided(rule: model.Rule, facts: Facts) -> Decided:
    """The decision, with a calculated dose as the dose that comes of it."""
    effective = prepare(rule, facts)
    decided = decide(rule, effective)
    if not isinstance(decided.result, model.GiveCalculated):
        return decided
    return replace(decided, result=finding_of(rule, decided, facts, effective).result)


def _certain(decided: Decided) -> bool:
    """Whether the answer holds whatever the open values are."""
    return bool(decided.lines) or decided.state is State.OUTSIDE


def _answer(side: _Side, decided: Decided) -> object:
    """What the reader gets; of what is asked for, which data, whatever their names."""
    result = decided.result
    said: object = None
    if isinstance(result, model.Give):
        said = meaning(replace(result, ask=()))
    elif isinstance(result, model.Advise):
        said = plain(side.rule.outcome(result.outcome), AS_WRITTEN)
    return decided.state, said, frozenset(side.data[name] for name in decided.asks)


def _shown(finding: Finding) -> str:
    """An answer in words, with what is asked for; an outcome with the advice that the clinician reads."""
    if finding.state is State.OUTSIDE:
        return "outside the population"
    result = finding.result
    if isinstance(result, model.Ask):
        return str(model.Ask(finding.asks))
    words = str(replace(result, ask=finding.asks))
    if isinstance(result, model.Advise):
        outcome = finding.rule.outcome(result.outcome)
        words += f': "{outcome.advise}"' if outcome.advise else f" (action {outcome.action})"
    return words


def _enumerable(rule: model.Rule) -> bool:
    """Whether the cases of the inputs stand for all patients: no amount is only sampled.

    An amount is, if something is calculated from it or if it is compared with another one; and an assumed
    input knows two kinds of missing.
    """
    amounts = {each.name for each in rule.inputs if isinstance(each.type, QuantityType)}
    calculated = {name for let in rule.lets if not isinstance(let.value, model.Truth) for name in let.reads}
    compared = (leaf for leaf in leaves(conditions_of(rule)) if isinstance(leaf, model.Compare))
    return not (
        amounts & calculated
        or any(
            isinstance(each.left, model.InputRef) and isinstance(each.right, model.InputRef)
            for each in compared
        )
        or any(each.assume is not None for each in rule.inputs)
    )

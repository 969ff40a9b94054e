"""Two rules before the solver: do they advise somebody differently, has a version changed for anybody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations

from dsl import model, units
from dsl.checker.between import disagreement, header_of
from dsl.diagnostics import Diagnostic
from dsl.evaluator.evaluate import Finding, State, evaluate, meaning
from dsl.evaluator.logic import Facts
from dsl.evaluator.settle import overridden_by
from dsl.names import Names
from dsl.types import EnumType, QuantityType
from dsl.values import Dose, Fact, Quantity, Range
from dsl.verifier.formulas import Formulas
from dsl.verifier.solver import Patient, Term, any_of, both, constant, real, solve
from dsl.witnesses.answers import advised, shown
from dsl.witnesses.believable import believable_amounts
from dsl.witnesses.cases import ABSENT, conditions_of, cuts_by_name, witness
from dsl.witnesses.compare import AS_WRITTEN, Comparison, plain, shared_inputs
from dsl.witnesses.patients import in_plain_numbers

Dosing = model.Give | model.GiveCalculated

Message = tuple[object, Dosing | None]
"""The words of an answer, and the dose where it is one."""

Saying = Callable[[model.Rule, State, model.Result | None], Message | None]
"""What of an answer counts; None for one that is not compared."""


def disagreements(
    rules: Sequence[model.Rule],
    others: Sequence[model.Rule],
    names: Names,
    found: Sequence[Diagnostic],
    left_open: list[str],
) -> list[Diagnostic]:
    """Active rules about one drug that advise a patient differently, beyond those that are reported already.

    Of two rules, at least one is among `rules`.
    """
    exceptions = overridden_by([*others, *rules])
    reported = {(one.span, *(label.span for label in one.others)) for one in found if one.code == "BR022"}
    diagnostics = []
    for one, other in combinations([*others, *rules], 2):
        special = other.name in exceptions.get(one.name, ()) or one.name in exceptions.get(other.name, ())
        told_apart = one.name == other.name or special or not _meet(one, other)
        if other in others or told_apart or (header_of(other), header_of(one)) in reported:
            continue
        searched = _Pair(one, other, names).search(_advice, complete=True)
        if searched.patient is not None:
            diagnostics.append(disagreement(one, other, names, searched.patient))
        elif not searched.nobody:
            place = f"{other.span.path}:{other.span.line}"
            left_open.append(f"{place}: whether `{one.name}` gives some patient other advice")
    return diagnostics


def compare_by_proof(old: model.Rule, new: model.Rule, names: Names) -> Comparison:
    """A patient whom two versions of a rule answer differently, or the proof that there is none.

    What is asked for is not compared, only that something is. A patient has one value of each datum, or none.
    """
    pair = _Pair(old, new, names)
    # A patient of whom everything is known says more, so missing data come second.
    for complete in (True, False):
        searched = pair.search(_answer, complete=complete)
        if searched.patient is not None:
            first, second = searched.findings
            return Comparison(searched.patient, shown(first), shown(second))
    return Comparison(None, proved=searched.nobody and pair.alike)


# ---------------------------------------------------------------- what is compared
def _advice(rule: model.Rule, state: State, result: model.Result | None) -> Message | None:
    """What a clinician would do."""
    if state is not State.ADVICE or result is None:
        return None
    advice = advised(rule, result)
    if advice is model.Action.SOURCE_HAS_ENTRY:
        return None
    return ((), advice) if isinstance(advice, Dosing) else (advice, None)


def _answer(rule: model.Rule, state: State, result: model.Result | None) -> Message | None:
    """All that the reader gets, but for what is asked for."""
    if state is not State.ADVICE:
        return state, None
    if isinstance(result, model.Advise):
        return plain(rule.outcome(result.outcome), AS_WRITTEN), None
    return state, replace(result, ask=()) if isinstance(result, Dosing) else None


# ---------------------------------------------------------------- two rules over one patient
@dataclass(frozen=True, slots=True)
class _Said:
    """A message before the solver: whatever is fixed in it, and the amount of a dose in base units."""

    fixed: object
    amount: Term | None

    def differs(self, other: _Said) -> Term:
        """When the other says something else."""
        if self.fixed != other.fixed:
            return constant(True)
        return constant(False) if self.amount is None else self.amount != other.amount


@dataclass(frozen=True, slots=True)
class _Searched:
    """A patient in words with both findings, the proof that there is none, or neither."""

    patient: str | None
    findings: tuple[Finding, ...]
    nobody: bool


class _Pair:
    """Two rules and a patient whose data are `1 weight` or, where the second alone reads it, `2 weight`."""

    def __init__(self, one: model.Rule, other: model.Rule, names: Names) -> None:
        shared = shared_inputs(one, other)
        self.alike = all(one.input(name).within == other.input(same).within for same, name in shared.items())
        """Whether no datum is too old for one of the rules alone."""
        mine = {each.name: f"1 {each.name}" for each in one.inputs}
        theirs = {
            each.name: mine[shared[each.name]] if each.name in shared else f"2 {each.name}"
            for each in other.inputs
        }
        self._sides = ((one, mine), (other, theirs))
        self._patient = Patient()
        self._cuts: dict[str, list[Quantity]] = {}
        self._bounds: dict[str, Range] = {}
        self._formulas = []
        for rule, data in self._sides:
            believable = believable_amounts(rule.inputs, names.plausible)
            self._formulas.append(Formulas(rule, believable, self._patient, data))
            self._bounds |= {data[name]: span for name, span in believable.items()}
            for name, cuts in cuts_by_name(conditions_of(rule)).items():
                self._cuts.setdefault(data.get(name, name), []).extend(cuts)

    def search(self, saying: Saying, *, complete: bool) -> _Searched:
        """A patient for whom what counts of both answers differs; of a `complete` one nothing is missing."""
        said = [
            [
                (answer.when, _said(formulas.rule, message, answer.amount))
                for answer in formulas.answers()
                if (message := saying(formulas.rule, answer.state, answer.result)) is not None
            ]
            for formulas in self._formulas
        ]
        different = any_of(
            *(both(when, others, one.differs(other)) for when, one in said[0] for others, other in said[1])
        )
        limits = [formulas.complete() for formulas in self._formulas] if complete else []
        solution = solve(self._patient, different, *limits)

        def goal(facts: Facts) -> bool:
            first, second = (_told(finding, saying) for finding in self._findings(facts))
            return first is not None and second is not None and first != second

        if solution.patient is None or not goal(solution.patient):
            return _Searched(None, (), solution.nobody)
        found = in_plain_numbers(solution.patient, goal, self._cuts, self._bounds)
        words = witness((datum[2:], fact) for datum, fact in found.items())
        return _Searched(words, self._findings(found), False)

    def _findings(self, patient: Facts) -> tuple[Finding, ...]:
        return tuple(
            evaluate(rule, {each.name: _read(each, patient[data[each.name]]) for each in rule.inputs})
            for rule, data in self._sides
        )


def _read(declared: model.Input, fact: Fact) -> Fact:
    """What a rule reads; a name that its own vocabulary lacks never reaches it."""
    if isinstance(declared.type, EnumType) and fact.possible:
        return fact if fact.possible[0] in declared.type.members else ABSENT
    return fact


def _said(rule: model.Rule, message: Message, amount: Term | None) -> _Said:
    words, dose = message
    if dose is None:
        return _Said(words, None)
    given = dose.dose
    if isinstance(given, Dose):
        unit = given.amount.unit
        amount = real(given.amount.value * units.parse(unit).factor)
    else:
        kind = rule.declared(given.amount).type
        assert isinstance(kind, QuantityType)
        unit = kind.unit
    one = model.Give(
        Dose(Quantity(Fraction(1), unit), given.times, given.period, given.period_unit), dose.ask
    )
    told = meaning(one)
    assert isinstance(told, tuple)
    kind_of_answer, _, *schedule = told
    return _Said((words, kind_of_answer, *schedule), amount)


def _told(finding: Finding, saying: Saying) -> object:
    message = saying(finding.rule, finding.state, finding.result)
    if message is None:
        return None
    words, dose = message
    return words, None if dose is None else meaning(dose)


# ---------------------------------------------------------------- pairs
def _meet(one: model.Rule, other: model.Rule) -> bool:
    """Whether both speak about one drug on some day."""
    start = max(one.effective_from, other.effective_from)
    active = all(each.status is model.Lifecycle.ACTIVE and each.in_force(start) for each in (one, other))
    return active and bool({*one.drugs} & {*other.drugs})

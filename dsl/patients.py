"""Patients of one rule for whom something holds: found by search, in plain numbers, written as a test.

The calculated values of a real patient follow from the inputs. Where no such patient is found, a calculated
value is given directly, as a test may give it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from dsl import model, units
from dsl.answers import dose_inputs, read_by_decision, shown
from dsl.cases import axes_of, conditions_of, cuts_by_name, described, in_unit, spread
from dsl.evaluate import Finding, State, evaluate
from dsl.logic import Facts, Truth, judge
from dsl.search import Axes, Search, search
from dsl.types import QuantityType
from dsl.values import Fact, Quantity, Range, Reason, format_number, known, missing

Goal = Callable[[Facts], Truth]
"""Whether a patient is one of those looked for; None while several values are possible and it depends."""

UNUSABLE = missing(Reason.CONFLICT)
"""Something is on file that cannot be used: no assumption stands in for it."""

MAX_REAL = 200
"""Questions about real patients, before one with a calculated value that is given directly will do."""

CONFIRM = "// as the rule answers now: confirm"
"""Stands behind an expectation that nobody has compared with the source yet."""


def patient_for(
    rule: model.Rule,
    believable: Mapping[str, Range],
    goal: Goal,
    *,
    without: Iterable[str] = (),
    bare: bool = False,
) -> Search:
    """A patient for whom the goal is true, in plain numbers; `without` names what is never given.

    `exhausted` is the proof that there is none, whatever the calculated values are. Of the required inputs, a
    `bare` patient has those alone that the goal needs.
    """
    inputs = {each.name for each in rule.inputs}
    read = read_by_decision(rule)
    assumed = {each.name for each in rule.inputs if each.assume is not None}
    axes = {
        name: [UNUSABLE if name in assumed and fact.missing else fact for fact in cases]
        for name, cases in axes_of(rule, believable).items()
        if name in read
    }
    amounts = {name: _least_extreme_first(cases) for name, cases in spread(rule, believable).items()}
    calculated = any(let.name in axes for let in rule.lets)
    free = axes | {name: amounts[name] for name in dose_inputs(rule) if name in amounts}
    found = search(_leave_out(free, without), goal)
    if found.patient is not None and calculated:
        real = {name: cases for name, cases in axes.items() if name in inputs} | amounts
        found = replace(
            found, patient=search(_leave_out(real, without), _at_most(goal)).patient or found.patient
        )
    if found.patient is None:
        return found
    return Search(_plain(rule, believable, goal, dict(found.patient), bare=bare), False)


def _least_extreme_first(cases: Sequence[Fact]) -> list[Fact]:
    middle = len(cases) // 3
    return [cases[at] for at in sorted(range(len(cases)), key=lambda at: abs(at - middle))]


def _at_most(goal: Goal) -> Goal:
    """The same goal, given up after some questions."""
    asked = 0

    def limited(facts: Facts) -> Truth:
        nonlocal asked
        asked += 1
        return goal(facts) if asked <= MAX_REAL else False

    return limited


def _leave_out(axes: Axes, names: Iterable[str]) -> Axes:
    left_out = set(names)
    return {name: cases for name, cases in axes.items() if name not in left_out}


def _plain(
    rule: model.Rule, believable: Mapping[str, Range], goal: Goal, patient: dict[str, Fact], *, bare: bool
) -> dict[str, Fact]:
    """The same patient without what does not matter, in numbers that are easy to read."""
    cuts = cuts_by_name(conditions_of(rule))
    for name, fact in patient.items():
        value = fact.possible[0] if fact.possible else None
        kind = rule.declared(name).type
        if not isinstance(value, Quantity) or not isinstance(kind, QuantityType):
            continue
        bounds = in_unit(believable[name], kind.unit) if name in believable else None
        for amount in _plainer(value, cuts.get(name, ())):
            other = known(amount)
            plausible = bounds is None or judge(model.Within(name, bounds, ""), {name: other}).truth
            if plausible and goal(patient | {name: other}) is True:
                patient[name] = other
                break
    needless = {each.name for each in rule.inputs if bare or each.optional or each.assume is not None}
    needless |= {name for let in rule.lets if let.name in patient for name in let.reads}
    for name in [each for each in patient if each in needless]:
        fewer = {each: fact for each, fact in patient.items() if each != name}
        if goal(fewer) is True:
            patient = fewer
    return patient


def _plainer(value: Quantity, cuts: Iterable[Quantity]) -> Iterator[Quantity]:
    """Numbers in place of one, best first: beside the nearest cut, the cut itself, with few digits."""
    unit = value.unit
    size = units.parse(unit)
    by_distance = sorted(
        ((cut.value * units.parse(cut.unit).factor_to(size), cut) for cut in cuts),
        key=lambda each: abs(each[0] - value.value),
    )
    for at, cut in by_distance:
        for tenths in (11, 9):
            yield Quantity(_rounded(at * tenths / 10, 2), unit)
        yield Quantity(at, unit) if is_decimal(at) else cut
    for digits in (1, 2, 3, 6, 12):
        yield Quantity(_rounded(value.value, digits), unit)


def is_decimal(value: Fraction) -> bool:
    """Whether a number has an end when it is written."""
    return not format_number(value).startswith("~")


def _rounded(value: Fraction, digits: int) -> Fraction:
    """The number to so many significant digits."""
    if value == 0:
        return value
    step = Fraction(1)
    while abs(value) >= step * 10**digits:
        step *= 10
    while abs(value) < step * 10 ** (digits - 1):
        step /= 10
    return round(value / step) * step


# ---------------------------------------------------------------- as a test
def as_test(rule: model.Rule, title: str, facts: Facts) -> str:
    """A patient as a test beside the rule, with the answer of today to be confirmed.

    Empty where a test cannot say it: a calculation without a name has no place behind `given`, and an answer
    that asks for nothing but what is known cannot be expected.
    """
    finding = evaluate(rule, facts)
    nameless = {let.name for let in rule.lets if not let.named}
    if nameless & set(facts) or (finding.state is State.ASK and not finding.asks):
        return ""
    order = [each.name for each in rule.inputs] + [let.name for let in rule.lets]
    given = ", ".join(_given(name, facts[name]) for name in sorted(facts, key=order.index))
    if "~" in given:
        return ""
    outside = finding.state is State.OUTSIDE
    expected = "outside population" if outside else f"{rule.decision.name} = {_written(finding)}"
    lines = [f'test "{title}" {{', f"  given  {given}", f"  expect {expected}  {CONFIRM}", "}"]
    return "\n".join(f"  {line}" for line in lines if line != "  given  ")


def _given(name: str, fact: Fact) -> str:
    reason = f" {fact.reason}" if fact.missing and fact.reason is not Reason.MISSING else ""
    return described(name, fact) + reason


def _written(finding: Finding) -> str:
    """As the grammar has it, which counts `1 times a week` where people read `once a week`."""
    answer = shown(finding)
    for word, number in (("once", 1), ("twice", 2)):
        answer = answer.replace(f" {word} a week", f" {number} times a week")
    return answer

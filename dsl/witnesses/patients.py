"""Patients of one rule for whom something holds: found by search, in plain numbers, written as a test.

The calculated values of a real patient follow from the inputs. Where no such patient is found, a calculated
value is given directly, as a test may give it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from dsl import model, units
from dsl.evaluator.evaluate import State, evaluate
from dsl.evaluator.logic import Facts, Truth, judge
from dsl.values import Fact, Quantity, Range, Reason, format_number, known, missing
from dsl.witnesses.answers import dose_inputs, read_by_decision, shown
from dsl.witnesses.cases import axes_of, conditions_of, cuts_by_name, described, spread
from dsl.witnesses.search import Axes, Search, search

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
    axes, amounts = _axes(rule, believable), _amounts(rule, believable)
    free = axes | {name: amounts[name] for name in dose_inputs(rule) if name in amounts}
    found = search(_leave_out(free, without), goal)
    patient = found.patient
    if patient is not None and any(let.name in axes for let in rule.lets):
        patient = real_patient(rule, believable, goal, without=without) or patient
    if patient is None:
        return found
    needless = {each.name for each in rule.inputs if bare or each.optional or each.assume is not None}
    needless |= {name for let in rule.lets if let.name in patient for name in let.reads}
    cuts = cuts_by_name(conditions_of(rule))
    plain = in_plain_numbers(patient, goal, cuts, believable)
    for name in [each for each in plain if each in needless]:
        fewer = {each: fact for each, fact in plain.items() if each != name}
        if goal(fewer) is True:
            plain = fewer
    return Search(plain, False)


def real_patient(
    rule: model.Rule, believable: Mapping[str, Range], goal: Goal, *, without: Iterable[str] = ()
) -> Mapping[str, Fact] | None:
    """A patient whose calculated values follow from the inputs; a few amounts of each are tried."""
    return search(_leave_out(people(rule, believable), without), _at_most(goal)).patient


def people(rule: model.Rule, believable: Mapping[str, Range]) -> dict[str, list[Fact]]:
    """The cases of each input that a rule decides by, and some amounts of those that it calculates with."""
    inputs = {each.name for each in rule.inputs}
    axes = {name: cases for name, cases in _axes(rule, believable).items() if name in inputs}
    return axes | _amounts(rule, believable)


def _axes(rule: model.Rule, believable: Mapping[str, Range]) -> dict[str, list[Fact]]:
    """The cases of what the decision reads; nothing is assumed for what is missing."""
    read = read_by_decision(rule)
    assumed = {each.name for each in rule.inputs if each.assume is not None}
    return {
        name: [UNUSABLE if name in assumed and fact.missing else fact for fact in cases]
        for name, cases in axes_of(rule, believable).items()
        if name in read
    }


def _amounts(rule: model.Rule, believable: Mapping[str, Range]) -> dict[str, list[Fact]]:
    """Some values of what is only calculated with, the least extreme first."""
    return {name: _least_extreme_first(cases) for name, cases in spread(rule, believable).items()}


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


def in_plain_numbers(
    patient: Facts,
    goal: Goal,
    cuts: Mapping[str, Sequence[Quantity]],
    believable: Mapping[str, Range],
) -> dict[str, Fact]:
    """The same patient in numbers that are easy to read, as long as the goal stays true."""
    plain = dict(patient)
    for name, fact in plain.items():
        value = fact.possible[0] if fact.possible else None
        if not isinstance(value, Quantity):
            continue
        for amount in _plainer(value, cuts.get(name, ())):
            other = known(amount)
            bounds = believable.get(name)
            if bounds is not None and not judge(model.Within(name, bounds, ""), {name: other}).truth:
                continue
            if goal({**plain, name: other}) is True:
                plain[name] = other
                break
    return plain


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
    expected = "outside population" if outside else f"{rule.decision.name} = {shown(finding)}"
    lines = [f'test "{title}" {{', f"  given  {given}", f"  expect {expected}  {CONFIRM}", "}"]
    return "\n".join(f"  {line}" for line in lines if line != "  given  ")


def _given(name: str, fact: Fact) -> str:
    reason = f" {fact.reason}" if fact.missing and fact.reason is not Reason.MISSING else ""
    return described(name, fact) + reason

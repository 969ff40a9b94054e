"""Doses of one rule that lie so far apart that one of them is likely a slip of unit or decimal point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice, product

from dsl import model, units
from dsl.diagnostics import Diagnostic, Label, Severity
from dsl.evaluator.evaluate import decide, prepare
from dsl.evaluator.logic import Facts, Truth
from dsl.syntax import Span
from dsl.types import QuantityType
from dsl.values import Dose, Fact, Range
from dsl.witnesses.cases import axes_of, people_of, witness
from dsl.witnesses.search import search

MAX_EXAMPLES = 512
"""People for whom a calculated dose is tried."""

FAR_APART = 100
"""Labelled doses of one drug in one rule differ by less; a thousandfold is milligrams for micrograms."""


def check_doses(rule: model.Rule, spans: Sequence[Span], believable: Mapping[str, Range]) -> list[Diagnostic]:
    """Warns of a dose that is a hundredth of another one in the rule, or less; `spans` are of the results."""
    cases = _cases(rule)
    doses = [
        (_daily(case.result.dose), case, span)
        for case, span in zip(cases, spans, strict=True)
        if isinstance(case.result, model.Give)
    ]
    found = []
    for (amount, dimensions), case, span in doses:
        most = max((other for other in doses if other[0][1] == dimensions), key=lambda other: other[0][0])
        if most[0][0] >= FAR_APART * amount:
            assert isinstance(case.result, model.Give)
            message = f"`{case.result.dose}` is a hundredth of another dose of this rule, or less"
            found.append(
                Diagnostic(
                    "BR023", message, span, others=(Label(most[2], "the other dose"),),
                    case=_patient(rule, case.line, believable),
                    help="compare unit and decimal point with the source", severity=Severity.WARNING,
                )
            )  # fmt: skip
    return found


def check_bounds(
    rule: model.Rule, spans: Sequence[Span], believable: Mapping[str, Range]
) -> list[Diagnostic]:
    """A calculated dose that is the same for everybody, because one of its bounds always applies.

    `weight * 5` for `weight * 5 mg/kg` is a dose of kilograms, which the greatest dose would hide.
    """
    found = []
    for case, span in zip(_cases(rule), spans, strict=True):
        if not isinstance(case.result, model.GiveCalculated):
            continue
        let = next(each for each in rule.lets if each.name == case.result.dose.amount)
        doses = {fact.possible for fact in _examples(rule, let, believable) if fact.known}
        if isinstance(let.value, model.Rounded) and len(doses) == 1:
            ((dose,),) = doses
            message = f"this calculation gives everybody {dose}"
            if dose in (let.value.high, let.value.low):
                help = "compare its units: weight * 5 is in kg, weight * 5 mg/kg in mg"
                found.append(Diagnostic("BR016", message, span, help=help))
    return found


def _cases(rule: model.Rule) -> Sequence[model.BranchRule | model.RowRule]:
    decision = rule.decision
    return decision.branches if isinstance(decision, model.FirstDecision) else decision.rows


def _examples(rule: model.Rule, let: model.Let, believable: Mapping[str, Range]) -> Iterator[Fact]:
    """The calculated amount for people of many kinds."""
    inputs = [declared for declared in rule.inputs if declared.name in let.reads]
    if not all(_spanned(declared, believable) for declared in inputs):
        return
    axes = [people_of(declared, believable.get(declared.name)) for declared in inputs]
    for facts in islice(product(*axes), MAX_EXAMPLES):
        given = dict(zip((declared.name for declared in inputs), facts, strict=True))
        yield prepare(rule, given)[let.name]


def _spanned(declared: model.Input, believable: Mapping[str, Range]) -> bool:
    """Whether the examples of an input span all that people have."""
    if declared.source.kind is model.SourceKind.PATIENT or not isinstance(declared.type, QuantityType):
        return True
    bounds = believable.get(declared.name)
    return bounds is not None and bounds.low is not None and bounds.high is not None


def _daily(dose: Dose) -> tuple[Fraction, object]:
    unit = units.parse(dose.amount.unit)
    period = dose.period * units.parse(dose.period_unit.value).factor
    return dose.amount.value * unit.factor * dose.times / period, unit.dimensions


def _patient(rule: model.Rule, line: int, believable: Mapping[str, Range]) -> str:
    def reached(facts: Facts) -> Truth:
        decided = decide(rule, prepare(rule, facts))
        if decided.lines == (line,):
            return True
        return False if all(len(fact.possible) <= 1 for fact in facts.values()) else None

    patient = search(axes_of(rule, believable), reached).patient
    return witness(patient.items()) if patient else ""

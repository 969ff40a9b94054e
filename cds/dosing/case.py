"""One person, as a dosing plan sees them: what a chart tells the model, or why it tells too little.

A plan's rule says for whom it is and what the covariates are; the history of doses and the levels come
straight from the chart. Nothing is assumed that is not said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from calc.population import Dose, Level, Person, PopulationModel
from cds.decision import Situation
from dsl import Fact, Finding, Quantity, Rule, State, convert, evaluate, lacking, value_words
from dsl.evaluator.evaluate import prepare
from dsl.model import Let
from fhir_adapters import Chart, FactReader, Order
from fhir_adapters.dosing import DosingQuestion, DosingRecord, GivenDose, dosing_record
from kb import KnowledgeBase
from kb.dosing_plans import DosingPlan
from kb.models import DosingModel

_HOUR = timedelta(hours=1)
_ROUTES = {"iv": ("iv",), "oral": ("oral", "enteral")}
"""What a plan's way of giving the drug covers of those on a chart."""


@dataclass(frozen=True, slots=True)
class Declined:
    """No dose, and why; each reason is a sentence that says what would help."""

    plan: DosingPlan
    reasons: tuple[str, ...]
    record: DosingRecord | None = None
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that an individual dose rests on."""

    plan: DosingPlan
    source: DosingModel
    model: PopulationModel
    finding: Finding
    """Of the plan's rule: the covariates with their data."""
    record: DosingRecord
    person: Person
    levels: tuple[Level, ...]
    zero: datetime
    """Where the model's clock starts: the first dose, or now."""
    now: float
    """On that clock."""

    @property
    def unit(self) -> timedelta:
        """The model's unit of time."""
        return _HOUR if self.model.time_unit == "h" else 24 * _HOUR

    def instant(self, time: float) -> datetime:
        """A time of the model's clock as a date, to the minute."""
        return self.zero + timedelta(minutes=round(time * self.unit / timedelta(minutes=1)))


def case_of(
    plan: DosingPlan,
    order: Order | None,
    situation: Situation,
    knowledge: KnowledgeBase,
    as_of: datetime,
    *,
    drafts: bool,
) -> Case | Declined:
    """What the chart tells at `as_of` (timezone-aware)."""
    rule = next(
        (
            each
            for each in knowledge.in_force(as_of.date(), fire_draft=drafts)
            if each.name == plan.entry.rule
        ),
        None,
    )
    if rule is None:
        return Declined(plan, (f"The rule {plan.entry.rule}, which says for whom it is, is not in force.",))
    finding = _finding(rule, order, situation, knowledge, as_of, drafts=drafts)
    if finding.state is State.OUTSIDE:
        return Declined(plan, (f"The model was made for others: {rule.population}.",), finding=finding)
    source = knowledge.models[plan.entry.model]
    model = source.population
    covariates, reasons = _covariates(plan, model, finding)
    record = _record(plan, model, situation.chart, knowledge, as_of)
    reasons += [f"{doubt.what} {doubt.consequence}" for doubt in record.doubts if doubt.blocks]
    reasons += _strange_routes(plan, record.doses)
    if any(dose.duration is None for dose in record.doses):
        reasons.append(
            "It is not known how long a dose was infused: chart the end of the infusion, or its rate."
        )
    if reasons:
        return Declined(plan, tuple(dict.fromkeys(reasons)), record, finding)
    zero = record.doses[0].start if record.doses else as_of
    unit = _HOUR if model.time_unit == "h" else 24 * _HOUR
    doses = tuple(
        Dose(
            (dose.start - zero) / unit,
            float(dose.amount),
            (dose.duration or timedelta()) / unit,
            plan.entry.choices.route,
        )
        for dose in record.doses
    )
    level_unit = knowledge.observable(plan.entry.level).unit
    levels = tuple(
        Level(
            (level.at - zero) / unit,
            float(convert(Quantity(level.value, level_unit), model.concentration_unit).value),
            level.comparator == "below",
        )
        for level in record.levels
        if level.comparator != "above"
    )
    return Case(
        plan, source, model, finding, record, Person(covariates, doses), levels, zero, (as_of - zero) / unit
    )


def _finding(
    rule: Rule,
    order: Order | None,
    situation: Situation,
    knowledge: KnowledgeBase,
    as_of: datetime,
    *,
    drafts: bool,
) -> Finding:
    reader = FactReader(situation.chart, as_of, knowledge, orders=situation.drafts, drafts=drafts)
    return evaluate(rule, reader.facts(rule.inputs, order, rule.drugs))


def _covariates(
    plan: DosingPlan, model: PopulationModel, finding: Finding
) -> tuple[dict[str, float], list[str]]:
    """In the model's units, and a sentence for each that is not there or out of range."""
    found: dict[str, float] = {}
    reasons = []
    facts = prepare(finding.rule, finding.facts)
    for covariate in model.covariates:
        name = plan.entry.covariates.get(covariate.name)
        if covariate.name in plan.entry.assumed:
            found[covariate.name] = float(plan.entry.assumed[covariate.name].value)
            continue
        if name is None:
            continue  # the model has a value for whom nothing is said
        fact = facts[name]
        if not fact.known:
            reasons.append(_lacking(finding, facts, name))
            continue
        value = fact.possible[0]
        if isinstance(value, Quantity):
            number = float(convert(value, covariate.unit).value)
        else:
            number = float(bool(value))
        if not covariate.low <= number <= covariate.high:
            reasons.append(
                f"{covariate.meaning.capitalize()} is {number:.4g} {covariate.unit}; the model was made with "
                f"people between {covariate.low:g} and {covariate.high:g}, and would only guess."
            )
        found[covariate.name] = number
    return found, reasons


def _lacking(finding: Finding, facts: Mapping[str, Fact], name: str) -> str:
    """What the covariate lacks: itself, or the inputs that it is calculated from."""
    declared = finding.rule.declared(name)
    inputs = (
        [declared] if not isinstance(declared, Let) else [finding.rule.input(read) for read in declared.reads]
    )
    words = [lacking(each, facts[each.name]) for each in inputs if not facts[each.name].known]
    if words:
        return f"{'; '.join(words).capitalize()}: add it, and ask again."
    return f"{name.replace('_', ' ').capitalize()} cannot be told: {value_words(declared, facts[name])}."


def _record(
    plan: DosingPlan, model: PopulationModel, chart: Chart, knowledge: KnowledgeBase, as_of: datetime
) -> DosingRecord:
    question = DosingQuestion(
        plan.entry.drug, (knowledge.observable(plan.entry.level),), dose_unit=model.dose_unit
    )
    return dosing_record(question, chart, as_of, knowledge)


def _strange_routes(plan: DosingPlan, doses: Sequence[GivenDose]) -> list[str]:
    known = _ROUTES[plan.entry.choices.route]
    return [
        f"A dose was given by another way ({dose.route}) than the model knows ({' or '.join(known)})."
        for dose in doses
        if dose.route not in known
    ]


def day_of(model: PopulationModel) -> Fraction:
    """A day in the model's unit of time."""
    return Fraction(24 if model.time_unit == "h" else 1)

"""The drugs of a report: every one with guidance about a tested gene, judged as if it were ordered now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from cds.cards import Recommended, recommended
from cds.cards.staleness import stale_words
from cds.cards.text import capitalised
from cds.decision import Situation, decide
from cds.decision.lookups import attribute
from cds.guard import Released, release
from cds.report.model import Answer, DrugEntry, Severity
from dsl import (
    Action,
    Advise,
    DoseSuggestion,
    EnumType,
    Fact,
    Finding,
    Give,
    Input,
    Lifecycle,
    Nothing,
    Reason,
    Rule,
    State,
    evaluate,
    holds,
    lacking,
    value_words,
)
from dsl.explain import changed_words, gene_words
from dsl.model import GENETIC
from fhir_adapters import Chart, Order, OrderDrug
from kb import KnowledgeBase


@dataclass(frozen=True, slots=True)
class Judged:
    """The drugs with their answers, and the rules that failed."""

    drugs: tuple[DrugEntry, ...]
    failed: tuple[str, ...]
    deceased: bool


def judged(
    chart: Chart, tested: frozenset[str], knowledge: KnowledgeBase, as_of: datetime, *, fire_draft: bool
) -> Judged:
    """Asks every rule in force that reads a tested gene, for each of its drugs on its own.

    `tested` holds the names of genes in rules. Findings pass the guard as those of an order do.
    """
    rules = concerned(knowledge, tested, as_of, fire_draft=fire_draft)
    shown = {rule.name for rule in rules}
    names = sorted({drug for rule in rules for drug in rule.drugs})
    situation = Situation(chart, tuple(_as_if_ordered(name) for name in names), True, (), ())
    decision = decide(situation, knowledge, as_of, fire_draft=fire_draft)
    failed = dict.fromkeys(each.rule.name for each in decision.evaluations if each.finding is None)
    answers = defaultdict[str, list[Answer]](list)
    for released in release(decision):
        if released.rule.name in shown:
            (name,) = released.order.drugs
            answers[name].append(_answer(released, knowledge, as_of))
    entries = [
        DrugEntry(knowledge.drugs[name], tuple(sorted(found, key=lambda each: (each.source, each.rule))))
        for name, found in answers.items()
    ]
    entries.sort(key=lambda entry: (entry.severity.rank, entry.drug.display.casefold()))
    return Judged(tuple(entries), tuple(failed), decision.deceased)


def concerned(
    knowledge: KnowledgeBase, tested: frozenset[str], as_of: datetime, *, fire_draft: bool
) -> tuple[Rule, ...]:
    """The rules in force that read one of these genes."""
    return tuple(
        rule
        for rule in knowledge.in_force(as_of.date(), fire_draft=fire_draft)
        if tested.intersection(_genes(rule))
    )


def _genes(rule: Rule) -> set[str]:
    return {item.source.name for item in rule.inputs if item.source.kind in GENETIC}


def _as_if_ordered(drug: str) -> Order:
    """An order of this drug and nothing else, that nobody has written."""
    return Order(f"report.{drug}", "", {}, (drug,), False, OrderDrug.MAPPED, (), "", (), None)


def _answer(released: Released, knowledge: KnowledgeBase, as_of: datetime) -> Answer:
    rule, finding = released.rule, released.finding
    condition = rule.population_condition
    only_if = condition is not None and holds(condition, finding) is None
    if only_if:
        # What the rule says in case: its population is for the reader to judge.
        finding = evaluate(replace(rule, population_condition=None), finding.facts)
    said = recommended(finding, knowledge)
    severity = _severity(finding, said)
    citation = knowledge.sources[rule.evidence.citations[0].identifier]
    return Answer(
        source=citation.publisher,
        rule=rule.name,
        version=rule.version,
        draft=rule.status is not Lifecycle.ACTIVE,
        stale=tuple(stale_words(rule, knowledge, as_of.date())),
        population="" if condition is None else rule.population,
        only_if=only_if,
        severity=severity,
        action="" if said is None or said.action is None else said.action.value,
        classification="" if said is None or severity is Severity.LISTED else said.classification,
        headline=_headline(rule, finding, said, severity, citation.publisher),
        rationale="" if said is None or severity is Severity.LISTED else said.rationale,
        keys=tuple(_keys(finding)),
        genes=tuple(sorted(_genes(rule))),
        partial=tuple(_partial(finding)) if severity is not Severity.LISTED else (),
        notes=tuple(_notes(released, finding, knowledge)),
        guideline=attribute(rule, "guideline_id") or "",
        pmids=tuple((attribute(rule, "pmids") or "").split()),
        citation=citation,
    )


def _severity(finding: Finding, said: Recommended | None) -> Severity:
    if finding.state is State.OUTSIDE:
        return Severity.OUTSIDE
    if finding.state is State.ASK:
        return Severity.UNDECIDED
    if isinstance(finding.result, Nothing):
        return Severity.NO_RECOMMENDATION
    if said is None:
        return Severity.DOSE
    if said.action is None:
        return _by_suggestions(said)
    if said.action is Action.SOURCE_HAS_ENTRY:
        return Severity.LISTED
    if said.avoids:
        return Severity.AVOID
    if said.replaces:
        return Severity.ALTERNATIVE
    if said.doses:
        return Severity.DOSE
    if finding.advises or not said.changes_nothing:
        # What has a card is advice, whatever its action: a later dose, caution, or a gene to be tested.
        return Severity.ADVICE
    return Severity.STANDARD if said.action is Action.STANDARD else Severity.NO_RECOMMENDATION


def _by_suggestions(said: Recommended) -> Severity:
    """Of an outcome that names no action: what it offers to do with the draft tells."""
    if not said.outcome.suggestions:
        return Severity.ADVICE
    doses = all(isinstance(each, DoseSuggestion) for each in said.outcome.suggestions)
    return Severity.DOSE if doses else Severity.ALTERNATIVE


def _headline(
    rule: Rule, finding: Finding, said: Recommended | None, severity: Severity, publisher: str
) -> str:
    if severity is Severity.OUTSIDE:
        return f"Not for this patient: {rule.population}"
    if severity is Severity.UNDECIDED:
        lacks = ", ".join(lacking(finding.rule.input(name), finding.facts[name]) for name in finding.asks)
        return f"Not decided: {lacks}" if lacks else "Not decided"
    if said is not None:
        # Beside the name of the source, which is told of each answer.
        return said.headline.removeprefix(f"{publisher} ")
    result = finding.result
    if isinstance(result, Give):
        return f"Advised dose {result.dose}"
    assert isinstance(result, Nothing)
    return capitalised(result.because) or "Nothing to say"


def _keys(finding: Finding) -> Iterator[tuple[str, str]]:
    for item in finding.rule.inputs:
        if item.source.kind in GENETIC:
            fact = finding.facts[item.name]
            words = (
                "not tested" if fact.missing and fact.reason is Reason.MISSING else value_words(item, fact)
            )
            changed = changed_words(item, fact)
            yield gene_words(item.source.name), f"{words} ({changed})" if changed else words


def _partial(finding: Finding) -> Iterator[str]:
    """Genes without a result, if some result of theirs would lead to another answer."""
    if not isinstance(finding.result, Advise):
        return
    rule = replace(finding.rule, population_condition=None)
    for item in rule.inputs:
        fact = finding.facts[item.name]
        if item.source.kind in GENETIC and fact.missing and isinstance(item.type, EnumType):
            anything = Fact(item.type.members, Reason.CONFLICT)
            other = evaluate(rule, {**finding.facts, item.name: anything})
            if other.result != finding.result:
                yield gene_words(item.source.name)


def _notes(released: Released, finding: Finding, knowledge: KnowledgeBase) -> Iterator[str]:
    yield from _open(finding, finding.rule.inputs)
    if finding.assumptions:
        yield f"Applies if {', '.join(finding.assumptions)}"
    if released.preliminary is not None:
        other = recommended(released.preliminary, knowledge)
        said = "no advice" if other is None else other.headline
        yield f"With preliminary results it would be: {said}"


def _open(finding: Finding, inputs: Iterable[Input]) -> Iterator[str]:
    """What the answer lacks besides genes, where it answers nevertheless."""
    if finding.state is State.ASK:
        return
    for name in finding.asks:
        item = next(each for each in inputs if each.name == name)
        if item.source.kind not in GENETIC:
            yield f"Open: {lacking(item, finding.facts[name])}"

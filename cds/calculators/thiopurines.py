"""`pgx.mercaptopurine`: the starting dose by TPMT and NUDT15, as the rules of CPIC advise it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Annotated, Any, Final

from calc import NoAnswer, UnusableInput
from calc.operations import Given, Operation, Quantity, Result
from cds.calculators.ordered import findings_about, instant, listing
from dsl import Action, Advise, DoseSuggestion, Finding, Outcome, State, convert
from dsl.names import closest
from kb import KnowledgeBase

DRUG: Final = "mercaptopurine"
GENES: Final = {"tpmt": "TPMT", "nudt15": "NUDT15"}
"""Members of `given` to genes."""
LEVEL: Final = date(2024, 3, 31)
"""The level of the guideline at which the operation is described: 2018 with the change of March 2024.

It answers where a line has neither `asOf` nor `version`.
"""

_SOURCE = "CPIC"
_UNTESTED = ("unknown", None)
_UNASSIGNED = "indeterminate"
_RANGE = re.compile(r"\b(\d+) to (\d+) % of the usual dose")
_LOW = re.compile(r"\bat least (\d+(?:\.\d+)?) mg/m2 a day")


Part = Annotated[Fraction, Quantity("1", "part of the usual dose")]
Dose = Annotated[Fraction, Quantity("mg/m2/d", "a starting dose")]


class MercaptopurineGiven(Given):
    """Two phenotypes, what the drug is for, and the start that would be usual."""

    tpmt: str | None = None
    """Phenotype of TPMT, such as `normal`, `intermediate`, `possible-intermediate`, `poor` or
    `indeterminate`; `unknown` or null if nobody has tested.
    """
    nudt15: str | None = None
    """Phenotype of NUDT15, in the same words."""
    malignant: bool
    """Whether the drug is given for a malignant disease."""
    normal_mg_m2_day: Annotated[Fraction, Quantity("mg/m2/d", "the usual starting dose", above=0)]
    asOf: str | None = None
    """The date, or date and time with offset, for which the guideline is asked; null: 2024-03-31,
    unless `version` is given.
    """
    version: str | None = None
    """The version of the rule, in place of a day; null: the one in force then."""


class MercaptopurineResult(Result):
    """What the rule advises."""

    action: str
    """What the guideline advises."""
    dose_mg_m2_day_at_most: Annotated[Fraction, Quantity("mg/m2/d", "the greatest dose on a day")] | None = (
        None
    )
    """The greatest dose on a day; only with `drastic-reduction`."""
    days_per_week: Annotated[Fraction, Quantity("d/wk", "days with a dose")] | None = None
    """Days in a week with a dose; only with `drastic-reduction`."""
    fraction: tuple[Part, Part] | None = None
    """Lowest and highest part of the usual dose; null where one gene is unknown and the other asks for
    nothing; only with `reduce` and `partial-genotype`.
    """
    dose_mg_m2_day: Dose | tuple[Dose, Dose] | None = None
    """The start in mg/m2 a day, one number, or lowest and highest; only with `normal`, `reduce` and
    `no-reduction-needed-if-already-low`.
    """


def operation(knowledge: KnowledgeBase) -> Operation:
    """The operation, answered by this knowledge base."""
    return Operation(
        "pgx.mercaptopurine",
        "Starting dose of mercaptopurine by TPMT and NUDT15",
        MercaptopurineGiven,
        MercaptopurineResult,
        partial(_answer, knowledge),
        "CPIC guideline for thiopurines, PMID 30447069, and its update, PMID 38230823, by the rules of the "
        "knowledge base",
        {"tpmt": "intermediate", "nudt15": "normal", "malignant": True, "normal_mg_m2_day": 75},
    )


def _answer(knowledge: KnowledgeBase, given: MercaptopurineGiven) -> MercaptopurineResult:
    """What the guideline's rule says about a draft order, from both phenotypes and the disease."""
    found = _said(knowledge, given)
    return MercaptopurineResult.model_construct(set(found), **found)


def _said(knowledge: KnowledgeBase, given: MercaptopurineGiven) -> dict[str, Any]:
    """The action and its doses; raises `CalculationError`."""
    usual = given.normal_mg_m2_day
    finding = _finding(given, knowledge)
    open_genes = [name for name in GENES if _value(finding, name) in (None, _UNASSIGNED)]
    if finding.state is State.NOTHING:
        if open_genes:
            return {"action": "partial-genotype", "fraction": None}
        return {"action": "normal", "dose_mg_m2_day": usual}
    if not isinstance(finding.result, Advise):
        return {"action": "genotype-unknown"}
    outcome = finding.rule.outcome(finding.result.outcome)
    if outcome.action is Action.TEST_ENZYME_ACTIVITY:
        return {"action": "genotype-unknown"}
    if outcome.action is Action.ALTERNATIVE:
        return {"action": "alternative-agent"}
    if outcome.action is Action.FIXED_START:
        return {"action": "drastic-reduction", **_dose(outcome)}
    fraction = _fraction(outcome)
    if open_genes:
        return {"action": "partial-genotype", "fraction": fraction}
    if any(_value(finding, name) == "normal" for name in GENES) and usual < _low(outcome):
        return {"action": "no-reduction-needed-if-already-low", "dose_mg_m2_day": usual}
    return {
        "action": "reduce",
        "fraction": fraction,
        "dose_mg_m2_day": tuple(each * usual for each in fraction),
    }


def _finding(given: MercaptopurineGiven, knowledge: KnowledgeBase) -> Finding:
    """What the version in force says about a draft order of the drug."""
    version, as_of = given.version, given.asOf
    if version is not None and as_of is not None:
        raise UnusableInput("input", "give `asOf` or `version`, not both")
    day = _first_day(version, knowledge) if version is not None else LEVEL
    at = datetime.combine(day, time(12), UTC) if as_of is None else instant(as_of)
    found = [
        each
        for each in findings_about(DRUG, "patient", dict(_prefetch(given, at, knowledge)), at, knowledge)
        if knowledge.publisher(each.rule) == _SOURCE and version in (None, each.rule.version)
    ]
    if len(found) != 1:
        began = " and ".join(f"{name} on {day}" for name, day in sorted(_first_days(knowledge).items()))
        raise NoAnswer(
            "rule",
            f"{len(found)} rules of {_SOURCE} about {DRUG} are in force on {at.date()}, not one; "
            f"the versions that there are began: {began or 'none'}",
        )
    return found[0]


def _first_day(version: str, knowledge: KnowledgeBase) -> date:
    days = _first_days(knowledge)
    if version not in days:
        known = ", ".join(sorted(days)) or "none, as there is no rule"
        raise UnusableInput("input", f'`version`: expected one of {known}, not "{version[:40]}"')
    return days[version]


def _first_days(knowledge: KnowledgeBase) -> dict[str, date]:
    """The day on which each active version began."""
    return {
        rule.version: rule.effective_from
        for rule in knowledge.fireable(fire_draft=False)
        if DRUG in rule.drugs and rule.genes and knowledge.publisher(rule) == _SOURCE
    }


def _value(finding: Finding, name: str) -> object:
    """The phenotype that the rule read; None if there is none."""
    for declared in finding.rule.inputs:
        if declared.source.name == GENES[name]:
            fact = finding.facts[declared.name]
            return fact.possible[0] if fact.known else None
    raise NoAnswer("rule", f"the rule {finding.rule.name} does not read {GENES[name]}")


# ---------------------------------------------------------------- the chart
def _prefetch(
    given: MercaptopurineGiven, at: datetime, knowledge: KnowledgeBase
) -> Iterator[tuple[str, object]]:
    subject = {"reference": "Patient/patient"}
    yield "patient", {"resourceType": "Patient", "id": "patient"}
    yield "pgx", listing([each | {"subject": subject} for each in _results(given, at, knowledge)])
    yield "conditions", listing([_condition(given, knowledge) | {"subject": subject}])
    for key in ("medications", "labs"):
        yield key, listing([])


def _results(
    given: MercaptopurineGiven, at: datetime, knowledge: KnowledgeBase
) -> Iterator[dict[str, object]]:
    for name, symbol in GENES.items():
        word: str | None = getattr(given, name)
        if word in _UNTESTED:
            continue
        gene = knowledge.gene(symbol)
        known = {member.replace("_", "-"): text for member, text in gene.published.items()}
        if word not in known:
            advice = closest(word, known) or f"expected unknown or one of {', '.join(sorted(known))}"
            raise UnusableInput("input", f'`{name}`: {symbol} has no phenotype "{word[:40]}"; {advice}')
        studied = {"coding": [{"system": "http://www.genenames.org/geneId", "code": gene.hgnc}]}
        yield {
            "resourceType": "Observation",
            "id": name,
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "79716-7"}]},
            "effectiveDateTime": at.isoformat(),
            "valueCodeableConcept": {"text": known[word]},
            "component": [
                {
                    "code": {"coding": [{"system": "http://loinc.org", "code": "48018-6"}]},
                    "valueCodeableConcept": studied,
                }
            ],
        }


def _condition(given: MercaptopurineGiven, knowledge: KnowledgeBase) -> dict[str, object]:
    """What the drug is given for, by a code that the knowledge base lists for it."""
    sets = knowledge.indications(DRUG)
    system, code = min(sets["malignant" if given.malignant else "non_malignant"].codes)
    return {
        "resourceType": "Condition",
        "id": "indication",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "code": {"coding": [{"system": system, "code": code}]},
    }


# ---------------------------------------------------------------- what the advice says
def _dose(outcome: Outcome) -> dict[str, object]:
    """The amount and the days in a week of the one dose that the outcome suggests."""
    for suggestion in outcome.suggestions:
        if isinstance(suggestion, DoseSuggestion):
            dose = suggestion.dose
            amount = convert(dose.amount, "mg/m2").value
            days = {"d": 7 * dose.times, "wk": dose.times}.get(dose.period_unit.value)
            if days is not None and dose.period == 1:
                return {"dose_mg_m2_day_at_most": amount, "days_per_week": min(days, 7)}
    raise NoAnswer("rule", f"the outcome {outcome.name} suggests no dose by the day or the week")


def _fraction(outcome: Outcome) -> tuple[Fraction, Fraction]:
    """The range of the usual dose that the advice names, as the card says it."""
    named = _RANGE.search(outcome.advise)
    if named is None:
        raise NoAnswer("rule", f"the outcome {outcome.name} names no range of the usual dose")
    return Fraction(int(named[1]), 100), Fraction(int(named[2]), 100)


def _low(outcome: Outcome) -> Decimal:
    """Below this usual start in mg/m2 a day the outcome may need no reduction."""
    named = _LOW.search(outcome.rationale)
    return Decimal(named[1]) if named else Decimal(0)

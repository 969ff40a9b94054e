"""The drugs of a report: which are listed, in which order, and what is said for whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from cds.report.drugs import judged
from cds.report.model import Answer, Report, Severity
from dsl import Action, Lifecycle, Rule
from fhir_adapters import chart_of_bundle
from tests.cds.cards.support import AS_OF, Json, patient
from tests.cds.report.example import called, made, passport, record, reported, result, small

CALLED = {"genes": {"CYP2D6": {"sourceDiplotypes": [{"allele1": {"name": "*1"}, "allele2": {"name": "*4"}}]}}}


def answers(report: Report, drug: str) -> dict[str, Answer]:
    entry = next(entry for entry in report.drugs if entry.drug.name == drug)
    return {answer.rule: answer for answer in entry.answers}


def listed(report: Report) -> list[tuple[str, Severity]]:
    return [(entry.drug.name, entry.severity) for entry in report.drugs]


def test_drugs_stand_by_severity_then_by_name() -> None:
    report = passport(
        result("HLA-B", "*07:02/*08:01"),
        result("CYP2D6", "*1/*1"),
        result("CYP2C19", "*2/*2"),
        fire_draft=True,
    )
    assert listed(report) == [
        ("amitriptyline", Severity.DOSE),
        # Its action is the standard one, but what it says about later is advice.
        ("omeprazole", Severity.ADVICE),
        ("abacavir", Severity.STANDARD),
        ("codeine", Severity.STANDARD),
    ]


def test_a_drug_without_a_tested_gene_is_not_listed() -> None:
    assert listed(passport(result("HLA-B", "*57:01/*07:02"))) == [("abacavir", Severity.AVOID)]


def test_each_source_answers_for_itself() -> None:
    found = answers(passport(result("CYP2D6", "*4/*4")), "codeine")
    one, two = found["codeine.one_adults"], found["codeine.two"]
    assert (one.source, one.action, one.classification) == ("ONE", "avoid", "Strong")
    assert (one.guideline, one.pmids, one.version) == ("G2", ("33387367",), "1.0.0")
    assert (two.source, two.severity, two.version) == ("TWO", Severity.ALTERNATIVE, "1.2.0")
    assert one.keys == (("CYP2D6", "activity score 0"),)


def test_the_population_of_the_patient_answers_and_others_are_said_to_be_for_others() -> None:
    found = answers(passport(result("CYP2D6", "*1/*4")), "codeine")
    adults, children = found["codeine.one_adults"], found["codeine.one_children"]
    assert (adults.severity, adults.population, adults.only_if) == (Severity.STANDARD, "adults", False)
    assert (children.severity, children.headline) == (Severity.OUTSIDE, "Not for this patient: children")


def test_what_the_file_does_not_settle_is_shown_for_each_population() -> None:
    """Nobody's age is known of a result of PharmCAT."""
    found = answers(called(CALLED), "codeine")
    adults, children = found["codeine.one_adults"], found["codeine.one_children"]
    assert (adults.severity, adults.only_if) == (Severity.STANDARD, True)
    assert (children.severity, children.only_if) == (Severity.ALTERNATIVE, True)
    assert not found["codeine.two"].only_if


def test_a_gene_that_was_not_tested_is_partial_where_it_could_matter() -> None:
    poor = answers(passport(result("CYP2C19", "*2/*2")), "amitriptyline")["amitriptyline.one"]
    assert (poor.severity, poor.partial) == (Severity.DOSE, ("CYP2D6",))
    usual = answers(passport(result("CYP2C19", "*1/*1")), "amitriptyline")["amitriptyline.one"]
    assert (usual.severity, usual.partial) == (Severity.ADVICE, ("CYP2D6",))
    settled = answers(passport(result("CYP2D6", "*4/*4")), "amitriptyline")["amitriptyline.one"]
    assert (settled.severity, settled.partial) == (Severity.AVOID, ())


def test_results_that_disagree_give_no_advice() -> None:
    """H-036: what is asked for is said with the reason."""
    report = passport(
        result("CYP2C19", "*1/*1"), reported("CYP2C19", "Poor Metabolizer"), result("CYP2D6", "*1/*1")
    )
    answer = answers(report, "amitriptyline")["amitriptyline.one"]
    assert (answer.severity, answer.action) == (Severity.UNDECIDED, "")
    assert answer.headline == "Not decided: CYP2C19 result contradictory"


def test_drafts_speak_when_asked_and_say_so() -> None:
    results = (result("CYP2C19", "*2/*2"), result("CYP2D6", "*4/*4"))
    silent, loud = passport(*results), passport(*results, fire_draft=True)
    assert silent.drafts_hidden == 1 and "omeprazole" not in dict(listed(silent))
    assert loud.drafts_hidden == 0 and answers(loud, "omeprazole")["omeprazole.two"].draft
    assert not answers(loud, "codeine")["codeine.two"].draft


def test_an_overdue_review_is_said() -> None:
    answer = answers(passport(result("HLA-B", "*57:01/*07:02")), "abacavir")["abacavir.one"]
    assert answer.stale == ("The review of this guidance was due on 2026-06-01.",)


def test_a_source_that_was_to_be_read_again_is_said() -> None:
    """H-119."""
    sources = {
        name: replace(source, review_by=date(2026, 11, 10)) if name == "label:two" else source
        for name, source in small().sources.items()
    }
    chart = chart_of_bundle(record(result("CYP2D6", "*4/*4")))
    found = answers(made(chart, knowledge=replace(small(), sources=sources)), "codeine")
    (said,) = found["codeine.two"].stale
    assert said == "The source “Guidance of another body” was to be read again by 2026-11-10."
    assert found["codeine.one_adults"].stale == ()


def test_a_preliminary_result_is_told_beside_the_answer() -> None:
    """H-010."""
    preliminary = result("HLA-B", "*57:01/*07:02", status="preliminary")
    answer = answers(passport(preliminary), "abacavir")["abacavir.one"]
    assert answer.severity is Severity.UNDECIDED
    assert answer.notes == ("With preliminary results it would be: Abacavir, HLA-B*57:01 positive: avoid",)


def test_no_advice_for_a_dead_patient() -> None:
    """H-026: the guard lets nothing through."""
    report = passport(result("CYP2D6", "*4/*4"), person=patient(deceasedBoolean=True))
    assert report.deceased and report.drugs == () and report.genes[1].tested


def test_an_entry_that_nobody_has_read_gives_neither_dose_nor_direction() -> None:
    def unread(rule: Rule) -> Rule:
        entries = tuple(replace(each, action=Action.SOURCE_HAS_ENTRY, advise="") for each in rule.outcomes)
        return replace(rule, outcomes=entries)

    rules = tuple(unread(rule) if rule.name == "codeine.two" else rule for rule in small().rules)
    chart = chart_of_bundle(record(result("CYP2D6", "*4/*4")))
    answer = answers(made(chart, knowledge=replace(small(), rules=rules)), "codeine")["codeine.two"]
    assert (answer.severity, answer.action) == (Severity.LISTED, "source-has-entry")
    assert answer.headline == "has guidance on codeine by CYP2D6; it was not read here"
    assert (answer.rationale, answer.classification, answer.partial) == ("", "", ())


def test_a_shadow_rule_is_never_shown() -> None:
    rules = tuple(
        replace(rule, status=Lifecycle.SHADOW) if rule.name == "codeine.two" else rule
        for rule in small().rules
    )
    chart = chart_of_bundle(record(result("CYP2D6", "*4/*4")))
    report = made(chart, knowledge=replace(small(), rules=rules))
    assert "codeine.two" not in answers(report, "codeine")


def test_a_rule_that_fails_costs_that_rule_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """H-072."""
    broken = tuple(
        # Not what the type allows: such a rule fails when it is evaluated.
        replace(rule, decision=None) if rule.name == "codeine.two" else rule  # type: ignore[arg-type]
        for rule in small().rules
    )
    chart = chart_of_bundle(record(result("CYP2D6", "*4/*4")))
    found = judged(chart, frozenset({"CYP2D6"}), replace(small(), rules=broken), AS_OF, fire_draft=False)
    assert found.failed == ("codeine.two",)
    assert [entry.drug.name for entry in found.drugs] == ["amitriptyline", "codeine"]


def test_other_drafts_of_the_record_do_not_change_an_answer() -> None:
    """Each drug is judged on its own."""
    draft: Json = {
        "resourceType": "MedicationRequest",
        "id": "d1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": {"text": "codeine"},
    }
    alone, beside = passport(result("CYP2D6", "*4/*4")), passport(result("CYP2D6", "*4/*4"), draft)
    assert alone.drugs == beside.drugs

"""What the drugs on the list make of a genetic result, as facts (H-035)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl import Fact, Reason
from fhir_adapters import FactReader, chart_of_prefetch, draft_orders
from fhir_adapters.strict_json import dump_json, load_json
from kb import KnowledgeBase
from kb.phenoconversion import Conversion, Effect, Phenoconversion, Strength
from tests.cds.cards.support import AS_OF, Json, bundled, draft, genotype, listing, patient
from tests.fhir_adapters.example import rule_input

KNOWLEDGE: KnowledgeBase = bundled()
MODULATORS = KNOWLEDGE.phenoconversions["CYP2D6"].modulators
DRUGS = [each.drug for each in MODULATORS]
DIPLOTYPES = ["*1/*1", "*1/*2", "*1/*4", "*4/*5", "*1/*10", "*1/*41", "*1/*1x2", "*1/*102", "*1xN/*4"]
STANDINGS: dict[str, Json] = {
    "taken": {"status": "active"},
    "unclear": {"status": "unknown"},
    "stopped": {"status": "stopped"},
    "never": {"status": "entered-in-error"},
    "long ago": {
        "status": "stopped",
        "dosageInstruction": [{"timing": {"repeat": {"boundsPeriod": {"end": "2025-01-01"}}}}],
    },
}


def medication(drug: str, standing: str = "taken") -> Json:
    known = KNOWLEDGE.drugs[drug]
    return draft((known.rxnorm, known.display), f"m-{drug}", **STANDINGS[standing])


def statement(drug: str, **members: object) -> Json:
    found = medication(drug)
    del found["intent"]
    return found | {"resourceType": "MedicationStatement"} | members


def fact(
    diplotype: str | None,
    *medications: Json,
    kind: str = "score",
    gene: str = "CYP2D6",
    ordered: str | None = None,
    drafts: bool = True,
    knowledge: KnowledgeBase = KNOWLEDGE,
) -> Fact:
    results = [] if diplotype is None else [genotype(gene, diplotype)]
    data = load_json(
        dump_json({"patient": patient(), "pgx": listing(*results), "medications": listing(*medications)})
    )
    assert isinstance(data, dict)
    chart = chart_of_prefetch("p1", data, None)
    order = None
    if ordered is not None:
        known = KNOWLEDGE.drugs[ordered]
        bundle = {"resourceType": "Bundle", "entry": [{"resource": draft((known.rxnorm, known.display))}]}
        (order,) = draft_orders(bundle, chart, KNOWLEDGE, None).orders
    reader = FactReader(chart, AS_OF, knowledge, drafts=drafts)
    return reader.facts([rule_input(kind, gene)], order)[gene]


def test_phenotypes_follow_the_scores() -> None:
    """Of a normal metabolizer half is left: 2 becomes 1, intermediate; 2.5 becomes 1.25, which is normal."""
    halved = fact("*1/*2", medication("duloxetine"), kind="phenotype")
    assert (halved.possible, halved.before, halved.reason) == (("intermediate",), ("normal",), None)
    assert fact("*1x2/*17", medication("duloxetine"), kind="phenotype").possible == ("normal",)
    assert fact("*1/*102", medication("paroxetine"), kind="phenotype").possible == ("poor",)
    assert fact("*1/*102", medication("duloxetine"), kind="phenotype").possible == ("indeterminate",)


def test_a_certain_inhibitor_settles_what_the_genes_leave_open() -> None:
    """H-033: copies of which allele matters no more."""
    settled = fact("*1xN/*4", medication("paroxetine"))
    assert (settled.possible, settled.reason, settled.explanation) == (("as0",), None, "")
    assert settled.before == ("as2", "as3_or_more")


def test_without_drafts_only_what_was_reviewed_counts() -> None:
    assert fact("*1/*2", medication("duloxetine"), drafts=False).possible == ("as2",)
    assert fact("*1/*2", medication("paroxetine"), drafts=False).possible == ("as0",)
    assert not fact("*1/*2", medication("paroxetine")).unreviewed
    assert fact("*1/*2", medication("duloxetine")).unreviewed


def test_without_a_result_there_is_nothing_to_convert() -> None:
    assert fact(None, medication("paroxetine")) == fact(None)
    assert fact(None).reason is Reason.MISSING


def test_a_drug_that_changes_nothing_leaves_the_fact_as_it_is() -> None:
    assert fact("*4/*5", medication("paroxetine")) == fact("*4/*5")
    assert fact("*1/*2", medication("omeprazole")) == fact("*1/*2")


def test_of_a_weaker_inhibitor_that_may_act_nothing_is_open() -> None:
    """A moderate one adds nothing to a strong one; the other way round both are possible."""
    assert fact("*1/*2", medication("paroxetine"), medication("duloxetine", "stopped")).possible == ("as0",)
    other = fact("*1/*2", medication("duloxetine"), medication("paroxetine", "stopped"))
    assert (other.possible, other.reason) == (("as0", "as1"), Reason.CONFLICT)
    assert other.explanation.startswith("paroxetine, a strong inhibitor, was used or ordered")


def test_an_inducer_may_make_up_for_an_inhibitor_in_any_measure() -> None:
    """Also just so far that the genes are right again, which neither of the two alone would leave."""
    table = KNOWLEDGE.phenoconversions["CYP2D6"]
    inducer = replace(MODULATORS[0], drug="rifampin", display="rifampin", effect=Effect.INDUCER)
    conversions = {**table.conversions, (Effect.INDUCER, Strength.STRONG): Conversion((Fraction(2),), {})}
    induced = Phenoconversion(table.gene, (*MODULATORS, inducer), conversions, table.unlisted)
    knowledge = replace(KNOWLEDGE, phenoconversions={"CYP2D6": induced})
    both = fact("*1/*4", medication("paroxetine"), medication("rifampin"), knowledge=knowledge)
    assert (both.possible, both.changed_by) == (("as0", "as1", "as2"), "")
    assert fact("*1/*4", medication("rifampin"), knowledge=knowledge).possible == ("as2",)


@pytest.mark.parametrize(
    ("entry", "possible"),
    [
        (statement("bupropion", effectivePeriod={"start": "2026-01-01"}), ("as0",)),
        (statement("bupropion", status="completed", effectivePeriod={"end": "2026-11-15"}), ("as0", "as2")),
        (statement("bupropion", status="completed", effectiveDateTime="2026-11-08"), ("as2",)),
        (statement("bupropion", status="not-taken"), ("as2",)),
        # A part of a date: its last day may be recent.
        (statement("bupropion", status="completed", effectiveDateTime="2026-11"), ("as0", "as2")),
        (statement("bupropion", status="completed", effectiveDateTime="2026-10"), ("as2",)),
        (statement("bupropion", subject={"display": "the patient"}), ("as0", "as2")),
    ],
)
def test_what_a_statement_says(entry: Json, possible: tuple[str, ...]) -> None:
    assert fact("*1/*2", entry).possible == possible


@pytest.mark.parametrize(
    ("handed", "days", "possible"),
    [("2026-11-01", 30, ("as0", "as2")), ("2026-09-01", 30, ("as2",)), ("2026-09-01", None, ("as0", "as2"))],
)
def test_what_was_handed_over_may_be_taken_until_it_is_used_up(
    handed: str, days: int | None, possible: tuple[str, ...]
) -> None:
    entry = medication("bupropion") | {"resourceType": "MedicationDispense", "status": "completed"}
    entry |= {"whenHandedOver": handed}
    if days is not None:
        entry["daysSupply"] = {"value": days, "system": "http://unitsofmeasure.org", "code": "d"}
    assert fact("*1/*2", entry).possible == possible


LISTS = st.dictionaries(st.sampled_from(DRUGS), st.sampled_from([*STANDINGS]), max_size=4)


@given(st.sampled_from(DIPLOTYPES), LISTS, st.integers(0, 3))
def test_the_order_of_medications_changes_nothing(diplotype: str, taken: dict[str, str], turn: int) -> None:
    """H-016: neither the result nor what is said of it."""
    entries = [medication(drug, standing) for drug, standing in taken.items()]
    mixed = [*reversed(entries[turn:]), *entries[:turn]]
    assert _without_paths(fact(diplotype, *entries)) == _without_paths(fact(diplotype, *mixed))


@given(st.sampled_from(DIPLOTYPES), LISTS, st.sampled_from(DRUGS))
def test_a_drug_never_converts_the_result_for_itself(diplotype: str, taken: dict[str, str], own: str) -> None:
    """H-035: with it on the list or without, the advice about it is the same."""
    others = [medication(drug, standing) for drug, standing in taken.items() if drug != own]
    for standing in STANDINGS:
        found = fact(diplotype, *others, medication(own, standing), ordered=own)
        assert _without_paths(found) == _without_paths(fact(diplotype, *others, ordered=own))


@given(st.sampled_from(DIPLOTYPES), LISTS)
def test_inhibitors_never_leave_more_than_the_genes(diplotype: str, taken: dict[str, str]) -> None:
    entries = [medication(drug, standing) for drug, standing in taken.items()]
    found, plain = fact(diplotype, *entries), fact(diplotype)
    order = [*KNOWLEDGE.phenoconversions["CYP2D6"].gene.score_members.values()]
    numbers = [each for each in plain.possible if each not in ("unassigned", "as3_or_more")]
    if len(numbers) == len(plain.possible):
        highest = max(order.index(str(each)) for each in numbers)
        assert all(order.index(str(each)) <= highest for each in found.possible)
    if not set(found.possible) <= set(plain.possible):
        assert found.before == plain.possible


@given(st.sampled_from(DIPLOTYPES), LISTS)
def test_what_is_open_is_what_each_way_of_settling_it_gives(diplotype: str, taken: dict[str, str]) -> None:
    """Three-valued: every subset of the drugs that may act, if taken, adds its result and no more."""
    certain = [drug for drug, standing in taken.items() if standing == "taken"]
    may_act = [drug for drug, standing in taken.items() if standing in ("unclear", "stopped")]
    entries = [medication(drug, standing) for drug, standing in taken.items()]
    expected = {
        value
        for count in range(len(may_act) + 1)
        for chosen in combinations(may_act, count)
        for value in fact(diplotype, *(medication(drug) for drug in [*certain, *chosen])).possible
    }
    assert set(fact(diplotype, *entries).possible) == expected


def _without_paths(found: Fact) -> tuple[object, ...]:
    data = sorted((each.reference, each.text, each.reason or "") for each in found.data)
    return found.possible, found.reason, found.explanation, found.before, found.changed_by, data

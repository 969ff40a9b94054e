"""The bundled rules against the table that they were written from: every row, every combination of keys."""

from __future__ import annotations

import re
from itertools import product

import pytest

from dsl import Advise, Ask, EnumType, Fact, Lifecycle, Nothing, Rule, SourceKind, evaluate, known
from dsl.tester.testing import facts_of
from tests.cds.cards.support import bundled, reference_rows

BY_HAND = {"peginterferon_alfa_2a", "peginterferon_alfa_2b", "warfarin"}
"""Drugs with guidance of CPIC that has no rows: written by hand."""

RULES = [rule for rule in bundled().rules if ".cpic" in rule.name and BY_HAND.isdisjoint(rule.drugs)]

Row = dict[str, str]
Said = tuple[str, str]
"""Action and classification, as rules write them."""


def rows_of(rule: Rule) -> list[Row]:
    """Its rows; those without a population belong to every rule about the drug."""
    population = dict(rule.evidence.attributes)["table_population"]
    rows = [
        row for row in reference_rows("pgx/recommendations_cpic.tsv") if plain(row["drug"]) == rule.drugs[0]
    ]
    return [row for row in rows if row["population"] in (population, "")]


def plain(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", words.lower())


def said(row: Row) -> Said:
    classification = row["classification"].replace("N/A", "not applicable")
    return row["action"].replace("-", "_"), plain(classification)


def member(gene: str, word: str) -> tuple[str, str | None]:
    """The input and its member, read without the importer."""
    allele = re.fullmatch(r"\*(\d+):(\d+) (positive|negative)", word)
    if allele:
        return f"{plain(gene)}_{allele[1]}_{allele[2]}", allele[3]
    name = plain(gene)
    if word == "No Result":
        return name, None
    if gene in ("CYP2C9", "CYP2D6", "DPYD"):
        words = {"n/a": "unassigned", "xN combinations": "copies_unknown"}
        number = f"as{float(word.strip('≥')):g}" if word not in words else words[word]
        return name, number.replace(".", "_") + ("_or_more" if word.startswith("≥") else "")
    short = re.sub(r" [Mm]etabolizer| of aminoglycoside.*|ivacaftor | in CF patients", "", word)
    return name, plain(short)


def cases(rule: Rule, row: Row) -> list[frozenset[tuple[str, str]]]:
    """Every combination of keys, without what has no result."""
    genes = []
    for part in row["genes"].split(" & "):
        gene, _, words = part.partition("=")
        genes.append([member(gene, word) for word in words.split("|")])
    return [
        frozenset((name, value) for name, value in combination if value is not None)
        for combination in product(*genes)
    ]


def expected(rule: Rule) -> dict[frozenset[tuple[str, str]], Said]:
    found: dict[frozenset[tuple[str, str]], Said] = {}
    for row in rows_of(rule):
        for case in cases(rule, row):
            assert found.setdefault(case, said(row)) == said(row)
    return found


def inside(rule: Rule) -> dict[str, Fact]:
    """What makes somebody a member of the population, as the tests beside the rule give it."""
    genes = {
        each.name for each in rule.inputs if each.source.kind in (SourceKind.PHENOTYPE, SourceKind.SCORE)
    }
    return {name: fact for name, fact in facts_of(rule.tests[0]).items() if name not in genes}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_case_has_the_answer_of_its_row_and_no_other_case_has_one(rule: Rule) -> None:
    answers = expected(rule)
    columns = [each for each in rule.inputs if each.source.kind in (SourceKind.PHENOTYPE, SourceKind.SCORE)]
    states = [
        [None, *((each.name, value) for value in each.type.members)]
        for each in columns
        if isinstance(each.type, EnumType)
    ]
    seen = set()
    for combination in product(*states):
        case = frozenset(each for each in combination if each is not None)
        result = evaluate(rule, {**inside(rule), **{name: known(value) for name, value in case}}).result
        if case in answers:
            assert isinstance(result, Advise), case
            outcome = rule.outcome(result.outcome)
            assert (plain(str(outcome.action)), outcome.strength) == answers[case], case
            seen.add(case)
        else:
            assert isinstance(result, Nothing if case else Ask), case
    assert seen == answers.keys()


def test_every_row_belongs_to_a_rule() -> None:
    rows = reference_rows("pgx/recommendations_cpic.tsv")
    told = {tuple(row.values()) for rule in RULES for row in rows_of(rule)}
    lost = [row["drug"] for row in rows if tuple(row.values()) not in told]
    assert len(rows) == 519 and not lost


def test_imported_rules_are_drafts_that_name_their_rows() -> None:
    for rule in RULES:
        attributes = dict(rule.evidence.attributes)
        assert rule.status is Lifecycle.DRAFT or rule.evidence.reviewed
        (cited,) = rule.evidence.citations
        assert cited.identifier == f"guideline:cpic-{attributes['guideline_id']}"
        assert attributes["edition"] == rule.effective_from.isoformat()
        for row in rows_of(rule):
            assert row["guideline_id"] == attributes["guideline_id"]
            assert set(filter(None, row["pmids"].split("|"))) <= set(attributes["pmids"].split())

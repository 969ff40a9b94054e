"""The rule files that rows become, whole, and the parts that a reader would stumble over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dsl import Rule, RuleFile, check, evaluate, format_text, known, parse_text, run_tests, untested_lines
from dsl.names import Names
from kb.importing.cards import cards_of
from kb.importing.guidance import guidance_of
from kb.importing.sources import CPIC
from tests.kb.importing.support import GENES, facts, row, written

GOLDEN = Path(__file__).parent / "golden"

SCORES = (
    row("CYP2D6=0.0|≥3.0", "avoid", "if_used_start_pct=50;tdm=1"),
    row("CYP2D6=0.25", "reduce-start", "start_pct=50-75;tdm=1", classification="Moderate"),
    row("CYP2D6=1.0", "standard"),
    row("CYP2D6=xN combinations", "invalid-copy-number-input", population="", classification="Unspecified"),
)
TWO_GENES = (
    row("CYP2C19=Normal Metabolizer & TPMT=Normal Metabolizer", "standard"),
    row("CYP2C19=Normal Metabolizer & TPMT=Indeterminate|No Result", "standard", "partner_gene=unknown"),
    row("CYP2C19=No Result & TPMT=Normal Metabolizer", "standard"),
    row(
        "CYP2C19=Normal Metabolizer|Intermediate Metabolizer|Poor Metabolizer|Indeterminate|No Result"
        " & TPMT=Poor Metabolizer",
        "alternative",
        "scope=non-malignant;malignant_start_pct=10;malignant_freq=3x/week",
    ),
    row(
        "CYP2C19=Poor Metabolizer & TPMT=Normal Metabolizer",
        "dose-cap",
        "cap_mg_day=20",
        classification="Optional",
    ),
)
HLA = (
    row("HLA-B=*15:02 positive", "avoid", "scope=naive", drug="phenytoin", population="PHT naive"),
    row("HLA-B=*15:02 negative", "standard", drug="phenytoin", population="PHT naive"),
    row(
        "HLA-B=*15:02 positive",
        "continue-with-caution-if-tolerated",
        drug="phenytoin",
        population="PHT use >3mos",
        classification="Optional",
    ),
    row("HLA-B=*15:02 negative", "standard", drug="phenytoin", population="PHT use >3mos"),
)
FILES = {"scores": SCORES, "two_genes": TWO_GENES, "hla": HLA}

ENUMS = {each.name: each for each in (*GENES.phenotypes.values(), *GENES.scores.values())}
MEMBERS = {
    name: ", ".join(f'{member} "{label}"' for member, label in enum.labels.items())
    for name, enum in ENUMS.items()
}
VOCABULARY = "\n".join(
    ("vocabulary pgx.phenotypes version 1.0.0", *(f"enum {name} {{ {MEMBERS[name]} }}" for name in MEMBERS))
)
NAMES = Names(
    genes={gene: enum.name for gene, enum in GENES.phenotypes.items()} | {"CYP2D6": "CYP2D6_phenotype"},
    scores={gene: enum.name for gene, enum in GENES.scores.items()},
    drugs=frozenset({"example", "phenytoin"}),
    citations={"guideline:cpic-PA1": "CPIC"},
)


def checked(text: str) -> tuple[Rule, ...]:
    files = [parse_text(text, "example.rule"), parse_text(VOCABULARY, "words.rule")]
    parsed = [file for file in files if isinstance(file, RuleFile)]
    assert len(parsed) == 2
    found = check(parsed, NAMES)
    assert found.diagnostics == ()
    return found.rules


@pytest.mark.parametrize("name", FILES)
def test_golden(tmp_path: Path, name: str) -> None:
    """`BESPOKE_REWRITE=1` writes them anew, to be read before they are committed."""
    text = written(tmp_path, *FILES[name])
    golden = GOLDEN / f"{name}.rule"
    if os.environ.get("BESPOKE_REWRITE"):
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")
    assert format_text(text, "") == text


@pytest.mark.parametrize("name", FILES)
def test_what_is_written_passes_the_checker_and_its_own_tests(tmp_path: Path, name: str) -> None:
    for rule in checked(written(tmp_path, *FILES[name])):
        runs = run_tests(rule)
        assert [failure for run in runs for failure in run.failures] == []
        assert untested_lines(rule, runs) == ()


@pytest.mark.parametrize(
    ("line", "indicator"),
    [
        (row("TPMT=Poor Metabolizer", "avoid"), "critical"),
        (row("TPMT=Poor Metabolizer", "avoid", classification="Moderate"), "critical"),
        (row("TPMT=Poor Metabolizer", "avoid", classification="Optional"), "warning"),
        (row("TPMT=Poor Metabolizer", "reduce-start", "start_pct=50"), "warning"),
        (row("TPMT=Poor Metabolizer", "consider-alternative"), "warning"),
        (row("TPMT=Poor Metabolizer", "clinical-judgement"), "info"),
        (row("TPMT=Poor Metabolizer", "standard", "maint_pct=50;scope=>12 weeks"), "info"),
        (row("TPMT=Poor Metabolizer", "standard", "caution=1", classification="Optional"), "info"),
        (row("TPMT=Poor Metabolizer", "standard", "caution=1"), ""),
        (row("TPMT=Poor Metabolizer", "standard", "tdm=1"), ""),
        (row("TPMT=Poor Metabolizer", "no-recommendation"), ""),
        (row("TPMT=Poor Metabolizer", "invalid-copy-number-input"), ""),
    ],
)
def test_how_loudly_it_is_said(tmp_path: Path, line: str, indicator: str) -> None:
    (guidance,) = guidance_of(CPIC, facts(tmp_path, line), GENES)
    (card,) = cards_of(guidance)
    assert card.indicator == indicator
    assert bool(card.advise) is bool(card.rationale) is bool(indicator)


def test_a_gene_that_is_not_tested_is_never_a_reassurance(tmp_path: Path) -> None:
    """Whether the source says so or its row for no result speaks about the other gene alone."""
    (rule,) = checked(written(tmp_path, *TWO_GENES))
    for given, gene in (({"tpmt": "normal"}, "CYP2C19"), ({"cyp2c19": "normal"}, "TPMT")):
        finding = evaluate(rule, {name: known(value) for name, value in given.items()})
        (outcome,) = [each for each in rule.outcomes if each.name == str(finding.result)]
        assert outcome.action == "standard" and outcome.indicator == "info"
        assert f"partial: {gene} not tested" in outcome.advise
        assert "standard" not in outcome.advise and "usual" not in outcome.advise


def test_what_one_gene_decides_alone_is_not_partial(tmp_path: Path) -> None:
    (rule,) = checked(written(tmp_path, *TWO_GENES))
    assert str(evaluate(rule, {"tpmt": known("poor")}).result) == "alternative_malignant_10_strong"


def test_summaries_have_room_for_the_longest_value(tmp_path: Path) -> None:
    """What does not fit is left to the rationale; that it is partial stays."""
    line = row(
        "CYP2D6=1.0 & TPMT=No Result",
        "reduce-start",
        "start_pct=30-80;only_if_normal_start=>=75 mg/m2/day;tdm=1;titrate=slower;partner_gene=unknown",
    )
    (guidance,) = guidance_of(CPIC, facts(tmp_path, line), GENES)
    (card,) = cards_of(guidance)
    assert card.advise.endswith("partial: TPMT not tested or not assigned") and len(card.advise) <= 139
    assert "Titrate more slowly." in card.rationale and "At least" not in card.rationale

"""The pharmacogenetic rules against the rows of CPIC, each difference listed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from dsl import Advise, Finding, Nothing, Rule, State, evaluate, known
from tests.cds.cards.support import active, bundled, reference_rows

POPULATIONS = {
    "CVI ACS PCI": "acs_pci",
    "CVI non-ACS non-PCI": "cardiovascular_other",
    "NVI": "neurovascular",
}
PHENOTYPES = (
    "Ultrarapid Metabolizer",
    "Rapid Metabolizer",
    "Normal Metabolizer",
    "Likely Intermediate Metabolizer",
    "Intermediate Metabolizer",
    "Likely Poor Metabolizer",
    "Poor Metabolizer",
    "Indeterminate",
)
THIOPURINE_PHENOTYPES = (
    "Normal Metabolizer",
    "Possible Intermediate Metabolizer",
    "Intermediate Metabolizer",
    "Poor Metabolizer",
    "Indeterminate",
    "No Result",
)

TODAY, LEVEL_OF_2024 = date(2026, 11, 20), date(2025, 6, 1)


def rule_of(drug: str, day: date = TODAY) -> Rule:
    (rule,) = [
        rule
        for rule in bundled().in_force(day, fire_draft=False)
        if drug in rule.drugs and publisher_of(rule) == "CPIC"
    ]
    return rule


def member(words: str) -> str:
    return words.lower().removesuffix(" metabolizer").replace(" ", "_")


def row_for(rows: list[dict[str, str]], population: str, **phenotypes: str) -> dict[str, str]:
    """The one row for these phenotypes; in the table `|` is "or" and `&` joins genes."""

    def fits(row: dict[str, str]) -> bool:
        genes = dict(part.split("=") for part in row["genes"].split(" & "))
        return all(phenotypes[gene] in listed.split("|") for gene, listed in genes.items())

    (row,) = [row for row in rows if row["population"] == population and fits(row)]
    return row


def clopidogrel(phenotype: str, indication: str) -> Finding:
    rule = rule_of("clopidogrel")
    age = next(iter(run.given[0].value for run in rule.tests if run.given[0].name.text == "age"))
    facts = {"cyp2c19": known(member(phenotype)), "indication": known(indication)}
    return evaluate(rule, facts | {"age": known(age.quantity)})  # type: ignore[union-attr]  # a literal


@pytest.mark.parametrize("population", POPULATIONS)
@pytest.mark.parametrize("phenotype", PHENOTYPES)
def test_clopidogrel(population: str, phenotype: str) -> None:
    """Action and strength of all 24 rows; silence is both `standard` and `no-recommendation`."""
    rows = [row for row in reference_rows("pgx/recommendations_cpic.tsv") if row["drug"] == "clopidogrel"]
    row = row_for(rows, population, CYP2C19=phenotype)
    finding = clopidogrel(phenotype, POPULATIONS[population])
    if row["action"] in ("standard", "no-recommendation"):
        assert isinstance(finding.result, Nothing)
        return
    assert isinstance(finding.result, Advise)
    outcome = finding.rule.outcome(finding.result.outcome)
    action = {"Avoid": "avoid", "Consider": "consider-alternative"}[outcome.advise.split()[0]]
    assert (action, outcome.strength) == (row["action"], row["classification"].lower())
    assert finding.rule.evidence.citations[0].identifier.removeprefix("pmid:") in row["pmids"].split("|")


@pytest.mark.parametrize("phenotype", PHENOTYPES)
def test_clopidogrel_without_indication_is_never_stronger_than_any_row(phenotype: str) -> None:
    rule = rule_of("clopidogrel")
    finding = evaluate(
        rule, {k: v for k, v in clopidogrel(phenotype, "acs_pci").facts.items() if k != "indication"}
    )
    rows = [row for row in reference_rows("pgx/recommendations_cpic.tsv") if row["drug"] == "clopidogrel"]
    actions = {row_for(rows, each, CYP2C19=phenotype)["action"] for each in POPULATIONS}
    spoken = isinstance(finding.result, Advise)
    assert spoken is bool(actions & {"avoid", "consider-alternative"})
    if isinstance(finding.result, Advise):
        assert rule.outcome(finding.result.outcome).strength == "moderate"


def expected_start(row: dict[str, str]) -> str:
    """Our outcome for a row of the table, in malignant disease."""
    parameters = dict(part.split("=", 1) for part in row["params"].split(";") if part)
    match row["action"], parameters.get("start_pct"):
        case "standard", _:
            return "none"
        case "test-enzyme-activity", _:
            return "ask"
        case "reduce-start", "10":
            assert parameters["freq"] == "3x/week"
            return "tpmt_poor_malignant"
        case "reduce-start", "20-50":
            return "both_intermediate"
        case "reduce-start", "30-80":
            return "one_intermediate_other_unknown" if "partner_gene" in parameters else "one_intermediate"
        case "fixed-start", _:
            assert parameters["start"] == "10 mg/m2/day"
            return "nudt15_poor_malignant"
    raise AssertionError(row)


@pytest.mark.parametrize("day", [LEVEL_OF_2024, TODAY])
@pytest.mark.parametrize("nudt15", THIOPURINE_PHENOTYPES)
@pytest.mark.parametrize("tpmt", THIOPURINE_PHENOTYPES)
def test_mercaptopurine(nudt15: str, tpmt: str, day: date) -> None:
    """The table is at the level of March 2024; the update treats both kinds of poor metabolizers alike."""
    facts = {
        name: known(member(words))
        for name, words in (("nudt15", nudt15), ("tpmt", tpmt))
        if words != "No Result"
    }
    rule = rule_of("mercaptopurine", day)
    finding = evaluate(rule, facts | {"indication": known("malignant")})
    got = finding.result.outcome if isinstance(finding.result, Advise) else "none"
    if finding.state is State.ASK:
        got = "ask"
    if nudt15 == tpmt == "No Result":
        assert got == "ask"  # no row: the table speaks of tested patients only
        return
    rows = [row for row in reference_rows("pgx/recommendations_cpic.tsv") if row["drug"] == "mercaptopurine"]
    row = row_for(rows, "general", NUDT15=nudt15, TPMT=tpmt)
    expected = expected_start(row)
    if nudt15 == tpmt == "Indeterminate":
        # The table names the enzyme activity here; the rule says so on a card and cannot ask for it.
        assert (expected, got) == ("ask", "unassigned")
    elif day == TODAY and expected.endswith("_poor_malignant"):
        assert got == "poor_malignant"
    else:
        assert got == expected
    if isinstance(finding.result, Advise):
        assert rule.outcome(finding.result.outcome).strength == row["classification"].lower()
    if "No Result" in (nudt15, tpmt) and "Poor Metabolizer" not in (nudt15, tpmt):
        # A gene that is not tested is always said, never silently taken for normal.
        assert finding.asks


def test_mercaptopurine_has_one_line_of_versions_whose_periods_meet() -> None:
    """H-119: a question about an earlier day hears the version of that day, and never two of them."""
    mine = sorted(
        (rule for rule in active() if "mercaptopurine" in rule.drugs and publisher_of(rule) == "CPIC"),
        key=lambda rule: rule.effective_from,
    )
    assert [rule.version for rule in mine] == ["0.9.0", "1.1.0"]
    assert mine[0].effective_until is not None
    assert mine[1].effective_from - mine[0].effective_until == timedelta(days=1)
    for day in (date(2024, 3, 31), date(2026, 1, 30), date(2026, 1, 31), date(2027, 1, 1)):
        speaking = [
            rule
            for rule in bundled().in_force(day, fire_draft=True)
            if "mercaptopurine" in rule.drugs and publisher_of(rule) == "CPIC"
        ]
        assert speaking == [mine[0] if day < date(2026, 1, 31) else mine[1]]


def publisher_of(rule: Rule) -> str:
    return bundled().sources[rule.evidence.citations[0].identifier].publisher

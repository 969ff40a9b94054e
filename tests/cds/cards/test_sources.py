"""Several sources about one drug: agreement is said once, disagreement side by side (H-044)."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds.cards import UnknownPublisher, check_precedence
from cds.cards.sources import direction_of
from dsl import Action
from kb import KnowledgeBase, load
from tests.cds.cards.support import (
    Json,
    answer,
    bundled,
    draft,
    genotype,
    hook_service,
    order_sign,
    prefetch,
)
from tests.cds.cli.support import folder_without_imports

OMEPRAZOLE = ("7646", "omeprazole")
POOR = [genotype("CYP2C19", "*2/*2")]

RULE = """
use pgx.phenotypes version 1.0.0

rule omeprazole.{name} version 1.0.0 {{
  title      "Omeprazole by CYP2C19"
  status     {status}
  effective  from 2026-01-01
  review by  2027-11-21
  concerns   drug omeprazole
  concerns   gene CYP2C19
  population any because "a rule of a test"
  evidence {{
    cites    guideline:{source}
    grade    not_stated
    strength strong
    {reviewed}
  }}
  input cyp2c19: CYP2C19_phenotype from phenotype CYP2C19 lifetime required when missing {missing}
  decide advice first {{
    when cyp2c19 = poor => low
    otherwise           => standard
    unknown             => ask cyp2c19
  }}
  outcome low {{
    {low}
  }}
  outcome standard {{
    action standard
  }}
  test "poor" {{
    given  cyp2c19 = poor
    expect advice = low
  }}
  test "normal" {{
    given  cyp2c19 = normal
    expect advice = standard
  }}
}}
"""
SOURCE = """
["guideline:{name}"]
title = "Guidance of {publisher}"
publisher = "{publisher}"
version = "1"
published = "2026"
url = "https://example.org/{name}"
read = 2026-11-21
review_by = 2027-11-21
"""

HALF = """action reduce_maintenance
    indicator warning
    advise "Omeprazole, CYP2C19 {cyp2c19}: halve the dose to 50 % later"
    rationale "Half is enough."
    suggest dose 10 mg once daily"""
HALF_SAID = "Omeprazole, CYP2C19 poor metabolizer: halve the dose to 50 % later"
SAME = HALF.replace("halve the dose to 50 % later", "give 50 % of the maintenance dose")
QUARTER = HALF.replace("halve the dose to 50 %", "reduce to 25 %")
USUAL = "action standard"
AVOID = """action avoid
    indicator critical
    advise "Omeprazole, CYP2C19 {cyp2c19}: avoid, 3 others are listed"
    rationale "Avoid." """
AVOID_TOO = AVOID.replace("3 others are listed", "2 others are listed")


def knowledge(folder: Path, **low: str) -> KnowledgeBase:
    """The bundled knowledge with one active rule for each source (`alpha`, `beta`), its drafts not asked."""
    rules = {name: written(name, text) for name, text in low.items()}
    return loaded(folder, rules)


def written(name: str, low: str, *, status: str = "active", source: str = "", missing: str = "silent") -> str:
    reviewed = 'reviewed 2026-11-20 by "Somebody"' if status == "active" else ""
    return RULE.format(
        name=name, low=low, status=status, source=source or name, reviewed=reviewed, missing=missing
    )


def loaded(folder: Path, rules: dict[str, str]) -> KnowledgeBase:
    root = folder_without_imports(folder)
    (root / "drugs" / "omeprazole.toml").write_text('rxnorm = "7646"\ndisplay = "omeprazole"\n')
    with (root / "sources.toml").open("a") as sources:
        for name in ("alpha", "beta", "gamma"):
            sources.write(SOURCE.format(name=name, publisher=name.capitalize()))
    for name, text in rules.items():
        (root / "rules" / f"{name}.rule").write_text(text)
    return load(root)


def cards(
    folder: Path, terms: KnowledgeBase, results: list[Json] | None = None, *precedence: str, **options: bool
) -> list[Json]:
    service = hook_service(folder, terms, guidance_precedence=precedence, **options)
    call = order_sign([draft(OMEPRAZOLE)], prefetch(pgx=POOR if results is None else results))
    status, body = answer(service, call)
    assert status == 200
    found: list[Json] = body["cards"]
    return found


def test_the_same_advice_of_two_sources_is_said_once(tmp_path: Path) -> None:
    (card,) = cards(tmp_path, knowledge(tmp_path, alpha=HALF, beta=SAME))
    assert card["summary"] == HALF_SAID
    assert "**Further sources**\n\n- Beta: the same (rule omeprazole.beta 1.0.0)" in card["detail"]
    assert card["suggestions"]


def test_numbers_in_the_names_of_genes_and_inputs_are_no_advice(tmp_path: Path) -> None:
    """One source names the result, the other the gene and an allele: the advice is the same 50 %."""
    named = HALF.replace("CYP2C19 {cyp2c19}: halve the dose", "by CYP2C19*2 and HLA-B*57:01: halve the dose")
    (card,) = cards(tmp_path, knowledge(tmp_path, alpha=HALF, beta=named))
    assert "differ" not in card["summary"]
    assert "- Beta: the same" in card["detail"]


def test_avoiding_is_avoiding_whatever_else_is_named(tmp_path: Path) -> None:
    (card,) = cards(tmp_path, knowledge(tmp_path, alpha=AVOID, beta=AVOID_TOO))
    assert "differ" not in card["summary"]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (QUARTER, "Omeprazole, CYP2C19 poor metabolizer: reduce to 25 % later"),
        (USUAL, "the usual dose"),
        ("action no_recommendation\n    strength no_recommendation", "no recommendation"),
    ],
)
def test_what_sources_say_otherwise_stands_beside(tmp_path: Path, other: str, said: str) -> None:
    """H-044: both are shown, neither is picked in silence."""
    (card,) = cards(tmp_path, knowledge(tmp_path, alpha=HALF, beta=other))
    assert card["summary"] == f"{HALF_SAID}; Beta differs"
    assert "The sources do not agree: Beta differs from Alpha. No change is proposed." in card["detail"]
    assert f"**Other sources**\n\n- Beta: {said} (rule omeprazole.beta 1.0.0)" in card["detail"]
    assert "suggestions" not in card


def test_a_fact_without_advice_contradicts_nobody(tmp_path: Path) -> None:
    """A level that changes, of which the source makes nothing, is told but is no other opinion."""
    quiet = "action no_recommendation\n    strength not_applicable"
    (card,) = cards(tmp_path, knowledge(tmp_path, alpha=HALF, beta=quiet))
    assert card["summary"] == HALF_SAID
    assert "- Beta: nothing is advised (rule omeprazole.beta 1.0.0)" in card["detail"]


def test_the_most_urgent_leads_where_the_site_chose_none(tmp_path: Path) -> None:
    (card,) = cards(tmp_path, knowledge(tmp_path, alpha=HALF, beta=AVOID))
    assert card["indicator"] == "critical"
    assert card["summary"].endswith("avoid, 3 others are listed; Alpha differs")


def test_the_site_chooses_who_leads_and_the_card_says_so(tmp_path: Path) -> None:
    (card,) = cards(tmp_path, knowledge(tmp_path, alpha=HALF, beta=AVOID), None, "Alpha")
    assert (card["indicator"], card["summary"]) == ("warning", f"{HALF_SAID}; Beta differs")
    assert "Beta differs from Alpha. This site follows Alpha first." in card["detail"]
    assert card["suggestions"]


def test_where_the_followed_source_changes_nothing_the_others_are_told_quietly(tmp_path: Path) -> None:
    (card,) = cards(tmp_path, knowledge(tmp_path, alpha=HALF, beta=USUAL), None, "Beta")
    assert card["indicator"] == "info"
    assert card["summary"] == "Omeprazole: the usual dose by Beta; Alpha differs"
    assert "- Beta: the usual dose (rule omeprazole.beta 1.0.0)" in card["detail"]
    assert "suggestions" not in card


def test_nothing_to_change_for_anybody_is_no_card(tmp_path: Path) -> None:
    terms = knowledge(tmp_path, alpha=HALF, beta=USUAL)
    assert cards(tmp_path, terms, [genotype("CYP2C19", "*1/*1")]) == []


def test_three_sources_are_one_card(tmp_path: Path) -> None:
    (card,) = cards(tmp_path, knowledge(tmp_path, alpha=HALF, beta=SAME, gamma=USUAL))
    assert card["summary"] == f"{HALF_SAID}; Gamma differs"
    assert "- Beta: the same" in card["detail"]
    assert "- Gamma: the usual dose" in card["detail"]


def test_what_two_sources_ask_for_is_asked_once(tmp_path: Path) -> None:
    """A contradictory result is told once, not by every guideline."""
    conflict = [genotype("CYP2C19", "*1/*1"), genotype("CYP2C19", "*2/*2")]
    (card,) = cards(tmp_path, knowledge(tmp_path, alpha=HALF, beta=QUARTER), conflict)
    assert card["summary"] == "Omeprazole: not decided, CYP2C19 result contradictory"


def test_an_active_rule_stands_in_for_the_drafts_of_its_source(tmp_path: Path) -> None:
    rules = {
        "alpha": written("alpha", HALF),
        "drafted": written("drafted", AVOID, status="draft", source="alpha"),
        "beta": written("beta", QUARTER, status="draft"),
    }
    found = cards(tmp_path, loaded(tmp_path, rules), None, "Alpha", fire_draft=True)
    (card,) = [each for each in found if "halve" in each["summary"]]
    assert "avoid" not in card["detail"]
    assert "(rule omeprazole.beta 1.0.0, draft)" in card["detail"]


def test_every_action_has_a_direction() -> None:
    assert {direction_of(action).value for action in Action}


def test_a_publisher_that_nobody_knows_is_refused() -> None:
    with pytest.raises(
        UnknownPublisher, match=r"no guidance about genes is published by `KNMP`; known: .*CPIC"
    ):
        check_precedence(["CPIC", "KNMP"], bundled())

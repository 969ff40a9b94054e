"""The tables of drugs that change genetic results: what they say, and what is refused."""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import BUNDLED, KnowledgeBaseError, load_tables
from kb.genes import number_of
from kb.phenoconversion import Effect, Modulator, Phenoconversion, Strength
from kb.release import load_release, pack, read_sources, unpack
from tests.cds.cards.support import bundled
from tests.cds.cli.support import knowledge_folder

TABLES = bundled().phenoconversions
CYP2D6 = TABLES["CYP2D6"]


def became(conversion: Phenoconversion, drug: str, *members: str) -> list[str]:
    (modulator,) = [each for each in conversion.modulators if each.drug == drug]
    return sorted(conversion.converted(members, modulator))


@pytest.mark.parametrize(
    ("before", "halved"),
    [
        ("as0", "as0"),
        ("as2", "as1"),
        # 0.125 is more than nothing, 1.125 less than normal, 0.875 as near to 0.75 as to 1.
        ("as0_25", "as0_25"),
        ("as2_25", "as1"),
        ("as1_75", "as0_75"),
        ("as1_25", "as0_5"),
        ("as2_75", "as1_25"),
        ("unassigned", "unassigned"),
        ("copies_unknown", "copies_unknown"),
    ],
)
def test_half_a_score_is_the_nearest_listed_one_of_its_phenotype(before: str, halved: str) -> None:
    assert became(CYP2D6, "duloxetine", before) == [halved]


def test_half_of_three_or_more_is_one_and_a_half_or_more() -> None:
    found = became(CYP2D6, "duloxetine", "as3_or_more")
    assert {"as1_5", "as3", "as6_or_more"} <= {*found} and "as1_25" not in found


def test_a_strong_inhibitor_leaves_nothing_of_any_score() -> None:
    scores = [*CYP2D6.gene.score_members.values(), "copies_unknown"]
    assert {score for each in scores for score in became(CYP2D6, "paroxetine", each)} == {"as0"}
    assert CYP2D6.phenotypes_of(["as0"]) == {"poor"}


def test_between_two_phenotypes_without_a_range_both_are_possible() -> None:
    """CYP2C9: half of 1.5 is between 0.5 (poor) and 1 (intermediate), and no source says which."""
    assert became(TABLES["CYP2C9"], "fluconazole", "as1_5") == ["as0_5", "as1"]
    assert became(TABLES["CYP2C9"], "fluconazole", "as2") == ["as1"]


_SCORES = [text for text in CYP2D6.gene.scores if number_of(text)[0] is not None and text[0] != "≥"]
_INHIBITORS = [each for each in CYP2D6.modulators if each.effect is Effect.INHIBITOR]


@given(st.sampled_from(_SCORES), st.sampled_from(_INHIBITORS))
def test_no_inhibitor_raises_a_score(score: str, inhibitor: Modulator) -> None:
    gene = CYP2D6.gene
    texts = {member: text for text, member in gene.score_members.items()}
    found = CYP2D6.converted([gene.score_members[score]], inhibitor)
    assert found and all(Fraction(texts[member]) <= Fraction(score) for member in found)


def test_each_drug_that_counts_in_production_has_its_sources() -> None:
    """What was not read in a source is a draft; the doubtful ones of other lists are not in force."""
    active = {
        (gene, each.drug): (each.strength, each.washout)
        for gene, conversion in TABLES.items()
        for each in (conversion.reviewed.modulators if conversion.reviewed else ())
    }
    assert active == {
        ("CYP2D6", "paroxetine"): (Strength.STRONG, timedelta(days=42)),
        ("CYP2D6", "fluoxetine"): (Strength.STRONG, timedelta(days=69)),
        ("CYP2D6", "bupropion"): (Strength.STRONG, timedelta(days=11)),
    }
    listed = {each.drug for conversion in TABLES.values() for each in conversion.modulators}
    assert listed.isdisjoint({"abiraterone", "lorcaserin", "omeprazole"})
    assert bundled().modulated(drafts=False) == {"CYP2D6"}
    assert bundled().modulated(drafts=True) == {"CYP2D6", "CYP2C19", "CYP2C9"}


def test_phenotypes_only_fall_under_inhibitors() -> None:
    order = ["poor", "likely_poor", "intermediate", "likely_intermediate", "normal", "rapid", "ultrarapid"]
    for each in TABLES["CYP2C19"].modulators:
        for place, before in enumerate(order):
            places = [order.index(after) for after in became(TABLES["CYP2C19"], each.drug, before)]
            down = each.effect is Effect.INHIBITOR
            assert all(after <= place if down else after >= place for after in places), (each.drug, before)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'drug = "paroxetine"', 'drug = "paroxetin"',
            "`modulators.0.drug`: `paroxetin` is not in drugs/; did you mean `paroxetine`?",
        ),
        ('drug = "fluoxetine"', 'drug = "paroxetine"', "`modulators.1.drug`: `paroxetine` is listed twice"),
        ('status = "active"', 'status = "on"', "`modulators.0.status`: expected draft or active"),
        (
            'strength = "moderate"\nfactors', 'strength = "weak"\nfactors',
            "`modulators.4.strength`: `conversions` has no entry for a moderate inhibitor",
        ),
        (
            'factors = ["0.5"]', 'factors = ["1.5"]',
            "`conversions.1.factors`: an inhibitor does not multiply the activity by 1.5",
        ),
        ('factors = ["0.5"]', 'factors = ["half"]', "expected a number such as 1.25"),
        ('factors = ["0.5"]', 'factors = ["≥1.0"]', "`conversions.1.factors`: expected a number such as 0.5"),
        (
            'factors = ["0.5"]', "",
            "`conversions.1`: expected `factors` in all conversions, or `phenotypes` in all",
        ),
        (
            'phenotype = "normal"', 'phenotype = "normall"',
            "`unlisted.1.phenotype`: `normall` is not in the phenotypes of the gene; did you mean `normal`?",
        ),
        (
            "acts_days = 2\n", "acts_days = 60\n",
            "`modulators.0.acts_days`: expected at most the 42 days of `washout_days`",
        ),
        ("washout_days = 42", "washout_days = -1", "`modulators.0.washout_days`: expected a number >= 0"),
        (
            '"pmid:11910262", "doi', '"pmid:11910263", "doi',
            "`modulators.0.sources`: `pmid:11910263` is not in sources.toml; did you mean `pmid:11910262`?",
        ),
        ("acts_days = 2\n", "acts_day = 2\n", "there is no such field here; did you mean `acts_days`?"),
        ("washout_days = 42\n", "", "`modulators.0.washout_days`: is required and missing"),
    ],
)  # fmt: skip
def test_a_fault_names_file_and_field(tmp_path: Path, old: str, new: str, said: str) -> None:
    file = knowledge_folder(tmp_path / "kb") / "phenoconversion" / "CYP2D6.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(KnowledgeBaseError, match=re.escape(said)) as fault:
        load_tables(tmp_path / "kb")
    assert str(fault.value).startswith(f"{file}: field `") and "\n" not in str(fault.value)


def test_a_gene_that_is_not_there_and_a_phenotype_that_is_forgotten(tmp_path: Path) -> None:
    folder = knowledge_folder(tmp_path / "kb") / "phenoconversion"
    (folder / "CYP2D6.toml").rename(folder / "CYP2D.toml")
    with pytest.raises(KnowledgeBaseError, match=r"there is no genes/CYP2D\.toml; did you mean `CYP2D6`\?"):
        load_tables(tmp_path / "kb")
    (folder / "CYP2D.toml").unlink()
    file = folder / "CYP2C19.toml"
    file.write_text(file.read_text("utf-8").replace('\nrapid = ["poor"]', "", 1), "utf-8")
    with pytest.raises(KnowledgeBaseError, match=r"conversions\.0\.phenotypes`: `rapid` is missing"):
        load_tables(tmp_path / "kb")


def test_a_release_carries_them() -> None:
    knowledge = bundled()
    packed = unpack(pack(knowledge, read_sources(BUNDLED)))
    assert load_release(packed).phenoconversions == knowledge.phenoconversions

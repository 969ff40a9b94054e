"""What rules ask of a network: the members, what they do not rest on, and which rules may ask."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl import EnumType, SourceKind
from kb import BUNDLED, KnowledgeBaseError, load, load_tables
from kb.pathway_questions import SIGNAL_ENUM, SIGNAL_MEMBERS, Question, Signal
from tests.cds.cli.support import folder_without_imports

TABLES = load_tables(BUNDLED)
BIOLOGY, SEED = Question(TABLES.pathways["rtk_ras_erk"]), Question(TABLES.pathways["seed_bypass"])
ALL = [each.symbol for each in BIOLOGY.genes]

Reported = tuple[str, str, str]
PTPN11: Reported = ("PTPN11", "pathogenic", "p.E76K")
NF1: Reported = ("NF1", "likely pathogenic", "")
RAF1: Reported = ("RAF1", "pathogenic", "")
Q60P: Reported = ("MAP2K2", "", "p.Q60P")
UNSURE: Reported = ("PTPN11", "uncertain significance", "")


def under(
    question: Question, *found: Reported, unclear: tuple[Reported, ...] = (), drug: str = "trametinib"
) -> Signal:
    return question.under(drug, found, unclear, ALL)


@pytest.mark.parametrize(
    ("question", "found", "drug", "member"),
    [
        (SEED, [], "trametinib", "stops"),
        (SEED, [PTPN11], "trametinib", "survives_with_investigational"),
        (SEED, [UNSURE], "trametinib", "stops"),
        (SEED, [NF1], "trametinib", "stops"),
        (SEED, [PTPN11], "ulixertinib", "stops"),
        (BIOLOGY, [PTPN11, NF1], "trametinib", "stops"),
        (BIOLOGY, [Q60P], "trametinib", "survives_with_investigational"),
        (BIOLOGY, [NF1], "TNO155", "survives_with_approved"),
        # The network lists nothing that holds proliferation itself, which comes after ERK.
        (BIOLOGY, [("MAPK1", "pathogenic", "")], "ulixertinib", None),
        (BIOLOGY, [RAF1], "trametinib", None),
    ],
)
def test_members(question: Question, found: list[Reported], drug: str, member: str | None) -> None:
    assert under(question, *found, drug=drug).member == member


def test_without_a_drug_behind_the_merge(tmp_path: Path) -> None:
    text = (BUNDLED / "pathways" / "seed_bypass.toml").read_text("utf-8")
    before, drugs, after = text.partition('[[drugs]]\nname = "ulixertinib"')
    folder = folder_without_imports(tmp_path / "kb")
    (folder / "pathways" / "seed_bypass.toml").write_text(
        before + "[[variants]]" + after.split("[[variants]]")[1]
    )
    assert drugs
    question = Question(load_tables(folder).pathways["seed_bypass"])
    assert under(question, PTPN11).member == "survives_without_drug"


def test_the_enum_has_the_members_that_are_answered() -> None:
    used = [each for rule in load().rules for each in rule.inputs if each.source.kind is SourceKind.PATHWAY]
    assert {each.source.name for each in used} == {"rtk_ras_erk", "seed_bypass"}
    for declared in used:
        assert isinstance(declared.type, EnumType)
        assert (declared.type.name, declared.type.members) == (SIGNAL_ENUM, SIGNAL_MEMBERS)


def test_what_the_answer_does_not_rest_on_is_named() -> None:
    assert under(SEED, UNSURE).explanation == "of uncertain significance, so it opens no way here: PTPN11"
    assert under(BIOLOGY, RAF1).explanation == "the network does not say what a variant of RAF1 does"
    assert under(SEED, unclear=(PTPN11,)).explanation == (
        "a result that cannot be used as it stands could change it: PTPN11"
    )
    found = BIOLOGY.under("trametinib", [PTPN11], (), ["PTPN11"])
    # A gain of RAS or RAF and a loss of NF1 act before MEK; one change of MAP2K2 resists; of the rest no
    # source says what they do.
    assert found == Signal(
        "stops",
        "not reported, and a variant could change this: ARAF, DUSP6, MAP2K1, MAP2K2, MAPK1, MAPK3, RAF1",
    )
    assert SEED.under("trametinib", [PTPN11], (), ["PTPN11"]).explanation == ""
    resisting = ("MAP2K2", "uncertain significance", "p.Q60P")
    assert under(BIOLOGY, resisting) == Signal("survives_with_investigational", "")


@pytest.mark.parametrize(
    ("unclear", "member"),
    [
        (PTPN11, None),
        (("PTPN11", "", ""), None),
        (("PTPN11", "uncertain significance", ""), "stops"),
        (NF1, "stops"),
        (("KRAS", "", ""), None),
    ],
)
def test_what_is_unclear_counts_only_where_it_matters(unclear: Reported, member: str | None) -> None:
    assert under(SEED, unclear=(unclear,)).member == member
    assert under(SEED, PTPN11, unclear=(unclear,)).member == "survives_with_investigational"


VARIANTS = st.tuples(
    st.sampled_from(ALL),
    st.sampled_from(["pathogenic", "likely pathogenic", "uncertain significance", "benign", ""]),
    st.sampled_from(["", "p.Q60P"]),
)


@settings(derandomize=True, database=None, deadline=None)
@given(
    st.sampled_from([BIOLOGY, SEED]),
    st.lists(VARIANTS, max_size=3),
    st.lists(VARIANTS, max_size=3),
    st.sampled_from(["trametinib", "ulixertinib"]),
)
def test_a_known_answer_holds_for_every_part_of_what_is_unclear(
    question: Question, found: list[Reported], unclear: list[Reported], drug: str
) -> None:
    """Only the two ends are tried; here every part of what is unclear is."""
    member = question.under(drug, found, unclear, ALL).member
    if member is None:
        return
    for chosen in range(2 ** len(unclear)):
        part = [(g, m or "pathogenic", c) for n, (g, m, c) in enumerate(unclear) if chosen >> n & 1]
        assert question.under(drug, [*found, *part], (), ALL).member == member


def test_genes_have_one_identifier_everywhere() -> None:
    known = {each.symbol: each.hgnc for each in BIOLOGY.genes}
    others = [(each.symbol, each.hgnc) for each in SEED.genes]
    others += [(each.symbol, each.hgnc) for each in TABLES.variants.values()]
    others += [(each.symbol, each.hgnc) for each in TABLES.genes.values()]
    for symbol, hgnc in others:
        assert known.get(symbol, hgnc) == hgnc


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A knowledge base with the rules on networks alone."""
    root = folder_without_imports(tmp_path / "kb")
    shutil.rmtree(root / "rules")
    for each in ("mek_inhibitors", "illustrations"):
        shutil.copytree(BUNDLED / "rules" / each, root / "rules" / each)
    shutil.copy(BUNDLED / "drugs" / "trametinib.toml", root / "drugs")
    return root


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (
            "illustrations/seed_bypass.rule",
            "illustrations.seed_bypass reads the network seed_bypass, which has edges or variants with the "
            "evidence seed-abstract, so it stays a draft",
        ),
        ("mek_inhibitors/bypass.rule", ""),
    ],
)
def test_no_active_rule_rests_on_the_abstract_network(folder: Path, rule: str, words: str) -> None:
    assert load(folder).pathways.keys() == {"rtk_ras_erk", "seed_bypass"}
    path = folder / "rules" / rule
    text = path.read_text("utf-8").replace("status     draft", "status     active")
    text = text.replace("    strength none\n", '    strength none\n    reviewed 2026-11-21 by "a test"\n')
    path.write_text(text, "utf-8")
    if not words:
        assert any(each.status == "active" for each in load(folder).rules)
        return
    with pytest.raises(KnowledgeBaseError, match=words):
        load(folder)


def test_a_drug_that_the_network_does_not_list_is_refused(folder: Path) -> None:
    path = folder / "rules" / "illustrations" / "seed_bypass.rule"
    path.write_text(path.read_text("utf-8").replace("drug trametinib", "drug niraparib"), "utf-8")
    with pytest.raises(KnowledgeBaseError, match="seed_bypass, which does not list the drug `niraparib`"):
        load(folder)


def test_an_enum_without_a_member_is_refused(folder: Path) -> None:
    path = folder / "vocabulary" / "pathways.rule"
    text = path.read_text("utf-8").replace("  survives_without_drug ", "  survives_without_drugs ")
    path.write_text(text, "utf-8")
    for each in (folder / "rules").rglob("*.rule"):
        said = each.read_text("utf-8").replace("survives_without_drug ", "survives_without_drugs ")
        each.write_text(said.replace("survives_without_drug\n", "survives_without_drugs\n"), "utf-8")
    with pytest.raises(KnowledgeBaseError, match="`survives_without_drug` is no member of the enum"):
        load(folder)

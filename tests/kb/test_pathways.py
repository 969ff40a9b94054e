"""Signalling networks: what their files have to say, and what is answered from them about a drug."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc.pathways import OPENING
from kb import BUNDLED, KnowledgeBaseError, load_tables
from kb.pathway_files import load_pathways
from kb.pathways import EVIDENCE, Answer, Finding, answer
from tests.cds.cli.support import folder_without_imports

TABLES = load_tables(BUNDLED)
BIOLOGY = TABLES.pathways["rtk_ras_erk"]
SEED = TABLES.pathways["seed_bypass"]
PTPN11 = Finding("PTPN11", "pathogenic", "p.E76K")
NF1 = Finding("NF1", "pathogenic")
Q60P = Finding("MAP2K2", "uncertain-significance", "p.Q60P")


def targets(found: Answer) -> list[tuple[str, str | None]]:
    return [(each.node, each.stage) for each in found.targets]


def test_the_bypass_of_the_seed_is_answered_as_an_abstract_one() -> None:
    assert answer(SEED, [], "trametinib").stops is True
    found = answer(SEED, [PTPN11], "trametinib")
    assert found.stops is False
    assert found.route == ("PTPN11", "bypass", "ERK", "proliferation")
    assert found.evidence == "seed-abstract"
    assert targets(found) == [("ERK", "investigational")]


def test_in_biology_shp2_lies_before_ras_and_the_feedback_is_what_comes_back() -> None:
    found = answer(BIOLOGY, [PTPN11], "trametinib")
    assert found.stops is True and found.route == () and found.signed_sink is False
    assert {"RTK", "RAS", "RAF"} <= {*found.freed}
    assert found.evidence == "preclinical"
    assert targets(found) == [("ERK", "investigational")]


def test_an_inhibitor_of_shp2_does_not_stop_what_begins_behind_it() -> None:
    found = answer(BIOLOGY, [NF1], "TNO155")
    assert found.stops is False
    assert found.route == ("RAS", "RAF", "MEK", "ERK", "proliferation")
    assert targets(found) == [("RAS", None), ("RAF", None), ("MEK", "approved"), ("ERK", "investigational")]
    assert answer(BIOLOGY, [], "TNO155").route[:3] == ("growth factor", "RTK", "RAS")


def test_a_loss_releases_in_both_models() -> None:
    """Without NF1 RAS is active whatever its receptors do, so it is no drug that frees it."""
    assert "RAS" in answer(BIOLOGY, [], "trametinib").freed
    assert "RAS" not in answer(BIOLOGY, [NF1], "trametinib").freed
    assert answer(BIOLOGY, [NF1], "trametinib").signed_sink is False


def test_a_resistant_variant_leaves_its_node_and_counts_with_its_own_evidence() -> None:
    found = answer(BIOLOGY, [Q60P], "trametinib")
    assert found.stops is False and found.resisted_by == (Q60P,)
    assert targets(found) == [("ERK", "investigational")]
    active = Finding("MAP2K2", "oncogenic", "p.Q60P")
    found = answer(BIOLOGY, [active], "trametinib")
    assert found.route == ("MEK", "ERK", "proliferation") and found.evidence == "preclinical"
    assert found.signed_sink is not False
    assert answer(BIOLOGY, [active], "cobimetinib").stops is True
    (mek,) = [each for each in answer(BIOLOGY, [NF1, Q60P], "TNO155").targets if each.node == "MEK"]
    assert "trametinib" not in {each.name for each in mek.drugs} and mek.stage == "approved"


def test_a_finding_that_nobody_explained_leaves_the_answer_open() -> None:
    raf = Finding("RAF1", "likely-pathogenic")
    found = answer(BIOLOGY, [raf], "trametinib")
    assert found.stops is None and found.unexplained == (raf,)
    unsure = Finding("RAF1", "uncertain-significance")
    assert answer(BIOLOGY, [unsure, Finding("TP53", "pathogenic")], "trametinib").stops is True
    assert answer(BIOLOGY, [raf], "TNO155").stops is False


@settings(derandomize=True, database=None, deadline=None)
@given(
    st.lists(
        st.builds(
            Finding,
            st.sampled_from(["PTPN11", "NF1", "KRAS", "BRAF", "MAP2K2", "RAF1", "TP53"]),
            st.sampled_from(sorted(OPENING)) | st.just("uncertain-significance"),
            st.sampled_from(["", "p.Q60P"]),
        ),
        max_size=4,
    ),
    st.sampled_from([each.name for each in SEED.file.drugs]),
)
def test_nothing_of_the_seed_ever_passes_for_a_fact(findings: list[Finding], drug: str) -> None:
    assert answer(SEED, findings, drug).evidence == EVIDENCE[0]
    assert answer(BIOLOGY, findings, drug).evidence != EVIDENCE[0]


def test_a_drug_that_is_not_listed_is_refused() -> None:
    with pytest.raises(ValueError, match="`vemurafenib` is no drug of the network seed_bypass, which lists"):
        answer(SEED, [], "vemurafenib")


def test_what_is_not_approved_is_never_first() -> None:
    for pathway in TABLES.pathways.values():
        for drug in pathway.file.drugs:
            for target in answer(pathway, [], drug.name).targets:
                stages = [each.status for each in target.drugs]
                assert stages == sorted(stages)
    assert {each.status for each in BIOLOGY.file.drugs if each.node in ("SHP2", "ERK")} == {"investigational"}


FILE = """
label = "Small"
version = "1.0.0"
source = "made for a test"
sink = "end"
origins = ["start"]
[nodes]
start = []
MEK = ["MAP2K1", "MAP2K2"]
end = []
[hgnc]
MAP2K1 = "HGNC:6840"
MAP2K2 = "HGNC:6842"
[[edges]]
from = "start"
to = "MEK"
sign = "+"
evidence = "clinical"
sources = ["a"]
[[edges]]
from = "MEK"
to = "end"
sign = "+"
evidence = "seed-abstract"
[[drugs]]
name = "trametinib"
node = "MEK"
status = "approved"
sources = ["a"]
resisted_by = [{ variant = "MAP2K2 p.Q60P", evidence = "preclinical", sources = ["a"] }]
[[variants]]
gene = "MAP2K1"
effect = "loss"
releases = ["end"]
evidence = "preclinical"
sources = ["a"]
"""


def test_a_small_file_is_read(tmp_path: Path) -> None:
    assert load_pathways(tmp_path, {"a"}) == {}
    (tmp_path / "pathways").mkdir()
    (tmp_path / "pathways" / "small.toml").write_text(FILE, "utf-8")
    found = load_pathways(tmp_path, {"a"})["small"]
    assert found.node_of("MAP2K1") == "MEK" and found.node_of("TP53") is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('sink = "end"', 'sink = "ends"', "`sink`: `ends` is not in `nodes`; did you mean `end`?"),
        ('sink = "end"', 'sink = "start"', "`sink`: no way of activating edges leads from `origins`"),
        ('origins = ["start"]', "origins = []", "field `origins`: expected a list that is not empty"),
        ('["start"]', '["MEK1"]', "`origins`: `MEK1` is not in `nodes`; did you mean `MEK`?"),
        ('from = "start"', 'from = "begin"', "`edges.0.from`: `begin` is not in `nodes`; expected one of"),
        ('from = "start"\n', "", "field `edges.0.from`: is required and missing"),
        ('to = "MEK"', 'to = "RAF"', "`edges.0.to`: `RAF` is not in `nodes`"),
        ('sign = "+"', 'sign = "-"', "`sink`: no way of activating edges"),
        ('sign = "+"', 'sign = "plus"', "field `edges.0.sign`: expected + or -"),
        ('"clinical"', '"certain"', "`edges.0.evidence`: expected seed-abstract, preclinical or clinical"),
        ('"clinical"', '"seed-abstract"', "`edges.0.sources`: expected nothing, as the seed text is"),
        ('"seed-abstract"', '"clinical"', "`edges.1.sources`: expected at least one source with"),
        ('sources = ["a"]', 'sources = ["b"]', "`edges.0.sources`: `b` is not in sources.toml"),
        ('from = "MEK"\nto = "end"', 'from = "start"\nto = "MEK"', "`edges`: `start to MEK` is listed twice"),
        ('"MAP2K2"]', '"MAP2K1"]', "`nodes`: `MAP2K1` is listed twice"),
        ('node = "MEK"', 'node = "ERK"', "`drugs.0.node`: `ERK` is not in `nodes`"),
        ('node = "MEK"', 'node = "end"', "MAP2K2 is no gene of `end`, which the drug holds"),
        ('"approved"', '"licensed"', "field `drugs.0.status`: expected approved or investigational"),
        ('"MAP2K2 p.Q60P"', '"MAP2K2"', "`drugs.0.resisted_by.0.variant`: expected gene and change such as"),
        ('"MAP2K2 p.Q60P"', '"MAP2K9 p.Q60P"', "resisted_by.0.variant`: `MAP2K9` is not in the genes"),
        ('MAP2K1 = "HGNC:6840"', 'RAF1 = "HGNC:9829"', "`hgnc`: `RAF1` is not in the genes of `nodes`"),
        ('MAP2K1 = "HGNC:6840"', "", "`nodes`: `MAP2K1` is not in `hgnc`"),
        ('"HGNC:6840"', '"6840"', "field `hgnc.MAP2K1`: expected an identifier"),
        ('"HGNC:6840"', '"HGNC:6842"', "`hgnc`: `HGNC:6842` is listed twice"),
        ('gene = "MAP2K1"', 'gene = "RAF1"', "`variants.0.gene`: `RAF1` is not in the genes of `nodes`"),
        ('effect = "loss"', 'effect = "gain"', "`variants.0.releases`: only a loss releases other nodes"),
        ('effect = "loss"', 'effect = "more"', "field `variants.0.effect`: expected gain or loss"),
        ('["end"]', '["ends"]', "`variants.0.releases`: `ends` is not in `nodes`"),
        ('label = "Small"', 'lable = "Small"', "`lable`: there is no such field here; did you mean `label`?"),
        ('version = "1.0.0"', 'version = "1"', "field `version`: expected three numbers"),
        ('label = "Small"', "label = Small", "not a TOML file"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_with_file_and_field(tmp_path: Path, old: str, new: str, words: str) -> None:
    (tmp_path / "pathways").mkdir()
    (tmp_path / "pathways" / "small.toml").write_text(FILE.replace(old, new, 1), "utf-8")
    with pytest.raises(KnowledgeBaseError) as error:
        load_pathways(tmp_path, {"a"})
    assert words in str(error.value) and "small.toml: " in str(error.value)


def test_a_drug_or_variant_that_is_listed_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pathways").mkdir()
    for table, words in (("drugs", "`trametinib`"), ("variants", "`MAP2K1`")):
        entry = f"[[{table}]]" + FILE.partition(f"[[{table}]]")[2].partition("[[")[0]
        (tmp_path / "pathways" / "small.toml").write_text(FILE + entry, "utf-8")
        with pytest.raises(KnowledgeBaseError, match=f"field `{table}`: {words} is listed twice"):
            load_pathways(tmp_path, {"a"})


def test_the_check_of_a_knowledge_base_reads_its_networks(tmp_path: Path) -> None:
    folder = folder_without_imports(tmp_path / "kb")
    path = folder / "pathways" / "seed_bypass.toml"
    path.write_text(path.read_text("utf-8").replace('node = "MEK"', 'node = "MKE"'), "utf-8")
    with pytest.raises(KnowledgeBaseError, match=r"seed_bypass.toml: field `drugs.0.node`: `MKE`"):
        load_tables(folder)

"""The local codes of a site: signed, complete, unambiguous, or refused with the place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dsl import Coding, SourceKind
from fhir_adapters import lint_template, prefetch_templates
from kb import KnowledgeBase, KnowledgeBaseError, load, with_site_map

SITE = "urn:oid:2.16.840.1.113883.3.999"
GEW = Coding(SITE, "GEW")


@pytest.fixture(scope="module")
def knowledge() -> KnowledgeBase:
    return load()


def entry(**changed: str | None) -> str:
    members = {
        "system": f'"{SITE}"',
        "code": '"GEW"',
        "target": '"body_weight"',
        "signed_by": '"A. Example"',
        "signed": "2026-10-01",
    } | changed
    return "\n".join(["[[codes]]", *(f"{name} = {value}" for name, value in members.items() if value)])


def mapped(folder: Path, knowledge: KnowledgeBase, *entries: str) -> KnowledgeBase:
    path = folder / "codes.toml"
    path.write_text("\n".join(entries), "utf-8")
    return with_site_map(knowledge, path)


@pytest.mark.parametrize("target", ["body_weight", "29463-7"])
def test_a_local_code_counts_as_its_observable(tmp_path: Path, knowledge: KnowledgeBase, target: str) -> None:
    """H-023: beside the codes that the knowledge base has, which itself stays as it was."""
    local = mapped(tmp_path, knowledge, entry(target=f'"{target}"'))
    weight = knowledge.observable("body_weight")
    assert local.observable("body_weight").codes == weight.codes | {GEW} and GEW not in weight.codes
    assert local.observable("platelets") == knowledge.observable("platelets")
    assert [(each.code, each.target, each.signed_by) for each in local.site_codes] == [
        (GEW, target, "A. Example")
    ]


@pytest.mark.parametrize("target", ["CYP2C19", "79714-2"])
def test_a_local_code_counts_for_its_gene(tmp_path: Path, knowledge: KnowledgeBase, target: str) -> None:
    local = mapped(tmp_path, knowledge, entry(target=f'"{target}"'))
    assert GEW in local.gene("CYP2C19").interpretation_codes


def test_a_record_tells_which_map_was_used(tmp_path: Path, knowledge: KnowledgeBase) -> None:
    assert with_site_map(knowledge, None) is knowledge and "site_map" not in knowledge.identity
    one, other = (mapped(tmp_path, knowledge, entry(code=f'"{code}"')) for code in "AB")
    assert one.digest == other.digest and one.identity["site_map"] != other.identity["site_map"]


def test_prefetch_asks_for_the_local_code(tmp_path: Path, knowledge: KnowledgeBase) -> None:
    """In a query that every client can evaluate."""
    local = mapped(tmp_path, knowledge, entry(code='"LAB~1/a.b:c-d_e"'))
    inputs = [
        each for rule in local.rules for each in rule.inputs if each.source.kind is SourceKind.OBSERVATION
    ]
    template = prefetch_templates(inputs, local, with_medications=False)["labs"]
    assert f"{SITE}|LAB~1/a.b:c-d_e" in template and lint_template(template) == []


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([], "field `codes`: is required and missing"),
        (["codes = []"], "field `codes`: expected a list that is not empty"),
        ([entry(signed_by=None)], "signed_by`: is required and missing"),
        ([entry(signed=None)], "signed`: is required and missing"),
        ([entry(signed='"2026-10-01"')], "signed`: expected a date without quotes"),
        ([entry(signed_by='""')], "signed_by`: expected text that is not empty"),
        ([entry(target=None)], "target`: is required and missing"),
        ([entry(note='"x"')], "note`: there is no such field here"),
        ([entry(), entry()], "field `codes.1.code`: the code has a meaning already"),
        ([entry(), entry(target='"platelets"')], "field `codes.1.code`: the code has a meaning already"),
        ([entry(target='"body_wieght"')], "no `body_wieght`; did you mean `body_weight`?"),
        ([entry(target='"2951-2"')], "expected one of ABCG2, CACNA1S"),
        ([entry(system='"http://loinc.org"')], "expected the URI of a local system"),
        ([entry(system='"Labor"')], "expected the URI of a local system"),
        ([entry(code='"A,B"')], "code`: expected letters"),
        (["codes = "], "not a TOML file"),
    ],
)
def test_what_is_refused(tmp_path: Path, knowledge: KnowledgeBase, entries: list[str], says: str) -> None:
    """H-023: nobody's word stands for a measurement unless it is clear and signed."""
    with pytest.raises(KnowledgeBaseError) as caught:
        mapped(tmp_path, knowledge, *entries)
    assert says in str(caught.value) and "codes.toml" in str(caught.value)


def test_a_target_that_stands_for_two_things(tmp_path: Path, knowledge: KnowledgeBase) -> None:
    """H-023: a LOINC code of two observables names neither."""
    weight, platelets = (knowledge.observables[name] for name in ("body_weight", "platelets"))
    shared = replace(platelets, codes=platelets.codes | weight.codes)
    both = replace(knowledge, observables={**knowledge.observables, "platelets": shared})
    with pytest.raises(KnowledgeBaseError, match="stands for body_weight and platelets; name one of them"):
        mapped(tmp_path, both, entry(target='"29463-7"'))


def test_a_map_that_is_not_there(tmp_path: Path, knowledge: KnowledgeBase) -> None:
    with pytest.raises(KnowledgeBaseError, match="no such file"):
        with_site_map(knowledge, tmp_path / "nowhere.toml")
    with pytest.raises(KnowledgeBaseError, match="no such file"):
        with_site_map(knowledge, tmp_path)

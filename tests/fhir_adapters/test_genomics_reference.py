"""Published genomic resources of others: every file is read, and some were compared by eye."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dsl.values import Fact, Reason
from fhir_adapters import chart_of_bundle, gather, load_json
from tests.fhir_adapters.example import AS_OF, Json, reference_folder, rule_input
from tests.fhir_adapters.published_genes import published

GUIDE, BUILD = "fhir-genomics", "fhir-samples/genomics-reporting-4-ci"


def _resources(value: Any, url: str | None = None) -> Iterator[Json]:
    """The resources of a file as entries: of a Bundle, inside Parameters, or the one itself."""
    if isinstance(value, list):
        for item in value:
            yield from _resources(item)
    elif isinstance(value, dict) and "resource" in value:
        yield from _resources(value["resource"], value.get("fullUrl"))
    elif isinstance(value, dict) and value.get("resourceType") in ("Bundle", "Parameters"):
        yield from _resources([*value.get("entry", []), *value.get("parameter", [])])
    elif isinstance(value, dict) and "resourceType" in value:
        yield {"resource": value} | ({"fullUrl": url} if url else {})
    elif isinstance(value, dict):
        yield from _resources(list(value.get("part", [])))


def facts_of(path: Path) -> dict[str, Fact]:
    """The facts about every gene for the first patient that a file names, as from that one's record."""
    entries = list(_resources(load_json(path.read_bytes(), max_bytes=10_000_000)))
    subjects = [(entry["resource"].get("subject") or {}).get("reference") for entry in entries]
    subject = next((each for each in subjects if each), "Patient/p1")
    about = {subject, None}
    record = [entry for entry, whose in zip(entries, subjects, strict=True) if whose in about]
    patient: Json = {
        "resource": {"resourceType": "Patient", "id": subject.split("/")[-1]},
        "fullUrl": subject,
    }
    others = [entry for entry in record if entry["resource"]["resourceType"] != "Patient"]
    on_file = chart_of_bundle({"resourceType": "Bundle", "entry": [patient, *others]})
    inputs = [rule_input("phenotype", gene.symbol) for gene in published().genes()]
    return gather(inputs, on_file, AS_OF, published(), None)


@pytest.mark.parametrize("folder", [GUIDE, f"{GUIDE}/variants", BUILD])
def test_every_file_is_read(folder: str) -> None:
    """H-022: without an exception, and nothing is known of a gene that no result names."""
    paths = sorted(reference_folder(folder).glob("*.json"))
    assert len(paths) >= 7
    for path in paths:
        for symbol, fact in facts_of(path).items():
            assert fact.data or fact.reason is Reason.MISSING, (path.name, symbol)
            assert not fact.missing or fact.reason is not None


_POOR, _INTERMEDIATE = "Poor Metabolizer", "Intermediate Metabolizer"
_NORMAL, _RAPID = "Normal Metabolizer", "Rapid Metabolizer"


@pytest.mark.parametrize(
    ("file", "symbol", "possible", "said"),
    [
        (f"{GUIDE}/Observation-Pgx-geno-1001", "CYP2C19", {_POOR}, ["*2/*2"]),
        (f"{GUIDE}/Observation-Pgx-geno-1002", "CYP2C9", {_NORMAL}, ["*1/*1"]),
        (f"{GUIDE}/Observation-GenotypeExamplePharmVar", "CYP2D6", {_INTERMEDIATE}, ["*7/*1"]),
        (f"{GUIDE}/Parameters-FindSubjectHaplotypesOutput", "CYP2D6", {_NORMAL}, ["*1/*1"]),
        (f"{GUIDE}/Parameters-FindSubjectHaplotypesOutput", "CYP2C19", {_INTERMEDIATE}, ["*1/*2"]),
        (f"{GUIDE}/variants/v1-genotype-text-only", "CYP2D6", {_INTERMEDIATE}, ["*7/*1"]),
        (f"{GUIDE}/variants/v2-genotype-pharmvar-coded-string", "CYP2C19", {_RAPID}, ["*1/*17"]),
        (f"{GUIDE}/variants/v3-genotype-clinvar-id-display", "CYP2C19", {_POOR}, ["*2/*2"]),
        (f"{GUIDE}/variants/v4-genotype-two-gene-components", "CYP2C9", {_INTERMEDIATE}, ["*2/*5"]),
        (f"{GUIDE}/variants/v5-lab-string-v2-derived", "CYP2D6", {_INTERMEDIATE}, ["*1/*4"]),
        (f"{GUIDE}/variants/v6-phenotype-per-gene-loinc", "CYP2D6", {_INTERMEDIATE}, ["LA10317-8"]),
        (f"{GUIDE}/variants/v7-phenotype-local-string-both", "CYP2C9", {_NORMAL}, ["*1/*1", _NORMAL]),
        # The GL string lacks its asterisk; the two haplotypes are whole.
        (f"{GUIDE}/Bundle-bundle-CG-IG-HLA-FullBundle-01", "HLA-A", {"negative"}, ["*01:01/*01:02"]),
        (f"{GUIDE}/Bundle-bundle-CG-IG-HLA-FullBundle-01", "HLA-B", {"positive"}, ["*15:01/*57:01"]),
        # One haplotype was copied from the other: its sequences and the GL string say C*03:04.
        (
            f"{GUIDE}/Bundle-bundle-CG-IG-HLA-FullBundle-01",
            "HLA-C",
            {"negative", "positive"},
            ["*01:02/*01:02", "*01:02/*03:04"],
        ),
        (f"{GUIDE}/Observation-genotype-hla-a-glstring-r4", "HLA-A", {"negative"}, ["*03:01/*30:01"]),
        (
            f"{GUIDE}/Parameters-FindSubjectSpecificHaplotypesOutput",
            "HLA-A",
            {"negative"},
            ["*02:69/*23:30 or *02:302/*23:26 or *02:302/*23:39"],
        ),
        # One allele of the two is told.
        (f"{GUIDE}/Observation-GenotypeExample1", "HLA-B", {"negative", "positive"}, ["*15:02/?"]),
        # *35B is no allele of CYP2C9, and no table has a rapid metabolizer of it.
        (f"{GUIDE}/Bundle-bundle-pgxexample", "CYP2C9", set(), ["", "*4/*35B"]),
        # Its implications are about two genes at once: which of them is meant is not said.
        (f"{BUILD}/Bundle-bundle-cgexample-withGrouping", "CYP2C9", {_INTERMEDIATE}, ["", "", "", "*2/*5"]),
        (f"{GUIDE}/Observation-HaplotypeExamplePharmVar01", "CYP2D6", set(), [""]),
    ],
)
def test_compared_with_the_file_by_eye(file: str, symbol: str, possible: set[str], said: list[str]) -> None:
    folder, _, name = file.rpartition("/")
    fact = facts_of(reference_folder(folder) / f"{name}.json")[symbol]
    assert set(fact.possible) == possible
    assert sorted(datum.text for datum in fact.data) == said


def test_a_report_of_several_files() -> None:
    """The eMERGE report: two genotypes, their implications and the report that holds them together."""
    folder = reference_folder(GUIDE)
    names = [
        "DiagnosticReport-PGxGenomicReportEMERGE",
        *(f"Observation-TxImp0{number}" for number in range(1, 7)),
    ]
    names += [f"Observation-Pgx-geno-100{number}" for number in (1, 2, 3)]
    entries: list[Json] = [{"resource": load_json((folder / f"{name}.json").read_bytes())} for name in names]
    patient = {"resource": {"resourceType": "Patient", "id": "CGPatientExample01"}}
    on_file = chart_of_bundle({"resourceType": "Bundle", "entry": [patient, *entries]})
    inputs = [rule_input("phenotype", symbol) for symbol in ("CYP2C19", "CYP2C9")]
    facts = gather(inputs, on_file, AS_OF, published(), None)
    assert facts["CYP2C19"].possible == (_POOR,)
    assert facts["CYP2C19"].explanation == "genotype and reported phenotype agree"
    assert len(facts["CYP2C19"].data) == 6
    # The warfarin implication is derived from CYP2C9 and VKORC1.
    assert facts["CYP2C9"].possible == (_NORMAL,)
    assert [datum.reason for datum in facts["CYP2C9"].data] == [None, Reason.CONFLICT]

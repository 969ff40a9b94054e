"""`bespoke pgx report`: what it reads, what it writes, and what it refuses in one sentence."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from cds.report import as_bundle, as_data, as_lines, as_page
from cds.report.model import GeneEntry
from fhir_adapters import chart_of_bundle, dump_json, load_json
from tests.cds.cards.support import Json, bundled
from tests.cds.cli.support import bespoke
from tests.cds.report.example import KNOWLEDGE, golden_record, made, record, result, write
from tests.fhir_adapters.example import reference_folder
from tests.fhir_adapters.reference_table import bundles_of

KB = ("--kb", KNOWLEDGE, "--as-of", "2026-11-20")
CALL: Json = {"allele1": {"name": "*1"}, "allele2": {"name": "*4"}}
PHARMCAT: Json = {
    "matcherMetadata": {"sampleId": "NA1"},
    "genes": {"CYP2D6": {"sourceDiplotypes": [CALL]}},
}


def data(path: Path, *options: object) -> Json:
    ran = bespoke("pgx", "report", path, *(options or KB), "--format", "json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert isinstance(found, dict)
    return found


def genes(found: Json) -> dict[str, list[str]]:
    return {each["label"]: each["phenotypes"] for each in found["genes"] if each["state"] != "not-tested"}


def test_a_record_makes_a_report(tmp_path: Path) -> None:
    ran = bespoke("pgx", "report", write(tmp_path, golden_record()), *KB)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("PHARMACOGENOMIC REPORT\n  Patient         p1, Ada")
    assert "1 draft rule about these genes not shown; --fire-draft shows them" in ran.out
    assert "\nAvoid\n  abacavir\n    ONE: Abacavir, HLA-B*57:01 positive: avoid\n" in ran.out


@pytest.mark.parametrize(
    ("format", "starts"),
    [("html", "<!DOCTYPE html>"), ("fhir", '{"resourceType":"Bundle"'), ("text", "PHARMA")],
)
def test_a_report_goes_into_a_file(tmp_path: Path, format: str, starts: str) -> None:
    target = tmp_path / "out"
    path = write(tmp_path, golden_record())
    ran = bespoke("pgx", "report", path, *KB, "--format", format, "--output", target)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert target.read_text("utf-8").startswith(starts)


@pytest.mark.parametrize(
    "document",
    [
        PHARMCAT,
        {"geneReports": {"CPIC": PHARMCAT["genes"]}},
        {"metadata": {"sampleId": "NA1"}, "results": [{"gene": "CYP2D6", "diplotypes": [{"name": "*1/*4"}]}]},
        "CYP2D6\t*1/*4\n",
        "# from another caller\nCYP2D6\t*1/*4\t\t1.0\n",
        "PharmCAT v3\nGene\tSource Diplotype\tPhenotype\tActivity Score\nCYP2D6\t*1/*4\t \t1.0\n",
        result("CYP2D6", "*1/*4"),
    ],
)
def test_what_is_read(tmp_path: Path, document: object) -> None:
    assert genes(data(write(tmp_path, document))) == {"CYP2D6": ["Intermediate Metabolizer"]}


def test_a_phenotype_or_a_score_alone_is_a_call(tmp_path: Path) -> None:
    found = data(write(tmp_path, "CYP2D6\t\t\t0.0\nCYP2C19\t\tPoor Metabolizer\nHLA-B\t\t*57:01 positive\n"))
    assert genes(found) == {
        "CYP2C19": ["Poor Metabolizer"],
        "CYP2D6": ["Poor Metabolizer"],
        "HLA-B*57:01": ["*57:01 positive"],
    }
    assert all(each["reason"] is None for each in found["genes"])


def test_the_status_of_another_allele_is_no_result_of_this_one(tmp_path: Path) -> None:
    """It is neither negative nor unreadable: nothing was said."""
    found = data(write(tmp_path, "CYP2D6\t*1/*4\nHLA-B\t\t*15:02 positive\n"))
    assert genes(found) == {"CYP2D6": ["Intermediate Metabolizer"]}


def test_the_sample_is_the_patient(tmp_path: Path) -> None:
    assert data(write(tmp_path, PHARMCAT))["patient"]["id"] == "NA1"


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ('{"a": 1', "expected valid JSON (line 1"),
        ({"a": 1}, "is neither a FHIR Bundle nor a result of PharmCAT"),
        ([], "is neither a FHIR Bundle nor a result of PharmCAT"),
        ({"resourceType": "Patient", "id": "p1"}, "expected a FHIR Bundle of one patient"),
        (record(), "says nothing of any of the 3 genes that the knowledge base knows"),
        (record({"resourceType": "Patient", "id": "p2"}), "exactly one Patient, found 2"),
        (result("CYP2D6", "*1/*1", subject={}), "has to name its patient"),
        ("", "expected a FHIR Bundle, a result of PharmCAT (JSON), or a table of calls"),
        ("##fileformat=VCFv4.2\n#CHROM\tPOS\nchr1\t97740410\n", "a VCF has to go through PharmCAT first"),
        ("NA18526\nNA18565\n", "or a table of calls"),
        ("Gene\tSomething\nCYP2D6\t*1/*1\n", "or a table of calls"),
        ("CYP4F2\t*1/*1\n", "says nothing of any of the 3 genes"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, document: object, says: str) -> None:
    bespoke("pgx", "report", write(tmp_path, document), *KB).refused("record.json: ", says)


def test_unusable_calls(tmp_path: Path) -> None:
    path = write(tmp_path, golden_record())
    bespoke("pgx", "report", tmp_path / "none.json", *KB).refused("cannot be read")
    bespoke("pgx", "report", path, "--as-of", "yesterday").refused("--as-of: expected a date")
    bespoke("pgx", "report", path, "--kb", tmp_path / "none").refused("a knowledge base is a folder")
    bespoke("pgx", "report", path, *KB, "--output", tmp_path / "no" / "file").refused("cannot be written")
    bespoke("pgx").refused("give --batch FILE, or a command")
    bespoke("pgx", "--batch", path, "report", path).refused("give either --batch or a command")


def test_the_options_of_batch_stay(tmp_path: Path) -> None:
    """Contract C4: `bespoke pgx --batch FILE [--kb PATH]`."""
    line = {"id": "1", "kind": "phenotype", "gene": "CYP2D6", "diplotype": "*1/*4"}
    ran = bespoke("pgx", "--batch", write(tmp_path, json.dumps(line)), "--kb", KNOWLEDGE)
    assert (ran.code, json.loads(ran.out)["activity_score"]) == (0, "1.0")


NOT_COUNTED = frozenset({"CYP4F2", "IFNL4", "F5"})
"""Genes that the knowledge base may get later, and that these files tell of."""

RECORDS = {
    # Records, those that tell of a gene, and the states of these genes; compared with the files by eye.
    "fhir-genomics": (79, 17, {"known": 13, "several": 2, "unusable": 12}),
    "fhir-genomics/variants": (7, 7, {"known": 7, "unusable": 1}),
    "fhir-samples/genomics-reporting-4-ci": (194, 11, {"known": 8, "several": 2, "unusable": 5}),
}
CALLS = {
    "pharmcat-example/pharmcat.example.match.json": {"known": 18},
    "pharmcat-example/pharmcat.example.report.tsv": {"known": 19},
    "pharmcat-example/pharmcat.example.outsideCall.tsv": {"known": 5},
    # CYP2C9 by its score, HLA-B by the status of one allele.
    "pharmcat-tutorial/example_outside_calls.txt": {"known": 5},
    # No table has *36x2+*10; the G6PD of the other two was not available, or is no phenotype.
    "pharmcat-tutorial/outside_calls_from_get-rm.NA18526.txt": {"unusable": 1},
    "pharmcat-tutorial/outside_calls_from_get-rm.NA18565.txt": {"known": 1, "unusable": 1},
    "pharmcat-tutorial/outside_calls_from_get-rm.NA18861.txt": {"known": 1, "unusable": 1},
}
REFUSED = (
    "pharmcat-example/pharmcat.example.vcf",
    "pharmcat-tutorial/NA18526.preprocessed.vcf",
    "pharmcat-tutorial/NA18565.preprocessed.vcf",
    "pharmcat-tutorial/NA18861.preprocessed.vcf",
    "pharmcat-tutorial/test_get-rm_samples.txt",
)


def states(entries: Iterable[GeneEntry]) -> dict[str, int]:
    found = Counter(
        entry.state.value for entry in entries if entry.tested and entry.gene.symbol not in NOT_COUNTED
    )
    return dict(sorted(found.items()))


@pytest.mark.parametrize("folder", RECORDS)
def test_published_records(folder: str) -> None:
    """Every form of the report of every record; what is read back from FHIR says the same of every gene."""
    records, telling, entries = 0, 0, list[GeneEntry]()
    for path in sorted(reference_folder(folder).glob("*.json")):
        value: Any = load_json(path.read_bytes(), max_bytes=16_000_000)
        for bundle in bundles_of(value):
            records += 1
            report = made(chart_of_bundle(bundle), fire_draft=True, knowledge=bundled())
            assert as_page(report) and list(as_lines(report)) and dump_json(as_data(report))
            written = load_json(dump_json(as_bundle(report)))
            Bundle.model_validate(json.loads(dump_json(written)))
            assert isinstance(written, dict)
            again = made(chart_of_bundle(written), knowledge=bundled())
            for before, after in zip(report.genes, again.genes, strict=True):
                assert (before.phenotypes, before.scores) == (after.phenotypes, after.scores), path.name
            found = [entry for entry in report.genes if entry.tested]
            telling += bool(found)
            entries += found
    assert (records, telling, states(entries)) == RECORDS[folder]


@pytest.mark.parametrize("name", CALLS)
def test_published_calls(name: str) -> None:
    path = reference_folder("fhir-samples") / name
    found = data(path, "--as-of", "2026-11-20", "--fire-draft")
    counted = Counter(
        each["state"]
        for each in found["genes"]
        if each["state"] != "not-tested" and each["gene"] not in NOT_COUNTED
    )
    assert dict(counted) == CALLS[name]


@pytest.mark.parametrize("name", REFUSED)
def test_published_files_that_hold_no_calls(name: str) -> None:
    bespoke("pgx", "report", reference_folder("fhir-samples") / name).refused("a table of calls")

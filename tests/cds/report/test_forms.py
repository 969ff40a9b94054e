"""The four forms of a report: complete, escaped, valid, and the same for the same input.

`golden/` holds one report in all of them, to be read by eye; after a change that is meant,
`BESPOKE_RECORD=1 pytest tests/cds/report/test_forms.py` writes it anew.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from fhir.resources.R4B.bundle import Bundle

from cds.report import Report, as_bundle, as_data, as_lines, as_page
from fhir_adapters import chart_of_bundle, dump_json, load_json
from tests.cds.report.example import EVIL, called, golden_record, made, passport, reported, result

GOLDEN = Path(__file__).parent / "golden"


def forms(report: Report) -> dict[str, str]:
    def pretty(value: object) -> str:
        return json.dumps(json.loads(dump_json(value)), indent=1, ensure_ascii=False) + "\n"

    return {
        "report.txt": "".join(f"{line.text}\n" for line in as_lines(report)),
        "report.html": as_page(report),
        "report.json": pretty(as_data(report)),
        "report.fhir.json": pretty(as_bundle(report)),
    }


def golden_report() -> Report:
    return made(chart_of_bundle(golden_record()), fire_draft=True)


@pytest.mark.parametrize("name", ["report.txt", "report.html", "report.json", "report.fhir.json"])
def test_golden(name: str) -> None:
    written = forms(golden_report())[name]
    path = GOLDEN / name
    if os.environ.get("BESPOKE_RECORD"):
        path.write_text(written, "utf-8")
    assert written == path.read_text("utf-8")


class _Page(HTMLParser):
    """What a reader of the page meets: its elements, and whether each one is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: list[str] = []
        self.headings: list[str] = []
        self.scopes: list[str | None] = []
        self.attributes: set[str] = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "th":
            self.scopes.append(dict(attrs).get("scope"))
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_else() -> None:
    page = as_page(golden_report())
    read = _Page(page)
    assert read.open == [] and '<html lang="en">' in page and "@media print" in page
    assert not {"script", "img", "link", "iframe", "object", "form"} & set(read.names)
    assert not {"src", "href", "style", "onclick"} & read.attributes
    assert all(read.scopes) and {"col", "row", "rowgroup"} == set(read.scopes)
    levels = [int(name[1]) for name in read.headings]
    assert levels[0] == 1 and all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("form", ["report.txt", "report.html"])
def test_nothing_of_the_patient_acts(form: str) -> None:
    """What stands in a name, an identifier or a result neither marks up a page nor moves a cursor."""
    person = {
        "resourceType": "Patient",
        "id": EVIL,
        "name": [{"text": EVIL}],
        "gender": EVIL,
        "birthDate": EVIL,
    }
    evil = result("CYP2D6", EVIL, subject={"reference": f"Patient/{EVIL}"})
    made_of = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": person}, {"resource": evil}],
    }
    written = forms(made(chart_of_bundle(made_of)))[form]
    assert "\x1b" not in written
    assert form == "report.txt" or ("<script" not in written and "&lt;script&gt;" in written)


def test_lines_fit_a_screen() -> None:
    assert all(len(line.text) <= 100 and "\n" not in line.text for line in as_lines(golden_report()))


def test_the_bundle_is_valid_and_hangs_together() -> None:
    bundle = load_json(dump_json(as_bundle(golden_report())))
    Bundle.model_validate(json.loads(dump_json(bundle)))
    assert isinstance(bundle, dict)
    entries = {each["fullUrl"]: each["resource"] for each in bundle["entry"]}
    assert len(entries) == len(bundle["entry"])
    report = bundle["entry"][-1]["resource"]
    reported = [each["reference"] for each in report["result"]]
    assert set(reported) == {url for url, each in entries.items() if each["resourceType"] == "Observation"}
    implications = [
        each
        for each in entries.values()
        if "/therapeutic-implication" in str(each.get("meta", {}).get("profile"))
    ]
    assert len(implications) == 4
    for each in implications:
        assert each["derivedFrom"] and all(one["reference"] in entries for one in each["derivedFrom"])
        codes = [part["code"]["coding"][0]["code"] for part in each["component"]]
        assert codes == ["51963-7", "therapeutic-implication", "conclusion-string"]
        assert "valueCodeableConcept" not in each  # the profile allows no value


def test_what_is_draft_is_preliminary() -> None:
    bundle = as_bundle(passport(result("CYP2C19", "*2/*2"), fire_draft=True))
    assert isinstance(bundle["entry"], list)
    by_rule = {
        each["resource"]["note"][0]["text"].split()[3]: each["resource"]["status"]
        for each in bundle["entry"]
        if "note" in each["resource"]
    }
    assert by_rule == {"amitriptyline.one": "final", "omeprazole.two": "preliminary"}
    assert bundle["entry"][-1]["resource"]["status"] == "preliminary"


def test_what_rests_on_no_result_is_no_implication() -> None:
    """The profile asks for at least one finding that an implication is derived from."""
    untested = replace(passport(result("CYP2D6", "*4/*4")), genes=())
    bundle = as_bundle(untested)
    assert isinstance(bundle["entry"], list)
    assert [each["resource"]["resourceType"] for each in bundle["entry"]] == ["Patient", "DiagnosticReport"]


@pytest.mark.parametrize("fire_draft", [False, True])
def test_a_report_that_is_read_back_says_the_same_of_every_gene(fire_draft: bool) -> None:
    """H-034: an implication is no result. It would be one more witness for what it follows from."""
    first = made(chart_of_bundle(golden_record()), fire_draft=fire_draft)
    again = made(chart_of_bundle(load_bundle(first)))
    for before, after in zip(first.genes, again.genes, strict=True):
        assert (before.state, before.phenotypes, before.scores) == (
            after.state,
            after.phenotypes,
            after.scores,
        )
        used = [(seen.kind, seen.text) for seen in before.results if not seen.unused]
        assert used == [(seen.kind, seen.text) for seen in after.results]


def load_bundle(report: Report) -> dict[str, object]:
    bundle = load_json(dump_json(as_bundle(report)))
    assert isinstance(bundle, dict)
    return bundle


def test_the_calls_of_pharmcat_become_fhir() -> None:
    calls = {
        "genes": {"CYP2D6": {"sourceDiplotypes": [{"allele1": {"name": "*1"}, "allele2": {"name": "*4"}}]}}
    }
    again = made(chart_of_bundle(load_bundle(called(calls))))
    assert again.genes[1].phenotypes == ("Intermediate Metabolizer",) and again.genes[1].scores == ("1.0",)


def test_the_same_record_makes_the_same_bytes() -> None:
    """Whatever the order of its entries (H-016)."""
    record = golden_record()
    turned = {**record, "entry": record["entry"][:1] + record["entry"][:0:-1]}
    one, other = (made(chart_of_bundle(each)) for each in (record, turned))
    assert forms(one) == forms(other)


def test_a_phenotype_is_told_again_as_a_phenotype() -> None:
    bundle = load_bundle(passport(reported("CYP2D6", "Poor Metabolizer")))
    assert isinstance(bundle["entry"], list)
    told = bundle["entry"][1]["resource"]
    assert (told["code"], told["valueCodeableConcept"]) == (
        {"text": "CYP2D6 phenotype"},
        {"text": "Poor Metabolizer"},
    )
    assert told["derivedFrom"] == [{"reference": "Observation/cyp2d6-2"}]

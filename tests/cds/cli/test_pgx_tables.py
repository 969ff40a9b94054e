"""Every row of the fact tables comes back from the rules through `bespoke pgx --batch` (C4)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import pytest

from cds.cli import pgx
from kb import BUNDLED
from tests.cds.cards.support import Json, bundled, reference_rows

Row = dict[str, str]

ROWS = 519

DPWG_ROWS = 200
DPWG_KEYS = 520
"""Of the drugs and genes that the knowledge base has."""
DPWG_UNLISTED = {"flucloxacillin", "flucytosine"}
DPWG_UNHELD = {("carbamazepine", "HLA-B", "*15:11 positive"), ("carbamazepine", "HLA-B", "1511 and 1502")}
"""Keys of which the knowledge base has no gene."""
FDA_ROWS = 226
FDA_WITHOUT_GENE = {
    "hydralazine",
    "isoniazid",
    "procainamide",
    "sulfamethoxazole / trimethoprim",
    "sulfasalazine",
}
FDA_UNLISTED = {
    "abrocitinib", "acetaminophen / caffeine / dihydrocodeine", "articaine / epinephrine",
    "ascorbic acid (vitamin c), combinations", "ascorbic acid (vitamin c), plain", "belzutifan",
    "bupivacaine",
    "deuruxolitinib", "dextromethorphan / quinidine",
    "dextromethorphan hydrobromide / bupropion hydrochloride", "fluoxetine / olanzapine", "flutamide",
    "lidocaine / prilocaine", "lidocaine and tetracaine", "mavacamten", "mepivacaine", "moviprep",
    "nateglinide", "oxymetazoline and tetracaine", "ropivacaine", "sacituzumab govitecan", "seladelpar",
    "sodium ascorbate", "viloxazine",
}  # fmt: skip
"""Combinations, and drugs of which no table has an RxNorm ingredient."""
FDA_BY_HAND = {"irinotecan", "pitolisant", "siponimod"}
"""Drugs whose rules no import wrote: their labels were read as wholes."""


def keys_of(row: Row) -> Iterator[dict[str, str]]:
    """Every combination of the keys of a row."""
    genes, keys = zip(*(part.strip().split("=") for part in row["genes"].split("&")), strict=True)
    for chosen in product(*(each.split("|") for each in keys)):
        yield dict(zip(genes, chosen, strict=True))


def asked(row: Row, lookup: dict[str, str], source: str, population: str = "") -> Json:
    about = {"drug": row["drug"], "population": population, "source": source}
    return {"kind": "recommend", "lookup": lookup, **about}


def answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], questions: Sequence[Json]
) -> list[list[Json]]:
    batch = tmp_path / "batch.jsonl"
    lines = [json.dumps({"id": str(number), **question}) for number, question in enumerate(questions)]
    batch.write_text("\n".join(lines), "utf-8")
    assert pgx.run(batch, None) == 0
    found = [json.loads(line)["recommendations"] for line in capsys.readouterr().out.splitlines()]
    assert len(found) == len(questions)
    return found


def read_rows(source: str) -> list[Row]:
    """What somebody has read of a source's rows."""
    path = BUNDLED / "pgx" / source / "reviewed.tsv"
    lines = [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    head, *cells = (line.split("\t") for line in lines)
    return [dict(zip(head, each, strict=True)) for each in cells]


def is_silent(found: Json, drug: str, source: str) -> bool:
    """Whether it says that there is an entry, and neither a dose nor a direction."""
    flags = [found[name] for name in ("avoid", "alternative", "dose", "none")]
    text = f"{source} has guidance on {drug} by "
    return found["action"] == "source-has-entry" and not any(flags) and found["text"].startswith(text)


def test_every_row_of_cpic(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = reference_rows("pgx/recommendations_cpic.tsv")
    assert len(rows) == ROWS
    cases = [(row, keys) for row in rows for keys in keys_of(row)]
    questions = [asked(row, keys, "CPIC", row["population"]) for row, keys in cases]
    for (row, keys), recommended in zip(cases, answers(tmp_path, capsys, questions), strict=True):
        (found,) = recommended
        expected = (row["classification"], row["action"], row["guideline_id"])
        assert (found["classification"], found["action"], found["guideline"]) == expected, (row, keys)
        # A rule cites what any of its rows does: one row of the thiopurines rests on a later update.
        assert set(filter(None, row["pmids"].split("|"))) <= set(found["pmids"]), (row, keys)
        assert found["text"]


def test_every_row_of_dpwg(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What somebody has read comes back as read; of any other row only that it exists."""
    rows = reference_rows("pgx/recommendations_dpwg.tsv")
    assert len(rows) == DPWG_ROWS
    assert {row["drug"] for row in rows} - bundled().drugs.keys() == DPWG_UNLISTED
    read = {
        (row["drug"], row["guideline_id"], key): row
        for row in read_rows("dpwg")
        for keys in keys_of(row)
        for key in keys.values()
    }
    cases = [(row, gene, key) for row in rows for keys in keys_of(row) for gene, key in keys.items()]
    cases = [
        (row, gene, key)
        for row, gene, key in cases
        if row["drug"] not in DPWG_UNLISTED and (row["drug"], gene, key) not in DPWG_UNHELD
    ]
    questions = [asked(row, {gene: key}, "DPWG") for row, gene, key in cases]
    counted = {"read": 0, "entry": 0}
    for (row, gene, key), found in zip(cases, answers(tmp_path, capsys, questions), strict=True):
        (one,) = [each for each in found if each["guideline"] == row["guideline_id"]]
        reading = read.get((row["drug"], row["guideline_id"], key))
        if one["action"] == "source-has-entry":
            counted["entry"] += 1
            assert reading is None, (row, key)
            assert is_silent(one, row["drug"], "DPWG") and gene in one["text"]
            continue
        counted["read"] += 1
        assert reading is not None, (row, key)
        assert (one["classification"], one["action"]) == (reading["classification"], reading["action"]), key
    assert sum(counted.values()) == len(cases) == DPWG_KEYS
    assert counted["read"] > 450


def test_every_entry_of_the_fda(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = reference_rows("pgx/fda.tsv")
    assert len(rows) == FDA_ROWS
    assert {row["drug"] for row in rows if not row["genes"]} == FDA_WITHOUT_GENE
    left_out = FDA_UNLISTED | FDA_BY_HAND
    held = [row for row in rows if row["genes"] and row["drug"] not in left_out]
    assert {row["drug"].replace(" ", "_") for row in held} <= bundled().drugs.keys()
    cases = [
        (row, symbol, key)
        for row in held
        for symbol in row["genes"].split("|")
        for gene in bundled().genes()
        if gene.symbol == symbol
        for key in gene.published.values()
    ]
    questions = [asked(row, {symbol: key}, "FDA") for row, symbol, key in cases]
    silent = set()
    for (row, symbol, key), found in zip(cases, answers(tmp_path, capsys, questions), strict=True):
        mine = [each for each in found if each["guideline"] == row["id"]]
        if any(is_silent(each, row["drug"], "FDA") for each in mine):
            silent.add(row["id"])
        assert all(symbol in each["text"] for each in mine if each["action"] == "source-has-entry")
        # Several scores of one phenotype may have several answers, of which none is picked.
        assert mine or row["id"] in {each["guideline_id"] for each in read_rows("fda")}, (row, key)
    unread = {row["id"] for row in held} - {row["guideline_id"] for row in read_rows("fda")}
    assert unread <= silent


def test_what_was_read_of_the_fda(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = [
        (row, keys)
        for row in read_rows("fda")
        if row["drug"] not in FDA_UNLISTED | FDA_BY_HAND
        for keys in keys_of(row)
    ]
    assert len(cases) > 100
    questions = [asked(row, keys, "FDA") for row, keys in cases]
    for (row, keys), found in zip(cases, answers(tmp_path, capsys, questions), strict=True):
        said = {(each["guideline"], each["action"]) for each in found}
        assert (row["guideline_id"], row["action"]) in said, (row, keys)


@pytest.mark.parametrize(("lookup", "guidelines"), [
    ({"TPMT": "Poor Metabolizer"}, ["PA166104934"]),
    ({"NUDT15": "Poor Metabolizer"}, ["PA166184614"]),
    ({"NUDT15": "Poor Metabolizer", "TPMT": "Normal Metabolizer"}, ["PA166184614", "PA166104934"]),
])  # fmt: skip
def test_each_gene_of_the_thiopurines_has_its_own_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lookup: dict[str, str], guidelines: list[str]
) -> None:
    """The DPWG recommends by gene and drug, so that two genes tested are two answers."""
    (found,) = answers(tmp_path, capsys, [asked({"drug": "azathioprine"}, lookup, "DPWG")])
    assert [each["guideline"] for each in found] == guidelines

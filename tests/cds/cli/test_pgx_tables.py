"""Every row of the fact tables comes back from the rules through `bespoke pgx --batch` (C4)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from cds.cli import pgx
from tests.cds.cards.support import Json, reference_rows

ROWS = 519
UNLISTED = {"ribostamycin"}
"""Without a code of RxNorm, so no order can mean it."""


def asked_of(row: dict[str, str]) -> Iterator[Json]:
    """A question for every combination of the keys of a row."""
    genes, keys = zip(*(part.strip().split("=") for part in row["genes"].split("&")), strict=True)
    for chosen in product(*(each.split("|") for each in keys)):
        lookup = dict(zip(genes, chosen, strict=True))
        about = {"drug": row["drug"], "population": row["population"], "source": "CPIC"}
        yield {"kind": "recommend", "lookup": lookup, **about}


def test_every_row_of_cpic(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = reference_rows("pgx/recommendations_cpic.tsv")
    assert len(rows) == ROWS
    asked = [(row, each) for row in rows if row["drug"] not in UNLISTED for each in asked_of(row)]
    batch = tmp_path / "batch.jsonl"
    lines = [json.dumps({"id": str(number), **question}) for number, (_, question) in enumerate(asked)]
    batch.write_text("\n".join(lines), "utf-8")
    assert pgx.run(batch, None) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(answers) == len(asked)
    for (row, question), answer in zip(asked, answers, strict=True):
        (found,) = answer["recommendations"]
        expected = (row["classification"], row["action"], row["guideline_id"])
        assert (found["classification"], found["action"], found["guideline"]) == expected, question
        # A rule cites what any of its rows does: one row of the thiopurines rests on a later update.
        assert set(filter(None, row["pmids"].split("|"))) <= set(found["pmids"]), question
        assert found["text"]

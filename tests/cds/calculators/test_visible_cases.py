"""Every published case of every operation, through `bespoke calc --batch` (C3), within its tolerance."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from cds.cli import calc
from tests.cds.cards.support import reference

CASES = 69
"""All but those of `guard.decide`."""


def differences(found: object, expected: object, case: Mapping[str, Any], where: str = "") -> Iterator[str]:
    """Where an answer is not the expected one: members and lists exactly, numbers within the tolerance."""
    if isinstance(expected, dict) and isinstance(found, dict):
        if found.keys() != expected.keys():
            yield f"{where}: {sorted(found.keys() ^ expected.keys())}"
        for name in found.keys() & expected.keys():
            yield from differences(found[name], expected[name], case, f"{where}.{name}")
    elif isinstance(expected, list) and isinstance(found, list) and len(found) == len(expected):
        for number, (one, other) in enumerate(zip(found, expected, strict=True)):
            yield from differences(one, other, case, f"{where}[{number}]")
    elif not is_close(found, expected, case["tolerance"], drawn=".mc." in where):
        yield f"{where}: {found}, expected {expected}"


def is_close(found: object, expected: object, tolerance: Mapping[str, float], *, drawn: bool) -> bool:
    numeric = all(isinstance(each, int | float) and not isinstance(each, bool) for each in (found, expected))
    if not numeric:
        return found == expected and type(found) is type(expected)
    assert isinstance(found, int | float) and isinstance(expected, int | float)
    apart = abs(found - expected)
    if drawn:
        return apart <= tolerance["mc_abs"]
    return apart <= tolerance["abs"] or apart <= tolerance["rel"] * abs(expected)


def test_visible_cases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = reference("cases/seed-cases-visible.json").read_text("utf-8")
    cases = [case for case in json.loads(text)["cases"] if case["op"] != "guard.decide"]
    batch = tmp_path / "batch.jsonl"
    lines = (json.dumps({name: case[name] for name in ("id", "op", "given")}) for case in cases)
    batch.write_text("\n".join(lines), "utf-8")
    status = calc.run_file(batch, None)
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["id"] for answer in answers] == [case["id"] for case in cases]
    wrong = {
        case["id"]: answer.get("error") or [*differences(answer["result"], case["expect"], case)]
        for answer, case in zip(answers, cases, strict=True)
    }
    assert {name: why for name, why in wrong.items() if why} == {}
    assert status == 0 and len(cases) == CASES

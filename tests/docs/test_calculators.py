"""Every operation has its page, and it says what the operation does today."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from calc.anticoagulation import Effects, Ratio
from calc.operations import OPERATIONS, meanings
from calc.operations.anticoagulation import BaselineGiven, ParametersGiven
from cds.api import calculator_routes
from cds.calculators import operations
from cds.calculators.answers import number
from cds.calculators.pages import pages
from cds.cli.main import app
from tests.cds.cards.support import bundled
from tests.cds.hooks.support import RecordingServer, Service, serving

FOLDER = Path(__file__).parents[2] / "docs" / "calculators"
OF_PYTHON = re.compile(r"\b(None|Fraction|Decimal|tuple|dict|partial\(|Pydantic\w*|Undefined)")
SOURCE = re.compile(
    r"PMID \d+|DOI 10\.\d+/\S+|ISBN [\d-]+|^a definition;|What If, 2020|^US prescribing information"
)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(RecordingServer(), beside=calculator_routes(bundled())) as found:
        yield found


def test_pages_are_those_that_the_operations_write() -> None:
    """`make pages` writes them anew."""
    found = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.md")}
    assert found == pages(operations(bundled()))


def test_every_field_says_what_it_is() -> None:
    """In words, and not in those of the language that it is written in; a name alone says nothing."""
    for name, text in pages(operations(bundled())).items():
        assert "|  |" not in text and not OF_PYTHON.search(text), name
        for field, what in re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", text, flags=re.MULTILINE):
            assert what.lower() != field.replace("_", " ").lower(), f"{name}: {field}"


def test_every_operation_has_one_line_of_title_and_a_source_that_can_be_looked_up() -> None:
    for operation in operations(bundled()).values():
        assert not operation.title.endswith(".") and operation.title[0].isupper(), operation.name
        assert SOURCE.search(operation.source) and not operation.source.endswith("."), operation.name


def test_what_null_stands_for_is_what_the_model_takes() -> None:
    """The page gives the numbers of the model of net benefit, which nobody would compare by eye."""
    said = "; ".join(
        meaning for model in (ParametersGiven, BaselineGiven) for meaning in meanings(model).values()
    )
    written = [
        [float(each) for each in numbers.split(",")] for numbers in re.findall(r"null:\s+([\d.,\s]*\d)", said)
    ]
    model = Effects()
    for each in fields(Effects):
        value = getattr(model, each.name)
        if isinstance(value, Ratio):
            value = (value.estimate, value.low, value.high)
        several = value if isinstance(value, tuple) else (value,)
        assert [float(number(one)) for one in several] in written, each.name


def test_results_hold_nothing_that_their_page_does_not_allow() -> None:
    """A member that is left out is one that the page gives only sometimes, and null is announced."""
    for operation in OPERATIONS.values():
        text = pages({operation.name: operation})[f"{operation.name}.md"].partition("## Gives")[2]
        rows = dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", text, flags=re.MULTILINE))
        result = json.loads(text.rpartition("```")[0].splitlines()[-1])
        for name, row in rows.items():
            if "." in name:
                continue
            assert name in result or row.endswith("sometimes"), f"{operation.name}: {name}"
            assert result.get(name, 0) is not None or "null" in row, f"{operation.name}: {name}"


def test_the_calls_of_the_index_answer_as_it_shows(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```console\n(.*?)^```", (FOLDER / "README.md").read_text("utf-8"), re.M | re.S)
    assert len(blocks) == 5
    for block in blocks:
        shown = [line for line in block.splitlines() if not line.startswith("$ ")]
        commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
        assert [line for each in commands for line in run(each, tmp_path, service)] == shown


def run(command: str, folder: Path, service: Service) -> list[str]:
    """What a command of the index prints."""
    program, *words = shlex.split(command)
    if program == "echo":
        text, sign, file = words
        assert sign == ">"
        (folder / file).write_text(text, "utf-8")
        return []
    if program == "curl":
        address = next(word for word in words if word.startswith("http"))
        return [service.post(json.loads(words[-1]), urlsplit(address).path).body.decode()]
    assert program == "bespoke"
    return CliRunner().invoke(app, words).output.splitlines()

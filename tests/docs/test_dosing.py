"""`docs/dosing.md` shows what the commands print today, and names what files and questions hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import fields

from cds.api import calculator_routes
from cds.dosing.optimise import LimitsGiven, TargetGiven
from kb.dosing_plans import ChoiceEntry, PlanFile
from kb.models import ModelFile
from tests.cds.dosing.questions import folder_of_models, models
from tests.cds.hooks.support import RecordingServer, Service, serving
from tests.docs.test_calculators import run

DOCUMENT = (Path(__file__).parents[2] / "docs/dosing.md").read_text("utf-8")
BLOCKS = re.findall(r"^```console\n(.*?)^```", DOCUMENT, re.M | re.S)
LEFT_OUT = "…"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(RecordingServer(), beside=calculator_routes(models())) as found:
        yield found


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_commands_print_what_is_shown(
    block: str, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for what is left out, in the same order."""
    monkeypatch.chdir(tmp_path)
    shown = [line for line in block.splitlines() if not line.startswith("$ ")]
    printed: list[str] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            command = line[2:]
            own = f" --kb {folder_of_models()}" if command.startswith("bespoke ") else ""
            printed += run(command + own, tmp_path, service)
    pattern = "".join(r"(.*\n)*" if line == LEFT_OUT else re.escape(line) + r"\n" for line in shown)
    assert re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)), printed


def test_every_command_is_shown() -> None:
    commands = set(re.findall(r"^\$ bespoke dose (\w+)", DOCUMENT, re.M))
    assert commands == {"fit", "predict", "optimise"} and len(BLOCKS) == 4


def test_every_field_of_models_plans_and_targets_is_named() -> None:
    names = [each.name for entry in (ModelFile, PlanFile, ChoiceEntry) for each in fields(entry)]
    names += [*TargetGiven.model_fields, *LimitsGiven.model_fields]
    text = re.sub(r"^```.*?^```", "", DOCUMENT, flags=re.M | re.S)
    named = set(re.findall(r"[a-z_0-9]+", " ".join(re.findall(r"`([^`]+)`", text))))
    assert [name for name in names if name not in named] == []

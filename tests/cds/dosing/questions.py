"""Questions of individual dosing, and the models of the knowledge base without all that they do not read."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from calc import CalculationError
from cds.calculators import answer
from cds.dosing import dosing_operations
from cds.guard import reasons_to_withhold
from fhir_adapters import dump_json, load_json
from kb import BUNDLED, KnowledgeBase, load
from tests.cds.cli.support import folder_without_imports

Json = dict[str, Any]


@cache
def _held() -> TemporaryDirectory[str]:
    return TemporaryDirectory()


@cache
def folder_of_models() -> Path:
    """A knowledge base with every population model, which all tests share and nobody changes."""
    folder = folder_without_imports(Path(_held().name) / "kb")
    shutil.copytree(BUNDLED / "models", folder / "models")
    for drug in (BUNDLED / "drugs").iterdir():
        shutil.copyfile(drug, folder / "drugs" / drug.name)
    return folder


@cache
def models() -> KnowledgeBase:
    """What is loaded from it."""
    return load(folder_of_models(), reasons_to_withhold)


VANCOMYCIN: Json = {
    "model": "goti2018_vancomycin",
    "covariates": {"WT": 72, "CRCL": 85, "DIAL": 0},
    "doses": [
        {"time": 0, "amt": 1500, "dur": 1.5, "route": "iv"},
        {"time": 12, "amt": 1000, "dur": 1, "route": "iv", "interval": 12, "count": 2},
    ],
    "samples": [{"time": 35.5, "dv": 11.94}],
}
PHENYTOIN: Json = {
    "model": "yukawa1990_phenytoin",
    "covariates": {"WT": 68, "AED": 0},
    "doses": [{"time": 0, "amt": 150, "route": "oral", "interval": 0.5, "count": 28}],
    "samples": [{"time": 13.9, "dv": 8.763}],
}
REGIMEN: Json = {"dose": 1000, "interval": 12, "duration": 1, "route": "iv", "start": 36}
TARGET: Json = {"kind": "AUC24", "low": 400, "high": 600}
CHOICES: Json = {
    "step": 250,
    "most": 2250,
    "most_daily": 4500,
    "intervals": [8, 12, 24],
    "durations": [2.5],
    "route": "iv",
}
COURSE: Json = VANCOMYCIN | {"regimen": REGIMEN, "times": [38, 42, 48]}
SEARCH: Json = VANCOMYCIN | {"target": TARGET, "choices": CHOICES, "start": 36}


def ask(what: str, given: Json) -> Json:
    """The answer, through JSON on both ways; raises CalculationError."""
    read = load_json(json.dumps(given).encode())
    found: Json = json.loads(dump_json(answer(dosing_operations(models())[what], read)))
    return found


def refusal(what: str, given: Json) -> str:
    """Code and sentence of a question that has no answer."""
    try:
        ask(what, given)
    except CalculationError as error:
        return f"{error.code}: {error}"
    raise AssertionError(f"{what} answered {given}")

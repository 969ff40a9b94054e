"""Files of questions, one JSON object in a line, and one answer for each (contracts C3 and C4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from calc import CalculationError
from cds.cli.main import fail
from cds.guard import reasons_to_withhold
from fhir_adapters import FhirError, JsonRefused, dump_json, load_json
from kb import KnowledgeBase, KnowledgeBaseError, ready

MAX_LINE_BYTES = 1024 * 1_048_576


class LineError(Exception):
    """A line that has no answer: a machine word and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def run(
    batch: Path,
    kb: Path | None,
    echoed: tuple[str, ...],
    answer: Callable[[Mapping[str, object], KnowledgeBase], Mapping[str, object]],
) -> int:
    """Answers a file line by line, in order; 1 if a line failed, 2 if the file cannot be used.

    The members that are `echoed` stand at the beginning of every answer, those to failed lines too.
    """
    try:
        knowledge = ready(kb, reasons_to_withhold)
        lines = batch.read_bytes().splitlines()
    except KnowledgeBaseError as error:
        return fail(error)
    except OSError as error:
        return fail(f"{batch}: cannot be read ({error.strerror})")
    failed = False
    for line in lines:
        if line.strip():
            given, found = _answered(line, knowledge, answer)
            failed |= "error" in found
            print(dump_json({name: given.get(name) for name in echoed} | dict(found)).decode())
    return 1 if failed else 0


def _answered(
    line: bytes,
    knowledge: KnowledgeBase,
    answer: Callable[[Mapping[str, object], KnowledgeBase], Mapping[str, object]],
) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """What was asked, and the answer or the error."""
    asked: Mapping[str, object] = {}
    try:
        loaded = load_json(line, max_bytes=MAX_LINE_BYTES)
        if not isinstance(loaded, dict):
            raise LineError("input", "a line is a JSON object")
        asked = loaded
        return asked, answer(asked, knowledge)
    except JsonRefused as error:
        return asked, _error("json", error)
    except FhirError as error:
        return asked, _error("fhir", error)
    except (LineError, CalculationError) as error:
        return asked, _error(error.code, error)


def _error(code: str, error: Exception) -> dict[str, object]:
    return {"error": {"code": code, "message": str(error)}}

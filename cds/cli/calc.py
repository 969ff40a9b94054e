"""`bespoke calc`: operations by name, or line by line from a file."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Final

from calc import CalculationError, UnusableInput
from calc.operations import Operation
from cds.calculators import answer, operation_named, operations, page_of
from cds.cli.batch import run as run_batch
from cds.cli.main import fail
from cds.guard import reasons_to_withhold
from fhir_adapters import JsonRefused, dump_json, load_json
from kb import KnowledgeBase, KnowledgeBaseError, ready

_FIELD: Final = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)", re.DOTALL)
_WITH_UNIT: Final = re.compile(r"(?P<value>-?[0-9]+(?:\.[0-9]+)?) ?(?P<unit>[^\s0-9][^\s]*)")


def run_file(batch: Path, kb: Path | None) -> int:
    """Answers a file line by line; see `bespoke calc --help`."""
    return run_batch(batch, kb, ("id", "op"), _line)


def run(
    name: str | None,
    fields: Iterable[str],
    given: Path | None,
    kb: Path | None,
    *,
    as_json: bool,
    svg: Path | None = None,
) -> int:
    """Answers one operation, and draws it; shows its page if nothing is given, or lists all of them."""
    try:
        knowledge = ready(kb, reasons_to_withhold)
        known = operations(knowledge)
        if name is None:
            return _list(known)
        operation = operation_named(name, known)
        asked = {**members(given), **_typed(fields)}
        if not asked and given is None:
            print(page_of(operation), end="")
            return 0
        result = answer(operation, asked)
        if svg is not None:
            _draw(svg, operation.name, asked, result)
    except (KnowledgeBaseError, CalculationError) as error:
        return fail(error)
    print(dump_json(result).decode() if as_json else "\n".join(lines(result)))
    return 0


def _draw(svg: Path, name: str, given: Mapping[str, object], result: Mapping[str, object]) -> None:
    """Raises `UnusableInput` for an answer without a picture and a file that cannot be written."""
    # Drawing needs templates, which no other answer waits for.
    from cds.cards.pictures import as_page, as_svg, picture_of

    drawn = picture_of(name, given, result, as_page if svg.suffix == ".html" else as_svg)
    if drawn is None:
        raise UnusableInput("input", f"there is no picture of this answer of {name}")
    try:
        svg.write_text(drawn, "utf-8")
    except OSError as error:
        raise UnusableInput("input", f"{svg}: cannot be written ({error.strerror})") from None


def _line(asked: Mapping[str, object], knowledge: KnowledgeBase) -> dict[str, object]:
    operation = operation_named(asked.get("op"), operations(knowledge))
    return {"result": answer(operation, asked.get("given"))}


def members(given: Path | None) -> dict[str, object]:
    """The fields in a file, `-` for standard input. Raises `UnusableInput`."""
    if given is None:
        return {}
    try:
        loaded = load_json(sys.stdin.buffer.read() if str(given) == "-" else given.read_bytes())
    except OSError as error:
        raise UnusableInput("input", f"{given}: cannot be read ({error.strerror})") from None
    except JsonRefused as error:
        raise UnusableInput("json", f"{given}: {error}") from None
    if not isinstance(loaded, dict):
        raise UnusableInput("input", f"{given}: expected a JSON object")
    return loaded


def _typed(fields: Iterable[str]) -> dict[str, object]:
    """`dose_mg=100`, `dose_mg="0.1 g"`, or any JSON behind the sign; what is no JSON is a text."""
    found: dict[str, object] = {}
    for text in fields:
        field = _FIELD.fullmatch(text)
        if field is None:
            raise UnusableInput("input", f"expected NAME=VALUE, such as `dose_mg=100`, not `{text}`")
        found[field["name"]] = _value(field["value"])
    return found


def _value(text: str) -> object:
    try:
        return load_json(text.encode())
    except JsonRefused:
        with_unit = _WITH_UNIT.fullmatch(text)
        if with_unit is None:
            return text
        return {"value": Decimal(with_unit["value"]), "unit": with_unit["unit"]}


def lines(result: Mapping[str, object], before: str = "") -> Iterable[str]:
    """One for each member, numbers to six digits; `--json` gives all of them."""
    for name, value in result.items():
        if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
            for number, each in enumerate(value):
                yield from lines(each, f"{before}{name}.{number}.")
        elif isinstance(value, dict):
            yield from lines(value, f"{before}{name}.")
        else:
            yield f"{before}{name}: {_text(value)}"


def _text(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return f"{value:.6g}" if isinstance(value, Decimal) else dump_json(value).decode().strip('"')


def _list(known: Mapping[str, Operation]) -> int:
    width = max(map(len, known))
    for operation in known.values():
        print(f"{operation.name.ljust(width)}  {operation.title}")
    return 0

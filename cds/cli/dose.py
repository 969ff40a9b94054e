"""`bespoke dose`: what levels say about one person, line by line or one question at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from calc import CalculationError
from cds.calculators import answer
from cds.cards import as_screen
from cds.cards.dosing import dosing_page
from cds.cli.batch import run as run_batch
from cds.cli.calc import lines, members
from cds.cli.evaluate import MAX_BUNDLE_BYTES
from cds.cli.main import fail
from cds.decision import of_bundle, parse_as_of
from cds.dosing import answer_orders, card_of, dosing_operations, page_of
from cds.guard import reasons_to_withhold
from fhir_adapters import FhirError, JsonRefused, dump_json, load_json
from kb import KnowledgeBase, KnowledgeBaseError, ready


def run(what: str, batch: Path | None, given: Path | None, kb: Path | None, *, as_json: bool) -> int:
    """Answers a file of questions, or one question; see `bespoke dose fit --help`."""
    if batch is not None and given is None:
        return _run_file(what, batch, kb)
    if batch is not None or given is None:
        return fail("give either --batch FILE, one question a line, or --given FILE, `-` for standard input")
    try:
        asked = members(given)
        knowledge = ready(kb, reasons_to_withhold)
        result = answer(dosing_operations(knowledge)[what], _asked(asked))
    except (KnowledgeBaseError, CalculationError) as error:
        return fail(error)
    print(dump_json(result).decode() if as_json else "\n".join(lines(result)))
    return 0


def _run_file(what: str, batch: Path, kb: Path | None) -> int:
    """Line by line (contract C5)."""

    def line(asked: Mapping[str, object], knowledge: KnowledgeBase) -> dict[str, object]:
        return answer(dosing_operations(knowledge)[what], _asked(asked))

    return run_batch(batch, kb, ("id",), line)


def _asked(line: Mapping[str, object]) -> dict[str, object]:
    """What is asked, without the name of the question: a line of a file is a question by itself too."""
    return {name: value for name, value in line.items() if name != "id"}


def report(
    path: Path, as_of: str | None, kb: Path | None, page: Path | None, *, fire_draft: bool, as_json: bool
) -> int:
    """The individual dose of every order in a Bundle; see `bespoke dose report --help`."""
    try:
        instant = datetime.now(UTC) if as_of is None else parse_as_of(as_of)
    except ValueError:
        return fail("--as-of: expected a date, or a date and time with offset")
    try:
        knowledge = ready(kb, reasons_to_withhold)
        bundle = load_json(path.read_bytes(), max_bytes=MAX_BUNDLE_BYTES)
        if not isinstance(bundle, dict):
            return fail(f"{path}: expected a FHIR Bundle")
        situation = of_bundle(bundle, "order-sign", knowledge)
        found = answer_orders(situation, knowledge, instant, drafts=fire_draft)
    except KnowledgeBaseError as error:
        return fail(error)
    except (FhirError, JsonRefused) as error:
        return fail(f"{path}: {error}")
    except OSError as error:
        return fail(f"{path}: cannot be read ({error.strerror})")
    if not found:
        drafts = "" if fire_draft else " Plans that are drafts need --fire-draft."
        print(f"No order of this record has a dosing plan in force.{drafts}")
        return 0
    cards = [
        card_of(each.answer, each.order, knowledge, changeable=False, seed=f"{knowledge.digest} {instant}")
        for each in found
    ]
    if as_json:
        print(dump_json({"cards": [card for card in cards if card is not None]}).decode())
    else:
        for card in cards:
            print(as_screen(card) if card is not None else "The order has the advised dose already.")
    if page is not None:
        try:
            page.write_text(dosing_page(page_of(found[0].answer, knowledge, instant)), "utf-8")
        except OSError as error:
            return fail(f"{page}: cannot be written ({error.strerror})")
    return 0

"""`bespoke evaluate`: one patient's Bundle through the same engine that answers a hook call."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cds.cards import as_screen, render_cards
from cds.cli.main import fail
from cds.decision import Decision, decide, of_bundle, record_of, unanswered
from cds.guard import reasons_to_withhold, release
from cds.settings import parse_as_of
from dsl import as_text, explain
from fhir_adapters import FhirError, JsonRefused, dump_json, load_json
from kb import KnowledgeBase, KnowledgeBaseError, RuleErrors, load

HOOKS = ("patient-view", "order-select", "order-sign")

MAX_BUNDLE_BYTES = 64 * 1_048_576


def run(
    path: Path, hook: str | None, as_of: str | None, format: str, kb: Path | None, *, fire_draft: bool
) -> int:
    """Evaluates a file and prints the answer; see `bespoke evaluate --help`."""
    if hook is not None and hook not in HOOKS:
        return fail(f"--hook: expected one of {', '.join(HOOKS)}")
    try:
        instant = datetime.now(UTC) if as_of is None else parse_as_of(as_of)
    except ValueError:
        return fail("--as-of: expected a date, or a date and time with offset")
    try:
        knowledge = load(kb, reasons_to_withhold)
        bundle = load_json(path.read_bytes(), max_bytes=MAX_BUNDLE_BYTES)
        if not isinstance(bundle, dict):
            return fail(f"{path}: expected a FHIR Bundle")
        situation = of_bundle(bundle, hook, knowledge)
    except RuleErrors as error:
        print(as_text(error.diagnostics, error.sources), file=sys.stderr)
        return fail(error)
    except (KnowledgeBaseError, FhirError, JsonRefused) as error:
        return fail(f"{path}: {error}" if not isinstance(error, KnowledgeBaseError) else error)
    except OSError as error:
        return fail(f"{path}: cannot be read ({error.strerror})")
    decision = decide(situation, knowledge, instant, fire_draft=fire_draft)
    unsaid = unanswered(decision)
    cards = render_cards(
        [each for each in release(decision) if not each.lacking],
        [f"{what}, {why}" for what, why in unsaid],
        knowledge,
        ordering=situation.ordering,
        changeable=situation.changeable,
        today=instant.date(),
        seed=str(uuid5(NAMESPACE_URL, f"{knowledge.digest} {instant.isoformat()}")),
    )
    if format == "cards":
        print(dump_json({"cards": cards}).decode())
    elif format == "json":
        software = f"bespoke-cds {version('bespoke-cds')}"
        print(dump_json(record_of(decision, unsaid, cards, knowledge, software)).decode())
    else:
        _print(decision, cards, knowledge)
        if not fire_draft:
            _print_drafts(decision, knowledge)
    return 0


def _print(decision: Decision, cards: list[dict[str, object]], knowledge: KnowledgeBase) -> None:
    about = "draft orders" if decision.situation.ordering else "current medication"
    print(f"As of {decision.as_of.isoformat()}, knowledge base {knowledge.version}, {about}")
    if decision.deceased:
        print("The patient has died: no prescribing advice is given.")
    for card in cards:
        print("\n" + as_screen(card))
    if not cards:
        print("No card.")
    if not decision.evaluations:
        print(f"No rule in force on {decision.as_of.date()} concerns a drug in this record.")
    for evaluation in decision.evaluations:
        print(f"\nTrace for {evaluation.order.reference}")
        if evaluation.finding is None:
            print(f"  {evaluation.rule.name} {evaluation.rule.version}: failed ({evaluation.failure})")
        else:
            print("\n".join(f"  {line}" for line in explain(evaluation.finding)))


def _print_drafts(decision: Decision, knowledge: KnowledgeBase) -> None:
    """A rule that is being written is what its author evaluates; its silence must not look like an answer."""
    drugs = {drug for order in decision.situation.orders for drug in order.drugs}
    day = decision.as_of.date()
    spoken = knowledge.in_force(day, fire_draft=False)
    drafts = [
        rule
        for rule in knowledge.in_force(day, fire_draft=True)
        if rule not in spoken and drugs.intersection(rule.drugs)
    ]
    for rule in drafts:
        print(f"\n{rule.name} {rule.version} is a draft and was not asked; `--fire-draft` asks it.")

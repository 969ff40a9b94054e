"""`bespoke evaluate`: one patient's Bundle through the same engine that answers a hook call."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cds.cards import UnknownPublisher, as_screen, check_precedence, render_cards
from cds.cli.main import fail
from cds.decision import Decision, Situation, decide, of_bundle, parse_as_of, record_of, unanswered
from cds.guard import reasons_to_withhold, release
from dsl import as_text, explain
from fhir_adapters import (
    FhirError,
    Intake,
    JsonRefused,
    StrictUnavailable,
    dump_json,
    load_json,
    unmapped_observations,
)
from kb import KnowledgeBase, KnowledgeBaseError, RuleErrors, ready, with_site_map

HOOKS = ("patient-view", "order-select", "order-sign")

MAX_BUNDLE_BYTES = 64 * 1_048_576


def run(
    path: Path,
    hook: str | None,
    as_of: str | None,
    format: str,
    kb: Path | None,
    *,
    fire_draft: bool,
    site_map: Path | None = None,
    intake: str = "tolerant",
    follow: Sequence[str] = (),
) -> int:
    """Evaluates a file and prints the answer; see `bespoke evaluate --help`."""
    if hook is not None and hook not in HOOKS:
        return fail(f"--hook: expected one of {', '.join(HOOKS)}")
    try:
        instant = datetime.now(UTC) if as_of is None else parse_as_of(as_of)
    except ValueError:
        return fail("--as-of: expected a date, or a date and time with offset")
    try:
        knowledge = with_site_map(ready(kb, reasons_to_withhold), site_map)
        check_precedence(follow, knowledge)
        bundle = load_json(path.read_bytes(), max_bytes=MAX_BUNDLE_BYTES)
        if not isinstance(bundle, dict):
            return fail(f"{path}: expected a FHIR Bundle")
        situation = of_bundle(bundle, hook, knowledge, Intake(intake))
    except RuleErrors as error:
        print(as_text(error.diagnostics, error.sources), file=sys.stderr)
        return fail(error)
    except UnknownPublisher as error:
        return fail(f"--follow: {error}")
    except (KnowledgeBaseError, StrictUnavailable) as error:
        return fail(error)
    except (FhirError, JsonRefused) as error:
        return fail(f"{path}: {error}")
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
        precedence=follow,
    )
    if format == "cards":
        print(dump_json({"cards": cards}).decode())
    elif format == "json":
        software = f"bespoke-cds {version('bespoke-cds')}"
        print(dump_json(record_of(decision, unsaid, cards, knowledge, software)).decode())
    else:
        _print(decision, cards, knowledge)
        _print_oddities(situation, knowledge)
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
    if not decision.evaluations and not decision.situation.unclear:
        print(f"No rule in force on {decision.as_of.date()} concerns a drug in this record.")
    for evaluation in decision.evaluations:
        print(f"\nTrace for {evaluation.order.reference}")
        if evaluation.finding is None:
            print(f"  {evaluation.rule.name} {evaluation.rule.version}: failed ({evaluation.failure})")
        else:
            print("\n".join(f"  {line}" for line in explain(evaluation.finding)))


def _print_oddities(situation: Situation, knowledge: KnowledgeBase) -> None:
    """What deviated, and the codes that nobody here knows: silence about them would look like absence."""
    if situation.findings:
        how = "refused" if situation.chart.intake is Intake.STRICT else "used as far as it can be read"
        print(f"\nFindings about the data ({situation.chart.intake} intake: what deviates is {how})")
    for finding in situation.findings:
        print(f"  {finding.code} at {finding.path}: {finding.sentence}")
    unmapped = unmapped_observations(situation.chart, knowledge.observation_codes)
    if unmapped.observations:
        print(f"\nObservations without a code that is known here: {unmapped.observations}")
    for code, count in unmapped.codes:
        print(f"  {code}: {count}")


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

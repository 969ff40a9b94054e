"""From findings to cards: one card for each advice, never the same advice twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import NAMESPACE_URL, uuid5

from cds.cards.evidence import evidence_lines
from cds.cards.picture_link import picture_link
from cds.cards.sources import Voice, voices
from cds.cards.staleness import stale_words
from cds.cards.suggest import Offer, alternatives, offers, withdrawal
from cds.cards.text import capitalised, detail, fill, shown_value
from cds.cards.view import CardView, ordered_dose, view
from cds.guard import Released
from dsl import (
    Advise,
    BooleanType,
    Fact,
    Finding,
    Give,
    Indicator,
    Input,
    Lifecycle,
    Outcome,
    SourceKind,
    State,
    WhenMissing,
    changed_words,
    label,
    lacking,
    value_words,
)
from dsl.checker.outcomes import MAX_SUMMARY
from dsl.model import Let
from fhir_adapters import Order
from kb import KnowledgeBase

OVERRIDE_SYSTEM = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
OWN_OVERRIDE_SYSTEM = "urn:bespoke:override-reason"

_COMMON_OVERRIDES = (
    ("cds-not-applicable", "The advice does not apply to this patient"),
    ("patient-contraindication", "The patient has a contraindication to the advised action"),
    ("does-not-align-preferences", "The patient prefers otherwise"),
)


def render_cards(
    released: Iterable[Released],
    not_evaluated: Sequence[str],
    knowledge: KnowledgeBase,
    *,
    ordering: bool,
    changeable: frozenset[str],
    today: date,
    seed: str,
    precedence: Sequence[str] = (),
    public_url: str | None = None,
) -> list[dict[str, object]]:
    """The cards of one call as JSON values, in the order of the orders; `not_evaluated` makes the last one.

    `ordering` tells drafts from medications already taken, `changeable` holds the `Type/id` of the drafts
    that a suggestion may change; the seed (the decision id) makes the uuids reproducible. `precedence` are
    the publishers that the site follows before others. Under `public_url` the service is reached from
    outside; without it no card links to a picture.
    """
    findings = list(released)
    orders = defaultdict[tuple[str, str], list[Order]](list)
    for each in findings:
        for drug in each.drugs:
            orders[each.rule.name, drug].append(each.order)
    pending: dict[tuple[object, ...], _Pending] = {}
    for voice in voices(findings, knowledge, precedence):
        each = voice.speaker
        # By path: two drafts may have one reference, and a combination stands under each of its drugs.
        same_drug = {order.path: order for drug in each.drugs for order in orders[each.rule.name, drug]}
        duplicates = list(same_drug.values())
        card = view(each, knowledge, together=len(duplicates))
        if card is None:
            continue
        if voice.told:
            card = replace(card, indicator=Indicator.INFO)
        combined = any(order.combination for order in duplicates)
        plain = _card(card, voice, knowledge, today, ordering=ordering, combined=combined)
        link = picture_link(each.finding, knowledge, public_url) if public_url else None
        if link is not None:
            plain["links"] = [link]
        # One click must not rest on data of which a newer part may be missing (H-069).
        safe = changeable.issuperset(order.reference for order in duplicates) and not each.partial
        # Nor must it take away or change what else is in a combination (H-024).
        # Nor on one source where another says otherwise, unless the site chose it.
        settled = not voice.differing or (voice.chosen and not voice.told)
        offered = offers(card, knowledge) if safe and settled and not combined else ()
        key = (plain["summary"], plain["detail"], *(offer.label for offer in offered))
        if key in pending:
            # A duplicate order gets no card of its own (H-045). The first draft takes the advice and the
            # others go: changed alike, their doses would add up.
            removal = withdrawal(each.order, card.name)
            offered = tuple(Offer(offer.label, removal) for offer in offered)
        pending.setdefault(key, _Pending(plain, [])).offers.append(offered)
    if not_evaluated:
        pending["not evaluated",] = _Pending(_not_evaluated(not_evaluated, knowledge), [])
    return [_finished(each, f"{seed}/{number}") for number, each in enumerate(pending.values())]


@dataclass(frozen=True, slots=True)
class _Pending:
    """A card without uuids, and what it offers for each of the orders that it is about."""

    plain: dict[str, object]
    offers: list[tuple[Offer, ...]]


def _card(
    card: CardView, voice: Voice, knowledge: KnowledgeBase, today: date, *, ordering: bool, combined: bool
) -> dict[str, object]:
    finding = card.released.finding
    rule = finding.rule
    unreviewed = any(finding.facts[each.name].unreviewed for each in rule.inputs)
    draft = rule.status is not Lifecycle.ACTIVE or unreviewed
    citation = rule.evidence.citations[0].identifier
    source = knowledge.sources[citation]
    strength = (card.outcome.strength if card.outcome else "") or rule.evidence.strength
    edition = "" if source.version in source.title else f" ({source.version})"
    basis = (
        f"Basis: {source.title}{edition}, grade {_spoken(rule.evidence.grade)}, "
        f"strength {_spoken(strength)}. Rule {rule.name} {rule.version}, "
        f"knowledge base {knowledge.version}, to be reviewed by {rule.review_by.isoformat()}."
    )
    paragraphs = [fill(card.outcome.rationale, finding)] if card.outcome and card.outcome.rationale else []
    if voice.told:
        paragraphs = [f"{voice.source} says: {each}" for each in paragraphs]
    if card.released.partial:
        paragraphs.append(
            "Only a part of the data was sent: a newer or contradicting result may be missing, "
            "so no change is proposed."
        )
    if combined and ordering and card.suggestions:
        paragraphs.append("A combination with other ingredients is ordered, so no change is proposed.")
    if card.together > 1:
        paragraphs.append(
            f"There are {card.together} draft orders of {card.name} here; "
            "the advice is for all of them together."
        )
    elif card.dose and ordering and _more_than_ordered(card):
        ordered = ordered_dose(card.released.order, card.drugs)
        paragraphs.append(f"This is more than the {ordered} that was ordered.")
    if card.released.preliminary is not None:
        paragraphs.append(_preliminary(card, card.released.preliminary))
    if voice.differing:
        paragraphs.append(_difference(voice, proposes=ordering and bool(card.suggestions)))
    text = detail(
        draft=draft,
        stale=list(stale_words(rule, knowledge, today)),
        paragraphs=paragraphs,
        lists=[
            ("Other sources" if voice.differing else "Further sources", voice.lines),
            ("Alternatives", alternatives(card, knowledge)),
            ("Data used", _used(card)),
            ("Evidence", list(evidence_lines(rule, knowledge))),
            ("Not known", _unknown(card)),
            ("Applies", [f"if {assumption}" for assumption in finding.assumptions]),
        ],
        basis=basis,
    )
    summary = _summary(card)
    if voice.told:
        summary = f"{capitalised(card.name)}: {voice.told} by {voice.leader}"
    mark = "Draft: " if draft else ""
    differs = f"; {_differs(voice)}" if voice.differing else ""
    summary = _shortened(summary, MAX_SUMMARY - len(mark) - len(differs))
    for said in (f"{mark}{summary}{differs}", f"{summary}{differs}", summary):
        if len(said) <= MAX_SUMMARY:
            break
    plain: dict[str, object] = {
        "summary": said,
        "indicator": card.indicator.value,
        "detail": text,
        "source": card_source(source.title, source.url, knowledge),
    }
    if card.outcome or isinstance(finding.result, Give):
        plain["overrideReasons"] = _overrides(card)
    return plain


def _spoken(word: str) -> str:
    """A grade or strength as people read it."""
    return word.replace("_", " ") or "not stated"


def _summary(card: CardView) -> str:
    finding = card.released.finding
    name = capitalised(card.name)
    if card.outcome is not None:
        text = card.outcome.advise
        advice = fill(text, finding, summary=True)
        return advice if len(advice) <= MAX_SUMMARY else fill(text, finding, summary=True, brief=True)
    if card.dose is not None:
        why = [
            f"{label(finding.rule.input(each))} {shown}"
            for each in finding.decided_by
            if not isinstance(finding.rule.input(each).type, BooleanType) and (shown := _brief(card, each))
        ]
        summary = f"{name}: advised dose {card.dose}"
        reasoned = f"{summary} ({', '.join(why)})"
        return reasoned if why and len(reasoned) <= MAX_SUMMARY else summary
    lacks = ", ".join(lacking(finding.rule.input(each), finding.facts[each]) for each in card.asked)
    first = any(finding.rule.input(each).when_missing is WhenMissing.TEST_FIRST for each in card.asked)
    summary = f"{name}: test first, {lacks}" if first else f"{name}: not decided, {lacks}"
    return summary if len(summary) <= MAX_SUMMARY else f"{name}: not decided, {len(card.asked)} data missing"


def _shortened(summary: str, most: int) -> str:
    """A summary without its last remarks, which the detail has; the advice and what is partial stay."""
    advice, *remarks = summary.split("; ")
    while remarks and len("; ".join([advice, *remarks])) > most:
        spare = [remark for remark in remarks if not remark.startswith("partial")] or remarks
        remarks.remove(spare[-1])
    return "; ".join([advice, *remarks])


def _brief(card: CardView, name: str) -> str:
    declared = card.released.finding.rule.input(name)
    return shown_value(declared, card.released.finding.facts[name]).partition(" (")[0]


def _differs(voice: Voice) -> str:
    names = " and ".join(voice.differing)
    return f"{names} differ{'s' if len(voice.differing) == 1 else ''}"


def _difference(voice: Voice, *, proposes: bool) -> str:
    """That sources differ, and which of them the site follows."""
    said = f"The sources do not agree: {_differs(voice)} from {voice.leader}."
    if voice.chosen:
        return f"{said} This site follows {voice.leader} first."
    return f"{said} No change is proposed." if proposes else said


def _used(card: CardView) -> list[str]:
    finding = card.released.finding
    return [
        f"{label(declared)}: {_shown(declared, finding.facts[declared.name])}"
        for declared in finding.rule.inputs
        if not finding.facts[declared.name].missing
    ] + [
        f"{let.name.replace('_', ' ')}, calculated: {value_words(let, finding.facts[let.name])}"
        for let in finding.rule.lets
        if let.named and finding.facts[let.name].known and _tells_more(let, card.outcome)
    ]


def _tells_more(let: Let, outcome: Outcome | None) -> bool:
    """Whether a calculated value is news about this patient: not a step on the way, which the trace has, nor
    said already, nor a number that rests on nothing of the chart."""
    step = isinstance(let.type, BooleanType) or "." in let.name or not let.reads
    said = outcome is not None and f"{{{let.name}}}" in outcome.advise + outcome.rationale
    return not step and not said


def _shown(declared: Input, fact: Fact) -> str:
    changed = changed_words(declared, fact)
    return f"{shown_value(declared, fact)}{changed and ' '}{changed}"


def _unknown(card: CardView) -> list[str]:
    finding = card.released.finding
    lines = []
    for declared in finding.rule.inputs:
        fact = finding.facts[declared.name]
        if fact.known and not fact.explanation:
            continue
        unusable = declared.source.kind is SourceKind.OBSERVATION and fact.data
        if declared.assuming in finding.assumptions and not fact.explanation and not unusable:
            continue  # said as an assumption
        said = lacking(declared, fact) if not fact.known else label(declared)
        lines.append(f"{said}: {fact.explanation}" if fact.explanation else said)
    return lines


def _preliminary(card: CardView, other: Finding) -> str:
    """What results that are not final yet would change, and to what (H-010)."""
    finding = card.released.finding
    changed = [
        f"{label(declared)} {shown_value(declared, other.facts[declared.name])}"
        for declared in finding.rule.inputs
        if other.facts[declared.name].possible != finding.facts[declared.name].possible
    ]
    match other.result:
        case Give(dose=dose):
            advice = f"the advised dose would be {dose}"
        case Advise(outcome=outcome):
            text = fill(other.rule.outcome(outcome).advise, other)
            advice = f"the advice would be: {text}" if text else "there would be no advice"
        case _:
            advice = "there would be no such advice" if finding.state is State.ADVICE else "it stays open"
    return f"A preliminary result is newer: with {', '.join(changed)}, {advice}."


def _more_than_ordered(card: CardView) -> bool:
    ordered, advised = ordered_dose(card.released.order, card.drugs), card.dose
    return ordered is not None and advised is not None and advised.exceeds(ordered)


def card_source(title: str, url: str, knowledge: KnowledgeBase) -> dict[str, object]:
    """The source that a card names: what its guidance rests on first."""
    return {"label": f"{title} (Bespoke knowledge base {knowledge.version})", "url": url}


def _overrides(card: CardView) -> list[dict[str, object]]:
    own = card.outcome.overrides if card.outcome else ()
    rule = card.released.rule
    reasons: list[dict[str, object]] = [
        {"system": OWN_OVERRIDE_SYSTEM, "code": f"{rule.name}.{card.outcome.name}.{number}", "display": text}
        for number, text in enumerate(own, start=1)
        if card.outcome
    ]
    return reasons + common_overrides()


def common_overrides() -> list[dict[str, object]]:
    """Reasons for not following a card that hold for any."""
    return [
        {"system": OVERRIDE_SYSTEM, "code": code, "display": display} for code, display in _COMMON_OVERRIDES
    ]


def _not_evaluated(reasons: Sequence[str], knowledge: KnowledgeBase) -> dict[str, object]:
    lines = [f"not evaluated: {reason}" for reason in reasons]
    summary = f"Not evaluated: {reasons[0]}"
    if len(reasons) > 1 or len(summary) > MAX_SUMMARY:
        summary = f"Not evaluated: {len(reasons)} checks of this order, see details"
    text = detail(draft=False, stale=[], paragraphs=[], lists=[("Not evaluated", lines)], basis="")
    source = {"label": f"Bespoke knowledge base {knowledge.version}"}
    return {"summary": summary, "indicator": "info", "detail": text, "source": source}


def _finished(card: _Pending, seed: str) -> dict[str, object]:
    suggestions = [
        {
            "label": same[0].label + (", the other drafts withdrawn" if len(same) > 1 else ""),
            "uuid": str(uuid5(NAMESPACE_URL, f"{seed}/{number}")),
            "actions": [offer.action for offer in same],
        }
        for number, same in enumerate(zip(*card.offers, strict=True))
    ]
    finished = {"uuid": str(uuid5(NAMESPACE_URL, seed)), **card.plain}
    if suggestions:
        finished |= {"suggestions": suggestions, "selectionBehavior": "at-most-one"}
    return finished

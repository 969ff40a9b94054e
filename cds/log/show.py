"""A logged decision as an auditor reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from cds.log.entry import StoredEntry

_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def render(entry: StoredEntry) -> str:
    """The entry as plain text; members that the record lacks are left out.

    Text of the request appears as recorded, with control characters made visible.
    """
    record = entry.entry.record
    lines = [*_header(entry), *_request(record), *_refusal(record), *_orders(record)]
    for evaluation in (
        *_objects(record, "evaluations"),
        *_objects(record, "silenced"),
        *_objects(record, "shadow"),
    ):
        lines += ["", *_evaluation(evaluation)]
    lines += [*_remarks(record), *_cards(record), *_feedback(record)]
    return "\n".join(lines) + "\n"


def _header(entry: StoredEntry) -> Iterator[str]:
    what = entry.entry
    titles = {"call": "Decision", "feedback": "Feedback", "start": "Start"}
    yield f"{titles.get(what.kind, 'Entry')} {_clean(what.id)}"
    yield from _pairs(("received", what.at), ("place in log", entry.seq), ("service", what.service))
    yield from _pairs(("hook", what.hook), ("HTTP status", what.status), ("as of", what.record.get("as_of")))
    yield from _pairs(("software", what.record.get("software")))
    kb = _object(what.record, "kb")
    if kb:
        version = _words(kb.get("version"), _prefixed("digest", kb.get("digest")))
        yield from _pairs(("knowledge base", version), ("site map", _prefixed("digest", kb.get("site_map"))))
    followed = ", ".join(map(_clean, _list(what.record, "guidance_precedence")))
    yield from _pairs(("intake", what.record.get("intake")), ("guidance first", followed))


def _request(record: Mapping[str, object]) -> Iterator[str]:
    request = _object(record, "request")
    yield from _pairs(
        ("hook instance", request.get("hookInstance")),
        ("user", request.get("user")),
        ("patient", request.get("patient")),
        ("FHIR server", request.get("fhirServer")),
        ("deceased", "yes, so nothing was evaluated" if record.get("deceased") is True else None),
    )
    for name, states in (("prefetch", _object(record, "prefetch")), ("fetched", _object(request, "fetched"))):
        if states:
            yield from _pairs((name, ", ".join(f"{key} {state}" for key, state in states.items())))


def _refusal(record: Mapping[str, object]) -> Iterator[str]:
    refusal = _object(record, "refusal")
    if refusal:
        yield from _pairs(("refused", _words(refusal.get("status"), refusal.get("reason"))))


def _orders(record: Mapping[str, object]) -> Iterator[str]:
    orders = _objects(record, "orders")
    if orders:
        yield from ("", "Orders seen")
    for order in orders:
        drug = order.get("drug") or "drug not identified"
        yield f"  {_words(order.get('reference'), '-', drug, _bracketed(order.get('identified')))}"


def _evaluation(evaluation: Mapping[str, object]) -> Iterator[str]:
    rule = _words(evaluation.get("rule"), _prefixed("version", evaluation.get("version")))
    yield f"Rule {_words(rule, _bracketed(evaluation.get('status')))}"
    yield from _pairs(
        ("order", evaluation.get("order")),
        ("state", evaluation.get("state")),
        ("result", evaluation.get("result")),
        ("because", evaluation.get("because")),
        ("if preliminary results were final", evaluation.get("preliminary")),
    )
    for reason in _list(evaluation, "decided_by"):
        yield from _pairs(("decided by", reason))
    for datum in _objects(evaluation, "inputs"):
        yield from _input(datum)
    for value in _objects(evaluation, "calculated"):
        yield f"  {_words(value.get('name'), '=', value.get('value'))} (calculated)"
    yield from _pairs(("overridden by", evaluation.get("overridden_by")))
    missing = _list(evaluation, "missing")
    if missing:
        yield from _pairs(("missing", ", ".join(map(_clean, missing))))
    for assumption in _list(evaluation, "assumptions"):
        yield from _pairs(("assumes", assumption))


def _input(source: Mapping[str, object]) -> Iterator[str]:
    value, reason = source.get("value"), source.get("reason")
    known = _clean(value) if value is not None else "unknown"
    optional = "optional" if source.get("optional") else None
    yield f"  {_clean(source.get('name'))} = {_words(known, _bracketed(reason), _bracketed(optional))}"
    if source.get("before"):
        changed = _words(_clean(source["before"]), _prefixed("changed by", source.get("changed_by") or None))
        yield f"      by genes {changed}"
    if source.get("explanation"):
        yield f"      {_clean(source['explanation'])}"
    for datum in _objects(source, "data"):
        verdict = f"rejected ({_clean(datum['reason'])})" if datum.get("reason") else "used"
        text = _words(datum.get("text"), _prefixed("of", datum.get("instant")))
        yield f"      {verdict}: {text}"
        yield f"          {_words(datum.get('reference'), _prefixed('at', datum.get('path')))}"


def _remarks(record: Mapping[str, object]) -> Iterator[str]:
    skipped = _objects(record, "not_evaluated")
    if skipped:
        yield from ("", "Not evaluated")
    for item in skipped:
        yield f"  {_clean(item.get('rule'))}: {_clean(item.get('reason'))}"
    findings = _objects(record, "findings")
    if findings:
        yield from ("", "Findings about the data")
    for finding in findings:
        place = _words(finding.get("code"), _prefixed("at", finding.get("path")))
        yield f"  {place}: {_clean(finding.get('text'))}"
    signed = _objects(record, "site_codes")
    if signed:
        yield from ("", "Local codes of the site")
    for each in signed:
        what = f"{_clean(each.get('system'))}|{_clean(each.get('code'))}: {_clean(each.get('target'))}"
        yield f"  {what}, signed by {_clean(each.get('signed_by'))}, {_clean(each.get('signed'))}"
    unmapped = _object(record, "unmapped")
    if unmapped.get("observations"):
        yield from ("", f"Observations without a code that is known here: {unmapped['observations']}")
        for item in _objects(unmapped, "codes"):
            yield f"  {_clean(item.get('code'))}: {_clean(item.get('observations'))}"


def _cards(record: Mapping[str, object]) -> Iterator[str]:
    if "cards" not in record:
        return
    cards = _objects(record, "cards")
    yield from ("", "Cards as sent" if cards else "No cards were sent")
    for card in cards:
        yield f"  [{_clean(card.get('indicator'))}] {_clean(card.get('summary'))}"
        source = _prefixed("source", _object(card, "source").get("label"))
        yield f"      {_words('card', card.get('uuid'), source)}"
        for line in str(card.get("detail") or "").split("\n"):
            if line.strip():
                yield f"      {_clean(line)}"
        for suggestion in _objects(card, "suggestions"):
            yield f"      suggests: {_words(suggestion.get('label'), _bracketed(suggestion.get('uuid')))}"
            for action in _objects(suggestion, "actions"):
                yield f"          {_clean(action.get('type'))}: {_clean(action.get('description'))}"
    for summary in _list(record, "left_out"):
        yield f"  left out as less urgent: {_clean(summary)}"


def _feedback(record: Mapping[str, object]) -> Iterator[str]:
    for item in _objects(record, "feedback"):
        yield ""
        instant = _prefixed("at", item.get("outcomeTimestamp"))
        yield f"Card {_words(item.get('card'), item.get('outcome'), instant)}"
        for suggestion in _objects(item, "acceptedSuggestions"):
            yield from _pairs(("accepted", suggestion.get("id")))
        override = _object(item, "overrideReason")
        yield from _pairs(
            ("reason", _object(override, "reason").get("code")), ("comment", override.get("userComment"))
        )


def _pairs(*pairs: tuple[str, object]) -> Iterator[str]:
    for name, value in pairs:
        if value not in (None, ""):
            yield f"  {name + ':':<16}{_clean(value)}"


def _words(*parts: object) -> str:
    return " ".join(_clean(part) for part in parts if part not in (None, ""))


def _prefixed(word: str, value: object) -> str:
    return "" if value in (None, "") else f"{word} {_clean(value)}"


def _bracketed(value: object) -> str:
    return "" if value in (None, "") else f"({_clean(value)})"


def _clean(value: object) -> str:
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", str(value))


def _object(record: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = record.get(name)
    return value if isinstance(value, Mapping) else {}


def _list(record: Mapping[str, object], name: str) -> list[object]:
    value = record.get(name)
    return value if isinstance(value, list) else []


def _objects(record: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    return [item for item in _list(record, name) if isinstance(item, Mapping)]

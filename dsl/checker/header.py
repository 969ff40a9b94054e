"""The header of a rule: parts that stand once, status, dates, subjects, evidence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from dsl import model, syntax
from dsl.checker.attributes import AUTHOR, IMPORTER, WRITTEN
from dsl.diagnostics import Diagnostic, Label, Severity
from dsl.names import Names, unknown_name

_T = TypeVar("_T")
_I = TypeVar("_I", bound=syntax.Item)


@dataclass(frozen=True, slots=True)
class Header:
    """What a rule says of itself before it decides anything."""

    title: str
    status: model.Lifecycle
    effective_from: date
    effective_until: date | None
    review_by: date
    drugs: tuple[str, ...]
    genes: tuple[str, ...]
    evidence: model.EvidenceRecord
    overrides: tuple[model.Override, ...]
    replaces: tuple[str, str] | None


def every(rule: syntax.RuleSyntax, kind: type[_T]) -> list[_T]:
    """All items of one kind."""
    return [item for item in rule.items if isinstance(item, kind)]


def only(rule: syntax.RuleSyntax, kind: type[_I], example: str, found: list[Diagnostic]) -> _I | None:
    """The one item of a kind; none, and more than one, are said."""
    items = every(rule, kind)
    word = example.split()[0]
    if not items:
        message = f"the rule has no `{word}`"
        found.append(Diagnostic("BR003", message, rule.header.span, help=f"write `{example}`"))
        return None
    _report_again(items, word, found)
    return items[0]


def _report_again(items: list[_I], word: str, found: list[Diagnostic]) -> None:
    for again in items[1:]:
        first = (Label(items[0].span, "the first"),)
        found.append(Diagnostic("BR003", f"`{word}` is written twice", again.span, others=first))


def check_header(
    rule: syntax.RuleSyntax, names: Names, on: date | None, found: list[Diagnostic]
) -> Header | None:
    """The checked header; None if a part is missing or cannot be used (and said)."""
    title = only(rule, syntax.Title, 'title "…"', found)
    status = only(rule, syntax.Status, "status draft", found)
    effective = only(rule, syntax.Effective, "effective from 2026-01-01", found)
    review = only(rule, syntax.ReviewBy, "review by 2027-01-01", found)
    evidence = only(rule, syntax.Evidence, "evidence { cites pmid:… grade A strength strong }", found)
    replaces = every(rule, syntax.Replaces)
    _report_again(replaces, "replaces", found)
    record = _evidence(evidence, names, found) if evidence else None
    lifecycle = _status(status, record, evidence, found) if status else None
    if effective and effective.end and effective.end < effective.start:
        found.append(Diagnostic("BR014", "the end is before the start", effective.span))
    if effective and review and review.day <= effective.start:
        found.append(Diagnostic("BR014", "the review is due before the rule starts", review.span))
    if review and on is not None and review.day < on and lifecycle is not model.Lifecycle.RETIRED:
        found.append(
            Diagnostic(
                "BR020", f"the review was due on {review.day.isoformat()}", review.span,
                case=f"an order on {on.isoformat()}: the card says that the review is overdue",
                help="read the source again, then write `reviewed DATE by …` and a new date here",
                severity=Severity.WARNING,
            )
        )  # fmt: skip
    drugs, genes = _concerns(rule, names, found)
    overrides = tuple(
        model.Override(each.name.text, each.because, each.span) for each in every(rule, syntax.Overrides)
    )
    if not (title and lifecycle and effective and review and record):
        return None
    return Header(
        title.text.text, lifecycle, effective.start, effective.end, review.day, drugs, genes, record,
        overrides, (replaces[0].rule.name, replaces[0].rule.version) if replaces else None,
    )  # fmt: skip


def _concerns(
    rule: syntax.RuleSyntax, names: Names, found: list[Diagnostic]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    known: dict[str, Iterable[str]] = {
        "drug": names.drugs,
        "gene": names.genes,
        "condition": names.conditions,
    }
    named: dict[str, list[str]] = {kind: [] for kind in known}
    items = every(rule, syntax.Concerns)
    for item in items:
        kind, name = item.kind.text, item.name.text
        if name not in known[kind]:
            found.append(unknown_name(item.name, kind, known[kind]))
        elif item.code is not None and names.drug_codes.get(item.code.text) != name:
            message = f"`{item.code.text}` is not a code of {kind} `{name}`"
            found.append(Diagnostic("BR004", message, item.code.span, help="leave the code out"))
        else:
            named[kind].append(name)
    needed = ("condition" if every(rule, syntax.LabelSyntax) else "drug",)
    if not any(item.kind.text in needed for item in items):
        message = f"the rule concerns no {needed[0]}"
        found.append(Diagnostic("BR003", message, rule.header.span, help=f"write `concerns {needed[0]} …`"))
    return tuple(named["drug"]), tuple(named["gene"])


def _evidence(evidence: syntax.Evidence, names: Names, found: list[Diagnostic]) -> model.EvidenceRecord:
    citations, reviewed, graded = [], [], {"grade": "", "strength": ""}
    attributes: dict[str, str] = {}
    for item in evidence.items:
        if isinstance(item, syntax.Cites):
            for citation in item.citations:
                if citation.text not in names.citations:
                    found.append(unknown_name(citation, "listed source", names.citations))
                citations.append(model.Citation(citation.text, item.note))
        elif isinstance(item, syntax.Reviewed):
            reviewed.append((item.day, item.by))
        elif isinstance(item, syntax.Attribute):
            if item.name.text not in WRITTEN:
                found.append(unknown_name(item.name, "source attribute", WRITTEN))
            elif item.name.text in attributes:
                found.append(Diagnostic("BR005", f"`{item.name.text}` is written twice", item.name.span))
            attributes[item.name.text] = item.text
        elif graded[item.scale]:
            found.append(Diagnostic("BR003", f"`{item.scale}` is written twice", item.span))
        else:
            graded[item.scale] = item.word.text
    if not citations:
        found.append(Diagnostic("BR003", "the evidence cites nothing", evidence.span))
    return model.EvidenceRecord(
        tuple(citations), graded["grade"], graded["strength"], tuple(reviewed), tuple(attributes.items())
    )


def _status(
    status: syntax.Status,
    record: model.EvidenceRecord | None,
    evidence: syntax.Evidence | None,
    found: list[Diagnostic],
) -> model.Lifecycle | None:
    words = [word.value for word in model.Lifecycle]
    if status.word.text not in words:
        found.append(unknown_name(status.word, "status", words))
        return None
    lifecycle = model.Lifecycle(status.word.text)
    if lifecycle is model.Lifecycle.ACTIVE and record and evidence and not record.reviewed:
        found.append(
            Diagnostic(
                "BR018", "an active rule names nobody who reviewed it", evidence.span,
                help='write `reviewed DATE by "…"` or `status draft`',
            )
        )  # fmt: skip
    if lifecycle is model.Lifecycle.ACTIVE and record and evidence and record.reviewed:
        _check_reviewers(record, evidence, found)
    return lifecycle


def _check_reviewers(
    record: model.EvidenceRecord, evidence: syntax.Evidence, found: list[Diagnostic]
) -> None:
    """Nobody reviews what they wrote: one of the reviewers is somebody else."""
    authors = [IMPORTER, *dict(record.attributes).get(AUTHOR, "").split(",")]
    written = {" ".join(each.casefold().split()) for each in authors}
    if all(" ".join(by.casefold().split()) in written for _, by in record.reviewed):
        item = next(item for item in evidence.items if isinstance(item, syntax.Reviewed))
        found.append(
            Diagnostic(
                "BR018", f"`{item.by}` wrote this rule, and nobody else has reviewed it", item.span,
                help='somebody other than the author writes `reviewed DATE by "…"`, or `status draft`',
            )
        )  # fmt: skip

"""A report as JSON data; `docs/pharmacogenomics.md` says what each member means."""

from __future__ import annotations

from cds.report.model import Answer, DrugEntry, GeneEntry, Report
from kb import Source


def as_data(report: Report) -> dict[str, object]:
    """The report as a JSON value."""
    person = report.person
    return {
        "patient": {
            "id": person.identifier,
            "name": person.name or None,
            "birth_date": person.born or None,
            "gender": person.gender or None,
            "deceased": report.deceased,
        },
        "as_of": report.as_of.isoformat(),
        "knowledge_base": report.knowledge,
        "digest": report.digest,
        "site_map": report.site_map or None,
        "software": report.software,
        "origin": report.origin,
        "drafts_hidden": report.drafts_hidden,
        "genes": [_gene(entry) for entry in report.genes],
        "drugs": [_drug(entry) for entry in report.drugs],
        "failed": list(report.failed),
        "read": dict(report.read),
        "findings": [{"code": each.code, "path": each.path, "text": each.sentence} for each in report.unread],
        "unmapped": [{"code": code, "observations": count} for code, count in report.unmapped],
        "sources": [_source(each) for each in report.sources],
    }


def _gene(entry: GeneEntry) -> dict[str, object]:
    return {
        "gene": entry.gene.symbol,
        "label": entry.label,
        "state": entry.state.value,
        "phenotypes": list(entry.phenotypes),
        "activity_scores": list(entry.scores),
        "results": [
            {
                "text": seen.text or None,
                "kind": seen.kind or None,
                "where": seen.where,
                "instant": seen.instant or None,
                "unused": seen.unused or None,
            }
            for seen in entry.results
        ],
        "adjusted": {"phenotypes": list(entry.adjusted), "by": entry.adjusted_by or None}
        if entry.adjusted
        else None,
        "reason": entry.reason or None,
        "table": entry.gene.version,
    }


def _drug(entry: DrugEntry) -> dict[str, object]:
    return {
        "drug": entry.drug.display,
        "rxnorm": entry.drug.rxnorm or None,
        "severity": entry.severity.value,
        "answers": [_answer(each) for each in entry.answers],
    }


def _answer(answer: Answer) -> dict[str, object]:
    return {
        "source": answer.source,
        "severity": answer.severity.value,
        "action": answer.action or None,
        "classification": answer.classification or None,
        "text": answer.headline,
        "rationale": answer.rationale or None,
        "population": answer.population or None,
        "only_if": answer.only_if,
        "by": [{"gene": gene, "result": words} for gene, words in answer.keys],
        "partial": list(answer.partial),
        "notes": list(answer.notes),
        "guideline": answer.guideline or None,
        "pmids": list(answer.pmids),
        "rule": answer.rule,
        "version": answer.version,
        "draft": answer.draft,
        "stale": list(answer.stale),
        "cites": answer.citation.identifier,
    }


def _source(source: Source) -> dict[str, object]:
    return {
        "id": source.identifier,
        "title": source.title,
        "publisher": source.publisher,
        "edition": source.version,
        "published": source.published,
        "url": source.url,
        "read": source.read.isoformat(),
    }

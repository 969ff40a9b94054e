"""The genes of a report: what was found of each, what it leaves possible, and why if that is not one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cds.cards.text import capitalised
from cds.report.model import GeneEntry, GeneState, Seen
from dsl import Datum, EnumType, Fact, Input, Reason, Source, SourceKind, Span, WhenMissing
from dsl.explain import gene_words
from fhir_adapters import Chart, FactReader
from fhir_adapters.genomics import GeneticResults, genetic_results, phenotype_fact, score_fact
from kb import COPIES_UNKNOWN, Gene, KnowledgeBase, score_member

_SPAN = Span("report", 1, 1, 1, 1)

_UNUSED = {
    Reason.STATUS: "not final, or withdrawn",
    Reason.FUTURE: "dated in the future",
    Reason.STALE: "too old",
    Reason.UNDATED: "not clearly dated",
    Reason.CONFLICT: "it contradicts itself, or does not tell of which gene it speaks",
    Reason.SUBJECT: "not certainly of this patient's own germline",
}
_KINDS = ("genotype", "phenotype", "score", "")
_UNREADABLE = "it cannot be read as a genotype, a phenotype or a score"


def gene_entries(
    chart: Chart, knowledge: KnowledgeBase, as_of: datetime, *, fire_draft: bool
) -> tuple[GeneEntry, ...]:
    """An entry for every gene of the knowledge base, in order of name.

    Knowledge of what drugs do to enzymes that nobody has reviewed counts with `fire_draft` only.
    """
    results = genetic_results(chart, knowledge)
    reader = FactReader(chart, as_of, knowledge, drafts=fire_draft)
    genes = sorted(knowledge.genes(), key=lambda gene: gene.name)
    return tuple(_entry(gene, results, reader, as_of) for gene in genes)


def _entry(gene: Gene, results: GeneticResults, reader: FactReader, as_of: datetime) -> GeneEntry:
    item = _input(SourceKind.PHENOTYPE, gene)
    # By the genes alone, and as the drugs that are taken leave it.
    fact = phenotype_fact(item, results, as_of, gene)
    now = reader.facts([item], None)[item.name]
    scores: tuple[object, ...] = ()
    if gene.score_enum is not None:
        scores = score_fact(_input(SourceKind.SCORE, gene), results, as_of, gene).possible
    found = dict.fromkeys(_seen(datum, gene) for datum in fact.data)
    seen = tuple(sorted(found, key=lambda each: (bool(each.unused), _KINDS.index(each.kind))))
    state = _state(fact)
    return GeneEntry(
        gene=gene,
        label=gene_words(gene.name),
        state=state,
        phenotypes=_published(fact, gene),
        scores=tuple(_score_text(str(each), gene) for each in scores),
        results=seen,
        adjusted=_published(now, gene) if now.before else (),
        adjusted_by=now.changed_by,
        reason=". ".join(_reasons(state, fact, now, seen)),
    )


def _published(fact: Fact, gene: Gene) -> tuple[str, ...]:
    return tuple(gene.published.get(str(each), str(each)) for each in fact.possible)


def _input(kind: SourceKind, gene: Gene) -> Input:
    source = Source(kind, gene.name)
    return Input(kind.value, EnumType(gene.name, ()), source, None, True, WhenMissing.SILENT, _SPAN)


def _state(fact: Fact) -> GeneState:
    if fact.known:
        return GeneState.KNOWN
    if fact.possible:
        used = {datum.text for datum in fact.data if datum.reason is None}
        return GeneState.SEVERAL if len(used) == 1 else GeneState.CONFLICT
    return GeneState.UNUSABLE if fact.data else GeneState.NOT_TESTED


def _reasons(state: GeneState, fact: Fact, now: Fact, results: tuple[Seen, ...]) -> Iterator[str]:
    if state is GeneState.CONFLICT:
        yield "Results contradict each other: no phenotype is chosen"
    elif state is GeneState.SEVERAL:
        yield "Several phenotypes stay possible"
    elif state is GeneState.UNUSABLE:
        yield "No result can be used"
    for explanation in dict.fromkeys((fact.explanation, now.explanation.removeprefix(fact.explanation))):
        if explanation and not explanation.endswith(" agree"):
            yield capitalised(explanation.lstrip("; "))
    if now.unreviewed:
        yield "What drugs do to it rests on knowledge that nobody has reviewed"
    for seen in results:
        if seen.unused:
            what = f"“{seen.text}”" if seen.text else "a result"
            yield f"Not used: {what} ({seen.where}), {seen.unused}"


def _seen(datum: Datum, gene: Gene) -> Seen:
    text, kind = _result_words(datum.text, gene)
    unused = "" if datum.reason is None else _UNUSED.get(datum.reason) or _unlisted(text, gene)
    reference = datum.reference if "/" in datum.reference else ""
    where = reference or f"{datum.reference} {datum.path}".strip()
    return Seen(text, kind, where, reference, datum.instant or "", unused)


def _result_words(text: str, gene: Gene) -> tuple[str, str]:
    """The machine text of a result as people write it, and what kind of result it is."""
    if not text:
        return "", ""
    members = {coding.code: name for coding, name in gene.answers.items()} | {
        name: name for name in gene.published
    }
    words = text.split()
    if all(word in members for word in words):
        named = dict.fromkeys(gene.published.get(members[word], members[word]) for word in words)
        return " or ".join(named), "phenotype"
    if "/" in text or gene.phenotypes(text):
        return text, "genotype"
    return (text, "score") if text.lstrip("≥>= ")[:1].isdigit() else (text, "genotype")


def _unlisted(text: str, gene: Gene) -> str:
    """Why a result that is there gives nothing: the alleles that the knowledge base does not list."""
    alleles = [part.strip() for pair in text.split(" or ") for part in pair.split("/")]
    strange = dict.fromkeys(allele for allele in alleles if allele and allele not in gene.alleles)
    if not text or not strange or gene.carried is not None:
        return _UNREADABLE
    names = ", ".join(f"“{allele}”" for allele in strange)
    return f"the knowledge base lists no allele {names} of {gene.symbol}"


def _score_text(member: str, gene: Gene) -> str:
    texts = {score_member(text): text for text in (*gene.scores, COPIES_UNKNOWN)}
    return texts.get(member, member)

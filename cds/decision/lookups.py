"""What rules say about genes that are given by themselves, without a chart and without a patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dsl import EnumType, Fact, Finding, Input, Reason, Rule, SourceKind, known, missing
from dsl.model import GENETIC
from dsl.names import closest
from fhir_adapters import read_genotypes
from fhir_adapters.genomics.alleles import Genotype
from kb import COPIES_UNKNOWN, NO_RESULT, Gene, KnowledgeBase, score_member
from kb.importing.fact_table import name_of
from kb.source_keys import result_of_key


class LookupFault(Exception):
    """Something that was named is not known; the sentence says what was expected."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Result:
    """What is given of one gene, spelled as the source spells it; nothing where it is not known."""

    phenotypes: tuple[str, ...] = ()
    """One, the alternatives, or the status of each allele that is asked of an HLA gene."""
    scores: tuple[str, ...] = ()
    genotypes: tuple[str, ...] = ()
    """For rules that ask for the alleles themselves: members of the gene's genotype enum."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The answer of one rule, and the results that it was given for."""

    finding: Finding
    lookup: Mapping[str, str]
    """Gene symbol to the key of the guideline: a phenotype, a score or a status."""


def genes_named(symbol: str, knowledge: KnowledgeBase) -> tuple[Gene, ...]:
    """The gene of this symbol, or each allele of it that is asked for; raises `LookupFault`."""
    found = tuple(gene for gene in knowledge.genes() if gene.symbol == symbol)
    if not found:
        symbols = sorted({gene.symbol for gene in knowledge.genes()})
        advice = closest(symbol, symbols) or f"expected one of {', '.join(symbols)}"
        raise LookupFault("unknown-gene", f"the knowledge base has no gene `{symbol}`; {advice}")
    return found


def result_of_diplotype(symbol: str, diplotype: str, knowledge: KnowledgeBase) -> Result:
    """Phenotype and activity score of a diplotype; raises `LookupFault` for one that cannot be read."""
    genes = genes_named(symbol, knowledge)
    phenotypes = [gene.published[name] for gene in genes for name in _phenotypes(gene, diplotype)]
    scores = tuple(score for gene in genes if (score := gene.activity_score(diplotype)) is not None)
    if not scores:
        members = {name for gene in genes for name in _read(gene, diplotype).scores(gene)}
        scores = tuple(
            text for gene in genes for text, member in gene.score_members.items() if member in members
        )
    genotypes = {name for gene in genes for name in _read(gene, diplotype).members(gene)}
    return Result(tuple(phenotypes), scores, tuple(sorted(genotypes)))


def result_of_keys(symbol: str, texts: Sequence[str], knowledge: KnowledgeBase) -> Result:
    """What the keys of a guideline mean: a score, a phenotype, the statuses of alleles or a genotype.

    A guideline may write a diplotype (`*1+*3`), or say beside a score for whom it is meant.
    """
    genes = genes_named(symbol, knowledge)
    results = [_result_of_key(genes, text) for text in texts]
    return Result(
        tuple(each for result in results for each in result.phenotypes),
        tuple(each for result in results for each in result.scores),
        tuple(each for result in results for each in result.genotypes),
    )


def _result_of_key(genes: Sequence[Gene], text: str) -> Result:
    if text == COPIES_UNKNOWN or any(text in gene.scores for gene in genes):
        return Result(scores=(text,))
    for gene in genes:
        if gene.phenotype_of_text(text):
            break
        key = result_of_key(gene, text)
        scores = tuple(score for score, member in gene.score_members.items() if member in key.scores)
        if scores:
            return Result(scores=scores, genotypes=key.genotypes)
        if key.phenotypes:
            return Result(tuple(gene.published.get(each, each) for each in key.phenotypes), (), key.genotypes)
    return Result((text,))


def rules_of(drug: str, source: str, knowledge: KnowledgeBase) -> tuple[Rule, ...]:
    """The rules of one publisher's guidance about a drug, drafts among them; raises `LookupFault`."""
    name = name_of(drug)
    if name not in knowledge.drugs:
        advice = closest(drug, knowledge.drugs) or "`bespoke kb list` names the drugs of its rules"
        raise LookupFault("unknown-drug", f"the knowledge base has no drug `{drug}`; {advice}")
    return tuple(rule for rule in guidance(source, knowledge) if name in rule.drugs)


def guidance(source: str, knowledge: KnowledgeBase) -> tuple[Rule, ...]:
    """The rules that stand for a fact table of one publisher; raises `LookupFault` for another name."""
    found = tuple(rule for rule in knowledge.rules if publisher(rule, knowledge) == source)
    if not found:
        names = sorted({name for rule in knowledge.rules if (name := publisher(rule, knowledge))})
        raise LookupFault("unknown-source", f"there is no guidance of `{source}`; known: {', '.join(names)}")
    return found


def publisher(rule: Rule, knowledge: KnowledgeBase) -> str | None:
    """Whose table a rule stands for, None for a rule that stands for none."""
    return None if attribute(rule, "guideline_id") is None else knowledge.publisher(rule)


def attribute(rule: Rule, name: str) -> str | None:
    """A source attribute that a rule states."""
    return dict(rule.evidence.attributes).get(name)


class Lookups:
    """Answers of rules for the genes of one person, whoever that is; a gene not given was not tested.

    Raises `LookupFault` for a result that its gene does not have.
    """

    def __init__(self, results: Mapping[str, Result], knowledge: KnowledgeBase) -> None:
        for symbol, result in results.items():
            _check(symbol, result, genes_named(symbol, knowledge))
        self._results = results
        self._knowledge = knowledge
        self._keys: dict[tuple[SourceKind, str], tuple[Gene, tuple[str, ...], Fact]] = {}

    def recommended(self, rule: Rule) -> Recommendation:
        """The answer of one rule."""
        facts: dict[str, Fact] = {}
        lookup: dict[str, list[str]] = {}
        for item in rule.inputs:
            if item.source.kind in GENETIC:
                gene, keys, facts[item.name] = self._key(item)
                if keys or gene.symbol not in lookup:
                    lookup.setdefault(gene.symbol, []).extend(keys or (NO_RESULT,))
        finding = self._knowledge.decisions.evaluate(rule, facts, anyone=True)
        return Recommendation(finding, {symbol: " or ".join(keys) for symbol, keys in lookup.items()})

    def _key(self, item: Input) -> tuple[Gene, tuple[str, ...], Fact]:
        """The gene of an input, its keys as the source spells them, and the fact."""
        source = (item.source.kind, item.source.name)
        known = self._keys.get(source)
        if known is None:
            gene = self._knowledge.gene(item.source.name)
            members = _members(item, gene, self._results.get(gene.symbol, Result()))
            keys = tuple(_spelled(item, gene, member) for member in members)
            known = self._keys[source] = (gene, keys, _fact(members))
        return known


def _check(symbol: str, result: Result, genes: tuple[Gene, ...]) -> None:
    for text in (*result.phenotypes, *result.scores):
        known = any(text in gene.scores or gene.phenotype_of_text(text) for gene in genes)
        if not known and text not in (NO_RESULT, COPIES_UNKNOWN):
            keys = sorted({name for gene in genes for name in (*gene.published.values(), *gene.scores)})
            advice = closest(text, keys) or f"expected one of {', '.join(keys)}"
            raise LookupFault("unknown-result", f"{symbol} has no result `{text}`; {advice}")


def _fact(members: tuple[str, ...]) -> Fact:
    if len(members) == 1:
        return known(members[0])
    return Fact(members, Reason.CONFLICT) if members else missing(Reason.MISSING)


def _members(item: Input, gene: Gene, result: Result) -> tuple[str, ...]:
    """The members of the input's enum that a result leaves possible."""
    # Of an HLA gene the status of another allele is no phenotype of this one.
    phenotypes = (gene.phenotype_of_text(text) for text in result.phenotypes)
    named = [name for name in phenotypes if name is not None]
    scores = [score_member(text) for text in result.scores if text != NO_RESULT]
    if item.source.kind is SourceKind.SCORE:
        found = scores or [score for name in named for score in gene.scores_of_phenotype(name)]
    elif item.source.kind is SourceKind.GENOTYPE:
        concluded = (member for each in scores for member in gene.genotypes_of_score(each))
        by_phenotype = (member for each in named for member in gene.genotypes_of_phenotype(each))
        told = result.genotypes or tuple(concluded) or tuple(by_phenotype)
        # A phenotype that several genotypes lead to tells none of them.
        found = list(told) if result.genotypes or len(told) == 1 else []
    else:
        by_member = {member: gene.scores[text] for text, member in gene.score_members.items()}
        found = named or [by_member[score] for score in scores if score in by_member]
    return tuple(sorted(set(found)))


def _spelled(item: Input, gene: Gene, member: str) -> str:
    if item.source.kind is SourceKind.PHENOTYPE:
        return gene.published.get(member, member)
    if item.source.kind is SourceKind.GENOTYPE and isinstance(item.type, EnumType):
        return item.type.label(member)
    texts = {score_member(text): text for text in (*gene.scores, COPIES_UNKNOWN)}
    return texts.get(member, member)


def _phenotypes(gene: Gene, diplotype: str) -> tuple[str, ...]:
    found = gene.phenotypes(diplotype) or tuple(sorted(_read(gene, diplotype).phenotypes(gene)))
    if found:
        return found
    strange = next((part.strip() for part in diplotype.split("/") if part.strip() not in gene.alleles), "")
    advice = closest(strange, gene.alleles)
    why = f"`{strange}` is none of its alleles; {advice}".rstrip("; ") if strange else "it has no phenotype"
    raise LookupFault("unreadable-diplotype", f"`{diplotype}` is no diplotype of {gene.symbol}: {why}")


def _read(gene: Gene, diplotype: str) -> Genotype:
    """By the shapes in which laboratories write genotypes; one without alternatives if it is none."""
    readings = [each for each in read_genotypes(diplotype, gene) if each.symbol in (None, gene.symbol)]
    return readings[0] if len(readings) == 1 else Genotype(None, ())

"""`bespoke pgx --batch`: phenotypes, recommendations and whole samples by line (contract C4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from cds.cards import recommended
from cds.cli.batch import LineError
from cds.cli.batch import run as run_batch
from cds.decision.lookups import (
    LookupFault,
    Lookups,
    Recommendation,
    Result,
    attribute,
    genes_named,
    guidance,
    result_of_diplotype,
    result_of_keys,
    rules_of,
)
from kb import KnowledgeBase

_ANYBODY = ""
"""The population of a row that is not told apart by population."""


def run(batch: Path, kb: Path | None) -> int:
    """Answers a file line by line; see `bespoke pgx --help`."""
    return run_batch(batch, kb, ("id",), _answer)


def _answer(asked: Mapping[str, object], knowledge: KnowledgeBase) -> Mapping[str, object]:
    kind = asked.get("kind")
    answers = {"phenotype": _phenotype, "recommend": _recommend, "sample": _sample}
    if not isinstance(kind, str) or kind not in answers:
        raise LineError("unknown-kind", f"`kind` is one of {', '.join(answers)}")
    try:
        return answers[kind](asked, knowledge)
    except LookupFault as error:
        raise LineError(error.code, str(error)) from None


def _phenotype(asked: Mapping[str, object], knowledge: KnowledgeBase) -> Mapping[str, object]:
    found = result_of_diplotype(_text(asked, "gene"), _text(asked, "diplotype"), knowledge)
    return {"phenotype": _one_or_all(found.phenotypes), "activity_score": _one_or_all(found.scores)}


def _one_or_all(texts: tuple[str, ...]) -> object:
    """A single text, the several that stay possible or stand side by side, or null for none."""
    return texts[0] if len(texts) == 1 else list(texts) or None


def _recommend(asked: Mapping[str, object], knowledge: KnowledgeBase) -> Mapping[str, object]:
    population = asked.get("population")
    rules = rules_of(_text(asked, "drug"), _text(asked, "source"), knowledge)
    exact = [rule for rule in rules if attribute(rule, "table_population") == population]
    if rules and not exact and population != _ANYBODY:
        known = sorted({attribute(rule, "table_population") or _ANYBODY for rule in rules})
        names = ", ".join(f"`{name}`" for name in known)
        raise LineError("unknown-population", f"the guidance knows the populations {names}")
    lookups = Lookups(dict(_looked_up(_object(asked, "lookup"), knowledge)), knowledge)
    found = [shown for rule in exact or rules for shown in _shown(lookups.recommended(rule), knowledge)]
    # What the rules of several populations say alike is said once.
    return {"recommendations": [each for number, each in enumerate(found) if each not in found[:number]]}


def _looked_up(lookup: Mapping[str, object], knowledge: KnowledgeBase) -> Iterable[tuple[str, Result]]:
    """Each key of a guideline is a score, a phenotype, a status or a genotype: which, tells its gene."""
    for symbol, key in lookup.items():
        written = _texts(symbol, key)
        if len(written) == 1 and any(gene.genotype_of(written[0]) for gene in genes_named(symbol, knowledge)):
            yield symbol, result_of_diplotype(symbol, written[0], knowledge)
        else:
            yield symbol, result_of_keys(symbol, written, knowledge)


def _sample(asked: Mapping[str, object], knowledge: KnowledgeBase) -> Mapping[str, object]:
    results = {symbol: _result(symbol, of, knowledge) for symbol, of in _object(asked, "genes").items()}
    lookups = Lookups(results, knowledge)
    drugs: dict[str, list[Mapping[str, object]]] = {}
    for rule in guidance(_text(asked, "source"), knowledge):
        symbols = {knowledge.gene(name).symbol for name in rule.genes}
        if symbols.isdisjoint(results):
            continue
        found = lookups.recommended(rule)
        for shown in _shown(found, knowledge):
            more = {"population": attribute(rule, "table_population"), "lookup": dict(found.lookup)}
            for drug in rule.drugs:
                drugs.setdefault(drug.replace("_", " "), []).append({**shown, **more})
    return {"drugs": drugs}


def _result(symbol: str, given: object, knowledge: KnowledgeBase) -> Result:
    """What is given of one gene; a score and a phenotype go before what follows from the diplotype."""
    if not isinstance(given, dict):
        raise LineError("input", f"`genes.{symbol}` is an object with diplotype, phenotype or activity_score")
    phenotypes = _texts(symbol, given.get("phenotype"))
    scores = _texts(symbol, given.get("activity_score"))
    diplotype = given.get("diplotype")
    genes_named(symbol, knowledge)
    if isinstance(diplotype, str):
        try:
            read = result_of_diplotype(symbol, diplotype, knowledge)
        except LookupFault:
            if not phenotypes and not scores:
                raise
        else:
            scores = scores or (() if phenotypes else read.scores)
            return Result(phenotypes or read.phenotypes, scores, read.genotypes)
    return Result(phenotypes, scores)


def _shown(found: Recommendation, knowledge: KnowledgeBase) -> list[Mapping[str, object]]:
    """The recommendation in the words of the contract, for each entry; none where the source says nothing."""
    said = recommended(found.finding, knowledge)
    if said is None:
        return []
    rule = found.finding.rule
    return [
        {
            "classification": said.classification,
            "action": None if said.action is None else said.action.value,
            "avoid": said.avoids,
            "alternative": said.replaces,
            "dose": said.doses,
            "none": said.changes_nothing,
            "guideline": guideline,
            "pmids": (attribute(rule, "pmids") or "").split(),
            "text": said.text,
        }
        # Entries about the same genes stand in one rule, but each is an entry of its own.
        for guideline in (attribute(rule, "guideline_id") or "").split()
    ]


def _text(asked: Mapping[str, object], name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not value:
        raise LineError("input", f"`{name}` is a text")
    return value


def _object(asked: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = asked.get(name)
    if not isinstance(value, dict):
        raise LineError("input", f"`{name}` is an object by gene")
    return value


def _texts(symbol: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    listed = value if isinstance(value, list) else [value]
    texts = [each.strip() for each in listed if isinstance(each, str)]
    if len(texts) != len(listed):
        raise LineError("input", f"what is given of `{symbol}` is a text or a list of texts")
    return tuple(texts)

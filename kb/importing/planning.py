"""What an import would write: rule files, drugs and sources, each with how it relates to what is there."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kb.errors import KnowledgeBaseError
from kb.importing.difference import Change, Kind, compare, is_by_hand, next_version
from kb.importing.fact_table import DrugCodes, FactRow, codes_of, name_of, read_drugs, read_readings
from kb.importing.guidance import Guidance, guidance_of
from kb.importing.keys import read_genes
from kb.importing.reviewing import held, merged
from kb.importing.sources import READ, REVIEW_BY, Source
from kb.importing.validation import Paths, judge
from kb.importing.writer import rule_file
from kb.knowledge import Drug
from kb.tables import load_tables


@dataclass(frozen=True, slots=True)
class Written:
    """A file of the knowledge base, by its path there."""

    path: Path
    text: str
    change: Change
    rows: tuple[str, ...] = ()
    """Of each rule in it, which of its rows somebody has read."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that an import comes to."""

    rules: tuple[Written, ...]
    drugs: tuple[Written, ...]
    sources: Written | None
    left_out: tuple[str, ...]
    """What the knowledge base cannot hold, each with the reason."""
    doubts: tuple[str, ...] = ()
    """What a reader should look at; it stops nothing."""
    faults: tuple[str, ...] = ()
    """What is wrong with the table; nothing is written then."""

    @property
    def to_write(self) -> tuple[Written, ...]:
        """The files that are new or change; one with the same meaning keeps its status and its reviews."""
        every = (*self.drugs, *((self.sources,) if self.sources else ()), *self.rules)
        return tuple(each for each in every if each.change.kind is not Kind.EQUAL)


def plan(
    source: Source, facts: Path, drugs: Sequence[Path], root: Path, reviewed: Path | None = None
) -> Plan:
    """Compares the table of a source, and what somebody has read of it, with a knowledge base.

    `reviewed` is by default the file of the knowledge base itself, where there is one. Raises
    `KnowledgeBaseError` for the first thing that cannot be read.
    """
    rows, codes, tables = source.read(facts), read_drugs(*drugs), load_tables(root)
    genes = read_genes(root, tables.names, tables.genes)
    readings = reviewed or root / source.reviewed
    differences: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    if source.by_row:
        read = read_readings(readings) if reviewed or readings.exists() else ()
        found = merged(rows, read, readings)
        if found.faults:
            return Plan((), (), None, (), faults=found.faults)
        rows, left_out = held(found.rows, codes, genes)
        differences = found.differences
    judged = judge(source, rows, codes, genes, Paths(facts, readings))
    if judged.faults:
        return Plan((), (), None, (), faults=judged.faults)
    by_drug: dict[str, list[FactRow]] = defaultdict(list)
    for row in rows:
        by_drug[row.drug].append(row)
    _check_names(by_drug, codes, tables.drugs, drugs)
    usable = {drug: mine for drug, mine in sorted(by_drug.items()) if codes_of(codes, drug)}
    guidance = {drug: guidance_of(source, mine, genes) for drug, mine in usable.items()}
    paths = {drug: source.folder / f"{name_of(drug)}.rule" for drug in guidance}
    rules = {drug: _rules(root, paths[drug], each) for drug, each in guidance.items()}
    return Plan(
        tuple(each for each in rules.values() if each is not None),
        tuple(
            Written(Path("drugs", f"{name_of(drug)}.toml"), drug_file(codes[drug]), Change(Kind.NEW))
            for drug in usable
            if name_of(drug) not in tables.drugs
        ),
        _sources(root, source, [each for mine in guidance.values() for each in mine], tables.sources),
        (
            *left_out,
            *(
                f"{drug}: left out, no table of drugs has a code for it"
                for drug in sorted(by_drug)
                if drug not in usable
            ),
            *(
                f"{drug}: left out, {paths[drug].as_posix()} was written by hand"
                for drug, each in rules.items()
                if each is None
            ),
        ),
        (*differences, *judged.doubts),
    )


def _check_names(
    wanted: Iterable[str], codes: Mapping[str, DrugCodes], known: Mapping[str, Drug], tables: Sequence[Path]
) -> None:
    """Raises `KnowledgeBaseError` for a drug that the knowledge base has under another name."""
    names = {each.rxnorm: name for name, each in known.items() if each.rxnorm}
    for drug in sorted(wanted):
        there = names.get(codes[drug].rxnorm, name_of(drug))
        if there != name_of(drug):
            raise KnowledgeBaseError(
                f"{tables[0]}: {drug} is the drug `{there}` of the knowledge base by its RxNorm code"
            )


def _rules(root: Path, path: Path, guidance: list[Guidance]) -> Written | None:
    """The file of one drug; None if the one that is there was written by hand."""
    try:
        old = (root / path).read_bytes().decode("utf-8", "replace") if (root / path).exists() else None
    except OSError as error:
        raise KnowledgeBaseError(f"{root / path}: cannot be read ({error.strerror})") from None
    if old is not None and is_by_hand(old, {name for each in guidance for name in each.citations}):
        return None
    text = rule_file(guidance, "1.0.0")
    change = compare(old, text)
    if old is not None and change.kind is Kind.CHANGED:
        text = rule_file(guidance, next_version(old))
    return Written(path, text, change, tuple(_read_rows(each) for each in guidance))


def _read_rows(guidance: Guidance) -> str:
    """How much of a rule somebody has read."""
    name = f"{name_of(guidance.drug)}.{guidance.source.name}{guidance.part}{guidance.population.suffix}"
    read = [row.reading for row in guidance.rows if row.reading is not None]
    by = "; ".join(sorted({f"by {each.reviewer} on {each.day}" for each in read}))
    if not read:
        return f"{name}: {len(guidance.rows)} rows imported, not read"
    return f"{name}: {len(read)} of {len(guidance.rows)} rows read {by}"


def drug_file(codes: DrugCodes) -> str:
    """A drug as the knowledge base keeps it."""
    lines = [f'rxnorm = "{codes.rxnorm}"'] if codes.rxnorm else []
    lines.append(f"display = {json.dumps(codes.drug)}")
    if codes.atc:
        lines.append("codes = [")
        for code in codes.atc:
            lines.append(f'  {{ system = "atc", code = "{code}", display = {json.dumps(codes.drug)} }},')
        lines.append("]")
    return "\n".join([*lines, ""])


def _sources(
    root: Path, source: Source, guidance: Iterable[Guidance], known: Collection[str]
) -> Written | None:
    by_citation: dict[str, list[tuple[Guidance, FactRow]]] = defaultdict(list)
    for each in guidance:
        for row in each.rows:
            by_citation[source.citation(row.guideline, row.section)].append((each, row))
    entries = [
        _source(source, cited, told) for cited, told in sorted(by_citation.items()) if cited not in known
    ]
    if not entries:
        return None
    path = Path("sources.toml")
    text = (root / path).read_text("utf-8").rstrip("\n")
    change = Change(Kind.CHANGED, tuple(f"+ {entry.splitlines()[1]}" for entry in entries))
    return Written(path, "\n".join([text, *entries, ""]), change)


def _source(source: Source, cited: str, told: list[tuple[Guidance, FactRow]]) -> str:
    drugs = list(dict.fromkeys(each.drug for each, _ in told))
    genes = list(dict.fromkeys(gene for each, _ in told for gene in each.subjects))
    title = f"{source.publisher} guidance on {_listed(drugs)} by {_listed(genes)}"
    url = f"https://www.clinpgx.org/guidelineAnnotation/{told[0][1].guideline}"
    document = next((each for each in source.documents.values() if each.identifier == cited), None)
    if document is not None:
        title, url = document.title, document.url
    edition = source.edition_of(drugs[0]).name
    return f"""
["{cited}"]
title = {json.dumps(title)}
publisher = "{source.publisher}"
version = "{edition}"
published = "{edition}"
url = "{url}"
read = {READ}
review_by = {REVIEW_BY}"""


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

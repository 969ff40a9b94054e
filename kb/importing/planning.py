"""What an import would write: rule files, drugs and sources, each with how it relates to what is there."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kb.errors import KnowledgeBaseError
from kb.importing.difference import Change, Kind, compare, next_version
from kb.importing.fact_table import DrugCodes, FactRow, name_of, read_drugs, read_facts
from kb.importing.guidance import Guidance, guidance_of
from kb.importing.keys import read_genes
from kb.importing.validation import faults_of
from kb.importing.writer import READ, REVIEW_BY, citation, edition_of, rule_file
from kb.tables import load_tables

FOLDER: Final = Path("pgx", "cpic")
"""Where the rules lie in a knowledge base."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file of the knowledge base, by its path there."""

    path: Path
    text: str
    change: Change


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that an import comes to."""

    rules: tuple[Written, ...]
    drugs: tuple[Written, ...]
    sources: Written | None
    left_out: tuple[str, ...]
    """Drugs without an RxNorm ingredient."""
    faults: tuple[str, ...] = ()
    """What is wrong with the table; nothing is written then."""

    @property
    def to_write(self) -> tuple[Written, ...]:
        """The files that are new or change; one with the same meaning keeps its status and its reviews."""
        every = (*self.drugs, *((self.sources,) if self.sources else ()), *self.rules)
        return tuple(each for each in every if each.change.kind is not Kind.EQUAL)


def plan(facts: Path, drugs: Path, root: Path) -> Plan:
    """Compares a table of recommendations with a knowledge base.

    Raises `KnowledgeBaseError` for the first thing that cannot be read.
    """
    rows, codes, tables = read_facts(facts), read_drugs(drugs), load_tables(root)
    genes = read_genes(root, tables.names)
    faults = faults_of(facts, rows, codes, genes)
    if faults:
        return Plan((), (), None, (), tuple(faults))
    by_drug: dict[str, list[FactRow]] = defaultdict(list)
    for row in rows:
        by_drug[row.drug].append(row)
    known = {each.rxnorm: name for name, each in tables.drugs.items()}
    for drug in sorted(by_drug):
        there = known.get(codes[drug].rxnorm, name_of(drug))
        if there != name_of(drug):
            raise KnowledgeBaseError(
                f"{drugs}: {drug} is the drug `{there}` of the knowledge base by its RxNorm code"
            )
    usable = {drug: mine for drug, mine in sorted(by_drug.items()) if codes[drug].rxnorm}
    guidance = {drug: guidance_of(mine, genes) for drug, mine in usable.items()}
    return Plan(
        tuple(_rules(root, name_of(drug), each) for drug, each in guidance.items()),
        tuple(
            Written(Path("drugs", f"{name_of(drug)}.toml"), drug_file(codes[drug]), Change(Kind.NEW))
            for drug in usable
            if name_of(drug) not in tables.drugs
        ),
        _sources(root, guidance.values(), tables.sources),
        tuple(drug for drug in sorted(by_drug) if drug not in usable),
    )


def _rules(root: Path, name: str, guidance: list[Guidance]) -> Written:
    path = FOLDER / f"{name}.rule"
    try:
        old = (root / path).read_bytes().decode("utf-8", "replace") if (root / path).exists() else None
    except OSError as error:
        raise KnowledgeBaseError(f"{root / path}: cannot be read ({error.strerror})") from None
    text = rule_file(guidance, "1.0.0")
    change = compare(old, text)
    if old is not None and change.kind is Kind.CHANGED:
        text = rule_file(guidance, next_version(old))
    return Written(path, text, change)


def drug_file(codes: DrugCodes) -> str:
    """A drug as the knowledge base keeps it."""
    lines = [f'rxnorm = "{codes.rxnorm}"', f"display = {json.dumps(codes.drug)}"]
    if codes.atc:
        lines.append("codes = [")
        for code in codes.atc:
            lines.append(f'  {{ system = "atc", code = "{code}", display = {json.dumps(codes.drug)} }},')
        lines.append("]")
    return "\n".join([*lines, ""])


def _sources(root: Path, guidance: Iterable[Iterable[Guidance]], known: Collection[str]) -> Written | None:
    by_guideline: dict[str, list[Guidance]] = defaultdict(list)
    for each in (each for mine in guidance for each in mine):
        by_guideline[each.guideline].append(each)
    entries = [
        _source(guideline, mine)
        for guideline, mine in sorted(by_guideline.items())
        if citation(guideline) not in known
    ]
    if not entries:
        return None
    path = Path("sources.toml")
    text = (root / path).read_text("utf-8").rstrip("\n")
    change = Change(Kind.CHANGED, tuple(f"+ {entry.splitlines()[1]}" for entry in entries))
    return Written(path, "\n".join([text, *entries, ""]), change)


def _source(guideline: str, guidance: list[Guidance]) -> str:
    drugs = list(dict.fromkeys(each.drug for each in guidance))
    genes = list(dict.fromkeys(axis.shown for each in guidance for axis in each.axes))
    title = f"CPIC guidance on {_listed(drugs)} by {_listed(genes)}"
    edition = edition_of(drugs[0]).name
    return f"""
["{citation(guideline)}"]
title = {json.dumps(title)}
publisher = "CPIC"
version = "{edition}"
published = "{edition}"
url = "https://www.clinpgx.org/guidelineAnnotation/{guideline}"
read = {READ}
review_by = {REVIEW_BY}"""


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

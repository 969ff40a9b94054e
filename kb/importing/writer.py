"""Rule files from guidance: one file for each drug, one rule for each population, a test for each row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from dsl import Diagnostic, format_text
from kb.errors import KnowledgeBaseError
from kb.importing.cards import Card, cards_of
from kb.importing.fact_table import name_of
from kb.importing.guidance import Box, Guidance, Said
from kb.importing.keys import Axis, Member

READ: Final = date(2026, 11, 21)
"""The day on which the table was read."""
REVIEW_BY: Final = date(2027, 11, 21)

NOTHING_SAID: Final = "the source says nothing about this combination"


@dataclass(frozen=True, slots=True)
class Edition:
    """A state of the guideline's data."""

    name: str
    effective: date


EDITION: Final = Edition("2024-05-29", date(2024, 5, 29))
_NEWER: Final = dict.fromkeys(("hydralazine", "metoprolol"), Edition("2025-11-05", date(2025, 11, 5)))


def edition_of(drug: str) -> Edition:
    """The edition that the rows about a drug are from: those of two guidelines are newer than the others."""
    return _NEWER.get(drug, EDITION)


def citation(guideline: str) -> str:
    """How a rule cites a guideline."""
    return f"guideline:cpic-{guideline}"


def rule_file(guidance: Sequence[Guidance], version: str) -> str:
    """The rule file of one drug in the standard layout.

    Raises `KnowledgeBaseError` if it cannot be read back, which is a defect of this writer.
    """
    uses = ["use pgx.phenotypes version 1.0.0"]
    if any("Clopidogrel_indication" in line for each in guidance for line in each.population.inputs):
        uses.append("use indications version 1.0.0")
    text = "\n".join([*uses, *("\n".join(_rule(each, version)) for each in guidance)])
    name = f"{name_of(guidance[0].drug)}.rule"
    laid = format_text(text, name)
    if isinstance(laid, Diagnostic):
        line = text.splitlines()[laid.span.line - 1].strip()
        raise KnowledgeBaseError(f"{name}: what was written cannot be read: {laid.message}, in {line}")
    return laid


def _rule(guidance: Guidance, version: str) -> Iterable[str]:
    drug, population = name_of(guidance.drug), guidance.population
    cards = {card.said: card for card in cards_of(guidance)}
    genes = " and ".join(axis.shown for axis in guidance.axes)
    title = f"{guidance.drug[:1].upper()}{guidance.drug[1:]} by {genes}"
    title += f": {population.words}" if population.words else ""
    yield f"""
rule {drug}.cpic{population.suffix} version {version} {{
  title      {_quoted(title)}
  status     draft
  effective  from {edition_of(guidance.drug).effective}
  review by  {REVIEW_BY}
  concerns   drug {drug}"""
    yield from (f"  concerns   gene {axis.gene}" for axis in guidance.axes)
    yield (
        f"  population {_quoted(population.words)} when {population.condition}"
        if population.condition
        else '  population any because "the source names no restriction"'
    )
    yield from _evidence(guidance)
    yield from (f"  input {line}" for line in population.inputs)
    yield from (
        f"  input {axis.name}: {axis.enum.name} from {axis.source} {axis.gene} "
        "lifetime optional when missing silent"
        for axis in guidance.axes
    )
    yield ""
    yield from _table(guidance, cards)
    yield ""
    for card in cards.values():
        yield from _outcome(card)
    yield ""
    for box in guidance.boxes:
        yield from _test(guidance, box, cards)
    if population.outside:
        yield '  test "somebody else is not meant" {'
        yield f"    given  {population.outside}"
        yield "    expect outside population"
        yield "  }"
    yield "}"


def _evidence(guidance: Guidance) -> Iterable[str]:
    yield f"""
  evidence {{
    cites {citation(guidance.guideline)}
    grade not_stated
    attribute guideline_id "{guidance.guideline}"
    attribute pmids "{" ".join(guidance.pmids)}"
    attribute table_population {_quoted(guidance.population.spelled)}
    attribute edition "{edition_of(guidance.drug).name}"
  }}
"""


def _table(guidance: Guidance, cards: dict[Said, Card]) -> Iterable[str]:
    names = [axis.name for axis in guidance.axes]
    yield "  table advice unique {"
    yield f"    | {' | '.join(names)} => advice"
    for box in guidance.boxes:
        cells = (_cell(axis, cell) for axis, cell in zip(guidance.axes, box.cells, strict=True))
        yield f"    | {' | '.join(cells)} => {_result(names, box, cards, why=True)}"
    yield f"    unknown => ask {', '.join(names)}"
    yield "  }"


def _cell(axis: Axis, members: Iterable[Member]) -> str:
    members = list(members)
    if len(members) == len(axis.members):
        return "*"
    return ", ".join(member or "missing" for member in members)


def _result(names: Sequence[str], box: Box, cards: dict[Said, Card], *, why: bool) -> str:
    if box.said is not None:
        return cards[box.said].name
    if box.untested:
        return f"ask {', '.join(names)}"
    return f'none because "{NOTHING_SAID}"' if why else "none"


def _outcome(card: Card) -> Iterable[str]:
    answer = card.said.answer
    yield f"  outcome {card.name} {{"
    yield f"    action {answer.action}"
    yield f"    strength {answer.classification}"
    if card.indicator:
        yield f"    indicator {card.indicator}"
        yield f"    advise {_quoted(card.advise)}"
        yield f"    rationale {_quoted(card.rationale)}"
    if card.override:
        yield f"    override {_quoted(card.override)}"
    yield "  }"


def _test(guidance: Guidance, box: Box, cards: dict[Said, Card]) -> Iterable[str]:
    names = [axis.name for axis in guidance.axes]
    states = list(zip(guidance.axes, box.example, strict=True))
    title = "; ".join(
        f"{axis.shown}: {'not tested' if member is None else axis.enum.labels[member] or member}"
        for axis, member in states
    )
    given = [f"{axis.name} = {member}" for axis, member in states if member is not None]
    given += [guidance.population.inside] if guidance.population.inside else []
    yield f"  test {_quoted(title)} {{"
    if given:
        yield f"    given  {', '.join(given)}"
    yield f"    expect advice = {_result(names, box, cards, why=False)}"
    yield "  }"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

"""Rule files from guidance: one file for each drug, one rule for each population, a test for each row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from dsl import Diagnostic, format_text
from kb.errors import KnowledgeBaseError
from kb.importing.cards import Card, cards_of
from kb.importing.fact_table import name_of
from kb.importing.guidance import Box, Guidance, Said
from kb.importing.keys import Axis, Member
from kb.importing.sources import REVIEW_BY

NOTHING_SAID: Final = "the source says nothing about this combination"
NOT_TESTED: Final = "without a result there is nothing to look up"


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
    genes = " and ".join(guidance.subjects)
    title = f"{guidance.drug[:1].upper()}{guidance.drug[1:]} by {genes}"
    title += f": {population.words}" if population.words else ""
    title += f" ({guidance.source.publisher})" if guidance.source.by_row else ""
    yield f"""
rule {drug}.{guidance.source.name}{guidance.part}{population.suffix} version {version} {{
  title      {_quoted(title)}
  status     draft
  effective  from {guidance.source.edition_of(guidance.drug).effective}
  review by  {REVIEW_BY}
  concerns   drug {drug}"""
    yield from dict.fromkeys(f"  concerns   gene {axis.gene}" for axis in guidance.axes)
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
    source = guidance.source
    sections, read = "; ".join(filter(None, guidance.sections)), " / ".join(_readings(guidance))
    yield "\n  evidence {"
    yield from (f"    cites {each}" for each in guidance.citations)
    yield f"""    grade not_stated
    attribute guideline_id "{" ".join(guidance.guidelines)}"
    attribute pmids "{" ".join(guidance.pmids)}"
    attribute table_population {_quoted(guidance.population.spelled)}
    attribute edition "{source.edition_of(guidance.drug).name}\""""
    if sections:
        yield f"    attribute entry_section {_quoted(sections)}"
    if read:
        yield f"    attribute rows_read {_quoted(read)}"
        readers = sorted({row.reading.reviewer for row in guidance.rows if row.reading is not None})
        yield f"    attribute author {_quoted(', '.join(readers))}"
    yield "  }\n"


def _readings(guidance: Guidance) -> Iterable[str]:
    """Which rows somebody has read: those of one day, reader and text together."""
    found: dict[str, list[str]] = {}
    for row in guidance.rows:
        if row.reading is not None:
            read = f"read {row.reading.day} by {row.reading.reviewer} at {row.reading.statement}"
            keys = " & ".join(f"{gene}={'|'.join(words)}" for gene, words in row.keys)
            found.setdefault(read, []).append(keys)
    return (f"{'; '.join(keys)}: {read}" for read, keys in found.items())


def _table(guidance: Guidance, cards: dict[Said, Card]) -> Iterable[str]:
    names = [axis.name for axis in guidance.axes]
    yield "  table advice unique {"
    yield f"    | {' | '.join(names)} => advice"
    rest = _rest(guidance)
    for box in guidance.boxes:
        cells = (
            "else"
            if rest.get((place, *_others(box, place))) == box.cells[place]
            else _cell(axis, box.cells[place])
            for place, axis in enumerate(guidance.axes)
        )
        yield f"    | {' | '.join(cells)} => {_result(guidance, box, cards, why=True)}"
    yield f"    unknown => {_unknown(guidance)}"
    yield "  }"


def _rest(guidance: Guidance) -> dict[tuple[object, ...], tuple[Member, ...]]:
    """Of rows that tell only the alleles of a gene apart, the cell with the most of them; it is `else`."""
    rest = {}
    for place, axis in enumerate(guidance.axes):
        by_others = defaultdict(list)
        for box in guidance.boxes if axis.source == "genotype" else ():
            by_others[place, *_others(box, place)].append(box.cells[place])
        for others, cells in by_others.items():
            if len(cells) > 1 and sum(map(len, cells)) == len(axis.members):
                rest[others] = max(cells, key=len)
    return rest


def _others(box: Box, place: int) -> tuple[tuple[Member, ...], ...]:
    return box.cells[:place] + box.cells[place + 1 :]


def _cell(axis: Axis, members: Iterable[Member]) -> str:
    members = list(members)
    if len(members) == len(axis.members):
        return "*"
    return ", ".join(member or "missing" for member in members)


def _result(guidance: Guidance, box: Box, cards: dict[Said, Card], *, why: bool) -> str:
    if box.said is not None:
        return cards[box.said].name
    if box.untested and not guidance.is_listing:
        return _asked(guidance)
    reason = NOT_TESTED if box.untested else NOTHING_SAID
    return f'none because "{reason}"' if why else "none"


def _unknown(guidance: Guidance) -> str:
    """Nobody is asked for a result of which no advice would come."""
    return f'none because "{NOT_TESTED}"' if guidance.is_listing else _asked(guidance)


def _asked(guidance: Guidance) -> str:
    """The alleles are asked for with the gene itself."""
    return f"ask {', '.join(axis.name for axis in guidance.axes if axis.source != 'genotype')}"


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
    # With a result where there may be one, and with alleles only where they matter.
    states = [
        (axis, None if axis.source == "genotype" and None in cell else cell[0])
        for axis, cell in zip(guidance.axes, box.cells, strict=True)
    ]
    title = "; ".join(
        f"{axis.shown}: {'not tested' if member is None else axis.enum.labels[member] or member}"
        for axis, member in states
        if member is not None or axis.source != "genotype"
    )
    given = [f"{axis.name} = {member}" for axis, member in states if member is not None]
    given += [guidance.population.inside] if guidance.population.inside else []
    yield f"  test {_quoted(title)} {{"
    if given:
        yield f"    given  {', '.join(given)}"
    yield f"    expect advice = {_result(guidance, box, cards, why=False)}"
    yield "  }"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

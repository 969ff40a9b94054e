"""What several sources say about one drug: agreement once, disagreement side by side.

    Released ── by order, drugs and shared genes ──> group ── precedence, status, urgency ──> Voice

A group has one card. Whoever leads gives its words and its urgency; the others stand beside. A source leads
if the site put it first; else what is active goes before drafts, and what is more urgent before the rest.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from cds.cards.recommendation import recommended
from cds.guard import Released
from dsl import Action, Advise, Indicator, Lifecycle, Outcome, Source, State, WhenMissing
from kb import KnowledgeBase


class UnknownPublisher(Exception):
    """A publisher is named that no guidance about genes is from; the sentence lists those that there are."""


class Direction(StrEnum):
    """Where an action leads: sources agree if it is the same way, with the same numbers."""

    OTHER_DRUG = "another drug"
    MAYBE_OTHER_DRUG = "perhaps another drug"
    LESS = "a lower dose"
    MORE = "a higher dose"
    GIVEN_DOSE = "a dose of its own"
    WATCH = "watchfulness"
    USUAL = "the usual dose"
    NOTHING = "no recommendation"
    SILENT = "nothing is advised"
    UNREAD = "an entry that was not read"


_DIRECTIONS: Final = {
    Action.STANDARD: Direction.USUAL,
    Action.AVOID: Direction.OTHER_DRUG,
    Action.ALTERNATIVE: Direction.OTHER_DRUG,
    Action.CONSIDER_ALTERNATIVE: Direction.MAYBE_OTHER_DRUG,
    Action.REDUCE_START: Direction.LESS,
    Action.REDUCE_MAINTENANCE: Direction.LESS,
    Action.START_LOW: Direction.LESS,
    Action.INCREASE_START: Direction.MORE,
    Action.FIXED_START: Direction.GIVEN_DOSE,
    Action.DOSE_CAP: Direction.GIVEN_DOSE,
    Action.TITRATION_PROTOCOL: Direction.GIVEN_DOSE,
    Action.TEST_ENZYME_ACTIVITY: Direction.WATCH,
    Action.CLINICAL_JUDGEMENT: Direction.WATCH,
    Action.CONTINUE_WITH_CAUTION_IF_TOLERATED: Direction.WATCH,
    Action.USE_WITH_MONITORING: Direction.WATCH,
    Action.REDUCE: Direction.LESS,
    Action.INCREASE: Direction.MORE,
    Action.ADJUST: Direction.GIVEN_DOSE,
    Action.REDUCE_OR_ALTERNATIVE: Direction.LESS,
    Action.INCREASE_OR_ALTERNATIVE: Direction.MORE,
    Action.AVOID_OR_ADJUST: Direction.OTHER_DRUG,
    Action.MONITOR: Direction.WATCH,
    Action.MONITOR_OR_ALTERNATIVE: Direction.MAYBE_OTHER_DRUG,
    Action.SOURCE_HAS_ENTRY: Direction.UNREAD,
    Action.NO_RECOMMENDATION: Direction.NOTHING,
    Action.INVALID_COPY_NUMBER_INPUT: Direction.NOTHING,
}
_WITHOUT_NUMBERS: Final = frozenset({Direction.OTHER_DRUG, Direction.NOTHING})
"""Directions in which a number is a remark, not the advice."""
_SAYS_NOTHING: Final = frozenset({Direction.SILENT, Direction.UNREAD})
"""What neither agrees with anybody nor differs."""
_NUMBER: Final = re.compile(r"(?<![\w*:.])\d+(?:\.\d+)?")
"""A number of its own: not that of a gene, an allele or an input (`CYP2D6`, `*57:01`, `{hla_b_57_01}`)."""
_LOUDNESS: Final = (Indicator.CRITICAL, Indicator.WARNING, Indicator.INFO, None)


@dataclass(frozen=True, slots=True)
class Voice:
    """What one card is about: the finding that gives its words, and what other sources say beside it."""

    speaker: Released
    source: str
    """The publisher of the speaker's guidance."""
    leader: str
    """The publisher whose guidance comes first here."""
    chosen: bool = False
    """The site put it first."""
    told: str = ""
    """What the leader says, where that is no reason for a card and only others speak; else empty."""
    differing: tuple[str, ...] = ()
    """Publishers of other advice than the leader's."""
    lines: tuple[str, ...] = ()
    """A line for each further answer; the same advice is not told again."""


@dataclass(frozen=True, slots=True)
class _Opinion:
    released: Released
    outcome: Outcome
    direction: Direction
    publisher: str
    words: str

    @property
    def numbers(self) -> frozenset[str]:
        """The numbers of its advice."""
        if self.direction in _WITHOUT_NUMBERS:
            return frozenset()
        return frozenset(_NUMBER.findall(self.outcome.advise))

    def agrees(self, other: _Opinion) -> bool:
        return self.direction is other.direction and self.numbers == other.numbers


def voices(released: Iterable[Released], knowledge: KnowledgeBase, precedence: Sequence[str]) -> list[Voice]:
    """What there are cards to be made of, in the order of the findings.

    `precedence` are publishers, the one that the site follows first at the front.
    """
    findings = [each for each in released if each.finding.state is not State.OUTSIDE]
    said = [each for each in findings if not _superseded(each, findings, knowledge)]
    groups: list[list[Released]] = []
    for each in said:
        joined = [group for group in groups if any(_shared(each, other) for other in group)]
        groups = [group for group in groups if group not in joined]
        groups.append([*(member for group in joined for member in group), each])
    found = [voice for group in groups for voice in _voices(group, knowledge, precedence)]
    place = {id(each): number for number, each in enumerate(said)}
    return sorted(found, key=lambda voice: place[id(voice.speaker)])


def direction_of(action: Action) -> Direction:
    """Where an action leads."""
    return _DIRECTIONS[action]


def _superseded(each: Released, findings: Iterable[Released], knowledge: KnowledgeBase) -> bool:
    """Whether it is a draft of a source that has a rule in force about the same drug, by the same genes."""
    return each.rule.status is not Lifecycle.ACTIVE and any(
        other.rule.status is Lifecycle.ACTIVE
        and knowledge.publisher(other.rule) == knowledge.publisher(each.rule)
        and _shared(each, other)
        for other in findings
    )


def _shared(one: Released, other: Released) -> bool:
    """Whether two findings are about the same order, the same drugs and some gene that both name."""
    genes = set(one.rule.genes)
    same = one.order.path == other.order.path and one.drugs == other.drugs
    return same and not genes.isdisjoint(other.rule.genes)


def _voices(
    group: Sequence[Released], knowledge: KnowledgeBase, precedence: Sequence[str]
) -> Iterable[Voice]:
    opinions = [opinion for each in group if (opinion := _opinion(each, knowledge)) is not None]
    answered = [opinion.released for opinion in opinions]
    undecided = [each for each in group if each not in answered]
    spoken = [opinion.released for opinion in opinions if opinion.outcome.indicator is not None]
    read = {item.source for each in spoken for item in each.rule.inputs}
    beside = [each for each in undecided if _asks_in_vain(each, read)]
    asked: list[Released] = []
    for each in sorted(undecided, key=lambda each: -len(each.finding.asks)):
        # What two sources ask for alike is asked once.
        if each not in beside and not any(_asks(each) <= _asks(other) for other in asked):
            asked.append(each)
            publisher = knowledge.publisher(each.rule)
            yield Voice(each, publisher, publisher)
    if opinions:
        voice = _voice(opinions, precedence)
        lines = (f"{knowledge.publisher(each.rule)}: not decided ({_rule_named(each)})" for each in beside)
        yield replace(voice, lines=(*voice.lines, *lines))


def _asks_in_vain(each: Released, read: AbstractSet[Source]) -> bool:
    """Whether it asks quietly, and for nothing but what another source's advice was given with."""
    asked = [each.finding.rule.input(name) for name in each.finding.asks]
    return bool(asked) and all(
        item.source in read and item.when_missing is WhenMissing.SILENT for item in asked
    )


def _asks(each: Released) -> frozenset[object]:
    """What is asked for, how loudly and why; a finding that asks for nothing is like no other."""
    inputs = {each.finding.rule.input(name): each.finding.facts[name].reason for name in each.finding.asks}
    asked = [(declared.source, declared.when_missing, reason) for declared, reason in inputs.items()]
    return frozenset[object]((each.finding.state, *(asked or (each.rule.name,))))


def _opinion(each: Released, knowledge: KnowledgeBase) -> _Opinion | None:
    result = each.finding.result
    if each.finding.state is not State.ADVICE or not isinstance(result, Advise):
        return None
    outcome = each.rule.outcome(result.outcome)
    if outcome.action is None:
        return None
    direction = direction_of(outcome.action)
    if direction is Direction.NOTHING and outcome.strength != "no_recommendation":
        direction = Direction.SILENT  # a fact is told without advice, not advice weighed and withheld
    said = recommended(each.finding, knowledge)
    words = said.headline if said and (outcome.advise or direction is Direction.UNREAD) else direction.value
    return _Opinion(each, outcome, direction, knowledge.publisher(each.rule), words)


def _voice(opinions: Sequence[_Opinion], precedence: Sequence[str]) -> Voice:
    ranks = {publisher: rank for rank, publisher in enumerate(precedence)}

    def order(opinion: _Opinion) -> tuple[object, ...]:
        return (
            opinion.direction in _SAYS_NOTHING,
            ranks.get(opinion.publisher, len(ranks)),
            opinion.released.rule.status is not Lifecycle.ACTIVE,
            _LOUDNESS.index(opinion.outcome.indicator),
            opinion.publisher,
            opinion.released.rule.name,
        )

    lead, *others = sorted(opinions, key=order)
    read = [other for other in others if other.direction not in _SAYS_NOTHING]
    # A source that answers by one gene after the other is compared by the strongest of its answers.
    first = {other.publisher: other for other in reversed(read) if other.publisher != lead.publisher}
    differing = tuple(sorted(name for name, other in first.items() if not other.agrees(lead)))
    speaker = lead
    if lead.outcome.indicator is None and differing:
        # Nothing to be alerted of by the source that the site follows: what others advise is told, quietly.
        speaker = next((other for other in read if other.outcome.indicator is not None), lead)
    lines = _lines((each for each in (lead, *others) if each is not speaker), speaker)
    chosen = bool(first) and lead.publisher in ranks
    told = "" if speaker is lead else lead.words
    return Voice(speaker.released, speaker.publisher, lead.publisher, chosen, told, differing, tuple(lines))


def _lines(opinions: Iterable[_Opinion], speaker: _Opinion) -> Iterator[str]:
    """A line for each thing that is said, with the rules that say it."""
    said = defaultdict[str, list[str]](list)
    for each in opinions:
        words = "the same" if each.agrees(speaker) else each.words
        told = words if each.direction is Direction.UNREAD else f"{each.publisher}: {words}"
        said[told].append(_rule_named(each.released))
    for words, rules in said.items():
        yield f"{words} ({'; '.join(rules)})"


def _rule_named(each: Released) -> str:
    rule = each.rule
    return f"rule {rule.name} {rule.version}{'' if rule.status is Lifecycle.ACTIVE else ', draft'}"


def check_precedence(precedence: Iterable[str], knowledge: KnowledgeBase) -> None:
    """Raises `UnknownPublisher` for the first that no guidance about genes is from."""
    known = sorted({knowledge.publisher(rule) for rule in knowledge.rules if rule.genes})
    for name in precedence:
        if name not in known:
            raise UnknownPublisher(
                f"no guidance about genes is published by `{name}`; known: {', '.join(known)}"
            )

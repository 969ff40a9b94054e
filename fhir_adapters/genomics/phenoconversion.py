"""What the drugs that are taken make of a genetic result: inhibitors and inducers of the enzyme (H-035).

medication list ──┬─ Modulation: does a drug act, may it, or no more ─┐
drafts of a call ─┘                               the genetic fact ───┴─ converted ─ Fact
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from dsl.values import Datum, Fact, Reason, Value
from fhir_adapters.evidence import datum, in_order
from fhir_adapters.medications import MedicationList, Taking, last_use
from fhir_adapters.orders import Order
from fhir_adapters.prefetch import KeyState, PrefetchKey
from fhir_adapters.reading import text_member
from fhir_adapters.references import Entry
from fhir_adapters.terminology import Gene, Modulator, Phenoconversion

_LIST_WORDS = {
    KeyState.ABSENT: "the list of medications was not supplied",
    KeyState.NULL: "nothing is known of the medications",
    KeyState.FAILED: "the list of medications could not be obtained",
    KeyState.INCOMPLETE: "the list of medications is incomplete",
}
_UNIDENTIFIED = "a drug on the list of medications cannot be identified"
_INHIBITOR, _INDUCER = "inhibitor", "inducer"


class _Standing(StrEnum):
    ACTS = "acts"
    MAY_ACT = "may act"


@dataclass(frozen=True, slots=True)
class _Use:
    """That one drug acts on the enzyme, or may, and why."""

    standing: _Standing
    why: str
    """`was taken until 2026-11-17 and may still act`; the date as written is all that is of the request."""
    data: tuple[Datum, ...]


@dataclass(frozen=True)
class Modulation:
    """The drugs of one chart and one call at one instant, read once for all genes.

    Without slots: the list is put in order of drugs once, when the first gene asks for it.
    """

    listed: MedicationList
    drafts: Sequence[Order]
    """The orders of the call: who signs them means the patient to take them."""
    as_of: datetime

    @cached_property
    def _entries(self) -> Mapping[str, list[tuple[Entry, Taking]]]:
        found: dict[str, list[tuple[Entry, Taking]]] = {}
        for entry, when, reading in self.listed.entries:
            if when is Taking.NEVER:
                continue
            unlisted = not reading.drugs
            for drug in reading.drugs or sorted(reading.may_be or ()):
                found.setdefault(drug, []).append((entry, Taking.UNIDENTIFIED if unlisted else when))
        return found

    @cached_property
    def unknown(self) -> str:
        """Why some drug may be taken that is not known of, empty if none may."""
        words = _LIST_WORDS.get(self.listed.states[PrefetchKey.MEDICATIONS], "")
        open_ended = any(
            not reading.drugs and reading.may_be is None and when not in (Taking.NEVER, Taking.PAST)
            for _, when, reading in self.listed.entries
        )
        return words or (_UNIDENTIFIED if open_ended else "")

    def use(self, modulator: Modulator) -> _Use | None:
        """Whether a drug acts or may act; None if it certainly does not."""
        drug = modulator.drug
        found = [
            _Use(
                _Standing.ACTS,
                "is ordered in the same call",
                (Datum(order.path, order.reference, None, drug),),
            )
            for order in self.drafts
            if drug in order.drugs
        ]
        found += (
            use
            for entry, when in self._entries.get(drug, ())
            if (use := self._use(entry, when, modulator)) is not None
        )
        for standing in _Standing:
            alike = [use for use in found if use.standing is standing]
            if alike:
                data = in_order(datum for use in alike for datum in use.data)
                return _Use(standing, min(use.why for use in alike), data)
        return None

    def _use(self, entry: Entry, when: Taking, modulator: Modulator) -> _Use | None:
        on_hold = text_member(entry.resource, "status") == "on-hold"
        if when is Taking.NOW and not on_hold:
            return _used(_Standing.ACTS, "is taken", entry, modulator)
        if when is Taking.PAST:
            return self._past(entry, modulator)
        why = {
            Taking.WHOSE: "is on an entry that does not say whose it is",
            Taking.UNIDENTIFIED: "is named by a product on the list that cannot be identified",
        }.get(when, "is on hold" if on_hold else "is on the list with an unclear status or period")
        return _used(_Standing.MAY_ACT, why, entry, modulator)

    def _past(self, entry: Entry, modulator: Modulator) -> _Use | None:
        end = last_use(entry)
        if end is None:
            return _used(
                _Standing.MAY_ACT, "was used or ordered, until when is not on file", entry, modulator
            )
        if self.as_of - end.latest > modulator.washout:
            return None
        # What was handed over may have lasted longer, or not at all.
        certain = entry.type != "MedicationDispense" and self.as_of - end.earliest <= modulator.acts
        until = (end.written or "")[:10]
        if certain:
            return _used(_Standing.ACTS, f"was taken until {until} and still acts", entry, modulator)
        return _used(_Standing.MAY_ACT, f"was taken until {until} and may still act", entry, modulator)


@dataclass(frozen=True, slots=True)
class _World:
    """One way that it may be: the strongest inhibitors and the strongest inducers that act in it."""

    inhibitors: tuple[Modulator, ...] = ()
    inducers: tuple[Modulator, ...] = ()


def converted(
    fact: Fact,
    scores: Fact | None,
    gene: Gene,
    conversion: Phenoconversion,
    modulation: Modulation,
    exempt: Collection[str],
) -> Fact:
    """A genetic fact as the drugs that are taken leave it.

    `scores` are the activity scores behind a fact of phenotypes, where scores are converted. The drugs that
    are `exempt` count for nothing: the advice about a drug has its own effect on the enzyme in it already.
    Without a genetic result there is nothing to convert. Of several inhibitors the strongest counts. Where
    one may act or not, and where an inhibitor meets an inducer, every result stays possible. A list that is
    not known changes nothing, but is said wherever a drug could change the result.
    """
    if fact.missing:
        return fact
    results = _Results(fact, scores, gene, conversion)
    counted = [each for each in conversion.modulators if each.drug not in exempt]
    uses = {each.drug: use for each in counted if (use := modulation.use(each)) is not None}
    acting = [each for each in counted if each.drug in uses]
    certain = [each for each in acting if uses[each.drug].standing is _Standing.ACTS]
    possible = [each for each in acting if uses[each.drug].standing is _Standing.MAY_ACT]
    worlds = list(_worlds(certain, possible))
    found = frozenset[Value]().union(*(results.of(world) for world in worlds))
    changed = _changed(fact, found, worlds, uses) if found != frozenset(fact.possible) else fact
    if modulation.unknown:
        others = (world for world in _worlds([], counted))
        if not found.issuperset(frozenset[Value]().union(*(results.of(world) for world in others))):
            remark = f"whether a drug is taken that changes it is not known: {modulation.unknown}"
            changed = replace(changed, explanation="; ".join(filter(None, (changed.explanation, remark))))
    return changed


@dataclass(frozen=True, slots=True)
class _Results:
    """What one result becomes."""

    fact: Fact
    scores: Fact | None
    gene: Gene
    conversion: Phenoconversion

    def of(self, world: _World) -> frozenset[Value]:
        """The possible results in a world."""
        acting = [each[0] for each in (world.inhibitors, world.inducers) if each]
        plain = frozenset(self.fact.possible)
        if not acting:
            return plain
        found = frozenset[Value]().union(*(self._after(modulator) for modulator in acting))
        # How far they make up for one another is not known.
        return found | plain if len(acting) > 1 else found

    def _after(self, modulator: Modulator) -> frozenset[Value]:
        members = [str(each) for each in self.fact.possible]
        if self.scores is None:
            return frozenset(self.conversion.converted(members, modulator))
        known = [str(each) for each in self.scores.possible]
        behind = known or [score for name in members for score in self.gene.scores_of_phenotype(name)]
        return frozenset(self.conversion.phenotypes_of(self.conversion.converted(behind, modulator)))


def _worlds(certain: Iterable[Modulator], possible: Iterable[Modulator]) -> Iterator[_World]:
    """Every way that it may be, once."""
    certain, possible = list(certain), list(possible)
    for inhibitors in _strongest(_INHIBITOR, certain, possible):
        for inducers in _strongest(_INDUCER, certain, possible):
            yield _World(inhibitors, inducers)


def _strongest(
    effect: str, certain: Sequence[Modulator], possible: Sequence[Modulator]
) -> list[tuple[Modulator, ...]]:
    """The drugs of one effect that may decide: the strongest that act, or stronger ones that may act."""
    ranks = {each.rank for each in certain if each.effect == effect}
    least = min(ranks, default=None)
    first = tuple(each for each in certain if each.effect == effect and each.rank == least)
    stronger = [each for each in possible if each.effect == effect and (least is None or each.rank < least)]
    return [
        first,
        *(
            tuple(each for each in stronger if each.rank == rank)
            for rank in sorted({each.rank for each in stronger})
        ),
    ]


def _changed(fact: Fact, found: frozenset[Value], worlds: Sequence[_World], uses: Mapping[str, _Use]) -> Fact:
    acting = {each.drug: each for world in worlds for each in (*world.inhibitors, *world.inducers)}
    possible = tuple(sorted(found, key=str))
    data = in_order([*fact.data, *(datum for drug in acting for datum in uses[drug].data)])
    open_ended = [each for each in acting.values() if uses[each.drug].standing is _Standing.MAY_ACT]
    world = worlds[0]
    against = bool(world.inhibitors and world.inducers)
    sentences = [f"{each.words}, {uses[each.drug].why}" for each in _by_name(open_ended)]
    if against:
        both = " and ".join(each.words for each in _by_name([*world.inhibitors, *world.inducers]))
        sentences.append(f"{both} act against one another, how far is not known")
    remarks = list(filter(None, (fact.explanation, *sentences)))
    settled = len(possible) == 1
    return replace(
        fact,
        possible=possible,
        reason=None if settled else fact.reason or Reason.CONFLICT,
        explanation="" if settled else "; ".join(remarks),
        data=data,
        before=fact.possible,
        changed_by="" if open_ended or against else _certain(world, uses),
        unreviewed=any(each.draft for each in acting.values()),
    )


def _certain(world: _World, uses: Mapping[str, _Use]) -> str:
    """`paroxetine, a strong inhibitor`; why it counts is said unless it is plainly taken."""
    said = []
    for each in _by_name([*world.inhibitors, *world.inducers]):
        why = uses[each.drug].why
        said.append(each.words if why == "is taken" else f"{each.words}, which {why}")
    return " and ".join(said)


def _by_name(modulators: Iterable[Modulator]) -> list[Modulator]:
    return sorted(modulators, key=lambda each: each.drug)


def _used(standing: _Standing, why: str, entry: Entry, modulator: Modulator) -> _Use:
    reason = None if standing is _Standing.ACTS else Reason.STATUS
    return _Use(standing, why, (datum(entry, modulator.drug, reason),))

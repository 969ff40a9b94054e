"""What changed between two knowledge bases, and for which patient the answer of a rule changes."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from dsl import EnumType, Input, Quantity, QuantityType, Rule
from dsl.witnesses.believable import believable_amounts
from dsl.witnesses.compare import AS_WRITTEN, Comparison, compare_versions, plain
from kb.knowledge import KnowledgeBase


class Kind(StrEnum):
    """How a rule or file of the old knowledge base relates to the one of the same name in the new one."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    UNNUMBERED = "changed without a new version"
    """One version, two contents (H-121)."""
    RENUMBERED = "new version, same content"
    DESCRIPTION = "description changed"
    """Title, status, dates, evidence or tests; nothing that decides or is said to the clinician."""
    LAYOUT = "comments or layout changed"


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule that is not the same on both sides."""

    name: str
    kind: Kind
    old_version: str | None
    new_version: str | None
    parts: tuple[str, ...] = ()
    """What decides or is said, and changed: `input weight: unit kg → g`, `decision start_dose`."""
    description: tuple[str, ...] = ()
    """What is said about the rule, and changed."""
    answers: Comparison | None = None
    """Whether an answer changes; None where nothing that decides has changed, or a label is stated."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that is not the same on both sides, unless its rules tell it already."""

    path: str
    kind: Kind
    fields: tuple[str, ...] = ()
    """The fields of a table that changed, each with both values."""


@dataclass(frozen=True, slots=True)
class Edition:
    """A knowledge base with the texts of its files by path."""

    knowledge: KnowledgeBase
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that differs between two knowledge bases."""

    rules: tuple[RuleChange, ...]
    files: tuple[FileChange, ...]
    same_version: bool
    """Whether the files differ although both say one name and version (H-121)."""

    @property
    def unnumbered(self) -> bool:
        """Whether something changed without a new version."""
        return self.same_version or any(change.kind is Kind.UNNUMBERED for change in self.rules)


def difference(old: Edition, new: Edition) -> Difference:
    """Compares rules by name (each version of both sides, and the newest of each), then the other files."""
    before, after = _versions(old.knowledge), _versions(new.knowledge)
    plausible = {name: each.plausible for name, each in new.knowledge.observables.items()}
    rules = tuple(
        change
        for name in sorted({*before, *after})
        for change in _rule_changes(before.get(name, {}), after.get(name, {}), plausible)
    )
    names = {(each.knowledge.name, each.knowledge.version) for each in (old, new)}
    same_version = len(names) == 1 and old.knowledge.digest != new.knowledge.digest
    return Difference(rules, tuple(_file_changes(old, new, rules)), same_version)


# ---------------------------------------------------------------- rules
_Versions = Mapping[str, Rule]
_Plausible = Mapping[str, tuple[Quantity, Quantity]]


def _versions(knowledge: KnowledgeBase) -> dict[str, dict[str, Rule]]:
    """Name to version to rule, the newest version last."""
    found: dict[str, dict[str, Rule]] = {}
    for rule in sorted(knowledge.rules, key=lambda rule: [int(part) for part in rule.version.split(".")]):
        found.setdefault(rule.name, {})[rule.version] = rule
    return found


def _rule_changes(old: _Versions, new: _Versions, plausible: _Plausible) -> Iterator[RuleChange]:
    pairs = [(version, version) for version in old if version in new]
    newest = ([*old][-1:], [*new][-1:])
    if all(newest) and newest[0] != newest[1]:
        pairs.append((newest[0][0], newest[1][0]))
    for version, rule in old.items():
        if version not in {one for one, _ in pairs}:
            yield RuleChange(rule.name, Kind.REMOVED, version, None)
    for version, rule in new.items():
        if version not in {other for _, other in pairs}:
            yield RuleChange(rule.name, Kind.ADDED, None, version)
    for one, other in pairs:
        change = _rule_change(old[one], new[other], plausible)
        if change is not None:
            yield change


def _rule_change(old: Rule, new: Rule, plausible: _Plausible) -> RuleChange | None:
    parts, description = tuple(_changed_parts(old, new)), tuple(_changed_description(old, new))
    same_version = old.version == new.version
    if not parts:
        if same_version and not description:
            return None
        kind = Kind.DESCRIPTION if same_version else Kind.RENUMBERED
        return RuleChange(old.name, kind, old.version, new.version, parts, description)
    kind = Kind.UNNUMBERED if same_version else Kind.CHANGED
    answers = None
    if old.label is None and new.label is None:
        # The new ranges for both: a value that was not believed before changes the table, not the rule.
        bounds = (believable_amounts(old.inputs, plausible), believable_amounts(new.inputs, plausible))
        answers = compare_versions(old, new, bounds)
    return RuleChange(old.name, kind, old.version, new.version, parts, description, answers)


def _changed_parts(old: Rule, new: Rule) -> Iterator[str]:
    before, after = _content(old), _content(new)
    for name in before | after:
        if name not in before or name not in after:
            yield f"{name} {'removed' if name in before else 'added'}"
        elif before[name] != after[name]:
            details = _input_details(old, new, name) if name.startswith("input ") else ""
            yield f"{name}: {details}" if details else name


def _content(rule: Rule) -> dict[str, object]:
    """What a rule asks, decides and says, part by part, to be compared: no positions, no layout."""
    # A calculation without a name of its own is known by how it is written.
    unnamed = {let.name: f"#{place}" for place, let in enumerate(rule.lets) if not let.named}
    parts: dict[str, object] = {
        "concerns": (rule.drugs, rule.genes),
        "population": (rule.population, rule.population_condition),
        **{f"input {each.name}": each for each in rule.inputs},
        **{f"let {each.name}": each for each in rule.lets if each.named},
        f"decision {rule.decision.name}": (rule.decision, [each for each in rule.lets if not each.named]),
        **{f"outcome {each.name}": each for each in rule.outcomes},
        "overrides": rule.overrides,
        "replaces": rule.replaces,
        "label": rule.label,
    }
    return {name: plain(part, AS_WRITTEN, unnamed) for name, part in parts.items()}


def _input_details(old: Rule, new: Rule, part: str) -> str:
    name = part.removeprefix("input ")
    before, after = _input_words(old.input(name)), _input_words(new.input(name))
    return ", ".join(
        f"{what} {before[what]} → {after[what]}" for what in before if before[what] != after[what]
    )


def _input_words(declared: Input) -> dict[str, str]:
    """How an input is declared, in the words of the language."""
    source, assume = declared.source, declared.assume
    kind = declared.type
    words = [source.kind.value, source.name, "over upper limit" if source.over_upper_limit else ""]
    if source.trend is not None:
        words.append(f"{source.trend.function.value} of last {source.trend.count}")
    return {
        "unit": kind.unit if isinstance(kind, QuantityType) else "none",
        "values": ", ".join(kind.members) if isinstance(kind, EnumType) else "any",
        "from": " ".join(word for word in words if word),
        "within": "lifetime" if declared.within is None else f"{declared.within.days} days",
        "need": f"assume {assume.value}" if assume else "optional" if declared.optional else "required",
        "when missing": declared.when_missing.value,
    }


def _changed_description(old: Rule, new: Rule) -> Iterator[str]:
    before, after = _description(old), _description(new)
    yield from (f"{name} {before[name]} → {after[name]}" for name in before if before[name] != after[name])
    if plain(old.evidence) != plain(new.evidence):
        yield "evidence"
    if plain(old.tests) != plain(new.tests):
        yield f"tests ({len(old.tests)} → {len(new.tests)})" if len(old.tests) != len(new.tests) else "tests"


def _description(rule: Rule) -> dict[str, str]:
    return {
        "title": f'"{rule.title}"',
        "status": rule.status.value,
        "effective from": rule.effective_from.isoformat(),
        "effective until": rule.effective_until.isoformat() if rule.effective_until else "open",
        "review by": rule.review_by.isoformat(),
    }


# ---------------------------------------------------------------- files
def _file_changes(old: Edition, new: Edition, rules: tuple[RuleChange, ...]) -> Iterator[FileChange]:
    changed = {change.name for change in rules}
    everything = (*old.knowledge.rules, *new.knowledge.rules)
    told = {rule.span.path for rule in everything if rule.name in changed}
    with_rules = {rule.span.path for rule in everything}
    for path in sorted({*old.files, *new.files} - told):
        before, after = old.files.get(path), new.files.get(path)
        if before == after:
            continue
        if before is None or after is None:
            yield FileChange(path, Kind.ADDED if before is None else Kind.REMOVED)
        elif path.endswith(".rule"):
            yield FileChange(path, Kind.LAYOUT if path in with_rules else Kind.CHANGED)
        elif path.endswith(".tsv"):
            old_lines, new_lines = {*before.splitlines()}, {*after.splitlines()}
            counts = f"{len(new_lines - old_lines)} lines added", f"{len(old_lines - new_lines)} removed"
            yield FileChange(path, Kind.CHANGED, counts)
        else:
            fields = tuple(_changed_fields(tomllib.loads(before), tomllib.loads(after), ""))
            yield FileChange(path, Kind.CHANGED if fields else Kind.LAYOUT, fields)


def _changed_fields(old: object, new: object, place: str) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in old | new:
            inner = f"{place}.{name}" if place else str(name)
            if name not in new:
                yield f"{inner} removed, was {_value(old[name])}"
            elif name not in old:
                yield f"{inner} added, {_value(new[name])}"
            else:
                yield from _changed_fields(old[name], new[name], inner)
    elif old != new and isinstance(old, list) and isinstance(new, list):
        lost, gained = [each for each in old if each not in new], [each for each in new if each not in old]
        if lost and len(old) == len(new):
            for number, pair in enumerate(zip(old, new, strict=True)):
                yield from _changed_fields(*pair, f"{place}.{number}")
            return
        yield from (f"{place} removed {_value(each)}" for each in lost)
        yield from (f"{place} added {_value(each)}" for each in gained)
        if not lost and not gained:
            yield f"{place} in another order"
    elif old != new:
        yield f"{place} {_value(old)} → {_value(new)}"


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)

"""What holds between rules: exceptions and what they except, versions, answers that disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from dsl import model
from dsl.diagnostics import Diagnostic, Label, Severity
from dsl.evaluator.evaluate import Decided, State, meaning
from dsl.evaluator.logic import Truth
from dsl.evaluator.settle import overridden_by
from dsl.names import Names, closest
from dsl.syntax import Span
from dsl.values import Range
from dsl.witnesses.answers import advised
from dsl.witnesses.compare import find_patient


def check_between(
    rules: Sequence[model.Rule],
    others: Sequence[model.Rule],
    written: Sequence[tuple[str, str]],
    names: Names,
    believable: Mapping[tuple[str, str], Mapping[str, Range]],
) -> list[Diagnostic]:
    """Faults of `rules` towards each other and towards `others`, which are not reported on themselves.

    `written` are all names and versions in the files, of faulty rules too; `believable` holds by name and
    version the amounts that the inputs of a rule can have.
    """
    found: list[Diagnostic] = []
    everything = [*others, *rules]
    known = {rule.name for rule in everything} | {name for name, _ in written}
    for rule in rules:
        found += _overrides(rule, everything, known)
        found += _replaces(rule)
    exceptions = overridden_by(everything)
    by_drug: dict[str, list[model.Rule]] = {}
    for rule in everything:
        if rule.status is model.Lifecycle.ACTIVE:
            for drug in rule.drugs:
                by_drug.setdefault(drug, []).append(rule)
    checked = {id(rule) for rule in rules}
    compared: set[tuple[int, int]] = set()
    for group in by_drug.values():
        for one, other in combinations(group, 2):
            pair = (id(one), id(other))
            if pair in compared or not {id(one), id(other)} & checked:
                continue
            compared.add(pair)
            special = other.name in exceptions.get(one.name, ()) or one.name in exceptions.get(other.name, ())
            if one.name != other.name and not special and _share_a_day(one, other):
                found += _find_disagreement(one, other, names, believable)
    return found


def _overrides(rule: model.Rule, everything: Sequence[model.Rule], known: set[str]) -> list[Diagnostic]:
    found = []
    bases = {each.name: each for each in everything}
    for override in rule.overrides:
        base = bases.get(override.rule)
        if override.rule not in known:
            message = f"there is no rule `{override.rule}`"
            found.append(Diagnostic("BR004", message, override.span, help=closest(override.rule, known)))
        elif base is not None and not set(base.drugs) & set(rule.drugs):
            message = f"`{override.rule}` concerns none of the drugs of this rule"
            help = "an exception concerns a drug of its base"
            found.append(Diagnostic("BR021", message, override.span, help=help))
        elif circle := _circle(rule.name, override.rule, bases):
            order = f"an order for {', '.join(rule.drugs)}"
            found.append(
                Diagnostic(
                    "BR021", "the exceptions run in a circle", override.span,
                    case=f"{order}: each silences the next, {' → '.join(circle)}",
                    help="the more special rule overrides the more general one, never the other way round",
                )
            )  # fmt: skip
    return found


def _circle(start: str, base: str, bases: Mapping[str, model.Rule]) -> list[str]:
    """The way from a rule over what it overrides back to itself; empty if there is none."""
    ways = [[start, base]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        if way[-1] == start:
            return way
        if way[-1] in seen or way[-1] not in bases:
            continue
        seen.add(way[-1])
        ways += [[*way, override.rule] for override in bases[way[-1]].overrides]
    return []


def _replaces(rule: model.Rule) -> list[Diagnostic]:
    if rule.replaces is None or rule.replaces[0] != rule.name:
        return []
    if _number(rule.replaces[1]) < _number(rule.version):
        return []
    message = f"version {rule.version} cannot replace version {rule.replaces[1]}"
    return [Diagnostic("BR015", message, rule.span, help="a rule replaces an earlier version of itself")]


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _share_a_day(one: model.Rule, other: model.Rule) -> bool:
    start = max(one.effective_from, other.effective_from)
    return one.in_force(start) and other.in_force(start)


def _find_disagreement(
    one: model.Rule,
    other: model.Rule,
    names: Names,
    believable: Mapping[tuple[str, str], Mapping[str, Range]],
) -> list[Diagnostic]:
    """A patient to whom both rules give different advice, as a finding on the second."""

    def differ(first: Decided, second: Decided, settled: bool) -> Truth:
        if first.state is State.ADVICE and second.state is State.ADVICE:
            said = (_said(one, first), _said(other, second))
            # That a source has an entry which nobody has read contradicts nothing.
            return model.Action.SOURCE_HAS_ENTRY not in said and said[0] != said[1]
        return False if settled or _silent(first) or _silent(second) else None

    bounds = tuple(believable[rule.name, rule.version] for rule in (one, other))
    patient = find_patient(one, other, (bounds[0], bounds[1]), differ)
    if patient is None:
        return []
    return [disagreement(one, other, names, patient)]


def disagreement(one: model.Rule, other: model.Rule, names: Names, patient: str) -> Diagnostic:
    """Two rules advise one patient differently: an error within one source, else for the site to settle."""
    publishers = [
        {names.citations[citation.identifier] for citation in rule.evidence.citations}
        for rule in (one, other)
    ]
    same_source = bool(publishers[0] & publishers[1])
    return Diagnostic(
        "BR022", f"`{one.name}` gives this patient other advice", header_of(other),
        others=(Label(header_of(one), "the other rule"),), case=patient,
        help="write `overrides … because …` in the more special one"
        if same_source
        else "the sources disagree: a card shows both, unless one says `overrides … because …`",
        severity=Severity.ERROR if same_source else Severity.WARNING,
    )  # fmt: skip


def _said(rule: model.Rule, decided: Decided) -> object:
    advice = advised(rule, decided.result)
    return meaning(advice) if isinstance(advice, model.Give | model.GiveCalculated) else advice


def _silent(decided: Decided) -> bool:
    """Whether the rule certainly has nothing to say, whatever the open values are."""
    return decided.state is State.OUTSIDE or (decided.state is State.NOTHING and bool(decided.lines))


def header_of(rule: model.Rule) -> Span:
    """The name of a rule where it begins."""
    span = rule.span
    return Span(span.path, span.line, span.column, span.line, span.column + len(f"rule {rule.name}"))

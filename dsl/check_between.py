"""What holds between rules: exceptions and what they except, versions, answers that disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from dsl import model
from dsl.cases import ABSENT, axes_of, witness
from dsl.diagnostics import Diagnostic, Label, Severity
from dsl.evaluate import Decided, State, decide, meaning, prepare
from dsl.logic import Facts, Truth
from dsl.names import Names, closest
from dsl.search import search
from dsl.settle import overridden_by
from dsl.syntax import Span
from dsl.values import Range

_SPEAKING = (model.Lifecycle.ACTIVE,)


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
        if rule.status in _SPEAKING:
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
                found += _disagreement(one, other, names, believable)
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


def _disagreement(
    one: model.Rule,
    other: model.Rule,
    names: Names,
    believable: Mapping[tuple[str, str], Mapping[str, Range]],
) -> list[Diagnostic]:
    """A patient to whom both rules give different advice, as a finding on the second."""
    shared = _shared_names(one, other)
    axes = {
        f"1 {name}": cases
        for name, cases in axes_of(one, believable.get((one.name, one.version), {})).items()
        if name in {each.name for each in one.inputs}
    }
    for name, cases in axes_of(other, believable.get((other.name, other.version), {})).items():
        if name not in {each.name for each in other.inputs}:
            continue
        key = f"1 {shared[name]}" if name in shared else f"2 {name}"
        more = {repr(fact.possible): fact for fact in (*axes.get(key, ()), *cases)}
        axes[key] = list(more.values())

    def disagree(facts: Facts) -> Truth:
        mine = {name[2:]: fact for name, fact in facts.items() if name.startswith("1 ")}
        theirs = {
            each.name: facts.get(
                f"1 {shared[each.name]}" if each.name in shared else f"2 {each.name}", ABSENT
            )
            for each in other.inputs
        }
        first, second = decide(one, prepare(one, mine)), decide(other, prepare(other, theirs))
        if first.state is State.ADVICE and second.state is State.ADVICE:
            return _advice(one, first) != _advice(other, second)
        settled = all(len(fact.possible) <= 1 for fact in facts.values())
        if settled or _silent(first) or _silent(second):
            return False
        return None

    patient = search(axes, disagree).patient
    if patient is None:
        return []
    publishers = [
        {names.citations.get(citation.identifier, "") for citation in rule.evidence.citations}
        for rule in (one, other)
    ]
    same_source = bool(publishers[0] & publishers[1])
    words = witness((name[2:], fact) for name, fact in sorted(patient.items()))
    return [
        Diagnostic(
            "BR022", f"`{one.name}` gives this patient other advice", _header(other),
            others=(Label(_header(one), "the other rule"),), case=words or "any patient",
            help="write `overrides … because …` in the more special one"
            if same_source
            else "the sources disagree: say which one this site follows with `overrides … because …`",
            severity=Severity.ERROR if same_source else Severity.WARNING,
        )
    ]  # fmt: skip


def _shared_names(one: model.Rule, other: model.Rule) -> dict[str, str]:
    """Names of the second rule whose input is the same datum as one of the first."""
    by_source = {(each.source, each.type): each.name for each in one.inputs}
    return {
        each.name: by_source[each.source, each.type]
        for each in other.inputs
        if (each.source, each.type) in by_source
    }


def _silent(decided: Decided) -> bool:
    """Whether the rule certainly has nothing to say, whatever the open values are."""
    return decided.state is State.OUTSIDE or (decided.state is State.NOTHING and bool(decided.lines))


def _advice(rule: model.Rule, decided: Decided) -> object:
    """What a clinician would do: the dose, the changes of the order, or the words where there is neither."""
    result = decided.result
    if not isinstance(result, model.Advise):
        return meaning(result)
    outcome = rule.outcome(result.outcome)
    doses = [each.dose for each in outcome.suggestions if isinstance(each, model.DoseSuggestion)]
    if len(doses) == 1 and len(outcome.suggestions) == 1:
        return meaning(model.Give(doses[0], result.ask))
    return outcome.suggestions or outcome.advise


def _header(rule: model.Rule) -> Span:
    span = rule.span
    return Span(span.path, span.line, span.column, span.line, span.column + len(f"rule {rule.name}"))

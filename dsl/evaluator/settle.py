"""Exceptions among findings: a rule that overrides another silences it, but only by advising itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dsl.evaluator.evaluate import Finding
from dsl.model import Lifecycle, Rule


def overridden_by(rules: Iterable[Rule]) -> dict[str, frozenset[str]]:
    """Rule to all that are its exceptions, and the exceptions of those: a more special rule wins."""
    direct: dict[str, set[str]] = {}
    for rule in rules:
        for override in rule.overrides:
            direct.setdefault(override.rule, set()).add(rule.name)
    closed: dict[str, frozenset[str]] = {}
    for base in direct:
        found: set[str] = set()
        waiting = [base]
        while waiting:
            for exception in direct.get(waiting.pop(), ()):
                if exception not in found:
                    found.add(exception)
                    waiting.append(exception)
        closed[base] = frozenset(found)
    return closed


def silenced(findings: Sequence[Finding]) -> Mapping[str, str]:
    """Of findings about one order: each rule that is silenced, and the exception that silences it.

    An exception that asks, answers quietly, has nothing to say or is outside its population silences nobody;
    neither does one in status `shadow`.
    """
    exceptions = overridden_by(finding.rule for finding in findings)
    advising = sorted(
        finding.rule.name
        for finding in findings
        if finding.advises and finding.rule.status is not Lifecycle.SHADOW
    )
    by_rule = {
        finding.rule.name: next(
            (name for name in advising if name in exceptions.get(finding.rule.name, ())), ""
        )
        for finding in findings
    }
    return {name: exception for name, exception in by_rule.items() if exception}

"""What holds between rules: exceptions and what they except, versions, answers that disagree."""

from __future__ import annotations

from collections.abc import Sequence

from dsl import model
from dsl.diagnostics import Diagnostic
from dsl.names import Names, closest


def check_between(
    rules: Sequence[model.Rule],
    others: Sequence[model.Rule],
    written: Sequence[tuple[str, str]],
    names: Names,
) -> list[Diagnostic]:
    """Faults of `rules` towards each other and towards `others`, which are not reported on themselves."""
    found: list[Diagnostic] = []
    everything = {rule.name: rule for rule in (*others, *rules)}
    known = {*everything, *(name for name, _ in written)}
    for rule in rules:
        for override in rule.overrides:
            if override.rule not in known:
                found.append(
                    Diagnostic(
                        "BR004", f"`{override.rule}` is no rule", rule.span,
                        help=closest(override.rule, known),
                    )
                )  # fmt: skip
    return found

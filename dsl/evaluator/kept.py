"""Decisions that are kept: the same possible values lead to the same decision, whoever they are of."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.evaluator.evaluate import Decided, Finding, decide, finding_of, prepare
from dsl.model import Rule
from dsl.values import Fact, Value

MOST = 64
"""So many decisions are kept of one rule: all that phenotypes of two genes can lead to, few of amounts."""


class KeptDecisions:
    """What rules came to before; threads may share it, and it holds no data of a patient but values."""

    def __init__(self) -> None:
        self._of: dict[tuple[int, bool], tuple[Rule, dict[tuple[tuple[Value, ...], ...], Decided]]] = {}

    def evaluate(self, rule: Rule, facts: Mapping[str, Fact], *, anyone: bool = False) -> Finding:
        """The finding of `dsl.evaluate`; with `anyone`, as of somebody whom the rule is meant for."""
        effective = prepare(rule, facts)
        # The rule is held beside its decisions: its id is nobody else's as long as they are there.
        _, kept = self._of.setdefault((id(rule), anyone), (rule, {}))
        key = tuple(fact.possible for fact in effective.values())
        decided = kept.get(key)
        if decided is None:
            decided = decide(rule, effective, anyone=anyone)
            if len(kept) < MOST:
                kept[key] = decided
        return finding_of(rule, decided, facts, effective)

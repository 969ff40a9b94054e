"""`bespoke check --verify`: what a solver proves beyond the searches of the checker."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec

from dsl import Checked, Diagnostic, Names, RuleFile

MISSING = "--verify needs the solver z3: install it with `pip install 'bespoke-cds[verify]'`"


def installed() -> bool:
    """Whether the solver is there; it is an extra, because it is large and only authors need it."""
    return find_spec("z3") is not None


def verified(
    files: Sequence[RuleFile], names: Names, beside: Sequence[RuleFile], checked: Checked
) -> tuple[Diagnostic, ...]:
    """What is found with the solver; questions that it leaves open are noted on standard error."""
    from dsl.verifier.verify import verify

    found = verify(files, names, beside, checked)
    for question in found.left_open:
        print(f"note: not decided: {question}", file=sys.stderr)
    return found.diagnostics

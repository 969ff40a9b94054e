"""Branches of a `decide` that no patient reaches."""

from __future__ import annotations

from collections.abc import Mapping

from dsl import model, syntax
from dsl.diagnostics import Diagnostic
from dsl.values import Range


def check_branches(
    rule: model.Rule, node: syntax.Decide | syntax.Table, believable: Mapping[str, Range]
) -> list[Diagnostic]:
    """Each branch whose condition never holds, or that those before it always answer."""
    return []

"""Activity scores as inputs: members of an enum, such as phenotypes are."""

from __future__ import annotations

from dsl import Advise, Fact, Reason, Source, SourceKind, State, check, evaluate, known
from tests.dsl.support import NAMES, parsed, scored_text


def either(*members: str) -> Fact:
    return Fact(members, Reason.CONFLICT)


def test_a_score_is_a_member_of_its_enum() -> None:
    scored = scored_text(
        """input score: Score from score CYP2C19 lifetime required
        table advice unique {
          | score      => advice
          | as0        => avoid
          | as0_5      => none
          | unassigned => none
          unknown      => ask score
        }
        outcome avoid { indicator critical advise "{score}: another drug" }"""
    )
    checked = check([parsed(scored)], NAMES)
    assert checked.ok, checked.diagnostics
    (ruled,) = checked.rules
    assert ruled.inputs[0].source == Source(SourceKind.SCORE, "CYP2C19")
    assert evaluate(ruled, {"score": known("as0")}).result == Advise("avoid")
    assert evaluate(ruled, {"score": either("as0_5", "unassigned")}).state is State.NOTHING
    assert evaluate(ruled, {"score": either("as0", "unassigned")}).asks == ("score",)

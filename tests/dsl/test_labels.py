"""Risk labels: facts that a rule states, judged elsewhere."""

from __future__ import annotations

import pytest

from dsl import Nothing, State, check, evaluate, known, label_facts, quantity
from dsl.model import FirstDecision
from tests.dsl.support import NAMES, errors_in, parsed, rule_text

LABEL = """
    input high: Boolean from condition stroke required
    label raised {
      shown when high
      baseline 1 % over 10 years
      stratum  2 % over 10 years
      action check { benefit 1 % harm 0.1 % }
      tighten require stratum - baseline >= 1 %
    }"""


def labelled(old: str = "", new: str = "") -> str:
    return rule_text(LABEL.replace(old, new)).replace("concerns drug niraparib", "concerns condition stroke")


def test_a_label_states_facts_and_decides_nothing() -> None:
    checked = check([parsed(labelled())], NAMES)
    assert checked.ok, checked.diagnostics
    facts = label_facts(checked.rules[0], {"high": known(True)})
    assert facts is not None and facts.applies is True and facts.tightened is True
    assert [str(fact.possible[0]) for fact in (facts.baseline, facts.stratum)] == ["1 %", "2 %"]
    assert evaluate(checked.rules[0], {"high": known(True)}).state is State.NOTHING
    unknown = label_facts(checked.rules[0], {})
    assert unknown is not None and unknown.applies is None


@pytest.mark.parametrize(
    "old, new, codes",
    [
        ("baseline 1 % over 10 years", "", ["BR003"]),
        ("stratum  2 % over 10 years", "stratum 2 % over 5 years", ["BR006"]),
        ("over 10 years", "over 10 kg", ["BR007", "BR007"]),
        ("baseline 1 %", "baseline 1 kg", ["BR007"]),
        ("label raised", "decide x first { when high => none unknown => ask high } label raised", ["BR003"]),
    ],
)
def test_a_label_that_cannot_be_judged_is_refused(old: str, new: str, codes: list[str]) -> None:
    """H-050: advice beside a label in one rule could give the label away."""
    assert [code for code, _ in errors_in(labelled(old, new))] == codes


def test_what_a_label_is_checked_to() -> None:
    ruled = check([parsed(labelled())], NAMES).rules[0]
    assert ruled.label is not None and ruled.label.tighten is not None
    assert (ruled.label.name, ruled.label.actions) == ("raised", ("check",))
    assert ruled.label.horizon == quantity(10, "a")
    assert ruled.decision == FirstDecision("raised", (), Nothing("a label is for the guard"))
    assert {let.name: let.named for let in ruled.lets} == {
        "baseline": True, "stratum": True, "check.benefit": True, "check.harm": True,
        "stratum - baseline": False,
    }  # fmt: skip
    plain = check([parsed(labelled("tighten require stratum - baseline >= 1 %"))], NAMES).rules[0]
    assert plain.label is not None and plain.label.tighten is None

"""Outcomes with an action: what is an answer without being advice."""

from __future__ import annotations

from dsl import (
    Action,
    Advise,
    Fact,
    Indicator,
    State,
    check,
    evaluate,
    explain,
    known,
    quantity,
    run_tests,
    silenced,
)
from tests.dsl.support import NAMES, parsed, rule, rule_text

WEIGHT = "input weight: Quantity[kg] from observation weight within 90 days required"
QUIET = f"""{WEIGHT}
  decide advice first {{
    when weight < 70 kg => standard
    when weight < 80 kg => lower
    otherwise           => none because "no source says anything"
    unknown             => ask weight
  }}
  outcome standard {{ action standard strength strong }}
  outcome lower    {{ action reduce_start indicator info advise "Start lower" }}
  test "a quiet answer" {{
    given  weight = 60 kg
    expect advice = standard
    expect trace "standard"
  }}
  test "another" {{ given weight = 75 kg expect advice = lower }}
  test "silence is another answer" {{ given weight = 90 kg expect advice = standard }}"""


def kg(text: str) -> Fact:
    return known(quantity(text, "kg"))


def test_a_quiet_outcome_is_an_answer() -> None:
    ruled = rule(QUIET)
    quiet, aloud = ruled.outcome("standard"), ruled.outcome("lower")
    assert (quiet.action, quiet.indicator, quiet.advise, quiet.strength) == (
        Action.STANDARD,
        None,
        "",
        "strong",
    )
    assert (aloud.action, aloud.indicator) == (Action.REDUCE_START, Indicator.INFO)
    found = evaluate(ruled, {"weight": kg("60")})
    assert (found.state, found.result, found.advises) == (State.ADVICE, Advise("standard"), False)
    assert explain(found)[0] == "example.rule 1.0.0: standard"
    assert evaluate(ruled, {"weight": kg("75")}).advises
    assert not evaluate(ruled, {"weight": kg("90")}).advises
    assert not evaluate(ruled, {}).advises


def test_a_quiet_outcome_is_expected_by_name() -> None:
    runs = run_tests(rule(QUIET))
    assert [run.passed for run in runs] == [True, True, False]
    assert runs[2].failures == ("expected `standard`, got `none`",)


def test_a_quiet_exception_leaves_its_base_to_speak() -> None:
    """What nobody is shown must not take the place of what somebody should see."""
    decision = "when weight < 70 kg => standard otherwise => stop unknown => ask weight"
    outcomes = 'outcome standard { action standard } outcome stop { indicator info advise "Stop" }'
    general = rule_text(f"{WEIGHT} decide dose first {{ {decision} }} {outcomes}")
    exception = general.replace("example.rule", "example.exception").replace(
        "concerns drug niraparib", 'concerns drug niraparib overrides example.rule because "x"'
    )
    base, special = check([parsed(text) for text in (general, exception)], NAMES).rules
    light, heavy = ([evaluate(one, {"weight": kg(w)}) for one in (base, special)] for w in ("60", "80"))
    assert [each.state for each in (*light, *heavy)] == [State.ADVICE] * 4
    assert [each.advises for each in (*light, *heavy)] == [False, False, True, True]
    assert silenced(light) == {}
    assert silenced(heavy) == {base.name: special.name}

"""The runner of the tests that stand beside a rule."""

from __future__ import annotations

import pytest

from dsl import Rule, TestRun, check, run_tests, untested_lines
from tests.dsl.support import NAMES, WHOLE, parsed

TITLE = "extra"


def with_test(test: str, day: str = "") -> TestRun:
    """The run of one more test beside the whole rule."""
    text = WHOLE.rstrip().removesuffix("}") + f'  test "{TITLE}" {day} {{ {test} }}\n}}\n'
    return run_tests(_sound(text))[-1]


def _sound(text: str) -> Rule:
    checked = check([parsed(text)], NAMES)
    assert checked.ok, checked.diagnostics
    return checked.rules[0]


ADULT = "given age = 63 years"


@pytest.mark.parametrize(
    ("test", "failures"),
    [
        (f"{ADULT}, weight = 60 kg expect dose = give 200 mg once daily", ()),
        (f"{ADULT}, weight = 76_999 g expect dose = give 200 mg once daily", ()),
        (f"{ADULT}, weight missing stale expect dose = ask weight expect trace \"weight too old\"", ()),
        (f"{ADULT} expect dose = ask weight expect trace \"weight missing\"", ()),
        ("expect dose = ask age", ()),
        ("given age = 12 years expect outside population", ()),
        (f"{ADULT}, weight = 60 kg expect dose = give 300 mg once daily",
         ("expected `give 300 mg once daily`, got `give 200 mg once daily`",)),
        (f"{ADULT} expect dose = give 300 mg once daily",
         ("expected `give 300 mg once daily`, got `ask weight`",)),
        (f"{ADULT}, weight = 60 kg expect outside population",
         ("expected a patient outside the population, got `give 200 mg once daily`",)),
        ("given age = 12 years expect dose = none", ("expected `none`, got `outside population`",)),
        ("given age = 12 years expect dose = give 200 mg once daily",
         ("expected `give 200 mg once daily`, got `outside population`",)),
        (f"{ADULT}, weight = 77 kg expect dose = none expect outside population",
         ("expected `none`, got `give 300 mg once daily`",
          "expected a patient outside the population, got `give 300 mg once daily`")),
    ],
)  # fmt: skip
def test_expectations(test: str, failures: tuple[str, ...]) -> None:
    """H-112: a test that cannot fail would let any rule pass."""
    run = with_test(test)
    assert run.test.title.text == TITLE
    assert run.failures == failures
    assert run.passed is not bool(failures)


def test_a_failed_trace_shows_the_trace() -> None:
    [failure] = with_test(f'{ADULT} expect trace "weight too old"').failures
    assert failure.startswith("the trace does not say `weight too old`:\nexample.start 1.0.0: not decided")


@pytest.mark.parametrize(
    ("day", "in_force"),
    [("2025-12-31", False), ("2026-01-01", True), ("2028-12-31", True), ("2029-01-01", False)],
)
def test_a_test_on_a_day(day: str, in_force: bool) -> None:
    run = with_test(f"{ADULT}, weight = 60 kg expect dose = give 200 mg once daily", f"on {day}")
    assert run.failures == (() if in_force else (f"the rule is not in force on {day}",))
    assert run.case == (0 if in_force else None)


def test_truths_and_names_as_givens() -> None:
    text = WHOLE.replace(
        "  decide dose first {\n",
        """  input stroke: Boolean from condition stroke optional
  decide dose first {
    when stroke is known and stroke => none
""",
    )
    text = text.rstrip().removesuffix("}") + (
        'test "yes" { given age = 63 years, stroke = true expect dose = none }'
        'test "no" { given age = 63 years, stroke = false expect dose = ask weight } }'
    )
    assert [run.failures for run in run_tests(_sound(text))] == [()] * 4


def test_lines_that_no_test_reaches_alone() -> None:
    sound = _sound(WHOLE)
    runs = run_tests(sound)
    assert [run.case for run in runs] == [0, 1]
    assert untested_lines(sound, runs) == ()
    assert untested_lines(sound, runs[:1]) == (20,)
    failing = TestRun(sound, runs[1].test, ("it failed",), 1)
    assert untested_lines(sound, (runs[0], failing)) == (20,)
    several = TestRun(sound, runs[1].test, (), None)
    assert untested_lines(sound, (several,)) == (19, 20)


def test_branches_on_one_line_are_told_apart() -> None:
    """A test of the first says nothing about the second, though both stand in one line."""
    start, end = WHOLE.index("  decide dose"), WHOLE.index("  test ")
    on_one_line = " ".join(WHOLE[start:end].split()) + "\n"
    sound = _sound(WHOLE[:start] + on_one_line + WHOLE[end:])
    runs = run_tests(sound)
    assert untested_lines(sound, runs) == ()
    assert untested_lines(sound, runs[:1]) == (18,)


def test_an_answer_that_two_branches_agree_on_reaches_neither() -> None:
    text = WHOLE.replace("otherwise           => give 300 mg", "otherwise           => give 200 mg")
    text = text.replace("expect dose = give 300 mg", "expect dose = give 200 mg")
    sound = _sound(text.replace("weight = 60 kg", "weight missing"))
    assert [(run.passed, run.case) for run in run_tests(sound)] == [(True, None), (True, 1)]


def test_rows_that_no_test_reaches() -> None:
    start = WHOLE.index("  decide dose")
    table = """table dose unique {
    | weight     => dose
    | < 77 kg    => give 200 mg once daily
    | >= 77 kg   => give 300 mg once daily
    unknown      => ask weight
  }
"""
    sound = _sound(WHOLE[:start] + table + WHOLE[WHOLE.index("  test ") :])
    runs = run_tests(sound)
    assert all(run.passed for run in runs)
    assert untested_lines(sound, runs) == ()
    assert untested_lines(sound, runs[1:]) == (20,)

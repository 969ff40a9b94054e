"""Results and the tests that expect them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dsl import model, syntax
from dsl.checker.amounts import Declared
from dsl.checker.conditions import ConditionChecker
from dsl.diagnostics import Diagnostic, Severity
from dsl.names import unknown_name
from dsl.values import Dose, Reason

_CALCULATED = "give …"
"""Any calculated dose: which one it is, only the tests' patients say."""


def result_of(node: syntax.ResultSyntax) -> model.Answer | None:
    """The result as the evaluator gives it; None for a dose that is still to be calculated."""
    if isinstance(node, syntax.AskSyntax):
        return model.Ask(tuple(name.text for name in node.names))
    asked = tuple(name.text for name in node.ask)
    if isinstance(node, syntax.GiveSyntax):
        return model.Give(node.dose, asked) if isinstance(node.dose, Dose) else None
    if isinstance(node, syntax.NoneSyntax):
        return model.Nothing(node.because, asked)
    return model.Advise(node.name.text, asked)


def check_asked(
    node: syntax.ResultSyntax, declared: Mapping[str, Declared | None], found: list[Diagnostic]
) -> None:
    """Whatever is asked for must be an input."""
    for name in node.names if isinstance(node, syntax.AskSyntax) else node.ask:
        inputs = [each for each, what in declared.items() if what is None or what.input is not None]
        if name.text not in inputs:
            found.append(unknown_name(name, "input of this rule", inputs))


def check_tests(
    tests: Sequence[syntax.TestSyntax],
    decision: model.Decision,
    outcomes: Mapping[str, model.Outcome],
    conditions: ConditionChecker,
    found: list[Diagnostic],
) -> None:
    """Names, values and reasons of the tests beside the rule."""
    reasons = [reason.value for reason in Reason]
    inputs = conditions.declared
    for test in tests:
        for index, given in enumerate(test.given):
            if given.name.text in {earlier.name.text for earlier in test.given[:index]}:
                message = f"`{given.name.text}` is given twice in one test"
                found.append(Diagnostic("BR005", message, given.name.span))
            declared = inputs.get(given.name.text)
            if given.name.text not in inputs:
                found.append(unknown_name(given.name, "input of this rule", inputs))
            elif declared is not None and given.value is not None:
                conditions.value(declared, given.value)
            elif given.reason is not None and given.reason.text not in reasons:
                found.append(unknown_name(given.reason, "reason", reasons))
        for expect in test.expects:
            if isinstance(expect, syntax.ExpectValue):
                _check_value(expect, conditions, found)
            if not isinstance(expect, syntax.ExpectResult) or _names_value(expect, conditions):
                continue
            if isinstance(expect.result, syntax.GiveSyntax) and result_of(expect.result) is None:
                message = "a test expects the dose itself, not how it is calculated"
                help = "write the amount: `give 75 mg once daily`"
                found.append(Diagnostic("BR006", message, expect.result.span, help=help))
            check_asked(expect.result, inputs, found)
            result = expect.result
            if isinstance(result, syntax.OutcomeName) and result.name.text not in outcomes:
                found.append(unknown_name(result.name, "outcome of this rule", outcomes))
            if expect.name.text != decision.name:
                found.append(unknown_name(expect.name, "decision of this rule", [decision.name]))


def _names_value(expect: syntax.ExpectResult, conditions: ConditionChecker) -> bool:
    """Whether a test looks at a calculated name, such as the best option of a choice."""
    declared = conditions.declared.get(expect.name.text)
    return declared is not None and declared.input is None


def _check_value(expect: syntax.ExpectValue, conditions: ConditionChecker, found: list[Diagnostic]) -> None:
    declared = conditions.declared.get(expect.name.text)
    if expect.name.text not in conditions.declared:
        found.append(unknown_name(expect.name, "calculated value of this rule", conditions.declared))
    elif declared is not None:
        conditions.value(declared, expect.value)


def check_tested(
    tests: Sequence[syntax.TestSyntax], decision: syntax.Decide | syntax.Table, found: list[Diagnostic]
) -> None:
    """Warns of each result that no test expects."""
    results = [
        result_of(expect.result)
        for test in tests
        for expect in test.expects
        if isinstance(expect, syntax.ExpectResult)
    ]
    expected = {str(result) for result in results}
    cases = decision.branches if isinstance(decision, syntax.Decide) else decision.rows
    written = {str(result_of(case.result)) for case in cases}
    if any(isinstance(result, model.Give) and str(result) not in written for result in results):
        expected.add(_CALCULATED)
    for case in cases:
        known = result_of(case.result)
        result = _CALCULATED if known is None else str(known)
        if result not in expected:
            expected.add(result)
            message = f"no test beside the rule expects `{result}`"
            advice = f"add a test with `expect {decision.name.text} = {result}`"
            if known is None:
                advice = "add a test with a patient, and the dose that it comes to"
            found.append(
                Diagnostic("BR013", message, case.result.span, help=advice, severity=Severity.WARNING)
            )

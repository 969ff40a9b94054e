"""Results and the tests that expect them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dsl import model, syntax
from dsl.check_conditions import ConditionChecker
from dsl.diagnostics import Diagnostic, Severity
from dsl.names import unknown_name
from dsl.values import Reason


def result_of(node: syntax.ResultSyntax) -> model.Result:
    """The result as the evaluator gives it."""
    if isinstance(node, syntax.AskSyntax):
        return model.Ask(tuple(name.text for name in node.names))
    asked = tuple(name.text for name in node.ask)
    if isinstance(node, syntax.GiveSyntax):
        return model.Give(node.dose, asked)
    if isinstance(node, syntax.NoneSyntax):
        return model.Nothing(node.because, asked)
    return model.Advise(node.name.text, asked)


def check_asked(
    node: syntax.ResultSyntax, inputs: Mapping[str, model.Input | None], found: list[Diagnostic]
) -> None:
    """Whatever is asked for must be an input."""
    for name in node.names if isinstance(node, syntax.AskSyntax) else node.ask:
        if name.text not in inputs:
            found.append(unknown_name(name, "input of this rule", inputs))


def check_tests(
    tests: Sequence[syntax.TestSyntax],
    decision: model.Decision,
    outcomes: Mapping[str, model.Outcome],
    inputs: Mapping[str, model.Input | None],
    conditions: ConditionChecker,
    found: list[Diagnostic],
) -> None:
    """Names, values and reasons of the tests beside the rule."""
    reasons = [reason.value for reason in Reason]
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
            if not isinstance(expect, syntax.ExpectResult):
                continue
            check_asked(expect.result, inputs, found)
            result = expect.result
            if isinstance(result, syntax.OutcomeName) and result.name.text not in outcomes:
                found.append(unknown_name(result.name, "outcome of this rule", outcomes))
            if expect.name.text != decision.name:
                found.append(unknown_name(expect.name, "decision of this rule", [decision.name]))


def check_tested(
    tests: Sequence[syntax.TestSyntax], decision: syntax.Decide | syntax.Table, found: list[Diagnostic]
) -> None:
    """Warns of each result that no test expects."""
    expected = {
        str(result_of(expect.result))
        for test in tests
        for expect in test.expects
        if isinstance(expect, syntax.ExpectResult)
    }
    for case in decision.branches if isinstance(decision, syntax.Decide) else decision.rows:
        result = str(result_of(case.result))
        if result not in expected:
            expected.add(result)
            message = f"no test beside the rule expects `{result}`"
            advice = f"add a test with `expect {decision.name.text} = {result}`"
            found.append(
                Diagnostic("BR013", message, case.result.span, help=advice, severity=Severity.WARNING)
            )

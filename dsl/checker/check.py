"""From syntax trees to checked rules: names, types, units, completeness; all faults, not only the first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from dsl import model, syntax
from dsl.checker.amounts import Declared
from dsl.checker.between import check_between
from dsl.checker.branches import check_branches
from dsl.checker.conditions import ConditionChecker
from dsl.checker.doses import check_bounds, check_doses
from dsl.checker.header import check_header, every, only
from dsl.checker.inputs import check_input
from dsl.checker.labels import check_label
from dsl.checker.lets import check_choice, check_let
from dsl.checker.outcomes import check_outcome
from dsl.checker.results import check_asked, check_tested, check_tests, result_of
from dsl.checker.tables import check_table, resolve_else, with_real_patients
from dsl.checker.vocabularies import Enums, enums_of, vocabularies
from dsl.diagnostics import Diagnostic, Label, Severity
from dsl.names import Names, unknown_name
from dsl.syntax import Span
from dsl.types import EnumType, QuantityType
from dsl.values import Range
from dsl.witnesses.believable import believable_amounts


@dataclass(frozen=True, slots=True)
class Checked:
    """The rules of all files that have no error, and everything that was found."""

    rules: tuple[model.Rule, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing found is an error."""
        return not any(found.severity is Severity.ERROR for found in self.diagnostics)


def check(
    files: Sequence[syntax.RuleFile],
    names: Names,
    beside: Sequence[syntax.RuleFile] = (),
    *,
    on: date | None = None,
) -> Checked:
    """Checks files together; those `beside` them are used and compared with but not reported on.

    `on` is the day on which a review counts as overdue; None leaves that question open.
    """
    found: list[Diagnostic] = []
    known = vocabularies([*beside, *files], found)
    believable: dict[tuple[str, str], dict[str, Range]] = {}
    others = _rules(beside, known, names, None, [], believable)
    for file in files:
        if not (file.vocabulary or file.enums or file.rules):
            found.append(
                Diagnostic(
                    "BR003", "the file holds neither a rule nor a vocabulary", Span(file.path, 1, 1, 1, 2),
                    help="restore what was lost, or remove the file",
                )
            )  # fmt: skip
    rules = _rules(files, known, names, on, found, believable)
    written = [(rule.header.name, rule.header.version) for file in files for rule in file.rules]
    found += check_between(rules, others, written, names, believable)
    faulty = {(one.span.path, one.span.line) for one in found if one.severity is Severity.ERROR}
    sound = tuple(
        rule
        for rule in rules
        if not any(
            path == rule.span.path and rule.span.line <= line <= rule.span.end_line for path, line in faulty
        )
    )
    return Checked(sound, tuple(found))


def _rules(
    files: Sequence[syntax.RuleFile],
    known: Mapping[str, tuple[str, dict[str, EnumType]]],
    names: Names,
    on: date | None,
    found: list[Diagnostic],
    believable: dict[tuple[str, str], dict[str, Range]],
) -> list[model.Rule]:
    rules: list[model.Rule] = []
    seen: dict[tuple[str, str], Span] = {}
    for file in files:
        enums = enums_of(file, dict(known), found)
        for rule in file.rules:
            key = (rule.header.name, rule.header.version)
            if key in seen:
                found.append(
                    Diagnostic(
                        "BR015", f"`{key[0]}` version {key[1]} is written twice", rule.header.span,
                        others=(Label(seen[key], "the other one"),), help="give the change a new version",
                    )
                )  # fmt: skip
            seen.setdefault(key, rule.header.span)
            before = len(found)
            checker = _RuleChecker(rule, file.source, enums, names, on, found)
            checked = checker.run()
            if checked is not None and not _errors(found[before:]):
                rules.append(checked)
                believable[key] = checker.believable()
    return rules


def _errors(found: Iterable[Diagnostic]) -> bool:
    return any(one.severity is Severity.ERROR for one in found)


class _RuleChecker:
    def __init__(
        self,
        rule: syntax.RuleSyntax,
        source: str,
        enums: Enums,
        names: Names,
        on: date | None,
        found: list[Diagnostic],
    ) -> None:
        self._rule = rule
        self._enums = enums
        self._names = names
        self._on = on
        self._found = found
        self._before = len(found)
        self._conditions = ConditionChecker(source, names, found)
        self._inputs = self._check_inputs()
        for item in rule.items:
            if isinstance(item, syntax.LetSyntax):
                check_let(item, enums, self._conditions, found)
            elif isinstance(item, syntax.ChoiceSyntax):
                check_choice(item, self._conditions, found)

    def run(self) -> model.Rule | None:
        rule = self._rule
        header = check_header(rule, self._names, self._on, self._found)
        population = only(rule, syntax.Population, 'population "adults" when age >= 18 years', self._found)
        label = self._check_label()
        outcomes = self._check_outcomes()
        stated = bool(every(rule, syntax.LabelSyntax))
        decision = self._no_decision(label) if stated else self._check_decision(outcomes)
        tests = tuple(every(rule, syntax.TestSyntax))
        if decision is not None:
            check_tests(tests, decision, outcomes, self._conditions, self._found)
        if decision is not None and label is None:
            check_tested(tests, self._decisions()[0], self._found)
        condition = (
            self._conditions.condition(population.condition) if population and population.condition else None
        )
        if not (header and population and decision):
            return None
        checked = model.Rule(
            name=rule.header.name, version=rule.header.version, title=header.title, status=header.status,
            effective_from=header.effective_from, effective_until=header.effective_until,
            review_by=header.review_by, drugs=header.drugs, genes=header.genes,
            population=population.label.text, population_condition=condition, evidence=header.evidence,
            inputs=tuple(each for each in self._inputs.values() if each), lets=tuple(self._conditions.lets),
            decision=decision, outcomes=tuple(outcomes.values()), tests=tests, span=rule.span,
            overrides=header.overrides, replaces=header.replaces, label=label,
        )  # fmt: skip
        if isinstance(decision, model.TableDecision):
            self._confirm(checked, decision)
        if label is None and not _errors(self._found[self._before :]):
            node = self._decisions()[0]
            cases = node.branches if isinstance(node, syntax.Decide) else node.rows
            if isinstance(node, syntax.Decide):
                self._found += check_branches(checked, node, population, self.believable())
            spans = [case.result.span for case in cases]
            self._found += check_doses(checked, spans, self.believable())
            self._found += check_bounds(checked, spans, self.believable())
        return checked

    # -------------------------------------------------------------- inputs and outcomes
    def _check_inputs(self) -> dict[str, model.Input | None]:
        """All declared inputs; None for one that cannot be used, so that its uses are not faults too."""
        inputs: dict[str, model.Input | None] = {}
        for node in every(self._rule, syntax.InputSyntax):
            name = node.name.text
            if name in inputs:
                self._found.append(Diagnostic("BR005", f"input `{name}` is declared twice", node.name.span))
            declared = check_input(node, self._enums, self._names, self._found)
            self._conditions.declare(name, declared)
            if declared is not None and node.need.value is not None:
                stands_for = self._conditions.declared[name]
                assert stands_for is not None
                value = self._conditions.value(stands_for, node.need.value)
                assumed = None if value is None else model.Assumption(value, node.need.because)
                declared = replace(declared, assume=assumed)
            inputs[name] = declared
        return inputs

    def _check_outcomes(self) -> dict[str, model.Outcome]:
        outcomes: dict[str, model.Outcome] = {}
        for node in every(self._rule, syntax.OutcomeSyntax):
            if node.name.text in outcomes:
                self._found.append(
                    Diagnostic("BR005", f"outcome `{node.name.text}` is declared twice", node.name.span)
                )
            checked = check_outcome(node, self._names, self._conditions, self._found)
            if checked is not None:
                outcomes[node.name.text] = checked
        return outcomes

    def _check_label(self) -> model.RiskLabel | None:
        nodes = every(self._rule, syntax.LabelSyntax)
        for again in nodes[1:]:
            first = (Label(nodes[0].name.span, "the first"),)
            self._found.append(Diagnostic("BR003", "a rule states one label", again.name.span, others=first))
        if not nodes:
            return None
        return check_label(nodes[0], self._names, self._conditions, self._found)

    # -------------------------------------------------------------- decision
    def _no_decision(self, label: model.RiskLabel | None) -> model.FirstDecision | None:
        """A label is judged by the guard; advice that rested on it would give it away."""
        for node in self._decisions():
            self._found.append(
                Diagnostic(
                    "BR003", "a rule states a label or decides, not both", node.span,
                    help="write the decision as a rule of its own that does not read the label",
                )
            )  # fmt: skip
        if label is None:
            return None
        return model.FirstDecision(label.name, (), model.Nothing("a label is for the guard"))

    def _decisions(self) -> list[syntax.Decide | syntax.Table]:
        return [item for item in self._rule.items if isinstance(item, syntax.Decide | syntax.Table)]

    def _check_decision(self, outcomes: dict[str, model.Outcome]) -> model.Decision | None:
        decisions = self._decisions()
        if len(decisions) != 1:
            message = (
                "the rule decides nothing" if not decisions else "a rule makes one decision, not several"
            )
            place = decisions[1].span if decisions else self._rule.header.span
            self._found.append(
                Diagnostic("BR003", message, place, help="one `decide` or `table` in each rule")
            )
            return None
        node = decisions[0]
        unknown = self._result(node.unknown, outcomes)
        if not isinstance(unknown, model.Ask | model.Nothing):
            if unknown is not None:
                self._found.append(
                    Diagnostic(
                        "BR006",
                        "`unknown` asks or says nothing; it cannot advise",
                        node.unknown.span,
                        help='write `ask …`, or `none because "…"`',
                    )
                )
            return None
        if isinstance(node, syntax.Decide):
            return self._first(node, outcomes, unknown)
        return self._table(node, outcomes, unknown)

    def _first(
        self, node: syntax.Decide, outcomes: dict[str, model.Outcome], unknown: model.Ask | model.Nothing
    ) -> model.FirstDecision | None:
        branches = []
        for branch in node.branches:
            condition = self._conditions.condition(branch.condition) if branch.condition else None
            result = self._result(branch.result, outcomes)
            if result is None or (branch.condition is not None and condition is None):
                continue
            text = (
                "otherwise"
                if branch.condition is None
                else f"when {self._conditions.text_of(branch.condition.span)}"
            )
            branches.append(model.BranchRule(condition, result, text, branch.span.line))
        complete = len(branches) == len(node.branches)
        return model.FirstDecision(node.name.text, tuple(branches), unknown) if complete else None

    def _table(
        self, node: syntax.Table, outcomes: dict[str, model.Outcome], unknown: model.Ask | model.Nothing
    ) -> model.TableDecision | None:
        before = len(self._found)
        declared = self._conditions.declared
        for column in node.columns:
            if column.text not in declared:
                self._unknown(column, "input of this rule", declared)
        for index, column in enumerate(node.columns):
            if column.text in {earlier.text for earlier in node.columns[:index]}:
                self._found.append(Diagnostic("BR005", f"column `{column.text}` stands twice", column.span))
        columns = [each for column in node.columns if (each := declared.get(column.text)) is not None]
        complete = len(columns) == len(node.columns)
        cells: list[tuple[model.Cell | None, ...]] = []
        results: list[model.Result] = []
        for row in node.rows:
            if len(row.cells) != len(node.columns):
                message = f"the row fills {len(row.cells)} of {len(node.columns)} columns"
                if len(row.cells) > len(node.columns):
                    message = f"the row has {len(row.cells)} cells for {len(node.columns)} columns"
                self._found.append(
                    Diagnostic(
                        "BR002", message, row.span,
                        help="`|` starts each cell, `,` separates the values of one, `*` takes any value",
                    )
                )  # fmt: skip
            elif complete:
                cells.append(self._cells(row, columns))
            result = self._result(row.result, outcomes)
            if result is not None:
                results.append(result)
        if not complete or _errors(self._found[before:]) or not len(results) == len(cells) == len(node.rows):
            return None
        rows = tuple(
            model.RowRule(row_cells, result, self._conditions.text_of(row.span), row.span.line)
            for row_cells, result, row in zip(resolve_else(cells, columns), results, node.rows, strict=True)
        )
        table = model.TableDecision(
            node.name.text, node.hit == "first", tuple(each.name for each in columns), rows, unknown
        )
        spans = tuple(row.span for row in node.rows)
        self._found += check_table(table, columns, self.believable(), spans, node.name.span)
        return table

    def _confirm(self, rule: model.Rule, table: model.TableDecision) -> None:
        """Keeps as errors of the table what a patient shows."""
        rows = [row.span for node in every(self._rule, syntax.Table) for row in node.rows]
        self._found[self._before :] = with_real_patients(
            rule, table.columns, rows, self.believable(), self._found[self._before :]
        )

    def _cells(self, row: syntax.RowSyntax, columns: Sequence[Declared]) -> tuple[model.Cell | None, ...]:
        """The cells of a row, with None for `else` (and for what is wrong, and said)."""
        return tuple(
            None if isinstance(cell, syntax.ElseCell) else self._conditions.cell(column, cell)
            for column, cell in zip(columns, row.cells, strict=True)
        )

    def believable(self) -> dict[str, Range]:
        """The amounts that each input can have."""
        inputs = (declared for declared in self._inputs.values() if declared is not None)
        return believable_amounts(inputs, self._names.plausible)

    def _result(self, node: syntax.ResultSyntax, outcomes: dict[str, model.Outcome]) -> model.Result | None:
        check_asked(node, self._conditions.declared, self._found)
        if isinstance(node, syntax.GiveSyntax) and isinstance(node.dose, syntax.ComputedDose):
            return self._calculated(node, node.dose)
        if isinstance(node, syntax.OutcomeName) and node.name.text not in outcomes:
            declared = {item.name.text for item in every(self._rule, syntax.OutcomeSyntax)}
            if node.name.text not in declared:
                self._unknown(node.name, "outcome of this rule", declared)
            return None
        return result_of(node)

    def _calculated(self, node: syntax.GiveSyntax, dose: syntax.ComputedDose) -> model.GiveCalculated | None:
        checked = self._conditions.amounts.rounded(dose)
        if checked is None:
            return None
        rounded, unit = checked
        text = self._conditions.text_of(dose.span)
        self._conditions.calculate(text, QuantityType(unit), rounded, named=False)
        calculated = model.CalculatedDose(text, dose.times, dose.period, dose.period_unit, text)
        return model.GiveCalculated(calculated, tuple(name.text for name in node.ask))

    def _unknown(self, name: syntax.Text, what: str, candidates: Iterable[str]) -> None:
        self._found.append(unknown_name(name, what, candidates))

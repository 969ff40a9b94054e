"""What the solver z3 (extra `verify`) proves about rules, beyond the searches of the checker.

Branches and rows that nobody reaches, gaps and overlaps of tables whose columns are calculated, and rules
that advise one patient differently. Of every patient whom the solver finds, the evaluator is asked before
anything is reported; a question that neither settles is left open, and said to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dsl import model, syntax
from dsl.checker.check import Checked, check
from dsl.diagnostics import Diagnostic, Severity
from dsl.evaluator.logic import Facts, Truth
from dsl.names import Names
from dsl.verifier.formulas import Formulas
from dsl.verifier.pairs import disagreements
from dsl.verifier.solver import Patient, Term, both, solve
from dsl.witnesses.answers import Answers, may_answer
from dsl.witnesses.believable import believable_amounts
from dsl.witnesses.cases import conditions_of, cuts_by_name, witness
from dsl.witnesses.patients import Goal, in_plain_numbers, real_patient
from dsl.witnesses.search import Search


@dataclass(frozen=True, slots=True)
class Verified:
    """What is said of some files once the solver was asked."""

    diagnostics: tuple[Diagnostic, ...]
    """Those of the checker, without what is proved impossible, and more."""
    left_open: tuple[str, ...]
    """Questions without an answer, each with its place."""


def verify(
    files: Sequence[syntax.RuleFile],
    names: Names,
    beside: Sequence[syntax.RuleFile],
    checked: Checked,
) -> Verified:
    """Completes what `check` said of some files; those `beside` them are compared with, not reported on."""
    found = list(checked.diagnostics)
    left_open: list[str] = []
    rules = {(rule.name, rule.version): rule for rule in checked.rules}
    for file in files:
        others = [*beside, *(each for each in files if each is not file)]
        for written in file.rules:
            rule = rules.get((written.header.name, written.header.version))
            if any(one.code in ("BR009", "BR010") for one in found):
                found = _Table(file, written, names, others, left_open).settle(found)
            if rule is not None and rule.label is None:
                found += _unreached(rule, written, names, found, left_open)
    others_checked = check(beside, names).rules if beside else ()
    found += disagreements(checked.rules, others_checked, names, found, left_open)
    return Verified(tuple(found), tuple(left_open))


class _Asked:
    """One rule before the solver and the evaluator."""

    def __init__(self, rule: model.Rule, names: Names) -> None:
        self.rule = rule
        self.answers = Answers(rule)
        self._believable = believable_amounts(rule.inputs, names.plausible)
        self._patient = Patient()
        data = {each.name: each.name for each in rule.inputs}
        self.formulas = Formulas(rule, self._believable, self._patient, data)

    def anybody(self, formula: Term, goal: Goal) -> Search:
        """A patient for whom a formula and the goal hold; `exhausted` is the proof that there is none."""
        for wanted in (both(self.formulas.complete(), formula), formula):
            solution = solve(self._patient, wanted)
            if solution.patient is not None and goal(solution.patient) is True:
                cuts = cuts_by_name(conditions_of(self.rule))
                return Search(in_plain_numbers(solution.patient, goal, cuts, self._believable), False)
        if solution.nobody:
            return Search(None, True)
        return Search(real_patient(self.rule, self._believable, goal), False)

    def reaches(self, at: int) -> Goal:
        """Whether a branch or row certainly answers."""

        def goal(facts: Facts) -> Truth:
            answered = self.answers.of(facts)
            steps = answered.decided.steps
            if answered.inside is True and at < len(steps) and steps[at].truth is True:
                return True
            settled = all(len(fact.possible) <= 1 for fact in facts.values())
            return None if not settled and may_answer(at, answered) else False

        return goal

    def inside(self, facts: Facts) -> Truth:
        """Whether a patient is in the population."""
        return self.answers.of(facts).inside


def _unreached(
    rule: model.Rule,
    written: syntax.RuleSyntax,
    names: Names,
    found: Sequence[Diagnostic],
    left_open: list[str],
) -> list[Diagnostic]:
    """Branches and rows that no patient reaches, beyond those that are reported already."""
    asked = _Asked(rule, names)
    (population,) = (item for item in written.items if isinstance(item, syntax.Population))
    if asked.anybody(asked.formulas.inside.holds, asked.inside).exhausted:
        return [Diagnostic("BR011", "nobody is in this population", population.span)]
    (node,) = (item for item in written.items if isinstance(item, syntax.Decide | syntax.Table))
    what = "branch" if isinstance(node, syntax.Decide) else "row"
    cases = node.branches if isinstance(node, syntax.Decide) else node.rows
    reported = {one.span for one in found if one.code == "BR011"}
    unreached = []
    for at, span in enumerate(case.span for case in cases):
        if span in reported:
            continue
        searched = asked.anybody(asked.formulas.reached(at), asked.reaches(at))
        if searched.exhausted:
            message = f"no patient reaches this {what}, whatever is calculated"
            help = "remove it, or correct what keeps everybody from it"
            unreached.append(Diagnostic("BR011", message, span, help=help))
        elif searched.patient is None:
            left_open.append(f"{span.path}:{span.line}: whether any patient reaches this {what}")
    return unreached


class _Table:
    """A rule whose table has gaps or overlaps in cases that may be impossible."""

    def __init__(
        self,
        file: syntax.RuleFile,
        written: syntax.RuleSyntax,
        names: Names,
        beside: Sequence[syntax.RuleFile],
        left_open: list[str],
    ) -> None:
        self._file = file
        self._written = written
        self._names = names
        self._beside = beside
        self._left_open = left_open

    def settle(self, found: Sequence[Diagnostic]) -> list[Diagnostic]:
        """The findings, of which those about the table are proved impossible or have a real patient."""
        tables = [item for item in self._written.items if isinstance(item, syntax.Table)]
        if len(tables) != 1:
            return list(found)
        (table,) = tables
        rows = {row.span: at for at, row in enumerate(table.rows)}
        # The checker shows one gap of a table.
        gap = next(
            (one for one in found if one.code == "BR009" and one.case and one.span == table.name.span), None
        )
        overlaps = [one for one in found if one.code == "BR010" and one.span in rows]
        rule = self._in_order(table, whole=gap is not None) if gap or overlaps else None
        if rule is None:
            return list(found)
        settled: dict[Diagnostic, Diagnostic | None] = {}
        if gap is not None:
            asked, last = _Asked(rule, self._names), len(table.rows)
            searched = asked.anybody(asked.formulas.reached(last), asked.reaches(last))
            settled = self._settled(gap, searched, "whether any patient is in the case without an answer")
        for one in overlaps:
            settled |= self._overlap(one, rule, rows[one.others[0].span], rows[one.span])
        corrected = (settled.get(one, one) for one in found)
        return [one for one in corrected if one is not None]

    def _overlap(
        self, one: Diagnostic, rule: model.Rule, first: int, second: int
    ) -> dict[Diagnostic, Diagnostic | None]:
        """Whether a patient is in both of two rows."""
        assert isinstance(rule.decision, model.TableDecision)
        unordered = replace(rule, decision=replace(rule.decision, ordered=False))
        asked = _Asked(unordered, self._names)
        one_row, other_row = (asked.formulas.cases[at].holds for at in (first, second))
        goals = asked.reaches(first), asked.reaches(second)

        def goal(facts: Facts) -> Truth:
            truths = {each(facts) for each in goals}
            return False if False in truths else None if None in truths else True

        searched = asked.anybody(both(asked.formulas.inside.holds, one_row, other_row), goal)
        return self._settled(one, searched, "whether any patient is in both rows")

    def _settled(
        self, one: Diagnostic, searched: Search, question: str
    ) -> dict[Diagnostic, Diagnostic | None]:
        if searched.patient is not None:
            case = witness(searched.patient.items())
            return {one: replace(one, case=case, severity=Severity.ERROR)}
        if searched.exhausted:
            return {one: None}
        self._left_open.append(f"{one.span.path}:{one.span.line}: {question}")
        return {}

    def _in_order(self, table: syntax.Table, *, whole: bool) -> model.Rule | None:
        """The rule with a table that the checker lets pass; None if something else is wrong with it.

        Its rows are tried in order; with `whole` there is one more for what no other takes.
        """
        nothing = syntax.NoneSyntax("", (), table.span)
        rest = syntax.RowSyntax(tuple(syntax.AnyCell(table.span) for _ in table.columns), nothing, table.span)
        changed = replace(table, hit="first", rows=(*table.rows, rest) if whole else table.rows)
        items = tuple(changed if item is table else item for item in self._written.items)
        rule = replace(self._written, items=items)
        rules = tuple(rule if each is self._written else each for each in self._file.rules)
        checked = check([replace(self._file, rules=rules)], self._names, self._beside)
        header = self._written.header
        found = (each for each in checked.rules if (each.name, each.version) == (header.name, header.version))
        return next(found, None)

"""From syntax trees to checked rules: names, types, units, completeness; all faults, not only the first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from dsl import model, syntax
from dsl.check_conditions import ConditionChecker
from dsl.check_inputs import check_input
from dsl.check_outcomes import check_outcome
from dsl.check_results import check_asked, check_tested, check_tests, result_of
from dsl.check_tables import check_table
from dsl.diagnostics import Diagnostic, Label, Severity
from dsl.names import Names, closest, unknown_name
from dsl.syntax import Span

_RESERVED = frozenset(("missing", "true", "false"))
"""Values of every type or of `Boolean`; a member of this name could not be told from them in a cell."""

_T = TypeVar("_T")
_I = TypeVar("_I", bound=syntax.Item)


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
    files: Sequence[syntax.RuleFile], names: Names, vocabularies: Sequence[syntax.RuleFile] = ()
) -> Checked:
    """Checks files together; `vocabularies` are files that may be used but are not reported on."""
    found: list[Diagnostic] = []
    known = _vocabularies([*vocabularies, *files], found)
    rules: list[model.Rule] = []
    seen: dict[tuple[str, str], Span] = {}
    for file in files:
        enums = _enums(file, known, found)
        if not (file.vocabulary or file.enums or file.rules):
            found.append(
                Diagnostic(
                    "BR003", "the file holds neither a rule nor a vocabulary", Span(file.path, 1, 1, 1, 2),
                    help="restore what was lost, or remove the file",
                )
            )  # fmt: skip
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
            checked = _RuleChecker(rule, file.source, enums, names, found).run()
            if checked is not None and not _errors(found[before:]):
                rules.append(checked)
    return Checked(tuple(rules), tuple(found))


def _errors(found: Iterable[Diagnostic]) -> bool:
    return any(one.severity is Severity.ERROR for one in found)


def _enum_type(enum: syntax.EnumSyntax) -> model.EnumType:
    members = tuple(member.name.text for member in enum.members)
    return model.EnumType(
        enum.name.text, members, tuple(member.label or member.name.text for member in enum.members)
    )


def _vocabularies(
    files: Sequence[syntax.RuleFile], found: list[Diagnostic]
) -> dict[str, tuple[str, dict[str, model.EnumType]]]:
    known: dict[str, tuple[str, dict[str, model.EnumType]]] = {}
    paths: dict[str, str] = {}
    for file in files:
        header = file.vocabulary
        if header is None or paths.get(header.name) == file.path:
            continue
        if header.name in known:
            found.append(Diagnostic("BR005", f"vocabulary `{header.name}` is declared twice", header.span))
        paths[header.name] = file.path
        known[header.name] = (header.version, {enum.name.text: _enum_type(enum) for enum in file.enums})
    return known


def _enums(
    file: syntax.RuleFile,
    known: dict[str, tuple[str, dict[str, model.EnumType]]],
    found: list[Diagnostic],
) -> dict[str, model.EnumType]:
    enums: dict[str, model.EnumType] = {}
    for use in file.uses:
        if use.name not in known:
            found.append(
                Diagnostic(
                    "BR004", f"no vocabulary `{use.name}`", use.span,
                    help=closest(use.name, known) or "its file starts with `vocabulary NAME version …`",
                )
            )  # fmt: skip
        elif known[use.name][0] != use.version:
            found.append(
                Diagnostic(
                    "BR004", f"vocabulary `{use.name}` has version {known[use.name][0]}, not {use.version}",
                    use.span, help=f"use {use.name} version {known[use.name][0]}, after reading its changes",
                )
            )  # fmt: skip
        else:
            for name in sorted(enums.keys() & known[use.name][1].keys()):
                found.append(Diagnostic("BR005", f"enum `{name}` comes from two vocabularies", use.span))
            enums.update(known[use.name][1])
    for enum in file.enums:
        members = [member.name for member in enum.members]
        for index, member in enumerate(members):
            if member.text in {earlier.text for earlier in members[:index]}:
                found.append(Diagnostic("BR005", f"member `{member.text}` is written twice", member.span))
            if member.text in _RESERVED:
                found.append(Diagnostic("BR005", f"`{member.text}` already means something", member.span))
        if enum.name.text in enums:
            found.append(Diagnostic("BR005", f"enum `{enum.name.text}` is declared twice", enum.name.span))
        enums[enum.name.text] = _enum_type(enum)
    return enums


class _RuleChecker:
    def __init__(
        self,
        rule: syntax.RuleSyntax,
        source: str,
        enums: dict[str, model.EnumType],
        names: Names,
        found: list[Diagnostic],
    ) -> None:
        self._rule = rule
        self._enums = enums
        self._names = names
        self._found = found
        self._inputs = self._check_inputs()
        self._conditions = ConditionChecker(self._inputs, source, names, found)

    def run(self) -> model.Rule | None:
        header = self._rule.header
        title = self._one(syntax.Title, 'title "…"')
        status = self._one(syntax.Status, "status draft")
        effective = self._one(syntax.Effective, "effective from 2026-01-01")
        review = self._one(syntax.ReviewBy, "review by 2027-01-01")
        population = self._one(syntax.Population, 'population "adults" when age >= 18 years')
        evidence = self._one(syntax.Evidence, "evidence { cites pmid:… grade A strength strong }")
        outcomes = self._check_outcomes()
        decision = self._check_decision(outcomes)
        tests = tuple(self._all(syntax.TestSyntax))
        if decision is not None:
            check_tests(tests, decision, outcomes, self._inputs, self._conditions, self._found)
            check_tested(tests, self._decisions()[0], self._found)
        record = self._check_evidence(evidence) if evidence else None
        lifecycle = self._check_status(status, record, evidence) if status else None
        condition = (
            self._conditions.condition(population.condition) if population and population.condition else None
        )
        if effective and effective.end and effective.end < effective.start:
            self._found.append(Diagnostic("BR014", "the end is before the start", effective.span))
        if effective and review and review.day <= effective.start:
            self._found.append(Diagnostic("BR014", "the review is due before the rule starts", review.span))
        drugs, genes = self._check_concerns()
        if not (title and lifecycle and effective and review and population and record and decision):
            return None
        return model.Rule(
            name=header.name, version=header.version, title=title.text.text, status=lifecycle,
            effective_from=effective.start, effective_until=effective.end, review_by=review.day,
            drugs=drugs, genes=genes, population=population.label.text, population_condition=condition,
            evidence=record, inputs=tuple(each for each in self._inputs.values() if each), decision=decision,
            outcomes=tuple(outcomes.values()), tests=tests, span=self._rule.span,
        )  # fmt: skip

    # -------------------------------------------------------------- parts that stand once
    def _all(self, kind: type[_T]) -> list[_T]:
        return [item for item in self._rule.items if isinstance(item, kind)]

    def _one(self, kind: type[_I], example: str) -> _I | None:
        items = self._all(kind)
        word = example.split()[0]
        if not items:
            self._found.append(
                Diagnostic(
                    "BR003", f"the rule has no `{word}`", self._rule.header.span, help=f"write `{example}`"
                )
            )
            return None
        for again in items[1:]:
            self._found.append(
                Diagnostic(
                    "BR003", f"`{word}` is written twice", again.span,
                    others=(Label(items[0].span, "the first"),),
                )
            )  # fmt: skip
        return items[0]

    def _check_concerns(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        known = {"drug": self._names.drugs, "gene": frozenset(self._names.genes)}
        named: dict[str, list[str]] = {"drug": [], "gene": []}
        for item in self._all(syntax.Concerns):
            kind, name = item.kind.text, item.name.text
            if kind not in known:
                self._unknown(item.kind, "kind of subject", known)
            elif name not in known[kind]:
                self._unknown(item.name, kind, known[kind])
            else:
                named[kind].append(name)
        if not any(item.kind.text == "drug" for item in self._all(syntax.Concerns)):
            self._found.append(
                Diagnostic(
                    "BR003",
                    "the rule concerns no drug",
                    self._rule.header.span,
                    help="write `concerns drug …`",
                )
            )
        return tuple(named["drug"]), tuple(named["gene"])

    def _check_evidence(self, evidence: syntax.Evidence) -> model.EvidenceRecord:
        citations, reviewed, graded = [], [], {"grade": "", "strength": ""}
        for item in evidence.items:
            if isinstance(item, syntax.Cites):
                for citation in item.citations:
                    if citation.text not in self._names.citations:
                        self._unknown(citation, "listed source", self._names.citations)
                    citations.append(model.Citation(citation.text, item.note))
            elif isinstance(item, syntax.Reviewed):
                reviewed.append((item.day, item.by))
            else:
                graded[item.scale] = item.word.text
        if not citations:
            self._found.append(Diagnostic("BR003", "the evidence cites nothing", evidence.span))
        return model.EvidenceRecord(tuple(citations), graded["grade"], graded["strength"], tuple(reviewed))

    def _check_status(
        self, status: syntax.Status, record: model.EvidenceRecord | None, evidence: syntax.Evidence | None
    ) -> model.Lifecycle | None:
        words = [word.value for word in model.Lifecycle]
        if status.word.text not in words:
            self._unknown(status.word, "status", words)
            return None
        lifecycle = model.Lifecycle(status.word.text)
        if lifecycle is model.Lifecycle.ACTIVE and record and evidence and not record.reviewed:
            self._found.append(
                Diagnostic(
                    "BR018", "an active rule names nobody who reviewed it", evidence.span,
                    help='write `reviewed DATE by "…"` or `status draft`',
                )
            )  # fmt: skip
        return lifecycle

    # -------------------------------------------------------------- inputs, outcomes, decision
    def _check_inputs(self) -> dict[str, model.Input | None]:
        """All declared inputs; None for one that cannot be used, so that its uses are not faults too."""
        inputs: dict[str, model.Input | None] = {}
        for node in self._all(syntax.InputSyntax):
            if node.name.text in inputs:
                self._found.append(
                    Diagnostic("BR005", f"input `{node.name.text}` is declared twice", node.name.span)
                )
            inputs[node.name.text] = check_input(node, self._enums, self._names, self._found)
        return inputs

    def _check_outcomes(self) -> dict[str, model.Outcome]:
        outcomes: dict[str, model.Outcome] = {}
        for node in self._all(syntax.OutcomeSyntax):
            if node.name.text in outcomes:
                self._found.append(
                    Diagnostic("BR005", f"outcome `{node.name.text}` is declared twice", node.name.span)
                )
            checked = check_outcome(node, self._inputs, self._names, self._conditions, self._found)
            if checked is not None:
                outcomes[node.name.text] = checked
        return outcomes

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
        columns = [self._inputs.get(column.text) for column in node.columns]
        for column in node.columns:
            if column.text not in self._inputs:
                self._unknown(column, "input of this rule", self._inputs)
        for index, column in enumerate(node.columns):
            if column.text in {earlier.text for earlier in node.columns[:index]}:
                self._found.append(Diagnostic("BR005", f"column `{column.text}` stands twice", column.span))
        rows = []
        for row in node.rows:
            if len(row.cells) != len(columns):
                message = f"the row fills {len(row.cells)} of {len(columns)} columns"
                if len(row.cells) > len(columns):
                    message = f"the row has {len(row.cells)} cells for {len(columns)} columns"
                self._found.append(
                    Diagnostic(
                        "BR002", message, row.span,
                        help="`|` starts each cell, `,` separates the values of one, `*` takes any value",
                    )
                )  # fmt: skip
                continue
            cells = [
                self._conditions.cell(declared, cell)
                for cell, declared in zip(row.cells, columns, strict=True)
                if declared is not None
            ]
            result = self._result(row.result, outcomes)
            checked = tuple(cell for cell in cells if cell is not None)
            if result is not None and len(checked) == len(columns):
                text = self._conditions.text_of(row.span)
                rows.append(model.RowRule(checked, result, text, row.span.line))
        if _errors(self._found[before:]) or len(rows) != len(node.rows):
            return None
        table = model.TableDecision(
            node.name.text, tuple(column.text for column in node.columns), tuple(rows), unknown
        )
        inputs = {declared.name: declared for declared in columns if declared is not None}
        self._found += check_table(table, inputs, tuple(row.span for row in node.rows), node.name.span)
        return table

    def _result(self, node: syntax.ResultSyntax, outcomes: dict[str, model.Outcome]) -> model.Result | None:
        check_asked(node, self._inputs, self._found)
        if isinstance(node, syntax.OutcomeName) and node.name.text not in outcomes:
            declared = {item.name.text for item in self._all(syntax.OutcomeSyntax)}
            if node.name.text not in declared:
                self._unknown(node.name, "outcome of this rule", declared)
            return None
        return result_of(node)

    def _unknown(self, name: syntax.Text, what: str, candidates: Iterable[str]) -> None:
        self._found.append(unknown_name(name, what, candidates))

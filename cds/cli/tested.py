"""What `bespoke test` found out about each rule, as text and as JSON; what is lacking comes first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dsl import Rule, TestRun
from dsl.tester.boundaries import Boundary, as_table
from dsl.tester.coverage import Case, Coverage, Gap
from dsl.values import format_number


@dataclass(frozen=True, slots=True)
class Report:
    """One rule with its tests, and what else was asked for."""

    rule: Rule
    runs: tuple[TestRun, ...]
    coverage: Coverage | None
    boundaries: tuple[Boundary, ...] | None

    @property
    def failed(self) -> int:
        """Tests that fail."""
        return sum(not run.passed for run in self.runs)

    @property
    def unreached(self) -> bool:
        """Whether coverage was asked for and a branch or row is not reached by any test."""
        return self.coverage is not None and self.coverage.reached < len(self.coverage.cases)


def as_text(tested: Sequence[Report]) -> str:
    """Rules that lack a test first, then the others; the sums at the end."""
    lines = [line for one in sorted(tested, key=_complete) for line in _rule(one)]
    measured = [one.coverage for one in tested if one.coverage is not None]
    if measured:
        lines.append(f"coverage: {_shares(measured)}")
    total, failed = sum(len(one.runs) for one in tested), sum(one.failed for one in tested)
    return "\n".join([*lines, f"{total - failed} passed, {failed} failed"])


def _complete(tested: Report) -> bool:
    return tested.coverage is None or not tested.coverage.gaps


def _rule(tested: Report) -> list[str]:
    rule, runs = tested.rule, tested.runs
    lines = [f"{rule.name} {rule.version}: {len(runs) - tested.failed} of {len(runs)} tests pass"]
    for run in runs:
        for failure in run.failures:
            span = run.test.span
            lines.append(f"  FAILED {span.path}:{span.line}: {run.test.title.text}")
            lines.append("    " + failure.replace("\n", "\n    "))
    if tested.coverage is not None:
        lines += _coverage(tested.coverage)
    for boundary in tested.boundaries or ():
        lines += [f"  {line}" for line in as_table(boundary)]
    return lines


# ---------------------------------------------------------------- coverage
def _coverage(coverage: Coverage) -> list[str]:
    path = coverage.rule.span.path
    by_test: dict[str, list[Gap]] = {}
    for gap in coverage.gaps:
        by_test.setdefault(gap.test, []).append(gap)
    lines = []
    for test, gaps in by_test.items():
        lines += [f"  {_lacking(gap)}: {path}:{gap.line}: {gap.text}" for gap in gaps]
        lines += [f"  {line}" for line in test.splitlines()]
    lines += [f"  {path}:{case.line}: {_titles(case)}" for case in coverage.cases if case.tests]
    return [*lines, f"  {_shares([coverage])}"]


def _lacking(gap: Gap) -> str:
    if gap.missing:
        return f"not tested without `{gap.missing}`"
    return "no test of a patient outside" if gap.population else "not reached by any test"


def _titles(case: Case) -> str:
    more = f" and {len(case.tests) - 1} more" if len(case.tests) > 1 else ""
    return f'"{case.tests[0]}"{more}'


def _shares(measured: Iterable[Coverage]) -> str:
    everything = list(measured)
    reached, cases = sum(one.reached for one in everything), sum(len(one.cases) for one in everything)
    missing, data = sum(one.missing for one in everything), sum(one.data for one in everything)
    return f"branches and rows {_share(reached, cases)}, missing data {_share(missing, data)}"


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part // whole if whole else 100} %)"


# ---------------------------------------------------------------- JSON
def as_plain(tested: Sequence[Report]) -> object:
    """A list of tests; where more was asked for, an object with one list for each kind."""
    tests = [_run(run) for one in tested for run in one.runs]
    plain: dict[str, object] = {"tests": tests}
    if any(one.coverage is not None for one in tested):
        plain["coverage"] = [_measured(one.coverage) for one in tested if one.coverage is not None]
    if any(one.boundaries is not None for one in tested):
        plain["boundaries"] = [_limit(one.rule, each) for one in tested for each in one.boundaries or ()]
    return plain if len(plain) > 1 else tests


def _run(run: TestRun) -> dict[str, object]:
    return {
        "rule": run.rule.name,
        "version": run.rule.version,
        "test": run.test.title.text,
        "passed": run.passed,
        "failures": list(run.failures),
    }


def _measured(coverage: Coverage) -> dict[str, object]:
    return {
        "rule": coverage.rule.name,
        "version": coverage.rule.version,
        "path": coverage.rule.span.path,
        "cases": {"covered": coverage.reached, "of": len(coverage.cases)},
        "missing": {"covered": coverage.missing, "of": coverage.data},
        "gaps": [
            {
                "line": gap.line,
                "text": gap.text,
                "missing": gap.missing or None,
                "population": gap.population,
                "test": gap.test or None,
            }
            for gap in coverage.gaps
        ],
        "reached": [
            {"line": case.line, "text": case.text, "tests": list(case.tests)} for case in coverage.cases
        ],
    }


def _limit(rule: Rule, boundary: Boundary) -> dict[str, object]:
    return {
        "rule": rule.name,
        "version": rule.version,
        "name": boundary.name,
        "limit": {"value": format_number(boundary.limit.value), "unit": boundary.limit.unit},
        "lines": list(boundary.lines),
        "context": boundary.context,
        "idle": boundary.idle,
        "sides": [{"side": side.name, "datum": side.datum, "answer": side.answer} for side in boundary.sides],
    }

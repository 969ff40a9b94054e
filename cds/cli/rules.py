"""`bespoke check`, `test` and `explain`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dsl
from cds.cli import verify as solver
from cds.cli.main import fail
from cds.cli.paths import UnusablePath, rule_files
from dsl import Checked, Diagnostic, Names, RuleFile
from dsl.syntax import Concerns, Overrides
from kb import BUNDLED, KnowledgeBaseError, check_evidence, check_members, load_tables, read_rules, sources_of


@dataclass(frozen=True, slots=True)
class _Read:
    """Rule files with what the checker says about them."""

    paths: tuple[Path, ...]
    checked: Checked
    names: Names
    """What the rules may refer to."""
    files: tuple[RuleFile, ...]
    """Those that could be parsed."""
    beside: tuple[RuleFile, ...]
    """What else bears on them."""

    @property
    def sources(self) -> dict[str, str]:
        return sources_of(self.paths, Path())


def check(paths: Sequence[Path], format: str, *, verify: bool = False) -> int:
    """Prints all diagnostics of all files; see `bespoke check --help`."""
    if verify and not solver.installed():
        return fail(solver.MISSING)
    try:
        reads = _read(paths, None)
    except UnusablePath as error:
        return fail(error)
    except KnowledgeBaseError as error:
        fail(error)
        return 1
    found = [
        one
        for read in reads
        for one in (
            solver.verified(read.files, read.names, read.beside, read.checked)
            if verify
            else read.checked.diagnostics
        )
    ]
    if format == "json":
        print(dsl.as_json(found))
    elif format == "sarif":
        print(dsl.as_sarif(found))
    else:
        sources = {path: text for read in reads for path, text in read.sources.items()}
        if found:
            print(dsl.as_text(found, sources))
        print(_counted(found, sum(len(read.paths) for read in reads)))
    return 1 if any(one.severity == "error" for one in found) else 0


def test(
    paths: Sequence[Path], kb: Path | None, *, coverage: bool, as_json: bool, boundaries: bool = False
) -> int:
    """Runs the tests beside the rules; see `bespoke test --help`."""
    from cds.cli.progress import Progress
    from cds.cli.tested import Report, as_plain
    from cds.cli.tested import as_text as as_report
    from cds.guard import reasons_to_withhold
    from dsl.tester.boundaries import boundaries as boundaries_of
    from dsl.tester.coverage import coverage as coverage_of

    tested: list[Report] = []
    try:
        with Progress(quiet=as_json) as progress:
            progress.begin("checking")
            reads = _read(paths or [kb or BUNDLED], kb)
            rules = [(rule, read.names) for read in reads for rule in read.checked.rules]
            progress.begin("testing", len(rules))
            for rule, names in rules:
                runs = dsl.run_tests(rule, reasons_to_withhold)
                measured = coverage_of(rule, runs, names) if coverage else None
                limits = boundaries_of(rule, names) if boundaries else None
                tested.append(Report(rule, runs, measured, limits))
                progress.advance()
    except UnusablePath as error:
        return fail(error)
    except KnowledgeBaseError as error:
        fail(error)
        return 1
    broken = [one for read in reads for one in read.checked.diagnostics if one.severity == "error"]
    if broken:
        sources = {path: text for read in reads for path, text in read.sources.items()}
        print(dsl.as_text(broken, sources), file=sys.stderr if as_json else sys.stdout)
    print(json.dumps(as_plain(tested), indent=2) if as_json else as_report(tested))
    return 1 if broken or any(one.failed or one.unreached for one in tested) else 0


def explain(code: str) -> int:
    """Prints the page of a diagnostic code."""
    page = dsl.explanation(code.upper())
    if page is None:
        return fail(f"there is no code {code}; codes run from BR001 to {max(dsl.CATALOGUE)}")
    print(page)
    return 0


def _read(paths: Sequence[Path], kb: Path | None) -> list[_Read]:
    by_root: dict[Path, list[Path]] = {}
    for file in rule_files(paths):
        by_root.setdefault(kb or _root_of(file), []).append(file)
    return [_check(tuple(files), root) for root, files in by_root.items()]


def _root_of(path: Path) -> Path:
    """The knowledge base that a file belongs to; one outside of any is checked against the bundled one."""
    for folder in path.resolve().parents:
        if (folder / "kb.toml").is_file():
            return folder
    return BUNDLED


def _check(paths: tuple[Path, ...], root: Path) -> _Read:
    tables = load_tables(root)
    parsed: list[RuleFile] = []
    found: list[Diagnostic] = []
    for path in paths:
        file = read_rules(path, Path())
        if isinstance(file, RuleFile):
            parsed.append(file)
        else:
            found.append(file)
    beside = [read_rules(path, root) for path in _related(paths, parsed, root)]
    others = [file for file in beside if isinstance(file, RuleFile)]
    checked = dsl.check(parsed, tables.names, others, on=date.today())
    if checked.ok:
        check_members(checked.rules, tables)
        check_evidence(checked.rules, tables.studies)
    everything = Checked(checked.rules, (*found, *checked.diagnostics))
    return _Read(paths, everything, tables.names, tuple(parsed), tuple(others))


def _related(paths: Iterable[Path], parsed: Iterable[RuleFile], root: Path) -> list[Path]:
    """The other files of a knowledge base that can bear on some, so that authors need not wait for the rest.

    These are vocabularies, exceptions, and rules about the same drugs; an exception itself may name any rule.
    """
    words = {b"vocabulary", b"overrides"}
    for file in parsed:
        items = [item for rule in file.rules for item in rule.items]
        words |= {item.name.text.encode() for item in items if isinstance(item, Concerns)}
        if any(isinstance(item, Overrides) for item in items):
            words = {b""}
            break
    known = {path.resolve() for path in paths}
    others = (path for path in sorted(root.rglob("*.rule")) if path.resolve() not in known)
    return [path for path in others if _mentions(path, words)]


def _mentions(path: Path, words: Iterable[bytes]) -> bool:
    try:
        content = path.read_bytes()
    except OSError:
        return True  # whoever parses it says why it cannot be read
    return any(word in content for word in words)


def _counted(found: Iterable[Diagnostic], files: int) -> str:
    everything = list(found)
    errors = sum(one.severity == "error" for one in everything)
    warnings = len(everything) - errors
    return f"{files} files: {errors} errors, {warnings} warnings"

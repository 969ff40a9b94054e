"""Reads a knowledge base from its folder: everything checked, or an error that says where."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import dsl
from dsl import EnumType, Rule, RuleFile, SourceKind, Withhold
from kb.dosing_plans import check_plans
from kb.errors import KnowledgeBaseError, RuleErrors
from kb.evidence import check_evidence
from kb.files import SUFFIXES
from kb.knowledge import KnowledgeBase
from kb.model_files import check_models
from kb.pathway_questions import SIGNAL_MEMBERS, check_networks
from kb.pictures import check_pictures
from kb.tables import Tables, load_tables

BUNDLED = Path(__file__).parent
"""The folder of the knowledge base that ships with the software."""
PREBUILT = BUNDLED / "bundled.release"
"""Its release, which `make setup` builds: it loads without parsing and testing every rule again."""


def load(path: Path | None = None, withhold: Withhold | None = None) -> KnowledgeBase:
    """The knowledge base in a folder or release, the bundled one by default.

    The rules of a folder are checked, and `withhold` judges labels in the tests beside them; those of a
    release were when it was built. Raises `KnowledgeBaseError` for a file that cannot be used and
    `RuleErrors` for faulty rules.
    """
    root = path or BUNDLED
    if os.path.isfile(root):
        # No check of one rule file waits for what only a release needs.
        from kb.release import load_release, read_release

        return load_release(read_release(root))
    tables = load_tables(root)
    rule_files = [read_rules(path, root) for path in sorted(root.rglob("*.rule"))]
    parsed = [file for file in rule_files if isinstance(file, RuleFile)]
    broken = [file for file in rule_files if not isinstance(file, RuleFile)]
    checked = dsl.check(parsed, tables.names)
    found = (*broken, *checked.diagnostics)
    if broken or not checked.ok:
        raise RuleErrors(found, sources_of(root.rglob("*.rule"), root))
    check_members(checked.rules, tables)
    check_citations(checked.rules, tables)
    check_evidence(checked.rules, tables.studies)
    check_networks(checked.rules, tables.pathways)
    check_pictures(checked.rules, tables.pictures)
    check_models(tables.models)
    check_plans(tables.plans, tables.models, checked.rules)
    failed = [run for rule in checked.rules for run in dsl.run_tests(rule, withhold) if not run.passed]
    if failed:
        span, title = failed[0].test.span, failed[0].test.title.text
        raise KnowledgeBaseError(
            f'{span.path}:{span.line}: the test "{title}" fails ({len(failed)} in all); see `bespoke test`'
        )
    return tables.knowledge(checked.rules, digest(root), found)


def ready(path: Path | None = None, withhold: Withhold | None = None) -> KnowledgeBase:
    """The knowledge base to answer with, as `load`, but without the tests beside the rules.

    The bundled one comes from the release that was built of it, as long as that is of the same files.
    """
    if path is None and os.path.isfile(PREBUILT):
        from kb.release import load_release, read_release

        try:
            release = read_release(PREBUILT)
            if release.digest == digest(BUNDLED):
                return load_release(release)
        except (KnowledgeBaseError, OSError):
            # What it was built of lies beside it and is checked in its place.
            pass
    return load(path, withhold)


def read_rules(path: Path, root: Path) -> RuleFile | dsl.Diagnostic:
    """One rule file, named relative to the knowledge base where it lies in it.

    Raises `KnowledgeBaseError` if it cannot be read at all.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise KnowledgeBaseError(f"{path}: cannot be read ({error.strerror})") from None
    return dsl.parse_bytes(content, shown(path, root))


def shown(path: Path, root: Path) -> str:
    """How a path is written in messages: relative to the knowledge base where possible."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def sources_of(paths: Iterable[Path], root: Path) -> dict[str, str]:
    """The text of rule files by the path that messages show."""
    return {shown(path, root): path.read_bytes().decode("utf-8", "replace") for path in paths}


def check_members(rules: Iterable[Rule], tables: Tables) -> None:
    """Raises `KnowledgeBaseError` for a member that the enum of a rule lacks.

    A phenotype, score, genotype or indication that has none fits no row, so that nobody would hear of it.
    """
    for rule in rules:
        for declared in rule.inputs:
            kind, name = declared.source.kind, declared.source.name
            # The members of what the Patient resource says are the language's own.
            if not isinstance(declared.type, EnumType) or kind is SourceKind.PATIENT:
                continue
            if kind is SourceKind.PHENOTYPE:
                gene = tables.genes[name]
                place = f"genes/{name}.toml: fields `pairs` and `activity_scores`"
                found = {*gene.pairs.values(), *gene.scores.values(), *gene.published}
            elif kind is SourceKind.SCORE:
                place = f"genes/{name}.toml: field `activity_scores`"
                found = set(tables.genes[name].score_members.values())
            elif kind is SourceKind.GENOTYPE:
                place = f"genes/{name}.toml: field `allele_groups`"
                found = set(tables.genes[name].genotype_members)
            elif kind is SourceKind.PATHWAY:
                place, found = f"pathways/{name}.toml", {*SIGNAL_MEMBERS}
            else:
                place, found = (
                    f"indications/{name}.toml: field `members`",
                    {*tables.indications[name].members},
                )
            unknown = min(found - {*declared.type.members}, default=None)
            if unknown is not None:
                raise KnowledgeBaseError(
                    f"{place}: `{unknown}` is no member of the enum {declared.type.name}"
                )


def check_citations(rules: Iterable[Rule], tables: Tables) -> None:
    """Raises `KnowledgeBaseError` for a source that a rule cites and nobody has to read again (H-119)."""
    for rule in rules:
        for citation in rule.evidence.citations:
            if tables.sources[citation.identifier].review_by is None:
                raise KnowledgeBaseError(
                    f"sources.toml: field `{citation.identifier}.review_by`: is missing and `{rule.name}` "
                    "cites it; write the day by which the source is read again"
                )


def digest(root: Path) -> str:
    """SHA-256 over the names and contents of all files of knowledge, in order of name."""
    total = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.suffix in SUFFIXES and path.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return total.hexdigest()

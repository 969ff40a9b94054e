"""What a card says about the studies that its rule rests on."""

from __future__ import annotations

from collections.abc import Iterator

from dsl import Rule
from dsl.values import format_number
from kb import KnowledgeBase, Study


def evidence_lines(rule: Rule, knowledge: KnowledgeBase) -> Iterator[str]:
    """A line for each study: effects with their intervals, how they were found, from whom, what confounds."""
    for citation in rule.evidence.citations:
        study = knowledge.studies.get(citation.identifier)
        if study is not None:
            yield "; ".join(_parts(study))


def _parts(study: Study) -> Iterator[str]:
    graded = f", {study.grade_system} {study.grade}" if study.grade else ""
    effects = ", ".join(map(str, study.effects))
    yield f"{study.about} ({study.design}{graded})" + (f": {effects}, 95 % intervals" if effects else "")
    yield f"learned from {study.cohort}, ancestry {study.ancestry}, ages {_ages(study)}"
    yield f"risk without treatment from {study.baseline}"
    if study.is_observed:
        yield f"target trial {study.target_trial or 'not stated'}"
    yield f"confounding: {study.confounding}"


def _ages(study: Study) -> str:
    least = f"from {format_number(study.least_age)}"
    return f"{least} to below {format_number(study.greatest_age)}" if study.greatest_age else least

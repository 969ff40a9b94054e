"""What stands behind a source: the study, its effect, what may confound it, and whom it is about.

Scales of grades are kept apart and never made into one number: a grade is only shown with its scale.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from dsl import Lifecycle, Quantity, Rule, SourceKind, State, evaluate, known
from dsl.values import format_number
from kb import files
from kb.errors import KnowledgeBaseError

GRADES: Final[Mapping[str, tuple[str, ...]]] = {
    "GRADE": ("high", "moderate", "low", "very low"),
    "CPIC": ("A", "B", "C", "D"),
    "DPWG": ("0", "1", "2", "3", "4"),
    "PharmGKB": ("1A", "1B", "2A", "2B", "3", "4"),
    "AMP/ASCO/CAP": ("I-A", "I-B", "II-C", "II-D", "III", "IV"),
    "ESCAT": ("I-A", "I-B", "I-C", "II-A", "II-B", "III-A", "III-B", "IV-A", "IV-B", "V", "X"),
}
"""Systems of grades and what each of them may say."""

OBSERVED: Final = ("cohort", "registry", "case-control")
"""Designs in which nobody drew lots: they support an active rule only with a stated target trial."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One estimate with its interval of 95 %."""

    outcome: str
    measure: str
    estimate: Fraction
    low: Fraction
    high: Fraction
    unit: str

    def __str__(self) -> str:
        estimate, low, high = map(format_number, (self.estimate, self.low, self.high))
        unit = "" if self.unit == "1" else f" {self.unit}"
        return f"{self.outcome}: {self.measure} {estimate}{unit} ({low} to {high})"


@dataclass(frozen=True, slots=True)
class Study:
    """The record of one source."""

    cites: str
    about: str
    design: str
    grade_system: str | None
    grade: str | None
    effects: tuple[Effect, ...]
    baseline: str
    """Where the risk without treatment comes from."""
    target_trial: str
    """The trial that an observed comparison imitates; empty without one."""
    confounding: str
    cohort: str
    """Whom it was learned from: place, years, number."""
    ancestry: str
    least_age: Fraction
    """Years."""
    greatest_age: Fraction | None

    @property
    def is_observed(self) -> bool:
        """Whether who got the treatment was not drawn by lot."""
        return self.design in OBSERVED


def read_study(path: Path, sources: Collection[str]) -> Study:
    """The record in a file below `sources/`; raises `KnowledgeBaseError`."""
    entry = files.read(path, files.StudyFile)
    fault = _fault(entry, sources)
    if fault is not None:
        raise KnowledgeBaseError(f"{path}: field {fault}")
    ages = entry.transport.ages
    return Study(
        entry.cites,
        entry.about,
        entry.design,
        entry.grade_system,
        entry.grade,
        tuple(
            Effect(
                each.outcome,
                each.measure,
                Fraction(each.estimate),
                Fraction(each.low),
                Fraction(each.high),
                each.unit,
            )
            for each in entry.effects
        ),
        entry.baseline,
        entry.target_trial,
        entry.confounding,
        entry.transport.cohort,
        entry.transport.ancestry,
        Fraction(ages[0]),
        Fraction(ages[1]) if len(ages) > 1 else None,
    )


def _fault(entry: files.StudyFile, sources: Collection[str]) -> str | None:
    if entry.cites not in sources:
        return f"`cites`: `{entry.cites}` is not in sources.toml"
    if (entry.grade_system is None) != (entry.grade is None):
        return "`grade`: it stands beside `grade_system`, and neither without the other"
    if entry.grade_system is not None and entry.grade_system not in GRADES:
        return f"`grade_system`: expected one of {', '.join(GRADES)}"
    if entry.grade is not None and entry.grade not in GRADES[entry.grade_system or ""]:
        return f"`grade`: {entry.grade_system} has {', '.join(GRADES[entry.grade_system or ''])}"
    for number, each in enumerate(entry.effects):
        if not Fraction(each.low) <= Fraction(each.estimate) <= Fraction(each.high):
            return f"`effects[{number}]`: the estimate {each.estimate} is not between its limits"
    ages = entry.transport.ages
    if len(ages) not in (1, 2) or (len(ages) == 2 and ages[0] >= ages[1]):
        return "`transport.ages`: expected the least age in years, or the least and the first above"
    return None


def check_evidence(rules: Iterable[Rule], studies: Mapping[str, Study]) -> None:
    """Raises `KnowledgeBaseError` for a rule that claims more than the study it cites.

    An observed comparison without a stated target trial supports no active rule, and a rule speaks about
    nobody outside the ages that its study was learned from.
    """
    for rule in rules:
        for citation in rule.evidence.citations:
            study = studies.get(citation.identifier)
            fault = study and _overreach(rule, study)
            if fault:
                raise KnowledgeBaseError(f"{rule.span.path}:{rule.span.line}: {rule.name} cites {fault}")


def _overreach(rule: Rule, study: Study) -> str | None:
    if rule.status is Lifecycle.ACTIVE and study.is_observed and not study.target_trial:
        return (
            f"{study.cites}, an observed comparison without a stated target trial, so it stays a draft "
            "(field `target_trial` of its record)"
        )
    outside = [study.least_age - Fraction(1, 100)] if study.least_age else []
    outside += [study.greatest_age] if study.greatest_age is not None else []
    ages = [each.name for each in rule.inputs if (each.source.kind, each.source.name) == _AGE]
    for years in outside:
        facts = {name: known(Quantity(years, "a")) for name in ages}
        if not ages or evaluate(rule, facts).state is not State.OUTSIDE:
            return (
                f"{study.cites}, which was learned {_span(study)}, and speaks about others too; "
                "its population has to say so by an input `from patient age`"
            )
    return None


_AGE: Final = (SourceKind.PATIENT, "age")


def _span(study: Study) -> str:
    least = f"from {format_number(study.least_age)} years"
    return f"{least} to below {format_number(study.greatest_age)}" if study.greatest_age else least

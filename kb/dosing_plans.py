"""Dosing plans: how a drug is dosed for one person by a model, its levels and a target."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, field

from dsl import Lifecycle, Rule
from dsl.names import closest
from kb import files
from kb.errors import KnowledgeBaseError
from kb.files import Strict, Text
from kb.models import DosingModel, Number, Positive

Kind = Literal["trough", "peak", "average", "AUC24", "time above", "trough occupancy", "peak occupancy"]


class TargetEntry(Strict, kw_only=True):
    """What is aimed at; at least one of `low` and `high`."""

    kind: Kind
    unit: Text
    """As it is said on the card; the number is in the model's units, a share from 0 to 1 without one."""
    low: Number | None = None
    high: Number | None = None
    above: Positive | None = None
    """For `time above`: the concentration."""
    half: Positive | None = None
    """For occupancy: the concentration at which half of the receptors are taken."""
    unbound: Positive = 1
    source: Text
    meaning: Text
    """For whom and what for, in a sentence."""


class ToxicityEntry(Strict, kw_only=True):
    """What is to be avoided."""

    kind: Kind
    above: Number
    most: Annotated[float, Meta(gt=0, le=1)] | Annotated[int, Meta(gt=0, le=1)]
    """The highest probability of it that is accepted."""
    meaning: Text


class AssumedEntry(Strict, kw_only=True):
    """A covariate that no rule reads yet; it is said wherever the dose is."""

    value: Number
    because: Text
    """What is assumed, in a sentence."""


class ChoiceEntry(Strict, kw_only=True):
    """Doses that can be given."""

    step: Positive
    least: Positive
    most: Positive
    most_daily: Positive
    intervals: Annotated[tuple[Positive, ...], Meta(min_length=1)]
    """In the model's unit of time; of equal ones the first is preferred."""
    durations: tuple[Number, ...] = (0,)
    """Lengths of infusion, in the model's unit of time."""
    most_rate: Positive | None = None
    loadings: tuple[Positive, ...] = ()
    route: Literal["iv", "oral"]
    source: Text


class PlanFile(Strict, kw_only=True):
    """`dosing/NAME.toml`."""

    label: Text
    version: Annotated[str, Meta(pattern=r"^\d+\.\d+\.\d+$")]
    status: Literal["draft", "active"]
    drug: Text
    model: Text
    rule: Text
    """Its inputs and `let` values are the covariates, its population those whom the plan is for."""
    covariates: dict[str, Text]
    """Covariate of the model = input or `let` value of the rule."""
    assumed: dict[str, AssumedEntry] = field(default_factory=dict)
    level: Text
    """The observable that is measured."""
    genes: tuple[Text, ...] = ()
    """Genes that the model holds already: nobody may count them again."""
    target: TargetEntry
    toxicity: ToxicityEntry | None = None
    choices: ChoiceEntry
    notes: tuple[Text, ...] = ()
    """What whoever doses has to know beside the dose."""
    settled: Positive | None = None
    """For models whose steady state has no closed form: how long after its start a regimen is looked at, in
    the model's unit of time."""
    enough: Annotated[float, Meta(gt=0, lt=1)] = 0.2
    """Below this probability of the target no dose is advised."""


@dataclass(frozen=True)
class DosingPlan:
    """A plan and its name."""

    name: str
    entry: PlanFile


def load_plans(
    root: Path,
    models: Mapping[str, DosingModel],
    observables: Collection[str],
    drugs: Collection[str],
    sources: Collection[str],
) -> dict[str, DosingPlan]:
    """The plans below `dosing/` of a knowledge base, by name.

    Raises `KnowledgeBaseError` with the file, the field and what was expected.
    """
    found = {}
    for path in sorted((root / "dosing").glob("*.toml")):
        entry = files.read(path, PlanFile)
        fault = next(_faults(entry, models, observables, drugs, sources), None)
        if fault is not None:
            raise KnowledgeBaseError(f"{path}: field {fault}")
        found[path.stem] = DosingPlan(path.stem, entry)
    return found


def check_plans(
    plans: Mapping[str, DosingPlan], models: Mapping[str, DosingModel], rules: Sequence[Rule]
) -> None:
    """Whether every plan's rule is there and has what the plan takes of it. Raises `KnowledgeBaseError`."""
    by_name = {rule.name: rule for rule in rules}
    for plan in plans.values():
        where = f"dosing/{plan.name}.toml"
        rule = by_name.get(plan.entry.rule)
        if plan.entry.status == "active":
            rests = models[plan.entry.model].entry.status != "active"
            if rests or (rule is not None and rule.status is not Lifecycle.ACTIVE):
                named = plan.entry.model if rests else plan.entry.rule
                raise KnowledgeBaseError(f"{where}: field `status`: it is active, but {named} is not")
        if rule is None:
            advice = closest(plan.entry.rule, by_name)
            raise KnowledgeBaseError(f"{where}: field `rule`: there is no rule `{plan.entry.rule}`; {advice}")
        if plan.entry.drug not in rule.drugs:
            raise KnowledgeBaseError(f"{where}: field `rule`: `{rule.name}` is not about {plan.entry.drug}")
        known = {each.name for each in rule.inputs} | {each.name for each in rule.lets}
        for covariate, name in plan.entry.covariates.items():
            if name not in known:
                raise KnowledgeBaseError(
                    f"{where}: field `covariates.{covariate}`: `{rule.name}` has no input or let `{name}`; "
                    f"{closest(name, known)}"
                )


def _faults(
    entry: PlanFile,
    models: Mapping[str, DosingModel],
    observables: Collection[str],
    drugs: Collection[str],
    sources: Collection[str],
) -> Iterator[str]:
    for field_name, names, known, where in (
        ("drug", [entry.drug], drugs, "drugs/"),
        ("model", [entry.model], models, "models/"),
        ("level", [entry.level], observables, "observables/"),
        ("source", [entry.target.source, entry.choices.source], sources, "sources.toml"),
    ):
        for name in names:
            if name not in known:
                advice = closest(name, known) or "add it there first"
                yield f"`{field_name}`: `{name}` is not in {where}; {advice}"
    needed = models[entry.model].entry.covariates
    for covariate in needed:
        told = covariate.name in entry.covariates or covariate.name in entry.assumed
        if not told and covariate.default is None:
            yield f"`covariates`: {covariate.name} is missing ({covariate.meaning}, {covariate.unit})"
    for name in (*entry.covariates, *entry.assumed):
        if name not in {covariate.name for covariate in needed}:
            yield f"`covariates.{name}`: the model has none such"
    if entry.target.low is None and entry.target.high is None:
        yield "`target`: expected `low`, `high` or both"
    if entry.choices.least > entry.choices.most:
        yield "`choices.least`: expected at most `choices.most`"

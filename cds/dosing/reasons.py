"""Why a dose is advised: the data it rests on, what was assumed, and what leads where several speak."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cds.dosing.words import chance
from dsl import Fact, Finding, Input, label, lacking, value_words
from kb import KnowledgeBase
from kb.dosing_plans import DosingPlan
from kb.models import DosingModel

if TYPE_CHECKING:
    from cds.dosing.advise import Advice


@dataclass(frozen=True, slots=True)
class Used:
    """One datum that the dose rests on."""

    name: str
    value: str
    when: str = ""
    source: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.value}" + (f" ({self.when})" if self.when else "")


def inputs_of(plan: DosingPlan, source: DosingModel, finding: Finding | None) -> tuple[Used, ...]:
    """What the rule read and calculated, and what the plan takes for granted."""
    found = []
    if finding is not None:
        wanted = set(plan.entry.covariates.values())
        lets = {let.name: let for let in finding.rule.lets}
        read = {name for let in wanted & set(lets) for name in lets[let].reads} | wanted
        for declared in finding.rule.inputs:
            if declared.name in read:
                fact = finding.facts[declared.name]
                found.append(_read(declared, fact))
        for name in sorted(wanted & set(lets)):
            found.append(Used(name.replace("_", " "), value_words(lets[name], finding.facts[name])))
    for covariate in source.entry.covariates:
        assumed = plan.entry.assumed.get(covariate.name)
        if assumed is not None:
            found.append(Used(covariate.meaning, f"{assumed.value:g} {covariate.unit} (assumed)"))
    return tuple(found)


def _read(declared: Input, fact: Fact) -> Used:
    if fact.missing:
        because = declared.assume.because if declared.assume is not None else declared.assuming
        assumed = f"; assumed: {because}" if because else ""
        return Used(label(declared), lacking(declared, fact) + assumed)
    used = [datum for datum in fact.data if datum.reason is None]
    dates = sorted({datum.instant[:10] for datum in used if datum.instant})
    sources = sorted({datum.reference for datum in used if datum.reference})
    return Used(label(declared), value_words(declared, fact), ", ".join(dates), ", ".join(sources))


def reasons_of(answer: Advice, knowledge: KnowledgeBase) -> tuple[str, ...]:
    """In the order of importance."""
    case, plan = answer.case, answer.case.plan.entry
    target = plan.target
    limits = target_limits(target.low, target.high)
    lines = []
    if answer.search.best is None:
        lines.append(f"{answer.search.reason[:1].upper()}{answer.search.reason[1:]}.")
    else:
        figures, candidate = answer.search.best.figures, answer.search.best.candidate
        by_kind = {"AUC24": figures.auc24, "trough": figures.trough, "peak": figures.peak}
        if target.kind in by_kind:
            figure = by_kind[target.kind]
            lines.append(
                f"Expected {target.kind} {figure.median:.3g} {target.unit} (90 % between {figure.low:.3g} "
                f"and {figure.high:.3g}); aimed at: {limits} {target.unit}, reached with a probability of "
                f"{chance(candidate.attainment)}."
            )
        else:
            lines.append(
                f"Aimed at: {target.kind} {limits}, reached with a probability of "
                f"{chance(candidate.attainment)}."
            )
        if plan.toxicity is not None:
            lines.append(f"Probability of {plan.toxicity.meaning}: {chance(candidate.toxicity)}.")
        if answer.search.at_cap:
            lines.append("It is the highest dose of the plan at this interval: the target may need more.")
    count = len(case.levels)
    doses = len(case.record.doses)
    given = f"{doses} dose{'s' if doses != 1 else ''}"
    if count:
        lines.append(f"It rests on {count} level{'s' if count != 1 else ''} and {given} of this person.")
    else:
        lines.append("No level was measured yet: it is the dose of a typical person with these covariates.")
    if answer.conflict is not None and answer.conflict.verdict == "unusual":
        lines.append("The levels are unusual for such a person: check the times of doses and samples.")
    for gene in plan.genes:
        lines.append(f"{gene} is included in the model already: do not adapt the dose by it again.")
    lines += [assumed.because for assumed in plan.assumed.values()]
    lines += plan.notes
    return tuple(lines)


def target_limits(low: float | None, high: float | None) -> str:
    """Such as `400 to 600`, `at least 8`."""
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    return f"at least {low:g}" if low is not None else f"at most {high:g}"


def status_of(plan: DosingPlan, source: DosingModel) -> str:
    """What whoever reads it has to know of its review; empty once plan and model are active."""
    if source.entry.illustrative:
        return "Illustrative numbers, made up: no advice about anybody"
    if "draft" in (plan.entry.status, source.entry.status):
        return "Draft guidance, not reviewed for clinical use"
    return ""


def not_for(source: DosingModel, plan: DosingPlan) -> tuple[str, ...]:
    """Whom the model was not made with."""
    return tuple(
        f"{each.meaning} below {each.low:g} or above {each.high:g} {each.unit}"
        for each in source.entry.covariates
        if (each.low, each.high) != (0, 1) and each.name not in plan.entry.assumed
    )

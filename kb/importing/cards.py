"""What an answer becomes in a rule: an outcome with a name, its loudness and its texts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from dsl.checker.outcomes import MAX_SUMMARY, PLACEHOLDER
from kb.importing.fact_table import Answer
from kb.importing.guidance import SILENT, Guidance, Said
from kb.importing.keys import Axis
from kb.importing.phrases import CONDITION, LATER_DOSE, OTHER_DRUG, headline_and_details, outcome_name

CHANGES: Final = frozenset(
    {
        "alternative", "avoid_or_adjust", "consider_alternative", "dose_cap", "fixed_start",
        "increase", "increase_or_alternative", "increase_start", "monitor_or_alternative", "reduce",
        "reduce_maintenance", "reduce_or_alternative", "reduce_start", "start_low", "titration_protocol",
    }
)  # fmt: skip
"""Actions that change dose or drug; `adjust` alone tells neither how much nor which way."""

_DOSE_ADAPTED: Final = "The dose is already adapted and tolerated"
_NO_OTHER: Final = "No other drug suits this patient"


@dataclass(frozen=True, slots=True)
class Card:
    """An outcome; a quiet one has neither indicator nor texts."""

    name: str
    said: Said
    indicator: str = ""
    advise: str = ""
    rationale: str = ""
    override: str = ""


def cards_of(guidance: Guidance) -> list[Card]:
    """One for each answer of the guidance, in the order of its rows."""
    answers = dict.fromkeys(box.said for box in guidance.boxes if box.said is not None)
    by_name: dict[str, list[Answer]] = defaultdict(list)
    for said in answers:
        by_name[outcome_name(said.answer, said.untested)].append(said.answer)
    names: Counter[str] = Counter()
    found = []
    for said in answers:
        alike = by_name[outcome_name(said.answer, said.untested)]
        shared = set(alike[0].params).intersection(*(each.params for each in alike))
        apart = frozenset(
            name
            for each in alike
            for name, value in each.params
            if (name, value) not in shared and name != CONDITION
        )
        name = outcome_name(said.answer, said.untested, apart)
        names[name] += 1
        found.append(_card(guidance, said, f"{name}_{names[name]}" if names[name] > 1 else name))
    return found


def indicator_of(said: Said) -> str:
    """How loudly an answer is said; empty for one that needs no card.

    A usual dose is quiet, unless a gene is not tested, which is never a reassurance, a later dose differs, or
    care is advised: what is strongly recommended with care, everybody is told who takes the drug.
    """
    answer = said.answer
    if answer.action in SILENT:
        return ""
    if answer.action == "standard":
        later = any(answer.param(name) for name in LATER_DOSE)
        careful = answer.param("caution") and answer.classification != "strong"
        return "info" if said.untested or later or careful else ""
    if answer.action == "avoid":
        return "critical" if answer.classification in ("strong", "moderate") else "warning"
    return "warning" if answer.action in CHANGES else "info"


def _card(guidance: Guidance, said: Said, name: str) -> Card:
    indicator = indicator_of(said)
    if not indicator:
        return Card(name, said)
    headline, details = headline_and_details(said.answer)
    axes = _told(guidance, said)
    if headline and guidance.population.premise:
        headline = f"{guidance.population.premise}, {headline}"
    sentences = [
        "; ".join(f"{axis.shown}: {{{axis.name}}}" for axis in axes),
        headline,
        *details,
        _usual(said, headline),
        guidance.population.caveat,
        _open(said, headline),
    ]
    return Card(
        name,
        said,
        indicator,
        _summary(
            guidance.drug,
            axes,
            headline,
            details,
            _partial(said),
            conditional=bool(said.answer.param(CONDITION)),
        ),
        " ".join(f"{_capital(each)}." for each in sentences if each),
        _override(said.answer) if indicator != "info" else "",
    )


def _told(guidance: Guidance, said: Said) -> tuple[Axis, ...]:
    """What an answer rests on: the alleles only where it is given for nothing else."""
    boxes = [box for box in guidance.boxes if box.said == said]
    return tuple(
        axis
        for place, axis in enumerate(guidance.axes)
        if axis.source != "genotype" or not any(None in box.cells[place] for box in boxes)
    )


def _partial(said: Said) -> str:
    """That the advice rests on some of the genes; a source that says so means unassigned ones too."""
    if not said.untested:
        return ""
    state = "not tested or not assigned" if said.answer.param("partner_gene") else "not tested"
    return f"partial: {' and '.join(said.untested)} {state}"


def _usual(said: Said, headline: str) -> str:
    if said.answer.action != "standard" or (said.untested and not headline):
        return ""
    return "the start is the usual one" if headline else "the dose is the usual one"


def _open(said: Said, headline: str) -> str:
    untested = " and ".join(said.untested)
    if untested and not headline:
        return f"What is known gives no reason for a change, but a result for {untested} may"
    return f"A result for {untested} may lead to other advice" if untested else ""


def _override(answer: Answer) -> str:
    return _NO_OTHER if answer.action in OTHER_DRUG else _DOSE_ADAPTED


def _summary(
    about: str,
    axes: Sequence[Axis],
    headline: str,
    details: Sequence[str],
    partial: str,
    *,
    conditional: bool,
) -> str:
    """As much as a summary holds: what is partial always, the details before the values of the genes."""
    drug = _capital(about)
    with_values = ", ".join(f"{axis.shown} {{{axis.name}}}" for axis in axes)
    without = " and ".join(dict.fromkeys(axis.shown for axis in axes))
    for count in range(len(details), -1, -1):
        for head in (f"{drug}, {with_values}", f"{drug} by {without}"):
            # What holds under a condition is never said without it.
            more = "on conditions" if conditional and count < len(details) else ""
            said = "; ".join(filter(None, (headline, *details[:count], more)))
            text = "; ".join(filter(None, (f"{head}: {said}" if said else head, partial)))
            if _length(text, axes) <= MAX_SUMMARY:
                return text
    return f"{drug}: {'; '.join(filter(None, (headline, 'on conditions' if conditional else '', partial)))}"


def _length(text: str, axes: Iterable[Axis]) -> int:
    """With the longest value in each place."""
    longest = {axis.name: max(map(len, axis.enum.labels.values())) for axis in axes}
    return len(PLACEHOLDER.sub("", text)) + sum(longest[name] for name in PLACEHOLDER.findall(text))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]

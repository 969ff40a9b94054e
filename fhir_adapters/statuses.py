"""Facts from observations that are true or false: the newest usable one decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dsl.model import Input
from dsl.values import Datum, Fact, Reason, known, missing
from fhir_adapters.chart import Chart
from fhir_adapters.evidence import datum, first_reason, in_order, unusable_observation
from fhir_adapters.instants import Moment, effective_moment, may_be_newest, unusable_time
from fhir_adapters.reading import codings
from fhir_adapters.references import Entry
from fhir_adapters.series import RANKING
from fhir_adapters.terminology import Status


@dataclass(frozen=True, slots=True)
class _Answer:
    entry: Entry
    moment: Moment
    says: bool | None

    def datum(self, reason: Reason | None) -> Datum:
        text = "" if self.says is None else "yes" if self.says else "no"
        return datum(self.entry, text, reason, self.moment.written)


def status_fact(item: Input, chart: Chart, as_of: datetime, status: Status) -> Fact:
    """The fact of a Boolean input `from observation NAME`; an answer that is not listed is no answer."""
    answers: list[_Answer] = []
    rejected: list[Datum] = []
    for entry in chart.observed(status.codes):
        answer = _Answer(entry, effective_moment(entry.resource, as_of), _says(entry, status))
        unusable = unusable_observation(entry)
        if unusable is None:
            answers.append(answer)
        else:
            rejected.append(answer.datum(unusable))
    newest = may_be_newest([answer.moment for answer in answers])
    judged = [
        (answer, _unusable(answer, as_of, item))
        for answer, is_newest in zip(answers, newest, strict=True)
        if is_newest
    ]
    data = in_order([*rejected, *(answer.datum(reason) for answer, reason in judged)])
    if not judged:
        return missing(first_reason((each.reason for each in rejected), RANKING) or Reason.MISSING, *data)
    reason = first_reason((reason for _, reason in judged), RANKING)
    if reason is not None:
        # An older answer must not stand in for a newest one that cannot be read.
        return missing(reason, *data)
    said = {answer.says for answer, _ in judged if answer.says is not None}
    return known(said.pop(), *data) if len(said) == 1 else missing(Reason.CONFLICT, *data)


def _unusable(answer: _Answer, as_of: datetime, item: Input) -> Reason | None:
    return unusable_time(answer.moment, as_of, item.within) or (
        Reason.NO_VALUE if answer.says is None else None
    )


def _says(entry: Entry, status: Status) -> bool | None:
    """What an Observation answers; None if that is not listed, contradictory, or expressly absent."""
    if "dataAbsentReason" in entry.resource:
        return None
    plain = entry.resource.get("valueBoolean")
    if isinstance(plain, bool):
        return plain
    coded = set(codings(entry.resource.get("valueCodeableConcept")))
    yes, no = not status.yes.isdisjoint(coded), not status.no.isdisjoint(coded)
    return yes if yes != no else None

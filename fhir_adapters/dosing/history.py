"""The doses of one drug from everything that tells of them, each dose once.

MedicationAdministrations are the best witness. What somebody states, and what was ordered, fills the times
that they leave open, and is marked so; a time of which an administration says that nothing was given is
answered too. Dispensing tells of no dose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from fhir_adapters.chart import Chart
from fhir_adapters.dosing.administrations import Administration, read_administration, span_of
from fhir_adapters.dosing.filling import filled
from fhir_adapters.dosing.issues import NOWHERE, Issue
from fhir_adapters.dosing.lines import Line, ordered_place, read_lines
from fhir_adapters.dosing.records import DosingQuestion, DoubtKind, GivenDose
from fhir_adapters.dosing.times import Place
from fhir_adapters.drugs import DrugReading, OrderDrug
from fhir_adapters.medications import Taking, medication_list
from fhir_adapters.prefetch import KeyState, PrefetchKey
from fhir_adapters.reading import text_member
from fhir_adapters.references import Entry
from fhir_adapters.terminology import Terminology

_BEFORE_CHARTING = timedelta(days=1)
"""An order that is no older than this when the first dose is charted tells of no dose before that one."""
_UNREAD = frozenset({OrderDrug.UNRESOLVED, OrderDrug.CONFLICT})


def dose_history(
    question: DosingQuestion, chart: Chart, as_of: datetime, terminology: Terminology
) -> tuple[tuple[GivenDose, ...], tuple[Issue, ...]]:
    """The doses of the drug in order of time, and what is doubtful about them."""
    issues = [*_lists(chart)]
    administrations: list[Administration] = []
    lines: list[Line] = []
    unread: list[Issue] = []
    listed = [
        each
        for each in medication_list(chart, as_of, terminology).entries
        if each[0].type != "MedicationDispense"
    ]
    single, differing = distinct(entry for entry, _, _ in listed)
    for entry, taking, reading in listed:
        if id(entry) in differing and question.drug in reading.drugs:
            what = "Different resources have one type and id: none of them is used."
            issues.append(Issue(DoubtKind.VERSIONS, entry.path, what, _place(entry, question, as_of)))
            continue
        if id(entry) not in single or (taking is Taking.NEVER and not _is_not_done(entry)):
            continue
        doubt = _whether_it_counts(entry, reading, question, as_of)
        if doubt is not None:
            issues.append(doubt)
        elif question.drug in reading.drugs and entry.type == "MedicationAdministration":
            administrations.append(read_administration(entry, question, as_of))
            issues += administrations[-1].issues
        elif question.drug in reading.drugs:
            rows, odd = read_lines(entry, question, as_of)
            lines += rows
            unread += odd
    given = [each.dose for each in administrations if each.dose is not None]
    charted = sorted(each.place.at for each in administrations if each.place.at is not None)
    issues += [*_repeated(given), *_where_charted(unread, charted)]
    rest, odd = filled(lines, charted)
    since = question.since
    kept = (dose for dose in (*given, *rest) if since is None or dose.end >= since)
    return tuple(sorted(kept, key=lambda dose: (dose.start, dose.path))), (*issues, *odd)


def distinct(entries: Iterable[Entry]) -> tuple[frozenset[int], frozenset[int]]:
    """The `id()` of each entry to read, equal ones once, and of those that differ under one name.

    A component goes by the name of its panel and its own place in it.
    """
    by_name: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        identifier = text_member(entry.resource, "id")
        part = entry.path.rpartition(".component")[2] if ".component" in entry.path else ""
        name = (entry.type, identifier, part) if identifier else (entry.path,)
        by_name.setdefault(name, []).append(entry)
    single: list[Entry] = []
    differing: list[Entry] = []
    for first, *others in by_name.values():
        if all(other.resource == first.resource for other in others):
            single.append(first)
        else:
            differing += (first, *others)
    return frozenset(map(id, single)), frozenset(map(id, differing))


def _place(entry: Entry, question: DosingQuestion, as_of: datetime) -> Place:
    if entry.type == "MedicationAdministration":
        return span_of(entry.resource, question, as_of).start
    return ordered_place(entry)


def _is_not_done(entry: Entry) -> bool:
    is_administration = entry.type == "MedicationAdministration"
    return is_administration and text_member(entry.resource, "status") == "not-done"


def _whether_it_counts(
    entry: Entry, reading: DrugReading, question: DosingQuestion, as_of: datetime
) -> Issue | None:
    minor = ""
    if question.drug in reading.drugs:
        kind = DoubtKind.DRUG if entry.readable_subject else DoubtKind.SUBJECT
        if not entry.readable_subject:
            what = "It cannot be told whose the dose is: it is not used."
        elif reading.combination:
            what = "The product holds more than the drug: how much of it was given is not on file."
        else:
            return None
    elif reading.drugs or not reading.may_be_drug(question.drug):
        return None
    else:
        kind, what = DoubtKind.DRUG, "No code tells which drug this is."
        if entry.type != "MedicationAdministration" or reading.identified not in _UNREAD:
            minor = "It is taken for another drug; if it is this one, the history lacks doses."
    return Issue(kind, entry.path, what, _place(entry, question, as_of), minor)


def _repeated(doses: Sequence[GivenDose]) -> Iterator[Issue]:
    ranked = sorted(doses, key=lambda dose: (dose.start, dose.route, dose.amount, dose.path))
    for one, other in pairwise(ranked):
        if (one.start, one.route, one.amount) == (other.start, other.route, other.amount):
            what = "Two equal doses are charted for one time: given twice, or charted twice?"
            place = Place(None, None, "", other.start, other.start)
            yield Issue(DoubtKind.REPEATED, other.path, what, place)


def _where_charted(unread: Iterable[Issue], charted: Sequence[datetime]) -> Iterator[Issue]:
    """What is unclear about orders of which every dose should have been charted does not matter."""
    for issue in unread:
        earliest = issue.place.earliest
        if charted and earliest is not None and earliest >= charted[0] - _BEFORE_CHARTING:
            issue = issue._replace(minor="The doses that are charted are used, and no others.")
        yield issue


def _lists(chart: Chart) -> Iterator[Issue]:
    for key, of_what in (
        (PrefetchKey.MEDICATIONS, "what was ordered"),
        (PrefetchKey.EXPOSURE, "what was given, and what is taken"),
    ):
        state = chart.states[key]
        if state in (KeyState.FAILED, KeyState.INCOMPLETE):
            what = f"The list of {of_what} is incomplete: doses may lack."
            yield Issue(DoubtKind.LIST, key.value, what, NOWHERE)
        elif state is not KeyState.COMPLETE:
            what = f"The list of {of_what} was not supplied."
            yield Issue(
                DoubtKind.LIST, key.value, what, NOWHERE, "The history rests on the other list alone."
            )

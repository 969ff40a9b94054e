"""The first pass: every line is read strictly, and kept under the patient whose it is."""

from __future__ import annotations

from collections.abc import Iterable

from fhir_adapters.bulk.lines import Line
from fhir_adapters.bulk.report import BulkFault, BulkReport
from fhir_adapters.bulk.scratch import Scratch
from fhir_adapters.chart import SUBJECT_MEMBERS, USED_TYPES, whose_is
from fhir_adapters.errors import JsonRefused
from fhir_adapters.reading import objects, text_member
from fhir_adapters.references import Entry, Resolver, Whose, literal_target
from fhir_adapters.strict_json import load_json

SHARED_TYPES = frozenset({"Medication"})
"""Types that belong to no patient and that the resources of patients refer to."""


class Sorter:
    """Puts the lines of an export into a scratch file."""

    __slots__ = ("_max_bytes", "_report", "_resolver", "_scratch", "types")

    def __init__(self, scratch: Scratch, report: BulkReport, base_url: str | None, max_bytes: int) -> None:
        self._scratch = scratch
        self._report = report
        self._resolver = Resolver((), base_url)
        self._max_bytes = max_bytes
        self.types: set[str] = set()
        """The used types of which there was a resource."""

    def sort(self, lines: Iterable[Line | BulkFault]) -> None:
        """Keeps what facts can come from and reports what is broken."""
        for line in lines:
            fault = line if isinstance(line, BulkFault) else self._sort(line)
            if fault is not None:
                self._report.add(fault)

    def _sort(self, line: Line) -> BulkFault | None:
        try:
            resource = load_json(line.data, max_bytes=self._max_bytes)
        except JsonRefused as refusal:
            place = "" if refusal.column is None else f" (column {refusal.column})"
            return line.fault(refusal.reason, f"The line was refused: {refusal.message}{place}.")
        kind = text_member(resource, "resourceType")
        if not isinstance(resource, dict) or kind is None:
            return line.fault("no-resource", "The line is not a FHIR resource.")
        if kind == "OperationOutcome":
            return line.fault("outcome", "The exporting server reports a problem of its own.")
        self._report.resources += 1
        if kind in SHARED_TYPES and (identifier := text_member(resource, "id")):
            self._scratch.share(f"{kind}/{identifier}", line)
        elif kind == "Patient" or kind in USED_TYPES:
            return self._keep(line, Entry(line.path, resource))
        else:
            self._report.unused += 1
        return None

    def _keep(self, line: Line, entry: Entry) -> BulkFault | None:
        self.types.add(entry.type)
        subjects = [entry.resource[name] for name in SUBJECT_MEMBERS if name in entry.resource]
        targets = [literal_target(text_member(subject, "reference")) for subject in subjects]
        if entry.type == "Patient":
            candidates = {text_member(entry.resource, "id")}
        elif any(targets):
            candidates = {target.id for target in targets if target}
        else:
            candidates = {text_member(each, "id") for each in objects(entry.resource, "contained")}
        owner = next((each for each in candidates if each and self._is_of(entry, each)), None)
        if owner is not None:
            self._scratch.add(owner, line)
        elif targets and all(target and target.type != "Patient" for target in targets):
            # A device, a place or a group: surely no result of a patient.
            self._report.unused += 1
        else:
            return line.fault("subject", "It cannot be told whose the resource is.")
        return None

    def _is_of(self, entry: Entry, patient_id: str) -> bool:
        return whose_is(entry, self._resolver, patient_id, None) is Whose.THIS_PATIENT

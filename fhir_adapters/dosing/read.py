"""One answer to one question: doses, levels, covariates and doubts of one drug in one chart."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from fhir_adapters.chart import Chart
from fhir_adapters.dosing.covariates import covariates
from fhir_adapters.dosing.history import dose_history
from fhir_adapters.dosing.issues import judged
from fhir_adapters.dosing.levels import beside_doses, measured_levels
from fhir_adapters.dosing.records import DosingQuestion, DosingRecord, Doubt, DoubtKind
from fhir_adapters.terminology import Terminology


def dosing_record(
    question: DosingQuestion, chart: Chart, as_of: datetime, terminology: Terminology
) -> DosingRecord:
    """What the chart tells a model of one drug until `as_of` (timezone-aware).

    A function of the set of resources: their order changes nothing but paths (H-016). Raises
    `UnknownSource` for something in `question.person` that the Patient resource does not tell.
    """
    levels, doubts = measured_levels(question, chart, as_of)
    doses, issues = dose_history(question, chart, as_of, terminology)
    records, more = covariates(question, chart, as_of)
    last = max((level.at for level in levels), default=None)
    about_doses = (judged(issue, last, question.since) for issue in issues)
    found = [*doubts, *(doubt for doubt in about_doses if doubt), *beside_doses(levels, doses), *more]
    answer = DosingRecord(doses, levels, records, tuple(sorted(found, key=_order)))
    if chart.tolerated is None:
        return answer
    return _compared(answer, dosing_record(question, chart.tolerated, as_of, terminology))


def _compared(answer: DosingRecord, tolerated: DosingRecord) -> DosingRecord:
    """After strict intake: what the refused resources would change is open."""
    if _said(answer) == _said(tolerated):
        return answer
    what = "A resource that strict intake refused tells of doses or levels."
    refused = Doubt(DoubtKind.REFUSED, "Bundle", what, "No fit is made without them.", True)
    return replace(answer, doubts=(refused, *answer.doubts))


def _said(record: DosingRecord) -> tuple[object, ...]:
    open_doubts = {(doubt.kind, doubt.path) for doubt in record.doubts if doubt.blocks}
    return record.doses, record.levels, open_doubts


def _order(doubt: Doubt) -> tuple[bool, str, str, str]:
    return (not doubt.blocks, doubt.kind, doubt.what, doubt.path)

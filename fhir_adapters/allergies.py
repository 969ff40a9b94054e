"""Facts from AllergyIntolerances. An empty list is never a "no": only somebody who asked can say that."""

from __future__ import annotations

from dsl.values import Datum, Fact, Reason, known, missing
from fhir_adapters.chart import Chart
from fhir_adapters.conditions import Standing, status_codes
from fhir_adapters.evidence import datum, in_order
from fhir_adapters.prefetch import KeyState, PrefetchKey
from fhir_adapters.reading import RXNORM, codings, words
from fhir_adapters.references import Entry
from fhir_adapters.terminology import Coding, Terminology

_SNOMED = "http://snomed.info/sct"
_ABSENT = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
_NONE_KNOWN = frozenset(
    {
        Coding(_SNOMED, "716186003"),
        Coding(_SNOMED, "409137002"),
        Coding(_ABSENT, "no-known-allergies"),
        Coding(_ABSENT, "no-known-medication-allergies"),
    }
)
"""No known allergy and no known allergy to drugs, as the International Patient Summary writes them."""


def allergy_fact(name: str, chart: Chart, terminology: Terminology) -> Fact:
    """The fact of an input `from allergy DRUG`.

    True for an active entry about the drug; false only if the list is complete and says that no allergy is
    known, or that this one was refuted, and nothing else is open. A substance that cannot be identified is
    open: it may be the drug.
    """
    standings: set[Standing] = set()
    denied = False
    reasons: set[Reason] = set()
    data: list[Datum] = []
    for entry in chart.of_types("AllergyIntolerance"):
        standing = _standing(entry)
        if standing is None:
            continue
        concept = entry.resource.get("code")
        if not _NONE_KNOWN.isdisjoint(codings(concept)):
            denied |= standing is Standing.HOLDS and entry.readable_subject
            data.append(datum(entry, "none known", None if entry.readable_subject else Reason.SUBJECT))
            continue
        about = _is_about(name, entry, terminology)
        if about is False or (about is None and standing is Standing.REFUTED):
            continue
        if not entry.readable_subject:
            reason: Reason | None = Reason.SUBJECT
        elif about is None:
            reason = Reason.NO_VALUE
        else:
            standings.add(standing)
            reason = Reason.STATUS if standing is Standing.UNSETTLED else None
        reasons |= {reason} if reason else set()
        data.append(datum(entry, name if about else "", reason))
    listed = in_order(data)
    if Standing.HOLDS in standings:
        return known(True, *listed)
    for reason in (Reason.STATUS, Reason.SUBJECT, Reason.NO_VALUE):
        if reason in reasons:
            return missing(reason, *listed)
    complete = chart.states[PrefetchKey.ALLERGIES] is KeyState.COMPLETE
    if complete and (denied or Standing.REFUTED in standings):
        return known(False, *listed)
    return missing(Reason.MISSING, *listed, explanation="the list of allergies is not known to be complete")


def _standing(entry: Entry) -> Standing | None:
    verification = status_codes(entry, "verificationStatus")
    if verification == {"entered-in-error"}:
        return None
    if verification == {"refuted"}:
        return Standing.REFUTED
    clinical = status_codes(entry, "clinicalStatus")
    # An unconfirmed allergy counts: nobody waits for its proof before heeding it.
    heeded = verification is None or verification <= {"confirmed", "unconfirmed", "presumed"}
    return Standing.HOLDS if heeded and clinical in (None, {"active"}) else Standing.UNSETTLED


def _is_about(name: str, entry: Entry, terminology: Terminology) -> bool | None:
    """Whether an entry is about the drug; None if its substance cannot be told."""
    concept = entry.resource.get("code")
    listed = codings(concept)
    found = [each for coding in listed if (each := terminology.drug_of_coding(coding)) is not None]
    found += [each for text in words(concept) if (each := terminology.drug_of_text(text)) is not None]
    named = [each for each in found if name in each.drugs]
    if named:
        # Which ingredient of a combination is not borne, the entry does not say.
        return None if all(each.combined for each in named) else True
    return False if found or any(coding.system == RXNORM for coding in listed) else None

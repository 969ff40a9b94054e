"""What strict intake refuses: judged by fhir.resources, and by what it lets pass."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest

from fhir_adapters import StrictUnavailable
from fhir_adapters.intake import nonconformities
from fhir_adapters.references import Entry
from tests.fhir_adapters.example import (
    Json,
    amount,
    concept,
    condition,
    medication_request,
    observation,
    patient,
    platelets,
    weight,
)

CANARY = "Zuckerkandl"
_ABSENT = [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
TEXT_STATUS = {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>x</div>"}


def faults(resource: Json) -> list[tuple[str, str]]:
    """Code and place below the resource; nothing that was received is in a sentence or a path."""
    found = nonconformities(Entry("entry[3].resource", resource))
    assert all(CANARY not in fault.sentence + fault.path for fault in found)
    return [(fault.code, fault.path.removeprefix("entry[3].resource").lstrip(".")) for fault in found]


@pytest.mark.parametrize(
    "resource",
    [
        weight(),
        weight("68.250"),
        weight("0." + "1" * 60),
        weight(effectiveDateTime="2026-11"),
        weight(effectiveDateTime="2026-11-18T23:30:00.125-05:00"),
        weight(contained=[patient()], category=[concept("vital-signs")]),
        weight(_status={"extension": [{"url": "http://x.example", "valueString": "y"}]}),
        weight(extension=[{"url": "http://x.example", "valueDecimal": Decimal("1.50")}]),
        observation("X", component=[{"code": concept("Y"), "valueQuantity": amount(5, comparator="<")}]),
        platelets(code="10*9/L"),
        condition("1", verification="confirmed"),
        medication_request(),
        patient(text=TEXT_STATUS, name=[{"family": CANARY}], birthDate="1963"),
        patient(deceasedDateTime="2026-01-01T10:00:00Z", multipleBirthInteger=2),
        patient(photo=[{"data": "aGVsbG8="}]),
        {
            name: value
            for name, value in weight(_status={"id": "x", "extension": _ABSENT}).items()
            if name != "status"
        },
        {"resourceType": "Encounter", "status": 5, "zzz": 1},
        {"resourceType": CANARY},
    ],
)
def test_what_conforms(resource: Json) -> None:
    """H-022: extensions, partial dates and what no fact comes from are no faults."""
    assert faults(resource) == []


@pytest.mark.parametrize(
    ("resource", "code", "place"),
    [
        (weight(effectiveDateTime="2026-11-18T09:00:00"), "no-offset", "effectiveDateTime"),
        (weight(when=None, effectivePeriod={"end": "2026-11-18T09:00"}), "no-offset", "effectivePeriod.end"),
        (weight(issued="2026-11-18T09:00:00"), "no-offset", "issued"),
        (weight(effectiveDateTime=CANARY), "not-conformant", "effectiveDateTime"),
        (weight(status=CANARY), "value-set", "status"),
        (weight(status=None), "status-absent", "status"),
        (weight(valueQuantity={"value": 1, "comparator": CANARY}), "value-set", "valueQuantity.comparator"),
        (weight(valueQuantity={"value": "68"}), "not-conformant", "valueQuantity.value"),
        (weight(valueQuantity={"value": CANARY}), "not-conformant", "valueQuantity.value"),
        (weight(valueString="x"), "not-conformant", ""),
        (weight(category={"text": "x"}), "not-conformant", "category"),
        (weight(subject=f'{{"display": "{CANARY}"}}'), "not-conformant", "subject"),
        (weight(Zuckerkandl=1), "not-conformant", ""),
        (weight(note=[{"text": "x", "Zuckerkandl": 1}]), "not-conformant", "note[0]"),
        (weight(contained=[{"resourceType": CANARY}]), "not-conformant", ""),
        (weight(contained=[{"resourceType": None}]), "not-conformant", ""),
        (weight(contained=[{"resourceType": [CANARY]}]), "not-conformant", ""),
        (weight(_status="null"), "not-conformant", ""),
        (weight(effectiveDateTime=0), "not-conformant", "effectiveDateTime"),
        (patient(multipleBirthInteger=True), "not-conformant", "multipleBirthInteger"),
        (weight(contained=[patient(gender=5)]), "not-conformant", "contained[0].gender"),
        (weight(id=f"{CANARY} {CANARY}"), "not-conformant", "id"),
        (patient(gender="F"), "value-set", "gender"),
        (patient(deceasedBoolean="true"), "not-conformant", "deceasedBoolean"),
        (patient(birthDate="1963-02-30"), "not-conformant", "birthDate"),
        (medication_request(intent=None), "intent-absent", "intent"),
        (medication_request(medicationCodeableConcept=None), "not-conformant", ""),
        (condition("1", subject=None), "not-conformant", "subject"),
        (condition("1", clinicalStatus=concept("active", "http://x.example")), "value-set", "clinicalStatus"),
        ({"resourceType": "Medication", "code": [CANARY]}, "not-conformant", "code"),
    ],
)
def test_what_does_not_conform(resource: Json, code: str, place: str) -> None:
    """H-012, H-022: one fault, at its exact place, in words of ours."""
    assert faults(resource) == [(code, place)]


def test_an_r5_order_is_no_r4_order() -> None:
    """H-021: refused aloud, not half-read."""
    shaped = medication_request(medication={"concept": concept("1918231")})
    del shaped["medicationCodeableConcept"]
    assert ("not-conformant", "") in faults(shaped)


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fhir.resources.R4B", None)
    with pytest.raises(StrictUnavailable, match=r"bespoke-cds\[strict\]"):
        faults(weight())


def test_the_adapters_do_not_load_the_library() -> None:
    """It takes as long to load as everything else together."""
    code = "import sys, fhir_adapters; sys.exit(any(name.split('.')[0] == 'fhir' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

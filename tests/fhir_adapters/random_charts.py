"""Random charts as record systems send them: mostly sound, often odd, sometimes damaged.

Everything comes from one `Random`, so that a seed is a chart. Codes, alleles and units are those of the
bundled knowledge base and of a few things that it does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

from tests.fhir_adapters.example import SNOMED, Json, amount, concept
from tests.fhir_adapters.example import bundle as searchset

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
BASE = "https://ehr.example.org/fhir"
LISTS = ("pgx", "medications", "conditions", "labs")
KEYS = ("patient", *LISTS)

_T = TypeVar("_T")

_OBSERVED = {
    "29463-7": (20, 160, ("kg", "g", "[lb_av]")),
    "3141-9": (20, 160, ("kg", "g")),
    "777-3": (20, 400, ("10*3/uL", "10*9/L", "/uL")),
    "26515-7": (100, 200, ("10*3/uL", "/uL")),
    "1975-2": (0, 6, ("mg/dL", "g/L", "umol/L")),
    "14631-6": (1, 90, ("umol/L", "mmol/L")),
    "2160-0": (0, 3, ("mg/dL",)),
}
"""Code to the least and greatest usual value in its first unit, and the units that it is written in."""
SCALES = {
    "kg": Decimal(1), "g": Decimal(1000), "[lb_av]": Decimal(2),
    "10*3/uL": Decimal(1), "10*9/L": Decimal(1), "/uL": Decimal(1000),
    "mg/dL": Decimal(1), "g/L": Decimal("0.01"), "umol/L": Decimal(17), "mmol/L": Decimal("0.017"),
}  # fmt: skip
_GENES = {"CYP2C19": "HGNC:2621", "TPMT": "HGNC:12014", "NUDT15": "HGNC:23063"}
_DIPLOTYPES = (
    "*1/*1", "*1/*2", "*2/*2", "*1/*17", "*2/*17", "*1/*3A", "*3A/*3C", "*1/*3", "*3/*3", "*1/*2 or *2/*3",
    "*1/*99", "*2/?", "*1xN/*2", "*1.001/*2.002", "not called", "",
)  # fmt: skip
_ANSWERS = ("LA9657-3", "LA10317-8", "LA25391-6", "LA10315-2", "LA25390-8", "LA11884-6", "LA0")
_WORDINGS = ("Poor Metabolizer", "Normal Metabolizer (*1/*1)", "intermediate metabolizer", "see report")
_INTERPRETATIONS = {"CYP2C19": "79714-2", "TPMT": "79713-4", "NUDT15": "93194-9"}
_DIAGNOSES = (
    "394659003", "401303003", "422504002", "230690007", "53741008", "91857003", "363443007", "38341003",
)  # fmt: skip
_DRUGS = ("1918231", "32968", "309362", "103", "613391", "1116632", "860975", "999999999")
_ORDERED = ("1918231", "32968", "103")
_UNUSUAL = ("amended", "corrected", "preliminary", "cancelled", "entered-in-error", "bogus")
_STATUSES = ("final",) * 12 + _UNUSUAL
_ODD_AMOUNTS: tuple[Json, ...] = (
    {"comparator": "<"}, {"comparator": ">="}, {"comparator": "~"}, {"code": "K/uL"}, {"unit": "lb"},
    {"system": "urn:local"}, {"code": "lbs", "system": None}, {"value": None}, {"value": Decimal("1E+9")},
)  # fmt: skip
_ODD_SUBJECTS: tuple[Json, ...] = (
    {}, {"reference": "Patient/p2"}, {"reference": "Group/g"}, {"display": "x"}, {"reference": "#p"},
)  # fmt: skip
_SUBJECTS = ("Patient/p1", f"{BASE}/Patient/p1", "Patient/p1/_history/2")
_HGNC = "http://www.genenames.org"
_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_ODD: tuple[Any, ...] = (
    [],
    {},
    "",
    "x",
    0,
    -1,
    True,
    None,
    [None],
    [[]],
    {"coding": 5},
    "2026-99",
    Decimal("1E-300"),
    "#x",
)


@dataclass(frozen=True)
class RandomChart:
    """The prefetch of a call and its draft orders."""

    prefetch: Json
    drafts: Json


def random_chart(seed: str) -> RandomChart:
    """The chart of a seed."""
    return _Maker(Random(seed)).chart()


def addition(seed: str) -> tuple[str, Json]:
    """A sound entry of this patient that no chart has, and the key that it belongs to."""
    maker = _Maker(Random(seed))
    key, make = maker.pick(
        (
            ("labs", maker.laboratory),
            ("pgx", maker.genetic),
            ("conditions", maker.condition),
            ("medications", maker.medication),
        )
    )
    return key, make() | {"id": "added", "subject": {"reference": "Patient/p1"}}


def damaged(value: Any, random: Random) -> None:
    """Puts something odd in one random place below an object or list that is not empty."""
    while isinstance(value, dict | list) and value:
        place = random.choice(sorted(value)) if isinstance(value, dict) else random.randrange(len(value))
        below = value[place]
        if not isinstance(below, dict | list) or not below or random.random() < 0.15:
            value[place] = random.choice(_ODD)
            return
        value = below


class _Maker:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.made = 0

    def pick(self, choices: Sequence[_T]) -> _T:
        return self.random.choice(choices)

    def often(self, share: float) -> bool:
        return self.random.random() < share

    def chart(self) -> RandomChart:
        prefetch: Json = {"patient": self.patient()}
        for key, make, most in (
            ("pgx", self.genetic, 4),
            ("medications", self.medication, 4),
            ("conditions", self.condition, 4),
            ("labs", self.laboratory, 8),
        ):
            prefetch[key] = searchset(*self.several(make, most))
        prefetch["pgx"]["entry"] += [{"resource": each} for each in self.haplotypes()] * self.often(0.15)
        prefetch["pgx"]["total"] = len(prefetch["pgx"]["entry"])
        if self.often(0.15):
            prefetch[self.pick(KEYS)] = None
        if self.often(0.1):
            del prefetch[self.pick(KEYS)]
        if self.often(0.05):
            prefetch[self.pick(LISTS)] = {"resourceType": "OperationOutcome"}
        drafts = searchset(*(self.draft() for _ in range(self.pick((1, 1, 1, 2, 3)))), type="collection")
        if self.often(0.35):
            damaged(prefetch, self.random)
        if self.often(0.1):
            damaged(drafts, self.random)
        return RandomChart(prefetch, drafts)

    def several(self, make: Callable[[], Json], most: int) -> list[Json]:
        made = [make() for _ in range(self.random.randint(0, most))]
        return [*made, self.pick(made)] if made and self.often(0.15) else made

    def resource(self, kind: str) -> Json:
        self.made += 1
        # Now and then two resources go by one name.
        number = self.random.randint(1, self.made) if self.often(0.05) else self.made
        found: Json = {"resourceType": kind, "id": f"r{number}"}
        if not self.often(0.97):
            found["subject"] = self.pick(_ODD_SUBJECTS)
        elif self.often(0.97):
            found["subject"] = {"reference": self.pick(_SUBJECTS)}
        if self.often(0.02):
            found["modifierExtension"] = [{"url": "http://example.org/not"}]
        return found

    def time(self) -> str | None:
        moment = AS_OF - timedelta(hours=self.pick((1, 20, 24, 300, 700, 721, 2100, 2200, 9000)))
        offset = self.pick(("Z", "Z", "+01:00", "-05:00", ""))
        days = tuple(moment.strftime(form) for form in ("%Y-%m-%d", "%Y-%m", "%Y"))
        exact = (moment.strftime(f"%Y-%m-%dT%H:%M:%S{offset}"),) * 6
        return self.pick((*exact, *days, "2026-11-25", "2026-11-20T12:04:00Z", "yesterday", None))

    def observation(self, code: str) -> Json:
        found = self.resource("Observation") | {"status": self.pick(_STATUSES), "code": concept(code)}
        when = self.time()
        return found | ({} if when is None else {"effectiveDateTime": when})

    def laboratory(self) -> Json:
        code = self.pick(tuple(_OBSERVED))
        least, most, units = _OBSERVED[code]
        found = self.observation(code)
        value = Decimal(self.random.randint(least * 1000, most * 1000)) / 1000
        if self.often(0.3):
            value = Decimal(self.pick(("77", "76.999", "150", "149.999", "1.5")))
        unit = self.pick(units)
        scale = SCALES[unit] / SCALES[units[0]]
        found["valueQuantity"] = amount(value * scale, unit)
        if self.often(0.08):
            found["valueQuantity"] |= self.pick(_ODD_AMOUNTS)
        if self.often(0.6):
            found["referenceRange"] = [{"high": amount(Decimal("1.2") * scale, unit)}]
        if self.often(0.03):
            found["dataAbsentReason"] = concept("error")
        return found

    def genetic(self) -> Json:
        symbol = self.pick(tuple(_GENES))
        if self.often(0.3):
            found = self.observation(_INTERPRETATIONS[symbol])
            answer = concept(self.pick(_ANSWERS)) if self.often(0.6) else {"text": self.pick(_WORDINGS)}
            if self.often(0.5):
                found["derivedFrom"] = [{"reference": f"Observation/r{max(self.made - 1, 1)}"}]
            return found | {"valueCodeableConcept": answer}
        found = self.observation("84413-4")
        text = self.pick(_DIPLOTYPES)
        found["valueCodeableConcept"] = {"text": f"{symbol} {text}" if self.often(0.6) else text}
        if self.often(0.9):
            named = [symbol] if self.often(0.95) else list(_GENES)
            found["component"] = [
                {
                    "code": concept("48018-6"),
                    "valueCodeableConcept": concept(_GENES[each], _HGNC),
                }
                for each in named
            ]
        if self.often(0.2):
            score = {"code": {"text": "activity score"}, "valueQuantity": amount(self.pick((0, 1, 2)), "1")}
            found.setdefault("component", []).append(score)
        return found

    def haplotypes(self) -> list[Json]:
        studied = {
            "code": concept("48018-6"),
            "valueCodeableConcept": concept("HGNC:12014", _HGNC),
        }
        parts = [
            self.observation("84414-2") | {"valueString": allele, "component": [studied]}
            for allele in (self.pick(("*1", "*2")), self.pick(("*3A", "*1", "?")))
        ]
        parents = [{"reference": f"Observation/{part['id']}"} for part in parts]
        return [*parts, self.observation("84413-4") | {"derivedFrom": parents, "component": [studied]}]

    def condition(self) -> Json:
        found = self.resource("Condition") | {"code": concept(self.pick(_DIAGNOSES), SNOMED)}
        status = self.pick(("active",) * 6 + ("recurrence", "inactive", "resolved", "", None))
        if status is not None:
            found["clinicalStatus"] = concept(
                status, "http://terminology.hl7.org/CodeSystem/condition-clinical"
            )
        verified = self.pick(("confirmed",) * 6 + ("refuted", "provisional", "entered-in-error", None))
        if verified is not None:
            found["verificationStatus"] = concept(verified, _VERIFICATION)
        return found

    def medication(self) -> Json:
        found = self.resource(self.pick(("MedicationRequest",) * 4 + ("MedicationStatement",)))
        found["status"] = self.pick(("active",) * 5 + ("completed", "stopped", "draft", "on-hold", "unknown"))
        found["intent"] = self.pick(("order",) * 6 + ("plan",))
        return found | self.named_drug(_DRUGS)

    def named_drug(self, drugs: Sequence[str]) -> Json:
        rxnorm = "http://www.nlm.nih.gov/research/umls/rxnorm"
        named = concept(self.pick(drugs), rxnorm)
        if self.often(0.8):
            return {"medicationCodeableConcept": named}
        if self.often(0.5):
            inside = {"resourceType": "Medication", "id": "m", "code": named}
            return {"contained": [inside], "medicationReference": {"reference": "#m"}}
        return {"medicationCodeableConcept": {"text": self.pick(("clopidogrel", "niraparib", "a drug", ""))}}

    def draft(self) -> Json:
        found = self.resource("MedicationRequest") | {"status": "draft", "intent": "order"}
        found |= {"subject": {"reference": "Patient/p1"}} | self.named_drug(_ORDERED)
        if self.often(0.4):
            found["dosageInstruction"] = [
                {
                    "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                    "doseAndRate": [
                        {"doseQuantity": amount(self.pick((75, 200, 300, Decimal("0.2"))), "mg")}
                    ],
                }
            ]
        if self.often(0.3):
            found["reasonCode"] = [concept(self.pick(_DIAGNOSES), SNOMED)]
        return found

    def patient(self) -> Json:
        found: Json = {
            "resourceType": "Patient",
            "id": "p1",
            "gender": self.pick(("female", "female", "male", "x")),
        }
        born = self.pick(("1963-09-09",) * 6 + ("2008-11-20", "2008", "2008-11", "1800", "2030-01-01", None))
        if born is not None:
            found["birthDate"] = born
        if self.often(0.03):
            found |= self.pick(
                ({"deceasedBoolean": True}, {"deceasedDateTime": "2026"}, {"deceasedDateTime": "x"})
            )
        return found

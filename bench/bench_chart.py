"""JSON bytes to the facts of all rules in force in the medication service, beside the quickest way there.

The yardstick is `orjson.loads` of the same bytes and a hand-written extraction of the same facts: the newest
value by the text of its time, floats, one table look-up for a genotype. It trusts what it reads: it has no
reasons, no provenance, no check of status beyond equality, of units beyond a table, of duplicates or of time.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from dsl.model import Input
from dsl.values import Fact, Quantity
from fhir_adapters import chart_of_bundle, gather, load_json
from kb import KnowledgeBase, load

Possible = tuple[object, ...]

ROUNDS = 400
BOUND = 4.0
STRETCH = 2.5
AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
GENES = "http://www.genenames.org/geneId"
TERMS = "http://terminology.hl7.org/CodeSystem"

LABORATORY = (
    ("29463-7", "Body weight", "kg", ("71.4", "70.5", "72.0")),
    ("777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL", ("182", "149", "210", "201")),
    ("1975-2", "Bilirubin.total [Mass/volume] in Serum or Plasma", "mg/dL", ("1.8", "0.7")),
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", ("0.92",)),
    ("2951-2", "Sodium [Moles/volume] in Serum or Plasma", "mmol/L", ("139",)),
    ("2823-3", "Potassium [Moles/volume] in Serum or Plasma", "mmol/L", ("4.1",)),
    ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", ("11.2",)),
    ("1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum", "U/L", ("23",)),
    ("1920-8", "Aspartate aminotransferase [Enzymatic activity/volume] in Serum", "U/L", ("21",)),
)
GENOTYPES = (
    ("CYP2C19", "HGNC:2621", "*1/*2"),
    ("TPMT", "HGNC:12014", "*1/*3A"),
    ("NUDT15", "HGNC:23063", "*1/*1"),
)
CONDITIONS = (
    ("394659003", "Acute coronary syndrome"),
    ("230690007", "Cerebrovascular accident"),
    ("38341003", "Hypertensive disorder, systemic arterial"),
    ("44054006", "Diabetes mellitus type 2"),
)
MEDICATIONS = (
    ("860975", "24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet"),
    ("314076", "lisinopril 10 MG Oral Tablet"),
    ("617312", "atorvastatin 20 MG Oral Tablet"),
    ("243670", "aspirin 81 MG Oral Tablet"),
    ("866924", "metoprolol tartrate 25 MG Oral Tablet"),
    ("1918231", "niraparib"),
    ("312615", "prednisone 20 MG Oral Tablet"),
)


def concept(system: str, code: str, display: str) -> dict[str, object]:
    """A CodeableConcept with one coding and its text."""
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def common(kind: str, identifier: str) -> dict[str, object]:
    """The members that every resource of the patient has."""
    meta = {"versionId": "1", "lastUpdated": "2026-11-18T09:12:44Z"}
    return {"resourceType": kind, "id": identifier, "meta": meta, "subject": {"reference": "Patient/p1"}}


def observation(identifier: str, when: str, code: str, display: str) -> dict[str, object]:
    """A laboratory result without its value."""
    category = concept(f"{TERMS}/observation-category", "laboratory", "Laboratory")
    return {
        **common("Observation", identifier),
        "status": "final",
        "category": [category],
        "code": concept(LOINC, code, display),
        "encounter": {"reference": "Encounter/e1"},
        "effectiveDateTime": when,
    }


def resources() -> list[dict[str, object]]:
    """One Patient, 15 results, 3 genotypes, 4 diagnoses and 7 medications, as in an answer to a prefetch."""
    found: list[dict[str, object]] = [
        {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1963-09-09"}
    ]
    for code, display, unit, values in LABORATORY:
        for age, value in enumerate(values):
            amount = {
                "value": float(value),
                "unit": unit,
                "system": "http://unitsofmeasure.org",
                "code": unit,
            }
            result = observation(f"lab-{code}-{age}", f"2026-11-{18 - 3 * age:02d}T08:30:00Z", code, display)
            limits = {"referenceRange": [{"high": amount | {"value": 1.2}}]} if unit == "mg/dL" else {}
            found.append({**result, "valueQuantity": amount, **limits})
    for symbol, hgnc, diplotype in GENOTYPES:
        studied = {
            "code": concept(LOINC, "48018-6", "Gene studied [ID]"),
            "valueCodeableConcept": concept(GENES, hgnc, symbol),
        }
        result = observation(f"genotype-{symbol}", "2025-06-01", "84413-4", "Genotype display name")
        text = {"text": f"{symbol} {diplotype}"}
        found.append({**result, "valueCodeableConcept": text, "component": [studied]})
    for code, display in CONDITIONS:
        found.append(
            {
                **common("Condition", f"condition-{code}"),
                "clinicalStatus": concept(f"{TERMS}/condition-clinical", "active", "Active"),
                "verificationStatus": concept(f"{TERMS}/condition-ver-status", "confirmed", "Confirmed"),
                "code": concept(SNOMED, code, display),
            }
        )
    for code, display in MEDICATIONS:
        found.append(
            {
                **common("MedicationRequest", f"order-{code}"),
                "status": "active",
                "intent": "order",
                "medicationCodeableConcept": concept(RXNORM, code, display),
                "authoredOn": "2026-10-02",
                "dosageInstruction": [
                    {
                        "text": "1 tablet by mouth daily",
                        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                    }
                ],
            }
        )
    return found


def body() -> bytes:
    """The Bundle as a server sends it."""
    base = "https://ehr.example.org/fhir"
    entries = [
        {
            "fullUrl": f"{base}/{each['resourceType']}/{each['id']}",
            "resource": each,
            "search": {"mode": "match"},
        }
        for each in resources()
    ]
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}
    return json.dumps(bundle, separators=(",", ":")).encode()


# ---------------------------------------------------------------- the yardstick
class QuickReader:
    """What one would write who needs these facts and trusts what comes."""

    def __init__(self, knowledge: KnowledgeBase, inputs: tuple[Input, ...]) -> None:
        self.observables = {
            code.code: item.source.name
            for item in inputs
            if item.source.kind == "observation"
            for code in knowledge.observable(item.source.name).codes
        }
        self.factors = {
            "kg": 1.0,
            "g": 0.001,
            "[lb_av]": 0.45359237,
            "10*3/uL": 1.0,
            "10*9/L": 1.0,
            "mg/dL": 1.0,
        }
        self.genes = {gene.hgnc: gene.symbol for gene in knowledge.genes()}
        self.phenotypes = {
            f"{gene.symbol} {one}/{other}": gene.phenotypes(f"{one}/{other}")
            for gene in knowledge.genes()
            for one in gene.functions
            for other in gene.functions
        }
        self.conditions = {
            item.source.name: knowledge.condition_set(item.source.name)
            for item in inputs
            if item.source.kind == "condition"
        }
        self.condition_codes = {
            (system, code): name for name, each in self.conditions.items() for system, code in each.codes
        }
        self.indications = [item.source.name for item in inputs if item.source.kind == "indication"]
        self.indication_codes: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for name in self.indications:
            for member, wanted in knowledge.indications(name).items():
                for system, code in wanted.codes:
                    self.indication_codes.setdefault((system, code), []).append((name, member))
        self.drugs = {code.code: min(what.drugs) for code, what in knowledge.drug_index.codes.items()}
        self.medications = [item.source.name for item in inputs if item.source.kind == "medication"]

    def read(self, data: bytes) -> dict[tuple[str, str], Possible]:
        """Kind and name of an input to its possible values; without any there is none."""
        found: dict[tuple[str, str], Possible] = {}
        newest: dict[str, tuple[str, float]] = {}
        held: dict[str, set[str]] = {name: set() for name in self.indications}
        taken = set()
        for entry in orjson.loads(data)["entry"]:
            resource = entry["resource"]
            kind = resource["resourceType"]
            if kind == "Observation":
                if resource["status"] not in ("final", "amended", "corrected"):
                    continue
                for coding in resource["code"]["coding"]:
                    if coding["system"] != LOINC:
                        continue
                    code = coding["code"]
                    name = self.observables.get(code)
                    if name is not None:
                        quantity = resource["valueQuantity"]
                        value = quantity["value"] * self.factors[quantity["code"]]
                        if name == "total_bilirubin":
                            high = resource["referenceRange"][0]["high"]
                            value /= high["value"] * self.factors[high["code"]]
                        when = resource["effectiveDateTime"]
                        if name not in newest or when > newest[name][0]:
                            newest[name] = (when, value)
                    elif code == "84413-4":
                        for component in resource["component"]:
                            if component["code"]["coding"][0]["code"] == "48018-6":
                                symbol = self.genes[component["valueCodeableConcept"]["coding"][0]["code"]]
                                text = resource["valueCodeableConcept"]["text"]
                                found["phenotype", symbol] = self.phenotypes[text]
            elif kind == "Condition":
                if resource["clinicalStatus"]["coding"][0]["code"] != "active":
                    continue
                for coding in resource["code"]["coding"]:
                    key = (coding["system"], coding["code"])
                    if key in self.condition_codes:
                        found["condition", self.condition_codes[key]] = (True,)
                    for name, member in self.indication_codes.get(key, ()):
                        held[name].add(member)
            elif kind == "MedicationRequest":
                if resource["status"] == "active":
                    for coding in resource["medicationCodeableConcept"]["coding"]:
                        if coding["system"] == RXNORM:
                            taken.add(self.drugs.get(coding["code"]))
            elif kind == "Patient":
                born = datetime.fromisoformat(resource["birthDate"])
                age = AS_OF.year - born.year - ((AS_OF.month, AS_OF.day) < (born.month, born.day))
                found["patient", "age"] = (age,)
        for name, (_, value) in newest.items():
            found["observation", name] = (value,)
        for name in self.medications:
            found["medication", name] = (name in taken,)
        for name, members in held.items():
            if len(members) == 1:
                found["indication", name] = tuple(members)
        return found


def same(fact: Fact, quick: Possible) -> bool:
    """Whether both readers found the same."""
    ours = [round(float(each.value), 9) if isinstance(each, Quantity) else each for each in fact.possible]
    return ours == [round(each, 9) if isinstance(each, float) else each for each in quick]


def microseconds(parts: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """The median of each part; all parts take turns, so that a disturbance hits all."""
    taken: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(ROUNDS):
        for name, part in parts.items():
            begin = time.perf_counter()
            part()
            taken[name].append((time.perf_counter() - begin) * 1e6)
    return {name: statistics.median(times) for name, times in taken.items()}


def main() -> None:
    """Measures and prints; the exit code says whether the bound held."""
    knowledge = load()
    inputs = {
        (item.source.kind.value, item.source.name): item
        for rule in knowledge.in_force(AS_OF.date(), fire_draft=False)
        for item in rule.inputs
    }
    # Two rules may give one name to different things.
    inputs = {key: replace(item, name=" ".join(key)) for key, item in inputs.items()}
    named = tuple(inputs.values())
    data = body()
    quick = QuickReader(knowledge, named)

    def ours() -> dict[str, Fact]:
        bundle: Any = load_json(data)
        return gather(named, chart_of_bundle(bundle), AS_OF, knowledge, None)

    loaded: Any = load_json(data)
    chart = chart_of_bundle(loaded)
    facts, quickly = ours(), quick.read(data)
    differing = [key for key, item in inputs.items() if not same(facts[item.name], quickly.get(key, ()))]
    if differing:
        sys.exit(f"  the readers differ about {differing}")
    taken = microseconds(
        {
            "orjson.loads": lambda: orjson.loads(data),
            "yardstick: orjson and extraction": lambda: quick.read(data),
            "strict load": lambda: load_json(data),
            "chart": lambda: chart_of_bundle(loaded),
            "facts of a chart": lambda: gather(named, chart, AS_OF, knowledge, None),
            "bytes to facts": ours,
        }
    )
    yardstick = taken["yardstick: orjson and extraction"]
    print(f"  {len(data)} bytes, {len(loaded['entry'])} resources, {len(named)} facts, median of {ROUNDS}")
    for name, each in taken.items():
        print(f"  {name:34} {each:7.0f} us, ratio {each / yardstick:5.2f}")
    ratio = taken["bytes to facts"] / yardstick
    verdict = "held" if ratio <= BOUND else "MISSED"
    print(f"  bound {verdict}: ratio {ratio:.2f}, at most {BOUND} (stretch {STRETCH})")
    if ratio > BOUND:
        sys.exit(1)


if __name__ == "__main__":
    main()

"""A small terminology and builders of resources for the tests of the adapters."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from dsl.model import Input, Source, SourceKind, WhenMissing
from dsl.syntax import Span
from dsl.types import BooleanType, EnumType, QuantityType, ValueType
from dsl.values import Fact, Quantity, quantity
from fhir_adapters import Chart, chart_of_prefetch, gather
from fhir_adapters.reading import LOINC, RXNORM, UCUM
from fhir_adapters.terminology import Coding, ConditionSet, Gene, Observable, Status, Variant

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
SNOMED = "http://snomed.info/sct"
ATC = "http://www.whocc.no/atc"
WITH_ASPIRIN, BOTH, RETIRED = "900001", "900002", "900003"
"""Made-up codes: clopidogrel with an unlisted drug, clopidogrel with niraparib, an old one of niraparib."""
PATIENT_ID = "p1"


@dataclass(frozen=True)
class ExampleObservable:
    name: str
    codes: frozenset[Coding]
    unit: str
    plausible: tuple[Quantity, Quantity]
    molar_mass: Quantity | None = None


class PlainGene:
    """A gene named by its symbol, of which nobody asks the activity score."""

    symbol: str

    @property
    def name(self) -> str:
        return self.symbol

    def score_of(self, diplotype: str) -> tuple[str, ...]:
        return ()

    def scores_between(self, least: Fraction, greatest: Fraction | None) -> tuple[str, ...]:
        return ()

    def scores_of_phenotype(self, phenotype: str) -> tuple[str, ...]:
        return ()

    def genotype_of(self, diplotype: str) -> tuple[str, ...]:
        return ()

    def genotypes_of_score(self, score: str) -> tuple[str, ...]:
        return ()

    def genotypes_of_phenotype(self, phenotype: str) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True)
class ExampleGene(PlainGene):
    symbol: str
    hgnc: str
    interpretation_codes: frozenset[Coding]
    functions: Mapping[str, str] = field(
        default_factory=lambda: {"*1": "n", "*2": "0", "*3": "0", "*3A": "0", "*17": "+"}
    )
    other_names: Mapping[str, str] = field(default_factory=dict)
    scores: Mapping[str, str] = field(default_factory=dict)

    @property
    def alleles(self) -> Mapping[str, str]:
        return {**{name: name for name in self.functions}, **self.other_names}

    def phenotypes_of_score(self, least: Fraction, greatest: Fraction | None) -> tuple[str, ...]:
        found = {
            phenotype
            for score, phenotype in self.scores.items()
            if least <= Fraction(score) and (greatest is None or Fraction(score) <= greatest)
        }
        return tuple(sorted(found))

    def phenotypes(self, diplotype: str) -> tuple[str, ...]:
        alleles = [self.functions.get(allele) for allele in diplotype.split("/")]
        if None in alleles or len(alleles) != 2:
            return ()
        none = alleles.count("0")
        return ("poor",) if none == 2 else ("intermediate",) if none else ("normal",)

    def phenotype_of_coding(self, coding: Coding) -> str | None:
        answers = {"LA9657-3": "poor", "LA10317-8": "intermediate", "LA25391-6": "normal"}
        return answers.get(coding.code) if coding.system == LOINC else None

    def phenotype_of_text(self, text: str) -> str | None:
        words = text.lower().removesuffix(" metabolizer")
        return words if words in ("poor", "intermediate", "normal") else None


@dataclass(frozen=True)
class ExampleConditions:
    name: str
    codes: frozenset[str]
    clinical_statuses: frozenset[str] | None = frozenset({"active", "recurrence"})

    def matches(self, coding: Coding) -> bool:
        return coding.system == SNOMED and coding.code in self.codes


@dataclass(frozen=True)
class ExampleStatus:
    codes: frozenset[Coding]
    yes: frozenset[Coding]
    no: frozenset[Coding]


@dataclass(frozen=True)
class ExampleVariant:
    symbol: str
    hgnc: str
    origin: str | None = None
    classes: frozenset[str] = frozenset({"pathogenic", "likely pathogenic"})
    changes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ExampleSignal:
    member: str | None
    explanation: str


@dataclass
class ExamplePathway:
    """Clopidogrel stops it but for PTPN11 that is found pathogenic, and for one change of MAP2K2."""

    genes: tuple[ExampleVariant, ...] = (
        ExampleVariant("PTPN11", "HGNC:9644"),
        ExampleVariant("MAP2K2", "HGNC:6842"),
    )
    drugs: frozenset[str] = frozenset({"clopidogrel", "ticagrelor"})
    reported: frozenset[str] = frozenset()
    """What it was told of last."""

    def under(
        self,
        drug: str,
        found: Iterable[tuple[str, str, str]],
        unclear: Iterable[tuple[str, str, str]],
        reported: Collection[str],
    ) -> ExampleSignal:
        self.reported = frozenset(reported)
        base = any(_leads_around(*each) for each in found)
        other = base or any(_leads_around(gene, said or "pathogenic", at) for gene, said, at in unclear)
        return ExampleSignal(None if base != other else "survives" if base else "stops", f"under {drug}")


def _leads_around(gene: str, meaning: str, change: str) -> bool:
    return (gene == "PTPN11" and "pathogenic" in meaning) or change == "p.Q60P"


PREGNANCY = ExampleStatus(
    frozenset({Coding(LOINC, "82810-3")}),
    frozenset({Coding(LOINC, "LA15173-0"), Coding(SNOMED, "77386006")}),
    frozenset({Coding(LOINC, "LA26683-5"), Coding(SNOMED, "60001007")}),
)


@dataclass(frozen=True)
class ExampleDrug:
    drugs: frozenset[str]
    combined: bool
    retired: bool

    @classmethod
    def of(cls, *drugs: str, combined: bool = False, retired: bool = False) -> ExampleDrug:
        return cls(frozenset(drugs), combined, retired)


class ExampleTerminology:
    """Pregnancy, weight, platelets, bilirubin, two genes, two conditions, two drugs."""

    def __init__(self) -> None:
        self.observables = {
            item.name: item
            for item in (
                _observable("weight", ("29463-7", "3141-9"), "kg", 20, 350),
                _observable("platelets", ("777-3", "26515-7"), "10*3/uL", 1, 3000),
                _observable("bilirubin", ("1975-2",), "mg/dL", 0, 60),
            )
        }
        self._genes = {
            gene.symbol: gene
            for gene in (
                ExampleGene("CYP2C19", "HGNC:2621", frozenset({Coding(LOINC, "79714-2")})),
                ExampleGene("TPMT", "HGNC:12014", frozenset({Coding(LOINC, "79713-4")})),
            )
        }
        self._variants = {
            "PTPN11": ExampleVariant("PTPN11", "HGNC:9644", "somatic"),
            "KRAS_G12C": ExampleVariant("KRAS", "HGNC:6407", changes=frozenset({"p.Gly12Cys"})),
        }
        self.cascade = ExamplePathway()
        self._conditions = {
            "acs": ExampleConditions("acs", frozenset({"394659003"})),
            "stroke": ExampleConditions("stroke", frozenset({"230690007"}), None),
        }

    def observable(self, name: str) -> Observable:
        return self.observables[name]

    def status(self, name: str) -> Status | None:
        return PREGNANCY if name == "pregnancy" else None

    def gene(self, symbol: str) -> Gene:
        return self._genes[symbol]

    def genes(self) -> Iterable[Gene]:
        return self._genes.values()

    def phenoconversion(self, gene: str, *, drafts: bool) -> None:
        return None

    def variant(self, name: str) -> Variant:
        return self._variants[name]

    def pathway(self, name: str) -> ExamplePathway:
        assert name == "cascade"
        return self.cascade

    def condition_set(self, name: str) -> ConditionSet:
        return self._conditions[name]

    def indications(self, name: str) -> dict[str, ConditionSet]:
        return dict(self._conditions)

    def outranked(self, name: str, members: Iterable[str]) -> frozenset[str]:
        return frozenset({"stroke"} if name == "ranked" and "acs" in members else ())

    def drug_of_coding(self, coding: Coding) -> ExampleDrug | None:
        clopidogrel, niraparib = ExampleDrug.of("clopidogrel"), ExampleDrug.of("niraparib")
        drugs = {
            Coding(RXNORM, "309362"): clopidogrel,
            Coding(RXNORM, "32968"): clopidogrel,
            Coding(ATC, "B01AC04"): clopidogrel,
            Coding(SNOMED, "386952008"): clopidogrel,
            Coding(RXNORM, "1918231"): niraparib,
            Coding(RXNORM, "197931"): ExampleDrug.of("mercaptopurine"),
            Coding(RXNORM, WITH_ASPIRIN): ExampleDrug.of("clopidogrel", combined=True),
            Coding(RXNORM, BOTH): ExampleDrug.of("clopidogrel", "niraparib", combined=True),
            Coding(RXNORM, RETIRED): ExampleDrug.of("niraparib", retired=True),
        }
        return drugs.get(coding)

    def may_mean(self, codings: Iterable[Coding], names: Iterable[str]) -> frozenset[str] | None:
        return frozenset() if any(coding.system == RXNORM for coding in codings) else None

    def drug_of_text(self, text: str) -> ExampleDrug | None:
        names = {
            "niraparib 100 mg oral capsule": ExampleDrug.of("niraparib"),
            "clopidogrel": ExampleDrug.of("clopidogrel"),
            "aspirin / clopidogrel": ExampleDrug.of("clopidogrel", combined=True),
        }
        return names.get(" ".join(text.lower().split()))


def _observable(name: str, codes: tuple[str, ...], unit: str, low: int, high: int) -> ExampleObservable:
    loinc = frozenset(Coding(LOINC, code) for code in codes)
    return ExampleObservable(name, loinc, unit, (quantity(low, unit), quantity(high, unit)))


TERMINOLOGY = ExampleTerminology()
_SPAN = Span("example.rule", 1, 1, 1, 2)
_TYPES: dict[str, ValueType] = {
    "weight": QuantityType("kg"),
    "platelets": QuantityType("10*3/uL"),
    "bilirubin": QuantityType("1"),
    "age": QuantityType("a"),
}


def rule_input(kind: str, name: str, days: int | None = None, *, over_upper_limit: bool = False) -> Input:
    """`input NAME from KIND NAME within DAYS`."""
    value_type = _TYPES.get(name, BooleanType())
    if kind in ("phenotype", "score", "genotype", "indication", "pathway"):
        value_type = EnumType("example", ("poor", "intermediate", "normal"))
    source = Source(SourceKind(kind), name, over_upper_limit)
    within = None if days is None else timedelta(days=days)
    own = f"{kind}_{name}" if kind in ("exposure", "allergy") else name
    return Input(own, value_type, source, within, False, WhenMissing.INFO, _SPAN)


INPUTS = (
    rule_input("observation", "weight", 90),
    rule_input("observation", "platelets", 30),
    rule_input("observation", "bilirubin", 30, over_upper_limit=True),
    rule_input("observation", "pregnancy", 30),
    rule_input("phenotype", "CYP2C19"),
    rule_input("phenotype", "TPMT"),
    rule_input("patient", "age"),
    rule_input("patient", "female"),
    rule_input("patient", "female_at_birth"),
    rule_input("patient", "female_typical"),
    rule_input("condition", "stroke"),
    rule_input("indication", "acs"),
    rule_input("medication", "niraparib"),
    rule_input("exposure", "niraparib"),
    rule_input("allergy", "niraparib"),
)

Json = dict[str, Any]


def concept(code: str, system: str = LOINC, **more: Any) -> Json:
    return {"coding": [{"system": system, "code": code, **more}]}


def observation(
    code: str, identifier: str = "o1", when: str | None = "2026-11-18T09:00:00Z", **more: Any
) -> Json:
    resource: Json = {
        "resourceType": "Observation",
        "id": identifier,
        "status": "final",
        "code": concept(code),
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
    }
    if when is not None:
        resource["effectiveDateTime"] = when
    return resource | more


def amount(value: object, code: str = "kg", **more: Any) -> Json:
    number = Decimal(value) if isinstance(value, str) else value
    return {"value": number, "unit": code, "system": UCUM, "code": code} | more


def weight(value: object = 68, code: str = "kg", identifier: str = "wt", **more: Any) -> Json:
    return observation("29463-7", identifier, **({"valueQuantity": amount(value, code)} | more))


def platelets(value: object = 210, code: str = "10*3/uL", identifier: str = "plt", **more: Any) -> Json:
    return observation("777-3", identifier, **({"valueQuantity": amount(value, code)} | more))


def genotype(text: str, identifier: str = "g1", hgnc: str | None = "HGNC:2621", **more: Any) -> Json:
    resource = observation("84413-4", identifier, valueCodeableConcept={"text": text})
    if hgnc:
        studied = concept(hgnc, "http://www.genenames.org")
        resource["component"] = [{"code": concept("48018-6"), "valueCodeableConcept": studied}]
    return resource | more


def phenotype(answer: str, identifier: str = "f1", code: str = "79714-2", **more: Any) -> Json:
    return observation(code, identifier, **({"valueCodeableConcept": concept(answer)} | more))


def condition(code: str, identifier: str = "c1", verification: str | None = None, **more: Any) -> Json:
    resource: Json = {
        "resourceType": "Condition",
        "id": identifier,
        "clinicalStatus": concept("active", "http://terminology.hl7.org/CodeSystem/condition-clinical"),
        "code": concept(code, SNOMED),
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
    }
    if verification:
        resource["verificationStatus"] = concept(
            verification, "http://terminology.hl7.org/CodeSystem/condition-ver-status"
        )
    return resource | more


def medication_request(
    code: str = "1918231", identifier: str = "rx1", status: str = "active", **more: Any
) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": identifier,
        "status": status,
        "intent": "order",
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
        "medicationCodeableConcept": concept(code, RXNORM),
    } | more


def patient(**more: Any) -> Json:
    return {"resourceType": "Patient", "id": PATIENT_ID, "gender": "female", "birthDate": "1963-09-09"} | more


def bundle(*resources: Json, **more: Any) -> Json:
    entries = [{"resource": resource, "search": {"mode": "match"}} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries} | more


def chart(*resources: Json, key: str = "labs", base_url: str | None = None, **prefetch: Any) -> Chart:
    """A chart with these resources under one key, all others answered with nothing found."""
    answers: Json = {"patient": patient(), "pgx": bundle(), "medications": bundle(), "conditions": bundle()}
    answers |= {"labs": bundle(), "exposure": bundle()} | {key: bundle(*resources)} | prefetch
    return chart_of_prefetch(PATIENT_ID, answers, base_url)


def fact(item: Input, on_file: Chart, as_of: datetime = AS_OF) -> Fact:
    return gather([item], on_file, as_of, TERMINOLOGY, None)[item.name]


def reference_folder(name: str) -> Path:
    """A folder of third-party files; skips the test when it is not there."""
    root = os.environ.get("BESPOKE_REFERENCE")
    if root is None or not (Path(root) / name).is_dir():
        pytest.skip(
            f"BESPOKE_REFERENCE names no folder with {name}: third-party files are not in this repository"
        )
    return Path(root) / name

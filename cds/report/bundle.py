"""A report as a FHIR R4 Bundle after the Genomics Reporting guide, STU3 (version 3.0.0).

Patient ─ results on file, an Observation each ─ Therapeutic Implications derived from them ─ report.
What is told of a gene is told again as it was reported; what follows for a drug names no phenotype, so that
whoever reads the Bundle never takes an implication for one more result. Identifiers follow from the content.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from uuid import NAMESPACE_URL, uuid5

from cds.report.model import Answer, DrugEntry, GeneEntry, Report, Seen, Severity
from cds.report.words import HEADINGS, caveats, for_whom, marks
from fhir_adapters import ADVICE

_GUIDE = "http://hl7.org/fhir/uv/genomics-reporting"
_TBD = f"{_GUIDE}/CodeSystem/tbd-codes-cs"
_LOINC = "http://loinc.org"
_ARTIFACT = "http://hl7.org/fhir/StructureDefinition/workflow-relatedArtifact"
_GENES = "http://www.genenames.org"
_PUBMED = "https://pubmed.ncbi.nlm.nih.gov"

_SILENT = frozenset({Severity.UNDECIDED, Severity.LISTED, Severity.OUTSIDE})
"""No implication follows: it is open, nobody has read it, or it is for others."""
_IDENTIFIER = re.compile(r"[A-Za-z0-9.-]{1,64}")
_REFERENCE = re.compile(r"Observation/[A-Za-z0-9.-]{1,64}")
_DATE_TIME = re.compile(r"\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?)?)?")
_GENDERS = ("male", "female", "other", "unknown")

Json = dict[str, object]


def as_bundle(report: Report) -> Json:
    """The Bundle, of type collection."""
    writer = _Writer(report)
    results = list(writer.results())
    implications = list(writer.implications())
    summary = writer.diagnostic_report([*results, *implications])
    others = [{"fullUrl": _url(each), "resource": each} for each in (*results, *implications, summary)]
    return {
        "resourceType": "Bundle",
        "id": writer.identifier("bundle"),
        "type": "collection",
        "timestamp": report.as_of.isoformat(),
        "entry": [{"fullUrl": writer.patient_url, "resource": writer.patient()}, *others],
    }


class _Writer:
    """Makes the resources of one report."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._urls: dict[str, list[str]] = {}
        """The results of each gene, by its name in rules: what implications are derived from."""
        self.patient_url = f"urn:uuid:{self.identifier('patient')}"

    def identifier(self, what: str) -> str:
        """A uuid that is the same for the same report."""
        seed = f"{self._report.digest} {self._report.as_of.isoformat()} {self._report.person.identifier}"
        return str(uuid5(NAMESPACE_URL, f"{seed} {what}"))

    def patient(self) -> Json:
        """The person, as far as what is on file has the form that FHIR wants."""
        person = self._report.person
        valid = _IDENTIFIER.fullmatch(person.identifier)
        found: Json = {
            "resourceType": "Patient",
            "id": person.identifier if valid else self.identifier("patient"),
        }
        if not valid and person.identifier:
            found["identifier"] = [{"value": person.identifier}]
        if person.name:
            found["name"] = [{"text": person.name}]
        if person.gender in _GENDERS:
            found["gender"] = person.gender
        if _is_date(person.born):
            found["birthDate"] = person.born
        return found

    def results(self) -> Iterator[Json]:
        """An Observation for each result that was used, once for all genes that stand for one symbol."""
        made: dict[tuple[str, str, str], Json] = {}
        for entry in self._report.genes:
            for seen in entry.results:
                if seen.unused or not seen.text:
                    continue
                key = (entry.gene.symbol, seen.kind, seen.text)
                if key not in made:
                    made[key] = self._result(entry, seen)
                    yield made[key]
                self._urls.setdefault(entry.gene.name, []).append(_url(made[key]))

    def _result(self, entry: GeneEntry, seen: Seen) -> Json:
        symbol = entry.gene.symbol
        studied = {
            "code": _coded(_LOINC, "48018-6", "Gene studied [ID]"),
            "valueCodeableConcept": _coded(_GENES, entry.gene.hgnc, symbol),
        }
        found = self._observation(f"{symbol} {seen.kind} {seen.text}", "final")
        if seen.kind == "genotype":
            found["meta"] = {"profile": [f"{_GUIDE}/StructureDefinition/genotype"]}
            found["code"] = _coded(_LOINC, "84413-4", "Genotype display name")
            found["valueCodeableConcept"] = {"text": seen.text}
        elif seen.kind == "score":
            found["code"] = {"text": f"{symbol} activity score"}
            found["valueString"] = seen.text
        else:
            found["code"] = {"text": f"{symbol} phenotype"}
            found["valueCodeableConcept"] = {"text": seen.text}
        if _DATE_TIME.fullmatch(seen.instant):
            found["effectiveDateTime"] = seen.instant
        origins = self._on_file(entry, seen)
        if origins:
            found["derivedFrom"] = origins
        found["component"] = [studied]
        return found

    def _on_file(self, entry: GeneEntry, seen: Seen) -> list[Json]:
        same = (each for each in entry.results if (each.kind, each.text) == (seen.kind, seen.text))
        named = dict.fromkeys(each.reference for each in same if _REFERENCE.fullmatch(each.reference))
        return [{"reference": reference} for reference in named]

    def implications(self) -> Iterator[Json]:
        """A Therapeutic Implication for each answer that rests on a result."""
        for entry in self._report.drugs:
            for answer in entry.answers:
                origins = dict.fromkeys(url for name in answer.genes for url in self._urls.get(name, ()))
                if answer.severity not in _SILENT and origins:
                    yield self._implication(entry, answer, list(origins))

    def _implication(self, entry: DrugEntry, answer: Answer, origins: list[str]) -> Json:
        found = self._observation(
            f"{entry.drug.name} {answer.rule}", "preliminary" if answer.draft else "final"
        )
        found["meta"] = {"profile": [f"{_GUIDE}/StructureDefinition/therapeutic-implication"]}
        artifacts = [{"type": "citation", "display": answer.citation.title, "url": answer.citation.url}]
        artifacts += [{"type": "citation", "url": f"{_PUBMED}/{pmid}/"} for pmid in answer.pmids]
        found["extension"] = [{"url": _ARTIFACT, "valueRelatedArtifact": each} for each in artifacts]
        found["code"] = _coded(_TBD, "therapeutic-implication", "Therapeutic Implication")
        found["effectiveDateTime"] = self._report.as_of.isoformat()
        found["derivedFrom"] = [{"reference": url} for url in origins]
        whom = for_whom(answer)
        said = f"{whom}: {answer.headline}" if whom else answer.headline
        code = answer.action or answer.severity.value
        implied = {"coding": [{"system": ADVICE, "code": code}], "text": HEADINGS[answer.severity]}
        found["component"] = [
            {
                "code": _coded(_LOINC, "51963-7", "Medication assessed [ID]"),
                "valueCodeableConcept": _coded(*entry.drug.coding, entry.drug.display),
            },
            {
                "code": _coded(_TBD, "therapeutic-implication", "Therapeutic Implication"),
                "valueCodeableConcept": implied,
            },
            {"code": _coded(_TBD, "conclusion-string", "Conclusion Text"), "valueString": said},
        ]
        remarks = [
            f"Source: {answer.source}. Rule {answer.rule} {answer.version}, {self._report.knowledge}.",
            *(f"{mark[:1].upper()}{mark[1:]}." for mark in marks(answer)),
            *(f"{note}." for note in answer.notes),
        ]
        found["note"] = [{"text": " ".join(remarks)}]
        return found

    def diagnostic_report(self, results: list[Json]) -> Json:
        """The report that lists everything, with the drugs by severity as its conclusion."""
        drafts = any(answer.draft for entry in self._report.drugs for answer in entry.answers)
        groups = groupby(self._report.drugs, key=lambda entry: entry.severity)
        said = [
            f"{HEADINGS[severity]}: {', '.join(entry.drug.display for entry in entries)}."
            for severity, entries in groups
            if severity not in _SILENT
        ]
        found: Json = {
            "resourceType": "DiagnosticReport",
            "id": self.identifier("report"),
            "meta": {"profile": [f"{_GUIDE}/StructureDefinition/genomic-report"]},
            "status": "preliminary" if drafts else "final",
            "category": [_coded("http://terminology.hl7.org/CodeSystem/v2-0074", "GE", "Genetics")],
            "code": _coded(_LOINC, "51969-4", "Genetic analysis report"),
            "subject": {"reference": self.patient_url},
            "effectiveDateTime": self._report.as_of.isoformat(),
            "issued": self._report.as_of.isoformat(),
            "result": [{"reference": _url(each)} for each in results],
            "conclusion": " ".join([*caveats(self._report), *said]) or "No guidance that may be shown.",
        }
        if not results:
            del found["result"]
        return found

    def _observation(self, what: str, status: str) -> Json:
        return {
            "resourceType": "Observation",
            "id": self.identifier(what),
            "status": status,
            "category": [
                _coded(
                    "http://terminology.hl7.org/CodeSystem/observation-category", "laboratory", "Laboratory"
                ),
                _coded("http://terminology.hl7.org/CodeSystem/v2-0074", "GE", "Genetics"),
            ],
            "subject": {"reference": self.patient_url},
        }


def _url(resource: Json) -> str:
    return f"urn:uuid:{resource['id']}"


def _coded(system: str, code: str, display: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}]}


def _is_date(text: str) -> bool:
    try:
        return re.fullmatch(r"\d{4}(-\d{2}){0,2}", text) is not None and bool(
            date.fromisoformat((text + "-01-01")[:10])
        )
    except ValueError:
        return False

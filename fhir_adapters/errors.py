"""Every exception of this package.

FhirError
├── JsonRefused       the bytes are not strict JSON; nothing was read
├── WrongPatient      an order or a prefetched resource is of another patient
├── UnusableBundle    a Bundle that cannot be taken as one patient's chart or as draft orders
├── UnusableFolder    a folder that is no Bulk Data export, or that cannot be sorted for lack of room
├── UnknownSource     a rule asks the Patient resource for something it does not tell
├── UnwritableDose    a dose that has no exact decimal number
├── UnusableBase      a FHIR server that must not be listed as one to ask
├── StrictUnavailable strict intake was asked for without the package that it needs
└── UnusableReport    a file that is no result of the genotype caller that it should be from
"""

from __future__ import annotations


class FhirError(Exception):
    """Anything that this package refuses; messages never repeat what was received."""


class JsonRefused(FhirError):
    """Bytes that the strict loader refuses.

    `reason` is one of `too-large`, `encoding`, `depth`, `duplicate-key`, `number`, `text`, `syntax`;
    `line` and `column` count from 1 and are None where the fault has no single place.
    """

    def __init__(self, reason: str, message: str, line: int | None = None, column: int | None = None) -> None:
        where = "" if line is None else f" (line {line}, column {column})"
        super().__init__(message + where)
        self.reason = reason
        self.message = message
        self.line = line
        self.column = column


class WrongPatient(FhirError):
    """A resource of another patient; `path` says where it stands, never whose it is."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path}: expected a resource of the patient in context")
        self.path = path


class UnusableBundle(FhirError):
    """A Bundle that is not what was asked for; `path` is empty for a whole document."""

    def __init__(self, path: str, expected: str) -> None:
        super().__init__(f"{path or 'Bundle'}: expected {expected}")
        self.path = path
        self.expected = expected


class UnusableFolder(FhirError):
    """A folder that cannot be read as a Bulk Data export; single lines that are broken do not raise it."""


class UnknownSource(FhirError):
    """An input `from patient NAME` with a name that the Patient resource does not answer."""

    def __init__(self) -> None:
        super().__init__("expected `patient` age, female, female_at_birth or female_typical")


class UnwritableDose(FhirError):
    """An amount or a period without a finite decimal form."""

    def __init__(self) -> None:
        super().__init__("expected a dose whose amount and period are finite decimal numbers")


class UnusableBase(FhirError):
    """The base of a FHIR server, as configured, is not one that may be asked."""

    def __init__(self, expected: str) -> None:
        super().__init__(f"base of a FHIR server: expected {expected}")
        self.expected = expected


class StrictUnavailable(FhirError):
    """Strict intake without the package fhir.resources, which is an extra."""

    def __init__(self) -> None:
        super().__init__(
            "strict intake needs the package fhir.resources: "
            "install `bespoke-cds[strict]`, or `fhir-resources` beside it"
        )


class UnusableReport(FhirError):
    """A document that is not the report of a genotype caller."""

    def __init__(self) -> None:
        super().__init__(
            "expected the JSON of PharmCAT's reporter or phenotyper (`genes` or `geneReports`) "
            "or of its matcher (`results`)"
        )

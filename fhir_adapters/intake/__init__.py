"""How resources are taken in: what deviates from FHIR R4 is noted (tolerant) or refused (strict).

resource ─┬─ deviations ─ findings; it is used nevertheless      tolerant: cheap, on every call
          └─ nonconformities ─ findings; if any, it is refused   strict: with fhir.resources, on request
"""

from enum import StrEnum

from fhir_adapters.intake.bindings import READ_TYPES
from fhir_adapters.intake.conformance import nonconformities
from fhir_adapters.intake.deviations import bundle_deviations, deviations, repeated


class Intake(StrEnum):
    """What becomes of a resource that deviates from FHIR R4."""

    TOLERANT = "tolerant"
    """It is used as far as it can be read, with a finding for each deviation."""
    STRICT = "strict"
    """It is not used, with a finding for each deviation."""


__all__ = ["READ_TYPES", "Intake", "bundle_deviations", "deviations", "nonconformities", "repeated"]

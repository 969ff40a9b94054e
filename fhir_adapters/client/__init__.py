"""Asks a FHIR server for what a hook request did not bring along.

base, token, queries ─ listed? ─ circuit closed? ─ host resolved, checked, pinned ─┐
                                                                                   ▼
FHIR JSON or FetchFailure, by key ◄─ strict JSON ◄─ all pages ◄─ bounded, retried GETs

A front door of its own: what never asks a server need not wait for the import of an HTTP library.
"""

from fhir_adapters.client.bases import FhirBase, ResolveHost
from fhir_adapters.client.fetch import Fetched, FhirClient
from fhir_adapters.client.results import FailureReason, FetchFailure, FetchLimits
from fhir_adapters.errors import UnusableBase

__all__ = [
    "FailureReason",
    "FetchFailure",
    "FetchLimits",
    "Fetched",
    "FhirBase",
    "FhirClient",
    "ResolveHost",
    "UnusableBase",
]

"""FHIR in and out: strict JSON, one patient's chart, orders, and the facts that rules ask for.

bytes ─ load_json ─┬─ chart_of_prefetch / chart_of_bundle ─ Chart ─┐
                   └─ draft_orders ─ Order ────────────────────────┴─ gather ─ facts by input
Order + advice ─ rewritten ─ dump_json ─ bytes
"""

from fhir_adapters.chart import Chart, chart_of_bundle, chart_of_prefetch
from fhir_adapters.drugs import OrderDrug
from fhir_adapters.errors import (
    FhirError,
    JsonRefused,
    UnknownSource,
    UnusableBundle,
    UnwritableDose,
    WrongPatient,
)
from fhir_adapters.gather import gather
from fhir_adapters.orders import DraftOrders, Order, active_medications, draft_orders
from fhir_adapters.prefetch import KeyState, PrefetchKey, key_of, prefetch_templates
from fhir_adapters.reading import ChartFinding
from fhir_adapters.rewrite import rewritten
from fhir_adapters.strict_json import dump_json, load_json

__all__ = [
    "Chart",
    "ChartFinding",
    "DraftOrders",
    "FhirError",
    "JsonRefused",
    "KeyState",
    "Order",
    "OrderDrug",
    "PrefetchKey",
    "UnknownSource",
    "UnusableBundle",
    "UnwritableDose",
    "WrongPatient",
    "active_medications",
    "chart_of_bundle",
    "chart_of_prefetch",
    "draft_orders",
    "dump_json",
    "gather",
    "key_of",
    "load_json",
    "prefetch_templates",
    "rewritten",
]

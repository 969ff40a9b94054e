"""FHIR in and out: strict JSON, one patient's chart, orders, and the facts that rules ask for.

bytes ─ load_json ─┬─ chart_of_prefetch / chart_of_bundle ─ Chart ─┐
                   └─ draft_orders ─ Order ────────────────────────┴─ FactReader ─ facts by input
folder of NDJSON ─ charts_of_folder ─ a Chart for each patient
PharmCAT JSON ─ pharmcat_calls ─┬─ chart_of_calls ─ Chart
PharmCAT TSV ── tabled_calls ───┘
Order + advice ─ rewritten ─ dump_json ─ bytes
Chart + question ─ dosing.dosing_record ─ doses, levels and covariates of one drug
prefetch_templates + context ─ plan_fetch ─ (FHIR client) ─ completed ─ prefetch
"""

from fhir_adapters.bearer import BearerToken
from fhir_adapters.bulk import BulkFault, BulkReport, charts_of_folder, export_files
from fhir_adapters.chart import Chart, chart_of_bundle, chart_of_calls, chart_of_prefetch, prefetch_states
from fhir_adapters.drugs import OrderDrug
from fhir_adapters.errors import (
    FhirError,
    JsonRefused,
    StrictUnavailable,
    UnknownSource,
    UnusableBundle,
    UnusableFolder,
    UnusableReport,
    UnwritableDose,
    WrongPatient,
)
from fhir_adapters.gather import FactReader, gather
from fhir_adapters.genomics import ADVICE, Calls, pharmcat_calls, pharmcat_facts, read_genotypes, tabled_calls
from fhir_adapters.intake import Intake
from fhir_adapters.orders import (
    DraftOrders,
    Order,
    active_medications,
    draft_orders,
    drafts_on_file,
    medication_reads,
)
from fhir_adapters.prefetch import KeyState, PrefetchKey, key_of, key_of_name, keys_of, prefetch_templates
from fhir_adapters.prefetch_lint import TemplateFinding, lint_template
from fhir_adapters.prefetch_plan import FetchPlan, completed, plan_fetch
from fhir_adapters.reading import ChartFinding
from fhir_adapters.rewrite import rewritten
from fhir_adapters.strict_json import dump_json, load_json
from fhir_adapters.unmapped import Unmapped, unmapped_observations

__all__ = [
    "ADVICE",
    "BearerToken",
    "BulkFault",
    "BulkReport",
    "Calls",
    "Chart",
    "ChartFinding",
    "DraftOrders",
    "FactReader",
    "FetchPlan",
    "FhirError",
    "Intake",
    "JsonRefused",
    "KeyState",
    "Order",
    "OrderDrug",
    "PrefetchKey",
    "StrictUnavailable",
    "TemplateFinding",
    "UnknownSource",
    "Unmapped",
    "UnusableBundle",
    "UnusableFolder",
    "UnusableReport",
    "UnwritableDose",
    "WrongPatient",
    "active_medications",
    "chart_of_bundle",
    "chart_of_calls",
    "chart_of_prefetch",
    "charts_of_folder",
    "completed",
    "draft_orders",
    "drafts_on_file",
    "dump_json",
    "export_files",
    "gather",
    "key_of",
    "key_of_name",
    "keys_of",
    "lint_template",
    "load_json",
    "medication_reads",
    "pharmcat_calls",
    "pharmcat_facts",
    "plan_fetch",
    "prefetch_states",
    "prefetch_templates",
    "read_genotypes",
    "rewritten",
    "tabled_calls",
    "unmapped_observations",
]

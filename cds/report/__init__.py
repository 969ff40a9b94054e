"""A patient's pharmacogenomic report: who, which genes, which drugs, from what.

    chart ── report_of ──> Report ── as_lines ──> terminal
                             ├────── as_page ───> one HTML page
                             ├────── as_data ───> JSON
                             └────── as_bundle ─> FHIR Bundle (Genomics Reporting STU3)

Every drug is judged as if it were ordered now, by the rules, the engine and the guard that judge orders.
"""

from cds.report.build import report_of
from cds.report.bundle import as_bundle
from cds.report.data import as_data
from cds.report.model import Report
from cds.report.page import as_page
from cds.report.screen import as_lines

__all__ = ["Report", "as_bundle", "as_data", "as_lines", "as_page", "report_of"]

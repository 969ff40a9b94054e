"""Bulk Data export folders: newline-delimited JSON in, one chart per patient out, in bounded memory.

files ─ read_lines ─ strict JSON ─ whose is it ─ Scratch (sorted on disk) ─ one patient's lines ─ Chart
"""

from fhir_adapters.bulk.folder import charts_of_folder, export_files
from fhir_adapters.bulk.report import BulkFault, BulkReport

__all__ = ["BulkFault", "BulkReport", "charts_of_folder", "export_files"]

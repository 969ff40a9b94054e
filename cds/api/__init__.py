"""Our own HTTP interface beside the CDS Hooks service."""

from cds.api.calculators import calculator_routes
from cds.api.dosing import report_route

__all__ = ["calculator_routes", "report_route"]

"""Our own HTTP interface beside the CDS Hooks service."""

from cds.api.calculators import calculator_routes

__all__ = ["calculator_routes"]

"""What a population model needs from a chart: doses, levels and covariates, and what is doubtful of them.

question ─┬─ levels ───────────────────────────────────┐
          ├─ administrations ─┬─ history of doses ─────┤
          │  statements, orders ─ rows of times ─┘     ├─ DosingRecord: plain values, doubts
          └─ covariates ───────────────────────────────┘

A time, an amount or a route that cannot be told is a doubt, never a guess. A doubt that `blocks` has to be
settled before a model is fitted.
"""

from fhir_adapters.dosing.read import dosing_record
from fhir_adapters.dosing.records import (
    CLOSE,
    Certainty,
    CovariateRecord,
    DosingQuestion,
    DosingRecord,
    Doubt,
    DoubtKind,
    GivenDose,
    MeasuredLevel,
    Route,
)

__all__ = [
    "CLOSE",
    "Certainty",
    "CovariateRecord",
    "DosingQuestion",
    "DosingRecord",
    "Doubt",
    "DoubtKind",
    "GivenDose",
    "MeasuredLevel",
    "Route",
    "dosing_record",
]

"""The page of an individual dose: the dose first, the reason second, the mathematics folded away.

    DosingView ── dosing_page ──> an HTML page that needs nothing else
    RegimenTable ── regimen_table ──> <table>, several regimens side by side

Both are made of plain numbers and words; what cannot be is `NoPicture`, as with the pictures.
"""

from cds.cards.dosing.page import dosing_page, regimen_table
from cds.cards.dosing.regimens import Predicted, Regimen, RegimenTable
from cds.cards.dosing.view import (
    DosingView,
    EtaLine,
    InputLine,
    LevelLine,
    Mathematics,
    ModelFacts,
    ParameterLine,
)

__all__ = [
    "DosingView",
    "EtaLine",
    "InputLine",
    "LevelLine",
    "Mathematics",
    "ModelFacts",
    "ParameterLine",
    "Predicted",
    "Regimen",
    "RegimenTable",
    "dosing_page",
    "regimen_table",
]

"""One page with everything that a page can hold."""

from __future__ import annotations

from cds.cards.dosing import (
    DosingView,
    EtaLine,
    InputLine,
    LevelLine,
    Mathematics,
    ModelFacts,
    ParameterLine,
    Predicted,
    Regimen,
    RegimenTable,
)
from tests.cds.cards.pictures.courses import VANCOMYCIN

TABLE = RegimenTable(
    (
        Regimen(
            1000,
            12,
            1,
            trough=Predicted(12.9, 8.4, 18.5),
            peak=Predicted(27.1, 22, 34),
            auc24=Predicted(455, 350, 590),
            attained=0.722,
            toxic=0.043,
            remark="as ordered",
        ),
        Regimen(
            1250,
            12,
            1.5,
            1500,
            Predicted(16.1, 10.5, 23.1),
            Predicted(33.9, 27, 43),
            Predicted(569, 437, 738),
            0.811,
            0.12,
            advised=True,
        ),
        Regimen(2000, 24, 2, attained=0.999, toxic=0.002),
        Regimen(500, None),
    ),
    "mg",
    "h",
    "mg/L",
    "mg·h/L",
    "AUC24 of 400 to 600 mg·h/L",
    "AUC24 above 700 mg·h/L",
    notes=("At steady state.",),
)

MATHEMATICS = Mathematics(
    (
        ParameterLine("CL", "L/h", 3.8, 3.21, 2.5, 3.9, "clearance"),
        ParameterLine("V1", "L", 66, 60, 38, 91),
    ),
    (EtaLine("CL", -0.169, 0.15, 0.383), EtaLine("V1", -0.095, 0.5, 0.714)),
    (
        LevelLine("23 Nov 19:30", "10.2 mg/L", 5.2, 6, 0.58),
        LevelLine("24 Nov 09:30", "<26 mg/L", 21.6, 23.7),
    ),
    "mg/L",
    -4.3124,
    "Importance sampling, 2,000 draws worth 1,433, seed 1.",
    notes=("Levels are total concentrations.",),
)

VIEW = DosingView(
    "Vancomycin",
    "1,250 mg every 12 h, each over 1.5 h, next on 25 Nov 2026 at 08:00",
    (
        "The target is an AUC24 of 400 to 600 mg·h/L: this dose reaches it with a chance of 81 %.",
        "Both levels say that this person clears less than others with the same creatinine.",
    ),
    "2026-11-25 06:00+01:00",
    ModelFacts(
        "goti2018_vancomycin",
        "release 2026.11",
        "Goti V et al. Ther Drug Monit 2018;40:212-221, PMID 29470227",
        "1,812 adults in hospital, 2,765 levels; age 17 to 101 years, weight 33 to 255 kg.",
        ("children", "continuous renal replacement"),
    ),
    "Draft: not reviewed for clinical use.",
    ("The infusion of 24 Nov 08:00 has no recorded end: 1 h is assumed.",),
    "Before the dose of 26 Nov 08:00.",
    (
        InputLine("Weight", "80 kg", "2026-11-22", "Observation"),
        InputLine("Creatinine", "1.1 mg/dL", "2026-11-24", "Observation", "clearance 80 mL/min"),
        InputLine("Dialysis", "none on file, none assumed"),
    ),
    TABLE,
    VANCOMYCIN,
    MATHEMATICS,
    "bespoke 0.1.0",
    "0192-abcd",
)

"""Answers of operations and pictures of every kind, small enough to be looked at."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cds.cards.pictures import (
    Bar,
    Bars,
    Chain,
    Estimate,
    ExposureWindow,
    Forest,
    IconArray,
    Level,
    Link,
    NetworkPicture,
    Outcome,
    Picture,
    picture_for,
)
from tests.cds.cards.pictures.courses import CURVES

Json = dict[str, Any]

_STRATA = {"0": {"arr": 0.08, "ci95": [0.048, 0.112]}, "1": {"arr": -0.02, "ci95": [-0.035, -0.005]}}

_CASCADE: Json = {
    "edges": [
        ["GF", "RTK"],
        ["RTK", "RAS"],
        ["RAS", "RAF"],
        ["RAF", "MEK"],
        ["MEK", "ERK"],
        ["ERK", "PROLIF"],
    ],
    "sources": ["GF"],
    "sink": "PROLIF",
    "druggable": ["RTK", "RAF", "MEK", "ERK"],
    "block": ["MEK"],
    "drug": "trametinib",
}
_AFTER: Json = {"signal_active": True, "after_merge": ["ERK"], "dominators": ["ERK"]}

ANSWERS: dict[str, tuple[str, Json, Json]] = {
    "counts-benefit": (
        "nnt.counts",
        {"events_control": 200, "n_control": 1000, "events_treated": 120, "n_treated": 1000},
        {
            "risk_control": 0.2,
            "risk_treated": 0.12,
            "arr": 0.08,
            "arr_ci95": [0.04798447228, 0.1119610761],
            "kind": "NNTB",
            "number": 12.5,
            "ci_form": {"form": "NNTB-interval", "from": 8.931675501, "to": 20.84007497},
        },
    ),
    "counts-not-settled": (
        "nnt.counts",
        {"events_control": 60, "n_control": 600, "events_treated": 72, "n_treated": 600},
        {
            "risk_control": 0.1,
            "risk_treated": 0.12,
            "arr": -0.02,
            "arr_ci95": [-0.05567046172, 0.01557517925],
            "kind": "NNTH",
            "number": 50.0,
            "ci_form": {"form": "NNTB-to-infinity-to-NNTH", "nntb": 64.20471853, "nnth": 17.96284725},
        },
    ),
    "decide-known": (
        "nnt.decide",
        {"strata": _STRATA, "patient_x": 1},
        {"basis": "stratum:1", "action": "do-not-treat"},
    ),
    "decide-unknown": (
        "nnt.decide",
        {"strata": _STRATA, "patient_x": None},
        {"basis": "none", "action": "determine-X-first"},
    ),
    "net-benefit": (
        "af.net_benefit",
        {"cha2ds2_vasc": 2, "has_bled": 2, "ich_rate_off": 0.5},
        {
            "per_100_py": {
                "te_off": 2.2,
                "te_on": 0.66792,
                "ich_off": 0.5,
                "ich_on": 0.615,
                "ech_off": 0.6801459854,
                "ech_on": 1.0018,
            },
            "te_prevented": 1.53208,
            "ich_caused": 0.115,
            "ech_caused": 0.3216540146,
            "net_benefit": 1.263083796,
            "nnt_te_1y": 65.27074304,
            "mc": {"mean": 1.2437, "q025": 0.7451184, "q975": 1.7259, "p_gt_0": 1, "p_gt_margin": 0.9998},
            "recommendation": "anticoagulate-favoured",
        },
    ),
    "css-above": (
        "pk.css",
        {"dose_mg": 100, "tau_h": 12, "cl_l_h": 2, "F": 0.9, "mec": 1, "mtc": 2},
        {"css_avg": 3.75, "position": "above-MTC", "therapeutic_index": 2.0},
    ),
    "auc-ratio": (
        "pk.auc_ratio",
        {"fm": 0.8, "activity": 2},
        {"auc_ratio": 0.5555555556, "dose_fraction_same_exposure": 1.8},
    ),
    "utility-dose": (
        "nof1.utility_dose",
        {
            "cl": 2,
            "tau_h": 24,
            "ec50": 0.4,
            "h_eff": 2,
            "tc50": 1.2,
            "h_tox": 4,
            "w_tox": 1.0,
            "doses": [25, 50, 75, 200],
        },
        {
            "best_dose": 25,
            "best_utility": 0.5947295497,
            "table": [
                [25, 0.5208333333, 0.6290004428, 0.03427089309, 0.5947295497],
                [50, 1.041666667, 0.8714931117, 0.3621607198, 0.5093323919],
                [75, 1.5625, 0.9384948045, 0.7418990094, 0.1965957951],
                [200, 4.166666667, 0.990868159, 0.9931672998, -0.002299140794],
            ],
        },
    ),
    "block-stops": ("path.block", _CASCADE, {**_AFTER, "block_stops_signal": True}),
    "block-bypassed": (
        "path.block",
        {
            **_CASCADE,
            "variants": [
                {
                    "gene": "PTPN11",
                    "constitutive": True,
                    "adds_edges": [["PTPN11", "BYPASS"], ["BYPASS", "ERK"]],
                }
            ],
        },
        {**_AFTER, "block_stops_signal": False, "surviving_path": ["PTPN11", "BYPASS", "ERK", "PROLIF"]},
    ),
    "block-resisted": (
        "path.block",
        {**_CASCADE, "variants": [{"gene": "MEK", "resistant_to": ["trametinib"]}]},
        {
            **_AFTER,
            "block_stops_signal": False,
            "surviving_path": ["GF", "RTK", "RAS", "RAF", "MEK", "ERK", "PROLIF"],
        },
    ),
}
"""By name: operation, what it was given, what it answered."""

_DRAWN: dict[str, Picture] = {
    "icons-of-100": IconArray(
        "Two futures of 100 people",
        100,
        (
            Outcome("stroke", Fraction(20), Fraction(10)),
            Outcome("bleed", Fraction(3), Fraction(15, 2)),
            Outcome("neither better nor worse", Fraction(5), Fraction(5)),
            Outcome("an outcome with a name that is broken into lines", Fraction(5), Fraction(9)),
        ),
    ),
    "forest-overall": Forest(
        "Overall is not for this person",
        "Events prevented per 1,000",
        (
            Estimate("X = 0", Fraction(80), Fraction(48), Fraction(112)),
            Estimate(
                "X = 1, carriers of a variant with a long name", Fraction(-20), Fraction(-35), Fraction(-5)
            ),
        ),
        Estimate("All", Fraction(40), Fraction(20), Fraction(60)),
        person="X = 0",
    ),
    "window-of-several": ExposureWindow(
        "The same dose in four people",
        "ng/mL",
        Fraction(1),
        Fraction(2),
        (
            Level("Usual clearance", Fraction(3, 2)),
            Level("Just inside", Fraction("1.9999")),
            Level("Poor metabolizer, clearance 0.1 L/h, 50 kg", Fraction(3850)),
            Level("Not taken", Fraction(0)),
        ),
    ),
    "chain": Chain(
        "From gene to utility",
        (
            Link("CYP2D6 *4/*4", Fraction(0), "activity", "poor metabolizer"),
            Link("Clearance", Fraction(2), "L/h"),
            Link("Exposure", Fraction(5), "times usual", "of the drug itself, not of what becomes of it"),
            Link("Effect", Fraction(629, 1000)),
            Link("Utility", Fraction(595, 1000)),
        ),
        notes=("An example.",),
    ),
    "network-with-a-circle": NetworkPicture(
        "A circle, a long edge and nodes aside",
        (
            ("A", "B"),
            ("B", "C"),
            ("C", "A"),
            ("A", "D"),
            ("C", "D"),
            ("D", "E"),
            ("Z", "D"),
            ("A very long name of a node", "B"),
            ("C", "F"),
            ("F", "E"),
            ("Q", "R"),
            ("E", "B"),
        ),
        ("A", "Z"),
        "E",
        ("C",),
        (),
        ("A", "D", "E"),
        ("D",),
    ),
    "bars-below-zero": Bars(
        "Below zero",
        "What",
        "Gain",
        (Bar("one", Fraction(-3)), Bar("two", Fraction(2), "best")),
        reference=("as now", Fraction(1)),
    ),
}


def answered(name: str) -> Picture:
    """The picture of one of the answers."""
    picture = picture_for(*ANSWERS[name])
    assert picture is not None
    return picture


PICTURES: dict[str, Picture] = {**{name: answered(name) for name in ANSWERS}, **_DRAWN, **CURVES}
"""Every picture by name."""

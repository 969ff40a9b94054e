"""Models and draws that the tests of dosing share."""

from __future__ import annotations

import json
import os
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from calc.population import Covariate, Dose, Level, Person, PopulationModel, Posterior, Residual, equation
from calc.population.expressions import Floats
from calc.population.fit import spread_evenly


def model(
    parameters: dict[str, str],
    deviations: dict[str, float],
    compartments: int = 1,
    *,
    residual: Residual | None = None,
    output: str = "C",
    covariates: tuple[Covariate, ...] = (),
    changes: tuple[float, ...] = (),
) -> PopulationModel:
    """Of equations, and standard deviations of the etas that they read."""
    return PopulationModel(
        "made for a test",
        "h",
        "mg",
        "mg/L",
        covariates,
        tuple(deviations),
        np.diag(np.square(list(deviations.values()))),
        tuple((name, equation(text)) for name, text in parameters.items()),
        compartments,
        {"level": equation(output)},
        {"level": residual or Residual(0.2, 0.1)},
        changes=changes,
    )


def beta_lactam() -> PopulationModel:
    """One compartment, intravenous."""
    return model({"CL": "15 * exp(eta_CL)", "V1": "22 * exp(eta_V1)"}, {"CL": 0.3, "V1": 0.25})


def oral(**more: str) -> PopulationModel:
    """Two compartments and a depot."""
    parameters = {
        "CL": "5 * exp(eta_CL)", "V1": "20 * exp(eta_V1)", "Q": "4", "V2": "40", "KA": "1.1", "F": "0.8",
    }  # fmt: skip
    return model(parameters | more, {"CL": 0.3, "V1": 0.2}, 2)


def vancomycin() -> PopulationModel:
    """Goti et al., Ther Drug Monit 2018;40:212-221, PMID 29470227."""
    return PopulationModel(
        "vancomycin",
        "h",
        "mg",
        "mg/L",
        (
            Covariate("WT", "kg", 33, 255, "body weight"),
            Covariate("CRCL", "mL/min", 4, 150, "creatinine clearance"),
            Covariate("DIAL", "1", 0, 1, "on haemodialysis", 0),
        ),
        ("CL", "V1", "V2"),
        np.diag([0.14705, 0.51019, 0.28232]),
        (
            ("CL", equation("4.5 * (CRCL / 120)**0.8 * 0.7**DIAL * exp(eta_CL)")),
            ("V1", equation("58.4 * (WT / 70) * 0.5**DIAL * exp(eta_V1)")),
            ("V2", equation("38.4 * (WT / 70) * exp(eta_V2)")),
            ("Q", equation("6.5")),
        ),
        2,
        {"level": equation("C")},
        {"level": Residual(0.227, 3.4)},
    )


def prior(of: PopulationModel, count: int) -> Posterior:
    """Equally weighted draws, spread evenly over the prior."""
    normal = NormalDist().inv_cdf
    shares = spread_evenly(count, len(of.etas))
    deviates = np.array([[normal(float(share)) for share in row] for row in shares])
    etas: Floats = deviates @ np.linalg.cholesky(of.omega).T
    return Posterior(etas, np.full(count, 1 / count), float(count), "importance sampling")


def person(given: dict[str, Any]) -> Person:
    """Of a reference case."""
    doses = tuple(
        Dose(dose["time"], dose["amt"], dose.get("dur", 0.0), dose["route"]) for dose in given["doses"]
    )
    return Person(given["covariates"], doses)


def levels(case: dict[str, Any]) -> list[Level]:
    """Of a reference case."""
    return [Level(sample["time"], sample["dv"]) for sample in case["samples"]]


def reference(name: str) -> Any:
    """A file of the reference; the test is left out, and says so, where there is none."""
    path = Path(os.environ.get("BESPOKE_REFERENCE", "no such folder")) / "mipd" / name
    if not path.is_file():
        pytest.skip(f"BESPOKE_REFERENCE names no folder with mipd/{name}: NOT TESTED")
    return json.loads(path.read_text())

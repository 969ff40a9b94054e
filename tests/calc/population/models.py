"""Population models that the tests share, written as briefly as models can be."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calc.population import Covariate, PopulationModel, Residual, States, equation


def model(
    parameters: Mapping[str, str],
    structure: int | States = 1,
    *,
    omega: Mapping[str, float] | None = None,
    matrix: Sequence[Sequence[float]] | None = None,
    residual: Residual | None = None,
    outputs: Mapping[str, str] | None = None,
    covariates: Sequence[str] = (),
    **others: Any,
) -> PopulationModel:
    """Parameters as texts, etas with their variances; one output `C` with proportional error of 0.2."""
    variances = {"CL": 0.1} if omega is None else omega
    outputs = outputs or {"C": "C"}
    return PopulationModel(
        name="a model",
        time_unit="h",
        dose_unit="mg",
        concentration_unit="mg/L",
        covariates=tuple(Covariate(name, "1", -1e9, 1e9, "of a test") for name in covariates),
        etas=tuple(variances),
        omega=np.array(matrix if matrix is not None else np.diag(list(variances.values())), float),
        parameters=tuple((name, equation(text)) for name, text in parameters.items()),
        structure=structure,
        outputs={name: equation(text) for name, text in outputs.items()},
        residuals={name: residual or Residual(proportional=0.2) for name in outputs},
        **others,
    )


def states(slopes: Mapping[str, str], initial: Mapping[str, str] | None = None, **others: Any) -> States:
    """States that start at 0 unless told."""
    return States(
        names=tuple(slopes),
        slopes=tuple(equation(text) for text in slopes.values()),
        initial=tuple(equation((initial or {}).get(name, "0")) for name in slopes),
        **others,
    )


def reference(name: str) -> Any:
    """What a file of the reference material below `mipd` holds; skips the test where there is none."""
    folder = os.environ.get("BESPOKE_REFERENCE")
    if not folder:
        pytest.skip("BESPOKE_REFERENCE does not name the folder of the reference material")
    return json.loads((Path(folder) / "mipd" / name).read_text("utf-8"))

"""Population models against what was published about them: abstracts, worked examples, a table of doses.

The cases beside each model say that its equations are solved rightly; these say that they are the right ones.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from calc.population import Course, Dose, Level, Person, PopulationModel, fit
from kb.loader import BUNDLED
from kb.model_files import load_models


@cache
def model(name: str) -> PopulationModel:
    sources = tomllib.loads((BUNDLED / "sources.toml").read_text(encoding="utf-8"))
    drugs = [path.stem for path in (BUNDLED / "drugs").glob("*.toml")]
    return load_models(BUNDLED, sources, drugs)[name].population


def typical(name: str, covariates: Mapping[str, float]) -> dict[str, float]:
    course = Course(model(name), Person(covariates, ()), [])
    values = course.parameters(np.zeros((1, len(course.omega))))
    return {parameter: float(value[0]) for parameter, value in values.items()}


@pytest.mark.parametrize(
    ("name", "covariates", "published"),
    [
        # Abstract: 35 years, 70 kg, 0.83 mg/dL.
        (
            "colin2019_vancomycin",
            {"WT": 70, "PMA": 35 * 52 + 40, "SCR": 0.83},
            {"CL": 4.10, "V1": 42.9, "V2": 41.7, "Q": 3.22},
        ),
        ("colin2019_vancomycin", {"WT": 70, "PMA": 46.4, "SCR": 0.4}, {"RIPE": 0.5}),
        ("colin2019_vancomycin", {"WT": 70, "PMA": 61.6 * 52, "SCR": 0.9}, {"DECLINE": 0.5}),
        # Abstract: 1.08 times a creatinine clearance of 6 L/h, 0.98 L/kg.
        ("buelga2005_vancomycin", {"WT": 100, "CRCL": 100}, {"CL": 6.48, "V1": 98}),
        ("widmer2006_imatinib", {}, {"CL": 14.3, "V1": 347}),
        (
            "fasanmade2009_infliximab",
            {"WT": 77, "ALB": 41, "ADA": 0, "SEXF": 0},
            {"CL": 0.407, "V1": 3.29, "V2": 4.13, "Q": 7.14},
        ),
        # Means of the paper at the means of its people.
        ("xuan2003_gentamicin", {"WT": 70, "CRCL": 92}, {"CL": 4.32, "V1": 19.6}),
    ],
)
def test_published_typical_values(
    name: str, covariates: dict[str, float], published: dict[str, float]
) -> None:
    found = typical(name, covariates)
    assert {parameter: found[parameter] for parameter in published} == pytest.approx(published, rel=2e-3)


@pytest.mark.parametrize(
    ("second", "third", "adenines", "age", "dose"),
    [
        (0, 0, 0, 50, 9.08),
        (0, 0, 0, 90, 6.36),
        (0, 0, 2, 70, 3.68),
        (1, 0, 1, 70, 3.50),
        (0, 1, 0, 50, 5.04),
        (2, 0, 1, 90, 1.16),
        (1, 1, 0, 70, 2.40),
        (0, 2, 2, 50, 0.66),
    ],
)
def test_doses_of_warfarin_for_an_inr_of_two_and_a_half(
    second: int, third: int, adenines: int, age: float, dose: float
) -> None:
    """Hamberg et al. 2007, Table 5: mg of warfarin a day by age, CYP2C9 and VKORC1."""
    genes = {"CYP2C9_2": second, "CYP2C9_3": third, "VKORC1_A": adenines}
    daily = Dose(0, dose, route="oral", interval=24, count=90)
    course = Course(model("hamberg2007_warfarin"), Person({"AGE": age, **genes}, (daily,)), [2160], ["INR"])
    assert course(np.zeros((1, 6)))[0, 0] == pytest.approx(2.5, rel=0.03)


def test_the_worked_example_of_posologyr() -> None:
    """Its README: gentamicin, two levels; there the standard deviations of the errors add up."""
    gentamicin = model("xuan2003_gentamicin")
    residual = replace(gentamicin.residuals["level"], adds="deviations")
    person = Person({"WT": 63, "CRCL": 38}, (Dose(0, 180, 0.5),))
    found = fit(replace(gentamicin, residuals={"level": residual}), person, [Level(1, 9), Level(11, 2)]).eta
    assert found[:2] == pytest.approx([0.03701064, 0.001447308], rel=1e-4)

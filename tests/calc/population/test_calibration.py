"""A small calibration; the large one is a program of its own, `calibration.py`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.calc.population.calibration import calibrated
from tests.calc.population.published import STUDIES

STUDY = STUDIES["ulldemolins2015_meropenem"]


@pytest.mark.long
def test_the_posterior_is_calibrated() -> None:
    found = calibrated(STUDY, 60, 2000, 1)
    assert found.failed == 0
    assert (found.distance < found.band).all()
    assert (found.covered >= 0.8).all()


@pytest.mark.long
def test_calibration_finds_a_population_that_is_too_narrow() -> None:
    narrow = replace(STUDY.model, omega=STUDY.model.omega / 9)
    found = calibrated(STUDY, 60, 2000, 1, assumed=narrow)
    assert found.covered[:2].max() < 0.8
    assert found.distance.max() > found.band

"""Predict, measure, update: over four cycles the predicted trough comes nearer to the true one.

Errors are root mean squares of the logarithm of predicted over true, written as a percentage: an error of
50 % is to be off by a factor of 1.5.
"""

from __future__ import annotations

import numpy as np
import pytest

from calc.population import Course, Dose, Level, Person, fit, updates
from tests.calc.population.published import STUDIES, VANCOMYCIN, measured

PATIENTS = 30
DRAWS = 500
SOMEBODY = Person({"WT": 72, "CRCL": 85, "DIAL": 0}, (Dose(0, 1000, 1, interval=12, count=6),))
LEVELS = (Level(24, 12.0), Level(48, 16.0))


@pytest.mark.parametrize(
    "name",
    [
        "goti2018_vancomycin",
        "xuan2003_gentamicin",
        "widmer2006_imatinib",
        "fasanmade2009_infliximab",
        "ulldemolins2015_meropenem",
    ],
)
def test_the_error_of_the_predicted_trough_falls(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    study = STUDIES[name]
    generator = np.random.default_rng(11)
    root = np.linalg.cholesky(study.model.omega)
    ratios, inside, widths = [], [], []
    for patient in range(PATIENTS):
        person = study.person(generator)
        eta = root @ generator.standard_normal(len(root))
        true = Course(study.model, person, study.troughs)(eta[None])[0]
        levels = measured(study, person, eta, study.troughs[:4], generator.standard_normal(4))
        found = updates(study.model, person, levels, study.troughs, DRAWS, patient)
        ratios.append([update.median / trough for update, trough in zip(found, true, strict=True)])
        inside.append(
            [update.low <= trough <= update.high for update, trough in zip(found, true, strict=True)]
        )
        widths.append([update.high / update.low for update in found])
    errors = np.sqrt((np.log(ratios) ** 2).mean(0))
    width = np.median(widths, axis=0)
    with capsys.disabled():
        percent = " ".join(f"{np.expm1(error):6.1%}" for error in errors)
        print(f"\n{name}: error of the predicted trough, cycles 0 to 4: {percent}; ", end="")
        print(f"90 % interval from {width[0]:.1f}-fold to {width[-1]:.1f}-fold", end=" ")
    assert errors[4] < 0.6 * errors[0]
    assert (errors[1:] < 1.05 * errors[:-1]).all()
    assert width[4] < width[0]
    assert 0.8 <= np.mean(inside) <= 0.98


def test_each_update_starts_from_all_the_data() -> None:
    found = updates(VANCOMYCIN, SOMEBODY, LEVELS[::-1], (24, 48, 60), DRAWS, 1)
    assert [len(update.levels) for update in found] == [0, 1, 2]
    assert [update.time for update in found] == [24, 48, 60]
    assert found[0].mode.eta.tolist() == [0, 0, 0]
    assert found[2].mode.eta.tolist() == fit(VANCOMYCIN, SOMEBODY, LEVELS).eta.tolist()


def test_before_any_level_the_prediction_is_that_of_the_population() -> None:
    (found,) = updates(VANCOMYCIN, SOMEBODY, (), (24,), 20_000, 1)
    draws = np.random.default_rng(99).standard_normal((50_000, 3)) @ np.sqrt(VANCOMYCIN.omega)
    expected = np.quantile(Course(VANCOMYCIN, SOMEBODY, (24,))(draws), (0.05, 0.5, 0.95))
    assert np.array([found.low, found.median, found.high]) == pytest.approx(expected, rel=0.05)


def test_a_wider_share_is_a_wider_interval() -> None:
    narrow, wide = (
        updates(VANCOMYCIN, SOMEBODY, LEVELS, (24, 48, 60), DRAWS, 1, share=share)[-1]
        for share in (0.5, 0.95)
    )
    assert wide.low < narrow.low < narrow.median < narrow.high < wide.high


def test_predictions_come_after_what_they_know() -> None:
    with pytest.raises(ValueError, match="2 levels make 3 predictions, but 2 times came"):
        updates(VANCOMYCIN, SOMEBODY, LEVELS, (24, 48), DRAWS, 1)
    with pytest.raises(ValueError, match="prediction 1 at 12 knows a level at 24"):
        updates(VANCOMYCIN, SOMEBODY, LEVELS, (24, 12, 60), DRAWS, 1)

"""The reference's textbook formulas of dosing, each by the function that answers it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from calc.binding import input_for, sheiner_tozer, steady_with_target
from calc.carboplatin import calvert_dose
from calc.occupancy import occupancy, total_for
from calc.pharmacokinetics import average_concentration
from tests.calc.population.dosing_models import reference


def exact(value: float) -> Fraction:
    return Fraction(str(value))


NOTHING = Fraction(0)
FORMULAS: dict[str, Callable[..., float | Fraction | None]] = {
    "Css,avg": lambda F, dose_mg, CL_L_h, tau_h: average_concentration(dose_mg, tau_h, CL_L_h, F),
    "Calvert": lambda AUC, GFR: calvert_dose(AUC, GFR, measured=False),
    "Sheiner-Tozer phenytoin": lambda C, albumin_g_dL: sheiner_tozer(C, albumin_g_dL, False),
    "Sheiner-Tozer, CrCl<10": lambda C, albumin_g_dL: sheiner_tozer(C, albumin_g_dL, True),
    "MM steady state": lambda R_mg_day, Vmax_mg_day, Km_mg_L: steady_with_target(
        R_mg_day, NOTHING, Vmax_mg_day, Km_mg_L
    ),
    "MM dose": lambda Css, Vmax_mg_day, Km_mg_L: input_for(Css, NOTHING, Vmax_mg_day, Km_mg_L),
    "receptor occupancy": lambda C_nM, KD_nM: occupancy(C_nM, KD_nM),
    "occupancy with free fraction": lambda C_nM, KD_nM, fu: occupancy(fu * C_nM, KD_nM),
    "total drug giving 65 %": lambda KD_nM, Rtot_nM: total_for(exact(0.65), KD_nM, Rtot_nM),
}
"""By the words that the entry starts with."""


def test_every_formula_of_dosing() -> None:
    cases: list[dict[str, Any]] = reference("solver-visible.json")["simple"]
    answered = set()
    for case in cases:
        for words, formula in FORMULAS.items():
            if case["what"].startswith(words):
                given = {
                    name: exact(value)
                    for name, value in case.items()
                    if name != "what" and not name.startswith("expected")
                }
                expected = case.get("expected_total", case.get("expected", case.get("expected_mg_L")))
                found = formula(**given)
                assert found is not None and float(found) == pytest.approx(expected, rel=1e-12), case["what"]
                answered.add(words)
    assert answered == set(FORMULAS)

"""The visible cases of individual dosing, through the questions that anybody can ask."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.cds.cards.support import reference
from tests.cds.cli.support import bespoke
from tests.cds.dosing.questions import CHOICES, SEARCH, TARGET, Json, ask, folder_of_models

CASES = "mipd/cases-visible.json"


def visible(name: str) -> Any:
    return json.loads(reference(name).read_text("utf-8"))


def test_every_visible_case_is_fitted_within_its_tolerances(tmp_path: Any) -> None:
    """C5: by `bespoke dose fit --batch`, and means and deviations of the posterior too."""
    cases = visible(CASES)["cases"]
    unread = ("expected", "peer", "tolerance")
    batch = tmp_path / "cases.jsonl"
    lines = [{name: value for name, value in case.items() if name not in unread} for case in cases]
    batch.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    ran = bespoke("dose", "fit", "--batch", batch, "--kb", folder_of_models())
    found = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 0 and [each["id"] for each in found] == [case["id"] for case in cases]
    assert len(found) == 8
    for case, got in zip(cases, found, strict=True):
        wanted, allowed = case["expected"], case["tolerance"]
        assert got["param_names"] == wanted["param_names"]
        close = np.testing.assert_allclose
        close(got["eta_map"], wanted["eta_map"], rtol=0, atol=allowed["eta_abs"])
        close(got["objective"], wanted["objective"], rtol=0, atol=allowed["objective_abs"])
        close(got["ipred_at_samples"], wanted["ipred_at_samples"], rtol=allowed["ipred_rel"])
        close(got["pred_at_samples"], wanted["pred_at_samples"], rtol=allowed["ipred_rel"])
        close(got["laplace_se_eta"], wanted["laplace_se_eta"], rtol=allowed["laplace_se_rel"])
        rel, drawn = allowed["posterior_mean_sd_rel"], got["posterior"]
        for name in ("param_mean", "param_sd", "eta_sd"):
            close(drawn[name], wanted["posterior"][name], rtol=rel, err_msg=f"{case['id']} {name}")
        # A mean of eta near zero is measured against its deviation.
        deviation = np.array(wanted["posterior"]["eta_sd"])
        apart = np.abs(np.subtract(drawn["eta_mean"], wanted["posterior"]["eta_mean"])) / deviation
        assert apart.max() <= rel, case["id"]


@pytest.mark.parametrize("number", [0, 1])
def test_the_choice_of_a_dose_of_vancomycin(number: int) -> None:
    """By interval the dose with the highest probability of an AUC24 from 400 to 600 at steady state."""
    rows = visible("mipd/solver-visible.json")["vancomycin_dose_choice"]
    row = rows["rows"][number]
    (case,) = [each for each in visible(CASES)["cases"] if each["id"] == row["case"]]
    person = {name: case[name] for name in ("model", "covariates", "doses", "samples")}
    start = max(dose["time"] for dose in case["doses"]) + 12
    limits: Json = {"harms": [{"kind": "AUC24", "low": 600}], "limits": {"most_toxicity": 1}}
    choices = CHOICES | {"most_daily": 9000}
    answer = ask("optimise", person | limits | {"target": TARGET, "choices": choices, "start": start})
    options = {each["regimen"]["interval"]: each for each in answer["options"]}
    assert len(options) == 3 and answer["best"] == answer["options"][0]
    for interval, wanted in row["by_interval"].items():
        found = options[float(interval)]
        assert found["regimen"]["dose"] == wanted["best_dose_mg"]
        assert found["attainment"] == pytest.approx(wanted["P_400_600"], abs=rows["tolerance_P"])
        assert found["toxicity"] == pytest.approx(wanted["P_above_600"], abs=rows["tolerance_P"])


def test_the_next_level_is_where_the_reference_puts_it() -> None:
    """Before anything is measured the clearance is told best right before the next dose."""
    case = visible("mipd/solver-visible.json")["next_sample"]
    person = {name: case[name] for name in ("model", "covariates", "doses")}
    choices = CHOICES | {"intervals": [12]}
    answer = ask("optimise", SEARCH | person | {"samples": [], "choices": choices, "start": 24})
    found = answer["next_sample"]
    assert found["parameter"] == "CL" and found["time"] == pytest.approx(36)
    assert found["without"] == pytest.approx(case["prior_sd_lnCL"])
    assert found["deviation"] < case["sd_lnCL"] < found["without"]

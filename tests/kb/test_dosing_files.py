"""Population models and dosing plans: files that cannot be used are named with field and reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.dosing_plans import check_plans, load_plans
from kb.errors import KnowledgeBaseError
from kb.loader import BUNDLED
from kb.model_files import check_models, load_models
from tests.cds.cards.support import bundled

GOTI = (BUNDLED / "models/goti2018_vancomycin.toml").read_text("utf-8")
PLAN = (BUNDLED / "dosing/vancomycin.toml").read_text("utf-8")


def of_model(tmp_path: Path, old: str, new: str) -> str:
    """What is said of the model once a part of its file is another."""
    assert old in GOTI
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "goti.toml").write_text(GOTI.replace(old, new, 1), "utf-8")
    known = bundled()
    with pytest.raises(KnowledgeBaseError) as error:
        check_models(load_models(tmp_path, known.sources, known.drugs))
    return str(error.value)


def of_plan(tmp_path: Path, old: str, new: str) -> str:
    assert old in PLAN
    folder = tmp_path / "dosing"
    folder.mkdir()
    (folder / "plan.toml").write_text(PLAN.replace(old, new, 1), "utf-8")
    known = bundled()
    with pytest.raises(KnowledgeBaseError) as error:
        plans = load_plans(tmp_path, known.models, known.observables, known.drugs, known.sources)
        check_plans(plans, known.models, known.rules)
    return str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('source = "pmid:29470227"', 'source = "pmid:1"', "field `source`: `pmid:1` is not in sources.toml"),
        ('drugs = ["vancomycin"]', 'drugs = ["vancomicin"]', "did you mean `vancomycin`?"),
        ("[0.14705], [0, 0.51019]", "[0.14705], [0.5, 0.51019]", "omega is not positive definite"),
        ("[0.14705], [0, 0.51019]", "[0.14705], [0.51019]", "lower triangle of 3 etas"),
        ("exp(eta_CL)", "exp(eta_KA)", "reads eta_KA, not known there"),
        ("minimum(CRCL, 150)", "least(CRCL, 150)", "is not allowed"),
        ("minimum(CRCL, 150)", "__import__('os')", "is not allowed"),
        ('Q = "6.5"', 'QQ = "6.5"', "no equation for Q"),
        ("low = 4\n", "low = -4\n", "`CL` is nan at"),
        ("low = 4\n", "low = 400\n", "`low` has to be at most `high`"),
        ('unit = "kg"', 'unit = "stone"', "expected a listed UCUM unit, not `stone`"),
        ("19.28225887", "19.3", "19.2823 at 2.5, not 19.3 as the case says"),
        ("compartments = 2", "compartments = 4", "compartments"),
        ("proportional = 0.227", "proportional = -0.227", "proportional"),
        ("label = ", "labl = ", "did you mean `label`?"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else None,
)
def test_a_model_that_cannot_be_used(tmp_path: Path, old: str, new: str, said: str) -> None:
    """H-115: an equation is arithmetic, and nothing else is ever run."""
    found = of_model(tmp_path, old, new)
    assert said in found
    assert "goti" in found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('model = "goti2018_vancomycin"', 'model = "goti2018"', "`goti2018` is not in models/"),
        ('WT = "weight"\n', "", "`covariates`: WT is missing (total body weight, kg)"),
        ('WT = "weight"', 'WT = "wait"', "`vancomycin.auc` has no input or let `wait`"),
        ('WT = "weight"', 'WT = "weight"\nHCT = "weight"', "`covariates.HCT`"),
        ('rule = "vancomycin.auc"', 'rule = "vancomycin.auk"', "did you mean `vancomycin.auc`?"),
        ('rule = "vancomycin.auc"', 'rule = "tacrolimus.individual"', "is not about vancomycin"),
        ('status = "draft"', 'status = "active"', "it is active, but goti2018_vancomycin is not"),
        ("low = 400\nhigh = 600\n", "", "expected `low`, `high` or both"),
        ("least = 250", "least = 2500", "expected at most `choices.most`"),
        ('level = "vancomycin_level"', 'level = "vanco"', "`vanco` is not in observables/"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else None,
)
def test_a_plan_that_cannot_be_used(tmp_path: Path, old: str, new: str, said: str) -> None:
    found = of_plan(tmp_path, old, new)
    assert said in found
    assert "plan" in found

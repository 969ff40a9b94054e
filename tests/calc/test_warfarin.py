"""The dose of warfarin by the algorithm of the International Warfarin Pharmacogenetics Consortium."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc import warfarin_weekly_dose
from kb import load_tables
from kb.loader import BUNDLED
from tests.cds.cards.support import bundled

REFERENCE: dict[str, Any] = {
    "age": Fraction(65), "weight": Fraction(70), "height": Fraction(170), "vkorc1": "gg", "cyp2c9": "s1_s1",
    "race": "white", "inducer": False, "amiodarone": False,
}  # fmt: skip
VKORC1 = ("gg", "ag", "aa")
PAIRS = ("s1_s1", "s1_s2", "s1_s3", "s2_s2", "s2_s3", "s3_s3")


def dose(**changed: object) -> Fraction:
    return warfarin_weekly_dose(**{**REFERENCE, **changed})


def test_the_published_example() -> None:
    """65 years, 170 cm, 70 kg: 5.6044 - 1.5684 + 1.479 + 0.896 = 6.411, and 41.10 mg a week."""
    assert dose() == Fraction("6.411") ** 2
    assert round(float(dose()), 1) == 41.1


@pytest.mark.parametrize(
    ("changed", "term"),
    [
        ({"vkorc1": "ag"}, "-0.8677"), ({"vkorc1": "aa"}, "-1.6974"),
        ({"cyp2c9": "s1_s2"}, "-0.5211"), ({"cyp2c9": "s1_s3"}, "-0.9357"), ({"cyp2c9": "s2_s2"}, "-1.0616"),
        ({"cyp2c9": "s2_s3"}, "-1.9206"), ({"cyp2c9": "s3_s3"}, "-2.3312"),
        ({"cyp2c9": "s1_s5_8_11"}, "0"), ({"cyp2c9": "s2_s6"}, "-0.5211"), ({"cyp2c9": "s3_s6"}, "-0.9357"),
        ({"cyp2c9": "s5_8_11_s6"}, "0"),
        ({"race": "asian"}, "-0.1092"), ({"race": "black"}, "-0.2760"), ({"race": "unknown"}, "-0.1032"),
        ({"race": "black_and_other"}, "-0.1032"), ({"race": "several"}, "-0.1032"),
        ({"inducer": True}, "1.1816"), ({"amiodarone": True}, "-0.5503"),
        ({"height": Fraction(180)}, "0.087"), ({"weight": Fraction(80)}, "0.128"),
        # Ages count in classes of ten years, the last one from 90.
        ({"age": Fraction(699, 10)}, "0"), ({"age": Fraction(70)}, "-0.2614"),
        ({"age": Fraction(59)}, "0.2614"), ({"age": Fraction(90)}, "-0.7842"),
        ({"age": Fraction(109)}, "-0.7842"),
    ],
)  # fmt: skip
def test_each_term_of_the_sum(changed: dict[str, object], term: str) -> None:
    assert dose(**changed) == (Fraction("6.411") + Fraction(term)) ** 2


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"age": Fraction(17)}, "adults"),
        ({"age": Fraction(130)}, "adults"),
        ({"weight": Fraction(0)}, "above zero"),
        ({"height": Fraction(-1)}, "above zero"),
        ({"cyp2c9": "s1_other"}, "no term for this CYP2C9 genotype"),
        ({"vkorc1": "indeterminate"}, "no term for this VKORC1 genotype"),
        ({"race": "green"}, "no term for this race"),
        (
            {
                "age": Fraction(95), "weight": Fraction(25), "height": Fraction(100), "vkorc1": "aa",
                "cyp2c9": "s3_s3", "amiodarone": True,
            },
            "no dose for such a patient",
        ),
    ],
)  # fmt: skip
def test_outside_of_the_algorithm(changed: dict[str, object], words: str) -> None:
    """A sum below zero has a square too, and that would be a dose."""
    with pytest.raises(ValueError, match=words):
        dose(**changed)


@settings(derandomize=True, database=None, deadline=None)
@given(
    st.fractions(50, 150), st.fractions(150, 200), st.integers(18, 85), st.sampled_from(PAIRS), st.booleans()
)
def test_a_more_sensitive_genotype_never_has_a_higher_dose(
    weight: Fraction, height: Fraction, age: int, cyp2c9: str, inducer: bool
) -> None:
    patient = {"weight": weight, "height": height, "age": Fraction(age), "inducer": inducer}
    doses = [dose(**patient, cyp2c9=cyp2c9, vkorc1=each) for each in VKORC1]
    assert doses == sorted(doses, reverse=True)
    assert dose(**patient, cyp2c9=cyp2c9) <= dose(**patient, cyp2c9="s1_s1")


def test_every_member_of_the_enums_has_a_term_or_none() -> None:
    """The names are those of the knowledge base: a pair without a term is one with another allele."""
    for member in bundled().gene("CYP2C9").genotype_members:
        if "other" in member:
            with pytest.raises(ValueError, match="no term"):
                dose(cyp2c9=member)
        else:
            assert dose(cyp2c9=member) > 0
    assert {*VKORC1} == {*bundled().gene("VKORC1").published}
    assert load_tables(BUNDLED).names.functions["warfarin_weekly_dose"].result.unit == "mg/wk"

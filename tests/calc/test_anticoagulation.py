"""Atrial fibrillation: scores at their limits, published figures, exact rates and draws."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc.anticoagulation import Effects, rates, singer_benefit, uncertainty
from calc.errors import CalculationError
from calc.operations import OPERATIONS
from calc.operations.anticoagulation import OTHER_NAMES, ScoresGiven

OLD_MAN = {"cha2ds2_vasc": 2, "has_bled": 2, "ich_rate_off": 0.5}
SCORES = ("cha2ds2_vasc", "cha2ds2_va", "has_bled", "orbit")

many = settings(derandomize=True, database=None, deadline=None, max_examples=60)
few = settings(derandomize=True, database=None, deadline=None, max_examples=10)


def scores(age: float = 50, sex: str = "male", **flags: Any) -> list[Any]:
    found = OPERATIONS["af.scores"].answer({"age": age, "sex": sex, **flags})
    assert tuple(found) == SCORES
    return list(found.values())


def benefit(**changed: Any) -> Any:
    return OPERATIONS["af.net_benefit"].answer({**OLD_MAN, **changed})


def test_the_two_men_of_the_seed() -> None:
    frail: dict[str, Any] = {"bleeding_or_predisposition": 1, "bleeding_history": 1, "falls": 1}
    assert scores(85, **frail) == [2, 2, 2, 3]
    assert scores(55) == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (64.999, [0, 0, 0, 0]), (65, [1, 1, 0, 0]), (65.001, [1, 1, 1, 0]), (66, [1, 1, 1, 0]),
        (74.999, [1, 1, 1, 0]), (75, [2, 2, 1, 1]), (0, [0, 0, 0, 0]),
    ],
)  # fmt: skip
def test_the_limits_of_age_differ_between_the_scores(age: float, expected: list[int]) -> None:
    """HAS-BLED counts above 65 years, the others from 65 and 75 on."""
    assert scores(age) == expected


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("chf", [1, 1, 0, 0]), ("hypertension", [1, 1, 0, 0]), ("diabetes", [1, 1, 0, 0]),
        ("stroke", [2, 2, 1, 0]), ("vascular", [1, 1, 0, 0]), ("uncontrolled_hypertension", [0, 0, 1, 0]),
        ("renal", [0, 0, 1, 1]), ("egfr_below_60", [0, 0, 0, 1]), ("liver", [0, 0, 1, 0]),
        ("labile_inr", [0, 0, 1, 0]), ("bleeding_or_predisposition", [0, 0, 1, 0]),
        ("bleeding_history", [0, 0, 0, 2]), ("drugs", [0, 0, 1, 0]), ("alcohol", [0, 0, 1, 0]),
        ("anaemia", [0, 0, 0, 2]), ("antiplatelet", [0, 0, 0, 1]), ("falls", [0, 0, 0, 0]),
    ],
)  # fmt: skip
def test_what_each_flag_counts(flag: str, expected: list[int]) -> None:
    for yes in (True, 1, 1.0):
        assert scores(50, "male", **{flag: yes}) == expected
    for no in (False, 0, 0.0):
        assert scores(50, "male", **{flag: no}) == [0, 0, 0, 0]


def test_the_highest_scores_are_those_of_the_publications() -> None:
    """9 points of CHA2DS2-VASc (Lip 2010), 9 of HAS-BLED (Pisters 2010), 7 of ORBIT (O'Brien 2015)."""
    flags = dict.fromkeys(set(ScoresGiven.model_fields) - {"age", "sex"}, True)
    assert scores(90, "female", **flags) == [9, 8, 9, 7]
    assert scores(50, "female") == [1, 0, 0, 0]


@pytest.mark.parametrize(("other", "own"), OTHER_NAMES.items())
def test_other_names_of_a_flag(other: str, own: str) -> None:
    assert scores(50, "male", **{other: 1}) == scores(50, "male", **{own: 1}) != [0, 0, 0, 0]
    with pytest.raises(CalculationError, match=f"`{own}` comes under two names"):
        scores(50, "male", **{other: 1, own: 0})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"sex": "male"}, "`age` is missing"),
        ({"age": 70}, "`sex` is missing"),
        ({"age": 70, "sex": "unknown"}, "`sex`"),
        ({"age": -1, "sex": "male"}, "`age`"),
        ({"age": None, "sex": "male"}, "`age`"),
        ({"age": 70, "sex": "male", "stroke": 2}, "`stroke`: expected true, false, 1 or 0, not 2"),
        ({"age": 70, "sex": "male", "stroke": None}, "`stroke`: expected true"),
        ({"age": 70, "sex": "male", "stroke": "yes"}, "`stroke`: expected true"),
        ({"age": 70, "sex": "male", "strokes": 1}, "`strokes` is no field"),
    ],
)
def test_what_is_refused_of_scores(given: dict[str, object], words: str) -> None:
    """Nothing known of a flag is not the same as a no that somebody wrote."""
    with pytest.raises(CalculationError, match=words):
        OPERATIONS["af.scores"].answer(given)


@pytest.mark.parametrize(
    ("changed", "point", "draws", "advice"),
    [
        (
            {},
            (1.53208, 0.115, 0.3216540146, 1.263083796, 65.27074304),
            (1.24371416, 0.7451184066, 1.725908953, 0.99998, 0.999815),
            "anticoagulate-favoured",
        ),
        (
            {"cha2ds2_vasc": 0, "has_bled": 0, "ich_rate_off": 0.1},
            (0.13928, 0.023, 0.2394569343, 0.03294291971, 717.9781735),
            (0.02924859385, -0.05816573238, 0.104183036, 0.775085, 5e-06),
            "no-anticoagulant-favoured",
        ),
        (
            {"major_bleed_on_warfarin": 4.7, "params": {"w_ech": 1.0}},
            (1.53208, 0.115, 0.9766350365, 0.3829449635, 65.27074304),
            (0.3687875267, -0.4243744117, 1.096345643, 0.8332, 0.680345),
            "preference-sensitive",
        ),
    ],
)
def test_the_contract(
    changed: dict[str, Any], point: tuple[float, ...], draws: tuple[float, ...], advice: str
) -> None:
    found = benefit(**changed)
    names = ["te_prevented", "ich_caused", "ech_caused", "net_benefit", "nnt_te_1y"]
    assert list(found) == ["per_100_py", *names, "mc", "recommendation"]
    assert [float(found[name]) for name in names] == pytest.approx(point)
    assert list(found["mc"]) == ["mean", "q025", "q975", "p_gt_0", "p_gt_margin"]
    assert [float(each) for each in found["mc"].values()] == pytest.approx(draws, abs=0.01)
    assert found["recommendation"] == advice


def test_the_rates_of_both_futures() -> None:
    expected = {
        "te_off": 2.2, "te_on": 0.66792, "ich_off": 0.5, "ich_on": 0.615, "ech_off": 0.6801459854,
        "ech_on": 1.0018,
    }  # fmt: skip
    found = benefit()["per_100_py"]
    assert list(found) == list(expected)
    assert [float(each) for each in found.values()] == pytest.approx(list(expected.values()))


@pytest.mark.parametrize(
    ("score", "rate"),
    [(0, "1.13"), (1, "1.02"), (2, "1.88"), (3, "3.74"), (4, "8.70"), (5, "12.50")],
)
def test_major_bleeds_by_has_bled_as_published(score: int, rate: str) -> None:
    """Pisters et al., Chest 2010;138:1093-1100, PMID 20299623, table of the derivation cohort."""
    assert Effects().bleed_rates[score] == Fraction(rate)
    found = benefit(has_bled=score, ich_rate_off=0)
    assert found["per_100_py"]["ech_on"] == Fraction(rate) * Fraction("0.86")


@pytest.mark.parametrize(
    ("score", "rate"),
    [
        (0, "0.2"), (1, "0.6"), (2, "2.2"), (3, "3.2"), (4, "4.8"), (5, "7.2"), (6, "9.7"), (7, "11.2"),
        (8, "10.8"), (9, "12.2"),
    ],
)  # fmt: skip
def test_strokes_by_cha2ds2_vasc_as_published(score: int, rate: str) -> None:
    """Friberg et al., Eur Heart J 2012;33:1500-1510, DOI 10.1093/eurheartj/ehr488: 8 below 7."""
    assert benefit(cha2ds2_vasc=score)["per_100_py"]["te_off"] == Fraction(rate)


def independent(te: float, ich: float, major: float, weight: float, margin: float) -> list[float]:
    """The same model drawn ratio by ratio, with bleeds elsewhere as the publication defines them."""
    rng = np.random.default_rng(1)

    def drawn(estimate: float, low: float, high: float) -> Any:
        return estimate * np.exp(math.log(high / low) / 3.919928 * rng.standard_normal(1_000_000))

    te_off, ich_off, on_warfarin = (
        rate * np.exp(deviation * rng.standard_normal(1_000_000))
        for rate, deviation in ((te, 0.1), (ich, 0.25), (major, 0.15))
    )
    te_on = te_off * drawn(0.33, 0.23, 0.46) * drawn(0.92, 0.83, 1.02)
    ich_on = ich_off * drawn(1.23, 0.88, 1.72)
    major_on = on_warfarin * drawn(0.86, 0.73, 1.0)
    major_off = major_on / drawn(1.37, 1.16, 1.63)
    elsewhere = (major_on - ich_on) - (major_off - ich_off)
    net = (te_off - te_on) - 1.5 * (ich_on - ich_off) - weight * elsewhere
    return [net.mean(), *np.quantile(net, (0.025, 0.975)), (net > 0).mean(), (net > margin).mean()]


@pytest.mark.parametrize(
    ("te", "ich", "major", "weight"), [("4.8", "0.3", "3.74", "0.3"), ("0.6", "0.5", "1.02", "1")]
)
def test_draws_against_another_way_of_drawing(te: str, ich: str, major: str, weight: str) -> None:
    effects = Effects(weight_ech=Fraction(weight))
    found = uncertainty(Fraction(te), Fraction(ich), Fraction(major), effects)
    expected = independent(float(te), float(ich), float(major), float(weight), 0.2)
    drawn = [found.mean, found.low, found.high, float(found.above_zero), float(found.above_margin)]
    assert drawn == pytest.approx(expected, abs=0.01)


def test_without_spread_the_draws_are_the_expected_number() -> None:
    sure = {
        "rr_te_warf": [0.33] * 3, "rr_te_doac_vs_warf": [0.92] * 3, "rr_ich": [1.23] * 3,
        "rr_major": [1.37] * 3, "doac_major_vs_warf": [0.86] * 3,
        "baseline_log_sd": {"te": 0, "ich": 0, "mb": 0},
    }  # fmt: skip
    found = benefit(params=sure)
    number = float(found["net_benefit"])
    assert [found["mc"][name] for name in ("mean", "q025", "q975")] == pytest.approx([number] * 3)
    assert found["mc"]["p_gt_margin"] == 1


def test_the_draws_are_the_same_each_time() -> None:
    assert benefit() == benefit()


@few
@given(st.fractions(0, 20), st.fractions(0, 1), st.fractions(3, 20), st.fractions(0, 5))
def test_more_strokes_and_fewer_bleeds_favour_the_drug(
    te: Fraction, ich: Fraction, major: Fraction, more: Fraction
) -> None:
    effects = Effects()
    here, there = rates(te, ich, major, effects), rates(te + more, ich, major, effects)
    assert there.benefit(effects) >= here.benefit(effects)
    assert rates(te, ich, major + more, effects).benefit(effects) <= here.benefit(effects)
    sure, surer = (uncertainty(each, ich, major, effects).above_margin for each in (te, te + more))
    assert sure <= surer


@many
@given(*[st.fractions(0, 20)] * 4)
def test_bleeds_elsewhere_without_weight_leave_singers_index(
    te_off: Fraction, te_on: Fraction, ich_off: Fraction, ich_on: Fraction
) -> None:
    given = {"te_off": te_off, "te_on": te_on, "ich_off": ich_off, "ich_on": ich_on}
    found = OPERATIONS["af.singer_ncb"].answer(given)
    assert found == {"net_clinical_benefit": te_off - te_on - Fraction(3, 2) * (ich_on - ich_off)}
    effects = Effects(weight_ech=Fraction(0))
    here = rates(te_off, ich_off, ich_off * 100, effects)
    assert here.benefit(effects) == singer_benefit(here.te_off, here.te_on, here.ich_off, here.ich_on)


def test_singers_index_of_the_contract() -> None:
    given = {"te_off": 2.1, "te_on": 1.27, "ich_off": 0.32, "ich_on": 0.58}
    assert OPERATIONS["af.singer_ncb"].answer(given) == {"net_clinical_benefit": Fraction("0.44")}


def test_singers_index_as_published_for_another_cohort() -> None:
    """BMC Cardiovasc Disord 2012;12:49, table 3: 0.70 prevented, 0.07 caused, all rounded."""
    for weight, published in (("1", 0.63), ("1.5", 0.59), ("2", 0.56)):
        found = singer_benefit(Fraction("0.70"), Fraction(0), Fraction(0), Fraction("0.07"), Fraction(weight))
        assert float(found) == pytest.approx(published, abs=0.006)


@pytest.mark.parametrize("params", [{}, {"baseline_log_sd": {}}, {"w_ech": 0.3, "margin": 0.2}])
def test_parameters_replace_defaults_one_by_one(params: dict[str, Any]) -> None:
    assert benefit(params=params) == benefit()


def test_each_parameter_has_its_effect() -> None:
    certain: list[tuple[str, Any]] = [
        ("rr_te_warf", [0.4, 0.3, 0.5]), ("rr_te_doac_vs_warf", [0.8, 0.7, 0.9]), ("rr_ich", [1, 0.8, 1.2]),
        ("rr_major", [1.2, 1, 1.5]), ("doac_major_vs_warf", [0.9, 0.8, 1]), ("w_te", 2), ("w_ich", 1),
        ("w_ech", 1), ("te_rate_per_100py_by_cha2ds2_vasc", [1] * 10),
        ("has_bled_major_bleed_per_100py", [2] * 6),
    ]  # fmt: skip
    for name, value in certain:
        assert benefit(params={name: value})["net_benefit"] != benefit()["net_benefit"], name
    uncertain: list[tuple[str, Any]] = [("baseline_log_sd", {each: 0.9}) for each in ("te", "ich", "mb")]
    for name, value in [("margin", 1.3), *uncertain]:
        changed = benefit(params={name: value})
        assert changed["net_benefit"] == benefit()["net_benefit"]
        assert changed["mc"] != benefit()["mc"], name


def test_nothing_prevented_has_no_number_to_treat() -> None:
    none = {"te_rate_per_100py_by_cha2ds2_vasc": [0] * 10}
    assert benefit(params=none)["nnt_te_1y"] is None
    worse = benefit(params={"rr_te_warf": [1.2, 1, 1.4]})
    assert worse["te_prevented"] < 0 and worse["nnt_te_1y"] is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"has_bled": 6}, "`has_bled` 6: no rate is known above 5; give `major_bleed_on_warfarin`"),
        ({"has_bled": None}, "`has_bled` is missing, and `major_bleed_on_warfarin` too"),
        ({"has_bled": 10}, "`has_bled`"),
        ({"cha2ds2_vasc": 10}, "`cha2ds2_vasc`"),
        ({"cha2ds2_vasc": -1}, "`cha2ds2_vasc`"),
        ({"cha2ds2_vasc": 2.5}, "`cha2ds2_vasc`"),
        ({"ich_rate_off": -0.1}, "`ich_rate_off`"),
        ({"ich_rate_off": 2}, "`ich_rate_off` 2: there are more bleeds in the head than major bleeds"),
        ({"major_bleed_on_warfarin": 0}, "more bleeds in the head"),
        ({"params": {"rr_ich": [1, 1.1, 1.2]}}, "`params.rr_ich`: the estimate, first, lies between"),
        ({"params": {"rr_ich": [1, 1.2]}}, "`params.rr_ich`"),
        ({"params": {"rr_ich": [0, 0, 1]}}, "`params.rr_ich.0`"),
        ({"params": {"weights": 1}}, "`params.weights` is no field"),
        ({"params": {"baseline_log_sd": {"te": -1}}}, "`params.baseline_log_sd.te`"),
    ],
)
def test_what_is_refused_of_net_benefit(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(CalculationError, match=words):
        benefit(**changed)


def test_a_known_rate_of_bleeds_needs_no_score() -> None:
    assert benefit(has_bled=None, major_bleed_on_warfarin=1.88) == benefit()
    assert benefit(has_bled=9, major_bleed_on_warfarin=1.88) == benefit()

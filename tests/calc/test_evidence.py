"""What an estimate is worth elsewhere: E-values, standardisation, transport, interaction, net benefit."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc import CalculationError
from calc.evidence import e_value, net_benefit
from calc.operations import OPERATIONS

SHARES = st.fractions(0, 1, max_denominator=1000)
RATIOS = st.fractions(Fraction(1, 1000), 1000, max_denominator=1000)
ARMS = st.integers(1, 30).flatmap(lambda people: st.tuples(st.just(people), st.integers(0, people)))

plain = settings(derandomize=True, database=None, deadline=None)


def answer(name: str, **fields: object) -> dict[str, Any]:
    return OPERATIONS[name].answer(fields)


def refused(name: str, **fields: object) -> str:
    with pytest.raises(CalculationError) as caught:
        answer(name, **fields)
    return f"{caught.value.code}: {caught.value}"


@pytest.mark.parametrize(
    ("ratio", "low", "high", "point", "limit"),
    [
        # VanderWeele and Ding, Ann Intern Med 2017;167:268-274: breast feeding, and leukaemia.
        (3.9, 1.8, 8.7, 7.26, 3.0),
        (0.80, 0.71, 0.91, 1.81, 1.43),
        # Ding and VanderWeele, Epidemiology 2016;27:368-377: smoking and lung cancer.
        (10.73, 8.02, 14.36, 20.95, 15.52),
    ],
)
def test_published_e_values(ratio: float, low: float, high: float, point: float, limit: float) -> None:
    found = answer("evidence.e_value", rr=ratio, low=low, high=high)
    assert [round(each, 2) for each in found.values()] == [point, limit]


def test_e_value_of_a_protective_ratio() -> None:
    found = answer("evidence.e_value", rr=0.47, low=0.37, high=0.59)
    assert found == {"e_point": pytest.approx(3.676619125), "e_ci": pytest.approx(2.780190549)}


@pytest.mark.parametrize(
    ("ratio", "low", "high", "limit"),
    [
        (1.5, 0.9, 2.5, 1),
        (0.7, 0.5, 1.2, 1),
        (1.5, 1, 2.5, 1),
        (0.7, 0.5, 1, 1),
        (1, 1, 1, 1),
        (2, 2, 2, None),
    ],
)
def test_an_interval_that_reaches_one_needs_no_confounder(
    ratio: float, low: float, high: float, limit: float | None
) -> None:
    found = answer("evidence.e_value", rr=ratio, low=low, high=high)
    assert found["e_ci"] == (found["e_point"] if limit is None else limit)


@plain
@given(RATIOS)
def test_a_confounder_of_that_strength_explains_exactly_so_much(ratio: Fraction) -> None:
    """The bounding factor of two equal ratios, E * E / (2 * E - 1), is the risk ratio or its reciprocal."""
    found = e_value(ratio)
    assert found * found / (2 * found - 1) == pytest.approx(float(max(ratio, 1 / ratio)))
    assert found == pytest.approx(e_value(1 / ratio))
    assert found >= max(ratio, 1 / ratio)


def test_an_estimate_without_an_interval_has_one_e_value() -> None:
    assert answer("evidence.e_value", rr=1) == {"e_point": 1}
    assert answer("evidence.e_value", rr=2) == {"e_point": pytest.approx(2 + math.sqrt(2))}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"rr": 2, "low": 1.5}, "interval: `low` and `high`"),
        ({"rr": 2, "high": 3}, "interval: `low` and `high`"),
        ({"rr": 2, "low": 3, "high": 1}, "interval: `rr`"),
        ({"rr": 2, "low": 2.1, "high": 3}, "interval: `rr`"),
        ({"rr": 0}, "out-of-range: `rr`"),
        ({"rr": -0.5}, "out-of-range: `rr`"),
        ({"rr": 1e300}, "out-of-range: `rr`"),
        ({"rr": 2, "low": 0, "high": 3}, "out-of-range: `low`"),
        ({}, "missing-field: `rr`"),
    ],
)
def test_ratios_that_cannot_be(fields: dict[str, object], words: str) -> None:
    assert words in refused("evidence.e_value", **fields)


def test_the_function_refuses_a_ratio_of_zero() -> None:
    with pytest.raises(ValueError, match="above zero"):
        e_value(Fraction(0))


SEVERITY: dict[str, dict[str, object]] = {
    "mild": {"n_t": 100, "e_t": 4, "n_c": 900, "e_c": 45},
    "severe": {"n_t": 900, "e_t": 270, "n_c": 100, "e_c": 40},
}


def test_confounding_by_indication_turns_the_sign() -> None:
    """Weighed by the people of both arms: by the treated alone it would be -0.091, by the others -0.019."""
    assert answer("evidence.standardise", strata=SEVERITY) == {
        "crude_rd": Fraction(189, 1000), "standardised_rd": Fraction(-55, 1000), "sign_reversed": True,
    }  # fmt: skip


@plain
@given(st.lists(st.tuples(ARMS, ARMS), min_size=1, max_size=4))
def test_standardisation_person_by_person(strata: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    """Everybody gets the risk of both arms of their stratum; the mean of the differences is the answer."""
    named = {
        f"stratum {index}": {"n_t": treated, "e_t": sick, "n_c": control, "e_c": ill}
        for index, ((treated, sick), (control, ill)) in enumerate(strata)
    }
    found = answer("evidence.standardise", strata=named)
    persons = [
        Fraction(sick, treated) - Fraction(ill, control)
        for (treated, sick), (control, ill) in strata
        for _ in range(treated + control)
    ]
    assert found["standardised_rd"] == sum(persons) / len(persons)
    if len(strata) == 1:
        assert found["crude_rd"] == found["standardised_rd"]
        assert not found["sign_reversed"]


def test_no_difference_is_no_reversal() -> None:
    strata = {"all": {"n_t": 10, "e_t": 2, "n_c": 5, "e_c": 1}}
    assert answer("evidence.standardise", strata=strata) == {
        "crude_rd": 0, "standardised_rd": 0, "sign_reversed": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"n_t": 0, "e_t": 0}, "arm: `strata.severe`: treated: 0 events in 0 people"),
        ({"n_c": 0, "e_c": 0}, "arm: `strata.severe`: control: 0 events in 0 people"),
        ({"e_c": 101}, "arm: `strata.severe`: control: 101 events in 100 people"),
        ({"e_c": 1.5}, "not-a-number: `strata.severe.e_c`"),
        ({"e_c": None}, "not-a-number: `strata.severe.e_c`"),
        ({"extra": 1}, "unknown-field: `strata.severe.extra`"),
    ],
)
def test_a_stratum_without_an_arm_is_named(changed: dict[str, object], words: str) -> None:
    strata = {**SEVERITY, "severe": {**SEVERITY["severe"], **changed}}
    assert words in refused("evidence.standardise", strata=strata)


def test_there_has_to_be_a_stratum() -> None:
    assert "`strata`" in refused("evidence.standardise", strata={})


def transported(target: dict[str, object], **changed: object) -> dict[str, Any]:
    fields = {"arr": {"0": 0.08, "1": -0.02}, "trial_mix": {"0": 0.9, "1": 0.1}, "target_mix": target}
    return answer("evidence.transport", **{**fields, **changed})


@pytest.mark.parametrize(
    ("share", "target", "signed"),
    [(0.6, "0.02", 50), (1, "-0.02", -50), (0.8, "0", None), (0, "0.08", "12.5")],
)
def test_the_effect_of_a_trial_in_a_clinic(share: float, target: str, signed: object) -> None:
    """Among enough people with X = 1 it vanishes, and then no number of people is stated; then it harms."""
    found = transported({"0": float(1 - Fraction(str(share))), "1": share})
    assert found == {
        "trial_arr": Fraction(7, 100), "target_arr": Fraction(target), "trial_nnt": Fraction(100, 7),
        "target_nnt_signed": None if signed is None else Fraction(str(signed)),
    }  # fmt: skip


@plain
@given(st.dictionaries(st.text(max_size=3), st.tuples(st.fractions(-1, 1), SHARES), min_size=1, max_size=5))
def test_an_average_lies_within_its_strata(strata: dict[str, tuple[Fraction, Fraction]]) -> None:
    total = sum((share for _, share in strata.values()), Fraction(0))
    if not total:
        return
    arr = {name: effect for name, (effect, _) in strata.items()}
    mix = {name: share / total for name, (_, share) in strata.items()}
    found = answer("evidence.transport", arr=arr, trial_mix=mix, target_mix=mix)
    assert min(arr.values()) <= found["trial_arr"] <= max(arr.values())
    assert found["trial_arr"] == found["target_arr"]
    assert found["trial_nnt"] is None or found["trial_nnt"] * found["trial_arr"] == 1


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({"0": 0.4, "1": 0.5}, "shares: `target_mix`: the shares come to 0.9, not 1"),
        ({"0": 0.4, "1": 0.600000002}, "shares: `target_mix`"),
        ({"0": 1}, "strata: `target_mix`: these strata have an effect or a share, and not both: 1"),
        ({"0": 0.4, "1": 0.5, "2": 0.1}, "not both: 2"),
        ({}, "not both: 0, 1"),
        ({"0": -0.1, "1": 1.1}, "out-of-range: `target_mix.0`"),
        (None, "input: `target_mix`"),
    ],
)
def test_mixes_that_cannot_be(target: Any, words: str) -> None:
    with pytest.raises(CalculationError) as caught:
        transported(target)
    assert words in f"{caught.value.code}: {caught.value}"


def test_the_mix_that_is_wrong_is_named() -> None:
    with pytest.raises(CalculationError, match="`trial_mix`"):
        transported({"0": 0.4, "1": 0.6}, trial_mix={"0": 0.4, "1": 0.5})


def test_shares_that_were_rounded_are_a_mix() -> None:
    """A third at nine places, three times, misses one by exactly the tolerance.

    An effect that every stratum has is that of the mix, whatever the rounding.
    """
    arr, mix = dict.fromkeys("abc", 0.5), dict.fromkeys("abc", 0.333333333)
    found = answer("evidence.transport", arr=arr, trial_mix=mix, target_mix=mix)
    assert found["trial_arr"] == Fraction("0.5")


def joint(*risks: float) -> dict[str, Any]:
    return answer("evidence.gxe", risk=dict(zip(("00", "10", "01", "11"), risks, strict=True)))


@pytest.mark.parametrize(
    ("risks", "contrast", "excess", "ratio"),
    [
        ((0.02, 0.04, 0.05, 0.12), "0.05", "2.5", "1.2"),
        # Additive, but less than multiplicative; and the other way.
        ((0.02, 0.04, 0.05, 0.07), "0", "0", "0.7"),
        ((0.02, 0.04, 0.05, 0.1), "0.03", "1.5", "1"),
        # Against a risk of zero there is no ratio, but there is a contrast.
        ((0, 0.04, 0.05, 0.12), "0.03", None, None),
        ((0.02, 0, 0.05, 0.12), "0.09", "4.5", None),
        ((0.02, 0.04, 0, 0.12), "0.1", "5", None),
        ((0.02, 0.04, 0.05, 0), "-0.07", "-3.5", "0"),
        ((0, 0, 0, 0), "0", None, None),
        ((1, 1, 1, 1), "0", "0", "1"),
        ((5e-324, 0.1, 0.1, 0.1), None, None, None),
    ],
)
def test_interaction_on_both_scales(
    risks: tuple[float, ...], contrast: str | None, excess: str | None, ratio: str | None
) -> None:
    found = joint(*risks)
    assert list(found) == ["interaction_contrast", "reri", "rr_multiplicative_interaction"]
    if contrast is not None:
        assert found["interaction_contrast"] == Fraction(contrast)
    assert found["reri"] == (excess and Fraction(excess))
    assert found["rr_multiplicative_interaction"] == (ratio and Fraction(ratio))


@plain
@given(st.tuples(*[st.fractions(Fraction(1, 100), 1, max_denominator=100)] * 4))
def test_excess_by_risk_ratios(risks: tuple[Fraction, Fraction, Fraction, Fraction]) -> None:
    """RR11 - RR10 - RR01 + 1, and RR11 / (RR10 * RR01)."""
    neither, gene, surroundings, both = risks
    found = answer("evidence.gxe", risk={"00": neither, "10": gene, "01": surroundings, "11": both})
    ratios = [risk / neither for risk in (gene, surroundings, both)]
    assert found["reri"] == ratios[2] - ratios[0] - ratios[1] + 1
    assert found["rr_multiplicative_interaction"] == ratios[2] / (ratios[0] * ratios[1])


@pytest.mark.parametrize(
    ("risk", "words"),
    [
        ({"00": 0.02, "10": 0.04, "01": 0.05}, "missing-field: `risk.11`"),
        ({"00": 2, "10": 0.04, "01": 0.05, "11": 0.1}, "out-of-range: `risk.00`"),
        ({"00": 0.02, "10": None, "01": 0.05, "11": 0.1}, "not-a-number: `risk.10`"),
        ({"00": 0.02, "10": 0.04, "01": 0.05, "11": 0.1, "neither": 0.1}, "unknown-field: `risk.neither`"),
        (None, "input: `risk`"),
    ],
)
def test_risks_that_cannot_be(risk: object, words: str) -> None:
    assert words in refused("evidence.gxe", risk=risk)


CURVE: dict[str, object] = {"n": 1000, "tp": 60, "fp": 140, "prev": 0.1, "pt": 0.1}


def test_net_benefit_at_a_tenth() -> None:
    """At a threshold that is the prevalence, acting on everybody is worth as much as on nobody."""
    assert answer("guard.decision_curve", **CURVE) == {
        "nb_model": Fraction(2, 45), "nb_all": 0, "nb_none": 0,
    }  # fmt: skip


@plain
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40), SHARES)
def test_net_benefit_person_by_person(people: list[tuple[bool, bool]], threshold: Fraction) -> None:
    """One for each case that is acted on, less the odds of the threshold for each needless action."""
    if threshold == 1:
        return
    true = sum(sick and acted for sick, acted in people)
    false = sum(acted and not sick for sick, acted in people)
    prevalence = Fraction(sum(sick for sick, _ in people), len(people))
    found = answer("guard.decision_curve", n=len(people), tp=true, fp=false, prev=prevalence, pt=threshold)
    worth = [Fraction(sick) if sick else -1 / (1 / threshold - 1) if threshold else 0 for sick, _ in people]
    by_model = sum(each for each, (_, acted) in zip(worth, people, strict=True) if acted)
    assert found["nb_model"] == Fraction(by_model) / len(people)
    assert found["nb_all"] == Fraction(sum(worth)) / len(people)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"pt": 1}, "out-of-range: `pt`: expected a number at least 0 and below 1, not 1"),
        ({"pt": -0.1}, "out-of-range: `pt`"),
        ({"n": 0, "tp": 0, "fp": 0}, "nobody: `n` is 0"),
        ({"tp": 900}, "counts: `tp` and `fp` are 1040, more than the 1000 of `n`"),
        ({"prev": 1.1}, "out-of-range: `prev`"),
        ({"fp": None}, "not-a-number: `fp`"),
    ],
)
def test_curves_that_cannot_be(changed: dict[str, object], words: str) -> None:
    assert words in refused("guard.decision_curve", **{**CURVE, **changed})


def test_the_function_refuses_a_threshold_of_one() -> None:
    with pytest.raises(ValueError, match="below 1"):
        net_benefit(Fraction(1, 10), Fraction(1, 10), Fraction(1))

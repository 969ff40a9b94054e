"""Effects in a population and its strata: numbers needed to treat, their intervals, and what they decide."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, norm

from calc import CalculationError, NoAnswer, UnusableInput
from calc.effects import interaction, reduction_interval, share_of_carriers, wilson_interval
from calc.operations import OPERATIONS
from calc.operations.effects import written

SHARES = st.fractions(0, 1, max_denominator=1000)
REDUCTIONS = st.fractions(-1, 1, max_denominator=1000)
ARMS = st.integers(1, 400).flatmap(lambda people: st.tuples(st.integers(0, people), st.just(people)))

plain = settings(derandomize=True, database=None, deadline=None)


def answer(name: str, **fields: object) -> dict[str, Any]:
    return OPERATIONS[name].answer(fields)


def counts(events_control: int, n_control: int, events_treated: int, n_treated: int) -> dict[str, Any]:
    arms = (events_control, n_control, events_treated, n_treated)
    names = ("events_control", "n_control", "events_treated", "n_treated")
    return answer("nnt.counts", **dict(zip(names, arms, strict=True)))


def refused(name: str, **fields: object) -> str:
    with pytest.raises(CalculationError) as caught:
        answer(name, **fields)
    return f"{caught.value.code}: {caught.value}"


def test_about_thirteen_is_a_share_of_two_fifths_or_eight_of_twenty_one() -> None:
    """A number that was rounded before it is mixed moves the share: 13 for 12.5."""
    exact = {"feasible": True, "p_x1": Fraction(2, 5), "arr_overall": Fraction(1, 25)}
    assert answer("nnt.mixture_fraction", nnt_overall=25, nnt_x0=12.5, nnh_x1=50) == {
        **exact, "arr_x0": Fraction(2, 25), "arr_x1": Fraction(-1, 50),
    }  # fmt: skip
    assert answer("nnt.mixture_fraction", nnt_overall=25, nnt_x0=13, nnh_x1=50)["p_x1"] == Fraction(8, 21)


@pytest.mark.parametrize(
    ("overall", "without", "harm", "share"),
    [
        (25, 25, 50, 0), (-50, 25, 50, 1), (24, 25, 50, None), (-49, 25, 50, None), (-100, 25, 50, "5/6"),
        (10, 20, -20, None), (10, 20, -5, "1/3"),
    ],
)  # fmt: skip
def test_a_share_is_from_none_to_all(overall: int, without: int, harm: int, share: object) -> None:
    """An overall effect beyond both strata cannot be; a number below zero is one of the other direction."""
    found = answer("nnt.mixture_fraction", nnt_overall=overall, nnt_x0=without, nnh_x1=harm)
    assert found == {"feasible": False} if share is None else found["p_x1"] == Fraction(str(share))


def test_strata_with_one_effect_leave_the_share_open() -> None:
    assert "any share" in refused("nnt.mixture_fraction", nnt_overall=20, nnt_x0=20, nnh_x1=-20)


@plain
@given(SHARES, REDUCTIONS, REDUCTIONS)
def test_the_share_comes_back_from_the_mixture(
    share: Fraction, without: Fraction, carrying: Fraction
) -> None:
    found = answer("nnt.overall", p_x1=share, arr_x0=without, arr_x1=carrying)
    assert min(without, carrying) <= found["arr"] <= max(without, carrying)
    if without != carrying:
        assert share_of_carriers(found["arr"], without, carrying) == share
    if found["number"] is None:
        assert found["kind"] == "none" and found["arr"] == 0
    else:
        assert found["arr"] * found["number"] == {"NNTB": 1, "NNTH": -1}[found["kind"]]


@pytest.mark.parametrize(
    ("share", "without", "carrying", "expected"),
    [
        (0.4, 0.08, -0.02, {"arr": Fraction(1, 25), "kind": "NNTB", "number": 25}),
        # In binary floats 0.3 * 0.1 - 0.1 * 0.3 and the like leave 1e-17, and a number of 1e17 people.
        (0.3, 0.3, -0.7, {"arr": 0, "kind": "none", "number": None}),
        (0, 1e-12, 0, {"arr": Fraction(1, 10**12), "kind": "NNTB", "number": 10**12}),
        (0, 9.99e-13, 0, {"arr": Fraction("9.99e-13"), "kind": "none", "number": None}),
        (1, 1, -1, {"arr": -1, "kind": "NNTH", "number": 1}),
    ],
)  # fmt: skip
def test_effects_that_cancel_leave_no_number(
    share: float, without: float, carrying: float, expected: dict[str, object]
) -> None:
    assert answer("nnt.overall", p_x1=share, arr_x0=without, arr_x1=carrying) == expected


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062), ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775), ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0), ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)  # fmt: skip
def test_intervals_of_newcombe(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    """Table II, method 10, of Newcombe, Stat Med 1998;17:873-890: all eight examples, at four places."""
    found = counts(*first, *second)["arr_ci95"]
    assert [round(each, 4) for each in found] == [low, high]


@plain
@given(ARMS, ARMS)
def test_interval_against_score_intervals_of_another_library(
    control: tuple[int, int], treated: tuple[int, int]
) -> None:
    """By scipy, which takes its deviate from the quantile function; swapped arms mirror the interval."""
    (low, high), (low_treated, high_treated) = (
        tuple(binomtest(*arm).proportion_ci(method="wilson")) for arm in (control, treated)
    )
    before, after = (events / people for events, people in (control, treated))
    found = counts(*control, *treated)
    down = math.sqrt((before - low) ** 2 + (high_treated - after) ** 2)
    up = math.sqrt((high - before) ** 2 + (after - low_treated) ** 2)
    assert found["arr_ci95"] == pytest.approx([before - after - down, before - after + up], abs=1e-12)
    assert -1 <= found["arr_ci95"][0] <= found["arr"] <= found["arr_ci95"][1] <= 1
    mirrored = counts(*treated, *control)["arr_ci95"]
    assert found["arr_ci95"] == pytest.approx([-mirrored[1], -mirrored[0]], abs=1e-12)


@plain
@given(ARMS)
def test_a_score_interval_solves_its_equation(arm: tuple[int, int]) -> None:
    """At its limits the proportion is 1.96 of its own standard errors away."""
    events, people = arm
    for limit in wilson_interval(Fraction(events), Fraction(people)):
        error = norm.ppf(0.975) * math.sqrt(limit * (1 - limit) / people)
        assert abs(events / people - limit) == pytest.approx(error, abs=1e-9)


@pytest.mark.parametrize(
    ("arms", "kind", "number", "form"),
    [
        ((200, 1000, 120, 1000), "NNTB", 12.5, {"form": "NNTB-interval", "from": 8.931675, "to": 20.840075}),
        ((120, 1000, 200, 1000), "NNTH", 12.5, {"form": "NNTH-interval", "from": 8.931675, "to": 20.840075}),
        (
            (60, 600, 72, 600), "NNTH", 50,
            {"form": "NNTB-to-infinity-to-NNTH", "nntb": 64.204719, "nnth": 17.962847},
        ),
        # Nobody has an event, or everybody: no effect, and an interval that few people leave wide.
        ((0, 10, 0, 10), "none", None, {"form": "NNTB-to-infinity-to-NNTH", "nntb": 3.6034, "nnth": 3.6034}),
        ((9, 9, 9, 9), "none", None, {"form": "NNTB-to-infinity-to-NNTH", "nntb": 3.3428, "nnth": 3.3428}),
        ((10, 10, 0, 10), "NNTB", 1, {"form": "NNTB-interval", "from": 1, "to": 1.646065}),
    ],
)  # fmt: skip
def test_an_interval_around_no_effect_runs_through_infinity(
    arms: tuple[int, int, int, int], kind: str, number: float | None, form: dict[str, Any]
) -> None:
    """As Altman writes it (BMJ 1998;317:1309): the benefit first, never one range from 64 down to -18."""
    found = counts(*arms)
    assert (found["kind"], found["number"]) == (kind, number)
    assert list(found["ci_form"]) == list(form)
    assert found["ci_form"] == {
        name: each if isinstance(each, str) else pytest.approx(each, rel=1e-4) for name, each in form.items()
    }


def test_altmans_example_of_an_interval_around_no_effect() -> None:
    """An ARR of 10 % (-5 % to 25 %) is NNTB 4 to infinity to NNTH 20: BMJ 1998;317:1309-1312."""
    form = written(-0.05, 0.25).model_dump()
    assert form == {"form": "NNTB-to-infinity-to-NNTH", "nntb": 4, "nnth": pytest.approx(20)}
    assert written(0.0, 0.25).model_dump() == {
        "form": "NNTB-to-infinity-to-NNTH", "nntb": 4, "nnth": None,
    }  # fmt: skip
    assert written(-0.25, 0.0).model_dump() == {
        "form": "NNTB-to-infinity-to-NNTH", "nntb": None, "nnth": 4,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"n_control": 0}, "arm: `events_control` of `n_control`: 60 events in 0 people"),
        ({"events_treated": 601}, "arm: `events_treated` of `n_treated`: 601 events in 600 people"),
        ({"events_treated": 71.5}, "not-a-number: `events_treated`: expected a whole number, not 71.5"),
        ({"events_control": -1}, "out-of-range: `events_control`"),
        ({"events_control": True}, "not-a-number: `events_control`"),
        ({"n_treated": 10**13}, "out-of-range: `n_treated`"),
        ({"n_treated": 10**400}, "not-a-number: `n_treated`"),
        ({"n_treated": Decimal("1e-999999999")}, "not-a-number: `n_treated`"),
        ({"n_treated": None}, "not-a-number: `n_treated`"),
        ({"n": 600}, "unknown-field: `n`"),
    ],
)
def test_counts_that_cannot_be(changed: dict[str, object], words: str) -> None:
    arms = {"events_control": 60, "n_control": 600, "events_treated": 72, "n_treated": 600}
    assert words in refused("nnt.counts", **{**arms, **changed})


def test_the_interval_itself_refuses_an_empty_arm() -> None:
    with pytest.raises(NoAnswer, match="treated: 0 events in 0 people"):
        reduction_interval(Fraction(0), Fraction(1), Fraction(0), Fraction(0))


def test_the_published_test_of_interaction() -> None:
    """Altman and Bland, BMJ 2003;326:219: log risk ratios -0.4005 and -0.1278, z -1.24, P 0.2."""
    found = interaction(Fraction("-0.4005"), Fraction("0.1929"), Fraction("-0.1278"), Fraction("0.1070"))
    assert float(found.difference) == pytest.approx(-0.2726, abs=2e-4)
    assert (round(found.error, 4), round(found.z, 2), round(found.probability, 1)) == (0.2206, -1.24, 0.2)


@plain
@given(REDUCTIONS, REDUCTIONS, SHARES, SHARES)
def test_interaction_against_the_normal_distribution(
    first: Fraction, second: Fraction, error: Fraction, other: Fraction
) -> None:
    fields = {"arr_x0": first, "se_x0": error, "arr_x1": second, "se_x1": other}
    if not error and not other:
        assert "no-error" in refused("nnt.interaction", **fields)
        return
    found = answer("nnt.interaction", **fields)
    assert found["z"] * found["se"] == pytest.approx(float(first - second))
    assert found["p_two_sided"] == pytest.approx(2 * norm.sf(abs(found["z"])), rel=1e-9, abs=1e-300)
    assert found["difference"] == first - second


def test_an_error_next_to_nothing_is_none() -> None:
    """Else z would be infinite."""
    assert "no-error" in refused("nnt.interaction", arr_x0=1, se_x0=5e-324, arr_x1=-1, se_x1=0)
    assert answer("nnt.interaction", arr_x0=1, se_x0=1e-300, arr_x1=-1, se_x1=0)["p_two_sided"] == 0


BENEFIT: dict[str, object] = {"arr": 0.08, "ci95": [0.048, 0.112]}
HARM: dict[str, object] = {"arr": -0.02, "ci95": [-0.035, -0.005]}
OPEN: dict[str, object] = {"arr": 0.01, "ci95": [0, 0.02]}


@pytest.mark.parametrize(
    ("patient", "basis", "action"),
    [
        (0, "stratum:0", "treat"), ("0", "stratum:0", "treat"), (1, "stratum:1", "do-not-treat"),
        (1.0, "stratum:1", "do-not-treat"), ("2", "stratum:2", "uncertain"),
        (None, "none", "determine-X-first"), (3, "none", "determine-X-first"),
        (0.5, "none", "determine-X-first"), ("", "none", "determine-X-first"),
    ],
)  # fmt: skip
def test_the_stratum_of_the_patient_decides(patient: object, basis: str, action: str) -> None:
    """An interval that touches zero decides nothing, and a stratum that is not listed is not known."""
    found = answer("nnt.decide", strata={"0": BENEFIT, "1": HARM, "2": OPEN}, patient_x=patient)
    assert found == {"basis": basis, "action": action}


@pytest.mark.parametrize(
    ("strata", "basis", "action"),
    [
        ([BENEFIT, BENEFIT], "all-strata", "treat"),
        ([HARM, HARM], "all-strata", "do-not-treat"),
        ([OPEN, OPEN], "all-strata", "uncertain"),
        ([BENEFIT, HARM], "none", "determine-X-first"),
        # Both estimates are above zero, but only one interval is: knowing X may change what is done.
        ([BENEFIT, OPEN], "none", "determine-X-first"),
    ],
)
def test_unknown_x_is_determined_where_it_may_change_what_is_done(
    strata: list[dict[str, object]], basis: str, action: str
) -> None:
    by_name = {str(number): stratum for number, stratum in enumerate(strata)}
    assert answer("nnt.decide", strata=by_name) == {"basis": basis, "action": action}


@pytest.mark.parametrize(
    ("stratum", "patient", "words"),
    [
        ({"arr": 0.2, "ci95": [0.048, 0.112]}, 0, "interval: `strata.0.ci95`"),
        ({"arr": 0.08, "ci95": [0.112, 0.048]}, 0, "interval: `strata.0.ci95`"),
        ({"arr": 0.08, "ci95": [0.048]}, 0, "input: `strata.0.ci95`"),
        ({"arr": 0.08, "ci95": None}, 0, "input: `strata.0.ci95`"),
        ({"arr": 0.08}, 0, "missing-field: `strata.0.ci95`"),
        ({"arr": 8, "ci95": [0.048, 0.112]}, 0, "out-of-range: `strata.0.arr`"),
        (BENEFIT, True, "input: `patient_x`"),
        (BENEFIT, math.nan, "input: `patient_x`"),
        (BENEFIT, ["0"], "input: `patient_x`"),
    ],
)
def test_strata_that_cannot_be(stratum: dict[str, object], patient: object, words: str) -> None:
    assert words in refused("nnt.decide", strata={"0": stratum}, patient_x=patient)


def test_a_stratum_of_a_number_without_end() -> None:
    """Python refuses to write an integer of more than 4300 digits."""
    words = refused("nnt.decide", strata={"0": BENEFIT}, patient_x=10**5000)
    assert words.endswith("or null, not a number of more than 40 digits")


def test_there_has_to_be_a_stratum() -> None:
    assert "`strata`" in refused("nnt.decide", strata={}, patient_x=0)


@pytest.mark.parametrize(
    ("variant", "label", "decision"),
    [
        ("Y", ["Y"], "in-label"), ("Z", ["Y"], "off-label-do-not-suggest"), ("Z", ["Y", "Z"], "in-label"),
        ("y", ["Y"], "off-label-do-not-suggest"), (None, ["Y"], "test-before-treating"),
        ("uncertain", ["Y"], "indeterminate"), ("indeterminate", ["Y"], "indeterminate"),
        (["Y", "Y"], ["Y"], "in-label"), (["X", "Z"], ["Y"], "off-label-do-not-suggest"),
        (["Y", "uncertain"], ["Y"], "indeterminate"), (["Y"], ["Y"], "in-label"),
    ],
)  # fmt: skip
def test_a_drug_for_one_variant(variant: object, label: list[str], decision: str) -> None:
    assert answer("strat.variant_gate", variant=variant, label_variants=label) == {"decision": decision}


def test_who_was_not_tested_is_tested() -> None:
    assert answer("strat.variant_gate", label_variants=["Y"]) == {"decision": "test-before-treating"}


@pytest.mark.parametrize(
    ("needed", "decision"), [(1, "in-label"), (2, "off-label-do-not-suggest"), (None, None)]
)
def test_a_heterozygous_person_needs_a_count_of_alleles(needed: int | None, decision: str | None) -> None:
    fields = {"variant": ["Y", "Z"], "label_variants": ["Y"], "alleles_needed": needed}
    if decision is None:
        assert "allele-count: `variant`" in refused("strat.variant_gate", **fields)
    else:
        assert answer("strat.variant_gate", **fields) == {"decision": decision}


@pytest.mark.parametrize("variant", ["", [], [None], 3, {"Y": 1}, [["Y"]]])
def test_what_is_no_variant(variant: object) -> None:
    assert "input: `variant`" in refused("strat.variant_gate", variant=variant, label_variants=["Y"])


@pytest.mark.parametrize("label", [[], None, "Y", [1]])
def test_a_label_names_variants(label: object) -> None:
    """A text is not taken for a list of its letters."""
    assert "`label_variants" in refused("strat.variant_gate", variant="Y", label_variants=label)


@pytest.mark.parametrize("number", [0, 0.5, -0.99, math.inf, math.nan, "25", None])
def test_fewer_than_one_person_is_no_number_needed(number: object) -> None:
    with pytest.raises(UnusableInput, match="`nnt_overall`"):
        answer("nnt.mixture_fraction", nnt_overall=number, nnt_x0=12.5, nnh_x1=50)

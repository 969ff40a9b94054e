"""A prior and some levels: against quadrature, a minimiser and draws, and what must not matter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from calc.bayes import Individual, Population, individual, shrunk
from calc.errors import CalculationError
from calc.operations import OPERATIONS

Pairs = Sequence[tuple[float, float]]

PRIOR = {"prior_median": 5, "omega": 0.3, "sigma": 0.4, "n": 1, "mean_log_obs": 0.9162907319}
PERSON: dict[str, Any] = {
    "cl_pop": 5, "v_pop": 50, "omega_cl": 0.3, "omega_v": 0.2, "sigma_log": 0.15,
    "doses": [{"t_h": 0, "mg": 500}], "obs": [{"t_h": 8, "conc": 6.5}],
}  # fmt: skip
USUAL = Population(5, 50, 0.3, 0.2, 0.15)

many = settings(derandomize=True, database=None, deadline=None, max_examples=60)
few = settings(derandomize=True, database=None, deadline=None, max_examples=12)

POPULATIONS = st.builds(
    Population,
    st.floats(0.5, 20),
    st.floats(5, 100),
    st.sampled_from([0.1, 0.3, 0.6]),
    st.sampled_from([0.1, 0.2, 0.4]),
    st.sampled_from([0.05, 0.15, 0.6]),
)
DOSES = st.lists(st.tuples(st.floats(0, 24), st.sampled_from([100.0, 500.0, 1000.0])), min_size=1, max_size=3)
LEVELS = st.lists(st.tuples(st.floats(0.1, 20), st.floats(0.4, 2.5)), min_size=0, max_size=3)
"""Hours after the first dose, and the level against what is predicted."""


def answer(operation: str, base: dict[str, Any], **changed: Any) -> Any:
    return OPERATIONS[operation].answer({**base, **changed})


def predicted(population: Population, doses: Pairs, time: float, eta: tuple[float, float] = (0, 0)) -> Any:
    """The sum over the doses, without the rearrangement that the code rests on."""
    clearance, volume = population.clearance * np.exp(eta[0]), population.volume * np.exp(eta[1])
    parts = [dose / volume * np.exp(-clearance / volume * (time - at)) for at, dose in doses if at <= time]
    return sum(parts)


def around(population: Population, doses: Pairs, ratios: Pairs) -> Pairs:
    """Levels by their ratio to what the population predicts; refuses what is below any assay."""
    first = min(at for at, _ in doses)
    times = [first + after for after, _ in ratios]
    levels = [
        (time, predicted(population, doses, time) * ratio)
        for time, (_, ratio) in zip(times, ratios, strict=True)
    ]
    assume(all(level > 1e-9 for _, level in levels))
    return levels


def penalty(population: Population, doses: Pairs, levels: Pairs, eta: Any) -> Any:
    """What the most probable etas minimise."""
    prior = (eta[0] / population.omega_clearance) ** 2 + (eta[1] / population.omega_volume) ** 2
    # Far out nothing of a dose is left; such etas have no weight.
    with np.errstate(divide="ignore", over="ignore"):
        errors = [np.log(level / predicted(population, doses, time, eta)) for time, level in levels]
    return prior + sum((error / population.sigma) ** 2 for error in errors)


def nodes(low: float, high: float) -> tuple[Any, Any]:
    at, weights = np.polynomial.legendre.leggauss(700)
    return (low + high) / 2 + at * (high - low) / 2, weights * (high - low) / 2


def quadrature(
    population: Population, doses: Pairs, levels: Pairs, upper: float | None = None
) -> tuple[float, float, float]:
    """Mass, mean clearance and mean of its eta by Gauss and Legendre over both etas, up to an eta."""
    wide = 7 * population.omega_clearance
    clearance, by_clearance = nodes(-wide, wide if upper is None else upper)
    volume, by_volume = nodes(-7 * population.omega_volume, 7 * population.omega_volume)
    grid = np.meshgrid(clearance, volume, indexing="ij")
    mass = np.exp(-penalty(population, doses, levels, grid) / 2) @ by_volume * by_clearance
    total = mass.sum()
    return total, population.clearance * mass @ np.exp(clearance) / total, mass @ clearance / total


@pytest.mark.parametrize(
    ("n", "weight", "median", "deviation", "interval"),
    [
        (1, 0.36, 3.895822898, 0.24, (2.433945422, 6.235733931)),
        (4, 0.6923076923, 3.094315713, 0.1664100589, (2.23314089, 4.287588739)),
    ],
)
def test_weight_on_levels(
    n: int, weight: float, median: float, deviation: float, interval: tuple[float, float]
) -> None:
    found = answer("mipd.conjugate", PRIOR, n=n)
    assert list(found) == ["weight_on_data", "posterior_median", "posterior_sd_log", "shrinkage", "ci95"]
    assert found["weight_on_data"] == pytest.approx(weight) and found["shrinkage"] == pytest.approx(
        1 - weight
    )
    assert found["posterior_median"] == pytest.approx(median)
    assert found["posterior_sd_log"] == pytest.approx(deviation)
    assert found["ci95"] == pytest.approx(interval)


@many
@given(st.fractions(0, 3), st.fractions(Fraction(1, 100), 3), st.integers(0, 50), st.integers(0, 50))
def test_levels_at_once_or_one_after_the_other(
    omega: Fraction, sigma: Fraction, first: int, then: int
) -> None:
    """The weights are exact, so that the order of learning leaves no trace."""
    together = shrunk(Fraction(5), omega, sigma, first + then, Fraction(1)).weight
    spread = omega**2 * (1 - shrunk(Fraction(5), omega, sigma, first, Fraction(1)).weight)
    later = then * spread / (then * spread + sigma**2)
    assert spread * (1 - later) == omega**2 * (1 - together)


def test_a_prior_alone_stands() -> None:
    found = answer("mipd.conjugate", {"prior_median": 5, "omega": 0.3, "sigma": 0.4, "n": 0})
    assert found["weight_on_data"] == 0
    assert found["posterior_median"] == pytest.approx(5) and found["posterior_sd_log"] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("sigma", "expected"),
    [
        (
            0.15,
            [3.658059912, 46.14948065, 3.593261407, 2.560701727, 4.654650413, 0.1824094293, 0.3697022211],
        ),
        (
            0.6,
            [4.705327978, 49.57397725, 4.794900742, 2.929956552, 7.123080754, 0.270055192, 0.8103311856],
        ),
    ],
)
def test_the_contract(sigma: float, expected: list[float]) -> None:
    found = answer("mipd.map_iv_bolus", PERSON, sigma_log=sigma)
    assert list(found) == [
        "pred_pop", "map_cl", "map_v", "post_mean_cl", "post_cl_q05", "post_cl_q95", "post_sd_eta_cl",
        "eta_cl_shrinkage",
    ]  # fmt: skip
    assert found.pop("pred_pop") == pytest.approx([4.493289641])
    assert list(found.values()) == pytest.approx(expected, rel=1e-4)


def test_the_limits_of_the_contract_lie_half_a_step_below_the_exact_ones() -> None:
    found = answer("mipd.map_iv_bolus", PERSON)
    exact = individual(USUAL, [(0, 500)], [(8, 6.5)]).interval_clearance
    for name, limit in zip(("post_cl_q05", "post_cl_q95"), exact, strict=True):
        assert math.log(limit / found[name]) == pytest.approx(0.3 / 80)


@few
@given(POPULATIONS, DOSES, LEVELS)
def test_against_quadrature_over_both_etas(population: Population, doses: Pairs, ratios: Pairs) -> None:
    levels = around(population, doses, ratios)
    found = individual(population, doses, levels)
    mass, mean, _ = quadrature(population, doses, levels)
    assert found.mean_clearance == pytest.approx(mean, rel=1e-6)
    for limit, share in zip(found.interval_clearance, (0.05, 0.95), strict=True):
        below, _, _ = quadrature(population, doses, levels, math.log(limit / population.clearance))
        assert below / mass == pytest.approx(share, abs=1e-5)


@few
@given(POPULATIONS, DOSES, LEVELS)
def test_against_a_minimiser(population: Population, doses: Pairs, ratios: Pairs) -> None:
    levels = around(population, doses, ratios)
    found = individual(population, doses, levels)
    at = (
        math.log(found.map_clearance / population.clearance),
        math.log(found.map_volume / population.volume),
    )
    least = penalty(population, doses, levels, at)
    options: Any = {"xatol": 1e-9, "fatol": 1e-12}

    def objective(eta: Any) -> float:
        return float(penalty(population, doses, levels, eta))

    for start in ((0.0, 0.0), at, (0.5, -0.5), (-0.5, 0.5)):
        other = minimize(objective, np.array(start), method="Nelder-Mead", options=options)
        assert least <= other.fun + 1e-9
        if other.fun <= least + 1e-9:
            assert at == pytest.approx(other.x, abs=1e-5)


def test_against_draws_from_the_prior() -> None:
    """Importance sampling: draws weighted by how well they explain the levels."""
    doses, levels = [(0.0, 500.0), (12.0, 300.0)], [(8.0, 6.5), (23.0, 3.5)]
    rng = np.random.default_rng(7)
    eta = rng.standard_normal((2, 400_000)) * [[0.3], [0.2]]
    fit = penalty(USUAL, doses, levels, eta) - (eta[0] / 0.3) ** 2 - (eta[1] / 0.2) ** 2
    weights = np.exp(-fit / 2)
    weights /= weights.sum()
    found = individual(USUAL, doses, levels)
    centre = weights @ eta[0]
    assert found.mean_clearance == pytest.approx(5 * weights @ np.exp(eta[0]), rel=5e-3)
    assert found.deviation == pytest.approx(math.sqrt(weights @ (eta[0] - centre) ** 2), rel=1e-2)


@many
@given(POPULATIONS, DOSES, st.lists(st.floats(0.1, 20), min_size=1, max_size=4))
def test_a_level_as_predicted_does_not_move_the_most_probable_person(
    population: Population, doses: Pairs, after: list[float]
) -> None:
    levels = around(population, doses, [(time, 1) for time in after])
    found = individual(population, doses, levels)
    assert found.map_clearance == pytest.approx(population.clearance, rel=1e-7)
    assert found.map_volume == pytest.approx(population.volume, rel=1e-7)
    assert found.predicted == pytest.approx([level for _, level in levels])


@pytest.mark.parametrize("doses", [[], [(0, 500)]])
def test_without_levels_the_prior_stands(doses: Pairs) -> None:
    found = individual(USUAL, doses, [])
    assert (found.map_clearance, found.map_volume, found.predicted) == (5, 50, ())
    assert found.mean_clearance == pytest.approx(5 * math.exp(0.045))
    assert found.interval_clearance == pytest.approx(
        [5 * math.exp(sign * 1.6448536269514722 * 0.3) for sign in (-1, 1)], rel=1e-6
    )
    assert found.deviation == pytest.approx(0.3)


def same(one: Individual, other: Individual, clearance: float = 1, volume: float = 1) -> bool:
    return (
        other.map_clearance == pytest.approx(one.map_clearance * clearance, rel=1e-7)
        and other.map_volume == pytest.approx(one.map_volume * volume, rel=1e-7)
        and other.mean_clearance == pytest.approx(one.mean_clearance * clearance, rel=1e-7)
        and other.deviation == pytest.approx(one.deviation, rel=1e-7)
        and other.interval_clearance
        == pytest.approx([limit * clearance for limit in one.interval_clearance], rel=1e-5)
    )


@many
@given(POPULATIONS, DOSES, LEVELS)
def test_order_clock_and_units_do_not_matter(population: Population, doses: Pairs, ratios: Pairs) -> None:
    levels = around(population, doses, ratios)
    found = individual(population, doses, levels)
    assert same(found, individual(population, list(reversed(doses)), list(reversed(levels))))
    late = [[(at + 1000, amount) for at, amount in pairs] for pairs in (doses, levels)]
    assert same(found, individual(population, *late))
    micrograms = [[(at, amount * 1000) for at, amount in pairs] for pairs in (doses, levels)]
    assert same(found, individual(population, *micrograms))
    minutes = [[(at * 60, amount) for at, amount in pairs] for pairs in (doses, levels)]
    by_minute = Population(
        population.clearance / 60, population.volume, population.omega_clearance, population.omega_volume,
        population.sigma,
    )  # fmt: skip
    assert same(found, individual(by_minute, *minutes), clearance=1 / 60)


def test_a_dose_counts_from_its_own_time_on() -> None:
    before = individual(USUAL, [(0, 500)], [(8, 6.5)])
    assert before == individual(USUAL, [(0, 500), (8.001, 500)], [(8, 6.5)])
    after = individual(USUAL, [(0, 500), (8, 300)], [(8, 6.5)])
    assert after.predicted == pytest.approx([before.predicted[0] + 6])
    assert after.map_clearance > before.map_clearance


@many
@given(POPULATIONS, st.floats(0.2, 5), st.floats(1.01, 3))
def test_a_higher_level_means_a_lower_clearance(population: Population, ratio: float, more: float) -> None:
    """Where the volume is known; where it is not, a low level may be laid to a large volume instead."""
    population = replace(population, omega_volume=0.001)
    level = predicted(population, [(0, 500)], 8.0) * ratio
    assume(level > 1e-9)
    lower, higher = (individual(population, [(0, 500)], [(8.0, level * by)]) for by in (1, more))
    assert higher.map_clearance < lower.map_clearance and higher.mean_clearance < lower.mean_clearance


@many
@given(st.floats(0.02, 2), st.floats(1.05, 3))
def test_a_noisier_assay_leaves_more_of_the_prior(sigma: float, more: float) -> None:
    sharp, dull = (
        individual(Population(5, 50, 0.3, 0.2, each), [(0, 500)], [(8, 6.5)])
        for each in (sigma, sigma * more)
    )
    assert sharp.map_clearance < dull.map_clearance < 5


@pytest.mark.parametrize("sigma", [0.001, 0.01])
def test_a_precise_assay_leaves_no_steps(sigma: float) -> None:
    """With little noise CL and V lie on a thin ridge; the limits must still run evenly."""
    levels = [6.5 * math.exp(step / 1000) for step in range(6)]
    lows = [
        math.log(
            individual(Population(5, 50, 0.3, 0.2, sigma), [(0, 500)], [(8, level)]).interval_clearance[0]
        )
        for level in levels
    ]
    moved = np.diff(lows)
    assert (moved < 0).all() and moved == pytest.approx(moved.mean(), rel=0.02)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"obs": [{"t_h": -1, "conc": 6.5}]}, "`obs`: the level at -1 h has no dose before it"),
        ({"doses": []}, "`obs`: the level at 8 h has no dose before it"),
        ({"obs": [{"t_h": 8, "conc": 0}]}, "`obs.0.conc`: expected a number at least"),
        ({"obs": [{"t_h": 8, "conc": -2}]}, "`obs.0.conc`"),
        ({"obs": [{"t_h": 8}]}, "`obs.0.conc` is missing"),
        ({"obs": [{"t_h": 8, "conc": float("nan")}]}, "`obs.0.conc`: expected a finite number"),
        ({"doses": [{"t_h": 0, "mg": 0}]}, "`doses.0.mg`"),
        ({"doses": [{"t_h": 0, "mg": 500, "route": "oral"}]}, "`doses.0.route` is no field"),
        ({"cl_pop": 0}, "`cl_pop`"),
        ({"cl_pop": 10**400}, "`cl_pop`"),
        ({"omega_cl": 0}, "`omega_cl`"),
        ({"sigma_log": "0.15"}, "`sigma_log`: expected a finite number"),
    ],
)
def test_what_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(CalculationError, match=words):
        answer("mipd.map_iv_bolus", PERSON, **changed)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"n": -1}, "`n`"),
        ({"n": 1.5}, "`n`"),
        ({"mean_log_obs": None}, "`mean_log_obs` is missing"),
        ({"prior_median": 0}, "`prior_median`"),
        ({"omega": 0, "sigma": 0}, "both certain"),
    ],
)
def test_what_is_refused_of_a_prior(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(CalculationError, match=words):
        answer("mipd.conjugate", PRIOR, **changed)


def test_levels_that_nobody_can_have() -> None:
    with pytest.raises(ValueError, match="no clearance and volume come near"):
        individual(Population(1e-6, 1e6, 5, 5, 0.001), [(0, 1)], [(1e-15, 1e-6), (2e-15, 1e-15)])


@many
@given(
    st.tuples(*[st.floats(-13, 13)] * 2), st.tuples(*[st.floats(-6.9, 1.6)] * 3), st.floats(-20, 20),
    st.lists(st.tuples(st.floats(-4, 7), st.floats(-27, 27)), max_size=3),
)  # fmt: skip
def test_never_anything_but_a_finite_number_or_a_reason(
    medians: tuple[float, ...], spreads: tuple[float, ...], dose: float, logs: Pairs
) -> None:
    clearance, volume = map(math.exp, medians)
    population = Population(clearance, volume, *map(math.exp, spreads))
    levels = [(math.exp(time), math.exp(level)) for time, level in logs]
    with np.errstate(all="raise", under="ignore"):
        try:
            found = individual(population, [(0, math.exp(dose))], levels)
        except ValueError:
            return
    low, high = found.interval_clearance
    assert 0 < low < high < math.inf and math.isfinite(found.mean_clearance)
    assert 0 < found.map_clearance < math.inf and 0 < found.map_volume < math.inf
    assert 0 < found.deviation <= population.omega_clearance * 3

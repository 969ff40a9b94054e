"""Operations about a prior and what levels make of it."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Annotated, Final

from pydantic import Field

from calc.bayes import Population, individual, shrunk
from calc.errors import NoAnswer, UnusableInput
from calc.operations.model import Given, Quantity, Result
from calc.operations.operation import Operation

Deviation = Annotated[Fraction, Quantity("1", "deviation of the logarithm", least=0, most=5)]
Spread = Annotated[Fraction, Quantity("1", "deviation of the logarithm", least=0.001, most=5)]
Clearance = Annotated[Fraction, Quantity("L/h", "clearance", least=1e-6, most=1e6)]
Volume = Annotated[Fraction, Quantity("L", "volume of distribution", least=1e-6, most=1e6)]
Time = Annotated[Fraction, Quantity("h", "time on the clock of all doses and levels", least=-1e6, most=1e6)]

GRID_HALF_STEP: Final = 1 / 80
"""Of omega_cl: half a step of a grid of 401 points over 5 omega_cl on each side.

The contract reads its two limits off the running sum of such a grid, which counts a whole step at its
middle, and so lie half a step lower than those of the distribution. What `individual` gives is exact.
"""


class ConjugateGiven(Given):
    """A log-normal prior, and the mean of some levels."""

    prior_median: Annotated[Fraction, Quantity("1", "median before any level", least=1e-9, most=1e9)]
    """Median in the population, before any level; its unit is that of the results."""
    omega: Deviation
    """Standard deviation of the natural logarithm between people."""
    sigma: Deviation
    """Standard deviation of the natural logarithm of one level around the person's own value."""
    n: Annotated[int, Field(ge=0, le=1_000_000, description="number of levels")]
    """Number of levels."""
    mean_log_obs: (
        Annotated[Fraction, Quantity("1", "mean of the logarithms of the levels", least=-100, most=100)]
        | None
    ) = None
    """Mean of the natural logarithms of the levels; null only if `n` is 0."""


class ConjugateResult(Result):
    """What is known after them."""

    weight_on_data: Annotated[Fraction, Quantity("1", "weight on the levels")]
    """Weight on the levels: omega^2 / (omega^2 + sigma^2 / n)."""
    posterior_median: Annotated[
        float, Quantity("1", "median after the levels, in the unit of `prior_median`")
    ]
    posterior_sd_log: Annotated[
        float, Quantity("1", "standard deviation of the natural logarithm after the levels")
    ]
    shrinkage: Annotated[Fraction, Quantity("1", "weight on the prior")]
    """Weight on the prior, the rest to 1."""
    ci95: tuple[float, float]
    """Lower and upper end of the 95 % interval, in the unit of `prior_median`."""


def conjugate(given: ConjugateGiven) -> ConjugateResult:
    """The logarithm of the median moves from that of the prior to that of the levels, by their weight."""
    if given.n and given.mean_log_obs is None:
        raise UnusableInput("missing-field", "`mean_log_obs` is missing: `n` says that there are levels")
    try:
        found = shrunk(
            given.prior_median, given.omega, given.sigma, given.n, given.mean_log_obs or Fraction(0)
        )
    except ValueError as error:
        raise NoAnswer("certain", f"`omega` and `sigma`: {error}, so that they cannot be weighed") from None
    return ConjugateResult(
        weight_on_data=found.weight,
        posterior_median=found.median,
        posterior_sd_log=found.deviation,
        shrinkage=1 - found.weight,
        ci95=found.interval,
    )


class Bolus(Given):
    """A dose into the vein, all at once."""

    t_h: Time
    mg: Annotated[Fraction, Quantity("mg", "the dose", least=1e-9, most=1e9)]


class Level(Given):
    """A measured concentration."""

    t_h: Time
    conc: Annotated[Fraction, Quantity("mg/L", "the concentration", least=1e-12, most=1e12)]


class MapGiven(Given):
    """A population, what one person got, and what was measured."""

    cl_pop: Clearance
    """Median clearance in the population."""
    v_pop: Volume
    """Median volume of distribution in the population."""
    omega_cl: Spread
    """Standard deviation of the natural logarithm of clearance between people."""
    omega_v: Spread
    """Standard deviation of the natural logarithm of volume between people."""
    sigma_log: Spread
    """Standard deviation of the natural logarithm of a level around what the model predicts."""
    doses: Annotated[list[Bolus], Field(max_length=1000)]
    """The doses into a vein, in any order."""
    obs: Annotated[list[Level], Field(max_length=200, default_factory=list)]
    """The measured levels, in any order; without any the prior stands."""


class MapResult(Result):
    """What is known of this person."""

    pred_pop: tuple[float, ...]
    """What the medians of the population predict for each level in mg/L, in the order of `obs`."""
    map_cl: Annotated[float, Quantity("L/h", "most probable clearance")]
    map_v: Annotated[float, Quantity("L", "most probable volume of distribution")]
    post_mean_cl: Annotated[float, Quantity("L/h", "mean of the clearance")]
    post_cl_q05: Annotated[
        float,
        Quantity(
            "L/h",
            "lower end of the 90 % interval, by its logarithm omega_cl / 80 below the exact one",
        ),
    ]
    post_cl_q95: Annotated[float, Quantity("L/h", "upper end of that interval, likewise")]
    post_sd_eta_cl: Annotated[
        float,
        Quantity("1", "standard deviation of eta, the logarithm of this person's clearance against `cl_pop`"),
    ]
    eta_cl_shrinkage: Annotated[
        float, Quantity("1", "variance of eta after the levels divided by that before, omega_cl ^ 2")
    ]


def map_iv_bolus(given: MapGiven) -> MapResult:
    """One compartment, boluses added up.

    The most probable values, and mean and limits over all that are possible.
    """
    omega = float(given.omega_cl)
    population = Population(
        float(given.cl_pop), float(given.v_pop), omega, float(given.omega_v), float(given.sigma_log)
    )
    doses = [(float(dose.t_h), float(dose.mg)) for dose in given.doses]
    levels = [(float(level.t_h), float(level.conc)) for level in given.obs]
    try:
        found = individual(population, doses, levels)
    except ValueError as error:
        raise NoAnswer("obs", f"`obs`: {error}") from None
    low, high = (limit * math.exp(-omega * GRID_HALF_STEP) for limit in found.interval_clearance)
    return MapResult(
        pred_pop=found.predicted,
        map_cl=found.map_clearance,
        map_v=found.map_volume,
        post_mean_cl=found.mean_clearance,
        post_cl_q05=low,
        post_cl_q95=high,
        post_sd_eta_cl=found.deviation,
        eta_cl_shrinkage=(found.deviation / omega) ** 2,
    )


OPERATIONS = (
    Operation(
        "mipd.conjugate",
        "A log-normal prior after levels of known error",
        ConjugateGiven,
        ConjugateResult,
        conjugate,
        "Gelman et al., Bayesian Data Analysis, 3rd ed. 2013, section 2.5, ISBN 978-1-4398-4095-5",
        {"prior_median": 5, "omega": 0.3, "sigma": 0.4, "n": 1, "mean_log_obs": 0.9162907319},
    ),
    Operation(
        "mipd.map_iv_bolus",
        "Clearance and volume of one person from levels after boluses",
        MapGiven,
        MapResult,
        map_iv_bolus,
        "Sheiner and Beal, J Pharm Sci 1982;71:1344-1348, PMID 7153881",
        {
            "cl_pop": 5,
            "v_pop": 50,
            "omega_cl": 0.3,
            "omega_v": 0.2,
            "sigma_log": 0.15,
            "doses": [{"t_h": 0, "mg": 500}],
            "obs": [{"t_h": 8, "conc": 6.5}],
        },
    ),
)

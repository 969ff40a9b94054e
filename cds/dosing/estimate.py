"""What levels make of one person, and what follows from it alike for a chart and for a question.

Whoever reads a chart, a batch or a request gets the same answer for the same case: seeds and numbers of
draws are constants of this module.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Annotated, Final

import numpy as np
from pydantic import Field

from calc import NoAnswer, UnusableInput
from calc.population import (
    DosingError,
    Fit,
    Forecast,
    HistoryError,
    Level,
    MissingCovariate,
    NextSample,
    NotConverged,
    NotSolved,
    Objective,
    Person,
    PopulationModel,
    Posterior,
    Regimen,
    States,
    conflict,
    explanations,
    minimum,
    next_sample,
    posterior,
    representative,
)
from cds.dosing.given import PersonGiven, levels_of, model_named, person_of
from cds.dosing.words import supposed
from kb import KnowledgeBase

DRAWS: Final = 2000
MANY: Final = 10_000
"""Draws for a question by itself, where no order waits for the answer: probabilities within 0.01."""
FEW: Final = 200
"""Draws for a model in which twice the dose is not twice the level: it is followed for every regimen."""
SEED: Final = 20261121
"""Of the draws; the same question gets the same answer."""
_GRID: Final = 97
"""Times at which a next level is weighed."""


class EstimateGiven(PersonGiven):
    """One person whose course is to be known."""

    draws: Annotated[int, Field(ge=500, le=50_000)] | None = None
    """How many draws of the posterior bands and probabilities come from; null: 10,000, and where a model has
    to be followed step by step 2,000, of which 200 are followed.
    """
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = SEED
    """Of the draws."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A person with all that is known of them."""

    model: PopulationModel
    person: Person
    levels: tuple[Level, ...]
    objective: Objective
    mode: Fit
    draws: Posterior
    verdict: str | None
    """Whether the levels are `plausible` or `unusual` for such a person; None without levels."""


@contextmanager
def answering(where: str = "") -> Iterator[None]:
    """Turns whatever `calc.population` cannot do into what a question is answered with.

    `where` is the field that the fault is in, if that is known. Raises UnusableInput, NoAnswer.
    """
    named = f"`{where}`: " if where else ""
    try:
        yield
    except (NotConverged, NotSolved) as error:
        raise NoAnswer(
            "no-convergence", f"nothing can be told from these doses and levels: {error}"
        ) from None
    except MissingCovariate as error:
        raise UnusableInput("missing-field", f"{named}{error}") from None
    except (HistoryError, DosingError) as error:
        raise UnusableInput("input", f"{named}{error}") from None
    except np.linalg.LinAlgError:
        raise OverflowError from None  # which every operation answers in its own words


def estimated(given: EstimateGiven, knowledge: KnowledgeBase) -> Estimate:
    """The fit and its draws. Raises UnusableInput; NoAnswer, also for levels beyond belief (H-043)."""
    model = model_named(given.model, knowledge).population
    person, levels = person_of(given, model), tuple(levels_of(given, model))
    with answering():
        objective = Objective(model, person, levels)
        mode = minimum(objective)
        verdict = conflict(objective, mode).verdict if levels else None
        if verdict == "beyond belief":
            raise NoAnswer("beyond-belief", _unbelievable(objective, mode))
        return Estimate(model, person, levels, objective, mode, drawn(objective, mode, given), verdict)


def drawn(objective: Objective, mode: Fit, given: EstimateGiven) -> Posterior:
    """As many draws as were asked for. Raises what `posterior` raises."""
    followed = isinstance(objective.model.structure, States)
    count = given.draws or (DRAWS if followed else MANY)
    return lasting(objective.model, objective.person, posterior(objective, mode, count, given.seed))


def lasting(model: PopulationModel, person: Person, draws: Posterior) -> Posterior:
    """All draws, or a few of equal weight where every regimen has to be followed by itself."""
    scaled = Forecast(model, person, draws.etas[:1]).linear
    return draws if scaled else representative(draws, FEW)


def next_level(
    model: PopulationModel, person: Person, levels: Sequence[Level], mode: Fit, best: Regimen
) -> tuple[str, NextSample] | None:
    """When a level of a regimen would tell most of the clearance, within its first interval.

    With the name of the parameter that stands for clearance; None for a model that has none.
    """
    parameter = next((name for name in ("CL", "VMAX", "KEL") if name in dict(model.parameters)), None)
    if parameter is None:
        return None
    end = best.start + best.interval
    followed = replace(person, doses=(*person.doses, *best.doses(end)))
    grid = np.linspace(best.start, end, _GRID)[1:]
    measured = [level.time for level in levels]
    return parameter, next_sample(model, followed, grid, parameter=parameter, eta=mode.eta, measured=measured)


def _unbelievable(objective: Objective, mode: Fit) -> str:
    """Why nothing is answered, with what would explain it; times are those of the question."""
    hours = 1.0 if objective.model.time_unit == "h" else 24.0
    reasons = ["the levels do not fit this history of doses, and no dose should rest on them"]
    # Everything is fitted again for each of them, which takes too long where equations have to be followed.
    tried = () if isinstance(objective.model.structure, States) else explanations(objective, mode)
    for each in tried[:2]:
        reasons.append(f"it would fit if {supposed(each, '{:g}'.format, hours)}")
    reasons.append("check the times of doses and samples, and whose blood it was")
    return "; ".join(reasons)

"""Another drug that inhibits or induces elimination: a change of clearance with onset and washout.

Where an inhibitor leaves a share f of the clearance, the clearance left by a part E of its full
concentration is 1 / (1 + E (1/f - 1)) (Rowland and Matin, J Pharmacokinet Biopharm 1973;1:553-567, DOI
10.1007/BF01059791); an inducer adds enzyme, 1 + E (f - 1). E rises towards 1 from the start on and falls
after the end by half-lives: those of the inhibitor, or of the enzyme for an inducer or an inhibitor that
destroys it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from calc.population.expressions import equation
from calc.population.model import ModelError, PopulationModel
from calc.population.regimen import DosingError, positive

_STEPS: Final = 8
"""The effect is rounded to so many parts, and so is off by at most half of one."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """A drug that changes a parameter of another one. Raises DosingError."""

    drug: str
    factor: float
    """The parameter under full effect against without: below 1 for an inhibitor, above 1 for an inducer."""
    source: str
    """Where the factor was read."""
    half_life: float
    """Of onset and washout, in the model's unit of time; 0 for at once."""
    start: float
    end: float | None = None
    """The last time that it is given; None where it goes on."""
    parameter: str = "CL"

    def __post_init__(self) -> None:
        positive("factor", self.factor)
        positive("half_life", self.half_life, zero=True)
        if not self.drug.strip() or not self.source.strip():
            raise DosingError("`drug` and `source` have to say which drug and where its factor was read")
        if not math.isfinite(self.start):
            raise DosingError(f"`start` is {self.start}: it has to be a time on the clock of the history")
        if self.end is not None and not self.start < self.end < math.inf:
            raise DosingError(f"`end` is {self.end:g}, not after the start at {self.start:g}")

    def effect(self, time: float) -> float:
        """How much of the full effect is there, from 0 to 1."""
        if time <= self.start:
            return 0.0
        if self.end is None or time <= self.end:
            return 1 - self._left(time - self.start)
        return (1 - self._left(self.end - self.start)) * self._left(time - self.end)

    def change(self, effect: float) -> float:
        """What an effect from 0 to 1 multiplies the parameter with."""
        if self.factor < 1:
            return 1 / (1 + effect * (1 / self.factor - 1))
        return 1 + effect * (self.factor - 1)

    def steps(self) -> tuple[tuple[float, float], ...]:
        """(time, what the parameter is multiplied with from then on), the effect rounded to its parts."""
        peak = 1.0 if self.end is None else 1 - self._left(self.end - self.start)
        rise = [k for k in range(1, _STEPS + 1) if (k - 0.5) / _STEPS < peak]
        found = [(self.start + self._until(1 - (k - 0.5) / _STEPS), self.change(k / _STEPS)) for k in rise]
        if self.end is not None:
            found += [
                (self.end + self._until((k - 0.5) / _STEPS / peak), self.change((k - 1) / _STEPS))
                for k in reversed(rise)
            ]
        # Without a half-life all steps fall together; the last one of a time is what holds.
        last = dict(found)
        return tuple(last.items())

    def _left(self, time: float) -> float:
        return 0.5 ** (time / self.half_life) if self.half_life else 0.0

    def _until(self, left: float) -> float:
        """When so much is left."""
        return -self.half_life * math.log2(left)


def under(model: PopulationModel, *interactions: Interaction) -> PopulationModel:
    """The model of a person who gets these drugs too. Raises ModelError for a parameter it has not."""
    for interaction in interactions:
        model = _under(model, interaction)
    return model


def _under(model: PopulationModel, interaction: Interaction) -> PopulationModel:
    steps = interaction.steps()
    if interaction.parameter not in dict(model.parameters):
        raise ModelError(
            f"{model.name} has no parameter `{interaction.parameter}` that {interaction.drug} could change"
        )
    before, factors = 1.0, []
    for time, change in steps:
        factors.append(f"({change / before!r} if TIME >= {time!r} else 1)")
        before = change
    parameters = tuple(
        (name, equation(" * ".join([f"({text.text})", *factors])) if name == interaction.parameter else text)
        for name, text in model.parameters
    )
    changes = tuple(sorted({*model.changes, *(time for time, _ in steps)}))
    return replace(model, parameters=parameters, changes=changes)

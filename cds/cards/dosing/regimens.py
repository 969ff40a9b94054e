"""Regimens side by side: what each would lead to, and which one is advised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from cds.cards.pictures import NoPicture
from cds.cards.pictures.dosing import KEPT, TIME_WORDS, measured
from cds.cards.pictures.model import MOST_ROWS
from cds.cards.pictures.numbers import exact, figure


@dataclass(frozen=True, slots=True)
class Predicted:
    """A figure of the course to come: its median, and between what it lies."""

    median: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= exact(self.low) <= exact(self.median) <= exact(self.high):
            raise NoPicture(
                f"a prediction of {self.median:g} between {self.low:g} and {self.high:g}: none of them is "
                "below nothing, and the median is between the others"
            )

    def words(self) -> str:
        """Such as `12.4 (9.1 to 16.8)`."""
        low, high = figure(exact(self.low)), figure(exact(self.high))
        return f"{figure(exact(self.median))} ({low}{KEPT}to{KEPT}{high})"


@dataclass(frozen=True, slots=True)
class Regimen:
    """One way to give the drug, with what it is predicted to lead to; None is not predicted."""

    dose: float
    interval: float | None
    """From dose to dose, in the table's unit of time; None for a single dose."""
    infusion: float | None = None
    """Length of each infusion, in the table's unit of time; None for all else."""
    loading: float | None = None
    """A first dose of another size."""
    trough: Predicted | None = None
    peak: Predicted | None = None
    auc24: Predicted | None = None
    """Area under the curve over 24 h."""
    attained: float | None = None
    """Probability to reach the target, from 0 to 1."""
    toxic: float | None = None
    """Probability of what the table calls toxic, from 0 to 1."""
    advised: bool = False
    remark: str = ""
    """Such as `as ordered`, or why it is not advised."""

    def __post_init__(self) -> None:
        for name in ("dose", "interval", "infusion", "loading"):
            value = getattr(self, name)
            if value is not None and exact(value) <= 0:
                raise NoPicture(f"a regimen with `{name}` {value:g}: it is above nothing")
        for name in ("attained", "toxic"):
            value = getattr(self, name)
            if value is not None and not 0 <= exact(value) <= 1:
                raise NoPicture(f"a regimen with `{name}` {value:g}: a probability is from 0 to 1")
        if self.infusion is not None and self.interval is not None and self.infusion > self.interval:
            raise NoPicture(
                f"an infusion over {self.infusion:g} every {self.interval:g}: it ends before the next begins"
            )


@dataclass(frozen=True, slots=True)
class RegimenTable:
    """Several regimens of one drug for one person, in the order in which they are shown."""

    regimens: tuple[Regimen, ...]
    dose_unit: str
    time_unit: Literal["h", "d"]
    unit: str
    """Of concentrations."""
    auc_unit: str
    target: str = ""
    """What `attained` is the probability of, such as `AUC24 of 400 to 600 mg·h/L`."""
    toxicity: str = ""
    """What `toxic` is the probability of."""
    percent: int = 90
    """How many of a hundred lie between the bounds of a prediction."""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.time_unit not in TIME_WORDS:
            raise NoPicture(f"a unit of time `{self.time_unit}`: it is h or d")
        if not 1 <= len(self.regimens) <= MOST_ROWS:
            raise NoPicture(f"{len(self.regimens)} regimens: a table has 1 to {MOST_ROWS}")
        if sum(regimen.advised for regimen in self.regimens) > 1:
            raise NoPicture("more than one regimen is advised: one is, or none")
        for name, words in (("attained", self.target), ("toxic", self.toxicity)):
            if not words and any(getattr(regimen, name) is not None for regimen in self.regimens):
                raise NoPicture(f"regimens with `{name}`, but nothing says what it is the probability of")

    @property
    def caption(self) -> str:
        """What is compared, and what the brackets mean."""
        return f"Regimens side by side; predictions are medians, with {self.percent} % intervals in brackets"

    def named(self, regimen: Regimen) -> str:
        """A regimen in words, such as `1,250 mg every 12 h, each over 1.5 h`."""
        said = measured(regimen.dose, self.dose_unit)
        if regimen.interval is None:
            said += " once"
        else:
            said += f" every {measured(regimen.interval, self.time_unit)}"
        if regimen.infusion is not None:
            each = "" if regimen.interval is None else "each "
            said += f", {each}over {measured(regimen.infusion, self.time_unit)}"
        if regimen.loading is not None:
            said += f", first {measured(regimen.loading, self.dose_unit)}"
        return said

    @property
    def columns(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Head and cells of each column for which any regimen has a figure."""
        choices: tuple[tuple[str, Callable[[Regimen], str | None]], ...] = (
            (f"Trough, {self.unit}", lambda one: _said(one.trough)),
            (f"Peak, {self.unit}", lambda one: _said(one.peak)),
            (f"AUC24, {self.auc_unit}", lambda one: _said(one.auc24)),
            (f"Chance of {self.target}", lambda one: _chance(one.attained)),
            (f"Chance of {self.toxicity}", lambda one: _chance(one.toxic)),
            ("Remark", lambda one: one.remark or None),
        )
        found = ((head, [cell(one) for one in self.regimens]) for head, cell in choices)
        return tuple(
            (head, tuple(cell or "–" for cell in cells))
            for head, cells in found
            if any(cell is not None for cell in cells)
        )


def _said(predicted: Predicted | None) -> str | None:
    return None if predicted is None else predicted.words()


def _chance(probability: float | None) -> str | None:
    """In whole hundredths; what draws cannot tell from never or always is not called so."""
    if probability is None:
        return None
    percent = exact(probability) * 100
    if percent < 1:
        return f"<1{KEPT}%"
    return f">99{KEPT}%" if percent > 99 else f"{round(percent)}{KEPT}%"

"""Doses, regimens, levels and doubts in words, as card and page say them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from calc.population import Explanation, Regimen


def amount(value: float) -> str:
    """A number without needless digits: `1,250`, `0.5`."""
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def regimen_words(regimen: Regimen, dose_unit: str, time_unit: str) -> str:
    """Such as `1,250 mg every 12 h, each over 1.5 h`."""
    said = f"{amount(regimen.dose)} {dose_unit} every {amount(regimen.interval)} {time_unit}"
    if regimen.duration:
        said += f", each over {amount(regimen.duration)} {time_unit}"
    return said if regimen.loading is None else f"first {amount(regimen.loading)} {dose_unit}, then {said}"


def chance(probability: float) -> str:
    """In whole hundredths; what draws cannot tell from never or always is not called so."""
    if probability < 0.01:
        return "<1 %"
    return ">99 %" if probability > 0.99 else f"{probability:.0%}".replace("%", " %")


def moment(at: datetime) -> str:
    """A time of day as wards write it, with its offset's own clock."""
    return f"{at:%Y-%m-%d %H:%M}"


def supposed(explanation: Explanation, at: Callable[[float], str], hours: float) -> str:
    """A mistake that would explain levels, as the end of `it would fit if ...`.

    `at` writes a time of the model's clock, `hours` is how long its unit is.
    """
    taken = " and ".join(at(level.time) for level in explanation.levels)
    given = "" if explanation.dose is None else at(explanation.dose.time)
    match explanation.mistake:
        case "wrong time":
            later = "later" if explanation.shift > 0 else "earlier"
            return f"the level of {taken} was taken {amount(abs(explanation.shift) * hours)} h {later}"
        case "taken before the dose":
            return f"the level of {taken} was taken before the dose of {given}"
        case "taken after the dose":
            return f"the level of {taken} was taken after the dose of {given}"
        case "exchanged levels":
            return f"the levels of {taken} were exchanged"
        case "missed dose":
            return f"the dose of {given} was not given"
        case "double dose":
            return f"the dose of {given} was given twice"
        case _:
            return f"the level of {taken} was drawn from the line of the infusion"

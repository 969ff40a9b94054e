"""Dosing curves to be looked at, of one compartment in closed form, and any that there may be."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

from hypothesis import reject
from hypothesis import strategies as st

from cds.cards.pictures import Band, DosingCurve, NoPicture, Target, TimedDose, TimedLevel


def concentration(time: float, doses: tuple[TimedDose, ...], clearance: float, volume: float) -> float:
    """Of one compartment; a dose at the very time has not arrived."""
    rate, found = clearance / volume, 0.0
    for dose in doses:
        since = time - dose.time
        if since > 0 and not dose.duration:
            found += dose.amount / volume * math.exp(-rate * since)
        elif since > 0:
            running = min(since, dose.duration)
            made = dose.amount / dose.duration / clearance * (1 - math.exp(-rate * running))
            found += made * math.exp(-rate * (since - running))
    return found


def band(doses: tuple[TimedDose, ...], until: float, clearance: float, volume: float, spread: float) -> Band:
    """Between people whose clearances lie so many times apart from the median."""
    step = until / 60
    times = sorted({round(step * k, 3) for k in range(61)} | {d.time + d.duration for d in doses})
    lines = [
        [round(concentration(time, doses, clearance * part, volume * part**0.5), 4) for time in times]
        for part in (spread, 1, 1 / spread)
    ]
    ordered = [sorted(each) for each in zip(*lines, strict=True)]
    low, median, high = (tuple(each[k] for each in ordered) for k in range(3))
    return Band(tuple(times), low, median, high)


def row(amount: float, every: float, count: int, first: float, **more: object) -> tuple[TimedDose, ...]:
    return tuple(TimedDose(first + every * k, amount, **more) for k in range(count))  # type: ignore[arg-type]  # given as texts


_VANCOMYCIN = row(1000, 12, 4, 0, duration=1) + row(1250, 12, 4, 48, duration=1.5, advised=True)
_MEROPENEM = row(1000, 8, 3, 0, duration=0.5) + row(1000, 8, 3, 24, duration=3, advised=True)
_ANTIBODY = row(400, 14, 2, 0) + row(400, 56, 2, 42) + row(400, 42, 3, 154, advised=True)

VANCOMYCIN = DosingCurve(
    "Vancomycin: concentrations so far and with the advised doses",
    "mg/L",
    "mg",
    "h",
    band(_VANCOMYCIN, 96, 4, 60, 1.6),
    band(_VANCOMYCIN, 96, 3.2, 62, 1.2),
    (TimedLevel(11.5, 10.2, when="23 Nov 19:30"), TimedLevel(25.5, 26, when="24 Nov 09:30")),
    _VANCOMYCIN,
    Target(10, 15, "trough"),
    46,
    "the first dose, 23 Nov 2026 08:00",
)

CURVES: dict[str, DosingCurve] = {
    "curve-between": VANCOMYCIN,
    "curve-above": DosingCurve(
        "Meropenem: a target above one value, and a level below what can be measured",
        "mg/L",
        "mg",
        "h",
        band(_MEROPENEM, 48, 4, 33, 1.8),
        band(_MEROPENEM, 48, 8, 33, 1.3),
        (TimedLevel(7.5, 2, below=True), TimedLevel(23.5, 5)),
        _MEROPENEM,
        Target(8, None, "all of the time"),
        24,
        notes=("Free concentrations.",),
    ),
    "curve-logarithmic": DosingCurve(
        "An antibody that falls below what can be measured",
        "mg/L",
        "mg",
        "d",
        band(_ANTIBODY, 280, 0.4, 4, 1.5),
        band(_ANTIBODY, 280, 0.6, 4, 1.2),
        (TimedLevel(41.9, 1.4), TimedLevel(150, 0.4, below=True)),
        _ANTIBODY,
        Target(3, 7, "trough"),
        152,
    ),
    "curve-before-any-level": DosingCurve(
        "Before any level",
        "µg/L",
        "mg",
        "h",
        band(row(4, 12, 4, 0), 48, 0.3, 2, 1.5),
        None,
        doses=row(4, 12, 4, 0, advised=True),
        target=Target(high=2),
        now=0,
    ),
}
"""By name."""

_numbers = st.floats(0, 1e6) | st.sampled_from([0.0, 1e-9, 1e-300, 1e300])
_times = st.floats(-1000, 1000) | st.integers(-50, 50).map(float)


@st.composite
def bands(draw: st.DrawFn) -> Band:
    times = sorted(draw(st.lists(_times, min_size=2, max_size=8)))
    points = [sorted(draw(st.tuples(_numbers, _numbers, _numbers))) for _ in times]
    low, median, high = (tuple(point[k] for point in points) for k in range(3))
    return Band(tuple(times), low, median, high)


@st.composite
def targets(draw: st.DrawFn) -> Target:
    low, high = sorted(draw(st.tuples(_numbers, _numbers)))
    name = draw(st.text(max_size=20))
    if low < high and draw(st.booleans()):
        return Target(low, high, name)
    return Target(None, high or 1.0, name) if draw(st.booleans()) else Target(low or 1.0, None, name)


@st.composite
def curves(draw: st.DrawFn, names: st.SearchStrategy[str]) -> DosingCurve:
    """Any curve; `names` are the words that it holds."""
    prior, posterior = draw(st.tuples(bands(), st.none() | bands()) | st.tuples(st.none() | bands(), bands()))
    now = draw(st.none() | _times)
    levels = draw(
        st.lists(st.builds(TimedLevel, _times, _numbers.filter(bool), st.booleans(), names), max_size=6)
    )
    amounts, lengths = st.floats(1e-3, 1e6), st.just(0.0) | st.floats(0, 24)
    doses = draw(st.lists(st.builds(TimedDose, _times, amounts, lengths, when=names), max_size=8))
    if now is not None:
        levels = [level for level in levels if level.time <= now]
        doses = [replace(dose, advised=dose.time > now) for dose in doses]
    unit: Literal["h", "d"] = draw(st.sampled_from(["h", "d"]))
    axis: Literal["automatic", "linear", "logarithmic"] = draw(
        st.sampled_from(["automatic", "linear", "logarithmic"])
    )
    try:
        return DosingCurve(
            draw(names),
            draw(names),
            draw(names),
            unit,
            prior,
            posterior,
            tuple(levels),
            tuple(doses),
            draw(st.none() | targets()),
            now,
            draw(names),
            draw(st.integers(1, 99)),
            axis,
            draw(st.lists(names, max_size=2).map(tuple)),
        )
    except NoPicture as refused:
        assert "at one time" in str(refused)
        return reject()

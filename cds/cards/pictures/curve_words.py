"""What a dosing curve says in words: its legend, its description, its table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from cds.cards.pictures.curve_scales import times
from cds.cards.pictures.dosing import KEPT, TIME_WORDS, DosingCurve, TimedDose, TimedLevel, measured
from cds.cards.pictures.numbers import exact, figure
from cds.cards.pictures.view import Table

_HOURS: Final = 24
"""Of a day."""
_EACH: Final = 12
"""So many doses have a row of the table each, for the trough before it."""


@dataclass(frozen=True, slots=True)
class Run:
    """Equal doses at equal distances."""

    first: TimedDose
    count: int = 1
    interval: Fraction = Fraction(0)

    def words(self, dose_unit: str, time_unit: str) -> str:
        """Such as `1,000 mg over 1 h, every 12 h, 3 times`."""
        said = measured(self.first.amount, dose_unit)
        if self.first.duration:
            short = time_unit == "d" and self.first.duration < 1
            length = exact(self.first.duration) * (_HOURS if short else 1)
            said += f" over {measured(length, 'h' if short else time_unit)}"
        if self.count > 1:
            said += f", every {measured(self.interval, time_unit)}, {self.count}{KEPT}times"
        return said


def runs(doses: Sequence[TimedDose]) -> tuple[Run, ...]:
    """The doses in order of time; equal ones at equal distances, to a thousandth, are one run."""
    found: list[Run] = []
    for dose in sorted(doses, key=lambda dose: dose.time):
        if found and (longer := _longer(found[-1], dose)):
            found[-1] = longer
        else:
            found.append(Run(dose))
    return tuple(found)


def _longer(run: Run, dose: TimedDose) -> Run | None:
    first = run.first
    if (first.amount, first.duration, first.advised) != (dose.amount, dose.duration, dose.advised):
        return None
    last = exact(first.time) + (run.count - 1) * run.interval
    interval = exact(dose.time) - last
    if interval <= 0 or (run.count > 1 and abs(interval - run.interval) > run.interval / 1000):
        return None
    return Run(first, run.count + 1, run.interval or interval)


def level_words(level: TimedLevel) -> str:
    """The number of a level, with the sign of one below a limit."""
    return f"{'<' if level.below else ''}{figure(exact(level.value))}"


def signs(curve: DosingCurve) -> Iterator[tuple[str, str]]:
    """The signs of the drawing, each with what it means."""
    if curve.target is not None:
        yield "target", _target(curve)
    for kind, _ in curve.bands:
        yield kind, f"{_name(kind, curve)}: median, {curve.percent} % band"
    if any(not level.below for level in curve.levels):
        yield "level", "Level measured"
    if any(level.below for level in curve.levels):
        yield "below", "Level below what can be measured"
    for advised, sign, words in ((False, "given", "Doses given"), (True, "advised", "Doses advised")):
        found = runs([dose for dose in curve.doses if dose.advised == advised])
        if found:
            yield sign, f"{words}: {'; '.join(run.words(curve.dose_unit, curve.time_unit) for run in found)}"


def _name(kind: str, curve: DosingCurve) -> str:
    """Of a band."""
    if kind == "posterior":
        return "With the levels"
    return "Expected" if curve.posterior is None else "Before the levels"


def _target(curve: DosingCurve) -> str:
    assert curve.target is not None  # asked by callers
    return f"Target{f', {curve.target.name}' if curve.target.name else ''}: {curve.target.words(curve.unit)}"


def described(curve: DosingCurve) -> str:
    """The picture in sentences: what is drawn, every level, the doses, and where the course ends."""
    said = [f"Concentration in {curve.unit} against {TIME_WORDS[curve.time_unit]} from {curve.start}."]
    said += [f"{_target(curve)}."] if curve.target is not None else []
    said += [
        f"Level {level_words(level)} {curve.unit} at {_time(level.time, curve)}." for level in curve.levels
    ]
    for run in runs(curve.doses):
        done = "Advised" if run.first.advised else "Given"
        words = run.words(curve.dose_unit, curve.time_unit)
        said.append(f"{done}: {words}, from {_time(run.first.time, curve)}.")
    said += [f"Now is {_time(curve.now, curve)}."] if curve.now is not None else []
    for kind, band in curve.bands:
        found = band.at(band.times[-1])
        said.append(
            f"{_name(kind, curve)}, at {_time(band.times[-1], curve)}: {_interval(found)} {curve.unit}, "
            f"{curve.percent} % band in brackets."
        )
    return " ".join(said)


def _time(time: float, curve: DosingCurve, when: str = "") -> str:
    return f"{figure(exact(time), 5)}{KEPT}{curve.time_unit}{f' ({when})' if when else ''}"


def _interval(found: tuple[Fraction, Fraction, Fraction] | None) -> str:
    if found is None:
        return "–"
    low, median, high = found
    return f"{figure(median)} ({figure(low)} to {figure(high)})"


def _expected(curve: DosingCurve) -> Iterator[tuple[float, str]]:
    """The troughs before the doses, or for want of a few of them the marks of the time; and the end."""
    before = sorted({dose.time for dose in curve.doses})
    if 1 < len(before) <= _EACH:
        told = {time: "before the dose" for time in before}
    else:
        told = {float(mark): "expected" for mark in times(curve)}
    told.setdefault(max(band.times[-1] for _, band in curve.bands), "expected")
    known = {level.time for level in curve.levels}
    for time, said in told.items():
        # Before the first dose there is nothing to expect.
        if time not in known and any((found := band.at(time)) and found[2] for _, band in curve.bands):
            yield time, said


def table(curve: DosingCurve) -> Table:
    """Every level, the doses, the troughs and now, in order, with what each band says there."""
    rows: list[tuple[float, int, str, str, bool]] = []
    for level in curve.levels:
        said = f"level {'below ' if level.below else ''}{measured(level.value, curve.unit)}"
        rows.append((level.time, 0, _time(level.time, curve, level.when), said, True))
    rows += [(at, 1, _time(at, curve), said, True) for at, said in _expected(curve)]
    for run in runs(curve.doses):
        first = run.first
        said = f"{'advised' if first.advised else 'given'}: {run.words(curve.dose_unit, curve.time_unit)}"
        rows.append((first.time, 2, _time(first.time, curve, first.when), said, False))
    if curve.now is not None:
        rows.append((curve.now, 3, _time(curve.now, curve), "now", True))
    rows.sort(key=lambda row: row[:2])
    return Table(
        f"Concentrations in {curve.unit}: median and {curve.percent} % band, before a dose at the same time",
        ("Time", "What", *(_name(kind, curve) for kind, _ in curve.bands)),
        tuple(
            (time, said, *(_interval(band.at(at) if told else None) for _, band in curve.bands))
            for at, _, time, said, told in rows
        ),
    )

"""Random tables: `unique` ones that are complete because a box of cases is split, and ordered ones."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from tests.dsl.generated_conditions import ConditionWriter
from tests.dsl.generated_world import Kind, Variable


class Axis:
    """One column as a row of atoms: intervals between cuts, members, truths; the last may be missing."""

    def __init__(self, writer: ConditionWriter, variable: Variable) -> None:
        self.writer = writer
        self.kind = variable.kind
        self.marks: list[tuple[Fraction, bool]] = []
        if isinstance(self.kind, Kind):
            cuts = {writer.grid(self.kind) for _ in range(writer.random.randint(1, 4))}
            self.marks = [(cut, writer.chance(0.5)) for cut in sorted(cuts)]
            count = len(self.marks) + 1
        else:
            count = 2 if self.kind is None else len(self.kind)
        self.missing = count if variable.need == "optional" else None
        self.all = frozenset(range(count + (variable.need == "optional")))

    def divisible(self, part: frozenset[int]) -> bool:
        """Whether there is more than one atom."""
        return len(part) > 1

    def part(self) -> frozenset[int]:
        """Some atoms that one cell can name."""
        if self.writer.chance(0.2):
            return self.all
        return self.writer.random.choice(self.divided(self.all))

    def divided(self, part: frozenset[int]) -> list[frozenset[int]]:
        """Two or three parts, each of which one cell can name."""
        atoms = sorted(part)
        if isinstance(self.kind, Kind):
            present = [atom for atom in atoms if atom != self.missing]
            places = range(1, len(present))
            at = sorted(self.writer.random.sample(places, min(len(places), self.writer.random.randint(1, 2))))
            parts = [present[low:high] for low, high in zip([0, *at], [*at, len(present)], strict=True)]
            if self.missing in part:
                parts.append([atom for atom in atoms if atom == self.missing])
        else:
            self.writer.random.shuffle(atoms)
            at = [self.writer.random.randint(1, len(atoms) - 1)]
            parts = [atoms[: at[0]], atoms[at[0] :]]
        return [frozenset(each) for each in parts]

    def points(self) -> str | None:
        """A cell of single amounts, which are no atoms."""
        if not isinstance(self.kind, Kind):
            return None
        cuts = {self.writer.grid(self.kind) for _ in range(2)}
        if self.writer.chance(0.3):
            return f"!= {self.writer.constant(self.kind)}"
        words = [self.writer.written(self.kind, cut) for cut in cuts]
        return ", ".join([*words, *(["missing"] if self.missing and self.writer.chance(0.5) else [])])

    def cell(self, part: frozenset[int]) -> str:
        """The cell that names some atoms."""
        if part == self.all:
            return "*"
        if not isinstance(self.kind, Kind):
            words = ("false", "true") if self.kind is None else self.kind
            left_out = self.all - part - {self.missing}
            if self.missing not in part and len(left_out) == 1 and self.writer.chance(0.3):
                return f"!= {words[min(left_out)]}"
            atoms = list(part)
            self.writer.random.shuffle(atoms)
            return ", ".join("missing" if atom == self.missing else words[atom] for atom in atoms)
        if part == {self.missing}:
            return "missing"
        first, last = min(part), max(part)
        if first == 0:
            cut, below = self.marks[last]
            return f"{'<=' if below else '<'} {self.writer.written(self.kind, cut)}"
        low, outside = self.marks[first - 1]
        if last == len(self.marks):
            return f"{'>' if outside else '>='} {self.writer.written(self.kind, low)}"
        high, inside = self.marks[last]
        dots = f"{'<' if outside else ''}..{'' if inside else '<'}"
        return self.writer.interval_between(self.kind, low, high, dots)


class TableWriter(ConditionWriter):
    """Rows of cells over some columns."""

    def ordered(self, axes: list[Axis]) -> list[list[str]]:
        """Rows of which each answers some case that those above it leave, and the last takes the rest."""
        left = set(product(*(axis.all for axis in axes)))
        rows: list[list[str]] = []
        for _ in range(self.random.randint(1, 5)):
            parts = [axis.part() for axis in axes]
            rest = left - set(product(*parts))
            if not rest or rest == left:
                continue
            cells = [axis.cell(part) for axis, part in zip(axes, parts, strict=True)]
            at = self.random.randrange(len(axes))
            points = axes[at].points()
            if points and self.chance(0.2):
                cells[at] = points
            else:
                left = rest
            rows.append(cells)
        return [*rows, ["*"] * len(axes)]

    def split(self, axes: list[Axis], box: list[frozenset[int]], depth: int) -> list[list[str]]:
        """Rows that fill a box of cases without a gap or an overlap."""
        open_axes = [at for at, axis in enumerate(axes) if axis.divisible(box[at])]
        if depth == 0 or not open_axes:
            return [[axis.cell(part) for axis, part in zip(axes, box, strict=True)]]
        at = self.random.choice(open_axes)
        if box[at] == axes[at].all and self.chance(0.35):
            return self._with_else(axes, box, at)
        rows: list[list[str]] = []
        for part in axes[at].divided(box[at]):
            rows += self.split(axes, [*box[:at], part, *box[at + 1 :]], depth - 1)
        return rows

    def _with_else(self, axes: list[Axis], box: list[frozenset[int]], at: int) -> list[list[str]]:
        """Rows over one whole column, or two, of which `else` takes what the others leave."""
        others = [axis.cell(part) for axis, part in zip(axes, box, strict=True)]

        def column(axis: Axis) -> list[str]:
            cells = [axis.cell(part) for part in axis.divided(axis.all)]
            return [*self.random.sample(cells, len(cells) - 1), "else"]

        rows = [[*others[:at], cell, *others[at + 1 :]] for cell in column(axes[at])]
        whole = [place for place, axis in enumerate(axes) if place != at and box[place] == axis.all]
        whole = [place for place in whole if axes[place].divisible(box[place])]
        if whole and self.chance(0.3):
            second = self.random.choice(whole)
            cells = column(axes[second])
            rows = [[*row[:second], cell, *row[second + 1 :]] for row in rows for cell in cells]
        return rows

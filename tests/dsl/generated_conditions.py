"""Random conditions over the names of a rule."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tests.dsl.generated_amounts import AmountWriter
from tests.dsl.generated_world import Kind, Variable, decimal

_OPERATORS = ("<", "<=", ">", ">=", "=", "!=")


class ConditionWriter(AmountWriter):
    """Conditions of every form, over names of every kind."""

    def condition(self, depth: int, among: Sequence[Variable] = ()) -> str:
        """A condition; its parts are mostly about different names, so that few contradict each other."""
        among = among or self.variables
        if depth == 0 or self.chance(0.3):
            return self.leaf(self.random.choice(among))
        if self.chance(0.2):
            return f"not ({self.condition(depth - 1, among)})"
        count = self.random.randint(2, 3)
        if self.chance(0.9):
            dealt = [each for each in self._dealt(among, count) if each]
        else:
            dealt = [list(among)] * count
        word = self.random.choice((" and ", " and ", " or "))
        return word.join(self._operand(depth, part) for part in dealt)

    def _dealt(self, among: Sequence[Variable], count: int) -> list[list[Variable]]:
        shuffled = self.random.sample(among, len(among))
        return [shuffled[at::count] for at in range(count)]

    def _operand(self, depth: int, among: Sequence[Variable]) -> str:
        text = self.condition(depth - 1, among)
        return f"({text})" if " and " in text or " or " in text else text

    def leaf(self, variable: Variable) -> str:
        """One test of a name."""
        if self.chance(0.2 if variable.need == "optional" else 0.05):
            return f"{variable.name} is {self.random.choice(('known', 'missing'))}"
        if variable.need == "optional" and self.chance(0.5):
            return f"({variable.name} is known and {self._about(variable)})"
        return self._about(variable)

    def _about(self, variable: Variable) -> str:
        if variable.kind is None:
            return self._about_truth(variable)
        if isinstance(variable.kind, tuple):
            return self._about_member(variable, variable.kind)
        return self._about_amount(variable, variable.kind)

    def _about_truth(self, variable: Variable) -> str:
        other = self.random.choice(self.truths())
        if self.chance(0.1) and other is not variable:
            return f"{variable.name} {self.random.choice(('=', '!='))} {other.name}"
        word = self.random.choice(("true", "false"))
        forms = (variable.name, variable.name, f"not {variable.name}", f"{variable.name} = {word}",
                 f"{variable.name} != {word}", f"{variable.name} in {{ {word} }}")  # fmt: skip
        return self.random.choice(forms)

    def _about_member(self, variable: Variable, members: tuple[str, ...]) -> str:
        twins = [each for each in self.enums() if each.kind == members and each is not variable]
        if twins and self.chance(0.25):
            return f"{variable.name} {self.random.choice(('=', '!='))} {self.random.choice(twins).name}"
        if self.chance(0.5):
            return f"{variable.name} {self.random.choice(('=', '=', '!='))} {self.random.choice(members)}"
        several = self.random.sample(members, self.random.randint(1, (len(members) + 1) // 2))
        return f"{variable.name} in {{ {', '.join(several)} }}"

    def _about_amount(self, variable: Variable, kind: Kind) -> str:
        name, operator = variable.name, self.random.choices(_OPERATORS, (3, 3, 3, 3, 2, 1))[0]
        match self.random.choices(range(6), (45, 20, 8, 12, 10, 5))[0]:
            case 0 if self.chance(0.1):
                return f"{self.constant(kind)} {operator} {name}"
            case 0 if self.chance(0.1):
                return f"{name} {operator} {self.constant(kind)} + {self.constant(kind)} / 2"
            case 0:
                return f"{name} {operator} {self.constant(kind)}"
            case 1:
                return f"{name} in {self.interval(kind)}"
            case 2:
                several = {self.grid(kind) for _ in range(3)}
                return f"{name} in {{ {', '.join(self.written(kind, each) for each in sorted(several))} }}"
            case 3:
                other = self.random.choice(self.amounts(kind))
                if other is variable:
                    return f"{name} {operator} {self.constant(kind)}"
                return f"{name} {operator} {other.name}"
            case 4:
                text = self.with_a_name(kind, 2)
                return f"{text or name} {operator} {self.constant(kind)}"
            case _:
                text = self.with_a_name(kind, 2)
                return f"{name} {operator} {text}" if text else f"{name} {operator} {self.constant(kind)}"

    def interval(self, kind: Kind) -> str:
        """An interval between two points of the grid."""
        low = kind.lowest + kind.step * self.random.randrange(kind.steps - 1)
        high = low + kind.step * self.random.randint(1, 3)
        return self.interval_between(kind, low, high, self.random.choice(("..", "..<", "<..", "<..<")))

    def interval_between(self, kind: Kind, low: Fraction, high: Fraction, dots: str) -> str:
        """An interval with a unit at both bounds or at the end only."""
        if kind.unit == "1" or self.chance(0.5):
            number = decimal(low)
            return f"{number} {dots} {self._first_unit(kind, high)}"
        return f"{self.written(kind, low)} {dots} {self.written(kind, high)}"

    @staticmethod
    def _first_unit(kind: Kind, value: Fraction) -> str:
        return decimal(value) if kind.unit == "1" else f"{decimal(value)} {kind.unit}"

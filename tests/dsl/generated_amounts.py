"""Random literals and arithmetic over the names of a rule."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from tests.dsl.generated_world import (
    AGE,
    AMOUNT,
    CLEARANCE,
    CONCENTRATION,
    MASS,
    RATIO,
    WORDS,
    Kind,
    Variable,
    decimal,
)

_SUM, _PRODUCT, _UNARY, _POWER, _ATOM = range(5)
_MANY_TRIES = 20


class AmountWriter:
    """The names of one rule, and amounts of them."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.variables: list[Variable] = []

    def chance(self, probability: float) -> bool:
        """True with a probability."""
        return self.random.random() < probability

    def some(self, names: list[str]) -> list[str]:
        """Some of the names, in any order."""
        return self.random.sample(names, self.random.randint(1, len(names)))

    def amounts(self, kind: Kind | None = None) -> list[Variable]:
        """The amounts, or those of one kind."""
        return [each for each in self.variables if isinstance(each.kind, Kind) and kind in (None, each.kind)]

    def enums(self) -> list[Variable]:
        """The members of enums."""
        return [each for each in self.variables if isinstance(each.kind, tuple)]

    def truths(self) -> list[Variable]:
        """The truths."""
        return [each for each in self.variables if each.kind is None]

    def input_names(self) -> list[str]:
        """What can be asked for."""
        return [each.name for each in self.variables if each.need != "let"]

    def grid(self, kind: Kind) -> Fraction:
        """A number on the grid of a kind."""
        return kind.lowest + kind.step * self.random.randrange(kind.steps)

    def written(self, kind: Kind, value: Fraction) -> str:
        """An amount as a literal, in one of the units of its kind."""
        code, number = self.random.choice(kind.units)
        word = self.random.choice(WORDS.get(code, (code,)))
        return decimal(value * number) if word == "1" else f"{decimal(value * number)} {word}"

    def constant(self, kind: Kind) -> str:
        """A literal of the grid; a plain number may be below zero."""
        below = kind is RATIO and self.chance(0.05)
        return ("-" if below else "") + self.written(kind, self.grid(kind))

    def expression(self, kind: Kind, depth: int) -> tuple[str, int]:
        """Text and precedence of an expression of one kind."""
        names = self.amounts(kind)
        if depth == 0 or self.chance(0.25):
            if names and self.chance(0.75):
                return self.random.choice(names).name, _ATOM
            return self.constant(kind), _ATOM
        match self.random.choices(range(7), (25, 25, 20, 10, 5, 10, 5))[0]:
            case 0 | 1:
                left, right = self.expression(kind, depth - 1), self.expression(kind, depth - 1)
                return self.joined(left, self.random.choice("+-"), right, _SUM), _SUM
            case 2:
                number = (decimal(Fraction(self.random.randint(1, 6), 2)), _ATOM)
                pair = [self.expression(kind, depth - 1), number]
                self.random.shuffle(pair)
                return self.joined(pair[0], "*", pair[1], _PRODUCT), _PRODUCT
            case 3:
                number = (str(self.random.choice((2, 3, 4, 5))), _ATOM)
                return self.joined(self.expression(kind, depth - 1), "/", number, _PRODUCT), _PRODUCT
            case 4:
                text, rank = self.expression(kind, depth - 1)
                return f"-{text if rank >= _UNARY else f'({text})'}", _UNARY
            case 5:
                if kind is AMOUNT and self.amounts(MASS):
                    mass = self.random.choice(self.amounts(MASS)).name
                    return f"{mass} * {self.random.choice(('1', '1.5', '2'))} mg/kg", _PRODUCT
                ratio = self.expression(RATIO, depth - 1)
                return self.joined(self.expression(kind, depth - 1), "*", ratio, _PRODUCT), _PRODUCT
            case _:
                return self._special(kind, depth)

    def _special(self, kind: Kind, depth: int) -> tuple[str, int]:
        """Quotients, powers and calls, where the kind allows one."""
        if kind is RATIO:
            other = self.random.choice(
                [each.kind for each in self.amounts() if isinstance(each.kind, Kind)] or [MASS]
            )
            if self.chance(0.6):
                pair = self.expression(other, depth - 1), self.expression(other, depth - 1)
                return self.joined(pair[0], "/", pair[1], _PRODUCT), _PRODUCT
            text, rank = self.expression(RATIO, depth - 1)
            exponent = self.random.choice(("2", "3", "-1", "-2"))
            return f"{text if rank == _ATOM else f'({text})'} ^ {exponent}", _POWER
        if kind is CLEARANCE and self.truths():
            female = self.random.choice(self.truths()).name
            parts = {"age": AGE, "weight": MASS, "creatinine": CONCENTRATION}
            given = [f"{name}: {self.expression(of, 0)[0]}" for name, of in parts.items()]
            given.append(f"female: {female}")
            self.random.shuffle(given)
            return f"clearance_of({', '.join(given)})", _ATOM
        return self.expression(kind, 0)

    def joined(self, left: tuple[str, int], operator: str, right: tuple[str, int], rank: int) -> str:
        """Two operands with just the parentheses that are needed."""
        one = left[0] if left[1] >= rank else f"({left[0]})"
        other = right[0] if right[1] > rank else f"({right[0]})"
        return f"{one} {operator} {other}"

    def with_a_name(self, kind: Kind, depth: int) -> str | None:
        """An expression that reads a name; None where luck brought none."""
        names = {each.name for each in self.variables}
        for _ in range(_MANY_TRIES):
            text = self.expression(kind, depth)[0]
            if names & set(
                text.replace("(", " ").replace(")", " ").replace("-", " ").replace(",", " ").split()
            ):
                return text
        return None

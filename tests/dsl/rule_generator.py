"""Random well-typed rule files as text, so that parser and checker are in the loop, and random charts for them.

Everything comes out of one `random.Random`, so a seed names a rule and its charts. Constants stand on coarse
grids, and charts are drawn at, just beside and between them, so that comparisons meet their limits often.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from random import Random

from dsl import Names
from tests.dsl.support import FUNCTIONS


# ---------------------------------------------------------------- the world
@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of amount: how its units are written (each with its number per first unit), and its grid."""

    name: str
    units: tuple[tuple[str, Fraction], ...]
    lowest: Fraction
    step: Fraction
    steps: int

    @property
    def unit(self) -> str:
        """The unit in which the grid is given."""
        return self.units[0][0]


def _kind(name: str, lowest: str, step: str, steps: int, **units: str) -> Kind:
    pairs = tuple((code.replace("_per_", "/"), Fraction(number)) for code, number in units.items())
    return Kind(name, pairs, Fraction(lowest), Fraction(step), steps)


MASS = _kind("mass", "40", "5", 13, kg="1", g="1000")
HEIGHT = _kind("height", "150", "10", 6, cm="1", m="1/100")
CLEARANCE = _kind("clearance", "15", "15", 7, mL_per_min="1", L_per_h="3/50")
CONCENTRATION = _kind("concentration", "1/2", "1/2", 6, mg_per_dL="1", g_per_L="1/100", mg_per_L="10")
AGE = Kind(
    "age",
    tuple((code, Fraction(n)) for code, n in (("a", "1"), ("d", "365.25"), ("mo", "12"))),
    Fraction(10), Fraction(8), 9,
)  # fmt: skip
COUNT = Kind(
    "count",
    tuple((code, Fraction(n)) for code, n in (("10*3/uL", 1), ("/uL", 1000), ("10*9/L", 1))),
    Fraction(50), Fraction(50), 6,
)  # fmt: skip
RATIO = Kind("ratio", (("1", Fraction(1)), ("%", Fraction(100))), Fraction(0), Fraction(1, 4), 13)
AMOUNT = _kind("amount", "25", "25", 12, mg="1", g="1/1000", ug="1000")
PER_THOUSAND = Kind("per_thousand", (("1", Fraction(1)),), Fraction(0), Fraction(100), 11)

_WORDS = {"a": ("a", "years"), "d": ("d", "days"), "mo": ("mo", "months")}
_MEASURED = (MASS, HEIGHT, CLEARANCE, CONCENTRATION, AGE, COUNT, RATIO)
_ENUMS = ("Grade", "Group", "Level")

NAMES = Names(
    observables={
        **{f"{kind.name}_{letter}": kind.unit for kind in _MEASURED for letter in "abc"},
        **{f"ratio_{letter}": "mg/dL" for letter in "abc"},
    },
    genes={f"{enum}_{letter}": enum for enum in _ENUMS for letter in "ab"},
    conditions=frozenset({"truth_a", "truth_b", "truth_c", "truth_d"}),
    drugs=frozenset({"drug_a", "drug_b"}),
    citations={"label:example": "Example agency"},
    functions={each.name: each for each in FUNCTIONS},
    models={"risk_a": "1", "risk_b": "1"},
)


@dataclass(frozen=True, slots=True)
class Variable:
    """A name that conditions, cells and expressions may use: an amount, a member of an enum, or a truth."""

    name: str
    kind: Kind | tuple[str, ...] | None
    """The kind of an amount, the members of an enum, None for a truth."""
    need: str
    """`required`, `optional` or `assume`; `let` for what is calculated."""


@dataclass(slots=True)
class GeneratedRule:
    """A rule file and what a chart needs to know of it."""

    text: str
    variables: list[Variable] = field(default_factory=list)

    @property
    def inputs(self) -> list[Variable]:
        """The variables that come from a chart."""
        return [each for each in self.variables if each.need != "let"]


def decimal(value: Fraction) -> str:
    """Decimal text of a number that has one; `ValueError` for any other."""
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
        if places > 12:
            raise ValueError(f"{value} has no short decimal text")
    digits = f"{abs(int(value * 10**places)):0{places + 1}d}"
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{text}" if value < 0 else text


# ---------------------------------------------------------------- rules
_SUM, _PRODUCT, _UNARY, _POWER, _ATOM = range(5)
_MANY_TRIES = 20
_OPERATORS = ("<", "<=", ">", ">=", "=", "!=")


class _Writer:
    """One rule, written from the inputs down to the decision."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.lines: list[str] = []
        self.variables: list[Variable] = []
        self.members = {
            enum: tuple(f"{enum.lower()}{at}" for at in range(random.randint(2, 7))) for enum in _ENUMS
        }
        self.results: list[str] = []

    # ------------------------------------------------------------ small choices
    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def some(self, names: list[str], least: int = 1) -> list[str]:
        return self.random.sample(names, self.random.randint(least, len(names)))

    def amounts(self, kind: Kind | None = None) -> list[Variable]:
        return [each for each in self.variables if isinstance(each.kind, Kind) and kind in (None, each.kind)]

    def enums(self) -> list[Variable]:
        return [each for each in self.variables if isinstance(each.kind, tuple)]

    def truths(self) -> list[Variable]:
        return [each for each in self.variables if each.kind is None]

    def input_names(self) -> list[str]:
        return [each.name for each in self.variables if each.need != "let"]

    def grid(self, kind: Kind) -> Fraction:
        return kind.lowest + kind.step * self.random.randrange(kind.steps)

    def written(self, kind: Kind, value: Fraction) -> str:
        """An amount as a literal, in one of the units of its kind."""
        code, number = self.random.choice(kind.units)
        word = self.random.choice(_WORDS.get(code, (code,)))
        return decimal(value * number) if word == "1" else f"{decimal(value * number)} {word}"

    def constant(self, kind: Kind) -> str:
        """A literal of the grid; a plain number may be below zero."""
        below = kind is RATIO and self.chance(0.05)
        return ("-" if below else "") + self.written(kind, self.grid(kind))

    # ------------------------------------------------------------ inputs
    def write_inputs(self) -> None:
        taken: set[str] = set()
        favourite = self.random.choice(_MEASURED)
        for _ in range(self.random.randint(1, 5)):
            line = self._amount_input if self.chance(0.6) else self._other_input
            name = line(taken, favourite)
            taken.add(name)

    def _amount_input(self, taken: set[str], favourite: Kind) -> str:
        kind = favourite if self.chance(0.4) else self.random.choice(_MEASURED)
        letter = next((each for each in "abc" if f"{kind.name}_{each}" not in taken), None)
        if letter is None or (kind is AGE and letter != "a"):
            return self._other_input(taken, favourite)
        name, unit = f"{kind.name}_{letter}", self.random.choice(_WORDS.get(kind.unit, (kind.unit,)))
        if kind is AGE:
            source = "patient age"
        elif kind is RATIO and letter in "ab" and self.chance(0.5):
            source = f"model risk_{letter}"
        elif kind is RATIO:
            source = f"observation {name} over upper limit within 30 days"
        else:
            source = f"observation {name} {self.random.choice(('within 30 days', 'lifetime'))}"
        self._input(name, kind, f"Quantity[{unit}] from {source}", self.constant(kind))
        return name

    def _other_input(self, taken: set[str], favourite: Kind) -> str:
        enum, letter = self.random.choice(_ENUMS), self.random.choice("ab")
        name = f"{enum.lower()}_{letter}"
        if self.chance(0.55) and name not in taken:
            members = self.members[enum]
            source = f"{enum} from phenotype {enum}_{letter} lifetime"
            self._input(name, members, source, self.random.choice(members))
            return name
        free = [each for each in "abcd" if f"truth_{each}" not in taken]
        if not free:
            return name
        name = f"truth_{free[0]}"
        source = f"Boolean from condition {name}" if self.chance(0.8) or "patient female" in taken else ""
        if not source:
            taken.add("patient female")
            source = "Boolean from patient female"
        self._input(name, None, source, self.random.choice(("true", "false")))
        return name

    def _input(self, name: str, kind: Kind | tuple[str, ...] | None, declared: str, assumed: str) -> None:
        need = self.random.choices(("required", "optional", "assume"), (60, 28, 12))[0]
        words = {
            "required": "required",
            "optional": self.random.choice(("optional", 'optional assuming "it is as usual"')),
            "assume": f'assume {assumed} because "most are so"',
        }
        loudness = self.random.choice(("", "", " when missing info", " when missing test-first"))
        self.lines.append(f"input {name}: {declared} {words[need]}{loudness}")
        self.variables.append(Variable(name, kind, need))

    # ------------------------------------------------------------ arithmetic
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

    def write_lets(self) -> None:
        for at in range(self.random.choices(range(4), (45, 30, 15, 10))[0]):
            if self.chance(0.35):
                name, kind = f"holds_{at}", None
                self.lines.append(f"let {name} = {self.condition(2)}")
            else:
                kinds = [each.kind for each in self.amounts() if isinstance(each.kind, Kind)]
                if not kinds:
                    continue
                kind = self.random.choice([*kinds, RATIO, *([AMOUNT, AMOUNT] if MASS in kinds else [])])
                if AGE in kinds and MASS in kinds and self.truths() and self.chance(0.4):
                    kind = CLEARANCE
                text = self.with_a_name(kind, 3)
                if text is None or kind is PER_THOUSAND:
                    continue
                name = f"{kind.name}_{at + 1}"
                self.lines.append(f"let {name}: Quantity[{kind.unit}] = {text}")
            self.variables.append(Variable(name, kind, "let"))

    def write_choice(self) -> None:
        if not self.amounts(RATIO) or not self.chance(0.4):
            return
        options = ("nothing", "drug", "device")[: self.random.randint(2, 3)]
        consequences = ("stroke", "bleed")[: self.random.randint(1, 2)]
        parts = [f'option {option} "{option} is done"' for option in options]
        for consequence in consequences:
            cases = [f"| {option} => {self.expression(RATIO, 2)[0]}" for option in options]
            self.random.shuffle(cases)
            parts.append(
                f"consequence {consequence} weight {self.expression(RATIO, 1)[0]} {{ {' '.join(cases)} }}"
            )
        parts.append(f"indifferent within {self.expression(RATIO, 0)[0]}")
        self.lines.append("choice futures over 1 year {\n    " + "\n    ".join(parts) + "\n  }")
        self.variables += [Variable("futures.best", options, "let"), Variable("futures.clear", None, "let")]
        self.variables += [
            Variable(f"futures.{option}.{consequence}", PER_THOUSAND, "let")
            for option in options
            for consequence in consequences
        ]

    # ------------------------------------------------------------ conditions
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
        low = kind.lowest + kind.step * self.random.randrange(kind.steps - 1)
        high = low + kind.step * self.random.randint(1, 3)
        return self._interval(kind, low, high, self.random.choice(("..", "..<", "<..", "<..<")))

    def _interval(self, kind: Kind, low: Fraction, high: Fraction, dots: str) -> str:
        if kind.unit == "1" or self.chance(0.5):
            number = decimal(low)
            return f"{number} {dots} {self._first_unit(kind, high)}"
        return f"{self.written(kind, low)} {dots} {self.written(kind, high)}"

    @staticmethod
    def _first_unit(kind: Kind, value: Fraction) -> str:
        return decimal(value) if kind.unit == "1" else f"{decimal(value)} {kind.unit}"

    # ------------------------------------------------------------ results
    def write_results(self) -> None:
        """A few results, so that several branches or rows give the same one."""
        self.results = [self._result() for _ in range(self.random.randint(2, 4))]

    def _result(self) -> str:
        name = f"outcome_{len(self.lines) % 3}"
        match self.random.choices(range(5), (35, 20, 15, 10, 20))[0]:
            case 0:
                dose = self.random.choice(("200 mg", "0.2 g", "300 mg", "300000 ug", "5 mL", "10 mg/m2"))
                return self._and_ask(f"give {dose} {self._frequency()}")
            case 1:
                name = f"outcome_{self.random.choice('ab')}"
                return self._and_ask(name)
            case 2:
                because = self.random.choice(("", ' because "so it is"', ' because "it is so"'))
                return self._and_ask(f"none{because}")
            case 3:
                return f"ask {', '.join(self.some(self.input_names()))}"
            case _:
                return self._and_ask(self._calculated_dose() or f"give 100 mg {self._frequency()}")

    def _calculated_dose(self) -> str | None:
        text = self.with_a_name(AMOUNT, 2) if self.amounts(MASS) or self.amounts(AMOUNT) else None
        if text is None:
            return None
        step = self.random.choice(("25 mg", "0.05 g", "10 mg"))
        low = self.random.choice(("", " min 50 mg", " min 0.1 g"))
        high = self.random.choice((" max 300 mg", " max 0.25 g"))
        return f"give {text} rounded {self.random.choice(('', 'down ', 'up '))}to {step}{low}{high} {self._frequency()}"

    def _frequency(self) -> str:
        return self.random.choice(
            (
                "once daily",
                "once daily",
                "twice daily",
                "every 12 h",
                "every 24 h",
                "every 1 d",
                "7 times a week",
            )
        )

    def _and_ask(self, result: str) -> str:
        names = self.some(self.input_names()) if self.chance(0.15) else []
        return f"{result} and ask {', '.join(names)}" if names else result

    def result(self) -> str:
        return self.random.choice(self.results)

    def unknown(self) -> str:
        if self.chance(0.75):
            return f"unknown => ask {', '.join(self.some(self.input_names()))}"
        return f"unknown => {self._and_ask('none')}"

    # ------------------------------------------------------------ decisions
    def write_decide(self) -> None:
        branches = [
            f"when {self.condition(self.random.choice((0, 0, 1, 1, 2, 3)))} => {self.result()}"
            for _ in range(self.random.randint(1, min(4, 1 + len(self.variables))))
        ]
        if self.chance(0.85):
            branches.append(f"otherwise => {self.result()}")
        self._block("decide answer first", [*branches, self.unknown()])

    def _block(self, head: str, lines: list[str]) -> None:
        self.lines.append(head + " {\n    " + "\n    ".join(lines) + "\n  }")

    def write_table(self) -> None:
        columns = self.random.sample(self.variables, min(len(self.variables), self.random.randint(1, 4)))
        hit = self.random.choice(("unique", "unique", "first"))
        axes = [_Axis(self, variable) for variable in columns]
        if hit == "unique":
            rows = self._split(axes, [axis.all for axis in axes], self.random.randint(1, 4))
            self.random.shuffle(rows)
        else:
            rows = self._ordered(axes)
        lines = ["".join(f"| {variable.name} " for variable in columns) + "=> answer"]
        lines += ["".join(f"| {cell} " for cell in row) + f"=> {self.result()}" for row in rows]
        self._block(f"table answer {hit}", [*lines, self.unknown()])

    def _ordered(self, axes: list[_Axis]) -> list[list[str]]:
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

    def _split(self, axes: list[_Axis], box: list[frozenset[int]], depth: int) -> list[list[str]]:
        """Rows that fill a box of cases without a gap or an overlap."""
        open_axes = [at for at, axis in enumerate(axes) if axis.divisible(box[at])]
        if depth == 0 or not open_axes:
            return [[axis.cell(part) for axis, part in zip(axes, box, strict=True)]]
        at = self.random.choice(open_axes)
        if box[at] == axes[at].all and self.chance(0.35):
            return self._with_else(axes, box, at)
        rows: list[list[str]] = []
        for part in axes[at].divided(box[at]):
            rows += self._split(axes, [*box[:at], part, *box[at + 1 :]], depth - 1)
        return rows

    def _with_else(self, axes: list[_Axis], box: list[frozenset[int]], at: int) -> list[list[str]]:
        """Rows over one whole column, or two, of which `else` takes what the others leave."""
        others = [axis.cell(part) for axis, part in zip(axes, box, strict=True)]

        def column(axis: _Axis) -> list[str]:
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

    # ------------------------------------------------------------ the whole
    def write(self) -> GeneratedRule:
        self.write_inputs()
        self.write_lets()
        self.write_choice()
        self.write_results()
        population = 'population any because "all are meant"'
        if self.chance(0.25):
            population = f'population "those" when {self.condition(1)}'
        if self.chance(0.5):
            self.write_decide()
        else:
            self.write_table()
        used = "\n".join(self.lines)
        for name in ("outcome_a", "outcome_b"):
            if name in used:
                self.lines.append(f'outcome {name} {{ indicator info advise "{name}" rationale "{name}" }}')
        enums = [
            f"enum {enum} {{ {', '.join(members)} }}"
            for enum, members in self.members.items()
            if f"{enum} from" in used
        ]
        body = "\n  ".join(self.lines)
        text = (
            "\n".join(enums)
            + "\nrule generated.rule version 1.0.0 {\n"
            + '  title "Generated" status draft effective from 2026-01-01 review by 2027-01-01\n'
            + "  concerns drug drug_a\n"
            + f"  {population}\n  evidence {{ cites label:example }}\n  {body}\n}}\n"
        )
        return GeneratedRule(text, self.variables)


class _Axis:
    """One column of a table as a row of atoms: intervals between cuts, members, truths; the last may be missing."""

    def __init__(self, writer: _Writer, variable: Variable) -> None:
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
        return self.writer._interval(self.kind, low, high, dots)


def generate(random: Random) -> GeneratedRule:
    """One rule file; most of them pass the checker."""
    return _Writer(random).write()

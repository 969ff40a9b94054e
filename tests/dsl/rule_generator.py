"""Random well-typed rule files as text, so that parser and checker are in the loop.

Everything comes out of one `random.Random`, so a seed names a rule. Constants stand on coarse grids, so that
the charts of `tests.dsl.chart_generator`, drawn at, beside and between them, often meet the limits of a rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.dsl.generated_tables import Axis, TableWriter
from tests.dsl.generated_world import (
    AGE,
    AMOUNT,
    CLEARANCE,
    ENUMS,
    MASS,
    MEASURED,
    NAMES,
    PER_THOUSAND,
    RATIO,
    WORDS,
    Kind,
    Variable,
)

__all__ = ["NAMES", "GeneratedRule", "generate"]

_FREQUENCIES = (
    "once daily", "once daily", "twice daily", "3 times daily", "7 times a week", "once daily",
    "every 8 h", "every 12 h", "every 24 h", "every 1 d", "every 168 h", "once a week",
)  # fmt: skip


SOURCES = {"a": "phenotype", "b": "score"}
"""Where members come from, by the letter of the input."""

OUTCOMES = {
    "outcome_a": 'indicator info advise "outcome_a" rationale "outcome_a"',
    "outcome_b": "action standard",
}
"""One for a card, and a quiet one."""


@dataclass(frozen=True, slots=True)
class GeneratedRule:
    """A rule file and what a chart needs to know of it."""

    text: str
    variables: tuple[Variable, ...]

    @property
    def inputs(self) -> list[Variable]:
        """The variables that come from a chart."""
        return [each for each in self.variables if each.need != "let"]


def generate(random: Random) -> GeneratedRule:
    """One rule file; most of them pass the checker."""
    return _RuleWriter(random).write()


class _RuleWriter(TableWriter):
    """One rule, written from the inputs down to the decision."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self.lines: list[str] = []
        self.members = {
            enum: tuple(f"{enum.lower()}{at}" for at in range(random.randint(2, 7))) for enum in ENUMS
        }
        self.results: list[str] = []

    # ------------------------------------------------------------ inputs
    def write_inputs(self) -> None:
        taken: set[str] = set()
        favourite = self.random.choice(MEASURED)
        for _ in range(self.random.randint(1, 5)):
            line = self._amount_input if self.chance(0.6) else self._other_input
            name = line(taken, favourite)
            taken.add(name)

    def _amount_input(self, taken: set[str], favourite: Kind) -> str:
        kind = favourite if self.chance(0.4) else self.random.choice(MEASURED)
        letter = next((each for each in "abc" if f"{kind.name}_{each}" not in taken), None)
        if letter is None or (kind is AGE and letter != "a"):
            return self._other_input(taken, favourite)
        name, unit = f"{kind.name}_{letter}", self.random.choice(WORDS.get(kind.unit, (kind.unit,)))
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
        enum, letter = self.random.choice(ENUMS), self.random.choice("ab")
        name = f"{enum.lower()}_{letter}"
        if self.chance(0.55) and name not in taken:
            members = self.members[enum]
            source = f"{enum} from {SOURCES[letter]} {enum}_{letter} lifetime"
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

    # ------------------------------------------------------------ calculated values
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

    # ------------------------------------------------------------ results
    def write_results(self) -> None:
        """A few results, so that several branches or rows give the same one."""
        self.results = [self._result() for _ in range(self.random.randint(2, 4))]

    def _result(self) -> str:
        match self.random.choices(range(5), (35, 20, 15, 10, 20))[0]:
            case 0:
                dose = self.random.choice(("200 mg", "0.2 g", "300 mg", "300000 ug", "5 mL", "10 mg/m2"))
                return self._and_ask(f"give {dose} {self._frequency()}")
            case 1:
                return self._and_ask(f"outcome_{self.random.choice('ab')}")
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
        direction = self.random.choice(("", "down ", "up "))
        return f"give {text} rounded {direction}to {step}{low}{high} {self._frequency()}"

    def _frequency(self) -> str:
        return self.random.choice(_FREQUENCIES)

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

    def write_table(self) -> None:
        columns = self.random.sample(self.variables, min(len(self.variables), self.random.randint(1, 4)))
        hit = self.random.choice(("unique", "unique", "first"))
        axes = [Axis(self, variable) for variable in columns]
        if hit == "unique":
            rows = self.split(axes, [axis.all for axis in axes], self.random.randint(1, 4))
            self.random.shuffle(rows)
        else:
            rows = self.ordered(axes)
        lines = ["".join(f"| {variable.name} " for variable in columns) + "=> answer"]
        lines += ["".join(f"| {cell} " for cell in row) + f"=> {self.result()}" for row in rows]
        self._block(f"table answer {hit}", [*lines, self.unknown()])

    def _block(self, head: str, lines: list[str]) -> None:
        self.lines.append(head + " {\n    " + "\n    ".join(lines) + "\n  }")

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
        for name, items in OUTCOMES.items():
            if name in used:
                self.lines.append(f"outcome {name} {{ {items} }}")
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
        return GeneratedRule(text, tuple(self.variables))

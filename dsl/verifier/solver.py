"""The data of a patient as variables of the solver z3 (extra `verify`), and questions about all patients.

Every number is an exact real. A question that takes the solver too long is left open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Any, TypeAlias

import z3  # type: ignore[import-untyped]  # it ships no types

from dsl import units
from dsl.types import BooleanType, QuantityType, ValueType
from dsl.values import Fact, Quantity, Reason, known, missing

Term: TypeAlias = Any
"""A formula or number of the solver."""

EFFORT = 2_000_000
"""Steps of the solver for one question; not a time, so that an answer is the same on every machine."""

_DIGITS = 12
"""Decimal places of a number that is no fraction, such as a root; whoever takes it checks it again."""


@dataclass(frozen=True, slots=True)
class Solution:
    """A patient, the proof that there is none (`nobody`), or neither."""

    patient: dict[str, Fact] | None
    nobody: bool


@dataclass(frozen=True, slots=True)
class Value:
    """What a name stands for: an amount in base units, a truth, or for each member whether it is that one."""

    missing: Term
    term: Term
    members: Mapping[str, Term]


class Patient:
    """The data of one patient, shared by all rules that read them."""

    def __init__(self) -> None:
        self._kinds: dict[str, ValueType] = {}
        self._members: dict[str, dict[str, Term]] = {}
        self._calls: list[tuple[str, list[Term], Term, Term]] = []
        self.limits: list[Term] = []
        """What holds for everybody: amounts are believable, a datum has one member of its enum."""

    def unusable(self, datum: str) -> Term:
        """Whether a missing datum is there but cannot be used, so that no assumption stands in for it."""
        return z3.Bool(f"{datum} unusable")

    def value(self, datum: str, kind: ValueType) -> Value:
        """The variables of a datum; a rule that lacks its member in its own enum finds it missing."""
        self._kinds.setdefault(datum, kind)
        absent = z3.Bool(f"{datum} missing")
        if isinstance(kind, QuantityType):
            return Value(absent, z3.Real(datum), {})
        if isinstance(kind, BooleanType):
            return Value(absent, z3.Bool(datum), {})
        members = self._members.setdefault(datum, {})
        mine = {name: members.setdefault(name, z3.Bool(f"{datum} {name}")) for name in kind.members}
        return Value(z3.Or(absent, z3.Not(z3.Or(*mine.values()))), None, mine)

    def call(self, function: str, arguments: list[Term]) -> tuple[Term, Term]:
        """A free result of a function and whether it fails, the same for the same arguments."""
        for name, others, result, fails in self._calls:
            if name == function and all(one.eq(other) for one, other in zip(arguments, others, strict=True)):
                return result, fails
        label = f"{function} {len(self._calls)}"
        result, fails = z3.Real(label), z3.Bool(f"{label} fails")
        self._calls.append((function, arguments, result, fails))
        return result, fails

    def constraints(self) -> list[Term]:
        """All that holds for everybody."""
        one_each = []
        for members in self._members.values():
            one_each.append(z3.Or(*members.values()))
            one_each += [z3.Not(z3.And(one, other)) for one, other in combinations(members.values(), 2)]
        return [*self.limits, *one_each]

    def facts(self, solution: Term) -> dict[str, Fact]:
        """The patient whom the solver found."""
        return {datum: self._fact(datum, kind, solution) for datum, kind in self._kinds.items()}

    def _fact(self, datum: str, kind: ValueType, solution: Term) -> Fact:
        def said(term: Term) -> Term:
            return solution.eval(term, model_completion=True)

        if z3.is_true(said(z3.Bool(f"{datum} missing"))):
            unusable = z3.is_true(said(self.unusable(datum)))
            return missing(Reason.CONFLICT if unusable else Reason.MISSING)
        if isinstance(kind, QuantityType):
            return known(Quantity(_number(said(z3.Real(datum))) / units.parse(kind.unit).factor, kind.unit))
        if isinstance(kind, BooleanType):
            return known(z3.is_true(said(z3.Bool(datum))))
        members = self._members[datum]
        return known(next(name for name, term in members.items() if z3.is_true(said(term))))


def _number(term: Term) -> Fraction:
    if z3.is_algebraic_value(term):
        term = term.approx(_DIGITS)
    return Fraction(term.numerator_as_long(), term.denominator_as_long())


def solve(patient: Patient, *formulas: Term) -> Solution:
    """A patient for whom all the formulas hold."""
    solver = z3.Solver()
    solver.set("rlimit", EFFORT)
    solver.add(*patient.constraints(), *formulas)
    found = solver.check()
    return Solution(patient.facts(solver.model()) if found == z3.sat else None, found == z3.unsat)


def real(number: Fraction) -> Term:
    """A number as a term."""
    return z3.RealVal(f"{number.numerator}/{number.denominator}")


def both(*formulas: Term) -> Term:
    """When all of some formulas hold."""
    return z3.And(*formulas)


def any_of(*formulas: Term) -> Term:
    """When at least one of some formulas holds."""
    return z3.Or(*formulas)


def constant(truth: bool) -> Term:
    """A formula that always holds, or never."""
    return z3.BoolVal(truth)

"""Every limit of the active rules: what they answer on its sides, in the rule and from a chart (H-038).

`golden/boundaries.txt` holds what each rule answers at each of its limits, to be read beside the source.
After a deliberate change, `BESPOKE_RECORD=1 .venv/bin/pytest tests/kb/test_boundaries.py` writes it anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from dsl import Input, Quantity, Rule, SourceKind
from dsl.tester.boundaries import Boundary, as_table, boundaries
from dsl.units import parse
from fhir_adapters.quantities import listed_code
from kb import BUNDLED, load_tables
from tests.cds.cards.support import (
    AS_OF,
    NIRAPARIB,
    UCUM,
    Json,
    active,
    bundled,
    draft,
    measured,
    niraparib_labs,
    only_finding,
    order_sign,
    patient,
    prefetch,
)

GOLDEN = Path(__file__).parent / "golden" / "boundaries.txt"

UNITS = {
    "kg": ("kg", "g", "mg", "[lb_av]", "[oz_av]"),
    "10*3/uL": ("10*3/uL", "/uL", "10*9/L", "10*6/L", "10*3/mm3"),
    "mg/dL": ("mg/dL", "mg/L", "g/L", "ug/mL"),
}
"""Accepted units by the unit of an observable."""

STEP = Decimal("0.000001")


@dataclass(frozen=True)
class Cut:
    """A limit of one input of a rule."""

    rule: Rule
    boundary: Boundary

    @property
    def input(self) -> Input:
        """What is compared with the limit."""
        return self.rule.input(self.boundary.name)

    @property
    def at(self) -> Quantity:
        """The limit."""
        return self.boundary.limit

    @property
    def with_above(self) -> bool:
        """Whether equality stands on the side of the larger amounts."""
        answers = {side.name: side.answer for side in self.boundary.sides}
        return answers["at"] == answers["above"]

    def __str__(self) -> str:
        return f"{self.rule.name}-{self.input.name}={self.at}".replace(" ", "")


CUTS = [Cut(rule, boundary) for rule in active() for boundary in boundaries(rule, load_tables(BUNDLED).names)]


def test_each_limit_has_the_answers_that_were_compared_with_the_source() -> None:
    """Lines of files are left out, so that only a change of an answer is a difference."""
    lines = []
    for rule in active():
        lines.append(f"{rule.name} {rule.version}")
        for cut in CUTS:
            if cut.rule == rule:
                lines += [f"  {line}" for line in as_table(replace(cut.boundary, lines=()))]
    text = "\n".join(lines) + "\n"
    if os.environ.get("BESPOKE_RECORD") == "1":
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_no_limit_is_idle() -> None:
    assert [str(cut) for cut in CUTS if not cut.boundary.sides] == []


def around(cut: Fraction) -> dict[str, Decimal]:
    """Decimals next to a cut by side; `at` only where the cut itself is a decimal."""
    floor = Decimal(cut.numerator * 10**6 // cut.denominator) * STEP
    if Fraction(floor) == cut:
        return {"below": floor - STEP, "at": floor, "above": floor + STEP}
    return {"below": floor, "above": floor + STEP}


def niraparib_answer(*labs: Json, born: str = "1960-03-02") -> str:
    """The result for a patient whose other data leave the question open to each cut."""
    codes = {lab["code"]["coding"][0]["code"] for lab in labs}
    others = [lab for lab in niraparib_labs() if lab["code"]["coding"][0]["code"] not in codes]
    data = prefetch(labs=[*others, *labs], person=patient(birthDate=born))
    finding = only_finding(order_sign([draft(NIRAPARIB)], data))
    return f"{finding.state} {finding.result}"


def observation(cut: Cut, value: Decimal, unit: str, limit_unit: str) -> Json:
    """An Observation of the input of a cut; for a multiple of the upper limit, that limit is 1 mg/dL."""
    observable = bundled().observable(cut.input.source.name)
    loinc = min(coding.code for coding in observable.codes)
    limit = (
        Fraction(parse("mg/dL").factor / parse(limit_unit).factor)
        if cut.input.source.over_upper_limit
        else None
    )
    if limit is None:
        return measured(loinc, value, unit)
    high = {"value": Decimal(limit.numerator) / limit.denominator, "system": UCUM, "code": limit_unit}
    return measured(loinc, value, unit, referenceRange=[{"high": high}])


def cases() -> Iterator[tuple[Cut, str, str]]:
    for cut in CUTS:
        if cut.input.source.kind is SourceKind.OBSERVATION:
            own = bundled().observable(cut.input.source.name).unit
            for unit in UNITS[own]:
                for limit_unit in UNITS[own] if cut.input.source.over_upper_limit else (unit,):
                    yield cut, unit, limit_unit


@pytest.mark.parametrize(("cut", "unit", "limit_unit"), list(cases()), ids=str)
def test_each_side_of_a_cut_in_each_unit(cut: Cut, unit: str, limit_unit: str) -> None:
    """One step of a millionth decides, in every unit alike; equality stands where the rule says."""
    assert cut.rule.drugs == ("niraparib",)
    assert listed_code({"system": UCUM, "code": unit}) == unit
    base = "mg/dL" if cut.input.source.over_upper_limit else cut.at.unit
    exact = cut.at.value * parse(base).factor / parse(unit).factor
    answers = {
        side: niraparib_answer(observation(cut, value, unit, limit_unit))
        for side, value in around(exact).items()
    }
    plain = {
        side: niraparib_answer(observation(cut, value, base, base))
        for side, value in around(cut.at.value).items()
    }
    assert answers["below"] == plain["below"] != plain["above"] == answers["above"]
    assert plain["at"] == plain["above" if cut.with_above else "below"]
    assert answers.get("at", plain["at"]) == plain["at"]


@pytest.mark.parametrize("spelling", ["77", "77.0", "77.000000", "7.7e1", "770e-1", "0.77E+2"])
def test_spelling_of_a_number_does_not_matter(spelling: str) -> None:
    """H-040."""
    at = niraparib_answer(measured("29463-7", Decimal(spelling), "kg"))
    assert at == niraparib_answer(measured("29463-7", 77, "kg")) == "advice give 300 mg once daily"


@pytest.mark.parametrize("cut", [cut for cut in CUTS if cut.input.source.name == "age"], ids=str)
def test_age_turns_on_the_birthday(cut: Cut) -> None:
    """H-027: the last day before adulthood is a child's."""
    today = AS_OF.date()
    birthday = today.replace(year=today.year - int(cut.at.value))
    answers = {}
    for side, born in (
        ("below", birthday + timedelta(days=1)),
        ("at", birthday),
        ("above", date(1960, 3, 2)),
    ):
        data = prefetch(labs=niraparib_labs(), person=patient(birthDate=born.isoformat()))
        code = bundled().drugs[cut.rule.drugs[0]].rxnorm
        finding = only_finding(order_sign([draft((code, cut.rule.drugs[0]))], data))
        answers[side] = finding.state.value
    assert answers["below"] == "outside"
    assert "outside" not in (answers["at"], answers["above"])


@pytest.mark.parametrize(("code", "unit"), [("K/uL", "K/uL"), ("10*3", "10*3"), ("kg", "lb"), ("g/L", "g/L")])
def test_units_that_cannot_be_used_never_decide(code: str, unit: str) -> None:
    """Kelvin per microlitre, a pure number, a contradicted code, a mass concentration (H-001, H-002)."""
    quantity = {"value": 60, "unit": unit, "system": UCUM, "code": code}
    for loinc in ("29463-7", "777-3"):
        answer = niraparib_answer(measured(loinc, 60, "kg", valueQuantity=quantity))
        assert answer.startswith("ask"), answer

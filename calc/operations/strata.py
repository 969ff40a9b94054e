"""Operations about the stratum of one patient: what to do there, and whether a drug is meant for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, PlainValidator
from pydantic_core import PydanticCustomError

from calc import effects
from calc.effects import Action, Gate
from calc.errors import NoAnswer
from calc.operations.effects import PATH, Reduction
from calc.operations.model import Given, Result, fits
from calc.operations.operation import Operation


def _stratum_name(value: Any) -> str | None:
    """The name of a stratum, or the number that it is named by; None where nobody knows it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not fits(value):
        raise PydanticCustomError("not_a_stratum", "expected the name of a stratum, a number, or null")
    return str(int(value)) if value == int(value) else str(value)


def _alleles(value: Any) -> list[str] | None:
    """A variant, or one for each allele."""
    called = [value] if isinstance(value, str) else value
    if called is None:
        return None
    if not isinstance(called, list) or not called or not all(isinstance(one, str) and one for one in called):
        raise PydanticCustomError("not_a_variant", "expected the name of a variant, a list of them, or null")
    return called


class Stratum(Given):
    """The effect in one stratum."""

    arr: Reduction
    """Absolute risk reduction in the stratum, control minus treated."""
    ci95: Annotated[list[Reduction], Field(min_length=2, max_length=2)]
    """Lower and upper 95 % limit of `arr`."""


class DecideGiven(Given):
    """What is known by stratum and of the patient."""

    strata: Annotated[dict[str, Stratum], Field(min_length=1)]
    """The effect in each stratum, under the name of the stratum."""
    patient_x: Annotated[
        str | None, PlainValidator(_stratum_name, json_schema_input_type=str | float | None)
    ] = None
    """The stratum of the patient; null, or a name that is none of `strata`, if it is not known."""


class DecideResult(Result):
    """What to do, and of which stratum it follows."""

    basis: str
    """`stratum:NAME`; `all-strata` where the stratum is unknown and all say the same; otherwise `none`."""
    action: Action
    """`treat` or `do-not-treat` where the interval is above or below zero, `uncertain` where it reaches zero;
    `determine-X-first` where the stratum is unknown and would change what is done.
    """


def decide(given: DecideGiven) -> DecideResult:
    """The effect in the patient's stratum decides, or what all strata say alike.

    The whole population never does.
    """
    actions = {name: _action(name, stratum) for name, stratum in given.strata.items()}
    if given.patient_x in actions:
        return DecideResult(basis=f"stratum:{given.patient_x}", action=actions[given.patient_x])
    action = effects.action_without_stratum(actions.values())
    return DecideResult(basis="none" if action == "determine-X-first" else "all-strata", action=action)


def _action(name: str, stratum: Stratum) -> Action:
    low, high = stratum.ci95
    if not low <= stratum.arr <= high:
        raise NoAnswer(
            "interval", f"`strata.{name}.ci95` does not hold its `arr`: expected lower limit, then upper"
        )
    return effects.action_in(low, high)


class VariantGateGiven(Given):
    """What a test called, and what the label asks for."""

    variant: Annotated[
        list[str] | None, PlainValidator(_alleles, json_schema_input_type=str | list[str] | None)
    ] = None
    """What the test called: one variant, or one for each allele; `uncertain` or `indeterminate` for a call
    that tells nothing; null if nobody tested.
    """
    label_variants: Annotated[list[str], Field(min_length=1)]
    """The variants that the label names."""
    alleles_needed: Annotated[int, Field(ge=1)] | None = None
    """Of how many alleles the label speaks; null if it does not say, and then a call that is in the label
    with some alleles only is an error.
    """


class VariantGateResult(Result):
    """Whether the drug may be suggested."""

    decision: Gate
    """`in-label`: the drug may be suggested; `test-before-treating`: nobody tested."""


def variant_gate(given: VariantGateGiven) -> VariantGateResult:
    """A patient who was not tested is to be tested, neither refused nor treated."""
    return VariantGateResult(
        decision=effects.variant_gate(given.variant, given.label_variants, given.alleles_needed)
    )


OPERATIONS = (
    Operation(
        "nnt.decide",
        "Whether to treat by the stratum of the patient, or to determine it first",
        DecideGiven,
        DecideResult,
        decide,
        PATH,
        {
            "strata": {
                "0": {"arr": 0.08, "ci95": [0.048, 0.112]},
                "1": {"arr": -0.02, "ci95": [-0.035, -0.005]},
            },
            "patient_x": None,
        },
    ),
    Operation(
        "strat.variant_gate",
        "Whether a drug that is licensed for some variants may be suggested",
        VariantGateGiven,
        VariantGateResult,
        variant_gate,
        "a definition; the label of the drug names the variants",
        {"variant": "Y", "label_variants": ["Y"]},
    ),
)

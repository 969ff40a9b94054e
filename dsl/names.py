"""The names that a rule may use: what the knowledge base lends to the checker."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dsl.diagnostics import Diagnostic
from dsl.functions import Function
from dsl.syntax import Text
from dsl.values import Quantity

LISTABLE = 12
"""How many candidates a help line may list when none of them is close."""


@dataclass(frozen=True, slots=True)
class Names:
    """Everything outside the rule files that a rule can refer to."""

    observables: Mapping[str, str] = field(default_factory=dict)
    """Observable to its UCUM unit."""
    plausible: Mapping[str, tuple[Quantity, Quantity]] = field(default_factory=dict)
    """Observable to its least and greatest believable value."""
    statuses: frozenset[str] = frozenset()
    """Observations that are true or false: pregnancy."""
    observable_codes: Mapping[str, str] = field(default_factory=dict)
    """`loinc#29463-7` to the observable or status that lists it."""
    genes: Mapping[str, str] = field(default_factory=dict)
    """Gene symbol to the name of its phenotype enum."""
    scores: Mapping[str, str] = field(default_factory=dict)
    """Gene symbol to the name of its score enum, for the genes that have activity scores."""
    genotypes: Mapping[str, str] = field(default_factory=dict)
    """Gene symbol to the name of its genotype enum, for the genes whose alleles rules may ask for."""
    variants: frozenset[str] = frozenset()
    pathways: Mapping[str, str] = field(default_factory=dict)
    """Signalling network to the name of the enum of what a drug leaves of its signal."""
    conditions: frozenset[str] = frozenset()
    indications: Mapping[str, str] = field(default_factory=dict)
    """Indication to the name of its enum."""
    drugs: frozenset[str] = frozenset()
    drug_codes: Mapping[str, str] = field(default_factory=dict)
    """`rxnorm#103` to the drug that has it."""
    citations: Mapping[str, str] = field(default_factory=dict)
    """Citation to its publisher."""
    functions: Mapping[str, Function] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    """Numeric model to the UCUM unit of its result."""


def closest(name: str, candidates: Iterable[str]) -> str:
    """`did you mean …?` for a misspelt name, or nothing if no candidate is close."""
    close = difflib.get_close_matches(name, sorted(candidates), n=1, cutoff=0.67)
    return f"did you mean `{close[0]}`?" if close else ""


def unknown_name(name: Text, what: str, candidates: Iterable[str]) -> Diagnostic:
    """A name that is none of the candidates, with the closest of them, or all if they are few."""
    names = sorted(set(candidates))
    listed = f"one of {', '.join(f'`{each}`' for each in names)}" if 0 < len(names) <= LISTABLE else ""
    advice = closest(name.text, names) or listed or ("" if names else "there is none yet")
    return Diagnostic("BR004", f"`{name.text}` is no {what}", name.span, help=advice)

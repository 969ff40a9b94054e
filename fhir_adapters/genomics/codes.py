"""Which Observations and components speak of genes, told by listed codes and listed names."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from fhir_adapters.prefetch import DIAGNOSTIC_IMPLICATION, GENOTYPE, HAPLOTYPE, VARIANT
from fhir_adapters.reading import LOINC, Resource, codings, words
from fhir_adapters.terminology import Coding, Gene

_REPORTING = "http://hl7.org/fhir/uv/genomics-reporting/CodeSystem/tbd-codes-cs"

ADVICE = "urn:bespoke:pgx-action"
"""The system of the codes that a report of ours gives as the implication for a drug."""
GENE_STUDIED = Coding(LOINC, "48018-6")
GENETIC_RESULTS = frozenset({GENOTYPE, HAPLOTYPE, VARIANT})
"""What an interpretation is derived from."""
_NO_STATEMENTS = frozenset(
    {
        VARIANT,
        Coding(LOINC, "82120-7"),
        Coding(_REPORTING, "molecular-consequence"),
        DIAGNOSTIC_IMPLICATION,
    }
)
"""Variants, their phase, and what they mean for molecules and diseases."""

_NAME = re.compile(
    r"(?:(?P<symbol>[A-Za-z0-9-]+) )?(?:(?P<score>activity score)|genotype|diplotype|"
    r"(?:predicted )?phenotype|metaboli[sz]er (?:status|phenotype)|metabolic activity(?: interpretation)?)",
    re.IGNORECASE,
)
_LONGEST_NAME = 128
_WORD = re.compile(r"[A-Za-z0-9-]+")


class Role(StrEnum):
    """What the value beside a code is."""

    SCORE = "score"
    RESULT = "result"
    """A phenotype or a genotype, whichever can be read."""


def codes_of(element: Resource) -> frozenset[Coding]:
    """The codings of `element.code`."""
    return frozenset(codings(element.get("code")))


def says_nothing_of_phenotypes(codes: frozenset[Coding]) -> bool:
    """Whether these are codes of Observations that are never a genotype or a phenotype."""
    return bool(codes & _NO_STATEMENTS)


def named_role(element: Resource) -> tuple[Role, str | None] | None:
    """Role and gene symbol of an element whose code is worded like `CYP2C9 phenotype`; None for others.

    The wording must be the whole text or display: `phenotype after inhibitors` is something else.
    """
    return next(filter(None, map(role_of_wording, words(element.get("code")))), None)


def role_of_wording(text: str) -> tuple[Role, str | None] | None:
    """The same of one text."""
    return _role(text) if len(text) <= _LONGEST_NAME else None


@lru_cache(maxsize=4096)
def _role(text: str) -> tuple[Role, str | None] | None:
    match = _NAME.fullmatch(" ".join(text.split()))
    return match and (Role.SCORE if match["score"] else Role.RESULT, match["symbol"])


def mentioned(element: Resource, genes: tuple[Gene, ...]) -> frozenset[str]:
    """The symbols of known genes among the words of `element.code`."""
    said = {word for text in words(element.get("code")) for word in _WORD.findall(text)}
    return frozenset(gene.symbol for gene in genes if gene.symbol in said)

"""Observations with codes that nobody here knows are counted, never listed by their text."""

from __future__ import annotations

from fhir_adapters import Unmapped, unmapped_observations
from fhir_adapters.reading import LOINC
from fhir_adapters.terminology import Coding
from fhir_adapters.unmapped import MAX_CODES
from tests.fhir_adapters.example import Json, chart, genotype, observation, weight

SITE = "urn:oid:1.2.3"
KNOWN = frozenset({Coding(LOINC, "29463-7"), Coding(SITE, "GEW")})
CANARY = "Zuckerkandl"


def counted(*resources: Json) -> Unmapped:
    return unmapped_observations(chart(*resources), KNOWN)


def coded(*codings: Json) -> Json:
    return weight() | {"code": {"coding": list(codings), "text": CANARY}}


def test_what_is_known_is_not_counted() -> None:
    """H-023: one known code of several is enough; genetic results have codes of their own."""
    local = {"system": SITE, "code": "X"}
    assert counted(weight(), coded(local, {"system": SITE, "code": "GEW"}), genotype("*1/*2")) == Unmapped(
        0, 0, ()
    )


def test_unmapped_codes_are_counted() -> None:
    """H-023, H-025: local codes before standard ones, frequent before rare, each with its number."""
    local, bare = {"system": SITE, "code": "X", "display": CANARY}, {"code": "GEW"}
    loinc = {"system": LOINC, "code": "2951-2"}
    found = counted(coded(local, loinc), coded(local), coded(bare), coded(loinc), coded(loinc), coded())
    assert found == Unmapped(6, 3, ((f"{SITE}|X", 2), ("|GEW", 1), (f"{LOINC}|2951-2", 3)))


def test_without_a_value_there_is_nothing_to_map() -> None:
    """Panels and groups hold their values elsewhere."""
    assert counted(observation("85353-1", hasMember=[])).observations == 0


def test_text_in_place_of_a_code_is_counted_and_not_shown() -> None:
    found = counted(
        coded({"system": SITE, "code": f"weight of {CANARY}"}), coded({"system": CANARY, "code": "X"})
    )
    assert found == Unmapped(2, 2, ())


def test_the_list_is_bounded() -> None:
    found = counted(*(coded({"system": SITE, "code": f"L{number}"}) for number in range(MAX_CODES + 20)))
    assert (found.observations, found.distinct, len(found.codes)) == (
        MAX_CODES + 20,
        MAX_CODES + 20,
        MAX_CODES,
    )

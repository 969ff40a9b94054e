"""Random charts through the whole way from a call to its cards; `make long` runs a hundred thousand."""

from __future__ import annotations

from itertools import islice

from tests.dsl.support import rounds
from tests.fhir_adapters.fuzz import run


def test_random_charts() -> None:
    """H-001, H-013, H-016, H-022: order, duplicates and units change nothing; nothing changes silently."""
    charts = rounds(300, 100_000)
    *_, tally = islice(run("suite"), charts)
    assert tally.total() == charts
    # Charts that all end alike would prove nothing.
    assert min(tally[name] for name in ("cards", "silent", "WrongPatient")) > charts // 50

"""What other rooms may rely on, and what it costs those that never ask a server."""

from __future__ import annotations

import subprocess
import sys

from fhir_adapters import client


def test_exported_names() -> None:
    assert client.__all__ == [
        "FailureReason",
        "FetchFailure",
        "FetchLimits",
        "Fetched",
        "FhirBase",
        "FhirClient",
        "ResolveHost",
        "UnusableBase",
    ]
    assert all(hasattr(client, name) for name in client.__all__)


def test_the_adapters_alone_do_not_import_an_http_library() -> None:
    """`bespoke check` would wait for it at every start."""
    program = "import fhir_adapters, sys; sys.exit('httpx2' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)

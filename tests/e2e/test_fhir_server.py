"""The command asks a FHIR server with TLS for what a call lacks, and trusts only whom it was told to."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import trustme

from cds.log import DecisionLog
from tests.cds.hooks.test_fetching import HEALTHY, niraparib_call
from tests.fhir_adapters.client.fake_server import SECRET, FakeServer, fake_server


def _answer(folder: Path, server: FakeServer, settings: dict[str, object]) -> tuple[int, str, str]:
    """Status, body and what the record says of the fetching."""
    listed = {
        "fhir_bases": [server.base],
        "fhir_seconds": 20,
        "db": f"sqlite:///{folder / 'log.db'}",
        "as_of": "2026-11-20T12:00:00Z",
        **settings,
    }
    config = folder / "bespoke.toml"
    config.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in listed.items()), "utf-8")
    authorization = {"access_token": SECRET, "token_type": "Bearer", "expires_in": 300}
    body = niraparib_call() | {
        "fhirServer": server.base,
        "fhirAuthorization": authorization | {"scope": "patient/*.read", "subject": "bespoke"},
    }
    command = [sys.executable, "-m", "cds.cli", "serve", "--port", "0", "--config", str(config)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = next(line for line in process.stderr if line.startswith("listening on "))
        address = f"{line.split()[-1]}/cds-services/medication-safety"
        call = Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
        try:
            with urlopen(call, timeout=60) as reply:
                status, text, decision = reply.status, reply.read().decode(), reply.headers["X-Decision-Id"]
        except HTTPError as refused:
            status, text, decision = refused.code, refused.read().decode(), refused.headers["X-Decision-Id"]
        process.terminate()
        assert SECRET not in process.stderr.read()
    log = DecisionLog.open_read_only(f"sqlite:///{folder / 'log.db'}")
    entry = log.get(decision)
    log.close()
    assert entry is not None
    return status, text, json.dumps(entry.entry.record["request"])


@pytest.mark.e2e
def test_a_server_with_the_sites_own_authority(tmp_path: Path) -> None:
    """H-095, H-097: with the authority it is asked, without it nothing is sent, not even the token."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with fake_server(HEALTHY, context) as server:
        status, body, record = _answer(tmp_path, server, {"fhir_ca": str(tmp_path / "ca.pem")})
        assert status == 200 and "200 mg" in json.loads(body)["cards"][0]["summary"]
        assert '"labs": "answered"' in record and SECRET not in record
        assert server.bearers() == [f"Bearer {SECRET}"] * len(server.calls)
        asked = len(server.calls)
        status, _, record = _answer(tmp_path, server, {})
        assert status == 412 and '"labs": "unreachable"' in record
        assert len(server.calls) == asked

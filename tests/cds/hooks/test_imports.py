"""What no hook call waits for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_CALL = """
import json, sys
from datetime import datetime
from importlib import resources
import cds.hooks
from cds.cli.demo import AS_OF
from cds.hooks.service import HookService
from cds.log import DecisionLog
from kb import load

example = resources.files("cds.cli").joinpath("examples", "1-niraparib-light.json").read_text("utf-8")
service = HookService(load(), DecisionLog.open(sys.argv[1]), software="test")
body = json.dumps(json.loads(example)["request"]).encode()
answer = service.answer("medication-safety", body, "one", datetime.fromisoformat(AS_OF))
assert json.loads(answer.body)["cards"]
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"fhir", "fhir_core"}))
"""


def test_a_hook_call_never_loads_the_model_library(tmp_path: Path) -> None:
    """It is eighty times slower than a parser: strict intake is for files, on request."""
    ran = subprocess.run(
        [sys.executable, "-c", _CALL, f"sqlite:///{tmp_path}/log.db"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout.strip()) == (0, ""), ran.stderr

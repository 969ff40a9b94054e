"""The wheel, installed elsewhere and run from another folder, does the main job."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
Bespoke = Callable[..., "subprocess.CompletedProcess[str]"]

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def bespoke(tmp_path_factory: pytest.TempPathFactory) -> Bespoke:
    """The command as the wheel brings it; nothing is read from the source tree."""
    built, installed = tmp_path_factory.mktemp("built"), tmp_path_factory.mktemp("installed")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    python = [sys.executable, "-m"]
    subprocess.run(
        [*python, "hatchling", "build", "--target", "wheel", "--directory", built], cwd=ROOT, check=True
    )
    (wheel,) = built.glob("*.whl")
    subprocess.run(
        [*python, "pip", "install", "--quiet", "--no-deps", "--target", installed, wheel], check=True
    )
    environment = {**os.environ, "PYTHONPATH": str(installed)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        program = f"import cds.cli; assert cds.__file__.startswith({str(installed)!r}); cds.cli.main()"
        command = [sys.executable, "-c", program, *arguments]
        return subprocess.run(
            command, cwd=elsewhere, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    return run


def test_the_rules_that_were_shipped_pass_their_own_tests(bespoke: Bespoke) -> None:
    answer = bespoke("test")
    assert answer.returncode == 0, answer.stderr


def test_the_demonstration_runs(bespoke: Bespoke) -> None:
    answer = bespoke("demo")
    assert answer.returncode == 0, answer.stderr
    assert "200 mg" in answer.stdout
    assert "Traceback" not in answer.stderr

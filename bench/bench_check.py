"""How long an author waits for `bespoke check` of one edited file, from start to exit of the process.

A copy of the bundled knowledge base is edited before each run, so that nothing about the file can be
remembered; the modules are compiled and the parser is built, as they are from the second run on. Bound:
300 ms. Read the ratio to an interpreter that does nothing; the times belong to the machine.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kb import BUNDLED

ROUNDS = 20
BOUND = 300
EDITED = Path("rules/niraparib/start_dose.rule")


def milliseconds(command: list[str]) -> float:
    """One process from start to exit; it must end without a fault."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    begin = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - begin) * 1000


def main() -> None:
    """Measures and prints; the exit code says whether the bound held."""
    nothing = [sys.executable, "-c", "pass"]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "kb"
        shutil.copytree(BUNDLED, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        file = copy / EDITED
        text = file.read_text("utf-8")
        check = [sys.executable, "-m", "cds.cli", "check", str(file)]
        milliseconds(check)
        pairs = []
        for number in range(ROUNDS):
            file.write_text(f"{text}// edit {number}\n", "utf-8")
            pairs.append((milliseconds(check), milliseconds(nothing)))
    ours, theirs = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(f"bespoke check of one edited file among {len(list(BUNDLED.rglob('*.rule')))}, median of {ROUNDS}")
    print(f"  {ours:.0f} ms, python -c pass {theirs:.0f} ms, ratio {ours / theirs:.1f} (bound {BOUND} ms)")
    if ours > BOUND:
        sys.exit(f"  bound MISSED: {ours:.0f} ms > {BOUND} ms")
    print("  bounds: all held")


if __name__ == "__main__":
    main()

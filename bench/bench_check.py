"""How long an author waits for `bespoke check` of one edited file, from start to exit of the process.

A copy of the bundled knowledge base is edited before each run, so that nothing about the file can be
remembered; the modules are compiled and the parser is built, as they are from the second run on. Bound:
300 ms from start to exit. Read the ratio to an interpreter that does nothing: the times belong to the
machine, and on a busy one they are far above the processor time.
"""

from __future__ import annotations

import os
import resource
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


def milliseconds(command: list[str]) -> tuple[float, float]:
    """One process from start to exit, and the processor time in it; it must end without a fault."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    end, after = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return (end - begin) * 1000, used * 1000


def main() -> None:
    """Measures and prints; the exit code says whether the bound held."""
    nothing = [sys.executable, "-c", "pass"]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "kb"
        shutil.copytree(BUNDLED, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        file = copy / EDITED
        text = file.read_text("utf-8")
        check = [str(Path(sys.executable).with_name("bespoke")), "check", str(file)]
        milliseconds(check)
        pairs = []
        for number in range(ROUNDS):
            file.write_text(f"{text}// edit {number}\n", "utf-8")
            pairs.append((*milliseconds(check), *milliseconds(nothing)))
    ours, ours_used, theirs, theirs_used = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(f"bespoke check of one edited file among {len(list(BUNDLED.rglob('*.rule')))}, median of {ROUNDS}")
    print(f"  start to exit:  {ours:4.0f} ms, python -c pass {theirs:3.0f} ms, ratio {ours / theirs:.1f}")
    print(f"  processor time: {ours_used:4.0f} ms, python -c pass {theirs_used:3.0f} ms")
    if ours > BOUND:
        sys.exit(f"  bound MISSED: {ours:.0f} ms > {BOUND} ms")
    print(f"  bounds: all held ({BOUND} ms)")


if __name__ == "__main__":
    main()

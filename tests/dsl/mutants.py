"""Mutants of the evaluator and the checker: what the tests of the language notice, and what they do not.

`python -m tests.dsl.mutants` (`make mutate`) changes one place of the code at a time, runs the tests that
reach it, and ends with the share that was noticed. Who survives is printed unless `survivors.md` explains it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

BOUND = 0.9
GROUPS = {"evaluator": ("dsl.evaluator.",), "checker": ("dsl.checker.", "dsl.witnesses.")}
EXPLAINED = Path(__file__).with_name("survivors.md")
MUTMUT = (sys.executable, "-m", "mutmut")
SURVIVED = (0, 33)
"""Exit codes of the tests, as the tool keeps them: all passed, or none reaches the place."""


def main() -> int:
    """Runs the mutants and prints the shares; 1 if one is below the bound or a survivor is not explained."""
    subprocess.run((*MUTMUT, "run"), check=False, stdout=subprocess.DEVNULL)
    outcomes = dict(_outcomes(Path("mutants/dsl")))
    explained = set(EXPLAINED.read_text("utf-8").splitlines())
    survivors = sorted(name for name, code in outcomes.items() if code in SURVIVED)
    unexplained = [line for name in survivors if f"    {(line := _change(name))}" not in explained]
    for line in unexplained:
        print(f"    {line}")
    print(f"{len(survivors)} survivors, {len(unexplained)} of them not in {EXPLAINED.name}")
    below = False
    for group, packages in GROUPS.items():
        codes = Counter(code in SURVIVED for name, code in outcomes.items() if name.startswith(packages))
        share = codes[False] / codes.total()
        below |= share < BOUND
        print(f"{group}: {codes[False]} of {codes.total()} noticed, {share:.1%} (bound {BOUND:.0%})")
    return 1 if below or unexplained else 0


def _outcomes(folder: Path) -> Iterator[tuple[str, int]]:
    for path in sorted(folder.rglob("*.meta")):
        for name, code in json.loads(path.read_text("utf-8"))["exit_code_by_key"].items():
            if code is None:
                sys.exit(f"{name} was not tried: the run did not come to its end; see `mutmut run`")
            yield name, code


def _change(name: str) -> str:
    """`checker.amounts _power: the line before → the line after`."""
    shown = subprocess.run((*MUTMUT, "show", name), check=True, capture_output=True, text=True).stdout
    lines = [line for line in shown.split("\n") if re.match(r"[+-](?![+-]{2})", line)]
    before, after = (" ".join(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+")
    module, _, function = name.partition("__mutmut_")[0].rpartition(".")
    place = f"{module.removeprefix('dsl.')} {function.rpartition('ǁ')[2].removeprefix('x_')}"
    return f"{place}: {before} → {after}"


if __name__ == "__main__":
    sys.exit(main())

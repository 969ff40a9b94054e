"""Importing a release of RxNorm as large as a real one, in a process of its own: in what time and memory.

Beside it: splitting each line of the same files in the same process, which understands and keeps nothing.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

INGREDIENTS = 14_000
PRODUCTS = 16
"""Of each ingredient: components, forms, drugs, brands."""
FOREIGN_ATOMS = 800_000
FOREIGN_RELATIONS = 4_000_000
WANTED = 300
MOST_MEMORY = 150
"""MB at the peak of the process."""


def write(folder: Path) -> None:
    """A million names and four million relations, most of them of other sources, as in a release."""
    chance = random.Random(1)
    with (folder / "RXNCONSO.RRF").open("w") as names, (folder / "RXNREL.RRF").open("w") as relations:
        for index in range(INGREDIENTS):
            ingredient = 1_000_000 + index * 100
            names.write(_name(ingredient, "RXNORM", "IN"))
            names.write(_name(ingredient, "ATC", "IN", f"A{index % 90 + 10}BC{index // 90 % 90 + 10}"))
            for number in range(1, PRODUCTS):
                names.write(_name(ingredient + number, "RXNORM", "SCDC" if number == 1 else "SCD"))
                kind, upper = ("has_ingredient", 0) if number == 1 else ("consists_of", 1)
                relations.write(_relation(ingredient + upper, ingredient + number, kind))
                back = "ingredient_of" if number == 1 else "constitutes"
                relations.write(_relation(ingredient + number, ingredient + upper, back))
        for _ in range(FOREIGN_ATOMS):
            names.write(_name(chance.randrange(1_000_000, 3_000_000), "MTHSPL", "DP"))
        for _ in range(FOREIGN_RELATIONS):
            one, two = (chance.randrange(1_000_000, 3_000_000) for _ in range(2))
            relations.write(_relation(one, two, "active_moiety_of", "MTHSPL"))


def _name(rxcui: int, source: str, kind: str, code: str = "") -> str:
    name = f"some drug number {rxcui} 100 MG Oral Tablet"
    return f"{rxcui}|ENG||||||{rxcui}7|{rxcui}|{rxcui}||{source}|{kind}|{code or rxcui}|{name}||N|4096|\n"


def _relation(one: int, two: int, kind: str, source: str = "RXNORM") -> str:
    return f"{one}||CUI|RO|{two}||CUI|{kind}|{one}{two}||{source}|{source}||||4096|\n"


def read(folder: Path) -> None:
    """The measured process; prints its figures as JSON."""
    from kb.rxnorm import read_release

    wanted = frozenset(str(1_000_000 + index * 100) for index in range(WANTED))
    begin = time.process_time()
    found = read_release(folder, wanted)
    taken = time.process_time() - begin
    codes = len(found.table.rows)
    assert codes >= WANTED * PRODUCTS
    # Linux counts in kilobytes.
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    begin = time.process_time()
    lines = 0
    for path in folder.iterdir():
        with path.open("rb") as file:
            for line in file:
                line.split(b"|")
                lines += 1
    yardstick = time.process_time() - begin
    print(
        json.dumps({"taken": taken, "memory": memory, "yardstick": yardstick, "lines": lines, "codes": codes})
    )


def main() -> int:
    """Measures and prints; 1 if the bound is missed."""
    with tempfile.TemporaryDirectory() as name:
        write(Path(name))
        size = sum(path.stat().st_size for path in Path(name).iterdir()) / 1e6
        command = [sys.executable, "-m", "bench.bench_rxnorm", name]
        ran = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(ran.stdout)
    held = found["memory"] <= MOST_MEMORY
    print(f"{found['lines']:,} lines, {size:.0f} MB; {found['codes']:,} codes of {WANTED} ingredients")
    print(f"  imported            {found['taken']:8.1f} s")
    print(f"  lines only split    {found['yardstick']:8.1f} s")
    print(f"  ratio of the times  {found['taken'] / found['yardstick']:8.1f}")
    print(f"  peak memory         {found['memory']:8.0f} MB, at most {MOST_MEMORY}")
    print("held" if held else "MISSED")
    return 0 if held else 1


if __name__ == "__main__":
    if len(sys.argv) > 1:
        read(Path(sys.argv[1]))
    else:
        sys.exit(main())

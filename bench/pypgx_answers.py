"""Run by an interpreter that has PyPGx: its answers to the questions on standard input, and their times.

`bench_pgx` calls it; nothing else of the project does, and PyPGx is in none of its locks.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from contextlib import suppress
from functools import cache
from importlib.metadata import version

# The project's own environment, which is what is checked, does not have it.
import pypgx  # type: ignore[import-not-found]
from pypgx.api import core  # type: ignore[import-not-found]

warnings.simplefilter("ignore")


def phenotype(gene: str, one: str, other: str) -> str:
    """What it predicts, or why it does not."""
    try:
        known = all(pypgx.is_legit_allele(gene, allele) for allele in (one, other))
        return str(pypgx.predict_phenotype(gene, one, other)) if known else "(allele not listed)"
    except Exception as error:  # whatever it raises is its answer
        return f"({type(error).__name__})"


def main() -> None:
    """Reads one JSON object, writes one."""
    asked = json.load(sys.stdin)
    genes = set(pypgx.list_genes(mode="target"))
    spent = 0.0
    timed = [each for each in asked["diplotypes"][: asked["timed"]] if each[0] in genes]
    for gene, one, other in timed:
        begin = time.perf_counter()
        with suppress(Exception):  # timed, whether it answers or not
            pypgx.predict_phenotype(gene, one, other)
        spent += time.perf_counter() - begin
    predicted = spent / max(len(timed), 1)
    answered = 0
    spent = 0.0
    for question in asked["recommendations"]:
        begin = time.perf_counter()
        try:
            pypgx.get_recommendation(*question)
        except Exception:  # no answer: the share of answers is printed
            continue
        spent += time.perf_counter() - begin
        answered += 1
    # It reads its tables anew for every answer: of so many, that is not waited for, nor timed.
    for name in [name for name in vars(core) if name.startswith("load_") and name.endswith("_table")]:
        setattr(core, name, cache(getattr(core, name)))
    phenotypes = [
        phenotype(*each) if each[0] in genes else "(gene not listed)" for each in asked["diplotypes"]
    ]
    json.dump(
        {
            "version": version("pypgx"),
            "phenotypes": phenotypes,
            "seconds_of_a_phenotype": predicted,
            "seconds_of_a_recommendation": spent / max(answered, 1),
            "recommendations": answered,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()

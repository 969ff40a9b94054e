"""What the compiled rules are measured against: what an engineer would write by hand, and zen-engine.

The eleven rules are those of `bench.rule_texts`. Answers by hand are whole numbers with a meaning of their
own; the measurement first proves that they say the same as ours.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from bench.rule_texts import GENES, PAIRS, PHENOTYPES, answer_of
from dsl.columns.kernel import BLOCK, REASONS, Amounts, Categories, Column
from dsl.compiler.service import Service
from dsl.compiler.source import Packed

Numbers = Any
"""A numpy array."""

OUTSIDE, ASK_AGE, TAKING, SEVERE, LOW, RECURRENT, HIGH, ASK_BOTH, ASK_WEIGHT, ASK_PLATELETS = range(10)
SIZES = list(GENES.values())
SLOTS = ("age", "weight", "platelets", "taking", "bilirubin", "recurrent", *GENES)
"""What the rules read, in this order."""


ZEN_TABLES = ("dose", *(f"{kind}{number}" for kind in ("single", "double") for number in range(5)))


# ---------------------------------------------------------------- one patient
def double_table(one: int, other: int) -> tuple[tuple[int, ...], ...]:
    """Two genes: an answer for each pair, and three where one or both are missing."""
    return tuple(
        tuple(
            a * other + b if a < one and b < other else one * other - 1 + (a == one) + 2 * (b == other)
            for b in range(other + 1)
        )
        for a in range(one + 1)
    )


def by_hand(service: Service) -> Callable[[Packed], list[int]]:
    """The eleven rules over the ready cases of one patient: early exits for the dose, tables for genes."""
    t0, t1, t2, t3, t4 = (tuple(range(size + 1)) for size in SIZES[:5])
    d0, d1, d2, d3, d4 = (double_table(SIZES[one], SIZES[other]) for one, other in PAIRS)

    def answers(packed: Packed) -> list[int]:
        age, weight, platelets, taking, bilirubin, recurrent, a, b, c, d, e, f, g, h, i, j = packed.cases
        if age != 1:
            dose = 0 if age == 0 else 1
        elif taking == 1:
            dose = 2
        elif bilirubin == 2:
            dose = 3
        elif bilirubin == 1:
            dose = 4
        elif recurrent == 1:
            dose = 5
        elif weight == 0 or platelets == 0:
            dose = 4
        elif weight == 1:
            dose = 6 if platelets == 1 else 9
        else:
            dose = 8 if platelets == 1 else 7
        if packed.odd:
            return service.codes(packed)
        return [dose, t0[a], t1[b], t2[c], t3[d], t4[e], d0[a][b], d1[c][d], d2[e][f], d3[g][h], d4[i][j]]

    return answers


# ---------------------------------------------------------------- a million patients
def by_hand_in_columns() -> Callable[[Sequence[Column]], list[Numbers]]:
    """The eleven rules as lookup tables of numpy over the same columns, in blocks that fit the cache."""
    missing = len(REASONS)
    dose = np.empty((3, 3, 3, 2 + missing, 2 + missing, 3), np.int32)
    for age, weight, platelets, taking, recurrent, bilirubin in np.ndindex(dose.shape):
        settled = (
            (OUTSIDE if age == 0 else ASK_AGE) if age != 1
            else TAKING if taking == 1
            else SEVERE if bilirubin == 2
            else LOW if bilirubin == 1
            else RECURRENT if recurrent == 1
            else LOW if weight == 0 or platelets == 0
            else (HIGH if platelets == 1 else ASK_PLATELETS) if weight == 1
            else ASK_WEIGHT if platelets == 1 else ASK_BOTH
        )  # fmt: skip
        dose[age, weight, platelets, taking, recurrent, bilirubin] = settled
    doses = dose.ravel()
    singles = [np.minimum(np.arange(size + missing), size).astype(np.int32) for size in SIZES[:5]]
    doubles = []
    for one, other in PAIRS:
        table = np.array(double_table(SIZES[one], SIZES[other]), np.int32)
        first, second = (np.minimum(np.arange(SIZES[each] + missing), SIZES[each]) for each in (one, other))
        doubles.append((table[np.ix_(first, second)].ravel(), SIZES[other] + missing))

    def banded(column: Column, rows: slice, limit: float) -> Numbers:
        assert isinstance(column, Amounts)
        band = (column.values[rows] >= limit).view(np.uint8)
        assert column.reasons is not None
        np.copyto(band, np.uint8(2), where=column.reasons[rows] != 0)
        return band

    def answers(columns: Sequence[Column]) -> list[Numbers]:
        count = len(columns[0])
        found = [np.empty(count, np.int32) for _ in range(11)]
        bilirubin, taking, recurrent, *genes = (columns[at] for at in (4, 3, 5, *range(6, 16)))
        assert isinstance(bilirubin, Amounts) and bilirubin.reasons is not None
        assert isinstance(taking, Categories) and isinstance(recurrent, Categories)
        codes = [gene.codes for gene in genes if isinstance(gene, Categories)]
        for start in range(0, count, BLOCK):
            rows = slice(start, start + BLOCK)
            at = banded(columns[0], rows, 18).astype(np.intp)
            at *= 3
            at += banded(columns[1], rows, 77)
            at *= 3
            at += banded(columns[2], rows, 150)
            at *= 2 + missing
            at += taking.codes[rows]
            at *= 2 + missing
            at += recurrent.codes[rows]
            at *= 3
            band = (bilirubin.values[rows] >= 1.5).view(np.uint8)
            band += bilirubin.values[rows] > 3
            np.copyto(band, np.uint8(0), where=bilirubin.reasons[rows] != 0)
            at += band
            np.take(doses, at, out=found[0][rows], mode="clip")
            for gene, table in enumerate(singles):
                np.take(table, codes[gene][rows], out=found[1 + gene][rows], mode="clip")
            for pair, (table, stride) in enumerate(doubles):
                one, other = PAIRS[pair]
                at = codes[one][rows].astype(np.intp)
                at *= stride
                at += codes[other][rows]
                np.take(table, at, out=found[6 + pair][rows], mode="clip")
        return found

    return answers


# ---------------------------------------------------------------- zen-engine
def zen_decision() -> Any:
    """The eleven rules as decision tables of one graph. Raises ImportError without zen-engine."""
    import zen  # only the measurement knows it, and it may be missing

    tables = [_zen_table("dose", SLOTS[:6], _ZEN_DOSE)]
    for number in range(5):
        members = PHENOTYPES[SIZES[number]]
        single = [((f'"{member}"',), str(answer_of(at))) for at, member in enumerate(members)]
        tables.append(_zen_table(f"single{number}", (f"GENE{number}",), [*single, (("null",), "-1")]))
    for number, (one, other) in enumerate(PAIRS):
        pairs = [(a, b) for a in PHENOTYPES[SIZES[one]] for b in PHENOTYPES[SIZES[other]]]
        rows = [((f'"{a}"', f'"{b}"'), str(answer_of(at * 7 // 3))) for at, (a, b) in enumerate(pairs)]
        unknown = [(("null", "null"), "-3"), (("null", ""), "-1"), (("", "null"), "-2")]
        tables.append(_zen_table(f"double{number}", (f"GENE{one}", f"GENE{other}"), [*rows, *unknown]))
    ends = [
        {"id": word, "type": f"{word}Node", "name": word, "position": _NOWHERE}
        for word in ("input", "output")
    ]
    edges = [
        {"id": f"{source}-{target}", "type": "edge", "sourceId": source, "targetId": target}
        for table in tables
        for source, target in (("input", table["id"]), (table["id"], "output"))
    ]
    graph = {"nodes": [*ends, *tables], "edges": edges}
    return zen.ZenEngine().create_decision(json.dumps(graph))


_NOWHERE = {"x": 0, "y": 0}
_ZEN_DOSE = [
    (("null", "", "", "", "", ""), str(ASK_AGE)),
    (("< 18", "", "", "", "", ""), str(OUTSIDE)),
    (("", "", "", "true", "", ""), str(TAKING)),
    (("", "", "", "", "> 3", ""), str(SEVERE)),
    (("", "", "", "", ">= 1.5", ""), str(LOW)),
    (("", "", "", "", "", "true"), str(RECURRENT)),
    (("", "< 77", "", "", "", ""), str(LOW)),
    (("", "", "< 150", "", "", ""), str(LOW)),
    (("", "null", "null", "", "", ""), str(ASK_BOTH)),
    (("", "null", "", "", "", ""), str(ASK_WEIGHT)),
    (("", "", "null", "", "", ""), str(ASK_PLATELETS)),
    (("", "", "", "", "", ""), str(HIGH)),
]


def _zen_table(
    name: str, fields: Sequence[str], rows: Sequence[tuple[Sequence[str], str]]
) -> Mapping[str, Any]:
    return {
        "id": name, "type": "decisionTableNode", "name": name, "position": _NOWHERE,
        "content": {
            "hitPolicy": "first",
            "inputs": [{"id": f"in{at}", "name": field, "field": field} for at, field in enumerate(fields)],
            "outputs": [{"id": "out", "name": name, "field": name}],
            "rules": [
                {"_id": f"{name}{at}", **{f"in{n}": cell for n, cell in enumerate(cells)}, "out": result}
                for at, (cells, result) in enumerate(rows)
            ],
        },
    }  # fmt: skip

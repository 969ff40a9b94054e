"""`bespoke kb import-rxnorm`: the codes of the drugs of a knowledge base, from a release of RxNorm."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from cds.cli.knowledge import write_whole
from cds.cli.main import fail
from kb import BUNDLED, KnowledgeBaseError, load_drugs
from kb.drug_codes import TABLE, drug_index, said
from kb.rxnorm import read_release


def run(folder: Path, kb: Path | None, output: Path | None) -> int:
    """Writes the table and says what it holds; see `bespoke kb import-rxnorm --help`."""
    root = kb or BUNDLED
    if not os.path.isdir(root):
        return fail(f"{root}: no such folder; a knowledge base is a folder with `kb.toml`")
    if not os.path.isdir(folder):
        return fail(f"{folder}: no such folder; expected an unpacked release of RxNorm")
    target = output or (kb / TABLE if kb else Path(TABLE))
    try:
        drugs = load_drugs(root)
        found = read_release(folder, frozenset(drug.rxnorm for drug in drugs.values() if drug.rxnorm))
        index = drug_index(root, drugs.values(), found.table)
        if not found.table.rows:
            raise KnowledgeBaseError(f"{folder}: has none of the ingredients in {root / 'drugs'}")
    except KnowledgeBaseError as error:
        fail(f"{error}; nothing was written")
        return 1
    try:
        write_whole(target, found.table.text().encode())
    except OSError as error:
        return fail(f"{target}: cannot be written ({error.strerror}); name another file with --output")
    print(f"{target}: {index.edition}")
    ambiguous = (
        f"{said(coding)} stands for different ingredients in this release and is left out"
        for coding in found.ambiguous
    )
    for remark in (*index.remarks, *ambiguous):
        print(f"bespoke: {remark}", file=sys.stderr)
    return 0

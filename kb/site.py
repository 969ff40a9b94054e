"""The local codes of a site: a signed file that adds them to observables, statuses and genes (H-023).

[[codes]]
system = "urn:oid:2.16.840.1.113883.3.999"     # the system under which the site sends the code
code = "GEW"
target = "body_weight"                         # an observable, a status, a gene, or a LOINC code of one
signed_by = "A. Example, laboratory information"
signed = 2026-10-01
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

from dsl import Coding
from dsl.names import closest
from kb import files
from kb.errors import KnowledgeBaseError
from kb.gene_files import LOINC
from kb.knowledge import KnowledgeBase, SiteCode
from kb.tables import SYSTEMS

# The characters that a search of every client takes: local codes become part of prefetch templates.
_SYSTEM = re.compile(r"[a-z][a-z0-9.-]*:[A-Za-z0-9._~:/-]+")
_CODE = re.compile(r"[A-Za-z0-9._~:/-]+")


def with_site_map(knowledge: KnowledgeBase, path: Path | None) -> KnowledgeBase:
    """The knowledge base in which the local codes of the file stand for what it says; without one, as it is.

    Raises `KnowledgeBaseError` for an entry that is incomplete or unsigned, that names a standard code or
    one that has a meaning already, and for a target that the knowledge base does not have or has twice.
    """
    if path is None:
        return knowledge
    if not path.is_file():
        raise KnowledgeBaseError(f"{path}: no such file; a site map is a TOML file with the local codes")
    known = set(knowledge.observation_codes)
    added: dict[str, set[Coding]] = {}
    codes = []
    for index, entry in enumerate(files.read(path, files.SiteFile).codes):
        place = f"{path}: field `codes.{index}"
        code = Coding(entry.system, entry.code)
        if entry.system in SYSTEMS.values() or not _SYSTEM.fullmatch(entry.system):
            raise KnowledgeBaseError(
                f"{place}.system`: expected the URI of a local system, not a standard one"
            )
        if not _CODE.fullmatch(entry.code):
            raise KnowledgeBaseError(f"{place}.code`: expected letters, digits and . _ ~ : / - only")
        if code in known:
            raise KnowledgeBaseError(f"{place}.code`: the code has a meaning already, and may have only one")
        known.add(code)
        added.setdefault(_owner(place, entry.target, knowledge), set()).add(code)
        codes.append(SiteCode(code, entry.target, entry.signed_by, entry.signed))
    observables = {
        name: replace(each, codes=each.codes | added.get(name, set()))
        for name, each in knowledge.observables.items()
    }
    statuses = {
        name: replace(each, codes=each.codes | added.get(name, set()))
        for name, each in knowledge.statuses.items()
    }
    genes = {
        symbol: replace(gene, interpretation_codes=gene.interpretation_codes | added.get(symbol, set()))
        for symbol, gene in knowledge.gene_table.items()
    }
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return replace(
        knowledge,
        observables=observables,
        statuses=statuses,
        gene_table=genes,
        site_codes=tuple(codes),
        site_digest=digest,
    )


def _owner(place: str, target: str, knowledge: KnowledgeBase) -> str:
    """The one observable, status or gene that a target names."""
    coded = {name: each.codes for name, each in knowledge.observables.items()}
    coded |= {name: each.codes for name, each in knowledge.statuses.items()}
    # A code of one allele of an HLA gene would count for all that are asked of that gene.
    genes = {name: gene for name, gene in knowledge.gene_table.items() if gene.carried is None}
    coded |= {name: gene.interpretation_codes for name, gene in genes.items()}
    owners = [name for name, codes in coded.items() if name == target or Coding(LOINC, target) in codes]
    if len(owners) == 1:
        return owners[0]
    if owners:
        raise KnowledgeBaseError(
            f"{place}.target`: `{target}` stands for {' and '.join(sorted(owners))}; name one of them"
        )
    advice = closest(target, coded) or f"expected one of {', '.join(sorted(coded))}, or a LOINC code of them"
    raise KnowledgeBaseError(f"{place}.target`: the knowledge base has no `{target}`; {advice}")

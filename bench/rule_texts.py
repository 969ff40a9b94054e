"""Rule texts for the measurements: eleven like those in use, and a thousand that differ from one another."""

from __future__ import annotations

from itertools import product

from dsl import Names, Rule, RuleFile, check, parse_text
from kb import load

PHENOTYPES = {
    5: ("normal", "possible_intermediate", "intermediate", "poor", "indeterminate"),
    6: ("ultrarapid", "rapid", "normal", "intermediate", "poor", "indeterminate"),
    7: ("ultrarapid", "rapid", "normal", "likely_intermediate", "intermediate", "likely_poor", "poor"),
}
GENES = {f"GENE{number}": size for number, size in enumerate((5, 6, 7, 5, 6, 7, 5, 6, 7, 5))}
PAIRS = ((0, 1), (2, 3), (4, 5), (6, 7), (8, 9))
"""Genes of the five rules that read two."""

NAMES = Names(
    observables={"weight": "kg", "platelets": "10*3/uL", "clearance": "mL/min", "bilirubin": "mg/dL"},
    genes={gene: f"Phenotype{size}" for gene, size in GENES.items()},
    conditions=frozenset(f"condition_{number}" for number in range(10)),
    drugs=frozenset({"drug"}),
    citations={"label:example": "Example agency"},
)

_HEAD = """\
rule bench.{name} version 1.0.0 {{
  title      "Example {name}: dose and advice for measurements"
  status     draft
  effective  from 2026-01-01 until 2027-12-31
  review by  2027-06-01
  concerns   drug drug
  population any because "everybody in the measurement"

  evidence {{
    cites    label:example "section {number} of the example label"
    grade    B
    strength moderate
  }}

"""


def niraparib() -> Rule:
    """The rule in use."""
    return next(rule for rule in load().rules if rule.name == "niraparib.start_dose")


def gene_rules() -> tuple[Rule, ...]:
    """Five rules that read one gene and five that read two."""
    texts = [_enums()]
    for number in range(5):
        gene = f"GENE{number}"
        members = PHENOTYPES[GENES[gene]]
        rows = "\n".join(f"    | {member} => {_result(at)}" for at, member in enumerate(members))
        texts.append(_gene_rule(f"single_{number}", number, (gene,), rows))
    for number, (one, other) in enumerate(PAIRS):
        genes = f"GENE{one}", f"GENE{other}"
        cases = product(*(PHENOTYPES[GENES[gene]] for gene in genes))
        rows = "\n".join(f"    | {a} | {b} => {_result(at * 7 // 3)}" for at, (a, b) in enumerate(cases))
        texts.append(_gene_rule(f"double_{number}", number, genes, rows))
    return checked("\n".join(texts))


def checked(text: str) -> tuple[Rule, ...]:
    """The rules of a text without errors."""
    file = parse_text(text, "bench.rule")
    if not isinstance(file, RuleFile):
        raise SystemExit(f"bench.rule:{file.span.line}: {file.message}")
    result = check([file], NAMES)
    if not result.ok:
        raise SystemExit(f"{result.diagnostics[0].span}: {result.diagnostics[0].message}")
    return result.rules


def _enums() -> str:
    return "\n".join(
        f"enum Phenotype{size} {{ {', '.join(members)} }}" for size, members in PHENOTYPES.items()
    )


def answer_of(number: int) -> int:
    """What the gene rules say in their row of a number: a dose in mg, or 0 for nothing."""
    return 50 + 25 * (number % 5) if number % 4 else 0


def _result(number: int) -> str:
    dose = answer_of(number)
    return f"give {dose} mg once daily" if dose else f'none because "case {number % 3}"'


def _gene_rule(name: str, number: int, genes: tuple[str, ...], rows: str) -> str:
    inputs = "".join(
        f"  input {gene.lower()}: Phenotype{GENES[gene]} from phenotype {gene} lifetime required\n"
        for gene in genes
    )
    header = " | ".join(gene.lower() for gene in genes)
    asked = ", ".join(gene.lower() for gene in genes)
    return (
        _HEAD.format(name=name, number=number)
        + inputs
        + f"\n  table dose unique {{\n    | {header} => dose\n"
        f"{rows}\n    unknown => ask {asked}\n  }}\n}}\n"
    )

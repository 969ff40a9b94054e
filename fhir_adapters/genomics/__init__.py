"""Facts about the phenotype of a gene, from the shapes in which laboratories report it.

Chart ─ links (contained, grouped, derived, withdrawn) ─ statements (which gene, which claims) ─┐
PharmCAT JSON ──────────────────────────────────────────────────────────────────────────────────┤
  claims (activity score, reported phenotype, genotype) ─ alleles (every consistent pair) ◄─────┘
  ─ agreed: one phenotype, or all that are possible ─ Fact
  ─ converted: what the drugs that are taken make of it ─ Fact
"""

from fhir_adapters.genomics.alleles import read_genotypes
from fhir_adapters.genomics.codes import ADVICE
from fhir_adapters.genomics.pathways import pathway_fact
from fhir_adapters.genomics.pharmcat import Calls, pharmcat_calls, tabled_calls
from fhir_adapters.genomics.phenoconversion import Modulation, converted
from fhir_adapters.genomics.phenotype import (
    GeneticResults,
    genetic_results,
    genotype_fact,
    pharmcat_facts,
    phenotype_fact,
    score_fact,
)
from fhir_adapters.genomics.variants import variant_fact

__all__ = [
    "ADVICE",
    "Calls",
    "GeneticResults",
    "Modulation",
    "converted",
    "genetic_results",
    "genotype_fact",
    "pathway_fact",
    "pharmcat_calls",
    "pharmcat_facts",
    "phenotype_fact",
    "read_genotypes",
    "score_fact",
    "tabled_calls",
    "variant_fact",
]

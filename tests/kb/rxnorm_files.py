"""A small release of RxNorm: rows as in the real files, made-up concepts around real ingredients."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

CLOPIDOGREL, NIRAPARIB = "32968", "1918231"
OTHER = "900100"
"""An ingredient that is no drug of the knowledge base."""

SALT, COMPONENT, FORM, GROUP, TABLET = "900001", "900002", "900003", "900004", "900005"
BRAND, BRANDED_COMPONENT, BRANDED_TABLET = "900006", "900007", "900008"
PACK, BRANDED_PACK = "900009", "900010"
WITH_OTHER, WITH_OTHER_TABLET, WITH_OTHER_BRANDED = "900011", "900013", "900014"
WITH_NIRAPARIB, OLD_TABLET, LONG_ACTING = "900015", "900016", "900021"
OTHER_COMPONENT, OTHER_TABLET, DOSE_FORM = "900012", "900017", "900020"
SHARED_CODE = "900000000100001"
"""A code of SNOMED CT for two different drugs."""

_INVERSES = {
    "form_of": "has_form",
    "tradename_of": "has_tradename",
    "has_ingredient": "ingredient_of",
    "has_ingredients": "ingredients_of",
    "has_precise_ingredient": "precise_ingredient_of",
    "consists_of": "constitutes",
    "contains": "contained_in",
    "has_part": "part_of",
    "isa": "inverse_isa",
    "quantified_form_of": "has_quantified_form",
    "has_dose_form": "dose_form_of",
}


def atom(rxcui: str, source: str, kind: str, name: str, code: str = "", suppress: str = "N") -> str:
    """A row of RXNCONSO.RRF."""
    same = f"{rxcui}|ENG||||||{rxcui}7|{rxcui}7|{rxcui}|"
    return f"{same}|{source}|{kind}|{code or rxcui}|{name}||{suppress}|4096|"


def relation(lower: str, kind: str, upper: str, suppress: str = "") -> tuple[str, str]:
    """`lower` is `kind` to `upper`: the two rows of RXNREL.RRF that say so, one for each direction."""
    rest = f"|||RXNORM||||{suppress}|4096|"
    return (
        f"{upper}||CUI|RO|{lower}||CUI|{kind}{rest}",
        f"{lower}||CUI|RO|{upper}||CUI|{_INVERSES[kind]}{rest}",
    )


ATOMS = (
    atom(CLOPIDOGREL, "RXNORM", "IN", "clopidogrel"),
    atom(CLOPIDOGREL, "ATC", "IN", "clopidogrel", "B01AC04"),
    atom(CLOPIDOGREL, "SNOMEDCT_US", "PT", "Clopidogrel", "386952008"),
    atom(CLOPIDOGREL, "SNOMEDCT_US", "FN", "Clopidogrel (substance)", "386952008"),
    atom(CLOPIDOGREL, "SNOMEDCT_US", "OAP", "Clopidogrel product", "108979001", "O"),
    atom(CLOPIDOGREL, "DRUGBANK", "IN", "Clopidogrel", "DB00758"),
    atom(NIRAPARIB, "RXNORM", "IN", "niraparib"),
    atom(OTHER, "RXNORM", "IN", "otherine"),
    atom(OTHER, "ATC", "IN", "otherine", "B01AC98"),
    atom(SALT, "RXNORM", "PIN", "clopidogrel bisulfate"),
    atom(COMPONENT, "RXNORM", "SCDC", "clopidogrel 75 MG"),
    atom(FORM, "RXNORM", "SCDF", "clopidogrel Oral Wafer"),
    atom(GROUP, "RXNORM", "SCDG", "clopidogrel Oral Product"),
    atom(TABLET, "RXNORM", "SY", "clopidogrel 75mg wafer"),
    atom(TABLET, "RXNORM", "SCD", "clopidogrel 75 MG Oral Wafer"),
    atom(TABLET, "RXNORM", "PSN", "clopidogrel 75 MG Oral Wafer", suppress="Y"),
    atom(TABLET, "SNOMEDCT_US", "PT", "Clopidogrel and otherine, shared", SHARED_CODE),
    atom(BRAND, "RXNORM", "BN", "Brandix®"),
    atom(BRANDED_COMPONENT, "RXNORM", "SBDC", "clopidogrel 75 MG [Brandix]"),
    atom(BRANDED_TABLET, "RXNORM", "SBD", "clopidogrel 75 MG Oral Wafer [Brandix]"),
    atom(PACK, "RXNORM", "GPCK", "{1 (clopidogrel 75 MG Oral Wafer) } Pack"),
    atom(BRANDED_PACK, "RXNORM", "BPCK", "{1 (clopidogrel 75 MG Oral Wafer [Brandix]) } Pack [Brandix]"),
    atom(WITH_OTHER, "RXNORM", "MIN", "clopidogrel / otherine"),
    atom(WITH_OTHER, "ATC", "IN", "clopidogrel, combinations", "B01AC99"),
    atom(WITH_OTHER_TABLET, "RXNORM", "SCD", "clopidogrel 75 MG / otherine 100 MG Oral Wafer"),
    atom(WITH_OTHER_BRANDED, "RXNORM", "SBD", "clopidogrel 75 MG / otherine 100 MG Oral Wafer [Duo]"),
    atom(WITH_NIRAPARIB, "RXNORM", "MIN", "clopidogrel / niraparib"),
    atom(OLD_TABLET, "RXNORM", "SCD", "clopidogrel 50 MG Oral Wafer", suppress="O"),
    atom(LONG_ACTING, "RXNORM", "SCD", "12 HR clopidogrel 75 MG Oral Wafer"),
    atom(OTHER_COMPONENT, "RXNORM", "SCDC", "otherine 100 MG"),
    atom(OTHER_TABLET, "RXNORM", "SCD", "otherine 100 MG Oral Wafer"),
    atom(OTHER_TABLET, "SNOMEDCT_US", "PT", "Clopidogrel and otherine, shared", SHARED_CODE),
    atom(DOSE_FORM, "RXNORM", "DF", "Oral Wafer"),
    atom("900022", "ATC", "PT", "Platelet aggregation inhibitors", "B01AC"),
)
PAIRS = (
    relation(SALT, "form_of", CLOPIDOGREL),
    relation(COMPONENT, "has_ingredient", CLOPIDOGREL),
    relation(COMPONENT, "has_precise_ingredient", SALT),
    relation(FORM, "has_ingredient", CLOPIDOGREL),
    relation(GROUP, "has_ingredient", CLOPIDOGREL),
    relation(FORM, "isa", GROUP),
    relation(TABLET, "consists_of", COMPONENT),
    relation(TABLET, "isa", FORM),
    relation(TABLET, "has_dose_form", DOSE_FORM),
    relation(LONG_ACTING, "quantified_form_of", TABLET),
    relation(BRAND, "tradename_of", CLOPIDOGREL),
    relation(BRANDED_COMPONENT, "tradename_of", COMPONENT),
    relation(BRANDED_TABLET, "consists_of", BRANDED_COMPONENT),
    relation(BRANDED_TABLET, "has_ingredient", BRAND),
    relation(PACK, "contains", TABLET),
    relation(BRANDED_PACK, "contains", BRANDED_TABLET),
    relation(WITH_OTHER, "has_part", CLOPIDOGREL),
    relation(WITH_OTHER, "has_part", OTHER),
    relation(OTHER_COMPONENT, "has_ingredient", OTHER),
    relation(WITH_OTHER_TABLET, "has_ingredients", WITH_OTHER),
    relation(WITH_OTHER_TABLET, "consists_of", COMPONENT),
    relation(WITH_OTHER_TABLET, "consists_of", OTHER_COMPONENT),
    relation(WITH_OTHER_BRANDED, "tradename_of", WITH_OTHER_TABLET),
    relation(WITH_NIRAPARIB, "has_part", CLOPIDOGREL),
    relation(WITH_NIRAPARIB, "has_part", NIRAPARIB),
    relation(OLD_TABLET, "consists_of", COMPONENT, suppress="O"),
    relation(OTHER_TABLET, "consists_of", OTHER_COMPONENT),
    relation(OTHER_TABLET, "has_dose_form", DOSE_FORM),
    # Withdrawn as wrong: a link in force goes before it.
    relation(OTHER_TABLET, "consists_of", COMPONENT, suppress="O"),
)
_SOURCES = (
    f"C0000001|C0000002|{version}|{source}|{source}||x||||||||||||ENG|UTF-8|Y|Y|x||"
    for version, source in (("ATC_2025_25_09_01", "ATC"), ("RXNORM_20AA_251103F", "RXNORM"))
)
SOURCES = tuple(_SOURCES)


def write_release(
    folder: Path,
    atoms: Iterable[str] = ATOMS,
    relations: Iterable[Sequence[str]] = PAIRS,
    sources: Iterable[str] = SOURCES,
) -> Path:
    """The three files in a folder, which is given back."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [row for pair in relations for row in pair]
    for name, lines in (("RXNCONSO", atoms), ("RXNREL", rows), ("RXNSAB", sources)):
        (folder / f"{name}.RRF").write_text("".join(f"{line}\n" for line in lines), "utf-8", newline="\n")
    return folder

"""The codes that a release of RxNorm leads to, and the table that keeps them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl import Coding
from kb import RXNORM, KnowledgeBaseError, load
from kb.drug_codes import ATC, SNOMED, TABLE, Row, Table, read_table
from kb.knowledge import DrugConcept
from kb.release import load_release, pack, read_release, read_sources
from kb.rxnorm import Import
from kb.rxnorm import read_release as read_rxnorm
from tests.cds.cli.support import folder_without_imports
from tests.dsl.support import PROPERTY
from tests.kb.rxnorm_files import (
    ATOMS,
    BRAND,
    BRANDED_COMPONENT,
    BRANDED_PACK,
    BRANDED_TABLET,
    CLOPIDOGREL,
    COMPONENT,
    FORM,
    GROUP,
    LONG_ACTING,
    NIRAPARIB,
    OLD_TABLET,
    OTHER,
    OTHER_TABLET,
    PACK,
    PAIRS,
    SALT,
    SHARED_CODE,
    SOURCES,
    TABLET,
    WITH_NIRAPARIB,
    WITH_OTHER,
    WITH_OTHER_BRANDED,
    WITH_OTHER_TABLET,
    atom,
    relation,
    write_release,
)

WANTED = frozenset({CLOPIDOGREL, NIRAPARIB})
ALONE, MIXED, BOTH = (
    frozenset({CLOPIDOGREL}),
    frozenset({CLOPIDOGREL, OTHER}),
    frozenset({CLOPIDOGREL, NIRAPARIB}),
)

EXPECTED = {
    (RXNORM, CLOPIDOGREL): ("IN", ALONE, False),
    (RXNORM, NIRAPARIB): ("IN", frozenset({NIRAPARIB}), False),
    (RXNORM, SALT): ("PIN", ALONE, False),
    (RXNORM, COMPONENT): ("SCDC", ALONE, False),
    (RXNORM, FORM): ("SCDF", ALONE, False),
    (RXNORM, GROUP): ("SCDG", ALONE, False),
    (RXNORM, TABLET): ("SCD", ALONE, False),
    (RXNORM, LONG_ACTING): ("SCD", ALONE, False),
    (RXNORM, BRAND): ("BN", ALONE, False),
    (RXNORM, BRANDED_COMPONENT): ("SBDC", ALONE, False),
    (RXNORM, BRANDED_TABLET): ("SBD", ALONE, False),
    (RXNORM, PACK): ("GPCK", ALONE, False),
    (RXNORM, BRANDED_PACK): ("BPCK", ALONE, False),
    (RXNORM, WITH_OTHER): ("MIN", MIXED, False),
    (RXNORM, WITH_OTHER_TABLET): ("SCD", MIXED, False),
    (RXNORM, WITH_OTHER_BRANDED): ("SBD", MIXED, False),
    (RXNORM, WITH_NIRAPARIB): ("MIN", BOTH, False),
    (RXNORM, OLD_TABLET): ("SCD", ALONE, True),
    (ATC, "B01AC04"): ("IN", ALONE, False),
    (ATC, "B01AC99"): ("MIN", MIXED, False),
    (SNOMED, "386952008"): ("IN", ALONE, False),
    (SNOMED, "108979001"): ("IN", ALONE, True),
}


def imported(
    folder: Path,
    atoms: Iterable[str] = ATOMS,
    relations: Iterable[Sequence[str]] = PAIRS,
    sources: Iterable[str] = SOURCES,
) -> Import:
    return read_rxnorm(write_release(folder, atoms, relations, sources), WANTED)


def by_code(table: Table) -> dict[tuple[str, str], tuple[str, frozenset[str], bool]]:
    return {
        (row.coding.system, row.coding.code): (row.type, row.ingredients, row.retired) for row in table.rows
    }


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return imported(tmp_path / "rrf").table


def with_table(folder: Path, table: Table) -> Path:
    """A copy of the bundled knowledge base, with this table in it."""
    folder_without_imports(folder)
    (folder / TABLE).write_text(table.text(), "utf-8", newline="\n")
    return folder


def refused(call: Callable[[], object], *parts: str) -> None:
    with pytest.raises(KnowledgeBaseError) as caught:
        call()
    sentence = str(caught.value)
    assert "\n" not in sentence and all(part in sentence for part in parts), sentence


# ---------------------------------------------------------------- reading a release
def test_every_code_that_leads_to_an_ingredient(tmp_path: Path) -> None:
    """H-024, H-025: salt, product, brand, pack, combination, retired; nothing of other drugs or forms."""
    found = imported(tmp_path)
    assert by_code(found.table) == EXPECTED
    assert (found.table.edition, found.table.date) == ("20AA_251103F", "2025-11-03")
    assert found.ambiguous == (Coding(SNOMED, SHARED_CODE),)
    names = {row.coding.code: row.name for row in found.table.rows}
    assert names[TABLET] == "clopidogrel 75 MG Oral Wafer" and names[BRAND] == "Brandix®"


@PROPERTY
@given(st.permutations(ATOMS), st.permutations(PAIRS), st.lists(st.booleans(), min_size=40, max_size=40))
def test_neither_the_order_of_lines_nor_the_direction_of_relations_matters(
    atoms: list[str], pairs: list[tuple[str, str]], directions: list[bool]
) -> None:
    """Each relation stands in the file twice, once for each direction; either of the rows is enough."""
    one_way = [(pair[way],) for pair, way in zip(pairs, directions, strict=False)]
    with TemporaryDirectory() as folder:
        shuffled = imported(Path(folder), atoms=atoms, relations=one_way).table
        plain = imported(Path(folder)).table
    assert replace(shuffled, digests=plain.digests).text() == plain.text()


def test_files_below_the_folder_of_a_release(tmp_path: Path) -> None:
    """A release unpacks into a folder with `rrf` in it, whose name tells the day too."""
    top = tmp_path / "RxNorm_full_11032025"
    write_release(top / "rrf", sources=())
    found = read_rxnorm(top, WANTED).table
    assert (found.edition, found.date) == ("RxNorm_full_11032025", "2025-11-03")
    assert len(found.rows) == len(EXPECTED)


def test_a_release_that_does_not_say_which_it_is(tmp_path: Path) -> None:
    assert imported(tmp_path, sources=()).table.edition == "not stated"


def test_an_ingredient_that_is_none_in_the_release(tmp_path: Path) -> None:
    """H-025: a salt is no ingredient, and what is gone is said."""
    release = write_release(tmp_path)
    found = read_rxnorm(release, frozenset({CLOPIDOGREL, SALT, "4711", "x"}))
    assert by_code(found.table).keys() == {
        coding for coding, (_, parts, _) in EXPECTED.items() if CLOPIDOGREL in parts
    }


def test_a_combination_whose_other_ingredient_has_no_name_stays_one(tmp_path: Path) -> None:
    """A part of a release: forgetting the other ingredient would let a click take it away."""
    atoms = [row for row in ATOMS if not row.startswith(f"{OTHER}|")]
    assert by_code(imported(tmp_path, atoms=atoms).table)[RXNORM, WITH_OTHER][1] == MIXED


@pytest.mark.parametrize("suppress", ["O", "E", "Y"])
def test_each_way_to_be_retired(tmp_path: Path, suppress: str) -> None:
    """H-025: the code is kept, so that an order with it is still understood."""
    atoms = [
        row.replace("||N|4096|", f"||{suppress}|4096|") if row.startswith(f"{NIRAPARIB}|") else row
        for row in ATOMS
    ]
    found = imported(tmp_path, atoms=atoms)
    assert by_code(found.table)[RXNORM, NIRAPARIB] == ("IN", frozenset({NIRAPARIB}), True)


def test_one_name_in_use_keeps_a_code(tmp_path: Path) -> None:
    """H-025: a retired name beside it, before or after, does not retire the concept."""
    atoms = (
        atom(NIRAPARIB, "RXNORM", "IN", "an old name", suppress="O"),
        *ATOMS,
        atom(NIRAPARIB, "RXNORM", "IN", "aa older", suppress="E"),
    )
    (row,) = [row for row in imported(tmp_path, atoms=atoms).table.rows if row.coding.code == NIRAPARIB]
    assert (row.retired, row.name) == (False, "niraparib")


def test_what_only_a_suppressed_link_tells_is_retired(tmp_path: Path) -> None:
    """H-025: the name is still in use, but the release takes back what the product is made of."""
    brand = atom("900030", "RXNORM", "BN", "Brandless")
    pairs = (*PAIRS, relation("900030", "tradename_of", NIRAPARIB, suppress="O"))
    found = imported(tmp_path, atoms=(*ATOMS, brand), relations=pairs)
    assert by_code(found.table)[RXNORM, "900030"] == ("BN", frozenset({NIRAPARIB}), True)


def test_lines_may_end_as_on_windows_or_not_at_all(tmp_path: Path) -> None:
    write_release(tmp_path)
    for name, end in (("RXNCONSO.RRF", b"\r\n"), ("RXNREL.RRF", b"\n")):
        path = tmp_path / name
        path.write_bytes(path.read_bytes().replace(b"\n", end).removesuffix(end))
    assert by_code(read_rxnorm(tmp_path, WANTED).table) == EXPECTED


@pytest.mark.parametrize("name", ["RXNCONSO.RRF", "RXNREL.RRF"])
def test_files_that_cannot_be_used(tmp_path: Path, name: str) -> None:
    """One sentence with file and line; never half a table."""
    path = write_release(tmp_path) / name
    sound = path.read_bytes()
    lines = sound.splitlines(keepends=True)

    def read() -> Import:
        return read_rxnorm(tmp_path, WANTED)

    for content, place, said in (
        (b"", name, "is empty"),
        (b"".join(lines[:3]) + b"\n", f"{name}:4", "fields"),
        (b"".join(lines[:3]) + lines[3][:-9], f"{name}:4", "fields"),
        (lines[0] + b"|" + lines[1], f"{name}:2", "fields"),
        (lines[0] + b"900001|caf\xe9" + lines[1][lines[1].index(b"|") + 1 :], f"{name}:2", "UTF-8"),
        (sound.decode().encode("utf-16"), f"{name}:1", "fields"),
        (b"\xef\xbb\xbf" + sound, f"{name}:1", "an RxNorm code"),
        (lines[0] + b"x" + lines[1], f"{name}:2", "an RxNorm code"),
        (b"1" * (1 << 17), f"{name}:1", "fields"),
    ):
        path.write_bytes(content)
        refused(read, place, said)
    path.unlink()
    refused(read, name, "the file is missing")
    path.mkdir()
    refused(read, name, "cannot be read")


# ---------------------------------------------------------------- the table
def test_the_table_is_read_as_it_was_written(tmp_path: Path, table: Table) -> None:
    (tmp_path / TABLE).write_text(table.text(), "utf-8", newline="\n")
    found = read_table(tmp_path)
    assert found is not None and found.text() == table.text()
    assert read_table(tmp_path / "nowhere") is None


def test_the_table_as_text(tmp_path: Path) -> None:
    """What an informaticist reads in a difference of two releases."""
    atoms = [
        atom(NIRAPARIB, "RXNORM", "IN", "niraparib"),
        atom("900030", "RXNORM", "BN", "Brand\tTwo", suppress="O"),
    ]
    found = imported(tmp_path, atoms=atoms, relations=[relation("900030", "tradename_of", NIRAPARIB)]).table
    assert replace(found, digests=("c" * 4, "r" * 4)).text() == (
        "# Drug codes of an RxNorm release, written by `bespoke kb import-rxnorm`; "
        "import again, do not edit.\n"
        "# edition: 20AA_251103F\n"
        "# date: 2025-11-03\n"
        "# RXNCONSO.RRF: cccc\n"
        "# RXNREL.RRF: rrrr\n"
        "# ingredients: 32968 1918231\n"
        "system\tcode\ttype\tingredients\tstatus\tname\n"
        "rxnorm\t900030\tBN\t1918231\tretired\tBrand Two\n"
        "rxnorm\t1918231\tIN\t1918231\tcurrent\tniraparib\n"
    )


@pytest.mark.parametrize(
    ("line", "text", "said"),
    [
        (1, "# my own", "expected `# Drug codes"),
        (2, "edition: 1", "expected `# edition:`"),
        (7, "system\tcode", "expected `system"),
        (8, "rxnorm\t1\tIN", "expected 6 fields"),
        (8, "", "expected 6 fields"),
        (8, "ndc\t1\tIN\t103\tcurrent\tx", "expected one of rxnorm, atc, snomed"),
        (8, "rxnorm\t1\tIN\t103\told\tx", "expected one of current, retired"),
        (8, "rxnorm\t\tIN\t103\tcurrent\tx", "expected a code"),
        (8, "rxnorm\t1\tIN\t\tcurrent\tx", "RxNorm codes of its ingredients"),
        (8, "rxnorm\t1\tIN\tclopidogrel\tcurrent\tx", "RxNorm codes of its ingredients"),
        (
            9,
            f"rxnorm\t{CLOPIDOGREL}\tIN\t{NIRAPARIB}\tcurrent\tx",
            f"RxNorm {CLOPIDOGREL} stands for niraparib",
        ),
    ],
)
def test_a_table_that_cannot_be_used(tmp_path: Path, table: Table, line: int, text: str, said: str) -> None:
    lines = table.text().splitlines()
    rows = [row for row in lines[7:] if f"\t{CLOPIDOGREL}\t" not in row[:16]]
    lines = [*lines[:7], *rows]
    lines[line - 1] = text
    root = with_table(tmp_path / "kb", table)
    (root / TABLE).write_text("\n".join([*lines, ""]), "utf-8")
    refused(lambda: load(root), f"{TABLE}:{line}: ", said)


def test_a_table_that_is_cut_off_or_garbled(tmp_path: Path, table: Table) -> None:
    root = with_table(tmp_path / "kb", table)
    (root / TABLE).write_text(table.text()[:-5], "utf-8")
    refused(lambda: load(root), TABLE, "cut off")
    (root / TABLE).write_bytes(b"\xff\xfe")
    refused(lambda: load(root), TABLE, "expected UTF-8")
    (root / TABLE).write_text("", "utf-8")
    refused(lambda: load(root), f"{TABLE}:1: expected")
    (root / TABLE).unlink()
    (root / TABLE).mkdir()
    refused(lambda: load(root), TABLE, "cannot be read")


def test_one_code_for_two_sets_of_ingredients(tmp_path: Path, table: Table) -> None:
    """H-024: which of the two lines is right is nothing to guess."""
    text = table.text() + f"rxnorm\t{TABLET}\tSCD\t{CLOPIDOGREL} {OTHER}\tcurrent\tx\n"
    root = with_table(tmp_path / "kb", table)
    (root / TABLE).write_text(text, "utf-8", newline="\n")
    last, first = (
        text.count("\n"),
        1
        + next(
            number for number, row in enumerate(text.splitlines()) if row.startswith(f"rxnorm\t{TABLET}\t")
        ),
    )
    refused(lambda: load(root), f"{TABLE}:{last}: RxNorm {TABLET} stands for something else in line {first}")


@pytest.mark.parametrize(
    "row",
    [
        Row(Coding(RXNORM, "309362"), "SCD", frozenset({NIRAPARIB}), False, "x"),
        Row(Coding(RXNORM, "309362"), "SCD", MIXED, False, "x"),
        Row(Coding(ATC, "B01AC04"), "IN", BOTH, False, "x"),
        Row(Coding(RXNORM, "900050"), "SCD", MIXED, False, "Clopidogrel 75 MG oral tablet"),
    ],
)
def test_a_table_that_contradicts_the_drug_files(tmp_path: Path, table: Table, row: Row) -> None:
    root = with_table(tmp_path / "kb", replace(table, rows=(row,)))
    refused(lambda: load(root), f"{TABLE}:8: ", "and for clopidogrel in the folder `drugs`")


# ---------------------------------------------------------------- a knowledge base with a table
def test_a_knowledge_base_with_a_table(tmp_path: Path, table: Table) -> None:
    """H-024: what an order may name, and what it stands for."""
    knowledge = load(with_table(tmp_path / "kb", table))
    clopidogrel = frozenset({"clopidogrel"})

    def rxnorm(code: str) -> DrugConcept | None:
        return knowledge.drug_of_coding(Coding(RXNORM, code))

    assert rxnorm(BRANDED_PACK) == DrugConcept(clopidogrel)
    assert rxnorm(WITH_OTHER_BRANDED) == DrugConcept(clopidogrel, combined=True)
    assert rxnorm(WITH_NIRAPARIB) == DrugConcept(frozenset({"clopidogrel", "niraparib"}), combined=True)
    assert rxnorm(OLD_TABLET) == DrugConcept(clopidogrel, retired=True)
    assert rxnorm("309362") == DrugConcept(clopidogrel), "listed in the drug's file alone"
    assert rxnorm(OTHER_TABLET) is None
    assert knowledge.drug_of_coding(Coding(ATC, "B01AC99")) == DrugConcept(clopidogrel, combined=True)
    assert knowledge.drug_of_coding(Coding(SNOMED, SHARED_CODE)) is None
    assert knowledge.drug_of_text(" BRANDIX® ") == DrugConcept(clopidogrel)
    assert knowledge.drug_of_text("clopidogrel / otherine") == DrugConcept(clopidogrel, combined=True)
    assert knowledge.drug_of_text("clopidogrel 50 MG Oral Wafer") is None, "a retired name is no listed one"


def test_a_name_of_two_concepts_says_nothing(tmp_path: Path, table: Table) -> None:
    same = [replace(row, name="Twin") for row in table.rows if row.coding.code in (TABLET, WITH_OTHER)]
    assert load(with_table(tmp_path / "kb", replace(table, rows=tuple(same)))).drug_of_text("twin") is None


def test_rows_of_a_drug_that_is_gone_are_left_alone(tmp_path: Path, table: Table) -> None:
    root = with_table(tmp_path / "kb", table)
    row = f"rxnorm\t{OTHER}\tIN\t{OTHER}\tcurrent\totherine\n"
    (root / TABLE).write_text(table.text() + row, "utf-8", newline="\n")
    assert load(root).drug_of_coding(Coding(RXNORM, OTHER)) is None


def test_what_the_release_says_of_the_drug_files(tmp_path: Path, table: Table) -> None:
    """H-025: retired and unknown codes are listed, and drugs that came after the import."""
    old = Row(Coding(RXNORM, "309362"), "SCD", ALONE, True, "x")
    index = load(with_table(tmp_path / "kb", replace(table, rows=(*table.rows, old)))).drug_index
    assert index.edition == "RxNorm 20AA_251103F of 2025-11-03, 23 codes, 3 of them retired"
    assert index.remarks == (
        "drugs/clopidogrel.toml: RxNorm 309362 is retired in RxNorm 20AA_251103F",
        "drugs/clopidogrel.toml: RxNorm 213169 is not in RxNorm 20AA_251103F, or leads elsewhere",
        "drugs/clopidogrel.toml: RxNorm 749196 is not in RxNorm 20AA_251103F, or leads elsewhere",
        "drugs/clopidogrel.toml: RxNorm 749198 is not in RxNorm 20AA_251103F, or leads elsewhere",
        "drugs/mercaptopurine.toml: the drug was not part of the import of RxNorm; import again",
        "drugs/prasugrel.toml: the drug was not part of the import of RxNorm; import again",
        "drugs/ticagrelor.toml: the drug was not part of the import of RxNorm; import again",
    )


def test_a_release_of_the_knowledge_base_carries_the_table(tmp_path: Path, table: Table) -> None:
    """The digest that decisions record covers it."""
    root = with_table(tmp_path / "kb", table)
    knowledge = load(root)
    assert knowledge.digest != load().digest
    path = tmp_path / "a.release"
    path.write_bytes(pack(knowledge, read_sources(root)))
    released = load_release(read_release(path))
    assert released.digest == knowledge.digest and released.drug_index == knowledge.drug_index

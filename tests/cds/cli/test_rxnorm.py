"""`bespoke kb import-rxnorm` (C8), and what `bespoke kb list` says of its table."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb import load
from kb.drug_codes import TABLE
from tests.cds.cli.support import Ran, bespoke, folder_without_imports
from tests.kb.rxnorm_files import ATOMS, NIRAPARIB, OTHER, PAIRS, atom, relation, write_release

SUMMARY = "RxNorm 20AA_251103F of 2025-11-03, 22 codes, 2 of them retired\n"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files without a path are written into a folder of the test."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folder_without_imports(tmp_path / "kb")


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return write_release(tmp_path / "rrf")


def imports(*arguments: object) -> Ran:
    return bespoke("kb", "import-rxnorm", *arguments)


def test_import_into_a_folder(folder: Path, release: Path) -> None:
    """What is printed, word by word: the summary, and on standard error what somebody should look at."""
    ran = imports(release, "--kb", folder)
    assert (ran.code, ran.out) == (0, f"{folder / TABLE}: {SUMMARY}")
    edition, place = "RxNorm 20AA_251103F", "bespoke: drugs/"
    assert ran.err.splitlines() == [
        *(
            f"{place}clopidogrel.toml: RxNorm {code} is not in {edition}, or leads elsewhere"
            for code in ("309362", "213169", "749196", "749198")
        ),
        *(
            f"{place}{name}.toml: {code} is no ingredient in {edition}, so it has no codes there"
            for name, code in (("mercaptopurine", 103), ("prasugrel", 613391), ("ticagrelor", 1116632))
        ),
        "bespoke: SNOMED CT 900000000100001 stands for different ingredients in this release and is left out",
    ]
    assert load(folder).drug_index.edition in ran.out
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith(".")) == []


def test_import_without_a_folder_writes_here(release: Path) -> None:
    """The knowledge base of the software is not changed in its place."""
    assert imports(release).out == f"{TABLE}: {SUMMARY}"
    assert imports(release, "--output", "other.tsv").code == 0
    assert Path("other.tsv").read_bytes() == Path(TABLE).read_bytes()


def test_a_broken_table_does_not_stop_the_import_that_mends_it(folder: Path, release: Path) -> None:
    (folder / TABLE).write_text("broken")
    assert bespoke("kb", "list", "--kb", folder).code == 2
    assert imports(release, "--kb", folder).code == 0
    assert bespoke("kb", "list", "--kb", folder).code == 0


def test_list_says_which_codes_are_known(folder: Path, release: Path) -> None:
    """H-025: the edition, and what it has retired."""
    old = atom("309362", "RXNORM", "SCD", "clopidogrel 75 MG Oral Tablet", suppress="O")
    write_release(release, (*ATOMS, old), (*PAIRS, relation("309362", "has_ingredient", "32968")))
    imports(release, "--kb", folder)
    out = bespoke("kb", "list", "--kb", folder).out
    assert "\ndrug codes: RxNorm 20AA_251103F of 2025-11-03, 23 codes, 3 of them retired\n" in out
    assert "\ndrugs/clopidogrel.toml: RxNorm 309362 is retired in RxNorm 20AA_251103F\n" in out
    assert "drug codes" not in bespoke("kb", "list").out


def test_a_difference_of_two_imports(folder: Path, release: Path, tmp_path: Path) -> None:
    other = folder_without_imports(tmp_path / "other")
    imports(release, "--kb", folder)
    write_release(release, [row.replace("Brandix", "Brandnew") for row in ATOMS])
    imports(release, "--kb", other)
    out = bespoke("kb", "diff", folder, other).out
    assert TABLE in out and "5 lines added" in out and "5 removed" in out


@pytest.mark.parametrize("name", ["RXNCONSO.RRF", "RXNREL.RRF"])
def test_a_release_that_cannot_be_used_changes_nothing(folder: Path, release: Path, name: str) -> None:
    imports(release, "--kb", folder)
    before = (folder / TABLE).read_bytes()
    with (release / name).open("a") as file:
        file.write("12|34\n")
    lines = (release / name).read_bytes().count(b"\n")
    imports(release, "--kb", folder).refused(f"{name}:{lines}: ", "nothing was written", code=1)
    (release / name).unlink()
    imports(release, "--kb", folder).refused(name, "is missing", code=1)
    assert (folder / TABLE).read_bytes() == before


def test_a_release_that_contradicts_the_knowledge_base(folder: Path, release: Path) -> None:
    """The product is listed for clopidogrel; writing the table would leave a folder that does not load."""
    other = atom("309362", "RXNORM", "SCD", "niraparib 100 MG Oral Wafer")
    write_release(release, (*ATOMS, other), (*PAIRS, relation("309362", "has_ingredient", NIRAPARIB)))
    imports(release, "--kb", folder).refused("RxNorm 309362 stands for niraparib", code=1)
    assert not (folder / TABLE).exists()


def test_a_release_without_any_of_the_ingredients(folder: Path, release: Path) -> None:
    write_release(release, [row for row in ATOMS if row.startswith(f"{OTHER}|")])
    imports(release, "--kb", folder).refused("none of the ingredients", code=1)


def test_refuses(folder: Path, release: Path) -> None:
    imports("nowhere").refused("nowhere: no such folder; expected an unpacked release")
    imports(release, "--kb", "nowhere").refused("nowhere: no such folder; a knowledge base")
    imports(release, "--kb", folder, "--output", "no/such/file.tsv").refused("cannot be written")
    (folder / "drugs/niraparib.toml").write_text("rxnorm = 1")
    imports(release, "--kb", folder).refused("niraparib.toml", code=1)

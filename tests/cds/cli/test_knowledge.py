"""`bespoke kb list`, `build`, `verify` and `diff` (C6, C8)."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from kb import load
from kb.coverage import LEVEL_A
from kb.release import pack, read_sources
from tests.cds.cli.support import (
    Ran,
    bespoke,
    folder_without_imports,
    knowledge_folder,
    own_folder,
    own_knowledge,
)

START_DOSE = "rules/niraparib/start_dose.rule"
ON = ("--on", "2026-11-20")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files without a path are written into a folder of the test."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folder_without_imports(tmp_path / "kb")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def kb(*arguments: object) -> Ran:
    return bespoke("kb", *arguments)


LATE = "2027-02-21"


def other_limit(folder: Path) -> None:
    """Another limit, with the tests beside it adapted."""
    edit(folder / START_DOSE, "weight < 77 kg or", "weight < 77.5 kg or")
    edit(folder / START_DOSE, "weight = 77 kg, platelets", "weight = 78 kg, platelets")


# ---------------------------------------------------------------- list
def test_list() -> None:
    ran = kb("list", *ON)
    assert (ran.code, ran.err) == (0, "")
    (line,) = [line for line in ran.out.splitlines() if line.startswith("niraparib.start_dose")]
    for words in ("1.0.0", "active", "2020-04-29", "2027-02-20", "niraparib", "13", "11 of 13"):
        assert words in line
    assert ran.out.endswith(f"{len(load().rules)} rules, 0 overdue for review on 2026-11-20\n")
    assert load().digest in ran.out


def test_list_marks_what_is_overdue() -> None:
    """The day of the review itself is not late."""
    assert "OVERDUE" not in kb("list", "--on", "2027-02-20").out
    late = kb("list", "--on", "2027-02-21").out
    assert "2027-02-20 OVERDUE" in late and late.count("OVERDUE") == 1


def test_list_as_json(folder: Path) -> None:
    edit(folder / START_DOSE, "from 2020-04-29", "from 2020-04-29 until 2030-01-31")
    found = json.loads(kb("list", "--kb", folder, "--json", *ON).out)
    assert [each["rule"] for each in found] == sorted(each["rule"] for each in found)
    (rule,) = [each for each in found if each["rule"] == "niraparib.start_dose"]
    assert rule["effective_until"] == "2030-01-31" and rule["overdue"] is False and rule["tests"] == 13
    assert rule["attributes"] == {"present": 11, "needed": 13, "missing": ["developer", "funding"]}


def test_list_of_one_status(folder: Path) -> None:
    edit(folder / START_DOSE, "status     active", "status     draft")
    found = json.loads(kb("list", "--kb", folder, "--status", "draft", "--json").out)
    by_hand = [each["rule"] for each in found if ".cpic" not in each["rule"]]
    assert by_hand == ["niraparib.start_dose"] and {each["status"] for each in found} == {"draft"}
    assert "no rule in status retired" in kb("list", "--kb", folder, "--status", "retired").out


def test_list_of_a_release(folder: Path) -> None:
    kb("build", "--kb", folder, "--output", "a.release")
    assert kb("list", "--kb", "a.release", *ON).out == kb("list", "--kb", folder, *ON).out


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--on", "tomorrow"), "--on: expected a date"),
        (("--status", "alive"), "--status: expected one of draft, review, shadow, active, retired"),
        (("--kb", "/nowhere"), "no such folder"),
        (("--kb", "kb/kb.toml"), "no release"),
    ],
)
def test_list_refuses(options: tuple[str, str], says: str, folder: Path) -> None:
    kb("list", *options).refused(says)


def test_coverage_names_what_is_not_covered() -> None:
    ran = kb("list", "--coverage")
    assert (ran.code, ran.err) == (0, "")
    assert any(line.split()[:1] == ["CPIC"] for line in ran.out.splitlines())
    found = json.loads(kb("list", "--coverage", "--json").out)
    level = found["level_a"]
    assert f"{level['covered']} of 99 covered" in ran.out and level["pairs"] == 99
    assert level["covered"] + len(level["not_covered"]) == 99
    for pair in level["not_covered"]:
        assert f"{pair['gene']} and {pair['drug']}" in ran.out
    assert found["total"]["rows"] >= max(source["rows"] for source in found["sources"])


def test_coverage_without_a_list_of_pairs(folder: Path) -> None:
    (folder / LEVEL_A).unlink()
    assert "the knowledge base has no list of them" in kb("list", "--coverage", "--kb", folder).out


def test_coverage_of_a_broken_list(folder: Path) -> None:
    edit(folder / LEVEL_A, "\t32968", "\tx")
    kb("list", "--coverage", "--kb", folder).refused("expected a gene, a drug and its RxNorm code")


def test_stale(folder: Path) -> None:
    """H-119 with the clock moved: the day that is due is not late, the next one is."""
    (nothing, late) = (kb("list", "--stale", "--kb", folder, "--as-of", day) for day in ("2027-02-20", LATE))
    assert (nothing.code, late.code) == (0, 0)
    assert "niraparib.start_dose" not in nothing.out
    (line,) = [line for line in late.out.splitlines() if "niraparib.start_dose" in line]
    assert line.split()[:2] == ["1", "2027-02-20"] and "the review of the rule is overdue" in line
    found = json.loads(kb("list", "--stale", "--kb", folder, "--as-of", LATE, "--json").out)
    assert found["as_of"] == LATE
    assert {
        "name": "niraparib.start_dose 1.0.0",
        "why": "review",
        "since": "2027-02-20",
        "days": 1,
        "replaced_by": None,
        "rules": [],
    } in found["stale"]


def test_nothing_is_stale() -> None:
    ran = kb("list", "--stale", "--as-of", "2026-01-01")
    assert (ran.code, ran.err) == (0, "") and "nothing is out of date" in ran.out


@pytest.mark.parametrize(
    "options",
    [
        ("--stale", "--coverage"),
        ("--coverage", "--as-of", "2026-01-01"),
        ("--stale", "--status", "draft"),
    ],
)
def test_list_refuses_what_does_not_go_together(options: tuple[str, ...]) -> None:
    kb("list", *options).refused("give --coverage, or --stale with --as-of")


# ---------------------------------------------------------------- build
def test_build_and_verify(folder: Path) -> None:
    ran = kb("build", "--kb", folder)
    assert ran.code == 0 and ran.out.startswith("bespoke-2026.11.7.release: bespoke 2026.11.7, digest ")
    ran = kb("verify", "bespoke-2026.11.7.release", "--against", folder)
    assert (ran.code, ran.err) == (0, "")
    digest, rules = own_knowledge().digest, len(own_knowledge().rules)
    assert ran.out == f"bespoke-2026.11.7.release: sound, bespoke 2026.11.7, digest {digest}, {rules} rules\n"


def test_build_of_the_bundled_one_is_that_of_its_copy(tmp_path: Path) -> None:
    kb("build", "--output", "a.release")
    kb("build", "--kb", knowledge_folder(tmp_path / "kb"), "--output", "b.release")
    assert Path("a.release").read_bytes() == Path("b.release").read_bytes()


def test_a_name_with_signs_makes_a_plain_file_name(folder: Path) -> None:
    edit(folder / "kb.toml", 'name = "bespoke"', 'name = "../St. Mary\'s"')
    assert kb("build", "--kb", folder).code == 0
    assert [path.name for path in Path().glob("*.release")] == ["..-St.-Mary-s-2026.11.7.release"]


def test_errors_stop_it_with_their_place(folder: Path) -> None:
    edit(folder / START_DOSE, "weight < 77 kg or", "weigth < 77 kg or")
    ran = kb("build", "--kb", folder)
    assert ran.code == 1 and f"{START_DOSE}:" in ran.out and "did you mean `weight`?" in ran.out
    assert ran.err == "bespoke: the rule files have 1 error; nothing was written\n"
    assert not [*Path().glob("*.release")]


def test_failing_tests_stop_it_and_are_all_shown(folder: Path) -> None:
    """H-112."""
    edit(folder / START_DOSE, "weight < 77 kg or", "weight < 50 kg or")
    ran = kb("build", "--kb", folder)
    assert ran.code == 1 and ran.out.count("FAILED") >= 2 and "no rounding before the comparison" in ran.out
    assert len(ran.err.splitlines()) == 1 and "nothing was written" in ran.err
    assert not [*Path().glob("*.release")]


def test_faulty_tables_stop_it(folder: Path) -> None:
    edit(folder / "observables/body_weight.toml", 'unit = "kg"', 'unit = "kilo"')
    kb("build", "--kb", folder).refused("body_weight.toml", "nothing was written", code=1)


def test_a_version_is_bound_to_its_content(folder: Path) -> None:
    """H-121."""
    assert kb("build", "--kb", folder, "--output", "a.release").code == 0
    first = Path("a.release").read_bytes()
    assert kb("build", "--kb", folder, "--output", "a.release").code == 0
    other_limit(folder)
    ran = kb("build", "--kb", folder, "--output", "a.release")
    ran.refused("version 2026.11.7 with other content", "kb.toml", code=1)
    assert Path("a.release").read_bytes() == first
    edit(folder / "kb.toml", "2026.11.7", "2026.12.0")
    assert kb("build", "--kb", folder, "--output", "a.release").code == 0
    assert kb("verify", "a.release", "--against", folder).code == 0


def test_what_is_no_release_is_not_overwritten(folder: Path) -> None:
    before = (folder / "kb.toml").read_bytes()
    kb("build", "--kb", folder, "--output", folder / "kb.toml").refused("no release", "--output")
    assert (folder / "kb.toml").read_bytes() == before


@pytest.mark.parametrize("output", ["nowhere/a.release", "kb"])
def test_places_that_cannot_be_written(output: str, folder: Path) -> None:
    kb("build", "--kb", folder, "--output", output).refused(output, "--output")


def test_nothing_is_left_when_the_disk_fails(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    kb("build", "--kb", folder, "--output", "a.release").refused("No space left on device")
    assert sorted(path.name for path in Path().iterdir()) == ["kb"]


def test_no_such_folder() -> None:
    kb("build", "--kb", "nowhere").refused("nowhere: no such folder")


# ---------------------------------------------------------------- verify
@pytest.fixture
def release(folder: Path) -> Path:
    assert kb("build", "--kb", folder, "--output", "a.release").code == 0
    return Path("a.release")


def test_a_damaged_release(release: Path) -> None:
    content = bytearray(release.read_bytes())
    content[len(content) // 2] ^= 1
    release.write_bytes(content)
    kb("verify", release).refused("a.release", "damaged", code=1)
    kb("diff", release, own_folder()).refused("a.release", "damaged")
    ran = kb("verify", release, "--json")
    assert ran.code == 1 and json.loads(ran.out)["sound"] is False


def test_what_is_no_release(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x", "utf-8")
    kb("verify", "x").refused("x: this is no release", code=1)


def test_rules_that_are_not_those_of_the_files(folder: Path) -> None:
    """Every hash in it is right: only compiling its files anew shows that a rule was left out."""
    knowledge = load(folder)
    release = pack(replace(knowledge, rules=knowledge.rules[1:]), read_sources(folder))
    Path("a.release").write_bytes(release)
    for command in (("verify", "a.release"), ("diff", "a.release", folder), ("list", "--kb", "a.release")):
        code = 1 if command[0] == "verify" else 2
        kb(*command).refused("rule clopidogrel.cyp2c19 1.0.1 is not what its file says", code=code)


def test_another_folder_than_it_was_built_from(release: Path, folder: Path) -> None:
    other_limit(folder)
    (folder / "drugs/extra.toml").write_text('rxnorm = "1"\ndisplay = "extra"\n', "utf-8")
    ran = kb("verify", release, "--against", folder)
    ran.refused(f"it was not built from {folder}", f"{START_DOSE} differs", "extra.toml is only in", code=1)
    assert kb("verify", release).code == 0


def test_a_folder_is_verified_like_a_release(folder: Path) -> None:
    assert json.loads(kb("verify", folder, "--json").out) == {"sound": True, "faults": []}
    assert kb("verify", folder, "--against", own_folder()).code == 0
    edit(folder / START_DOSE, "weight < 77 kg or", "weight < 50 kg or")
    ran = kb("verify", folder)
    assert ran.code == 1 and "a light patient is decided without" in ran.err


def test_unusable_calls(release: Path) -> None:
    kb("verify", "nowhere").refused("nowhere: no such file or folder")
    kb("verify", release, "--against", "nowhere").refused("--against")
    kb("verify", release, "--against", release).refused("--against")
    kb("verify", "a" * 300).refused("no such file or folder")


# ---------------------------------------------------------------- diff
def test_no_difference(release: Path, folder: Path) -> None:
    """A release is compared with the tests beside its rules."""
    for one, other in ((release, folder), (folder, release), (folder, own_folder())):
        ran = kb("diff", one, other)
        assert (ran.code, ran.err) == (0, "") and ran.out.endswith("no difference\n")


def test_a_difference_names_the_patient(release: Path, folder: Path) -> None:
    other_limit(folder)
    edit(folder / START_DOSE, "version 1.0.0 {", "version 1.1.0 {")
    edit(folder / "kb.toml", "2026.11.7", "2026.12.0")
    ran = kb("diff", release, folder)
    assert (ran.code, ran.err) == (0, "")
    assert "- bespoke 2026.11.7" in ran.out and "+ bespoke 2026.12.0" in ran.out
    assert "rule niraparib.start_dose 1.0.0 → 1.1.0: changed\n  decision start_dose\n" in ran.out
    assert "weight = 77 kg, platelets = 150 10*3/uL" in ran.out
    assert "    old: give 300 mg once daily\n    new: give 200 mg once daily\n" in ran.out
    assert 'file kb.toml: changed\n  version "2026.11.7" → "2026.12.0"\n' in ran.out


def test_a_change_without_a_new_version_fails(release: Path, folder: Path) -> None:
    other_limit(folder)
    ran = kb("diff", release, folder)
    assert (
        ran.code == 1 and "! CHANGED WITHOUT A NEW VERSION" in ran.out and "THE VERSION 2026.11.7" in ran.out
    )


def test_proved_is_told_from_not_found(folder: Path) -> None:
    edit(folder / START_DOSE, "within 90 days required", "within 60 days required")
    assert "proved for all combinations of known and missing data" in kb("diff", own_folder(), folder).out


def test_difference_as_json(folder: Path) -> None:
    other_limit(folder)
    ran = kb("diff", own_folder(), folder, "--json")
    found = json.loads(ran.out)
    assert ran.code == 1 and found["same_version"] is True and found["files"] == []
    (change,) = found["rules"]
    assert change["kind"] == "changed without a new version"
    assert change["answers"]["new"] == "give 200 mg once daily" and change["answers"]["proved"] is False


def test_diff_refuses_what_cannot_be_used(folder: Path) -> None:
    kb("diff", "nowhere", folder).refused("nowhere: no such folder")
    edit(folder / START_DOSE, "weight < 77 kg or", "weigth < 77 kg or")
    ran = kb("diff", own_folder(), folder)
    assert ran.code == 2 and ran.out == "" and "did you mean `weight`?" in ran.err


# ---------------------------------------------------------------- help
@pytest.mark.parametrize("command", ["list", "build", "verify", "diff", "forecast"])
def test_help(command: str) -> None:
    ran = kb(command, "--help")
    assert (ran.code, ran.err) == (0, "") and "Exit 0" in ran.out
    assert ("--json" in ran.out) is (command != "build")
    assert command in kb("--help").out

"""A knowledge base that cannot be used is refused with one sentence that names file and field."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from kb import KnowledgeBase, KnowledgeBaseError, RuleErrors, load, load_tables
from tests.cds.cli.support import folder_without_imports, knowledge_folder

KINDS = {
    "kb.toml": "version",
    "sources.toml": "label:zejula.title",
    "phenotype_answers.toml": "poor.codes",
    "observables/body_weight.toml": "unit",
    "drugs/niraparib.toml": "rxnorm",
    "conditions/stroke_or_tia.toml": "label",
    "indications/clopidogrel.toml": "enum",
    "genes/TPMT.toml": "symbol",
    "statuses/pregnancy.toml": "label",
}
"""A file of each kind, and a field of it that takes text or a list of texts."""

START_DOSE = "rules/niraparib/start_dose.rule"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the bundled knowledge base, to be damaged."""
    return folder_without_imports(tmp_path / "kb")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def refused(folder: Path, *parts: str) -> str:
    """The sentence of a refusal, which has these parts."""
    with pytest.raises(KnowledgeBaseError) as caught:
        load(folder)
    sentence = str(caught.value)
    assert "\n" not in sentence.strip() and all(part in sentence for part in parts), sentence
    return sentence


def test_copy_loads(tmp_path: Path) -> None:
    assert load(knowledge_folder(tmp_path / "kb")).digest == load().digest


def test_no_such_folder(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere", "nowhere", "no such folder")


@pytest.mark.parametrize("name", ["kb.toml", "sources.toml", "phenotype_answers.toml"])
def test_missing_file(folder: Path, name: str) -> None:
    (folder / name).unlink()
    refused(folder, name, "missing")


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("content", [b"not toml at all", b"\xff\xfe\x00", b"a = 1\na = 2\n"])
def test_not_toml(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    refused(folder, name, "not a TOML file")


@pytest.mark.parametrize("name", KINDS)
def test_unknown_field(folder: Path, name: str) -> None:
    """A misspelt field must not be dropped silently."""
    path = folder / name
    path.write_text("nonsense = 1\n" + path.read_text("utf-8"), "utf-8")
    refused(folder, name, "field `nonsense")


@pytest.mark.parametrize(("name", "field"), KINDS.items())
def test_wrong_type(folder: Path, name: str, field: str) -> None:
    key = field.rpartition(".")[2]
    lines = (folder / name).read_text("utf-8").splitlines()
    first = next(
        index
        for index, line in enumerate(lines)
        if line.startswith(f"{key} =") and (not field.startswith("poor") or lines[index - 1] == "[poor]")
    )
    lines[first] = f"{key} = 7"
    (folder / name).write_text("\n".join(lines) + "\n", "utf-8")
    refused(folder, name, f"field `{field}`")


@pytest.mark.parametrize("name", KINDS)
def test_missing_field(folder: Path, name: str) -> None:
    """An empty file lacks everything; a table of tables may be empty and is missed where it is named."""
    (folder / name).write_text("", "utf-8")
    if name == "phenotype_answers.toml":
        assert load(folder).gene("TPMT").answers == {}
    elif name == "sources.toml":
        refused(folder, "phenytoin_free.toml", "`molar_mass.source`", "sources.toml")
    else:
        refused(folder, name, "field `", "required")


def test_a_drug_goes_by_some_code(folder: Path) -> None:
    (folder / "drugs" / "unknown.toml").write_text('display = "unknown"\n')
    refused(folder, "drugs/unknown.toml", "field `rxnorm`: is missing, and there are no `codes`")


@dataclass(frozen=True)
class Damage:
    """One edit of one file, and what the refusal says about it."""

    file: str
    old: str
    new: str
    says: tuple[str, ...]


DAMAGES = {
    "version": Damage("kb.toml", '"2026.11.7"', '"2026.11"', ("kb.toml", "`version`", "three numbers")),
    "address": Damage("sources.toml", "https://pubmed", "http://pubmed", ("sources.toml", ".url`")),
    "no day to read it again": Damage(
        "sources.toml",
        'review_by = 2027-11-20\n\n["pmid:34324028"]',
        '\n["pmid:34324028"]',
        ("`label:zejula.review_by`", "`niraparib.start_dose` cites it"),
    ),
    "read again before it was read": Damage(
        "sources.toml",
        "review_by = 2027-11-20",
        "review_by = 2026-11-20",
        ("review_by`", "a day after `read`"),
    ),
    "a newer edition that is not there": Damage(
        "sources.toml", '"pmid:41618934"\n', '"pmid:1"\n', ("replaced_by`", "`pmid:1` is no other source")
    ),
    "date in words": Damage("sources.toml", '"2024-05"', '"May 2024"', ("label:zejula.published",)),
    "unit": Damage("observables/body_weight.toml", 'unit = "kg"', 'unit = "kilo"', ("`unit`", "UCUM")),
    "bound's unit": Damage("observables/body_weight.toml", '"20 kg"', '"20 L"', ("`plausible`", "`kg`")),
    "bound without number": Damage("observables/body_weight.toml", '"20 kg"', '"kg"', ("`plausible`",)),
    "bounds swapped": Damage(
        "observables/body_weight.toml", '["20 kg", "350 kg"]', '["350 kg", "20000 g"]', ("smaller bound",)
    ),
    "one bound": Damage("observables/body_weight.toml", '["20 kg", "350 kg"]', '["20 kg"]', ("`plausible",)),
    "molar mass": Damage(
        "observables/total_bilirubin.toml",
        '"584.673 g/mol"',
        '"584.673 g"',
        ("`molar_mass.amount`", "`g/mol`"),
    ),
    "no molar mass": Damage(
        "observables/total_bilirubin.toml", '"584.673 g/mol"', '"0 g/mol"', ("`molar_mass.amount`", "nothing")
    ),
    "molar mass without source": Damage(
        "observables/total_bilirubin.toml",
        ', source = "doi:10.1515/pac-2019-0603"',
        "",
        ("`molar_mass.source`",),
    ),
    "answer with two meanings": Damage(
        "statuses/pregnancy.toml", '"LA26683-5"', '"LA15173-0"', ("`no`", "both yes and no")
    ),
    "code system": Damage("observables/platelets.toml", '"loinc"', '"lonic"', ("`codes.system`", "loinc")),
    "prefix system": Damage(
        "conditions/stroke_or_tia.toml", '"icd10cm", prefix', '"icd10-cm", prefix', ("`prefixes.system`",)
    ),
    "strength": Damage("drugs/clopidogrel.toml", 'strength = "75 mg"', 'strength = "75 ml"', ("`strength`",)),
    "code of two drugs": Damage("drugs/prasugrel.toml", '"613391"', '"32968"', ("RxNorm 32968", "prasugrel")),
    "product code of two drugs": Damage("drugs/prasugrel.toml", '"855818"', '"309362"', ("RxNorm 309362",)),
    "name of two drugs": Damage(
        "drugs/prasugrel.toml",
        'display = "prasugrel"',
        'display = "Clopidogrel"',
        ("clopidogrel", "stands for"),
    ),
    "unknown condition": Damage(
        "indications/clopidogrel.toml",
        '"stroke_or_tia"',
        '"strok"',
        ("clopidogrel.toml", "`condition`", "strok"),
    ),
    "unknown winner": Damage(
        "indications/clopidogrel.toml", '["cardiovascular_other"]', '["cvd"]', ("`wins_over`",)
    ),
    "indication outside the enum": Damage(
        "indications/mercaptopurine.toml", '"malignant"', '"cancer"', ("`members`", "`cancer`")
    ),
    "pairs incomplete": Damage(
        "genes/NUDT15.toml",
        '[[pairs]]\nfunctions = ["no", "uncertain"]\nphenotype = "possible_intermediate"\n',
        "",
        ("NUDT15.toml", "`pairs`"),
    ),
    "allele's function as a number": Damage(
        "genes/NUDT15.toml", '"*2" = "no"', '"*2" = 0', ("`alleles.*2`", "expected text, got a number")
    ),
    "identifier of a gene": Damage("genes/NUDT15.toml", '"HGNC:', '"', ("`hgnc`", "such as HGNC:12014")),
    "nothing written": Damage("drugs/prasugrel.toml", '"613391"', '""', ("`rxnorm`", "not empty")),
    "text for a date": Damage(
        "sources.toml", "read = 2026-11-20", 'read = "2026-11-20"', (".read`", "a date without quotes")
    ),
    "misspelt field": Damage(
        "drugs/prasugrel.toml", "display", "dispaly", ("`dispaly`", "did you mean `display`?")
    ),
    "quotation marks of a letter": Damage(
        "drugs/prasugrel.toml", '"613391"', "“613391”", ("not a TOML file", "line 1", 'in `"`, not in `“`')
    ),
    "pair of one": Damage(
        "genes/NUDT15.toml",
        '["no", "no"]',
        '["no"]',
        ("NUDT15.toml", "`pairs`", "normal lead to no phenotype"),
    ),
    "pair twice": Damage(
        "genes/NUDT15.toml",
        "[[pairs]]",
        '[[pairs]]\nfunctions = ["normal", "no"]\nphenotype = "normal"\n[[pairs]]',
        ("NUDT15.toml", "`pairs`", "twice"),
    ),
    "phenotype outside the enum": Damage(
        "genes/NUDT15.toml",
        'phenotype = "poor"',
        'phenotype = "por"',
        ("`pairs`", "`por`", "NUDT15_phenotype"),
    ),
    "name of an allele that is not there": Damage(
        "genes/NUDT15.toml",
        "[alleles]",
        '[other_names]\n"rs1" = "*99"\n[alleles]',
        ("`other_names`", "`*99`", "`alleles`"),
    ),
    "activity score as a word": Damage(
        "genes/NUDT15.toml",
        "[[pairs]]",
        '[[activity_scores]]\nscore = "one"\nphenotype = "poor"\n[[pairs]]',
        ("`activity_scores", "such as 1.25"),
    ),
    "activity score twice": Damage(
        "genes/NUDT15.toml",
        "[[pairs]]",
        '[[activity_scores]]\nscore = "1"\nphenotype = "poor"\n'
        '[[activity_scores]]\nscore = "1.0"\nphenotype = "normal"\n[[pairs]]',
        ("`activity_scores`", "twice"),
    ),
    "phenotype of a score outside the enum": Damage(
        "genes/NUDT15.toml",
        "[[pairs]]",
        '[[activity_scores]]\nscore = "1.25"\nphenotype = "por"\n[[pairs]]',
        ("`activity_scores`", "`por`"),
    ),
    "symbol": Damage("genes/NUDT15.toml", 'symbol = "NUDT15"', 'symbol = "NUDT16"', ("`symbol`",)),
    "HGNC": Damage("genes/NUDT15.toml", "HGNC:23063", "23063", ("`hgnc`",)),
    "answer code twice": Damage("phenotype_answers.toml", "LA25390-8", "LA10315-2", ("`rapid.codes`",)),
    "wording twice": Damage(
        "phenotype_answers.toml", '"rapid metaboliser"', '"Normal  Metabolizer"', ("`normal.texts`",)
    ),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_table(folder: Path, damage: Damage) -> None:
    """Each of these would else be loaded and change or silence advice without a word."""
    edit(folder / damage.file, damage.old, damage.new)
    refused(folder, *damage.says)


@pytest.mark.parametrize(
    ("name", "place"),
    [("drugs/niraparib.toml", START_DOSE), ("observables/platelets.toml", START_DOSE)],
)
def test_rule_that_refers_to_nothing(folder: Path, name: str, place: str) -> None:
    (folder / name).unlink()
    with pytest.raises(RuleErrors) as caught:
        load(folder)
    spans = [one.span for one in caught.value.diagnostics]
    assert any(span.path == place and span.line > 0 for span in spans)
    assert place in caught.value.sources


def test_all_errors_of_all_rule_files(folder: Path) -> None:
    edit(folder / START_DOSE, "weight < 77 kg", "weight < 77 L")
    edit(folder / "rules/clopidogrel/cyp2c19.rule", "status     active", "status     live")
    (folder / "broken.rule").write_bytes(b"\xff")
    with pytest.raises(RuleErrors, match="3 errors") as caught:
        load(folder)
    assert len({one.span.path for one in caught.value.diagnostics}) == 3


@pytest.mark.parametrize("name", ["a.rule", "drugs/a.toml"])
def test_folder_in_place_of_a_file(folder: Path, name: str) -> None:
    (folder / name).mkdir()
    refused(folder, name, "cannot be read")


def test_names_and_scores_of_a_gene(folder: Path) -> None:
    edit(folder / "genes/NUDT15.toml", "[alleles]", '[other_names]\n"c.415C>T" = "*3"\n[alleles]')
    low = '[[activity_scores]]\nscore = "0.5"\nphenotype = "poor"\n'
    high = '[[activity_scores]]\nscore = "1.25"\nphenotype = "normal"\n'
    edit(folder / "genes/NUDT15.toml", "[[pairs]]", f"{low}{high}[[pairs]]")
    gene = load(folder).gene("NUDT15")
    assert (gene.alleles["c.415C>T"], gene.alleles["*3"]) == ("*3", "*3")
    assert gene.phenotypes_of_score(Fraction("0.5"), Fraction("0.5")) == ("poor",)
    assert gene.phenotypes_of_score(Fraction("0.5"), None) == ("normal", "poor")
    assert gene.phenotypes_of_score(Fraction(1), Fraction("1.2")) == ()


SCORED = """vocabulary example.scores version 1.0.0
enum NUDT15_score { as0, as0_5, as2 }
"""
READING = """use example.scores version 1.0.0
rule example.score version 1.0.0 {
  title "An example" status draft effective from 2026-01-01 review by 2028-01-01
  concerns drug mercaptopurine
  population any because "an example"
  evidence { cites label:zejula }
  input score: NUDT15_score from score NUDT15 lifetime required
  decide advice first { when score = as0 => avoid unknown => ask score }
  outcome avoid { indicator info advise "Another drug" }
  test "none"  { given score = as0 expect advice = avoid }
  test "other" { given score = as2 expect advice = none }
}
"""


def scored(folder: Path, *scores: tuple[str, str], enum: str = 'score_enum = "NUDT15_score"\n') -> Path:
    """A gene with activity scores, and a rule that reads them."""
    entries = (f'[[activity_scores]]\nscore = "{score}"\nphenotype = "{name}"\n' for score, name in scores)
    edit(folder / "genes/NUDT15.toml", "[alleles]", f"{enum}[alleles]")
    edit(folder / "genes/NUDT15.toml", "[[pairs]]", f"{''.join(entries)}[[pairs]]")
    (folder / "scores.rule").write_text(SCORED, "utf-8")
    (folder / "reading.rule").write_text(READING, "utf-8")
    return folder


def test_a_rule_reads_the_scores_of_a_gene(folder: Path) -> None:
    knowledge = load(scored(folder, ("0", "poor"), ("0.5", "intermediate"), ("2", "normal")))
    assert knowledge.gene("NUDT15").score_enum == "NUDT15_score"
    assert load_tables(folder).names.scores["NUDT15"] == "NUDT15_score"


def test_a_score_outside_the_enum(folder: Path) -> None:
    scored(folder, ("0", "poor"), ("0.25", "intermediate"), ("2", "normal"))
    refused(folder, "genes/NUDT15.toml", "`activity_scores`", "`as0_25`", "NUDT15_score")


def test_a_gene_without_scores_is_not_asked_for_one(folder: Path) -> None:
    with pytest.raises(RuleErrors) as caught:
        load(scored(folder, enum=""))
    (found,) = [each for each in caught.value.diagnostics if each.severity == "error"]
    assert found.message == "`NUDT15` is no score of the knowledge base"


GROUPED = 'genotype_enum = "NUDT15_genotype"\n[allele_groups]\n"*3" = "s3"\n'


def grouped(folder: Path, members: str, groups: str = GROUPED) -> Path:
    """A gene whose alleles rules may ask for, and a rule that does."""
    edit(folder / "genes/NUDT15.toml", "[alleles]", f"{groups}[alleles]")
    (folder / "scores.rule").write_text(
        SCORED.replace("NUDT15_score { as0, as0_5, as2 }", f"NUDT15_genotype {{ {members} }}"), "utf-8"
    )
    reading = READING.replace("NUDT15_score from score", "NUDT15_genotype from genotype")
    reading = reading.replace("as0", "s3_s3").replace("as2", "s3_other")
    (folder / "reading.rule").write_text(reading, "utf-8")
    return folder


def test_a_rule_reads_the_alleles_of_a_gene(folder: Path) -> None:
    knowledge = load(grouped(folder, "s3_s3, s3_other, other_other"))
    assert knowledge.gene("NUDT15").genotype_members == ("s3_s3", "s3_other", "other_other")
    assert load_tables(folder).names.genotypes["NUDT15"] == "NUDT15_genotype"


def test_a_genotype_outside_the_enum(folder: Path) -> None:
    grouped(folder, "s3_s3, s3_other")
    refused(folder, "genes/NUDT15.toml", "`allele_groups`", "`other_other`", "NUDT15_genotype")


@pytest.mark.parametrize(
    ("groups", "field"),
    [
        (GROUPED.replace('"*3"', '"*33"'), "`allele_groups`: `*33` is not among `alleles`"),
        ('genotype_enum = "NUDT15_genotype"\n', "`genotype_enum`: it stands beside `allele_groups`"),
        ('[allele_groups]\n"*3" = "s3"\n', "`genotype_enum`: it stands beside `allele_groups`"),
    ],
)
def test_groups_of_alleles_that_do_not_fit(folder: Path, groups: str, field: str) -> None:
    grouped(folder, "s3_s3, s3_other, other_other", groups)
    refused(folder, "genes/NUDT15.toml", field)


def test_dangling_link(folder: Path) -> None:
    (folder / "a.rule").symlink_to(folder / "nowhere")
    refused(folder, "a.rule", "cannot be read")


def test_digest_changes_with_any_byte(folder: Path) -> None:
    """H-121: what is loaded is bound to its content."""
    digests = {load(folder).digest}
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    for path in files:
        content = path.read_bytes()
        path.write_bytes(content + b"\n")
        digests.add(load(folder).digest)
        path.write_bytes(content)
    assert len(digests) == len(files) + 1


def test_digest_knows_names_but_not_times(folder: Path) -> None:
    before = load(folder).digest
    for path in folder.rglob("*"):
        os.utime(path, (0, 0))
    assert load(folder).digest == before
    (folder / START_DOSE).rename(folder / "rules/niraparib/other.rule")
    assert load(folder).digest != before


def test_files_of_other_kinds_are_not_knowledge(folder: Path) -> None:
    before = load(folder).digest
    (folder / "note.txt").write_text("not knowledge", "utf-8")
    assert load(folder).digest == before


def niraparib_on(knowledge: KnowledgeBase, day: date, *, fire_draft: bool = False) -> str | None:
    rules = knowledge.in_force(day, fire_draft=fire_draft)
    found = [rule.version for rule in rules if rule.name == "niraparib.start_dose"]
    assert len(found) <= 1
    return found[0] if found else None


def another_version(folder: Path, change: Callable[[str], str]) -> KnowledgeBase:
    text = (folder / START_DOSE).read_text("utf-8")
    (folder / "rules/niraparib/another.rule").write_text(change(text), "utf-8")
    return load(folder)


def test_newest_version_in_force_wins_by_number(folder: Path) -> None:
    """1.10.0 is newer than 1.9.0, which text comparison gets wrong."""
    edit(folder / START_DOSE, "version 1.0.0", "version 1.9.0")
    knowledge = another_version(
        folder, lambda text: text.replace("1.9.0", "1.10.0").replace("from 2020-04-29", "from 2026-01-01")
    )
    assert niraparib_on(knowledge, date(2020, 4, 28)) is None
    assert niraparib_on(knowledge, date(2020, 4, 29)) == "1.9.0"
    assert niraparib_on(knowledge, date(2025, 12, 31)) == "1.9.0"
    assert niraparib_on(knowledge, date(2026, 1, 1)) == "1.10.0"


def test_last_day_is_included(folder: Path) -> None:
    edit(folder / START_DOSE, "from 2020-04-29", "from 2020-04-29 until 2026-11-20")
    knowledge = load(folder)
    assert niraparib_on(knowledge, date(2026, 11, 20)) == "1.0.0"
    assert niraparib_on(knowledge, date(2026, 11, 21)) is None


@pytest.mark.parametrize(
    ("status", "fires", "fires_as_draft"),
    [("draft", False, True), ("review", False, True), ("active", True, True), ("retired", False, False)],
)
def test_status(folder: Path, status: str, fires: bool, fires_as_draft: bool) -> None:
    edit(folder / START_DOSE, "status     active", f"status     {status}")
    knowledge = load(folder)
    day = date(2026, 11, 20)
    assert (niraparib_on(knowledge, day) is not None) is fires
    assert (niraparib_on(knowledge, day, fire_draft=True) is not None) is fires_as_draft


def test_draft_of_the_next_version_leaves_the_active_one_in_force(folder: Path) -> None:
    knowledge = another_version(
        folder, lambda text: text.replace("1.0.0", "2.0.0").replace("status     active", "status     draft")
    )
    day = date(2026, 11, 20)
    assert niraparib_on(knowledge, day) == "1.0.0"
    assert niraparib_on(knowledge, day, fire_draft=True) == "2.0.0"


def test_one_version_written_twice(folder: Path) -> None:
    """H-121."""
    with pytest.raises(RuleErrors):
        another_version(folder, lambda text: text)

"""The record of a study: what it may say, and what a rule that rests on it may claim."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from cds.cards.evidence import evidence_lines
from kb import KnowledgeBase, KnowledgeBaseError, load
from tests.cds.cli.support import folder_without_imports

STUDY = """cites = "label:zejula"
about = "niraparib against placebo"
design = "randomised trial"
grade_system = "GRADE"
grade = "moderate"
baseline = "the control group"
confounding = "none by design"

[[effects]]
outcome = "progression"
measure = "hazard ratio"
estimate = "0.62"
low = "0.50"
high = "0.76"

[transport]
cohort = "a trial of 2016 to 2018, 733 women"
ancestry = "not stated"
ages = [18]
"""
OBSERVED = ('design = "randomised trial"', 'design = "cohort"')
TARGET = ("[[effects]]", 'target_trial = "start at diagnosis, followed for a year"\n\n[[effects]]')


def put(folder: Path, *edits: tuple[str, str]) -> Path:
    text = STUDY
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = folder / "sources" / "zejula.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_without_imports(tmp_path_factory.mktemp("evidence") / "kb")


def lines(knowledge: KnowledgeBase) -> list[str]:
    (rule,) = (each for each in knowledge.rules if each.name == "niraparib.start_dose")
    return list(evidence_lines(rule, knowledge))


def test_a_study_is_read_and_said(folder: Path) -> None:
    knowledge = load(put(folder))
    study = knowledge.studies["label:zejula"]
    assert (study.effects[0].estimate, study.least_age) == (Fraction(62, 100), Fraction(18))
    assert study.greatest_age is None
    assert lines(knowledge) == [
        "niraparib against placebo (randomised trial, GRADE moderate): progression: hazard ratio 0.62 "
        "(0.5 to 0.76), 95 % intervals; learned from a trial of 2016 to 2018, 733 women, ancestry not "
        "stated, ages from 18; risk without treatment from the control group; confounding: none by design"
    ]


def test_an_observed_comparison_says_which_trial_it_imitates(folder: Path) -> None:
    said = lines(load(put(folder, OBSERVED, TARGET)))
    assert "; target trial start at diagnosis, followed for a year; " in said[0]


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        # Real-world evidence without a stated target trial supports no active rule.
        ((OBSERVED,), ("start_dose.rule:1", "niraparib.start_dose", "target trial", "draft")),
        # The rule is for adults: it would speak about people older or younger than the study's.
        ((("ages = [18]", "ages = [19]"),), ("niraparib.start_dose", "learned from 19 years", "population")),
        ((("ages = [18]", "ages = [18, 80]"),), ("from 18 years to below 80", "speaks about others too")),
        ((("ages = [18]", "ages = []"),), ("zejula.toml", "`transport.ages`", "least age")),
        ((("ages = [18]", "ages = [80, 18]"),), ("`transport.ages`",)),
        ((('"label:zejula"', '"label:zejulla"'),), ("zejula.toml", "`cites`", "not in sources.toml")),
        ((('grade = "moderate"\n', ""),), ("`grade`", "neither without the other")),
        ((('"moderate"', '"1A"'),), ("`grade`", "GRADE has high, moderate, low, very low")),
        ((('"GRADE"', '"STARS"'),), ("`grade_system`", "expected one of GRADE, CPIC, DPWG")),
        ((('"0.62"', '"0.80"'),), ("`effects[0]`", "0.80 is not between its limits")),
        ((('"0.62"', "0.62"),), ("effects", "estimate")),
        ((('"0.62"', '"about 0.6"'),), ("a number in quotation marks",)),
        ((('"randomised trial"', '"hearsay"'),), ("`design`", "randomised trial, cohort")),
        ((('baseline = "the control group"\n', ""),), ("baseline",)),
    ],
)
def test_what_a_record_may_not_say(
    folder: Path, edits: tuple[tuple[str, str], ...], words: tuple[str, ...]
) -> None:
    with pytest.raises(KnowledgeBaseError) as caught:
        load(put(folder, *edits))
    assert all(each in str(caught.value) for each in words), str(caught.value)


def test_a_rule_that_knows_no_age_cannot_keep_to_the_ages_of_a_study(folder: Path) -> None:
    """The rule about mercaptopurine is for children and adults alike."""
    with pytest.raises(KnowledgeBaseError, match=r"tpmt_nudt15.*speaks about others too; its population"):
        load(put(folder, ('"label:zejula"', '"pmid:41618934"')))

"""Faults between rules and between files; what is said of each is in `golden/said/test_between.txt`."""

from __future__ import annotations

from datetime import date

import pytest

from dsl import check
from tests.dsl.support import NAMES, SAID, WHOLE, found_in, parsed, rule_text
from tests.dsl.test_faults import AGE, WEIGHED, WEIGHT, header

VOCABULARY = "vocabulary some.words version 1.0.0\nenum Letters { a, b }\n"

TOGETHER = {
    "vocabulary of another version": (VOCABULARY, f"use some.words version 1.1.0\n{WHOLE}"),
    "vocabulary that is misspelt": (VOCABULARY, f"use some.word version 1.0.0\n{WHOLE}"),
    "vocabulary twice": (VOCABULARY, VOCABULARY),
    "one enum of two vocabularies": (
        VOCABULARY,
        VOCABULARY.replace("some", "other"),
        f"use some.words version 1.0.0\nuse other.words version 1.0.0\n{WHOLE}",
    ),
    "one version twice": (WHOLE, WHOLE),
    "enum of a vocabulary that is not used": (
        VOCABULARY,
        WHOLE.replace(
            "  decide", "  input letter: Letters from phenotype CYP2C19 lifetime optional\n  decide"
        ),
    ),
    "exception for another drug": (
        WHOLE,
        header("  review by", '  overrides example.start because "x"\n  review by')
        .replace("rule example.start", "rule example.other")
        .replace("drug niraparib", "drug ticagrelor"),
    ),
}


@pytest.mark.parametrize("texts", TOGETHER.values(), ids=TOGETHER.keys())
def test_a_fault_between_files_is_said(texts: tuple[str, ...]) -> None:
    assert found_in(*texts)


def active(name: str, then: str, old: str = "", new: str = "") -> str:
    text = rule_text(
        f"""{AGE} {WEIGHT} decide d first {{ when weight < 70 kg => {then} unknown => ask weight }}
        outcome stop {{ indicator info advise "Stop" }}
        outcome quit {{ indicator info advise "Quit" }}
        outcome change {{ indicator info advise "Half" suggest drug ticagrelor }}
        outcome half {{ indicator info advise "Half" suggest dose 50 mg once daily }}
        outcome both {{ indicator info advise "Half" suggest dose 50 mg once daily
          suggest drug ticagrelor }}
        outcome standard {{ action standard }}
        outcome usual {{ action standard strength strong }}
        outcome unread {{ action source_has_entry }}
        outcome avoid {{ action avoid }}"""
    )
    text = text.replace("status draft", "status active").replace("example.rule", name)
    text = text.replace("cites pmid:1", 'cites pmid:1 reviewed 2026-01-01 by "A"')
    return text.replace(old, new) if old else text


OVERRIDING = ("concerns drug niraparib", 'concerns drug niraparib overrides a.a because "x"')

PAIRS = {
    "two doses": ("give 50 mg once daily", "give 60 mg once daily", ()),
    "one dose in two units": ("give 50 mg once daily", "give 0.05 g once daily", ()),
    "as much at another time": ("give 50 mg twice daily", "give 50 mg every 48 h", ()),
    "one frequency in two words": ("give 50 mg twice daily", "give 50 mg every 12 h", ()),
    "a dose and an outcome that suggests it": ("give 50 mg once daily", "half", ()),
    "a dose and an outcome that suggests more": ("give 50 mg once daily", "both", ()),
    "a dose and words": ("give 50 mg once daily", "stop", ()),
    "the same words": ("stop", "stop", ()),
    "other words": ("stop", "quit", ()),
    "the same words about other changes": ("both", "change", ()),
    "one dose as an outcome with a question": ("half", "half and ask age", ()),
    "everybody": ("give 50 mg once daily otherwise => stop", "stop otherwise => quit", ()),
    "a dose and nothing": ("give 50 mg once daily", "none", ()),
    "a quiet answer and nothing": ("standard", "none", ()),
    "a quiet answer and a question": ("standard", "ask age", ()),
    "two quiet answers alike": ("standard", "usual", ()),
    "two quiet answers": ("standard", "avoid", ()),
    "a quiet answer and words": ("standard", "stop", ()),
    "words and an entry that nobody has read": ("stop", "unread", ()),
    "a dose and a question": ("give 50 mg once daily", "ask age", ()),
    "a dose, and the same with a question": (
        "give 50 mg once daily", "give 50 mg once daily and ask age", (),
    ),
    "two doses of two sources": (
        "give 50 mg once daily", "give 60 mg once daily", ("cites pmid:1", "cites label:example"),
    ),
    "two doses on different days": (
        "give 50 mg once daily", "give 60 mg once daily",
        ("from 2026-01-01 until 2026-12-31 review by 2027-01-01",
         "from 2027-01-01 until 2027-12-31 review by 2027-06-01"),
    ),
    "two doses that share a day": (
        "give 50 mg once daily", "give 60 mg once daily",
        ("from 2026-01-01 until 2026-12-31", "from 2026-12-31 until 2027-12-31"),
    ),
    "two doses of two drugs": ("give 50 mg once daily", "give 60 mg once daily", ("niraparib", "ticagrelor")),
    "two doses, one of them a draft": ("give 50 mg once daily", "give 60 mg once daily", ("active", "draft")),
    "an exception and its base": ("give 50 mg once daily", "give 60 mg once daily", OVERRIDING),
    "two populations": (
        "give 50 mg once daily", "give 60 mg once daily",
        ('population any because "a test"', 'population "p" when weight > 70 kg'),
    ),
    "two populations that share somebody": (
        "give 50 mg once daily", "give 60 mg once daily",
        ('population any because "a test"', 'population "p" when weight > 69 kg'),
    ),
}  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS.keys())
def test_active_rules_that_disagree(pair: tuple[str, str, tuple[str, str] | tuple[()]]) -> None:
    """H-044: those that do not disagree are recorded with no more than the results that no test expects."""
    one, other, edit = pair
    assert found_in(active("a.a", one), active("b.b", other, *edit))


def test_a_witness_is_a_patient_who_can_be() -> None:
    """Under two names, so that each rule must bring its own limits."""
    other = (
        active("b.b", "give 60 mg once daily").replace("input weight", "input w").replace("weight <", "w <")
    )
    other = other.replace("ask weight", "ask w")
    assert found_in(active("a.a", "give 50 mg once daily"), other, names=WEIGHED)
    assert found_in(other, active("a.a", "give 50 mg once daily"), names=WEIGHED)
    by_age = active("b.b", "give 60 mg once daily", "weight < 70 kg", "age < 70 years")
    assert found_in(active("a.a", "give 50 mg once daily"), by_age, names=WEIGHED)
    assert found_in(by_age, active("a.a", "give 50 mg once daily"), names=WEIGHED)


def test_a_disagreement_with_a_rule_that_is_not_checked_itself() -> None:
    one, other = (
        parsed(active(name, dose), f"{name}.rule")
        for name, dose in (("a.a", "give 50 mg once daily"), ("b.b", "give 60 mg once daily"))
    )
    SAID.extend(check([one], NAMES, [other]).diagnostics)
    assert [found.code for found in SAID] == ["BR013", "BR022"]


BOTH = ("concerns drug niraparib", "concerns drug niraparib concerns drug ticagrelor")
"""So that two rules meet twice."""


def disagreements(*texts: str, beside: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Who disagrees with whom, in the order in which it is said."""
    files = [parsed(text, f"{index}.rule") for index, text in enumerate(texts)]
    more = [parsed(text, f"beside{index}.rule") for index, text in enumerate(beside)]
    found = [one for one in check(files, NAMES, more).diagnostics if one.code == "BR022"]
    return [(one.message.split("`")[1], one.span.path) for one in found]


def test_every_pair_of_rules_is_compared_once() -> None:
    three = [
        active(f"{name}.{name}", f"give {dose} mg once daily")
        for name, dose in zip("abc", (5, 6, 7), strict=True)
    ]
    pairs = [("a.a", "1.rule"), ("a.a", "2.rule"), ("b.b", "2.rule")]
    assert disagreements(*three) == pairs
    assert disagreements(*(text.replace(*BOTH) for text in three)) == pairs


def test_rules_beside_are_compared_with_what_is_checked_alone() -> None:
    three = [
        active(f"{name}.{name}", f"give {dose} mg once daily")
        for name, dose in zip("abc", (5, 6, 7), strict=True)
    ]
    assert disagreements(three[2], beside=(three[0], three[1])) == [("a.a", "0.rule"), ("b.b", "0.rule")]
    assert disagreements(three[0], three[1], beside=(three[2],)) == [
        ("c.c", "0.rule"), ("c.c", "1.rule"), ("a.a", "1.rule"),
    ]  # fmt: skip


def test_an_exception_may_stand_before_or_behind_its_base() -> None:
    base = active("a.a", "give 50 mg once daily")
    exception = active("b.b", "give 60 mg once daily", *OVERRIDING)
    assert disagreements(base, exception) == disagreements(exception, base) == []


def test_a_rule_with_an_error_is_compared_with_nothing_and_spoils_no_other() -> None:
    faulty = active("a.a", "give 50 mg once daily", "within 90 days ", "")
    sound = active("b.b", "give 60 mg once daily")
    checked = check([parsed(faulty, "a.rule"), parsed(sound, "b.rule")], NAMES)
    assert {one.code for one in checked.diagnostics} == {"BR008", "BR013"}
    assert [rule.name for rule in checked.rules] == ["b.b"]


def test_of_two_rules_on_one_line_each_the_faulty_one_is_left_out() -> None:
    """What is wrong stands on the first line of a rule, which may be its last."""
    one, other = (
        " ".join(active(name, dose).split()).replace("rule ", "\nrule ")
        for name, dose in (("a.a", "give 50 mg once daily"), ("b.b", "give 60 mg once daily"))
    )
    checked = check([parsed(one, "a.rule"), parsed(other, "b.rule")], NAMES)
    assert [rule.name for rule in checked.rules] == ["a.a"]


def test_a_vocabulary_in_a_file_that_is_also_beside_is_declared_once() -> None:
    file = parsed(VOCABULARY, "words.rule")
    assert check([file], NAMES, [file]).diagnostics == ()


def overriding(name: str, *bases: str) -> str:
    clauses = " ".join(f'overrides {base} because "x"' for base in bases)
    return active(name, "none", "concerns drug niraparib", f"concerns drug niraparib {clauses}")


def test_an_order_for_several_drugs() -> None:
    both = ("concerns drug niraparib", "concerns drug niraparib concerns drug ticagrelor")
    assert found_in(*(overriding(*pair).replace(*both) for pair in (("a.a", "b.b"), ("b.b", "a.a"))))


def test_a_rule_with_a_fault_between_rules_is_left_out() -> None:
    faulty = header("  review by", '  overrides example.gone because "x"\n  review by')
    later = header("  review by", "  replaces example.start version 1.0.0\n  review by")
    sound = WHOLE.replace("example.start", "example.other")
    for text in (faulty, later):
        checked = check([parsed(text, "a.rule"), parsed(sound, "b.rule")], NAMES)
        assert [rule.name for rule in checked.rules] == ["example.other"]


def test_a_circle_is_found_behind_a_way_that_leads_nowhere() -> None:
    found = found_in(overriding("a.a", "b.b"), overriding("b.b", "a.a", "gone"))
    assert [one.span.path for one in found if one.code == "BR021"] == ["example0.rule", "example1.rule"]


def test_exceptions_in_a_circle_of_three() -> None:
    assert found_in(overriding("a.a", "b.b"), overriding("b.b", "c.c"), overriding("c.c", "a.a"))


def test_who_overrides_a_circle_is_not_part_of_it() -> None:
    found = found_in(overriding("d.d", "a.a"), overriding("a.a", "b.b"), overriding("b.b", "a.a"))
    assert [one.span.path for one in found if one.code == "BR021"] == ["example1.rule", "example2.rule"]


@pytest.mark.parametrize("bases", [("c.c", "d.d"), ("d.d", "c.c"), ("c.c", "d.d", "e.e"), ("gone", "c.c")])
def test_a_circle_beside_other_exceptions(bases: tuple[str, ...]) -> None:
    """Whichever way is looked at first, and wherever another one ends."""
    more = [overriding(name) for name in ("d.d", "e.e")]
    found = found_in(overriding("a.a", "b.b"), overriding("b.b", *bases), overriding("c.c", "a.a"), *more)
    circles = {one.span.path: one.case for one in found if one.code == "BR021"}
    assert circles["example0.rule"].endswith("a.a → b.b → c.c → a.a")


def test_a_review_that_is_due() -> None:
    due = header("status     draft", "status     retired")
    for text in (WHOLE, due):
        for day in (date(2027, 1, 1), date(2027, 1, 2)):
            SAID.extend(check([parsed(text)], NAMES, on=day).diagnostics)
    assert [one.code for one in SAID] == ["BR020"]

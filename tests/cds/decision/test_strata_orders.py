"""From an order to a card for strata and single persons: who somebody is decides, not the population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from calc.operations import OPERATIONS
from cds.hooks.service import HookService
from tests.cds.cards.support import (
    LOINC,
    RXNORM,
    Json,
    answer,
    bundled,
    condition,
    dosage,
    draft,
    genotype,
    hook_service,
    measured,
    order_sign,
    prefetch,
)

ILLUSTRATIVE = "urn:bespoke:illustrative"
FOUND, ABSENT, NO_CALL = "LA9633-4", "LA9634-2", "LA18198-4"
PATHOGENIC, UNCERTAIN, GERMLINE = "LA6668-3", "LA26333-7", "LA6683-2"
X, Y = "HGNC:0", "HGNC:00"
"""No genes: HGNC gives no such numbers."""

OURS = (
    "illustrative_a.strata",
    "illustrative_b.variant_gate",
    "illustrative_c.dose_for_one",
    "illustrative_d.chain",
)


@pytest.fixture
def drafting(tmp_path: Path) -> HookService:
    """A service whose draft rules speak, these alone."""
    knowledge = bundled()
    rules = tuple(rule for rule in knowledge.rules if rule.name in OURS)
    assert len(rules) == len(OURS)
    return hook_service(tmp_path, replace(knowledge, rules=rules), fire_draft=True)


def cards(service: HookService, letter: str, **data: object) -> list[Json]:
    """The cards about an order of an illustrative drug."""
    name = f"illustrative drug {letter.upper()}"
    coding = {"system": ILLUSTRATIVE, "code": f"drug-{letter}", "display": name}
    order = draft(("", ""), medicationCodeableConcept={"coding": [coding], "text": name})
    return answered(service, order, **data)


def answered(service: HookService, order: Json, **data: object) -> list[Json]:
    # Each test gives the lists that `prefetch` takes under these names.
    status, body = answer(service, order_sign([order], prefetch(**data)))  # type: ignore[arg-type]
    assert status == 200
    found: list[Json] = body["cards"]
    return found


def said(found: list[Json]) -> list[tuple[str, str]]:
    return [(card["indicator"], card["summary"].removeprefix("Draft: ")) for card in found]


def variant(gene: str, result: str = FOUND, meaning: str = PATHOGENIC) -> Json:
    """A report about a variant of a gene."""

    def part(code: str, system: str, value: str) -> Json:
        concept = {"coding": [{"system": system, "code": value}]}
        return {"code": {"coding": [{"system": LOINC, "code": code}]}, "valueCodeableConcept": concept}

    return {
        "resourceType": "Observation",
        "id": f"variant-{gene[5:]}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "69548-6"}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-10-01",
        "valueCodeableConcept": {"coding": [{"system": LOINC, "code": result}]},
        "component": [
            part("48018-6", "http://www.genenames.org/geneId", gene),
            part("48002-0", LOINC, GERMLINE),
            part("53037-8", LOINC, meaning),
        ],
    }


TEST_X = "Illustrative drug A: test first, illustrative marker X variant "


@pytest.mark.parametrize(
    ("results", "indicator", "summary"),
    [
        (
            [variant(X, ABSENT)], "info",
            "Illustrative drug A without marker X: treat 12.5 people (8.93 to 20.8) for one event less",
        ),
        (
            [variant(X)], "warning",
            "Illustrative drug A with marker X harms one in 50 (NNTB 64.2 to infinity to NNTH 18.0)",
        ),
        ([], "warning", f"{TEST_X}missing"),
        ([variant(X, meaning=UNCERTAIN)], "warning", f"{TEST_X}without a usable value"),
        ([variant(X, NO_CALL)], "warning", f"{TEST_X}without a usable value"),
        ([variant(Y)], "warning", f"{TEST_X}missing"),
    ],
)  # fmt: skip
def test_the_stratum_of_the_patient_has_the_number(
    drafting: HookService, results: list[Json], indicator: str, summary: str
) -> None:
    """Not known: neither number is said. The number of the whole population, 25, stands on no card."""
    (card,) = cards(drafting, "a", pgx=results)
    assert said([card]) == [(indicator, summary)]
    assert "Draft guidance, not reviewed for clinical use" in card["detail"]
    assert "3200 imagined people" in card["detail"]
    assert "~25" not in card["detail"] and ": 25\n" not in card["detail"] and "25" not in card["summary"]
    assert "suggestions" not in card


def test_the_card_says_what_the_operation_says(drafting: HookService) -> None:
    """Rule and operation `nnt.counts` are one formula."""
    for arms, results, shown in (
        ((200, 1000, 120, 1000), [variant(X, ABSENT)], ("12.5 treated people, ", "from", "to")),
        ((60, 600, 72, 600), [variant(X)], ("50 treated people", "nntb", "nnth")),
    ):
        names = ("events_control", "n_control", "events_treated", "n_treated")
        form = OPERATIONS["nnt.counts"].answer(dict(zip(names, arms, strict=True)))["ci_form"]
        assert isinstance(form, dict)
        (card,) = cards(drafting, "a", pgx=results)
        assert shown[0] in card["detail"]
        for limit in shown[1:]:
            assert f"{form[limit]:.4g}" in card["detail"] and f"{form[limit]:#.3g}" in card["summary"]


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([variant(Y)], []),
        (
            [variant(Y, ABSENT)],
            [("warning", "Illustrative drug B without variant Y: off label, do not suggest it")],
        ),
        (
            [variant(Y, meaning=UNCERTAIN)],
            [
                (
                    "warning",
                    "Illustrative drug B, variant Y indeterminate: neither in the label nor outside, "
                    "repeat the test",
                )
            ],
        ),
        ([], [("warning", "Illustrative drug B: test first, illustrative Y variant missing")]),
        (
            [variant(Y, NO_CALL)],
            [("warning", "Illustrative drug B: test first, illustrative Y variant without a usable value")],
        ),
        ([variant(X)], [("warning", "Illustrative drug B: test first, illustrative Y variant missing")]),
    ],
)
def test_a_label_for_carriers(
    drafting: HookService, results: list[Json], expected: list[tuple[str, str]]
) -> None:
    """Who was not tested is tested, not refused; another variant says nothing about this one."""
    assert said(cards(drafting, "b", pgx=results)) == expected


def weighing(value: float) -> Json:
    """What harm weighs for this person, as somebody wrote it down."""
    code = {"coding": [{"system": ILLUSTRATIVE, "code": "toxicity-weight"}]}
    return measured("weight-of-harm", value, "1", code=code)


def labs(creatinine: float, *more: Json, kilograms: float = 80) -> list[Json]:
    return [measured("29463-7", kilograms, "kg"), measured("2160-0", creatinine, "mg/dL"), *more]


BEST = "has the highest utility for this person"


@pytest.mark.parametrize(
    ("creatinine", "more", "dose"),
    [
        (0.8, [], 75),
        (0.8, [weighing(1)], 75),
        (0.8, [weighing(4)], 50),
        (0.8, [weighing(0.5)], 100),
        (0.8, [weighing(0)], 100),
        (2, [], 25),
        (1.6, [], 50),
        (0.6, [], 100),
    ],
)
def test_the_dose_of_one_person(
    drafting: HookService, creatinine: float, more: list[Json], dose: int
) -> None:
    """One person, another preference, another dose; one preference, other kidneys, another dose."""
    (card,) = cards(drafting, "c", labs=labs(creatinine, *more))
    assert said([card]) == [("info", f"Illustrative drug C: {dose} mg once daily {BEST}")]
    assumed = "- if harm weight is 1 (nobody wrote down what harm weighs for this person)"
    assert (assumed in card["detail"]) == (not more)
    assert "suggestions" not in card


SHARED = {"tau_h": 24, "ec50": 0.4, "h_eff": 2, "tc50": 1.2, "h_tox": 4, "doses": [25, 50, 75, 100]}


@pytest.mark.parametrize("creatinine", [0.6, 0.8, 1.6, 2])
@pytest.mark.parametrize("weight", [0.5, 1, 4])
def test_the_rule_ranks_as_the_operation_does(
    drafting: HookService, creatinine: float, weight: float
) -> None:
    """Women of 66 years and 80 kg; the operation is given the clearance of Cockcroft and Gault in L/h."""
    clearance = (140 - 66) * 80 / (72 * creatinine) * 0.85 * 0.06
    given = SHARED | {"cl": clearance, "cl_omega": 0.3, "w_tox": weight}
    expected = OPERATIONS["nof1.utility_dose"].answer(given)
    (card,) = cards(drafting, "c", labs=labs(creatinine, weighing(weight)))
    assert f"{expected['best_dose']} mg once daily" in card["summary"]
    rows = expected["table"]
    assert isinstance(rows, tuple | list) and len(rows) == 4
    for dose, *_, utility in rows:
        assert f" {dose} mg \\~{utility:.4g}" in card["detail"]


def test_what_is_not_known_of_the_clearance_can_change_the_dose(drafting: HookService) -> None:
    """At the mean clearance alone another dose would look best: the utility of the mean is not the mean."""
    clearance = (140 - 66) * 80 / (72 * 0.8) * 0.85 * 0.06
    alone = OPERATIONS["nof1.utility_dose"].answer(SHARED | {"cl": clearance, "w_tox": 1})
    (card,) = cards(drafting, "c", labs=labs(0.8))
    assert alone["best_dose"] == 100
    assert said([card]) == [("info", f"Illustrative drug C: 75 mg once daily {BEST}")]


@pytest.mark.parametrize(
    ("data", "summary"),
    [
        ([measured("29463-7", 80, "kg")], "Illustrative drug C: not decided, serum creatinine missing"),
        ([measured("2160-0", 1, "mg/dL")], "Illustrative drug C: not decided, body weight missing"),
        (
            labs(1, weighing(1), {**weighing(4), "id": "other"}),
            "Illustrative drug C: not decided, illustrative toxicity weight contradictory",
        ),
    ],
)
def test_no_dose_without_the_person(drafting: HookService, data: list[Json], summary: str) -> None:
    """H-033: a weight that two people wrote down differently is not replaced by the usual one."""
    (card,) = cards(drafting, "c", labs=data)
    assert said([card]) == [("info", summary)]


CHAIN = (
    "Illustrative numbers, made up. Gene: {gene}. Enzyme: {activity} of the usual activity. "
    "Clearance: {clearance} L/h instead of 5 L/h. Exposure: {exposure} times the usual, {level} mg/L at "
    "75 mg daily. Probability of the effect: {effect}, of harm: {harm}. Utility: {utility} instead of "
    r"\~0.5877. {dose} mg daily would have the usual exposure."
)
NONE = {
    "activity": "0", "clearance": "1", "exposure": "5", "level": "3.125", "effect": r"\~0.9809",
    "harm": r"\~0.961", "utility": r"\~0.01988", "dose": "15",
}  # fmt: skip
HALF = {
    "activity": "0.5", "clearance": "3", "exposure": r"\~1.667", "level": r"\~1.042", "effect": r"\~0.8571",
    "harm": r"\~0.3916", "utility": r"\~0.4655", "dose": "45",
}  # fmt: skip
BY_GENES = "activity score 0 (by genes activity score 2)"


@pytest.mark.parametrize(
    ("diplotype", "taken", "gene", "numbers"),
    [
        ("*4/*5", [], "activity score 0", NONE),
        ("*1/*4", [], "activity score 1", HALF),
        ("*1/*1", ["paroxetine"], BY_GENES, NONE),
    ],
)
def test_every_link_from_gene_to_utility_has_its_number(
    drafting: HookService, diplotype: str, taken: list[str], gene: str, numbers: dict[str, str]
) -> None:
    """The drug itself acts: less activity is more of it. What is taken beside it counts like the gene."""
    medications = [using(name) for name in taken]
    (card,) = cards(drafting, "d", pgx=[genotype("CYP2D6", diplotype)], medications=medications)
    assert said([card]) == [
        ("warning", f"Illustrative drug D, CYP2D6 {gene}: {numbers['dose']} mg for 75 mg")
    ]
    assert CHAIN.format(gene=gene, **numbers) in card["detail"]


def using(name: str) -> Json:
    """A drug that is being taken."""
    coding = {"system": RXNORM, "code": bundled().drugs[name].rxnorm}
    return {
        "resourceType": "MedicationStatement",
        "id": "m1",
        "status": "active",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": {"coding": [coding]},
    }


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([genotype("CYP2D6", "*1/*1")], []),
        ([genotype("CYP2D6", "*1/*17")], []),
        (
            [genotype("CYP2D6", "*1/*1x2")],
            [("info", "Illustrative drug D, CYP2D6 activity score 3: 105 mg for 75 mg")],
        ),
        (
            [genotype("CYP2D6", "*1/*22")],
            [
                (
                    "info",
                    "Illustrative drug D, CYP2D6 no activity score: an allele of unknown function: no single "
                    "activity, so no dose is calculated",
                )
            ],
        ),
        (
            [genotype("CYP2D6", "*1xN/*4")],
            [("warning", "Illustrative drug D: test first, CYP2D6 activity score contradictory")],
        ),
        ([], [("warning", "Illustrative drug D: test first, CYP2D6 activity score missing")]),
    ],
)
def test_where_the_chain_ends_or_changes_nothing(
    drafting: HookService, results: list[Json], expected: list[tuple[str, str]]
) -> None:
    assert said(cards(drafting, "d", pgx=results)) == expected


@pytest.fixture
def all_drafting(tmp_path: Path) -> HookService:
    """A service whose draft rules speak, those of all sources."""
    return hook_service(tmp_path, bundled(), fire_draft=True)


CIRRHOSIS, KIDNEY_DISEASE, END_STAGE, DIALYSIS = "19943007", "709044004", "46177005", "105502003"
SOUND, MILD, POOR_KIDNEYS, FAILED = 0.6, 1, 2, 6
"""Creatinine of a woman of 66 years and 80 kg: clearances of 116, 70, 35 and 12 mL/min."""


def eliglustat(
    service: HookService,
    diplotype: str | None,
    creatinine: float | None = SOUND,
    *diseases: str,
    taken: Sequence[str] = (),
    dose: Json | None = None,
) -> list[Json]:
    known = bundled().drugs["eliglustat"]
    assert known.rxnorm
    return answered(
        service,
        draft((known.rxnorm, "eliglustat")) | (dose or {}),
        pgx=[] if diplotype is None else [genotype("CYP2D6", diplotype)],
        labs=[] if creatinine is None else labs(creatinine),
        conditions=[condition(each) for each in diseases],
        medications=[using(each) for each in taken],
    )


SLOW, SLOWER = "Eliglustat, CYP2D6 intermediate metabolizer", "Eliglustat, CYP2D6 poor metabolizer"
USUAL = "Eliglustat, CYP2D6 normal metabolizer: 84 mg twice daily"
MAYBE = "avoid if a clearance of 60 to 90 mL/min is impairment in this patient"
BY_CLASS = "Eliglustat, impaired liver: contraindicated in Child-Pugh class B or C; in class A see the label"


@pytest.mark.parametrize(
    ("diplotype", "creatinine", "diseases", "indicator", "summary"),
    [
        ("*4/*5", SOUND, [], "warning", f"{SLOWER}: 84 mg once daily"),
        ("*4/*5", MILD, [], "warning", f"{SLOWER}: {MAYBE}"),
        ("*4/*5", POOR_KIDNEYS, [], "warning", f"{SLOWER} and impaired kidneys: avoid"),
        ("*4/*5", SOUND, [KIDNEY_DISEASE], "warning", f"{SLOWER} and impaired kidneys: avoid"),
        ("*4/*5", None, [DIALYSIS], "warning", f"{SLOWER} and impaired kidneys: avoid"),
        ("*4/*5", None, [CIRRHOSIS], "critical", f"{SLOWER} and an impaired liver: contraindicated"),
        ("*1/*4", SOUND, [], "info", f"{SLOW}: 84 mg twice daily"),
        ("*1/*4", MILD, [], "warning", f"{SLOW}: {MAYBE}"),
        ("*1/*4", POOR_KIDNEYS, [], "warning", f"{SLOW} and impaired kidneys: avoid"),
        ("*1/*4", SOUND, [CIRRHOSIS], "critical", f"{SLOW} and an impaired liver: contraindicated"),
        ("*1/*1", SOUND, [], "info", USUAL),
        ("*1/*1", POOR_KIDNEYS, [KIDNEY_DISEASE], "info", USUAL),
        ("*1/*1", FAILED, [], "warning", "Eliglustat: avoid in end-stage kidney disease"),
        ("*1/*1", None, [END_STAGE], "warning", "Eliglustat: avoid in end-stage kidney disease"),
        ("*1/*1", None, [CIRRHOSIS], "critical", BY_CLASS),
        ("*1/*1x2", SOUND, [], "warning", "Eliglustat, CYP2D6 activity score 3: avoid"),
        (
            "*1/*22", SOUND, [], "info",
            "Eliglustat, CYP2D6 indeterminate: the label has no dose for this result",
        ),
        (None, SOUND, [], "warning", "Eliglustat: test first, CYP2D6 result missing"),
    ],
)  # fmt: skip
def test_gene_kidneys_and_liver_of_one_person(
    all_drafting: HookService,
    diplotype: str | None,
    creatinine: float | None,
    diseases: list[str],
    indicator: str,
    summary: str,
) -> None:
    """One card for all sources, that contradicts none of them: they do not differ about this drug."""
    found = eliglustat(all_drafting, diplotype, creatinine, *diseases)
    assert (indicator, summary) in said(found)
    assert not any("differ" in card["summary"] or "do not agree" in card["detail"] for card in found)
    loudest = [("info", "warning", "critical").index(card["indicator"]) for card in found]
    assert loudest[0] == max(loudest) and found[0]["summary"] == f"Draft: {summary}"


@pytest.mark.parametrize(
    ("diplotype", "taken", "summary"),
    [
        ("*1/*1", [], USUAL),
        ("*1/*1", ["paroxetine"], f"{SLOWER} (by genes normal metabolizer): 84 mg once daily"),
        ("*4/*5", [], f"{SLOWER}: 84 mg once daily"),
    ],
)
def test_the_dose_is_proposed_with_what_it_takes_for_granted(
    all_drafting: HookService, diplotype: str, taken: list[str], summary: str
) -> None:
    """An absent disease is not "no": the card says what it rests on."""
    (card,) = eliglustat(all_drafting, diplotype, taken=taken)
    assert said([card])[0][1] == summary
    assert [each["label"] for each in card["suggestions"]] == [f"Eliglustat {summary.rpartition(': ')[2]}"]
    for assumed in (
        "the liver is not impaired",
        "no dialysis",
        "no kidney disease but what the creatinine shows",
        "no end-stage kidney disease but what the creatinine shows",
    ):
        assert f"- if {assumed}\n" in card["detail"]
    assert "CYP3A, heart disease and the QT time were not looked at" in card["detail"]


def test_who_has_the_dose_is_not_alerted(all_drafting: HookService) -> None:
    assert eliglustat(all_drafting, "*1/*1", dose=dosage(84, frequency=2)) == []
    assert eliglustat(all_drafting, "*4/*5", dose=dosage(84)) == []
    (card,) = eliglustat(all_drafting, "*4/*5", dose=dosage(84, frequency=2))
    assert said([card]) == [("warning", f"{SLOWER}: 84 mg once daily")]


def test_no_dose_without_the_kidneys(all_drafting: HookService) -> None:
    """The usual dose needs to know that the kidneys have not failed."""
    (card,) = eliglustat(all_drafting, "*1/*1", None)
    words = "Eliglustat: not decided, body weight missing, serum creatinine missing"
    assert said([card]) == [("info", words)]

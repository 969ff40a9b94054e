"""`dose.fit`, `dose.predict`, `dose.optimise`: what they answer, and what they decline in which words."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.linalg import LinAlgError

from calc import CalculationError, NoAnswer, UnusableInput
from calc.population import DosingError, HistoryError, MissingCovariate, NotConverged, NotSolved
from cds.calculators import answer
from cds.calculators.schema import described
from cds.dosing import dosing_operations
from cds.dosing.estimate import answering
from tests.cds.dosing.questions import (
    CHOICES,
    COURSE,
    PHENYTOIN,
    REGIMEN,
    SEARCH,
    TARGET,
    VANCOMYCIN,
    Json,
    ask,
    models,
    refusal,
)

ORAL: Json = {"dose": 150, "interval": 0.5, "route": "oral", "start": 14}


def test_examples_answer_and_every_field_says_what_it_is() -> None:
    for name, operation in dosing_operations(models()).items():
        assert ask(name, json.loads(json.dumps(operation.example)))
        page = described(operation)
        for part in ("given", "result"):
            schema: Any = page[part]
            for each in [schema, *schema.get("$defs", {}).values()]:
                for field, what in each.get("properties", {}).items():
                    assert what.get("description"), f"{name} {field}"


def test_a_level_pulls_the_course_towards_it_and_narrows_it() -> None:
    """The level of 11.9 lies below the typical 14.4: the posterior is lower and narrower than the prior."""
    found = ask("predict", COURSE)
    for prior, posterior in zip(found["prior"]["median"], found["posterior"]["median"], strict=True):
        assert posterior < prior
    widths = [found[which]["high"][2] - found[which]["low"][2] for which in ("prior", "posterior")]
    assert widths[1] < widths[0]
    assert found["most_probable"][2] < found["typical"][2] == pytest.approx(15.606, abs=1e-3)
    assert found["times"] == [38, 42, 48] and found["levels"] == "plausible"


def test_figures_are_those_of_steady_state_or_of_a_time_after_the_start() -> None:
    """Twenty intervals later nothing of the history is left; right after the start it counts."""
    settled = ask("predict", COURSE)["figures"]
    late = ask("predict", COURSE | {"after": 1200})["figures"]
    first = ask("predict", COURSE | {"after": 0})["figures"]
    assert late["trough"]["median"] == pytest.approx(settled["trough"]["median"], rel=1e-3)
    assert first["trough"]["median"] < settled["trough"]["median"]
    assert settled["trough"]["low"] < settled["trough"]["median"] < settled["peak"]["median"]


def test_without_levels_prior_and_posterior_are_one() -> None:
    found = ask("predict", COURSE | {"samples": []})
    assert found["prior"] == found["posterior"] and found["typical"] == found["most_probable"]
    assert found["levels"] is None


def test_a_whole_course_begins_with_the_regimen_or_where_it_is_told() -> None:
    course = {name: value for name, value in COURSE.items() if name != "times"} | {"until": 60, "points": 13}
    assert ask("predict", course)["times"] == pytest.approx([36 + 2 * k for k in range(13)])
    assert ask("predict", course | {"since": 0})["times"][0] == 0
    assert ask("predict", VANCOMYCIN | {"until": 60})["figures"] is None


def test_the_best_regimen_keeps_to_its_limits_or_there_is_none() -> None:
    harms: Json = {"harms": [{"kind": "AUC24", "low": 600}]}
    easy = ask("optimise", SEARCH | harms | {"limits": {"most_toxicity": 0.3}})
    assert easy["best"]["toxicity"] <= 0.3 and easy["best"]["regimen"]["start"] == 36
    hard = ask("optimise", SEARCH | harms | {"limits": {"most_toxicity": 0.3, "least_attainment": 0.9}})
    assert hard["best"] is None and hard["next_sample"] is None
    assert "with a probability of at least 90.0%" in hard["reason"] and hard["options"] == easy["options"]


def test_several_mics_are_weighed_by_their_shares() -> None:
    """With every MIC the share is what it is alone, weighed: the target is asked of each."""
    choices = CHOICES | {"step": None, "doses": [1000], "intervals": [12]}

    def attained(mic: object) -> float:
        target = {"kind": "AUC24", "low": 400, "mic": mic}
        found: float = ask("optimise", SEARCH | {"choices": choices, "target": target})["best"]["attainment"]
        return found

    both = attained([{"mic": 1, "share": 0.75}, {"mic": 2, "share": 0.25}])
    assert both == pytest.approx(0.75 * attained(1) + 0.25 * attained(2))
    assert attained(1) > attained(2)


def test_a_loading_dose_is_chosen_where_the_first_day_counts() -> None:
    target = {"kind": "AUC24", "low": 400, "high": 600, "after": 0}
    choices = CHOICES | {"intervals": [24], "loadings": [2000, 2250]}
    first = SEARCH | {"doses": [], "samples": [], "start": 0, "target": target, "choices": choices}
    assert ask("optimise", first)["best"]["regimen"]["loading"] is not None


def test_a_model_without_a_formula_is_followed_to_a_time() -> None:
    target = {"kind": "trough", "low": 8, "high": 15, "after": 7}
    choices = {"doses": [150, 175], "most": 300, "most_daily": 600, "intervals": [0.5], "route": "oral"}
    question = PHENYTOIN | {"draws": 500, "target": target, "choices": choices, "start": 14}
    found = ask("optimise", question)
    assert found["best"]["regimen"]["words"] in ("150 mg every 0.5 d", "175 mg every 0.5 d")
    assert found["units"] == {"time": "d", "dose": "mg", "concentration": "mg/L"} and found["tried"] == 2


def covariate(**changed: object) -> Json:
    return VANCOMYCIN | {"covariates": VANCOMYCIN["covariates"] | changed}


def level(**changed: object) -> Json:
    return VANCOMYCIN | {"samples": [{"time": 35.5, "dv": 11.94} | changed]}


def doses(**changed: object) -> Json:
    return VANCOMYCIN | {"doses": [VANCOMYCIN["doses"][0] | changed]}


NO_STEP = {name: value for name, value in CHOICES.items() if name != "step"}
REFUSED: list[tuple[str, Json, str]] = [
    (
        "fit",
        covariate(WT=20),
        "out-of-range: `covariates.WT`: 20 kg is outside of 33 to 255, for whom the model was made; it would "
        "only guess",
    ),
    (
        "fit",
        {name: value for name, value in VANCOMYCIN.items() if name != "covariates"},
        "missing-field: `covariates.WT` is missing: total body weight (kg)",
    ),
    (
        "fit",
        covariate(AGE=3),
        "unknown-field: `covariates.AGE`: the model has none such; it has WT, CRCL, DIAL",
    ),
    (
        "fit",
        level(time=-1),
        "samples: `samples.0`: the level at -1 has no dose before it; check its time, or add the doses that "
        "came before",
    ),
    (
        "fit",
        level(dv=-3),
        "out-of-range: `samples.0.dv`: expected a number above 0 and at most 1,000,000,000,000, not -3",
    ),
    (
        "fit",
        level(dv=0),
        "out-of-range: `samples.0.dv`: expected a number above 0 and at most 1,000,000,000,000, not 0",
    ),
    (
        "fit",
        doses(route="oral"),
        "input: `doses.0.route`: the model knows doses into a vein only, expected `iv`",
    ),
    ("fit", {"model": "none", "doses": [{"time": 0, "amt": 1}]}, "missing-field: `doses.0.route` is missing"),
    (
        "fit",
        doses(interval=12, count=3, dur=13),
        "out-of-range: `doses.0.dur`: expected at most `interval`, 12, not 13",
    ),
    (
        "fit",
        VANCOMYCIN | {"model": "goti2018_vancomycine"},
        "unknown-model: `model`: there is no model `goti2018_vancomycine`; did you mean "
        "`goti2018_vancomycin`?",
    ),
    (
        "predict",
        level(dv=250) | {"times": [40]},
        "beyond-belief: the levels do not fit this history of doses, and no dose should rest on them; check "
        "the times of doses and samples, and whose blood it was",
    ),
    (
        "optimise",
        PHENYTOIN | {"samples": [{"time": 100, "dv": 1}], "target": TARGET, "choices": CHOICES, "start": 101},
        "no-convergence: nothing can be told from these doses and levels: no start gave a "
        "prediction that the "
        "levels can be compared with",
    ),
    ("predict", VANCOMYCIN, "missing-field: `times` is missing: give it, or `until` for a whole course"),
    (
        "predict",
        COURSE | {"until": 50},
        "input: `until` is given beside `times`: leave one of them out",
    ),
    (
        "predict",
        VANCOMYCIN | {"until": 0},
        "out-of-range: `until`: expected a time after 0, where the course begins, not 0",
    ),
    (
        "predict",
        COURSE | {"regimen": REGIMEN | {"start": 24}},
        "out-of-range: `regimen.start`: expected a time after the last dose, at 24, not 24",
    ),
    (
        "predict",
        COURSE | {"regimen": REGIMEN | {"duration": 13}},
        "input: `regimen`: `duration` is 13, longer than the interval: at most 12",
    ),
    (
        "predict",
        COURSE | {"times": [1_000_000]},
        "out-of-range: `times`: expected at most 2,000 doses of a regimen, that is 24000 after its "
        "start, not "
        "999964",
    ),
    (
        "predict",
        PHENYTOIN | {"draws": 500, "regimen": ORAL, "times": [15]},
        "missing-field: `after` is missing: yukawa1990_phenytoin has no formula for steady state; "
        "say how long "
        "after the regimen's start it is to be looked at",
    ),
    (
        "predict",
        PHENYTOIN | {"draws": 500, "times": [9000]},
        "out-of-range: `times`: yukawa1990_phenytoin has no formula and is followed step by step, "
        "for at most "
        "5,000 d from the first dose on, not until 9000; leave out what is long ago",
    ),
    (
        "optimise",
        SEARCH | {"start": 12},
        "out-of-range: `start`: expected a time after the last dose, at 24, not 12",
    ),
    (
        "optimise",
        SEARCH | {"target": TARGET | {"low": 700}},
        "input: `target`: `low` is 700, above `high`, 600: no value lies between",
    ),
    (
        "optimise",
        SEARCH | {"target": {"kind": "time above", "low": 0.5}},
        "input: `target`: a time above needs either the measure's `above` or the target's `mic`",
    ),
    (
        "optimise",
        SEARCH | {"choices": NO_STEP},
        "missing-field: `choices.doses` is missing: give it, or `choices.step`",
    ),
    (
        "optimise",
        SEARCH | {"choices": CHOICES | {"step": 3000}},
        "out-of-range: `choices.step`: no whole step of it lies between 3000 and 2250",
    ),
    (
        "optimise",
        SEARCH | {"choices": CHOICES | {"most_daily": 100}},
        "input: `choices`: no dose from 250 to 2250 keeps to the caps of 2250 at once, 100 a day: allow a "
        "smaller dose, a longer interval or a longer infusion within the interval",
    ),
    (
        "optimise",
        SEARCH | {"choices": CHOICES | {"step": 2}},
        "out-of-range: `choices`: expected at most 2,000 regimens for this model, not 3,375; name "
        "fewer doses, "
        "intervals, durations or loading doses",
    ),
    (
        "optimise",
        SEARCH | {"harms": [{"kind": "AUC24", "low": 600}]},
        "missing-field: `limits.most_toxicity` is missing: `harms` are given",
    ),
    (
        "optimise",
        SEARCH | {"harms": [{"kind": "AUC24"}], "limits": {"most_toxicity": 0.1}},
        "input: `harms.0`: `low` and `high`: at least one limit, finite and not below zero",
    ),
    (
        "fit",
        PHENYTOIN | {"samples": [{"time": 9000, "dv": 1}]},
        "out-of-range: `samples.0`: yukawa1990_phenytoin has no formula and is followed step by step, for at "
        "most 5,000 d from the first dose on, not until 9000; leave out what is long ago",
    ),
    (
        "predict",
        PHENYTOIN | {"draws": 500, "regimen": ORAL | {"interval": 7}, "times": [15], "after": 6000},
        "out-of-range: `after`: yukawa1990_phenytoin has no formula and is followed step by step, for at "
        "most 5,000 d from the first dose on, not until 6000; leave out what is long ago",
    ),
]


@pytest.mark.parametrize(("what", "question", "words"), REFUSED, ids=lambda each: str(each)[:40])
def test_what_cannot_be_answered_is_said(what: str, question: Json, words: str) -> None:
    assert refusal(what, question) == words


@pytest.mark.parametrize(
    ("error", "answered"),
    [
        (NotConverged("no end"), NoAnswer),
        (NotSolved("too steep"), NoAnswer),
        (MissingCovariate("WT"), UnusableInput),
        (HistoryError("the level"), UnusableInput),
        (DosingError("`low`"), UnusableInput),
        (LinAlgError("singular"), OverflowError),
    ],
    ids=lambda each: getattr(each, "__name__", type(each).__name__),
)
def test_no_exception_of_the_models_leaves_as_it_is(error: Exception, answered: type[Exception]) -> None:
    """An OverflowError is what every operation says in its own words."""
    with pytest.raises(answered), answering("field"):
        raise error


def test_levels_beyond_belief_come_with_what_would_explain_them() -> None:
    """The peak that is labelled as a trough would fit, had it been taken after the next dose."""
    peak = VANCOMYCIN | {"samples": [{"time": 11.9, "dv": 70}], "times": [40]}
    words = refusal("predict", peak)
    assert words.startswith("beyond-belief: ") and "it would fit if the level of 11.9 was taken" in words


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "iv", "oral", "AUC24", "trough", "goti2018_vancomycin"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["time", "value"]), inner),
    max_leaves=6,
)
QUESTIONS = [
    ("fit", VANCOMYCIN | {"draws": 500}),
    ("predict", COURSE | {"draws": 500}),
    ("optimise", SEARCH | {"draws": 500}),
]


def _places(value: object, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in parts:
        yield (*at, name)
        yield from _places(inner, (*at, name))


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_is_asked_is_answered_or_declined(data: st.DataObject) -> None:
    """One or two places of a question that is right hold anything: never another exception."""
    what, question = data.draw(st.sampled_from(QUESTIONS))
    question = copy.deepcopy(question)
    for _ in range(data.draw(st.integers(1, 2))):
        *path, last = data.draw(st.sampled_from(sorted(_places(question), key=str)))
        inner: Any = question
        for name in path:
            inner = inner[name]
        inner[last] = data.draw(ANYTHING)
    try:
        answer(dosing_operations(models())[what], question)
    except CalculationError as error:
        assert error.code and str(error)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(ANYTHING)
def test_what_is_no_question_at_all_is_declined(given: object) -> None:
    for operation in dosing_operations(models()).values():
        with pytest.raises(CalculationError):
            answer(operation, given)

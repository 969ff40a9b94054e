"""Which picture belongs to the answer of an operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from fractions import Fraction
from typing import Any

from cds.cards.pictures.model import (
    Bar,
    Bars,
    Estimate,
    ExposureWindow,
    Forest,
    IconArray,
    Level,
    NetworkPicture,
    Outcome,
    Picture,
)
from cds.cards.pictures.numbers import NoPicture, exact, figure
from dsl import Quantity, convert

Json = Mapping[str, Any]
"""An object of JSON; its numbers are int, float, Decimal or Fraction."""


def picture_for(operation: str, given: Json, result: Json) -> Picture | None:
    """The picture of an answer; None where the operation has none, or this answer has none.

    The latter has no numbers, or more events than people, or more rows or nodes than can be read.
    """
    if operation not in _PICTURES:
        return None
    make, needed = _PICTURES[operation]
    if not needed <= result.keys():
        return None
    try:
        return make(given, result)
    except NoPicture:
        return None


def _per_thousand(value: object) -> Fraction:
    return exact(value) * 1000


def _effect(name: str, value: object, interval: list[object]) -> Estimate:
    low, high = (_per_thousand(end) for end in interval)
    return Estimate(name, _per_thousand(value), low, high)


def _forest(title: str, strata: tuple[Estimate, ...], person: str | None, *notes: str) -> Forest:
    return Forest(
        title,
        "Events prevented per 1,000 people, 95 % interval",
        strata,
        person=person,
        below="more events with it",
        above="fewer with it",
        notes=tuple(note for note in notes if note),
    )


def _counts(given: Json, result: Json) -> Forest:
    control, treated = (
        f"{figure(exact(given[f'events_{arm}']))} of {figure(exact(given[f'n_{arm}']))}"
        for arm in ("control", "treated")
    )
    return _forest(
        "Effect of the drug in this group",
        (_effect("This group", result["arr"], result["arr_ci95"]),),
        None,
        f"Events: {control} without the drug, {treated} with it.",
        _number_needed(result),
    )


_NEEDED = {"NNTB": " for one to benefit", "NNTH": " for one to be harmed"}


def _number_needed(result: Json) -> str:
    """The number needed to treat in words, with its interval as Altman writes it (BMJ 1998;317:1309)."""
    kind, form = result["kind"], result["ci_form"]
    if form["form"] == "NNTB-to-infinity-to-NNTH":
        sides = {side: form[side.lower()] for side in _NEEDED}
        ends = [f"{side} {figure(exact(end))}" for side, end in sides.items() if end is not None]
        # An interval that ends at no effect has no number beyond it.
        ends.insert(0 if sides["NNTB"] is None else 1, "infinity")
    else:
        ends = [figure(exact(form[end])) for end in ("from", "to")]
    said = f"{_NEEDED[kind]} ({kind}): {figure(exact(result['number']))}" if kind in _NEEDED else ": none"
    return f"Number needed to treat{said}; 95 % interval {' to '.join(ends)}."


_ACTIONS = {
    "treat": "treat",
    "do-not-treat": "do not treat",
    "uncertain": "not settled",
    "determine-X-first": "find out the group first",
}


def _decide(given: Json, result: Json) -> Forest:
    basis = str(result["basis"])
    known = basis.removeprefix("stratum:") if basis.startswith("stratum:") else None
    action = str(result["action"])
    strata = tuple(
        _effect(f"X = {name}", stratum["arr"], stratum["ci95"]) for name, stratum in given["strata"].items()
    )
    return _forest(
        f"Effect of the drug by group: {_ACTIONS.get(action, action)}",
        strata,
        None if known is None else f"X = {known}",
    )


_EVENTS = {"te": "stroke or embolism", "ich": "bleed in the head", "ech": "other major bleed"}
_ADVICE = {
    "anticoagulate-favoured": "an anticoagulant is favoured",
    "no-anticoagulant-favoured": "no anticoagulant is favoured",
    "preference-sensitive": "it depends on what the person prefers",
}


def _net_benefit(given: Json, result: Json) -> IconArray:
    rates = result["per_100_py"]
    outcomes = tuple(
        Outcome(words, exact(rates[f"{name}_off"]) * 10, exact(rates[f"{name}_on"]) * 10)
        for name, words in _EVENTS.items()
    )
    advice, drawn = str(result["recommendation"]), result["mc"]
    low, high = figure(exact(drawn["q025"])), figure(exact(drawn["q975"]))
    return IconArray(
        f"1,000 people like this one for a year: {_ADVICE.get(advice, advice)}",
        1000,
        outcomes,
        drug="an anticoagulant",
        notes=(
            f"Net benefit per 100 people and year, bleeds weighed against strokes: "
            f"{figure(exact(result['net_benefit']))} (95 % of the draws from {low} to {high}).",
            "Drawn as if nobody had two of these events in the year.",
        ),
    )


def _css(given: Json, result: Json) -> ExposureWindow:
    return ExposureWindow(
        "Average concentration at steady state",
        "mg/L",
        _amount(given["mec"], "mg/L"),
        _amount(given["mtc"], "mg/L"),
        (Level("This person", exact(result["css_avg"])),),
        notes=(
            f"Upper against lower end (therapeutic index): {figure(exact(result['therapeutic_index']))}.",
        ),
    )


def _auc_ratio(given: Json, result: Json) -> Bars:
    return Bars(
        "Exposure to the drug against a person with normal enzyme activity",
        "What",
        "Times the usual",
        (
            Bar("Exposure at the usual dose", exact(result["auc_ratio"])),
            Bar("Dose for the usual exposure", exact(result["dose_fraction_same_exposure"])),
        ),
        reference=("as usual", Fraction(1)),
        notes=(
            f"The enzyme clears {figure(_amount(given['fm'], '1'))} of the drug "
            f"and has {figure(_amount(given['activity'], '1'))} times its normal activity.",
            "This is the drug itself; with a prodrug, less enzyme activity means less effect.",
        ),
    )


def _utility_dose(given: Json, result: Json) -> Bars:
    best = exact(result["best_dose"])
    weight = figure(_amount(given.get("w_tox", 1), "1"))
    bars, marked = [], False
    for row in result["table"]:
        dose, level, effect, harm, utility = (exact(cell) for cell in row)
        # The first of equal doses is the one that was chosen.
        mark = "best" if dose == best and not marked else ""
        marked |= bool(mark)
        bars.append(Bar(f"{figure(dose)}\N{NO-BREAK SPACE}mg", utility, mark, (level, effect, harm)))
    return Bars(
        f"Utility of each dose: {figure(best)} mg is best",
        "Dose",
        "Utility",
        tuple(bars),
        more=("Level", "Effect", "Harm"),
        notes=(
            f"Utility: probability of effect less {weight} × that of harm.",
            "Level: average concentration in mg/L.",
        ),
    )


_OPENING = frozenset({"pathogenic", "likely-pathogenic", "oncogenic", "likely-oncogenic"})


def _block(given: Json, result: Json) -> NetworkPicture:
    edges = [_edge(edge) for edge in given["edges"]]
    sources, added = [str(node) for node in given.get("sources") or ()], []
    drugs, resisting = _names(given.get("drug")), []
    for variant in given.get("variants") or ():
        if set(drugs) & set(_names(variant.get("resistant_to"))):
            resisting.append(str(variant["gene"]))
        if variant.get("classification", "pathogenic") not in _OPENING:
            continue
        added += [_edge(edge) for edge in variant.get("adds_edges") or ()]
        if variant.get("constitutive"):
            sources.append(str(variant["gene"]))
    blocked = tuple(str(node) for node in given.get("block") or ())
    stops, by = result.get("block_stops_signal"), f" by {' and '.join(drugs)}" if drugs else ""
    if not result["signal_active"]:
        title = "No signal arrives"
    elif not blocked or stops is None:
        title = "The signal arrives; nothing is blocked"
    else:
        title = f"Block of {', '.join(blocked)}{by}: the signal {'stops' if stops else 'still arrives'}"
    return NetworkPicture(
        title,
        tuple(dict.fromkeys([*edges, *added])),
        tuple(dict.fromkeys(sources)),
        str(given["sink"]),
        blocked,
        tuple(node for node in blocked if node in resisting),
        tuple(str(node) for node in result.get("surviving_path") or ()),
        tuple(str(node) for node in result.get("after_merge") or ()),
        notes=("Model: who can reach whom, over edges that pass activity on.",),
    )


def _names(value: Any) -> tuple[str, ...]:
    """One name, several or none."""
    return (value,) if isinstance(value, str) else tuple(str(name) for name in value or ())


def _edge(edge: Any) -> tuple[str, str]:
    start, end = edge
    return str(start), str(end)


def _amount(value: object, unit: str) -> Fraction:
    """A number of `given`, which may come with a unit of its own."""
    if isinstance(value, Mapping):
        return convert(Quantity(exact(value["value"]), str(value["unit"])), unit).value
    return exact(value)


_PICTURES: Mapping[str, tuple[Callable[[Json, Json], Picture], Set[str]]] = {
    "nnt.counts": (_counts, {"arr", "arr_ci95", "kind", "number", "ci_form"}),
    "nnt.decide": (_decide, {"basis", "action"}),
    "af.net_benefit": (_net_benefit, {"per_100_py", "net_benefit", "mc", "recommendation"}),
    "pk.css": (_css, {"css_avg", "therapeutic_index"}),
    "pk.auc_ratio": (_auc_ratio, {"auc_ratio", "dose_fraction_same_exposure"}),
    "nof1.utility_dose": (_utility_dose, {"best_dose", "table"}),
    "path.block": (_block, {"signal_active", "after_merge"}),
}
"""By operation, with the members of its result that the picture is made of."""

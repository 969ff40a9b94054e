"""What is said about an answer: our own words for its action and each of its parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from kb.importing.fact_table import Answer, name_of


@dataclass(frozen=True, slots=True)
class Phrase:
    """A parameter in words, `{}` standing for its value."""

    words: str
    name: str | None = None
    """What it adds to the name of an outcome, if anything."""


PHRASES: Final = {
    "dose_pct": Phrase("give {} % of the usual dose", "{}"),
    "start_pct": Phrase("start with {} % of the usual dose", "{}"),
    "start_pct_of_lowest": Phrase("start with {} % of the lowest recommended dose", "{}"),
    "start": Phrase("start with {}", "{}"),
    "freq": Phrase("{}"),
    "after": Phrase("reassess after {}", "after_{}"),
    "then": Phrase("then, if tolerated, {}"),
    "or": Phrase("or choose another drug", "or_{}"),
    "only_if_normal_start": Phrase("this applies if the usual start is {}"),
    "cap_mg_day": Phrase("{} mg/day", "{}"),
    "cap": Phrase("at most {}"),
    "max": Phrase("at most {}"),
    "max_mg": Phrase("at most {} mg"),
    "max_pct": Phrase("at most {} % of the maximum recommended dose"),
    "maint": Phrase("consider a {} maintenance dose", "{}_maintenance"),
    "maint_pct": Phrase("maintain with {} % of the usual dose", "maintain_{}"),
    "maint_vs_PM_pct": Phrase("maintain with {} % of the dose of poor metabolizers"),
    "increase_pct": Phrase("increase the dose by {} %", "increase_{}"),
    "titrate": Phrase("titrate {}"),
    "alt": Phrase("give {} instead, unless contraindicated"),
    "if_used": Phrase("if used nevertheless, {}", "if_used_{}"),
    "if_used_start_pct": Phrase("if used nevertheless, start with {} % of the usual dose", "if_used_{}"),
    "if_used_maint_pct": Phrase("if used nevertheless, maintain with {} % of the usual dose", "if_used_{}"),
    "if_used_cap_mg_day": Phrase("if used nevertheless, {} mg/day", "if_used_{}"),
    "if_used_dose_mg_day": Phrase("if used nevertheless, give {} mg/day", "if_used_{}"),
    "malignant_start_pct": Phrase("in malignant disease start with {} % of the usual dose", "malignant_{}"),
    "malignant_freq": Phrase("{}"),
    "if_inadequate": Phrase("if the effect is inadequate, {}"),
    "avoid_inhibitors": Phrase("avoid {} inhibitors"),
    "dose_mg_day": Phrase("the usual dose is {} mg/day"),
    "note": Phrase("use the {}"),
    "tdm": Phrase("measure drug levels"),
    "monitor": Phrase("watch for {}"),
    "caution": Phrase("caution {}", "caution"),
    "exceptions": Phrase("the guideline names exceptions"),
    "strength": Phrase("the contraindication is {}"),
    "level": Phrase("this follows {}"),
    "reason": Phrase("because of {}"),
    "increase_unlikely_needed": Phrase("a higher dose than the starting one is hardly ever needed"),
    "condition": Phrase("{}"),
}  # fmt: skip
"""Every parameter that a row may have, in the order in which it is said."""

HIDDEN: Final = "partner_gene"
"""A parameter that is said of the genes."""
CONDITION: Final = "condition"
"""A parameter in our own words, from the note of whoever read the row."""

_VALUES: Final = {
    "3x/week": "3 times a week",
    "2 wk": "2 weeks",
    "3 d": "3 days",
    "slower": "more slowly",
    "alternative": "choose another drug",
    "titrate-higher": "titrate to a higher dose",
    "titrate-higher|alternative": "titrate to a higher dose or choose another drug",
    "with-TDM": "measure drug levels",
    "strongly-reduced+TDM": "strongly reduce the dose and measure drug levels",
    "non-codeine/non-tramadol opioid": "choose an opioid other than codeine and tramadol",
    "CYP2D6 moderate+strong": "moderate and strong CYP2D6",
    ">=200 mg/day": "from 200 mg/day",
    "other P2Y12 inhibitor": "another P2Y12 inhibitor",
    "bradycardia": "bradycardia",
    "reduced efficacy": "reduced efficacy",
    "CPIC 2024-03": "the update of March 2024",
}
_SCOPES: Final = {
    ">12 weeks": "beyond 12 weeks",
    "H. pylori|erosive oesophagitis": "in H. pylori infection and erosive oesophagitis",
    "malignancy": "in malignant disease",
    "non-malignant": "in non-malignant disease",
    # The population says it.
    "naive": "",
    "naive,no alternative": "",
}
_FLAGS: Final = {"monitor": "toxicity", "caution": "is advised"}
_TAGS: Final = {"titrate-higher": "titrate", "strongly-reduced+TDM": "strongly_reduced", "with-TDM": "levels"}

LATER_DOSE: Final = ("increase_pct", "maint", "maint_pct")
"""What changes a later dose, though the start is the usual one."""

_LEADING: Final = {
    "standard": LATER_DOSE,
    "reduce_start": ("start_pct", "start_pct_of_lowest"),
    "increase_start": ("start_pct",),
    "reduce_maintenance": ("maint_pct",),
    "fixed_start": ("start",),
    "titration_protocol": ("start",),
    "dose_cap": ("cap_mg_day", "max_pct"),
    "reduce": ("dose_pct",),
    "increase": ("dose_pct",),
    "reduce_or_alternative": ("dose_pct",),
    "increase_or_alternative": ("dose_pct",),
}
"""Actions that say what to do by a parameter."""

_HEADLINES: Final = {
    "adjust": "adjust the dose",
    "avoid_or_adjust": "avoid",
    "increase": "increase the dose",
    "increase_or_alternative": "increase the dose",
    "monitor": "watch effect and side effects",
    "monitor_or_alternative": "watch effect and side effects",
    "reduce": "reduce the dose",
    "reduce_or_alternative": "reduce the dose",
    "avoid": "avoid",
    "alternative": "choose another drug",
    "consider_alternative": "consider another drug",
    "start_low": "start with a low dose",
    "test_enzyme_activity": "the result does not settle it, test the enzyme activity",
    "clinical_judgement": "the result does not settle the risk, judge clinically",
    "continue_with_caution_if_tolerated": "go on with caution, if tolerated",
    "use_with_monitoring": "use it only with frequent monitoring",
    "no_recommendation": "no recommendation",
    "invalid_copy_number_input": "the number of gene copies is not known",
}

ACTIONS: Final = frozenset({*_HEADLINES, *_LEADING})
"""Every action that can be said."""


def is_sayable(name: str, value: str) -> bool:
    """Whether a parameter of this name is known, and its value a number, an amount or a listed word."""
    if name == HIDDEN:
        return value == "unknown"
    if name == CONDITION:
        return not re.search(r"[{}\\]", value)
    if name == "scope":
        return value in _SCOPES
    listed = value in _VALUES or (name, value) == _ALLOWED or (value == "1" and name in _YES)
    free = name in ("alt", "note", "maint", "strength") and re.fullmatch(r"[A-Za-z0-9 |]+", value)
    return name in PHRASES and bool(listed or free or re.match(r"[<>]?=?[0-9]", value))


def headline_and_details(answer: Answer) -> tuple[str, tuple[str, ...]]:
    """What to do, and everything else that the answer says, as clauses.

    A usual start is not worth saying: there the first thing that is to be done later comes first.
    """
    action, params = answer.action, dict(answer.params)
    if _ALLOWED in answer.params and "cap_mg_day" in params:
        params["if_used_cap_mg_day"] = params.pop("cap_mg_day")
    scope = _SCOPES[params.pop("scope", "naive")]
    clauses = {name: _clause(name, params[name]) for name in PHRASES if name in params}
    for dose, often in (("start_pct", "freq"), ("malignant_start_pct", "malignant_freq")):
        if {dose, often} <= clauses.keys():
            clauses[dose] += f" {clauses.pop(often)}"
    if params.get("if_used") in _UNSAID:
        clauses.pop(_UNSAID[params["if_used"]], None)
    elif "tdm" in clauses and action in OTHER_DRUG:
        clauses["tdm"] += " if it is used"
    if action == "avoid_or_adjust":
        dose = clauses.pop("dose_pct", "adjust the dose")
        clauses = {"dose_pct": f"if nothing can replace it, {dose}", **clauses}
    leading = next((name for name in _LEADING.get(action, ()) if name in clauses), "")
    headline = clauses.pop(leading, "") or _HEADLINES.get(action, "")
    if (action, answer.classification) == ("avoid", "optional"):
        headline = "avoid if possible"
    if action.endswith("_or_alternative"):
        headline += " or choose another drug"
    return " ".join(filter(None, (scope if headline else "", headline))), tuple(clauses.values())


_ALLOWED: Final = ("if_used", "allowed")
"""What is allowed, the parameter beside it says."""
_UNSAID: Final = {"allowed": "if_used", "with-TDM": "tdm", "strongly-reduced+TDM": "tdm"}
"""Parameters that need no words of their own beside these values of `if_used`."""
OTHER_DRUG: Final = ("avoid", "avoid_or_adjust", "alternative", "consider_alternative")
"""Actions that advise against the drug."""
_YES: Final = ("caution", "exceptions", "monitor", "tdm")
"""Parameters that are there or not."""


def _clause(name: str, value: str) -> str:
    return PHRASES[name].words.format(_value(name, value))


def _value(name: str, value: str) -> str:
    if value == "1" and name in _FLAGS:
        return _FLAGS[name]
    if name == CONDITION:
        return value
    if value in _VALUES:
        return _VALUES[value]
    words = value.replace(">=", "at least ").replace("<", "less than ").replace("|", " or ")
    if name.endswith("cap_mg_day") and value[0].isdigit():
        words = f"at most {words}"
    return re.sub(r"(?<=[0-9])-(?=[0-9])", " to ", words)


def outcome_name(answer: Answer, untested: tuple[str, ...], apart: frozenset[str] = frozenset()) -> str:
    """What the answer says, as a name: `reduce_start_50_moderate`.

    The parameters in `apart` are in it too: those that tell it from others that would have the same name.
    """
    parts, params = [answer.action], dict(answer.params)
    for name in (*PHRASES, "scope"):
        value, phrase = params.get(name), PHRASES.get(name)
        if value is not None and phrase is not None and phrase.name is not None:
            parts.append(phrase.name.format(_TAGS.get(value, value)))
        elif value is not None and name in apart:
            parts.append(name if value == "1" else f"{name}_{value}")
    parts += [answer.classification] if answer.classification != answer.action else []
    parts += ["partial", *untested] if untested else []
    return name_of("_".join(parts).replace(".", "_")).replace("maintenance_maintain", "maintenance")

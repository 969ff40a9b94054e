"""Words for findings: labels of inputs, reasons, and the explanation, all taken from the trace."""

from __future__ import annotations

import re

from dsl.evaluator.evaluate import Finding, State
from dsl.model import Ask, Input, Let, Nothing, SourceKind
from dsl.types import EnumType
from dsl.values import Fact, Quantity, Reason, Value, format_number

_REASON_WORDS = {
    Reason.MISSING: "missing",
    Reason.STATUS: "not final",
    Reason.FUTURE: "dated in the future",
    Reason.STALE: "too old",
    Reason.UNDATED: "not clearly dated",
    Reason.NO_VALUE: "without a usable value",
    Reason.UNIT: "without a usable unit",
    Reason.IMPLAUSIBLE: "not plausible",
    Reason.COMPARATOR: "known only as a limit",
    Reason.CONFLICT: "contradictory",
    Reason.SUBJECT: "of an unclear person",
    Reason.MODEL_FAILED: "not computable",
}

_UNIT_WORDS = {
    "a": "years",
    "10*3/uL": "×10³/µL",
    "10*9/L": "×10⁹/L",
    "[lb_av]": "lb",
    "/uL": "/µL",
    "mg/wk": "mg a week",
}

# A problem list that says nothing is not a missing measurement.
_ON_FILE = (SourceKind.CONDITION, SourceKind.INDICATION, SourceKind.ALLERGY)

_LONGEST_NUMBER = 7
"""Characters of a calculated number that are shown as they are."""

_CARRIED = re.compile(r"(HLA)_([A-Z0-9]+)_([0-9]+)_([0-9]+)")
"""The name of an allele whose presence is asked: a name in rules has neither `-`, `*` nor `:`."""

_TRUTH_WORDS = {True: "yes", False: "no", None: "unknown"}


def label(declared: Input) -> str:
    """What people call an input: `CYP2C19 result`, `platelets`, `age`."""
    source = declared.source
    words = source.name.replace("_", " ")
    if source.kind is SourceKind.PHENOTYPE:
        return f"{gene_words(source.name)} result"
    if source.kind is SourceKind.SCORE:
        return f"{gene_words(source.name)} activity score"
    if source.kind is SourceKind.GENOTYPE:
        return f"{gene_words(source.name)} genotype"
    if source.kind is SourceKind.VARIANT:
        return f"{words} variant"
    if source.kind is SourceKind.PATHWAY:
        return f"tumour signal in the network {words}"
    if source.kind is SourceKind.INDICATION:
        return f"indication for {words}"
    if source.kind is SourceKind.MEDICATION:
        return f"current use of {words}"
    if source.kind is SourceKind.EXPOSURE:
        return f"earlier use of {words}"
    if source.kind is SourceKind.ALLERGY:
        return f"allergy to {words}"
    if source.trend is not None:
        function = source.trend.function.value.replace("_", " ")
        return f"{function} of the last {source.trend.count} results of {words}"
    return f"{words} relative to the upper limit" if source.over_upper_limit else words


def gene_words(name: str) -> str:
    """A gene as people write it: `MT-RNR1` for `MT_RNR1`, `HLA-B*57:01` for `HLA_B_57_01`."""
    return _CARRIED.sub(r"\1-\2*\3:\4", name).replace("_", "-")


def words(declared: Input | Let, value: Value) -> str:
    """A value in words for people; enum members by their labels, long calculated numbers cut with a `~`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return declared.type.label(value) if isinstance(declared.type, EnumType) else value
    text = str(value)
    if isinstance(declared, Let) and isinstance(value, Quantity):
        number = format_number(value.value)
        number = f"~{float(value.value):.4g}" if len(number) > _LONGEST_NUMBER else number
        text = number if value.unit == "1" else f"{number} {value.unit}"
    if value.unit == "1":
        return text
    return text.removesuffix(value.unit) + _UNIT_WORDS.get(value.unit, value.unit)


def value_words(declared: Input | Let, fact: Fact) -> str:
    """`60 kg`, `normal metabolizer or poor metabolizer (contradictory)`, `missing`."""
    reason = f"{_REASON_WORDS[fact.reason]}" if fact.reason else ""
    if fact.missing:
        return reason or "missing"
    values = " or ".join(words(declared, value) for value in fact.possible)
    return f"{values} ({reason})" if reason else values


def changed_words(declared: Input, fact: Fact) -> str:
    """`with paroxetine, a strong inhibitor; by genes normal metabolizer`: why a genetic result is not itself.

    Empty for a fact that nothing changed, and where it is open whether something did.
    """
    if not fact.changed_by:
        return ""
    return f"with {fact.changed_by}; by genes {before_words(declared, fact)}"


def before_words(declared: Input, fact: Fact) -> str:
    """What a fact was before something changed it, `normal metabolizer`; empty if nothing did."""
    return " or ".join(words(declared, value) for value in fact.before)


def lacking(declared: Input, fact: Fact) -> str:
    """`platelets missing`, `CYP2C19 result contradictory`: why an input cannot be used."""
    if fact.reason is Reason.MISSING and declared.source.kind in _ON_FILE:
        return f"{label(declared)} not on file"
    return f"{label(declared)} {_REASON_WORDS[fact.reason or Reason.MISSING]}"


def explain(finding: Finding) -> list[str]:
    """The explanation of a finding, line by line."""
    rule = finding.rule
    lines = [f"{rule.name} {rule.version}: {_answer(finding)}"]
    for declared in rule.inputs:
        fact = finding.facts[declared.name]
        line = f"  {declared.name}: {value_words(declared, fact)}"
        used = [datum for datum in fact.data if datum.reason is None]
        if used:
            places = "; ".join(f"{datum.reference}, {datum.instant or 'undated'}" for datum in used)
            line += f" [{places}]"
        remarks = "; ".join(filter(None, (changed_words(declared, fact), fact.explanation)))
        lines.append(line + (f": {remarks}" if remarks else ""))
        lines += [
            f"    not used: {datum.reference or datum.path}, {datum.text or 'no value'} ({datum.reason})"
            for datum in fact.data
            if datum.reason is not None
        ]
    for let in rule.lets:
        if let.named:
            fact = finding.facts[let.name]
            caveat = f": {fact.explanation}" if fact.explanation else ""
            lines.append(f"  {let.name}: {value_words(let, fact)} [calculated]{caveat}")
    lines += [f"  line {step.line}: {step.text}: {_TRUTH_WORDS[step.truth]}" for step in finding.steps]
    if finding.decided_by:
        lines.append(f"  decided by: {', '.join(finding.decided_by)}")
    lines += [f"  assuming: {assumption}" for assumption in finding.assumptions]
    return lines


def _answer(finding: Finding) -> str:
    lacks = ", ".join(lacking(finding.rule.input(name), finding.facts[name]) for name in finding.asks)
    if finding.state is State.ASK:
        return f"not decided: {lacks}" if lacks else "not decided"
    result = finding.result
    if finding.state is State.OUTSIDE:
        return f"not for this patient (population: {finding.rule.population})"
    if isinstance(result, Nothing):
        answer = "nothing to say" + (f": {result.because}" if result.because else "")
    else:
        assert not isinstance(result, Ask)
        answer = str(result)
    return f"{answer} ({lacks})" if lacks else answer

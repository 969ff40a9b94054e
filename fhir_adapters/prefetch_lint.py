"""What a CDS Hooks 2.0 client could not evaluate in a prefetch template (checklist E1 to E5 and E14).

The restricted queries are: an instance read; a search by references, tokens (`:in` included) and dates
with `eq`, `lt`, `gt`, `ge`, `le`; `_count` and `_sort`. No chaining, no other modifier, nothing included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from fhir_adapters.prefetch import MAX_URL_LENGTH, url_length
from fhir_adapters.prefetch_plan import USER_TOKENS

TOKENS = frozenset({"context.patientId", "context.userId", "context.encounterId", *USER_TOKENS})
"""The tokens of CDS Hooks 2.0 that every hook served here offers."""


class _Kind(StrEnum):
    REFERENCE = "reference"
    TOKEN = "token"
    DATE = "date"
    COUNT = "count"
    SORT = "sort"


_PARAMETERS = {
    "patient": _Kind.REFERENCE,
    "subject": _Kind.REFERENCE,
    "encounter": _Kind.REFERENCE,
    "code": _Kind.TOKEN,
    "category": _Kind.TOKEN,
    "status": _Kind.TOKEN,
    "intent": _Kind.TOKEN,
    "clinical-status": _Kind.TOKEN,
    "verification-status": _Kind.TOKEN,
    "date": _Kind.DATE,
    "authoredon": _Kind.DATE,
    "onset-date": _Kind.DATE,
    "recorded-date": _Kind.DATE,
    "_count": _Kind.COUNT,
    "_sort": _Kind.SORT,
}
"""Search parameters whose kind is known here to be in the restricted subset."""

_FILLED = r"\{\{[^{}]*\}\}"
_ID = rf"(?:[A-Za-z0-9.\-]{{1,64}}|{_FILLED})"
_READ = re.compile(rf"[A-Z][A-Za-z]+/{_ID}|\{{\{{context\.userId\}}\}}")
_VALUES = {
    _Kind.REFERENCE: re.compile(rf"(?:[A-Z][A-Za-z]+/)?{_ID}"),
    _Kind.TOKEN: re.compile(r"[^|,]+(?:\|[^|,]*)?(?:,[^|,]+(?:\|[^|,]*)?)*"),
    _Kind.DATE: re.compile(r"(?:eq|lt|gt|ge|le)?\d{4}(?:-\d\d(?:-\d\d(?:T[\d:.]+(?:Z|[+\-][\d:]+)?)?)?)?"),
    _Kind.COUNT: re.compile(r"[1-9]\d*"),
    _Kind.SORT: re.compile(r"-?[a-z\-]+(?:,-?[a-z\-]+)*"),
}
_LITERAL = re.compile(r"[A-Za-z0-9._~:/|,?&=\-]*")


@dataclass(frozen=True, slots=True)
class TemplateFinding:
    """What is wrong with a template: a machine word and a sentence for people."""

    code: str
    sentence: str


def lint_template(template: str) -> list[TemplateFinding]:
    """Everything that some 2.0 client could not evaluate, or would evaluate otherwise than meant."""
    return list(_findings(template))


def _findings(template: str) -> Iterator[TemplateFinding]:
    for token in re.findall(r"\{\{(.*?)\}\}", template):
        if token not in TOKENS:
            yield TemplateFinding(
                "token", f"`{token}` is no token of CDS Hooks 2.0: expected one of the context"
            )
    if not _LITERAL.fullmatch(re.sub(_FILLED, "", template)):
        yield TemplateFinding("character", "a character has another meaning in a URL, or none: take it out")
    if url_length(template) > MAX_URL_LENGTH:
        yield TemplateFinding("length", f"longer than {MAX_URL_LENGTH} characters once encoded: split it")
    kind, asks, parameters = template.partition("?")
    if not asks:
        if not _READ.fullmatch(template):
            yield TemplateFinding(
                "form", "expected a read such as `Patient/{{context.patientId}}`, or a search"
            )
        return
    if not re.fullmatch(r"[A-Z][A-Za-z]+", kind):
        yield TemplateFinding("form", "expected a search of one type of resource, `Observation?…`")
    seen = set[str]()
    for parameter in parameters.split("&"):
        yield from _parameter(parameter, seen)


def _parameter(parameter: str, seen: set[str]) -> Iterator[TemplateFinding]:
    full_name, _, value = parameter.partition("=")
    name, colon, modifier = full_name.partition(":")
    if name in seen:
        # A widely used client folds repeats into one comma list, which turns "and" into "or".
        yield TemplateFinding("repeated", f"`{name}` stands twice: list the values with commas, or ask twice")
    seen.add(name)
    kind = _PARAMETERS.get(name)
    if kind is None:
        yield TemplateFinding("parameter", f"`{name}` is not known to be a restricted query")
    elif colon and (modifier != "in" or kind is not _Kind.TOKEN):
        yield TemplateFinding(
            "modifier", f"`{full_name}`: only `:in`, and only for tokens, is a restricted query"
        )
    elif not _VALUES[kind].fullmatch(value):
        yield TemplateFinding("value", f"`{name}`: expected a {kind}")

"""Templates and escaping: everything that a template inserts is escaped for Markdown."""

from __future__ import annotations

import re
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from dsl import Fact, Finding, Input, QuantityType, before_words, value_words
from dsl.checker.outcomes import PLACEHOLDER

_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|~&])")
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?(?=T|$)")


def escape(text: object) -> str:
    """Text that Markdown shows as it is."""
    return _MARKDOWN.sub(r"\\\1", str(text))


@lru_cache(maxsize=1)
def _detail() -> Template:
    environment = Environment(
        loader=PackageLoader("cds.cards"),
        autoescape=False,  # the output is Markdown; `finalize` escapes every value for it
        finalize=escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    return environment.get_template("detail.md.j2")


def detail(**view: object) -> str:
    """The detail of a card, GitHub-flavoured Markdown without HTML."""
    return _detail().render(**view).strip()


def fill(text: str, finding: Finding, *, summary: bool = False, brief: bool = False) -> str:
    """A text of the rule with `{input}` replaced by the value of that input in words.

    A summary names no calculated amount of which several are possible: it has one dose or none. In `brief`,
    no several values are listed, and what a value would be without the drugs that change it is not said. The
    detail of the card has them.
    """

    def value(match: re.Match[str]) -> str:
        declared = finding.rule.declared(match[1])
        fact = finding.facts[declared.name]
        several = len(fact.possible) > 1
        calculated = not isinstance(declared, Input) and isinstance(declared.type, QuantityType)
        if summary and several and calculated:
            return "not settled"
        if brief and several:
            return "ambiguous"
        if fact.missing:
            return "not known"
        said = value_words(declared, fact)
        if brief or not fact.changed_by or not isinstance(declared, Input):
            return said
        return f"{said} (by genes {before_words(declared, fact)})"

    return PLACEHOLDER.sub(value, text)


def shown_value(declared: Input, fact: Fact) -> str:
    """The value in words with the date of the datum it comes from."""
    dates = sorted(
        {
            match[0]
            for datum in fact.data
            if datum.reason is None and datum.instant and (match := _DATE.match(datum.instant))
        }
    )
    words = value_words(declared, fact)
    return f"{words} ({', '.join(dates)})" if dates else words


def capitalised(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]

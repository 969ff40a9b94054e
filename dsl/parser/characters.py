"""Characters that look right and are not: what they are called, and what to type instead.

Word processors, PDF files and web pages put them into whatever is copied from them.
"""

from __future__ import annotations

import unicodedata

DOUBLE_QUOTES = "“”„‟«»″\uff02"
SINGLE_QUOTES = "'\u2018\u2019\u201a\u201b\u2039\u203a\u2032\u00b4"

_MEANT = {
    "≥": ">=", "⩾": ">=", "≧": ">=", "≤": "<=", "⩽": "<=", "≦": "<=", "≠": "!=", "→": "=>", "⇒": "=>",
    "➔": "=>", "⟶": "=>", "⟹": "=>", "µ": "u", "μ": "u", "\u2010": "-", "\u2011": "-", "−": "-",
    "∧": "and", "\u2228": "or", "¬": "not", "∈": "in",
}  # fmt: skip
"""Signs with one meaning; a tool may replace them."""

_ADVICE = {
    "µ": "UCUM writes micro as `u`: `uL`", "μ": "UCUM writes micro as `u`: `uL`",
    "–": "write `-`, or a range with its ends: `15 ..< 30`", "—": "write `-`",
    "…": "write a range with its ends: `15 ..< 30`",
    "×": "write `*`; UCUM writes powers of ten like `10*3/uL`", "·": "UCUM joins units with `.`",
    "°": "UCUM writes degrees Celsius as `Cel`", "•": "nothing marks the items of a list; leave it out",
    "±": "write a range with its ends: `15 ..< 30`", "²": "write `2`, as in `mg/m2`",
}  # fmt: skip


def described(character: str) -> str:
    """`U+200B (zero width space)`: for what cannot be seen, or looks like something else."""
    name = unicodedata.name(character, "a control character").lower()
    return f"U+{ord(character):04X} ({name})"


def is_invisible(character: str) -> bool:
    """Whether it takes no room, such as a soft hyphen or a zero-width space."""
    return unicodedata.category(character) == "Cf"


def is_space(character: str) -> bool:
    """Whether it is a space, of any width."""
    return unicodedata.category(character) == "Zs"


def meant(character: str) -> str | None:
    """What was certainly meant by a character that the language does not have; None where it is open."""
    if is_invisible(character):
        return ""
    if is_space(character):
        return " "
    if character in _MEANT:
        return _MEANT[character]
    plain = unicodedata.normalize("NFKC", character)
    # Ligatures and wide forms of PDF files are letters; a raised `²` may be a power or a footnote.
    same = plain.isascii() and not unicodedata.decomposition(character).startswith("<super>")
    return plain if same and character not in _ADVICE else None


def advice(character: str) -> str:
    """What to type instead, or nothing where that cannot be said."""
    if character in _ADVICE:
        return _ADVICE[character]
    if is_invisible(character):
        return "delete it"
    if is_space(character):
        return "type an ordinary space"
    plain = meant(character)
    if plain is None and character.isalpha():
        return "names have the letters a to z, digits and `_`; other letters stand in text in quotes"
    digit = unicodedata.digit(character, None)
    return f"write `{plain}`" if plain else f"write `{digit}`" if digit is not None else ""

"""Signs, clauses and numbers that are missing, or one too many."""

from __future__ import annotations

from dsl import units
from dsl.diagnostics import Diagnostic, Label
from dsl.parser.fault import CLOSING, Fault, place_of, quoted
from dsl.parser.repairs import after, fits

_SIGNS = ("{", "[", "=>", ",", "|", ":", "=")
"""Signs that open or separate, and whose place can be told from what stands around it."""

_MOST_LEFT_OPEN = 4


def unknown_left_out(fault: Fault) -> Diagnostic | None:
    """A decision or table that does not say what to answer when data are missing."""
    clause = ("unknown", "=>", "none")
    if fault.found in clause or "UNKNOWN" not in fault.expected:
        return None
    if not any(fits(fault.state, *clause, *"}" * count, fault.found) for count in range(3)):
        return None
    return fault.said(
        f"the `unknown` clause is missing before {quoted(fault.found)}", others=_still_open(fault, 1),
        help="say what to answer when data are missing: `unknown => ask …`",
    )  # fmt: skip


def sign_left_out(fault: Fault) -> Diagnostic | None:
    """A sign, or the closing ones of what is open, would make this word and the next one fit."""
    rest = [fault.found, fault.following] if fault.following else [fault.found]
    signs = [sign for sign in _SIGNS if fits(fault.state, sign, *rest)]
    if "=" in signs and "COMPARE" in fault.expected:
        advice = "write `<`, `<=`, `=`, `!=`, `>=` or `>` between the two"
        return fault.said(f"a comparison is missing before {quoted(fault.found)}", help=advice)
    if signs:
        named = " or ".join(f"`{sign}`" for sign in signs)
        return fault.said(f"{named} is missing before {quoted(fault.found)}")
    closing = [CLOSING[sign] for sign in reversed(fault.open_signs()[-_MOST_LEFT_OPEN:])]
    for count in range(1, len(closing) + 1):
        if fits(fault.state, *closing[:count], *rest):
            named = ", ".join(f"`{sign}`" for sign in closing[:count])
            verb = "is" if count == 1 else "are"
            message = f"{named} {verb} missing before {quoted(fault.found)}"
            return fault.said(message, others=_still_open(fault, count))
    return None


def _still_open(fault: Fault, count: int) -> tuple[Label, ...]:
    """The innermost brackets that nothing has closed."""
    signs = fault.open_signs()[-count:]
    return tuple(fault.label(sign, f"this `{sign}` is still open") for sign in reversed(signs))


def number_left_out(fault: Fault) -> Diagnostic | None:
    """A unit where a quantity belongs."""
    expected = fault.expected
    if "NUMBER" not in expected or "NAME" in expected or not _is_unit(fault.found):
        return None
    advice = f"write it like `30 {fault.found}`"
    return fault.said(f"the number before `{fault.found}` is missing", help=advice)


def _is_unit(word: str) -> bool:
    if word.rstrip("s") in ("hour", "day", "week", "month", "year"):
        return True
    try:
        units.parse(word)
    except units.UnitError:
        return False
    return True


def comma_for_bar(fault: Fault) -> Diagnostic | None:
    """Cells of a table separated like the members of a list."""
    if not fault.before or fault.before[-1] != "," or not fits(after(fault.before[:-1]), "|", fault.found):
        return None
    message = f"`,` stands before {quoted(fault.found)} instead of `|`"
    return fault.said(message, at=place_of(fault.before[-1]), help="each cell starts with `|`")


def closed_too_early(fault: Fault) -> Diagnostic | None:
    """A closing sign without its opening one, or in front of what should stand inside."""
    if fault.found in CLOSING.values() and fault.found not in [CLOSING[sign] for sign in fault.open_signs()]:
        return fault.said(f"`{fault.found}` closes nothing", help="leave it out")
    if not fault.before or fault.before[-1] not in CLOSING.values():
        return None
    last = fault.before[-1]
    if not fits(after(fault.before[:-1]), fault.found):
        return None
    message = f"{quoted(fault.found)} stands outside of what it belongs to"
    others = (fault.label(last, f"this `{last}` closed it"),)
    return fault.said(message, others=others, help=f"leave the `{last}` out, or move it behind this")


def empty_cell(fault: Fault) -> Diagnostic | None:
    """Two bars with nothing between them."""
    if not fault.before or not fault.before[-1] == "|" == fault.found:
        return None
    return fault.said("the cell before this `|` is empty", help="`*` takes any value")


def separates_nothing(fault: Fault) -> Diagnostic | None:
    """A comma behind the last of a list, or a word written twice."""
    if not fault.before:
        return None
    words = [str(token) for token in fault.before[-2:]]
    if words[-1] == "," and fits(after(fault.before[:-1]), fault.found):
        return _left_out(fault, 1, f"`,` stands before {quoted(fault.found)} and separates nothing")
    # A keyword behind a comma, or behind itself, is taken for a name, and only what follows does not fit.
    if words[0] in (",", words[-1]) and fits(after(fault.before[:-2]), words[-1], fault.found):
        if words[0] == ",":
            return _left_out(fault, 2, f"`,` stands before {quoted(words[-1])} and separates nothing")
        return _left_out(fault, 1, f"{quoted(words[-1])} is written twice")
    return None


def filler(fault: Fault) -> Diagnostic | None:
    """`ask for weight`: a word of plain English, taken for a name."""
    words = [str(token) for token in fault.before[-2:]]
    if words != ["ask", "for"] or not fits(after(fault.before[:-1]), fault.found):
        return None
    return _left_out(fault, 1, f"`for` does not stand before {quoted(fault.found)}")


def power_of_ten(fault: Fault) -> Diagnostic | None:
    """`10^3/uL` where a unit is expected."""
    if fault.found != "^" or "RSQB" not in fault.expected:
        return None
    return fault.said("`^` stands in no unit", help="UCUM writes a power as `10*3/uL` or `kg/m2`")


def _left_out(fault: Fault, back: int, message: str) -> Diagnostic:
    return fault.said(message, at=place_of(fault.before[-back]), help="leave it out", put="")

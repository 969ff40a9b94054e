"""JSON in and out, strictly: exact decimals, no duplicate keys, bounded size, depth and numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from json.encoder import encode_basestring
from typing import NoReturn

import msgspec

from fhir_adapters.errors import JsonRefused

_MAX_DIGITS = 64
_MAX_EXPONENT = 308
"""The range of a double: what is beyond it other programs read as infinity or zero."""
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")

_STRUCTURE = bytes.maketrans(b"{}", b"[]")
_NO_STRUCTURE = bytes(set(range(256)) - set(b'"[]{}'))
_DIGITS_ALIKE = bytes.maketrans(b"012345678", b"9" * 9)
_LONG_NUMBER = b"9" * (_MAX_DIGITS + 1)
_SAMPLED = 16
_LONG_NUMBER_SAMPLED = b"9" * (len(_LONG_NUMBER) // _SAMPLED)

_BRACKET = re.compile(r"[\[{\]}]")
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", re.DOTALL
)
_REFUSED_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F]..)")


def load_json(data: bytes, *, max_bytes: int = 1_048_576, max_depth: int = 64) -> object:
    """The value of a UTF-8 JSON document: integers as int, other numbers as exact `Decimal`.

    Raises `JsonRefused`, with the place where there is one, for more than `max_bytes` bytes, another
    encoding, more than `max_depth` nested arrays and objects, a duplicate key, a number that is not
    finite or absurdly long, a lone surrogate or NUL in text, and anything that is not JSON.
    """
    if len(data) > max_bytes:
        raise JsonRefused("too-large", f"expected at most {max_bytes} bytes")
    if data.startswith(_BYTE_ORDER_MARKS) or b"\x00" in data:
        raise JsonRefused("encoding", "expected UTF-8 without byte order mark and without NUL")
    try:
        return _quickly(data, max_depth)
    except (_Unsure, JsonRefused, ValueError):
        return _thoroughly(data, max_depth)


def _quickly(data: bytes, max_depth: int) -> object:
    """What `_thoroughly` makes of sound JSON, in half of the time; it tells no fault from another.

    Raises `_Unsure`, `JsonRefused` or `ValueError` for whatever is not surely sound.
    """
    structure = _structure(data)
    if _has_long_number(data) or _deeper(structure, max_depth):
        raise _Unsure
    value: object = _QUICK_DECODER.decode(data)
    # A key that stood twice in an object is written back once, and its quotes are gone.
    written = _ENCODER.encode(value)
    if written != data and _structure(written).count(b'"') != structure.count(b'"'):
        raise _Unsure
    if b"\\u" in data:
        _check_escapes(data.decode())
    return value


def _thoroughly(data: bytes, max_depth: int) -> object:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise JsonRefused("encoding", "expected UTF-8") from None
    _check_depth(text, max_depth)
    try:
        value: object = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise JsonRefused("syntax", "expected valid JSON", error.lineno, error.colno) from None
    if "\\u" in text:
        _check_escapes(text)
    return value


def _has_long_number(data: bytes) -> bool:
    # The digits of a long number are so many that every sixteenth byte shows some of them.
    if _LONG_NUMBER_SAMPLED not in data[::_SAMPLED].translate(_DIGITS_ALIKE):
        return False
    return _LONG_NUMBER in data.translate(_DIGITS_ALIKE)


def _structure(data: bytes) -> bytes:
    """The quotes around text, and the brackets, of either kind `[` and `]`, those within text included."""
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    return data.translate(_STRUCTURE, _NO_STRUCTURE)


def _deeper(structure: bytes, max_depth: int) -> bool:
    # Two quotes side by side change nothing about what is inside of text and what outside.
    brackets = structure.replace(b'""', b"")
    if b'"' in brackets:
        brackets = b"".join(brackets.split(b'"')[::2])
    for _ in range(max_depth):
        around = brackets.replace(b"[]", b"")
        if len(around) == len(brackets):
            break
        brackets = around
    return brackets != b""


def dump_json(value: object) -> bytes:
    """Compact UTF-8 JSON of dicts, lists, text, int, Decimal, bool and None.

    Decimals keep their digits (`70.50`), dicts their order. Raises `TypeError` for any other type,
    binary floats included.
    """
    pieces: list[str] = []
    _write(value, pieces.append)
    return "".join(pieces).encode("utf-8")


def decimal_text(number: Decimal | int) -> str:
    """The digits of a number as they were written, trailing zeros included."""
    if isinstance(number, int):
        return str(number)
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -_MAX_DIGITS // 2 <= exponent <= 0:
        return format(number, "f")
    return str(number)


def _check_depth(text: str, max_depth: int) -> None:
    # Quotes part text from structure, once escapes are out of the way: what the parser would read before
    # its first error is told apart just as it does.
    depth = 0
    for token in _BRACKET.findall("".join(_ESCAPED.sub("", text).split('"')[::2])):
        depth += 1 if token in "[{" else -1
        if depth > max_depth:
            raise JsonRefused("depth", f"expected at most {max_depth} nested levels")


def _check_escapes(text: str) -> None:
    for match in _ESCAPE.finditer(text):
        # A surrogate pair matched as one token of twelve characters is sound.
        if len(match[0]) == 6 and _REFUSED_ESCAPE.match(match[0]):
            _refuse_at("text", "expected text without NUL and lone surrogates", text, match.start())


def _refuse_at(reason: str, message: str, text: str, position: int) -> NoReturn:
    line = text.count("\n", 0, position) + 1
    raise JsonRefused(reason, message, line, position - text.rfind("\n", 0, position))


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise JsonRefused("duplicate-key", "expected each key once in an object")
    return members


def _decimal(text: str) -> Decimal:
    if len(text) < _MAX_DIGITS and "e" not in text and "E" not in text:
        return Decimal(text)
    mantissa, _, exponent = text.lower().partition("e")
    digits = len(mantissa) - mantissa.count(".") - mantissa.count("-")
    if digits > _MAX_DIGITS or len(exponent) > 4 or abs(int(exponent or 0)) > _MAX_EXPONENT:
        _absurd_number()
    return Decimal(text)


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > _MAX_DIGITS:
        _absurd_number()
    return int(text)


def _not_finite(_: str) -> NoReturn:
    raise JsonRefused("number", "expected finite numbers")


def _absurd_number() -> NoReturn:
    raise JsonRefused(
        "number", f"expected numbers of at most {_MAX_DIGITS} digits and exponents within {_MAX_EXPONENT}"
    )


_DECODER = json.JSONDecoder(
    parse_float=_decimal, parse_int=_integer, parse_constant=_not_finite, object_pairs_hook=_object
)
_QUICK_DECODER = msgspec.json.Decoder(float_hook=_decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class _Unsure(Exception):
    """Not surely sound JSON."""


def _write(value: object, emit: Callable[[str], None]) -> None:
    if isinstance(value, str):
        emit(encode_basestring(value))
    elif value is None or isinstance(value, bool):
        emit({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, int | Decimal):
        emit(decimal_text(value))
    elif isinstance(value, dict):
        _write_object(value, emit)
    elif isinstance(value, list | tuple):
        separator = "["
        for item in value:
            emit(separator)
            _write(item, emit)
            separator = ","
        emit("]" if separator == "," else "[]")
    else:
        raise TypeError("expected a JSON value of dict, list, str, int, Decimal, bool or None")


def _write_object(members: dict[object, object], emit: Callable[[str], None]) -> None:
    separator = "{"
    for name, item in members.items():
        if not isinstance(name, str):
            raise TypeError("expected text as the key of an object")
        emit(separator)
        emit(encode_basestring(name))
        emit(":")
        _write(item, emit)
        separator = ","
    emit("}" if separator == "," else "{}")

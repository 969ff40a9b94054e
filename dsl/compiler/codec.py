"""Checked rules as JSON and back: one codec for each type of the model, made from its annotations.

A dataclass is the list of its fields, behind its name where several may stand; a set is sorted; a fraction
and a date are text, a span of time its microseconds. What is read back has the types of the model or is
refused; nothing is executed.
"""

from __future__ import annotations

import json
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import cache

from dsl.functions import Function, Parameter
from dsl.model import Rule
from dsl.types import QuantityType

Json = object
Functions = Mapping[str, Function]


class BundleError(ValueError):
    """A bundle that cannot be used; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Codec:
    """How the values of one type are written and read."""

    write: Callable[[typing.Any], Json]
    read: Callable[[Json, Functions], typing.Any]
    """Raises `BundleError` for what is no such value."""


def write_rule(rule: Rule) -> Json:
    """A rule without the tests beside it, which are no part of its meaning."""
    return codec_of(Rule).write(rule)


def read_rule(written: Json, functions: Functions) -> Rule:
    """A rule as it was written; the functions that it calls are those handed in.

    Raises `BundleError` if it is not as this version writes it, or if a function is missing or has another
    signature.
    """
    read: Rule = codec_of(Rule).read(written, functions)
    return read


@cache
def codec_of(kind: object) -> Codec:
    """The codec of a type that occurs in the model."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return _union(arguments)
    if origin is tuple:
        return _many(codec_of(arguments[0])) if arguments[-1] is ... else _pair(arguments)
    if origin is frozenset:
        return _set(codec_of(arguments[0]))
    if kind is Function:
        return _function()
    if isinstance(kind, type):
        if is_dataclass(kind):
            return _dataclass(kind)
        if issubclass(kind, StrEnum):
            return _scalar(str, str, kind)
        if kind in _SCALARS:
            return _SCALARS[kind]
    raise TypeError(f"{kind} has no place in a bundle")


# ---------------------------------------------------------------- plain values
def _refuse(expected: str, found: Json) -> BundleError:
    return BundleError(f"the bundle holds {str(found)[:40]!r} where {expected} is expected: compile it anew")


def _scalar(stored: type, write: Callable[[typing.Any], Json], read: Callable[[typing.Any], object]) -> Codec:
    def checked(value: Json, functions: Functions) -> object:
        if type(value) is not stored:
            raise _refuse(stored.__name__, value)
        try:
            return read(value)
        except (ValueError, ZeroDivisionError):
            raise _refuse(getattr(read, "__name__", stored.__name__), value) from None

    return Codec(write, checked)


def _itself(value: typing.Any) -> typing.Any:
    return value


def _fraction(text: str) -> Fraction:
    numerator, _, denominator = text.partition("/")
    return Fraction(int(numerator), int(denominator or 1))


def _microseconds(count: int) -> timedelta:
    try:
        return timedelta(microseconds=count)
    except OverflowError:
        raise ValueError(count) from None


_SCALARS: dict[type, Codec] = {
    str: _scalar(str, _itself, sys.intern),
    int: _scalar(int, _itself, _itself),
    bool: _scalar(bool, _itself, _itself),
    type(None): _scalar(type(None), _itself, _itself),
    Fraction: _scalar(str, str, _fraction),
    date: _scalar(str, date.isoformat, date.fromisoformat),
    timedelta: _scalar(int, lambda span: span // timedelta(microseconds=1), _microseconds),
}


# ---------------------------------------------------------------- what is made of others
def _listed(value: Json, length: int | None = None) -> list[Json]:
    if type(value) is not list or (length is not None and len(value) != length):
        raise _refuse("a list" if length is None else f"a list of {length}", value)
    return value


def _many(each: Codec) -> Codec:
    return Codec(
        lambda values: [each.write(value) for value in values],
        lambda written, functions: tuple([each.read(value, functions) for value in _listed(written)]),
    )


def _pair(kinds: tuple[object, ...]) -> Codec:
    codecs = [codec_of(kind) for kind in kinds]

    def read(written: Json, functions: Functions) -> tuple[object, ...]:
        parts = _listed(written, len(codecs))
        return tuple([codec.read(part, functions) for codec, part in zip(codecs, parts, strict=True)])

    return Codec(
        lambda values: [codec.write(value) for codec, value in zip(codecs, values, strict=True)], read
    )


def _set(each: Codec) -> Codec:
    return Codec(
        lambda values: sorted((each.write(value) for value in values), key=json.dumps),
        lambda written, functions: frozenset([each.read(value, functions) for value in _listed(written)]),
    )


def _dataclass(kind: type) -> Codec:
    names = [field.name for field in fields(kind) if (kind, field.name) not in _LEFT_OUT]
    later: list[Codec] = []
    text, intern = _SCALARS[str], sys.intern

    def codecs() -> list[Codec]:
        # Not before the first use: conditions hold conditions.
        if not later:
            hints = typing.get_type_hints(kind)
            later.extend(codec_of(hints[name]) for name in names)
        return later

    def write(value: object) -> Json:
        return [codec.write(getattr(value, name)) for codec, name in zip(codecs(), names, strict=True)]

    given = [
        (place, value)
        for place, field in enumerate(fields(kind))
        for (owner, name), value in _LEFT_OUT.items()
        if owner is kind and name == field.name
    ]

    def read(written: Json, functions: Functions) -> object:
        parts = _listed(written, len(names))
        # Most members are texts, and a knowledge base has tens of thousands of them.
        values = [
            intern(part) if codec is text and type(part) is str else codec.read(part, functions)
            for codec, part in zip(codecs(), parts, strict=True)
        ]
        for place, value in given:
            values.insert(place, value)
        return kind(*values)

    return Codec(write, read)


_LEFT_OUT: dict[tuple[type, str], object] = {(Rule, "tests"): ()}


def _union(kinds: tuple[object, ...]) -> Codec:
    """At most one plain type for each kind of JSON value; dataclasses behind their names."""
    named = {kind.__name__: kind for kind in kinds if isinstance(kind, type) and is_dataclass(kind)}
    plain = {
        typing.get_origin(kind) or kind: codec_of(kind)
        for kind in kinds
        if not (isinstance(kind, type) and is_dataclass(kind))
    }

    def write(value: object) -> Json:
        kind = type(value)
        if kind in plain:
            return plain[kind].write(value)
        written = codec_of(named[kind.__name__]).write(value)
        return [kind.__name__, *_listed(written)]

    stored: dict[object, type] = {bool: bool, type(None): type(None), timedelta: int, tuple: list}
    by_stored = {stored.get(kind, str): codec for kind, codec in plain.items()}
    known: dict[str, Codec] = {}  # filled when first read: conditions hold conditions

    def read(written: Json, functions: Functions) -> object:
        codec = by_stored.get(type(written))
        if codec is not None:
            return codec.read(written, functions)
        parts = _listed(written)
        name = parts[0] if parts else None
        if not isinstance(name, str) or name not in named:
            raise _refuse(" or ".join(named) or "another value", name)
        if name not in known:
            known[name] = codec_of(named[name])
        return known[name].read(parts[1:], functions)

    return Codec(write, read)


def _function() -> Codec:
    name = codec_of(str)
    parameters, result = codec_of(tuple[Parameter, ...]), codec_of(QuantityType)

    def read(written: Json, functions: Functions) -> Function:
        parts = _listed(written, 3)
        called = name.read(parts[0], functions)
        if called not in functions:
            raise BundleError(
                f"the bundle calls the function `{called}`, which there is not: compile it anew"
            )
        signature = parameters.read(parts[1], functions), result.read(parts[2], functions)
        if signature != (functions[called].parameters, functions[called].result):
            raise BundleError(
                f"the function `{called}` has another signature by now: compile the bundle anew"
            )
        return functions[called]

    return Codec(
        lambda value: [value.name, parameters.write(value.parameters), result.write(value.result)], read
    )

"""Bundles: the rule that comes out is the rule that went in, and nothing else comes out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from dsl import Function, QuantityType, Rule
from dsl.compiler.bundle import FORMAT, Bundle, BundleError, read_bundle, sources_key, write_bundle
from kb.functions import FUNCTIONS as LIBRARY
from tests.dsl.compiled_rules import BY_NAME, generated_rules
from tests.dsl.support import FUNCTIONS as EXAMPLES
from tests.dsl.support import rounds

FUNCTIONS = LIBRARY | {each.name: each for each in EXAMPLES}
SOURCES = {"rules/b.rule": b"two", "rules/a.rule": b"one"}
RULES = tuple(BY_NAME.values())


def untested(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return tuple(replace(one, tests=()) for one in rules)


def test_every_rule_comes_back_equal_but_for_its_tests() -> None:
    content = write_bundle(RULES, SOURCES)
    bundle = read_bundle(content, FUNCTIONS)
    assert bundle.rules() == untested(RULES)
    assert [entry.name for entry in bundle.entries] == [one.name for one in RULES]
    assert bundle.sources["rules/a.rule"] == hashlib.sha256(b"one").hexdigest()
    assert write_bundle(bundle.rules(), SOURCES) == content


def test_generated_rules_come_back_equal() -> None:
    rules = tuple(one for _, one, _ in generated_rules("bundle", rounds(80, 800)))
    assert read_bundle(write_bundle(rules, {}), FUNCTIONS).rules() == untested(rules)


def test_a_rule_is_read_when_it_is_asked_for_and_kept() -> None:
    bundle = read_bundle(write_bundle(RULES, SOURCES), FUNCTIONS)
    assert bundle.rule(2) is bundle.rule(2)
    assert bundle.rule(2) == replace(RULES[2], tests=())
    with pytest.raises(IndexError):
        bundle.rule(len(RULES))


def test_functions_come_from_who_loads() -> None:
    """A function is code: a bundle names it and never holds it."""
    calling = [one for one in RULES if "Function" in repr(one.lets)]
    assert calling, "one of the examples calls a function"
    content = write_bundle(calling, {})
    with pytest.raises(BundleError, match="which there is not"):
        read_bundle(content, {}).rules()
    other = {
        name: Function(name, each.parameters, QuantityType("kg"), each.compute)
        for name, each in FUNCTIONS.items()
    }
    with pytest.raises(BundleError, match="another signature"):
        read_bundle(content, other).rules()


# ---------------------------------------------------------------- damage
def test_every_changed_or_missing_byte_is_noticed() -> None:
    content = write_bundle(RULES[:2], SOURCES)
    for at in range(0, len(content), 41):
        damaged = bytearray(content)
        damaged[at] ^= 1
        for broken in (bytes(damaged), content[:at], content[:at] + content[at + 1 :]):
            with pytest.raises(BundleError, match="compile it anew"):
                read_bundle(broken, FUNCTIONS)
    with pytest.raises(BundleError, match="damaged"):
        read_bundle(content + b"\n", FUNCTIONS)


def test_another_format_is_refused() -> None:
    content = write_bundle(RULES[:1], SOURCES).replace(FORMAT.encode(), b"bespoke rules 0", 1)
    with pytest.raises(BundleError, match="no bundle of the format"):
        read_bundle(content, FUNCTIONS)
    for strange in (b"", b"\n", b"{}\n", b"[]", b"\xff\xfe", b"[" * 100_000):
        with pytest.raises(BundleError):
            read_bundle(strange, FUNCTIONS)


def places(value: Any) -> Iterator[tuple[Any, int]]:
    """Every item of every list in a JSON value."""
    if isinstance(value, list):
        for at, each in enumerate(value):
            yield value, at
            yield from places(each)


def signed(index: object, lines: list[object]) -> bytes:
    """A bundle with a true hash."""
    content = b"".join(json.dumps(line).encode() + b"\n" for line in (index, *lines))
    return json.dumps([FORMAT, hashlib.sha256(content).hexdigest()]).encode() + b"\n" + content


def read_all(content: bytes) -> tuple[Rule, ...]:
    bundle: Bundle = read_bundle(content, FUNCTIONS)
    return bundle.rules()


@pytest.mark.parametrize("strange", [None, -1, "strange", [], [[]], {}, 1.5, True, "1/0", ["Nothing"]])
def test_what_is_no_rule_is_refused_though_its_hash_is_true(strange: object) -> None:
    """A wrong value must not become a rule that fails in the middle of an order."""
    header, index, line = write_bundle([BY_NAME["dose of weight"]], SOURCES).splitlines()
    del header
    random = Random(repr(strange))
    count = len(list(places(json.loads(line))))
    for number in random.sample(range(count), min(count, 250)):
        written, listed = json.loads(line), json.loads(index)
        holder, at = list(places(written))[number]
        if type(holder[at]) is type(strange):
            continue
        holder[at] = strange
        listed[1][0][-1] = len(json.dumps(written).encode()) + 1
        try:
            (read,) = read_all(signed(listed, [written]))
        except BundleError:
            continue
        # A union of several types, or an option: another value of one of them.
        assert read != BY_NAME["dose of weight"]
        assert (
            write_bundle([read], {}).splitlines()[2]
            == json.dumps(written, ensure_ascii=False, separators=(",", ":")).encode()
        )


def test_an_index_that_speaks_of_other_rules_is_refused() -> None:
    _, index, line = write_bundle([BY_NAME["dose of weight"]], SOURCES).splitlines()
    listed = json.loads(index)
    listed[1][0][-1] = len(json.dumps(json.loads(line)).encode()) + 1
    assert read_all(signed(listed, [json.loads(line)]))
    listed[1][0][0] = "another.name"
    with pytest.raises(BundleError, match="not the rule that the index announces"):
        read_all(signed(listed, [json.loads(line)]))
    listed[1][0][-1] += 1
    with pytest.raises(BundleError, match="longer or shorter"):
        read_all(signed(listed, [json.loads(line)]))


def test_the_key_changes_with_every_source() -> None:
    key = sources_key(SOURCES)
    assert key == sources_key(dict(reversed(SOURCES.items())))
    others = [SOURCES | {"rules/a.rule": b"on"}, SOURCES | {"c": b""}, {"rules/a.rule": b"one"}]
    assert len({key, *map(sources_key, others)}) == 4

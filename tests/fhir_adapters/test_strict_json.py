"""The strict loader refuses what other parsers let pass, and keeps digits."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapters import JsonRefused, dump_json, load_json, strict_json


def refusal(data: bytes) -> JsonRefused:
    with pytest.raises(JsonRefused) as caught:
        load_json(data)
    return caught.value


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ('{"a": 1}'.encode("utf-16"), "encoding"),
        ('{"a": 1}'.encode("utf-16-le"), "encoding"),
        (b'\xef\xbb\xbf{"a": 1}', "encoding"),
        (b'{"a": "\xff"}', "encoding"),
        (b'{"a": "\xed\xa0\x80"}', "encoding"),
        (b'{"a": 1, "a": 2}', "duplicate-key"),
        (b'{"x": [{"y": {"a": 1, "\\u0061": 2}}]}', "duplicate-key"),
        (b'{"a": 1, "b": "\\u0022\\u0022", "a": 2}', "duplicate-key"),
        (b'{"a": 1, "b": "\\"\\"", "a": 2}', "duplicate-key"),
        (b"[NaN]", "number"),
        (b"[-Infinity]", "number"),
        (b"[1e400]", "number"),
        (b"[1E-309]", "number"),
        (b"[1e309]", "number"),
        (b"[-" + b"9" * 65 + b"]", "number"),
        (b"[" + b"9" * 5000 + b"]", "number"),
        (b"[0." + b"9" * 64 + b"]", "number"),
        (b"[1e" + b"9" * 5000 + b"]", "number"),
        (b'["\\u0000"]', "text"),
        (b'["\\ud800"]', "text"),
        (b'["\\ud800x"]', "text"),
        (b'["\\udc00\\ud800"]', "text"),
        (b'{"\\udc00": 1}', "text"),
        (b"", "syntax"),
        (b"{", "syntax"),
        (b"[1,]", "syntax"),
        (b"[1] x", "syntax"),
        (b"[01]", "syntax"),
        (b"[1.]", "syntax"),
        (b"{'a': 1}", "syntax"),
        (b'["\n"]', "syntax"),
        (b'["\\x"]', "syntax"),
    ],
)
def test_refused(data: bytes, reason: str) -> None:
    """H-060, H-061, H-062, H-063."""
    assert refusal(data).reason == reason


def test_escapes_that_only_look_dangerous_pass() -> None:
    """H-063: a backslash before `u0000` text, and a sound surrogate pair."""
    assert load_json(b'["\\\\u0000", "\\\\\\\\ud800", "\\ud83d\\ude00"]') == [
        "\\u0000",
        "\\\\ud800",
        "\U0001f600",
    ]


@pytest.mark.parametrize(
    ("depth", "accepted"), [(10, True), (64, True), (65, False), (1000, False), (100_000, False)]
)
def test_depth(depth: int, accepted: bool) -> None:
    """H-064: refused before any recursion."""
    for data in (b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth):
        if accepted:
            load_json(data)
        else:
            assert refusal(data).reason == "depth"


def test_brackets_in_text_are_no_depth() -> None:
    """H-064: neither plain brackets nor those after an escaped quote count."""
    text = '\\"' + "[{" * 100
    assert load_json(json.dumps([text, text]).encode()) == [text, text]


def test_unterminated_text_full_of_escaped_quotes_is_refused() -> None:
    """H-065: the depth check must not start over at each quote."""
    assert refusal(b'["' + b'\\"' * 500_000).reason == "syntax"


def test_size() -> None:
    """H-065."""
    assert load_json(b'"' + b"x" * 8 + b'"', max_bytes=10) == "x" * 8
    with pytest.raises(JsonRefused, match="at most 10 bytes"):
        load_json(b'"' + b"x" * 9 + b'"', max_bytes=10)


def test_messages_say_where_and_repeat_nothing() -> None:
    """H-071."""
    error = refusal(b'{"secret": 1,\n "secret-two" 2}')
    assert (error.reason, error.line, error.column) == ("syntax", 2, 15)
    assert refusal(b'[\n"\\ud800"]').line == 2
    for data in (
        b'{"secret": NaN}',
        b'{"secret": 1, "secret": 2}',
        b'["secret\\x"]',
        b'["secret',
        b"[secret]",
    ):
        assert "secret" not in str(refusal(data))


@pytest.mark.parametrize("place", range(16))
def test_a_long_number_is_found_wherever_it_stands(place: int) -> None:
    """H-062: its bytes are looked at in samples."""
    assert refusal(b" " * place + b"[" + b"7" * 65 + b"]").reason == "number"
    assert load_json(b" " * place + b"[" + b"7" * 64 + b"]") == [int("7" * 64)]


def test_digits_survive() -> None:
    """H-039, H-040: decimals are exact and keep trailing zeros."""
    data = b'{"b":70.50,"a":[0.1,-0.00,1E+5,12345678901234567890,0.00000012,true,null,"\xc3\xa9\\n"]}'
    value = load_json(data)
    assert value == {
        "b": Decimal("70.50"),
        "a": [
            Decimal("0.1"),
            Decimal("0.00"),
            Decimal("1E5"),
            12345678901234567890,
            Decimal("1.2E-7"),
            True,
            None,
            "é\n",
        ],
    }
    assert dump_json(value) == data


def test_dump_refuses_floats_and_other_objects() -> None:
    """H-039: a binary float can not slip into a record."""
    for value in (0.1, {1: 2}, {"a": object()}):
        with pytest.raises(TypeError):
            dump_json(value)


_NUMBERS = st.integers(-(10**20), 10**20) | st.decimals(allow_nan=False, allow_infinity=False, places=4)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | _NUMBERS
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="ascii", exclude_characters="\0")), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(_JSON)
def test_round_trip(value: object) -> None:
    assert load_json(dump_json(value)) == value


@given(st.binary(max_size=200) | st.text('[]{}",:\\u0dD8123eE.-+ntf', max_size=60).map(str.encode))
def test_agrees_with_the_standard_parser_or_refuses(data: bytes) -> None:
    """Whatever comes in: a value that the standard parser gives too, or a JsonRefused."""
    try:
        value = load_json(data)
    except JsonRefused:
        return
    assert value == json.loads(data, parse_float=Decimal)


_SPELLINGS = st.builds(
    lambda value, ascii_only, indent: json.dumps(
        value, ensure_ascii=ascii_only, indent=indent, default=float
    ),
    _JSON,
    st.booleans(),
    st.sampled_from([None, 1]),
)
_SLIPS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 2), st.text('[]{}",:\\u0dD8123eE.-+ntf', max_size=6)),
    max_size=3,
)


@given(_SPELLINGS, _SLIPS)
def test_the_quick_way_is_the_thorough_one_or_none(text: str, slips: list[tuple[float, int, str]]) -> None:
    """H-061, H-062, H-064: what is not surely sound goes the way that tells why."""
    for place, lost, put in slips:
        at = round(place * len(text))
        text = text[:at] + put + text[at + lost :]
    data = text.encode()
    try:
        quick = strict_json._quickly(data, 6)
    except (strict_json._Unsure, JsonRefused, ValueError):
        return
    assert repr(quick) == repr(strict_json._thoroughly(data, 6))


def test_sound_json_goes_the_quick_way() -> None:
    """With the escapes and the brackets in text that FHIR is full of."""
    text = (
        '{"div": "<div xmlns=\\"http://x.org\\">[1] {a}\\n\\u00e9</div>", "value": [1, 2.50, -3e2, {}, null]}'
    )
    assert strict_json._quickly(text.encode(), 3) == load_json(text.encode())

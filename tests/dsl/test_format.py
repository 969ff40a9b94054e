"""The formatter: the layout by example, and that nothing but white space ever changes (C6)."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterable, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl import Diagnostic, RuleFile, Span, parse_bytes
from dsl.formatter.format import UnfaithfulLayout, format_bytes, format_text
from dsl.formatter.words import read, words_of
from kb import BUNDLED
from tests.dsl.support import PROPERTY, WHOLE, parsed

HERE = Path(__file__).parent
LAYOUTS = HERE / "layout"
REFERENCE = Path(os.environ.get("BESPOKE_REFERENCE", "no such folder")) / "dsl"


def sources() -> dict[str, str]:
    """Every rule file at hand that is in the language."""
    found = {"whole": WHOLE}
    for folder in (BUNDLED, HERE, REFERENCE):
        for path in sorted(folder.rglob("*.rule")):
            file = parse_bytes(path.read_bytes(), path.name)
            if isinstance(file, RuleFile):
                found[f"{folder.name}/{path.name}"] = file.source
    return found


SOURCES = sources()


def formatted(source: str) -> str:
    result = format_text(source, "example.rule")
    assert isinstance(result, str), result
    return result


def unplaced(node: Any) -> Any:
    """A syntax tree as plain values, without positions."""
    if isinstance(node, RuleFile):
        return unplaced((node.vocabulary, node.uses, node.enums, node.rules))
    if isinstance(node, (tuple, list)):
        return [unplaced(part) for part in node]
    if dataclasses.is_dataclass(node):
        parts = [unplaced(getattr(node, field.name)) for field in dataclasses.fields(node)]
        return None if isinstance(node, Span) else [type(node).__name__, *parts]
    return node


def squeezed(text: str) -> str:
    return re.sub(r"[\s\ufeff]+", "", text)


def remarks(text: str) -> dict[str, bool]:
    """The numbered comments, in order, and which of them stand on a line of their own."""
    lines = [line.strip("\ufeff \t\f") for line in text.split("\n") if "// remark" in line]
    return {line[line.index("// remark") :].rstrip(): line.startswith("//") for line in lines}


def assert_faithful(source: str) -> str:
    """Formats, and checks what holds for every file."""
    result = formatted(source)
    assert squeezed(result) == squeezed(source)
    assert unplaced(parsed(result)) == unplaced(parsed(source))
    assert list(remarks(result).items()) == list(remarks(source).items())
    assert formatted(result) == result
    assert not re.search(r"[ \t\r\f]\n|\n\n\n|\A\n|\n\n\Z", result)
    assert result.endswith("\n") or result == ""
    return result


def sprinkled(source: str, between: Iterable[str]) -> str:
    """The same words with other white space and comments around them."""
    text = ""
    for number, (word, gap) in enumerate(zip(words_of(read(source)), cycle(between), strict=False)):
        space = gap.replace("//", f"// remark {number}") or ("" if word.glued or not text else " ")
        text += space + word.text
    return text


# ---------------------------------------------------------------- nothing but white space
@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())
def test_files_as_they_are(source: str) -> None:
    assert_faithful(source)


GAPS = (
    "",
    " ",
    "\n",
    "\t",
    "\r\n",
    "\n\n\n",
    " \ufeff\f ",
    " //\n",
    "\n  // {}\t\n",
    ' // =>\r\n\r\n\n// "\n\n',
)


@PROPERTY
@given(st.sampled_from(list(SOURCES.values())), st.lists(st.sampled_from(GAPS), min_size=1, max_size=30))
def test_files_with_other_white_space_and_comments(source: str, between: Sequence[str]) -> None:
    assert_faithful(sprinkled(source, between))


@PROPERTY
@given(
    st.sampled_from(list(SOURCES.values())),
    st.lists(st.sampled_from(["\n", "\r\n", "\n\t", " \n      "]), min_size=1, max_size=30),
)
def test_where_the_author_broke_lines_has_no_influence(source: str, between: Sequence[str]) -> None:
    assert formatted(sprinkled(source, between)) == formatted(sprinkled(source, ["\n"]))


def test_without_words() -> None:
    for empty in ("", "\n", " \r\n\t\n", "\ufeff"):
        assert formatted(empty) == ""
    assert formatted("\n\n  // one\n\n\n//two  \n\n") == "// one\n\n//two\n"


def test_bytes() -> None:
    """A byte order mark goes, line ends become LF, a no-break space belongs to its comment."""
    text = "use  a.b version 1.0.0 // why \u00a0 \r\n\r\n\r\nuse c.d version 1.0.0\r\n// end"
    assert format_bytes(b"\xef\xbb\xbf" + text.encode(), "x.rule") == (
        "use a.b version 1.0.0  // why \u00a0\n\nuse c.d version 1.0.0\n// end\n"
    )


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"rule {", "BR002"), (b"rule \xf6", "BR001"), (b"use a version 1.0.0 // \r x", "BR001")],
)
def test_what_cannot_be_read_is_said(data: bytes, code: str) -> None:
    result = format_bytes(data, "x.rule")
    assert isinstance(result, Diagnostic) and result.code == code and result.span.path == "x.rule"


@pytest.mark.parametrize(
    "layout",
    [
        "use a.b version 1.0.0\n",
        "// one\nuse a.b version 1.0.1\n",
        "// one\nuse a.c version 1.0.0\n",
        "use a.b version 1.0.0  // one\n",
        "// one\nuse a.b version 1.0.0\nuse a.b version 1.0.0\n",
        "// one\nuse a.b version\n",
        "// one use a.b version 1.0.0\n",
    ],
)
def test_an_unfaithful_layout_is_never_handed_out(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsl.formatter.format.lay_out", lambda file: layout)
    with pytest.raises(UnfaithfulLayout):
        format_text("// one\nuse a.b version 1.0.0\n", "x.rule")


# ---------------------------------------------------------------- the layout by example
@pytest.mark.parametrize("path", ["rules/niraparib/start_dose.rule", "vocabulary/phenotypes.rule"])
def test_the_standard_layout_is_that_of_the_knowledge_base(path: str) -> None:
    source = (BUNDLED / path).read_text("utf-8")
    assert formatted(source) == source


def test_the_standard_layout_is_that_of_the_tests() -> None:
    assert formatted(WHOLE) == WHOLE


@pytest.mark.parametrize("path", sorted(LAYOUTS.glob("*.rule")), ids=lambda path: path.stem)
def test_what_becomes_of_other_layouts(path: Path) -> None:
    """Beside each file stands the text that it becomes."""
    assert formatted(path.read_text("utf-8")) == path.with_suffix(".txt").read_text("utf-8")

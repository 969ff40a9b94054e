"""A rule file as the formatter sees it: words with the comments beside them, in items and blocks.

Comments are no tokens of the grammar; they are read from what stands between two tokens, so none can be lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from lark import Lark, Token, Tree

from dsl.parser.grammar import GRAMMAR


@dataclass(frozen=True, slots=True)
class Word:
    """One token of the file."""

    text: str
    kind: str
    """The name of its terminal in the grammar."""
    glued: bool
    """No space stands between it and the word before."""
    on_new_line: bool
    """The author began a line with it."""
    above: tuple[str, ...]
    """The comments on lines of their own before it; an empty text is a blank line."""
    behind: str
    """The comment that ends its line."""


Item = Sequence[Word]
"""What stands on a line of its own: `status draft`, a row, a branch."""


@dataclass(frozen=True, slots=True)
class Block:
    """`outcome x {`, the parts in it, and `}`. The whole file is a block without a head."""

    head: Sequence[Word]
    body: Sequence[Item | Block]
    end: Word


_Child = Tree[Token] | Token

_MIXED = {"LABEL", "ACTION", "TEST"}
"""Blocks in which parts of an item stand beside items; there, an item begins with one of these words."""
_OPENING = {
    "SHOWN", "BASELINE", "STRATUM", "ACTION", "TIGHTEN", "BENEFIT", "HARM", "CITES", "GIVEN", "EXPECT",
}  # fmt: skip

_NEVER_AFTER_SPACE = {"COMMA", "COLON", "RPAR", "LSQB", "RSQB", "DOT"}
_NEVER_BEFORE_SPACE = {"LPAR", "LSQB", "DOT"}
_OPERANDS = {"NAME", "NUMBER", "UNIT", "RPAR"}


@lru_cache(maxsize=1)
def _grammar() -> Lark:
    """The language with every keyword and sign kept in the tree."""
    text = GRAMMAR.read_text("utf-8")
    return Lark(text, parser="lalr", lexer="contextual", keep_all_tokens=True, maybe_placeholders=False)


def read(source: str) -> Block:
    """The whole file. Raises `lark.UnexpectedInput` if it is not in the language."""
    tree = _grammar().parse(source)
    words = iter(_words(source, list(_tokens(tree))))
    body = tuple(_parts("", tree.children, words))
    return Block((), body, next(words))


def words_of(part: Item | Block) -> Iterator[Word]:
    """All words in the order of the file, the empty word at the end of the file included."""
    if isinstance(part, Block):
        yield from part.head
        for inner in part.body:
            yield from words_of(inner)
        yield part.end
    else:
        yield from part


def _tokens(node: _Child) -> Iterator[Token]:
    """Without recursion: a long sum is a deep tree."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Token):
            yield each
        else:
            waiting += reversed(each.children)


# ---------------------------------------------------------------- words and what stands between them
def _words(source: str, tokens: Sequence[Token]) -> Iterator[Word]:
    """One word for each token, and an empty one that holds the comments at the end of the file."""
    places = [(0, 0), *((token.start_pos or 0, token.end_pos or 0) for token in tokens), (len(source), 0)]
    between = [source[end:start] for (_, end), (start, _) in pairwise(places)]
    # What opens the file begins a line, and its last comment ends one.
    between[0] = "\n" + between[0]
    between[-1] += "\n"
    gaps = [_gap(text) for text in between]
    following = [behind for behind, _, _ in gaps[1:]]
    before = previous = ""
    for token, (_, above, on_new_line), behind in zip(tokens, gaps, following, strict=False):
        yield Word(str(token), token.type, _glued(before, previous, token.type), on_new_line, above, behind)
        before, previous = previous, token.type
    yield Word("", "$END", False, True, gaps[-1][1], "")


def _gap(text: str) -> tuple[str, tuple[str, ...], bool]:
    """The comment behind the last word, the lines above the next word, and whether that begins a line."""
    if "\n" not in text:
        return "", (), False
    behind, *lines = (_comment(line) for line in text.split("\n"))
    above = (line for before, line in pairwise(["-", *lines[:-1]]) if line or before)
    return behind, tuple(above), True


def _comment(line: str) -> str:
    start = line.find("//")
    return line[start:].rstrip(" \t\r\f") if start >= 0 else ""


def _glued(before: str, previous: str, kind: str) -> bool:
    if kind in _NEVER_AFTER_SPACE or previous in _NEVER_BEFORE_SPACE:
        return True
    is_call = kind == "LPAR" and previous == "NAME"
    is_sign = previous == "MINUS" and before not in _OPERANDS
    return is_call or is_sign


# ---------------------------------------------------------------- items and blocks
def _parts(kind: str, children: Sequence[_Child], words: Iterator[Word]) -> Iterator[Item | Block]:
    """The parts of a block that is opened by `kind`; takes their words, which come in the same order."""
    starts = [index for index, child in enumerate(children) if _begins(child, kind)]
    for start, end in pairwise([*starts, len(children)]):
        child = children[start]
        brace = _brace(child)
        if isinstance(child, Tree) and brace is not None:
            head = _taken(child.children[: brace + 1], words)
            body = tuple(_parts(head[0].kind, child.children[brace + 1 : -1], words))
            yield Block(head, body, next(words))
        else:
            yield _taken(children[start:end], words)


def _begins(child: _Child, kind: str) -> bool:
    if isinstance(child, Tree) and kind not in _MIXED:
        return True
    return next(_tokens(child)).type in _OPENING


def _brace(child: _Child) -> int | None:
    """Where the brace of a block stands among its children; that of a set of values is deeper in an item."""
    if isinstance(child, Token):
        return None
    kinds = [part.type if isinstance(part, Token) else "" for part in child.children]
    return kinds.index("LBRACE") if "LBRACE" in kinds else None


def _taken(children: Sequence[_Child], words: Iterator[Word]) -> Item:
    return tuple(next(words) for child in children for _ in _tokens(child))

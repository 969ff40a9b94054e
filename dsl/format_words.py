"""A rule file as the formatter sees it: words with the comments beside them, in items and blocks.

Comments are no tokens of the grammar; they are read from what stands between two tokens, so none can be lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import pairwise

from lark import Lark, Token, Tree


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
    text = resources.files("dsl").joinpath("grammar.lark").read_text("utf-8")
    return Lark(text, parser="lalr", lexer="contextual", keep_all_tokens=True, maybe_placeholders=False)


def read(source: str) -> Block:
    """The whole file. Raises `lark.UnexpectedInput` if it is not in the language."""
    tree = _grammar().parse(source)
    tokens = list(_tokens(tree))
    *words, end = _words(source, tokens)
    placed = {token.start_pos: word for token, word in zip(tokens, words, strict=True)}
    return Block((), tuple(_parts("", tree.children, placed)), end)


def words_of(part: Item | Block) -> Iterator[Word]:
    """All words in the order of the file, the empty word at the end of the file included."""
    if isinstance(part, Block):
        yield from part.head
        for inner in part.body:
            yield from words_of(inner)
        yield part.end
    else:
        yield from part


def _tokens(node: Tree[Token] | Token) -> Iterator[Token]:
    """Without recursion: a long sum is a deep tree."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Token):
            yield each
        else:
            waiting += reversed(each.children)


# ---------------------------------------------------------------- words and what stands between them
def _words(source: str, tokens: Sequence[Token]) -> list[Word]:
    places = [(token.start_pos or 0, token.end_pos or 0) for token in tokens]
    between = [source[end:start] for (_, end), (start, _) in pairwise([(0, 0), *places, (len(source), 0)])]
    # What opens the file begins a line, and its last comment ends one.
    between[0] = "\n" + between[0]
    between[-1] += "\n"
    gaps = [_gap(text) for text in between]
    kinds = ["", "", *(token.type for token in tokens), "$END"]
    texts = [*tokens, ""]
    behind = [*(first for first, _ in gaps[1:]), ""]
    return [
        Word(str(text), kind, _glued(kinds[index], kinds[index + 1], kind), bool(above), above[:-1], after)
        for index, (text, kind, (_, above), after) in enumerate(
            zip(texts, kinds[2:], gaps, behind, strict=True)
        )
    ]


def _gap(text: str) -> tuple[str, tuple[str, ...]]:
    """The comment behind the last word, then the lines up to the next word, its own included."""
    if "\n" not in text:
        return "", ()
    first, *lines = (_comment(line) for line in text.split("\n"))
    kept = [line for before, line in pairwise(["-", *lines[:-1]]) if line or before]
    return first, (*kept, "")


def _comment(line: str) -> str:
    start = line.find("//")
    return line[start:].rstrip(" \t\r\f") if start >= 0 else ""


def _glued(before_previous: str, previous: str, kind: str) -> bool:
    if kind in _NEVER_AFTER_SPACE or previous in _NEVER_BEFORE_SPACE:
        return True
    is_call = kind == "LPAR" and previous == "NAME"
    is_sign = previous == "MINUS" and before_previous not in _OPERANDS
    return is_call or is_sign


# ---------------------------------------------------------------- items and blocks
def _parts(
    kind: str, children: Sequence[Tree[Token] | Token], placed: Mapping[int | None, Word]
) -> Iterator[Item | Block]:
    starts = [index for index, child in enumerate(children) if _begins(child, kind)]
    for start, end in pairwise([*starts, len(children)]):
        child = children[start]
        if isinstance(child, Tree) and _opening(child) is not None:
            yield _block(child, placed)
        else:
            yield _placed(children[start:end], placed)


def _begins(child: Tree[Token] | Token, kind: str) -> bool:
    if isinstance(child, Tree) and kind not in _MIXED:
        return True
    return next(_tokens(child)).type in _OPENING


def _opening(tree: Tree[Token]) -> int | None:
    """Where the brace of a block stands; a set of values (`in { … }`) is no block."""
    braces = (
        index
        for index, child in enumerate(tree.children)
        if isinstance(child, Token) and child.type == "LBRACE"
    )
    return None if tree.data == "in_set" else next(braces, None)


def _block(tree: Tree[Token], placed: Mapping[int | None, Word]) -> Block:
    opening = _opening(tree) or 0
    head = _placed(tree.children[: opening + 1], placed)
    (end,) = _placed(tree.children[-1:], placed)
    return Block(head, tuple(_parts(head[0].kind, tree.children[opening + 1 : -1], placed)), end)


def _placed(children: Iterable[Tree[Token] | Token], placed: Mapping[int | None, Word]) -> tuple[Word, ...]:
    return tuple(placed[token.start_pos] for child in children for token in _tokens(child))

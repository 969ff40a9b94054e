"""Text to syntax tree: reads one rule file, or says in plain words what is wrong with it."""

from __future__ import annotations

from typing import cast

from lark import Token, UnexpectedInput
from lark.exceptions import VisitError

from dsl.diagnostics import Diagnostic
from dsl.parser.build import Refused, TreeBuilder
from dsl.parser.grammar import parser
from dsl.parser.limits import bounded, decoded, unsafe_character
from dsl.syntax import RuleFile


def parse_bytes(data: bytes, path: str) -> RuleFile | Diagnostic:
    """The syntax tree of one file, or the one thing that is wrong with its text."""
    source = decoded(data, path)
    return source if isinstance(source, Diagnostic) else parse_text(source, path)


def parse_text(source: str, path: str) -> RuleFile | Diagnostic:
    """The same for text that is already decoded."""
    unsafe = unsafe_character(source, path)
    if unsafe is not None:
        return unsafe
    read: list[Token] = []
    try:
        session = parser().parse_interactive(source)
        for token in bounded(session.iter_parse(), path):
            read.append(token)
        tree = session.feed_token(Token.new_borrow_pos("$END", "", read[-1]) if read else Token("$END", ""))
        return cast(RuleFile, TreeBuilder(path, source).transform(tree))
    except Refused as error:
        return error.diagnostic
    except UnexpectedInput as error:
        # Loaded when there is a fault: each start would wait for it.
        from dsl.parser.slips import explain

        return explain(error, read, source, path)
    except VisitError as error:
        if isinstance(error.orig_exc, Refused):
            return error.orig_exc.diagnostic
        raise

"""Where the words of a rule file stand: one item per line, columns aligned, long lines broken.

Only white space is decided here. What depends on the author: blank lines, comments, and whether a short
block stands on one line. Nothing else of the old layout counts, so that a second time changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from dsl.formatter.lines import LIMIT, STEP, broken, is_interrupted, text, uneven
from dsl.formatter.words import Block, Item, Word, words_of

_ON_ONE_LINE = {"ACTION", "ENUM", "EVIDENCE", "OUTCOME", "TEST"}

_HEADED = {
    "TITLE", "STATUS", "EFFECTIVE", "REVIEW", "REPLACES", "OVERRIDES", "CONCERNS", "POPULATION",
    "CITES", "GRADE", "STRENGTH", "REVIEWED",
    "BASELINE", "STRATUM", "ACTION", "TIGHTEN", "BENEFIT", "HARM",
    "INDICATOR", "ADVISE", "RATIONALE", "SUGGEST", "OVERRIDE",
    "GIVEN", "EXPECT",
}  # fmt: skip
"""Items that are a word and its value; neighbours share one column for their values."""

_HEAD = {"REVIEW": 2, "SHOWN": 2, "INDIFFERENT": 2, "INPUT": 3}
"""How many words stand in the first column, if not one."""

_COLUMNS = {
    "ATTRIBUTE": {"STRING"},
    "ENUM": {"LBRACE"},
    "INPUT": {"FROM"},
    "LET": {"EQUAL"},
    "NAME": {"STRING"},
    "OPTION": {"STRING"},
    "OUTCOME": {"LBRACE"},
}
"""The words that begin a column of their own."""


def lay_out(file: Block) -> str:
    """The text of the file in the standard layout, with one line end at its end."""
    lines = _inner(file, 0)
    return "\n".join([*lines, ""]) if lines else ""


# ---------------------------------------------------------------- blocks
def _inner(block: Block, indent: int) -> list[str]:
    lines: list[str] = []
    for part, laid in zip(block.body, _laid(block, indent), strict=True):
        first, last = (part.head[0], part.end) if isinstance(part, Block) else (part[0], part[-1])
        lines += _above(first, indent)
        lines += laid[:-1]
        lines.append(_with_comment(laid[-1], last))
    lines += _above(block.end, indent)
    start = 1 if lines and not lines[0] else 0
    end = len(lines) - 1 if lines and not lines[-1] else len(lines)
    return lines[start:end]


def _above(word: Word, indent: int) -> list[str]:
    return [" " * indent + line if line else "" for line in word.above]


def _with_comment(line: str, word: Word) -> str:
    return f"{line}  {word.behind}" if word.behind else line


def _laid(block: Block, indent: int) -> list[list[str]]:
    """The lines of each part, without the comments around it."""
    kind = block.head[0].kind if block.head else ""
    items = [part for part in block.body if not isinstance(part, Block)]
    if kind == "DECIDE":
        return _branches(items, indent)
    if kind in ("TABLE", "CONSEQUENCE"):
        return _rows(items, indent)
    laid = []
    for run in _runs([_on_one_line(part, indent) for part in block.body]):
        if isinstance(run, Block):
            laid.append(_block(run, indent))
        else:
            laid += _columns(run, indent)
    return laid


def _on_one_line(part: Item | Block, indent: int) -> Item | Block:
    """A block as one item, if its author wrote it so and there is room."""
    if not isinstance(part, Block) or part.head[0].kind not in _ON_ONE_LINE:
        return part
    words = list(words_of(part))
    if is_interrupted(words) or any(word.on_new_line for word in words[len(part.head) :]):
        return part
    return words if indent + len(text(words)) <= LIMIT else part


def _runs(parts: Iterable[Item | Block]) -> list[Block | list[Item]]:
    """Blocks, and neighbours that are aligned with one another; a blank line parts all but headed items."""
    runs: list[Block | list[Item]] = []
    family = ""
    for part in parts:
        if isinstance(part, Block):
            runs.append(part)
            continue
        own = "headed" if part[0].kind in _HEADED else part[0].kind
        last = runs[-1] if runs else None
        if isinstance(last, list) and own == family and (own == "headed" or "" not in part[0].above):
            last.append(part)
        else:
            runs.append([part])
        family = own
    return runs


def _block(block: Block, indent: int) -> list[str]:
    *head, opening = uneven(block.head, indent)
    opening = _with_comment(opening, block.head[-1])
    return [*head, opening, *_inner(block, indent + STEP), " " * indent + block.end.text]


# ---------------------------------------------------------------- columns
def _columns(items: Sequence[Item], indent: int) -> list[list[str]]:
    """Items with their cells in common columns; what is too long is broken in the last one."""
    rows = [[] if is_interrupted(item) else _cells(item) for item in items]
    widths = [
        max(len(text(row[column])) for row in rows if len(row) > column + 1)
        for column in range(max(len(row) for row in rows) - 1)
    ]
    laid = []
    for item, row in zip(items, rows, strict=True):
        if not row:
            laid.append(uneven(item, indent))
            continue
        cells = (f"{text(cell).ljust(width)} " for cell, width in zip(row[:-1], widths, strict=False))
        line = " " * indent + "".join(cells) + text(row[-1])
        if item[0].kind in _ON_ONE_LINE:
            laid.append([line if len(line) <= LIMIT else " " * indent + text(item)])
        else:
            laid.append(_wrapped(line, row[-1]))
    return laid


def _cells(item: Item) -> list[Item]:
    kind = item[0].kind
    starts = {0} if kind in _COLUMNS and kind not in _HEAD else {0, _HEAD.get(kind, 1)}
    for begin in _COLUMNS.get(kind, ()):
        starts.add(next((index for index, word in enumerate(item) if word.kind == begin), 0))
    bounds = sorted(starts - {len(item)})
    return [item[start:end] for start, end in pairwise([*bounds, len(item)])]


def _wrapped(line: str, value: Item, behind: int = 0) -> list[str]:
    """A line that ends with `value`, broken there and continued in the same column."""
    column = len(line) - len(text(value))
    (_, first), *more = broken(value, LIMIT - column, behind)
    return [line[:column] + text(first), *(" " * (column + extra) + text(words) for extra, words in more)]


# ---------------------------------------------------------------- arrows
def _branches(items: Sequence[Item], indent: int) -> list[list[str]]:
    """Conditions, long ones broken, with their arrows in one column as far as the lines have room for it."""
    leads = [[] if is_interrupted(item) else _condition(item, indent) for item in items]
    results = [_at_arrow(item)[1] for item in items]
    sizes = [(len(lines[-1]), len(result)) for lines, result in zip(leads, results, strict=True) if lines]
    room = min((LIMIT - 1 - result for end, result in sizes if end + 1 + result <= LIMIT), default=LIMIT)
    arrow = max((end for end, _ in sizes if end <= room), default=0)
    return [
        [*lines[:-1], f"{lines[-1].ljust(arrow)} {result}"] if lines else uneven(item, indent)
        for item, lines, result in zip(items, leads, results, strict=True)
    ]


def _condition(item: Item, indent: int) -> list[str]:
    (head, *condition), result = _at_arrow(item)
    start = " " * indent + head.text
    if not condition:
        return [start]
    return _wrapped(f"{start} {text(condition)}", condition, len(result) + 1)


def _rows(items: Sequence[Item], indent: int) -> list[list[str]]:
    """Cells in columns, arrows in one column.

    Where lines are too long, the longest cells reach into the next column, if that brings the arrows nearer
    and is the exception.
    """
    rows = [[] if is_interrupted(item) else _cells_of_row(_at_arrow(item)[0]) for item in items]
    results = [_at_arrow(item)[1] for item in items]
    longest = max(len(result) for result in results)
    columns = [
        sorted({len(row[column]) for row in rows if len(row) > column and row[column].startswith("|")} or {0})
        for column in range(max(len(row) for row in rows))
    ]
    leads, arrow = _leads(rows, columns, indent)
    while arrow + 1 + longest > LIMIT:
        narrower = _narrower(columns)
        narrower_leads, nearer = _leads(rows, narrower, indent)
        if nearer >= arrow or _reaching(rows, narrower) * 4 > len(rows):
            break
        columns, leads, arrow = narrower, narrower_leads, nearer
    return [
        [f"{lead.ljust(arrow)} {result}"] if row else uneven(item, indent)
        for item, row, lead, result in zip(items, rows, leads, results, strict=True)
    ]


def _leads(
    rows: Sequence[Sequence[str]], columns: Sequence[Sequence[int]], indent: int
) -> tuple[list[str], int]:
    """What stands before the arrows, and their column.

    A column is as wide as its last width; behind a longer cell a row catches up as soon as it can.
    """
    ends = list(accumulate((widths[-1] + 1 for widths in columns), initial=indent))[1:]
    leads = []
    for row in rows:
        line = " " * indent
        for cell, end in zip(row, ends, strict=False):
            line = f"{line}{cell} ".ljust(end)
        leads.append(line[:-1])
    return leads, max(map(len, leads), default=0)


def _narrower(columns: Sequence[list[int]]) -> list[list[int]]:
    """The same without the longest cell of all; each column keeps one width."""
    longest = max(
        (widths for widths in columns if len(widths) > 1), key=lambda widths: widths[-1], default=None
    )
    return [widths[:-1] if widths is longest else widths for widths in columns]


def _reaching(rows: Sequence[Sequence[str]], columns: Sequence[Sequence[int]]) -> int:
    """How many rows have a cell that reaches beyond its column."""
    return sum(
        any(
            cell.startswith("|") and len(cell) > widths[-1]
            for cell, widths in zip(row, columns, strict=False)
        )
        for row in rows
    )


def _at_arrow(item: Item) -> tuple[Item, str]:
    arrow = next(index for index, word in enumerate(item) if word.kind == "ARROW")
    return item[:arrow], text(item[arrow:])


def _cells_of_row(words: Item) -> list[str]:
    starts = [index for index, word in enumerate(words) if index == 0 or word.kind == "VBAR"]
    return [text(words[start:end]) for start, end in pairwise([*starts, len(words)])]

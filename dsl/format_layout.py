"""Where the words of a rule file stand: one item per line, columns aligned, long lines broken.

Only white space is decided here. What depends on the author: blank lines, comments, and whether a short
block stands on one line. Nothing else of the old layout is looked at, so that laying out twice is laying out once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, groupby, pairwise

from dsl.format_lines import LIMIT, STEP, broken, is_interrupted, text, uneven
from dsl.format_words import Block, Item, Word, words_of

_ON_ONE_LINE = {"ACTION", "ENUM", "EVIDENCE", "OUTCOME", "TEST"}

_HEADED = {
    "TITLE", "STATUS", "EFFECTIVE", "REVIEW", "REPLACES", "OVERRIDES", "CONCERNS", "POPULATION",
    "CITES", "GRADE", "STRENGTH", "REVIEWED", "ATTRIBUTE",
    "INDICATOR", "ADVISE", "RATIONALE", "SUGGEST", "OVERRIDE",
    "BASELINE", "STRATUM", "BENEFIT", "HARM", "GIVEN", "EXPECT",
}  # fmt: skip
"""Items that are a word and its value; neighbours share one column for their values."""

_HEAD = {
    "INPUT": 3,
    "LET": 0,
    "NAME": 0,
    "OPTION": 0,
    "REVIEW": 2,
    "SHOWN": 2,
    "TIGHTEN": 2,
    "INDIFFERENT": 2,
}
"""How many words have the first column, where it is not one; 0 leaves it to `_COLUMNS` alone."""

_COLUMNS = {
    "ATTRIBUTE": {"STRING"},
    "INPUT": {"FROM", "WITHIN", "LIFETIME"},
    "LET": {"EQUAL"},
    "NAME": {"STRING"},
    "OPTION": {"STRING"},
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
    for run in _runs(block.body):
        if isinstance(run, Block):
            laid.append(_block(run, indent))
        else:
            laid += _columns(run, indent)
    return laid


def _runs(parts: Iterable[Item | Block]) -> list[Block | list[Item]]:
    """Blocks, and neighbours that are aligned with one another; a blank line parts all but headed items."""
    runs: list[Block | list[Item]] = []
    family = ""
    for part in parts:
        if isinstance(part, Block):
            runs.append(part)
            family = ""
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
    pad = " " * indent
    words = list(words_of(block))
    if block.head[0].kind in _ON_ONE_LINE and not is_interrupted(words):
        line = pad + text(words)
        if len(line) <= LIMIT and not any(word.on_new_line for word in words[len(block.head) :]):
            return [line]
    *head, opening = uneven(block.head, indent)
    inner = _inner(block, indent + STEP)
    return [*head, _with_comment(opening, block.head[-1]), *inner, pad + block.end.text]


# ---------------------------------------------------------------- columns
def _columns(items: Sequence[Item], indent: int) -> list[list[str]]:
    """Each item as cells; the cells of neighbours are aligned as long as neighbours have them.

    A line that would be too long gives up its alignment behind the second column and is broken there.
    """
    rows = [[] if is_interrupted(item) else _cells(item) for item in items]
    too_long: set[int] = set()
    while True:
        shown = [
            [text(cell) for cell in (_folded(row) if index in too_long else row)]
            for index, row in enumerate(rows)
        ]
        lines = [" " * indent + line for line in _aligned(shown)]
        found = {index for index, line in enumerate(lines) if len(line) > LIMIT} - too_long
        if not found:
            break
        too_long |= found
    return [
        uneven(item, indent) if not row else _wrapped(line, _folded(row)[-1]) if index in too_long else [line]
        for index, (item, row, line) in enumerate(zip(items, rows, lines, strict=True))
    ]


def _cells(item: Item) -> list[Item]:
    kind = item[0].kind
    starts = {0, _HEAD.get(kind, 1)}
    for begin in _COLUMNS.get(kind, ()):
        starts.add(next((index for index, word in enumerate(item) if word.kind == begin), 0))
    bounds = sorted(starts - {len(item)})
    return [item[start:end] for start, end in pairwise([*bounds, len(item)])]


def _folded(row: Sequence[Item]) -> list[Item]:
    """At most two columns and the rest of the words as one."""
    return [*row[:2], [word for cell in row[2:] for word in cell]] if len(row) > 3 else list(row)


def _wrapped(line: str, value: Item, behind: int = 0) -> list[str]:
    """A line that ends with `value`, broken there and continued in the same column."""
    column = len(line) - len(text(value))
    (_, first), *more = broken(value, LIMIT - column, behind)
    return [line[:column] + text(first), *(" " * (column + extra) + text(words) for extra, words in more)]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells as lines; a cell that is not the last of its row is as wide as those above and below."""
    lines = ["" for _ in rows]
    for column in range(max((len(row) for row in rows), default=0)):
        for continues, group in groupby(range(len(rows)), key=lambda index: len(rows[index]) > column + 1):
            members = [index for index in group if len(rows[index]) > column]
            width = max((len(rows[index][column]) for index in members), default=0) if continues else 0
            for index in members:
                lines[index] += rows[index][column].ljust(width) + (" " if continues else "")
    return lines


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
    """Cells in columns. Where the arrow would be too far out, the longest cells reach into the next column."""
    rows = [[] if is_interrupted(item) else _cells_of_row(_at_arrow(item)[0]) for item in items]
    columns = [
        sorted({len(row[column]) for row in rows if len(row) > column and row[column].startswith("|")})
        for column in range(max((len(row) for row in rows), default=0))
    ]
    while indent + sum(widths[-1] + 1 for widths in columns if widths) > LIMIT:
        widest = max(columns, key=lambda widths: widths[-1] if len(widths) > 1 else 0)
        if len(widest) < 2:
            break
        widest.pop()
    ends = list(accumulate((widths[-1] + 1 if widths else 0 for widths in columns), initial=indent - 1))[1:]
    leads = [_reaching(row, ends, indent) for row in rows]
    arrow = max((len(lead) for lead in leads if len(lead) <= LIMIT), default=0)
    return [
        [f"{lead.ljust(arrow)} {_at_arrow(item)[1]}"] if row else uneven(item, indent)
        for item, row, lead in zip(items, rows, leads, strict=True)
    ]


def _reaching(cells: Sequence[str], ends: Sequence[int], indent: int) -> str:
    """The cells of a row, each up to its column's end; after a longer one they catch up as soon as they can."""
    line = " " * (indent - 1)
    for cell, end in zip(cells, ends, strict=False):
        line = f"{line} {cell}".ljust(end)
    return line


def _at_arrow(item: Item) -> tuple[Item, str]:
    arrow = next(index for index, word in enumerate(item) if word.kind == "ARROW")
    return item[:arrow], text(item[arrow:])


def _cells_of_row(words: Item) -> list[str]:
    starts = [index for index, word in enumerate(words) if index == 0 or word.kind == "VBAR"]
    return [text(words[start:end]) for start, end in pairwise([*starts, len(words)])]

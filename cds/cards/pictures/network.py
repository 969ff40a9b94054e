"""Networks: from the origins at the top to the sink at the bottom, the surviving route drawn apart."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from cds.cards.pictures.layers import Edge, Item, Layers, arrange
from cds.cards.pictures.model import MOST_ROWS, NetworkPicture
from cds.cards.pictures.numbers import NoPicture
from cds.cards.pictures.text import BOLD, NORMAL, SMALL, lines_of
from cds.cards.pictures.view import INNER, LINE, MARGIN, WIDTH, Table, Text, View

_WIDEST: Final = 130.0
_NARROWEST: Final = 58.0
_POINT: Final = 14.0
"""What a passing edge takes of a row."""
_GAP: Final = 10.0
_BETWEEN: Final = 30.0
"""From one row to the next."""


@dataclass(frozen=True, slots=True)
class Box:
    """One node, placed."""

    x: float
    y: float
    width: float
    height: float
    text: tuple[Text, ...]
    looks: tuple[str, ...]
    """Of `origin`, `blocked`, `route` and `merge`."""


@dataclass(frozen=True, slots=True)
class Line:
    """One edge: its bends, the arrow at its end, and how it is drawn."""

    points: tuple[tuple[float, float], ...]
    arrow: str
    look: str
    """`route`, `cut` behind a node that is blocked, or `plain`."""


@dataclass(frozen=True, slots=True)
class NetworkView(View):
    """A network, placed."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    legend: tuple[tuple[str, Text], ...]


def draw(picture: NetworkPicture) -> NetworkView:
    """The nodes that matter for the sink, in layers."""
    nodes, edges, left_out = _relevant(picture)
    if len(nodes) > MOST_ROWS:
        raise NoPicture(f"{len(nodes)} nodes lead to the sink: more than {MOST_ROWS} cannot be read")
    layers = arrange(nodes, edges, picture.route)
    boxes, rows = _boxes(picture, layers)
    route = set(pairwise(picture.route))
    lines = [_line(picture, path, edge, boxes, rows, layers, route) for edge, path in layers.paths]
    # The route last: it is drawn over what it crosses.
    lines.sort(key=lambda line: line.look == "route")
    bottom = max(y + height for y, height in rows) + 6
    legend = []
    for look, words in _legend(picture, lines):
        legend.append((look, Text(MARGIN + 46, bottom + LINE, words, size=SMALL)))
        bottom += LINE + 2
    passes: dict[str, list[str]] = {node: [] for node in nodes}
    for start, end in edges:
        passes[start].append(end)
    notes = list(picture.notes)
    if left_out:
        notes.append(f"Not drawn, because nothing leads from them to {picture.sink}: {', '.join(left_out)}.")
    table = tuple(
        (node, ", ".join(passes[node]) or "–", ", ".join(_said(picture, node)) or "–")
        for row in layers.rows
        for node in row
        if isinstance(node, str)
    )
    placed = tuple(box for box in boxes.values() if isinstance(box, Box))
    return NetworkView(
        picture.title,
        " ".join(
            [
                *(f"{row[0]} passes activity to {row[1]}." for row in table if row[1] != "–"),
                f"Blocked: {', '.join(node for node in picture.blocked if _held(picture, node)) or 'none'}.",
                f"Resists the block: {', '.join(picture.resisting) or 'none'}.",
                f"Surviving route: {' to '.join(picture.route) or 'none'}.",
                f"After the merge: {', '.join(picture.after_merge) or 'none'}.",
            ]
        ),
        bottom + 8,
        Table("Nodes of the network", ("Node", "Passes activity to", "What it is"), table),
        tuple(notes),
        placed,
        tuple(lines),
        tuple(legend),
    )


def _relevant(picture: NetworkPicture) -> tuple[list[str], list[Edge], list[str]]:
    """What leads to the sink, and blocked nodes; the edges between; and what is left out."""
    edges = list(dict.fromkeys(edge for edge in picture.edges if edge[0] != edge[1]))
    everything = dict.fromkeys(
        [*picture.sources, *(node for edge in edges for node in edge), *picture.blocked, picture.sink]
    )
    feeding: dict[str, list[str]] = {}
    for start, end in edges:
        feeding.setdefault(end, []).append(start)
    leading, todo = {picture.sink}, [picture.sink]
    while todo:
        new = [node for node in feeding.get(todo.pop(), []) if node not in leading]
        leading.update(new)
        todo += new
    kept = leading | set(picture.blocked)
    nodes = [node for node in everything if node in kept]
    inside = [edge for edge in edges if edge[0] in kept and edge[1] in kept]
    return nodes, inside, [node for node in everything if node not in kept]


def _held(picture: NetworkPicture, node: str) -> bool:
    return node in picture.blocked and node not in picture.resisting


def _said(picture: NetworkPicture, node: str) -> list[str]:
    """What a node is, most important first."""
    kinds = (
        ("resists the block", node in picture.resisting),
        ("blocked", _held(picture, node)),
        ("after the merge", node in picture.after_merge),
        ("origin", node in picture.sources),
        ("sink", node == picture.sink),
        ("on the surviving route", node in picture.route),
    )
    return [words for words, so in kinds if so]


_TAGS: Final = {"resists the block": "resists", "after the merge": "after merge"}


def _boxes(
    picture: NetworkPicture, layers: Layers
) -> tuple[dict[Item, Box | float], list[tuple[float, float]]]:
    """Boxes of nodes, and for each point that an edge passes its distance from the left; rows with height."""
    boxes: dict[Item, Box | float] = {}
    rows, top = [], 4.0
    for row in layers.rows:
        nodes = [item for item in row if isinstance(item, str)]
        room = INNER - _GAP * (len(row) - 1) - _POINT * (len(row) - len(nodes))
        width = min(_WIDEST, room / max(1, len(nodes)))
        if width < _NARROWEST or room < 0:
            raise NoPicture(f"{len(row)} nodes and passing edges side by side cannot be read")
        said = {node: _lines(picture, node, width - 10) for node in nodes}
        height = 12.0 + LINE * max((len(lines) for lines in said.values()), default=1)
        total = sum(width if isinstance(item, str) else _POINT for item in row) + _GAP * (len(row) - 1)
        x = (WIDTH - total) / 2
        for item in row:
            if isinstance(item, str):
                boxes[item] = _box(picture, item, said[item], x, top, width, height)
                x += width + _GAP
            else:
                boxes[item] = x + _POINT / 2
                x += _POINT + _GAP
        rows.append((top, height))
        top += height + _BETWEEN
    return boxes, rows


def _lines(picture: NetworkPicture, node: str, width: float) -> list[tuple[str, bool]]:
    """Name and tags of a node; what stands in the legend or at the ends is not said again."""
    name = [(line, True) for line in lines_of(node, width / BOLD, 2, NORMAL)]
    tags = [tag for tag in _said(picture, node) if tag != "on the surviving route"]
    return name + [(lines_of(_TAGS.get(tag, tag), width, 1, SMALL)[0], False) for tag in tags]


def _box(
    picture: NetworkPicture,
    node: str,
    lines: list[tuple[str, bool]],
    x: float,
    top: float,
    width: float,
    height: float,
) -> Box:
    first = top + (height - LINE * len(lines)) / 2 + 13
    text = tuple(
        Text(x + width / 2, first + LINE * number, words, "middle", bold, NORMAL if bold else SMALL)
        for number, (words, bold) in enumerate(lines)
    )
    looks = (
        ("origin", node in picture.sources),
        ("blocked", _held(picture, node)),
        ("route", node in picture.route),
        ("merge", node in picture.after_merge),
    )
    return Box(x, top, width, height, text, tuple(look for look, so in looks if so))


def _line(
    picture: NetworkPicture,
    path: tuple[Item, ...],
    edge: Edge,
    boxes: dict[Item, Box | float],
    rows: list[tuple[float, float]],
    layers: Layers,
    route: set[Edge],
) -> Line:
    row_of = {item: rows[number] for number, row in enumerate(layers.rows) for item in row}
    points: list[tuple[float, float]] = []
    for number, item in enumerate(path):
        box, (top, height) = boxes[item], row_of[item]
        x = box.x + box.width / 2 if isinstance(box, Box) else box
        if isinstance(box, Box) and edge in layers.returning:
            # Apart from the edge that leads the other way.
            x += 14
        if number:
            points.append((x, top - (1 if isinstance(box, Box) else 0)))
        if number < len(path) - 1:
            points.append((x, top + height))
    if edge in layers.returning:
        points.reverse()
    look = "route" if edge in route else "plain"
    if look == "plain" and _held(picture, edge[0]):
        look = "cut"
    return Line(tuple(points), _arrow(points), look)


def _arrow(points: list[tuple[float, float]]) -> str:
    """The head of an arrow at the last point, along the last piece."""
    (x0, y0), (x1, y1) = points[-2:]
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 or 1.0
    along, across = ((x1 - x0) / length, (y1 - y0) / length), (-(y1 - y0) / length, (x1 - x0) / length)
    base = (x1 - 9 * along[0], y1 - 9 * along[1])
    corners = [
        (x1, y1),
        (base[0] + 5 * across[0], base[1] + 5 * across[1]),
        (base[0] - 5 * across[0], base[1] - 5 * across[1]),
    ]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)


def _legend(picture: NetworkPicture, lines: list[Line]) -> list[tuple[str, str]]:
    """The kinds of line that occur, in words that fit beside a sample."""
    looks = {line.look for line in lines}
    kinds = (
        ("route", "route that survives", bool(picture.route)),
        ("cut", "interrupted by the block", "cut" in looks),
        ("plain", "passes activity on", "plain" in looks),
    )
    return [(look, words) for look, words, so in kinds if so]

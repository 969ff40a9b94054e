"""A page taken apart: its elements, whether each is closed, its text."""

from __future__ import annotations

from html.parser import HTMLParser

_EMPTY = frozenset({"meta", "br"})
_SHAPES = frozenset({"path", "line", "rect", "circle"})


class Page(HTMLParser):
    """What a reader of the page meets."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        """Element, name, value."""
        self.text = ""
        self.folded = ""
        """Text inside of `details`."""
        self.rows: list[list[str]] = []
        """Cells of every row of every table."""
        self.styles = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _SHAPES
        self.names.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            self.styles += data
            return
        self.text += data
        self.folded += data if "details" in self.open else ""
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

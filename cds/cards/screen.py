"""A card as a person reads it in a terminal."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping

_ESCAPED = re.compile(r"\\([\\`*_\[\]<>#|~&])")
_WIDTH = 92


def as_screen(card: Mapping[str, object]) -> str:
    """Indicator, summary, detail and suggestions of one card, wrapped and indented."""
    lines = [f"[{str(card['indicator']).upper()}] {card['summary']}"]
    for line in re.sub(r"\*\*\n\n", "**\n", str(card.get("detail", ""))).splitlines():
        text = _ESCAPED.sub(r"\1", line.replace("**", ""))
        indent = "    " if line.startswith("- ") else "  "
        lines += textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent + "  ") or [""]
    suggestions = card.get("suggestions", [])
    assert isinstance(suggestions, list)
    for suggestion in suggestions:
        lines.append(f"  -> {suggestion['label']}")
    source = card["source"]
    assert isinstance(source, Mapping)
    lines.append(f"  Source: {source['label']}")
    return "\n".join(lines)

"""The access token of a call."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


class BearerToken:
    """An access token; its text forms are `***`, so that no message, log or report can hold it (H-097).

    Raises `ValueError` for text that is not a bearer token (RFC 6750, section 2.1).
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not _TOKEN.fullmatch(text):
            raise ValueError("expected a bearer token: letters, digits and -._~+/ with = at the end only")
        self._text = text

    def __repr__(self) -> str:
        return "***"

    def header(self) -> str:
        """The value of the `Authorization` header."""
        return f"Bearer {self._text}"

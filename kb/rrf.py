"""The files of an RxNorm release (Rich Release Format): their lines, and which release they are.

Layout: RxNorm Technical Documentation, National Library of Medicine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Final

from kb.errors import KnowledgeBaseError

NOT_STATED: Final = "not stated"

SUPPRESSED: Final = frozenset("OEY")
"""Values of SUPPRESS: obsolete, or suppressed by an editor or as a whole kind."""

_LONGEST: Final = 1 << 16
"""Bytes of a line; the longest names of a release have some 4,000."""

_RXCUI: Final = re.compile(r"[1-9][0-9]{0,8}")
_VERSION: Final = re.compile(r"RXNORM_([0-9]{2}A[A-Z]_([0-9]{2})([0-9]{2})([0-9]{2})F?)")
_FOLDER: Final = re.compile(r"RxNorm_full(?:_prescribe)?_([0-9]{2})([0-9]{2})([0-9]{4})")


class Lines:
    """The lines of a file, each checked to be whole and in UTF-8, with their numbers.

    Iterating raises `KnowledgeBaseError` naming file and line.
    """

    def __init__(self, path: Path, fields: int) -> None:
        self._path = path
        self._fields = fields
        self._hash = sha256()

    @property
    def digest(self) -> str:
        """SHA-256 of what was read, in hexadecimal."""
        return self._hash.hexdigest()

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        number = 0
        try:
            with self._path.open("rb") as file:
                while line := file.readline(_LONGEST):
                    number += 1
                    self._hash.update(line)
                    self._check(number, line)
                    yield number, line
        except FileNotFoundError:
            raise KnowledgeBaseError(
                f"{self._path}: the file is missing; a release has it in `rrf`"
            ) from None
        except OSError as error:
            raise KnowledgeBaseError(f"{self._path}: cannot be read ({error.strerror})") from None
        if not number:
            raise KnowledgeBaseError(f"{self._path}: the file is empty; unpack the release again")

    def _check(self, number: int, line: bytes) -> None:
        if line.count(b"|") != self._fields or not line.rstrip(b"\r\n").endswith(b"|"):
            raise KnowledgeBaseError(
                f"{self._path}:{number}: expected {self._fields} fields, each ended by `|`; "
                "unpack the release again"
            )
        if not line.isascii():
            try:
                line.decode()
            except UnicodeDecodeError:
                raise KnowledgeBaseError(f"{self._path}:{number}: expected UTF-8 text") from None

    def rxcui(self, number: int, text: str) -> int:
        """The RxNorm code in a field; raises `KnowledgeBaseError`."""
        if not _RXCUI.fullmatch(text):
            raise KnowledgeBaseError(
                f"{self._path}:{number}: expected an RxNorm code, a number of up to nine digits"
            )
        return int(text)


def edition(folder: Path) -> tuple[str, str]:
    """Name and day of a release: from RXNSAB.RRF, else from the name of its folder, else `NOT_STATED`."""
    try:
        lines = (folder / "RXNSAB.RRF").read_bytes().decode(errors="replace").splitlines()
    except OSError:
        lines = []  # nothing else needs the file
    for line in lines:
        version = next(filter(None, map(_VERSION.fullmatch, line.split("|"))), None)
        if version is not None:
            return version[1], _day(f"20{version[2]}", version[3], version[4])
    for part in reversed(folder.absolute().parts):
        named = _FOLDER.fullmatch(part)
        if named is not None:
            return part, _day(named[3], named[1], named[2])
    return NOT_STATED, NOT_STATED


def _day(year: str, month: str, day: str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return NOT_STATED

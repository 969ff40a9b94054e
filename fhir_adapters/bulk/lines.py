"""The lines of one export file, plain or gzip, each with its place; what is broken costs only itself."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fhir_adapters.bulk.report import BulkFault


@dataclass(frozen=True, slots=True)
class Line:
    """The bytes of one line without its end, and where it stands."""

    file: str
    number: int
    data: bytes

    @property
    def path(self) -> str:
        """E.g. `Observation.000.ndjson.gz:17`."""
        return f"{self.file}:{self.number}"

    def fault(self, code: str, sentence: str) -> BulkFault:
        """A fault of this line."""
        return BulkFault(self.file, self.number, code, sentence)


def read_lines(folder: Path, path: Path, max_bytes: int) -> Iterator[Line | BulkFault]:
    """The lines of a file in a folder; a fault for each that is blank or longer than `max_bytes`.

    Never more than one line is held. A gzip stream that breaks off, or a file that cannot be read, ends
    with a fault at the first line that was lost.
    """
    # A name need not be text; what is made of it goes into records and reports.
    name = os.fsencode(path.relative_to(folder).as_posix()).decode("utf-8", "backslashreplace")
    number = 0
    try:
        with _opened(path) as stream:
            while data := stream.readline(max_bytes + 1):
                number += 1
                if len(data) > max_bytes and not data.endswith(b"\n"):
                    while data and not data.endswith(b"\n"):
                        data = stream.readline(max_bytes)
                    sentence = f"The line is longer than {max_bytes} bytes."
                    yield BulkFault(name, number, "too-large", sentence)
                elif stripped := data.strip(b" \t\r\n"):
                    yield Line(name, number, stripped)
                else:
                    yield BulkFault(name, number, "blank", "The line is blank.")
    except (EOFError, zlib.error, gzip.BadGzipFile):
        sentence = "The gzip stream is damaged or breaks off: what follows is lost."
        yield BulkFault(name, number + 1, "gzip", sentence)
    except OSError as error:
        sentence = f"The file cannot be read ({error.strerror}): what follows is lost."
        yield BulkFault(name, number + 1, "unreadable", sentence)


def _opened(path: Path) -> BinaryIO | gzip.GzipFile:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")

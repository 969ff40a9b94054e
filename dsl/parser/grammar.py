"""The parser that the grammar describes, built once and kept beside the compiled modules."""

from __future__ import annotations

import hashlib
import io
import os
from contextlib import suppress
from functools import lru_cache
from importlib.util import cache_from_source
from pathlib import Path

import lark

GRAMMAR = Path(__file__).with_name("grammar.lark")

_OPTIONS = {"parser": "lalr", "lexer": "contextual", "propagate_positions": True}

_SEAL_BYTES = hashlib.sha256().digest_size


@lru_cache(maxsize=1)
def parser() -> lark.Lark:
    """The LALR parser of rule files.

    Its cache is a pickle, so it lies where Python keeps this module compiled: who can write there can
    change the code itself. Without the right to write, each process builds the parser anew.
    """
    return load(GRAMMAR, Path(cache_from_source(__file__)).with_suffix(".lark"))


def load(grammar: Path, cache: Path) -> lark.Lark:
    """The parser of a grammar, from the cache if that was made of exactly this text by this Lark."""
    text = grammar.read_text("utf-8")
    return _kept(text, cache) or _built(text, cache)


def _kept(text: str, cache: Path) -> lark.Lark | None:
    try:
        content = cache.read_bytes()
    except OSError:
        return None
    seal, payload = content[:_SEAL_BYTES], content[_SEAL_BYTES:]
    return lark.Lark.load(io.BytesIO(payload)) if seal == _seal(text, payload) else None


def _built(text: str, cache: Path) -> lark.Lark:
    built = lark.Lark(text, **_OPTIONS)
    file = io.BytesIO()
    built.save(file)
    payload = file.getvalue()
    _keep(cache, _seal(text, payload) + payload)
    return built


def _keep(cache: Path, content: bytes) -> None:
    """Written aside and renamed, so that a process that starts now sees a whole cache or none."""
    aside = cache.with_suffix(f".{os.getpid()}")
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(content)
        aside.replace(cache)
    except OSError:
        with suppress(OSError):
            aside.unlink()


def _seal(text: str, payload: bytes) -> bytes:
    return hashlib.sha256(f"{lark.__version__}\n{_OPTIONS}\n{text}\n".encode() + payload).digest()

"""The parser that is kept beside the compiled modules, and words for everything that it can ask for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from lark import Lark, UnexpectedInput

from dsl.parser import slips
from dsl.parser.grammar import GRAMMAR, load, parser
from dsl.parser.limits import _STAYS
from dsl.parser.repairs import END, literals
from tests.dsl.support import WHOLE

SMALL = 'start: "a" NAME\nNAME: /b+/\n'


def read(grammar: Lark, text: str) -> bool:
    try:
        grammar.parse(text)
    except UnexpectedInput:
        return False
    return True


@pytest.fixture
def grammar(tmp_path: Path) -> Path:
    path = tmp_path / "small.lark"
    path.write_text(SMALL, "utf-8")
    return path


# ---------------------------------------------------------------- the cache
def test_a_kept_parser_reads_the_same(tmp_path: Path) -> None:
    """Trees, positions, and what is expected after a fault."""
    cache = tmp_path / "cache"
    built, kept = load(GRAMMAR, cache), load(GRAMMAR, cache)
    assert "grammar" in vars(built) and "grammar" not in vars(kept)
    one, other = built.parse(WHOLE), kept.parse(WHOLE)
    assert one == other
    places = [[tree.meta.end_pos for tree in each.iter_subtrees()] for each in (one, other)]
    assert places[0] == places[1]
    for broken in (WHOLE[:200], WHOLE.replace("=>", "->"), WHOLE + "}"):
        expected = []
        for each in (built, kept):
            with pytest.raises(UnexpectedInput) as raised:
                each.parse(broken)
            expected.append((raised.value.pos_in_stream, raised.value.interactive_parser.accepts()))  # type: ignore[no-untyped-call]  # Lark declares no types here
        assert expected[0] == expected[1]


def test_an_edited_grammar_never_meets_an_old_cache(grammar: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert read(load(grammar, cache), "abb")
    grammar.write_text(SMALL.replace("b+", "c+"), "utf-8")
    assert not read(load(grammar, cache), "abb")
    assert read(load(grammar, cache), "acc")


def test_another_version_of_lark_never_meets_an_old_cache(
    grammar: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    load(grammar, cache)
    before = cache.read_bytes()
    load(grammar, cache)
    assert cache.read_bytes() == before
    monkeypatch.setattr("lark.__version__", "0.0.0")
    load(grammar, cache)
    assert cache.read_bytes() != before


@pytest.mark.parametrize("harm", ["empty", "cut", "changed", "foreign"])
def test_a_damaged_cache_is_made_anew(harm: str, grammar: Path, tmp_path: Path) -> None:
    """A pickle that nobody wrote is never opened."""
    cache = tmp_path / "cache"
    load(grammar, cache)
    whole = cache.read_bytes()
    damaged = {
        "empty": b"",
        "cut": whole[: len(whole) // 2],
        "changed": whole[:-9] + b"x" + whole[-8:],
        "foreign": b"0" * 32 + b"cos\nsystem\n(S'exit 1'\ntR.",
    }
    cache.write_bytes(damaged[harm])
    assert read(load(grammar, cache), "abb")
    assert read(load(grammar, cache), "abb")
    assert cache.read_bytes()[32:] != damaged[harm][32:]


def test_without_a_place_for_the_cache_the_parser_is_built(grammar: Path, tmp_path: Path) -> None:
    assert read(load(grammar, grammar / "cache"), "abb")
    (tmp_path / "folder").mkdir()
    assert read(load(grammar, tmp_path / "folder"), "abb")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "small.lark"]


def test_processes_that_start_at_once_see_a_whole_cache_or_none(tmp_path: Path) -> None:
    """Each of them parses, and what they leave behind is one cache."""
    code = "import dsl, sys; file = dsl.parse_text(sys.argv[1], 'a.rule'); assert file.rules, file"
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path)}
    command = [sys.executable, "-c", code, WHOLE]
    folder = Path(__file__).resolve().parents[2]
    started = [
        subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE) for _ in range(6)
    ]
    errors = [process.communicate()[1].decode() for process in started]
    assert errors == [""] * 6
    kept = [path for path in tmp_path.rglob("grammar.*") if path.suffix != ".pyc"]
    assert [path.suffix for path in kept] == [".lark"]


def test_the_cache_lies_with_the_compiled_modules() -> None:
    """Not in a folder where anybody may write: whoever can change it can change the code itself."""
    parser()
    [cache] = GRAMMAR.parent.glob("__pycache__/grammar.*.lark")
    assert cache.stat().st_mode & 0o002 == 0


# ---------------------------------------------------------------- words
def test_every_terminal_has_words() -> None:
    """A message that asks for `LOUDNESS` helps nobody; a new terminal needs an entry in `slips.WORDS`."""
    named = {each.name for each in parser().terminals} - set(parser().lexer_conf.ignore)
    assert named - set(literals()) == set(slips.WORDS) - {END}


def test_advice_is_about_terminals_of_the_grammar() -> None:
    """One that was renamed would never be given again."""
    named = {each.name for each in parser().terminals}
    assert {name for _, name in slips._ADVICE} <= named
    assert set(slips._EXAMPLES) <= named
    assert named >= _STAYS

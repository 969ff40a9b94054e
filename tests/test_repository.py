"""The repository as a whole: sizes, front doors, locks, and what no file may contain."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("calc", "cds", "dsl", "fhir_adapters", "kb")
LOCKS = ("runtime", "dev")
MAX_LINES = 600
NOT_OURS = {".git", "dist", "__pycache__"}

# Put together here, so that this file does not hold what it looks for.
FORBIDDEN = re.compile(
    "|".join(
        (
            r"(?<![\w.])/(?:work|root|home)/",
            r"files\." + "pythonhosted",
            r"pypi" + r"\.(?:org|python)",
            r"registry\." + "npmjs",
            r"deb\." + "debian",
        )
    )
)


def _files() -> list[Path]:
    """Tracked files and those that would be added; without git, every file outside hidden caches."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        return [path for path in ROOT.rglob("*") if path.is_file() and _is_ours(path.relative_to(ROOT))]
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def _is_ours(path: Path) -> bool:
    hidden = any(part.startswith(".") and part != ".ci" for part in path.parts[:-1])
    return not hidden and NOT_OURS.isdisjoint(path.parts)


def _modules() -> Iterator[Path]:
    folders = (*PACKAGES, "tests", "bench")
    return (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _asked_for(requirements: list[str]) -> set[str]:
    return {_normalised(re.split(r"[\[<>=!~; ]", text, maxsplit=1)[0]) for text in requirements}


def _locked(lock: str) -> dict[str, set[str]]:
    text = (ROOT / "locks" / f"{lock}.txt").read_text(encoding="utf-8")
    pins: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", text, flags=re.MULTILINE):
        pins.setdefault(_normalised(name), set()).add(version)
    return pins


def test_no_module_is_longer_than_600_lines() -> None:
    lines = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n") for path in _modules()}
    assert lines
    assert {name: count for name, count in lines.items() if count > MAX_LINES} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_front_door_lists_names_that_are_there(package: str) -> None:
    """A star import or a reader would stumble over a stale name; ruff keeps the list sorted (RUF022)."""
    front_door = importlib.import_module(package)
    exported: list[str] = front_door.__all__
    assert [name for name in exported if not hasattr(front_door, name)] == []
    assert len(exported) == len(set(exported))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_a_hash_for_each_pin_and_no_address(lock: str) -> None:
    """H-143: an address or an unhashed line would take the package from wherever the machine points."""
    text = (ROOT / "locks" / f"{lock}.txt").read_text(encoding="utf-8")
    entries = [entry for entry in re.split(r"\n(?=\S)", text) if entry.strip()]
    entry = re.compile(r"[\w.-]+==\S+( ; [^\n]+?)?( \\\n    --hash=sha256:[0-9a-f]{64})+\n*")
    assert entries
    assert [text for text in entries if not entry.fullmatch(text)] == []


@pytest.mark.parametrize(("lock", "groups"), [("runtime", ("build",)), ("dev", ("build", "dev"))])
def test_a_lock_holds_every_dependency_of_the_project(lock: str, groups: tuple[str, ...]) -> None:
    project = _project()
    asked = _asked_for(project["project"]["dependencies"])
    for group in groups:
        asked |= _asked_for(project["dependency-groups"][group])
    assert asked - set(_locked(lock)) == set()


def test_the_developers_lock_pins_what_the_runtime_lock_pins() -> None:
    """Otherwise `make test` would exchange what `make demo` ran on."""
    dev = _locked("dev")
    assert {name: pins for name, pins in _locked("runtime").items() if dev.get(name) != pins} == {}


def test_every_package_is_shipped_checked_and_has_a_contract() -> None:
    tool = _project()["tool"]
    contracts = tool["importlinter"]["contracts"]
    sources = {
        name
        for contract in contracts
        for key in ("source_modules", "containers")
        for name in contract.get(key, ())
    }
    assert set(PACKAGES) <= set(tool["mypy"]["files"])
    assert sorted(tool["importlinter"]["root_packages"]) == list(PACKAGES)
    assert sorted(tool["hatch"]["build"]["targets"]["wheel"]["packages"]) == list(PACKAGES)
    assert sources == set(PACKAGES)


def test_the_wheel_holds_every_file_of_the_packages(tmp_path: Path) -> None:
    """An installed copy without its grammar, rules or templates would fail on the first call only."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        shipped = set(archive.namelist())
    names = {path.relative_to(ROOT) for path in _files()}
    assert {str(name) for name in names if name.parts[0] in PACKAGES} - shipped == set()


def test_no_file_names_a_machine_path_or_a_registry() -> None:
    found = []
    for path in _files():
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        name = path.relative_to(ROOT)
        found += [f"{name}:{number}" for number, line in enumerate(lines, start=1) if FORBIDDEN.search(line)]
    assert found == []

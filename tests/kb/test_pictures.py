"""Pictures of rules: the file of one names what its rule has."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb import KnowledgeBaseError, load
from tests.cds.cli.support import folder_without_imports

PICTURE = """operation = "nnt.overall"
label = "Picture"
outcomes = ["recurrent_start"]

[given]
p_x1 = 0.5
nested = { list = ["{weight}", 1] }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_without_imports(tmp_path_factory.mktemp("pictures") / "kb")


def put(folder: Path, old: str = "", new: str = "", name: str = "niraparib.start_dose") -> Path:
    assert old in PICTURE
    path = folder / "pictures"
    path.mkdir(exist_ok=True)
    for each in path.glob("niraparib.*"):
        each.unlink()
    (path / f"{name}.toml").write_text(PICTURE.replace(old, new), "utf-8")
    return folder


def test_a_picture_is_read(folder: Path) -> None:
    picture = load(put(folder)).pictures["niraparib.start_dose"]
    assert picture.given["nested"] == {"list": ["{weight}", 1]} and picture.label == "Picture"


@pytest.mark.parametrize(
    ("old", "new", "name", "words"),
    [
        ("", "", "niraparib.start_dos", "there is no rule `niraparib.start_dos`; did you mean"),
        ("recurrent_start", "recurrent_star", "niraparib.start_dose", "no outcome `recurrent_star`; did you"),
        ("{weight}", "{wait}", "niraparib.start_dose", "field `given`: the rule has no value `wait`"),
        ('label = "Picture"\n', "", "niraparib.start_dose", "label"),
    ],
)
def test_what_is_not_there_is_said(folder: Path, old: str, new: str, name: str, words: str) -> None:
    with pytest.raises(KnowledgeBaseError) as caught:
        load(put(folder, old, new, name))
    assert words in str(caught.value) and f"{name}.toml" in str(caught.value)

"""What is no part of a data set is told, with the reason."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.cli.app import app
from engine.datasets import open_dataset
from engine.datasets.left_out import among
from engine.errors import DataError
from tests import corpora


def said(root: Path) -> str:
    result = CliRunner().invoke(app, ["data", str(root)])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


@pytest.fixture
def dirty(tmp_path: Path) -> Path:
    root = corpora.folders(tmp_path / "set", ("flute", "violin"), files=2, seconds=0.1)
    for name in (
        *("flute/x.ape", "flute/cover.jpg", "oboe/x.ape", "oboe/y.mid", "notes/a.txt"),
        *("loose.wav", "other.ape", "flute/._take.wav", "violin/Thumbs.db"),
    ):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(b"x")
    return root


def test_a_folder_of_classes(dirty: Path) -> None:
    words = said(dirty)
    for sentence in (
        "The class 'oboe' is left out: Earmark reads none of its files (1 .ape, 1 .mid).",
        "2 files beside the class folders are left out: loose.wav, other.ape.",
        "1 file in formats that Earmark does not read is left out: flute/x.ape.",
        "1 file other than sound is left out: flute/cover.jpg.",
        "1 folder without any sound is left out: notes.",
        "2 hidden files or folders of the system are passed over: flute/._take.wav, "
        "violin/Thumbs.db.",
    ):
        assert sentence in words
    data = open_dataset(dirty)
    assert data.counts() == {"flute": 2, "violin": 2}
    assert any("oboe" in warning for warning in data.warnings)  # a training says it, too


def test_too_few_classes_say_why(tmp_path: Path) -> None:
    corpora.folders(tmp_path, ("flute",), files=1, seconds=0.1)
    (tmp_path / "oboe").mkdir()
    (tmp_path / "oboe" / "x.ape").write_bytes(b"x")
    with pytest.raises(DataError, match=r"The class 'oboe' is left out: .* \(1 \.ape\)"):
        open_dataset(tmp_path)


def test_among_what_is_taken_in(dirty: Path) -> None:
    files = [dirty / "loose.wav", dirty / "other.ape", dirty / "flute" / "._take.wav"]
    assert among(files) == ("1 file in formats that Earmark does not read is left out: other.ape.",)
    assert among([dirty / "flute", dirty / "notes" / "a.txt"]) == (
        "1 file in formats that Earmark does not read is left out: x.ape.",
        "2 files other than sound are left out: a.txt, cover.jpg.",
    )


def test_copies_and_contradictions(tmp_path: Path) -> None:
    root = corpora.folders(tmp_path / "set", ("flute", "violin"), files=2, seconds=0.1)
    data = (root / "flute" / "take 0.wav").read_bytes()
    (root / "flute" / "again.wav").write_bytes(data)
    (root / "violin" / "same.wav").write_bytes(data)
    words = said(root)
    assert "2 files are copies of others: " in words
    assert "violin/same.wav = flute/again.wav" in words
    assert "1 sound has more than one label: flute/again.wav (flute, violin)" in words


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("a.wav,x,,\na.wav,x,,\nb.wav,y,,\n", "1 row repeats an earlier one: a.wav."),
        ("a.wav,x,,\na.wav,y,,\nb.wav,y,,\n", "more than one label: a.wav (x, y)."),
        (
            "a.wav,x,0,99\nb.wav,y,5,9\n",
            "2 excerpts reach beyond the end of their files: a.wav (0 to 99 s of 1 s), "
            "b.wav (5 to 9 s of 1 s)",
        ),
        (
            "a.wav,x,,\na.wav,x,0,0.5\n",
            "1 sound file in no row of manifest.csv is left out: b.wav.",
        ),
    ],
)
def test_tables(tmp_path: Path, rows: str, sentence: str) -> None:
    for number, name in enumerate("ab"):
        corpora.write(tmp_path / f"{name}.wav", corpora.sound(number, 0, 1.0))
    (tmp_path / "manifest.csv").write_text("path,label,start,end\n" + rows)
    assert sentence in said(tmp_path)

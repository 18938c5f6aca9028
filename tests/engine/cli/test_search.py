"""``earmark index`` and ``earmark search``, with an ear that costs nothing."""

import csv
import io
import json
from pathlib import Path

import pytest

from engine.cli.app import run
from engine.search import ear as ear_module
from tests.engine.search.planted import PlantedEar, store, tone


@pytest.fixture
def sounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(ear_module, "SearchEar", PlantedEar)
    for number, pitch in enumerate((300.0, 300.0, 900.0, 2000.0)):
        store(tmp_path / "sounds" / f"{number}-{pitch:.0f}.wav", tone(pitch, 4.0, seed=number))
    return tmp_path / "sounds"


def test_sounds_are_indexed_found_and_compared(
    sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place, clip = str(tmp_path / "a.index"), str(store(tmp_path / "clip.wav", tone(900.0, seed=9)))
    assert run(["index", str(sounds), "-o", place]) == 0
    said = capsys.readouterr()
    assert "Files heard now: 4, unchanged: 0" in said.err
    assert "4 files, 0.00 hours" in said.out
    assert run(["search", place, clip, "-n", "2", "-f", "json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert Path(lines[0]["file"]).name == "2-900.wav"
    assert (lines[0]["start"], lines[0]["end"]) == (0.0, 3.0)
    assert lines[0]["similarity"] > lines[1]["similarity"]
    assert run(["search", place, clip, "--at", "1", "--length", "1", "-f", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert Path(rows[0]["file"]).name == "2-900.wav"
    assert run(["search", place, clip]) == 0
    assert "2-900.wav" in capsys.readouterr().out
    store(sounds / "5-copy.wav", 0.5 * tone(2000.0, 4.0, seed=3))
    assert run(["index", str(sounds), "-o", place]) == 0
    assert "Files heard now: 1, unchanged: 4" in capsys.readouterr().err
    assert run(["index", "--duplicates", place, "-f", "csv"]) == 0
    pairs = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert ("3-2000.wav", "5-copy.wav") in {
        (Path(pair["first"]).name, Path(pair["second"]).name) for pair in pairs
    }


def test_what_fails_is_told_and_wrong_words_are_refused(
    sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (sounds / "bad.wav").write_text("no sound")
    place = str(tmp_path / "a.index")
    assert run(["index", str(sounds), "-o", place]) == 1
    assert "bad.wav" in capsys.readouterr().err
    clip = str(sounds / "0-300.wav")
    for words in (
        ["search", str(tmp_path / "nowhere"), clip],
        ["search", str(tmp_path), clip],
        ["search", place, clip, "--at", "99"],
        ["index", clip],
        ["index", str(sounds), "-f", "csv"],
        ["index", "--duplicates", place, "-o", place],
        ["index", str(sounds), "-o", place, "--step", "1"],
        ["index", str(sounds), "-o", str(sounds)],
    ):
        assert run(words) == 2, words
        said = capsys.readouterr().err
        assert said.startswith("earmark: ")
        assert said.count("\n") == 1

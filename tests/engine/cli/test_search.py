"""``earmark index`` and ``earmark search``, with an ear that costs nothing."""

import csv
import io
import json
from pathlib import Path

import pytest

from engine.cli.app import run
from engine.search import ear as ear_module
from tests.engine.search.planted import PlantedEar, store, tone
from tests.planted import build as planted


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


def test_an_index_by_a_classifier_of_ones_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, pitch in enumerate((300.0, 700.0, 1500.0) * 3):
        store(tmp_path / "sounds" / f"{number}-{pitch:.0f}.wav", tone(pitch, 6.0, seed=number))
    planted(network=("dense", {"hidden": [40]})).save(tmp_path / "mine.safetensors")
    sounds, place = str(tmp_path / "sounds"), str(tmp_path / "a.index")
    mine, clip = str(tmp_path / "mine.safetensors"), str(tmp_path / "sounds" / "1-700.wav")
    assert run(["index", sounds, "-o", place, "--by", mine]) == 0
    assert run(["index", sounds, "-o", place]) == 0  # by what it was made with
    assert "unchanged: 9" in capsys.readouterr().err
    assert run(["search", place, clip, "-n", "3", "--most-a-file", "1", "-f", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert all(row["file"].endswith("-700.wav") for row in rows)
    assert run(["index", sounds, "-o", place, "--by", "instrument"]) == 2
    assert "was heard by 'planted'" in capsys.readouterr().err
    (tmp_path / "mine.safetensors").unlink()
    assert run(["search", place, clip]) == 2
    said = capsys.readouterr().err
    assert "heard by the classifier 'planted'" in said
    assert said.count("\n") == 1


def test_addresses_are_not_taken_for_files_that_are_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["index", "s3://archive/in/", "-o", str(tmp_path / "a.index")]) == 2
    assert "An index is made of files of this machine." in capsys.readouterr().err
    assert not (tmp_path / "a.index").exists()

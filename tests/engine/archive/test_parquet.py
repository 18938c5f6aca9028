"""Parquet tables, read back by pyarrow."""

import datetime
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from engine.archive.parquet import OneTable, OneTableEach, open_parquet
from engine.audio.files import AudioInfo
from engine.classifier.rules import Rules
from engine.errors import DataError
from engine.recognition.timeline import Timeline
from engine.recognition.verdict import FileResult, conclude

LABELS = ("flute", "title")  # the second is the name of another column


def heard(path: Path, channels: int = 0, labels: tuple[str, ...] = LABELS) -> FileResult:
    values = np.linspace(0, 1, 6 * len(labels), dtype=np.float32).reshape(6, -1)
    ones = np.ones(6, dtype=np.float32)
    line = Timeline(labels, np.arange(6) + 0.5, values, ones, -20 * ones, 1.0, 1.0)
    names = [f"x (channel {n + 1})" for n in range(channels)] or ["x"]
    rules = dict.fromkeys(names, Rules(thresholds=(0.5,) * len(labels)))
    info = AudioInfo(path, 6.0, 16000, 2, "WAV", {"title": "Song", "artist": "caf\udce9"})
    return conclude(info, dict.fromkeys(names, line), rules)


def read(path: Path) -> pa.Table:
    with parquet.ParquetFile(path) as file:
        return file.read()


def test_one_table_of_windows(tmp_path: Path) -> None:
    path = tmp_path / "all.parquet"
    table = OneTable(path, ["flute", "title", "drum"], "each")
    for name in ("P_20240101_120000.wav", "b.wav"):
        table.put(tmp_path / name, heard(tmp_path / name, channels=2))
    table.fail(tmp_path / "c.wav", "broken")
    assert not path.exists()
    table.close()
    assert [p.name for p in tmp_path.iterdir()] == ["all.parquet"]
    rows = read(path).to_pylist()
    assert len(rows) == 2 * 2 * 6
    first, last = rows[0], rows[-1]
    assert first["file"] == str(tmp_path / "P_20240101_120000.wav")
    assert first["recorded_at"] == datetime.datetime(2024, 1, 1, 12)
    assert (first["title"], first["artist"]) == ("Song", "caf\\udce9")
    assert (first["classifier"], first["channel"], last["channel"]) == ("x", 1, 2)
    assert (last["recorded_at"], last["drum"]) == (None, None)
    assert last["time_seconds"] == 5.5
    whole = heard(tmp_path / "b.wav")
    assert last["title (label)"] == whole.timelines["x"].probabilities[-1, 1]
    assert last["flute"] == whole.timelines["x"].probabilities[-1, 0]


def test_rows_of_other_kinds(tmp_path: Path) -> None:
    result = heard(tmp_path / "a.wav")
    for kind, count in (("segments", len(result.lanes["x"])), ("summaries", 2)):
        table = OneTable(tmp_path / f"{kind}.parquet", [], "mixed", kind=kind)  # type: ignore[arg-type]
        table.put(tmp_path / "a.wav", result)
        table.close()
        rows = read(tmp_path / f"{kind}.parquet").to_pylist()
        assert len(rows) == count > 0
        assert rows[0]["classifier"] == "x"
    assert {row["label"]: row["heard"] for row in rows}["title"] is True
    lane = result.lanes["x"][0]
    (first, *_) = read(tmp_path / "segments.parquet").to_pylist()
    assert (first["label"], first["start_seconds"]) == (lane.label, lane.start_seconds)


def test_a_table_that_is_not_closed_leaves_nothing(tmp_path: Path) -> None:
    table = OneTable(tmp_path / "all.parquet", list(LABELS), "mixed")
    table.put(tmp_path / "a.wav", heard(tmp_path / "a.wav"))
    del table
    assert list(tmp_path.iterdir()) == []


def test_many_small_files_are_few_groups(tmp_path: Path) -> None:
    table = OneTable(tmp_path / "all.parquet", list(LABELS), "mixed")
    for _ in range(50):
        table.put(tmp_path / "a.wav", heard(tmp_path / "a.wav"))
    table.close()
    with parquet.ParquetFile(tmp_path / "all.parquet") as file:
        assert (file.metadata.num_rows, file.metadata.num_row_groups) == (300, 1)


def test_a_table_each(tmp_path: Path) -> None:
    sounds = [tmp_path / "in" / name for name in ("a.wav", "deep/b.wav")]
    for sound in sounds:
        sound.parent.mkdir(parents=True, exist_ok=True)
        sound.touch()
    out = open_parquet(
        f"{tmp_path}/out/", [], "mixed", sounds=sounds, places=[str(tmp_path / "in")]
    )
    assert isinstance(out, OneTableEach)
    for sound in sounds:
        out.put(sound, heard(sound))
    assert read(tmp_path / "out" / "deep" / "b.parquet").num_rows == 6
    with pytest.raises(DataError, match="exists meanwhile"):
        out.put(sounds[0], heard(sounds[0]))
    with pytest.raises(DataError, match="exist already"):
        open_parquet(f"{tmp_path}/out/", [], "mixed", sounds=sounds, places=[str(tmp_path / "in")])


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "all.parquet"
    with pytest.raises(DataError, match="needs a file or folder"):
        open_parquet(None, [], "mixed", sounds=[])
    table = open_parquet(str(path), ["flute"], "mixed", sounds=[])
    path.write_text("mine")
    with pytest.raises(DataError, match="exists meanwhile"):
        table.close()
    assert path.read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["all.parquet"]
    with pytest.raises(DataError, match="exists already"):
        open_parquet(str(path), ["flute"], "mixed", sounds=[])
    other = open_parquet(str(path), ["flute"], "mixed", sounds=[], overwrite=True)
    other.put(path, replace(heard(path), timelines={"x": heard(path).timelines["x"]}))
    other.close()
    assert read(path).num_rows == 6

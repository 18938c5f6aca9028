"""Exports: each reads back what it wrote."""

import json
import resource
from pathlib import Path

import numpy as np
import pytest

from engine.atomic_write import write_text
from engine.audio.files import AudioInfo
from engine.errors import DataError
from engine.export import (
    EXPORTS,
    from_audacity,
    from_csv,
    from_json,
    from_raven,
    to_audacity,
    to_csv,
    to_json,
    to_raven,
)
from engine.recognition.decisions import Decision, Segment
from engine.recognition.timeline import Timeline
from engine.recognition.verdict import FileResult

RNG = np.random.default_rng(8)


def line(labels: tuple[str, ...], count: int = 5) -> Timeline:
    return Timeline(
        labels=labels,
        times=np.arange(count) * 0.496 + 1.504,
        probabilities=RNG.random((count, len(labels)), dtype=np.float32),
        presence=RNG.random(count, dtype=np.float32),
        level_db=-60 * RNG.random(count, dtype=np.float32),
        window_seconds=3.008,
        hop_seconds=0.496,
    )


LINES = {"genre": line(("rock", "soul and r&b")), "mood": line(("happy", 'so, "called"'), 3)}
LANES = {
    "genre": [Segment(0.0, 2.5, "rock", 0.75), Segment(2.5, 9.25, "hip-hop: old (90s)", 0.5)],
    "mood": [Segment(1.125, 3.0, "très triste", 0.875)],
}


VERDICTS = {
    "genre": Decision(9.0, ("rock",), "rock", ()),
    "mood": Decision(2.0, (), "no clear label", ()),
}
RESULT = FileResult(AudioInfo(Path("Grün/a.wav"), 12.5, 44100, 1, "WAV"), LINES, LANES, VERDICTS)


def same(ours: dict[str, Timeline], theirs: dict[str, Timeline]) -> None:
    assert ours.keys() == theirs.keys()
    for name, timeline in ours.items():
        other = theirs[name]
        assert timeline.labels == other.labels
        assert (timeline.window_seconds, timeline.hop_seconds) == (3.008, 0.496)
        for part in ("times", "probabilities", "presence", "level_db"):
            np.testing.assert_allclose(getattr(timeline, part), getattr(other, part), atol=1e-5)


def test_csv_reads_back() -> None:
    same(from_csv(to_csv(LINES)), LINES)


def test_json_reads_back_and_keeps_the_contract() -> None:
    text = to_json("Grün/song.mp3", 12.5, LINES, VERDICTS)
    assert "\n" not in text
    content = json.loads(text)
    assert content["file"] == "Grün/song.mp3"
    assert content["duration_seconds"] == 12.5
    genre = content["classifiers"]["genre"]
    assert genre["verdict"] == {"words": "rock", "labels": ["rock"]}
    assert content["classifiers"]["mood"]["verdict"]["labels"] == []
    assert set(genre["summary"][0]) == {"label", "probability"}
    shares = [entry["probability"] for entry in genre["summary"]]
    assert shares == sorted(shares, reverse=True)
    assert len(genre["timeline"]["times"]) == len(genre["timeline"]["probabilities"]) == 5
    assert len(genre["timeline"]["labels"]) == len(genre["timeline"]["probabilities"][0]) == 2
    file, duration, lines = from_json(text)
    assert (file, duration) == ("Grün/song.mp3", 12.5)
    same(lines, LINES)


def test_audacity_reads_back() -> None:
    found = from_audacity(to_audacity(LANES))
    assert {k: sorted(v, key=lambda s: s.start_seconds) for k, v in found.items()} == LANES


def test_audacity_tracks_of_others() -> None:
    text = "0.5\t1.0\thello\n\\\t100\t2000\n1,5\t2,5\tworld\n\n"
    assert from_audacity(text) == {
        "": [Segment(0.5, 1.0, "hello", 1.0), Segment(1.5, 2.5, "world", 1.0)]
    }


def test_raven_reads_back() -> None:
    text = to_raven(LANES, file="a.wav", high_hz=22050)
    assert text.splitlines()[0].split("\t")[3:5] == ["Begin Time (s)", "End Time (s)"]
    assert from_raven(text) == LANES


def test_a_line_of_json_from_before_verdicts_still_reads() -> None:
    content = json.loads(to_json("a.wav", 12.5, LINES, VERDICTS))
    for entry in content["classifiers"].values():
        del entry["verdict"]
    same(from_json(json.dumps(content))[2], LINES)


def test_the_table_says_the_verdict_before_the_stretches() -> None:
    lines = EXPORTS["table"].write(RESULT).splitlines()
    assert lines[0] == "Grün/a.wav  (12.5 s, WAV)"
    assert lines[1] == "  genre: rock"
    assert lines[2].startswith("    on average ")
    assert "rock" in lines[3]
    assert "75%" in lines[3]
    assert lines[5] == "  mood: no clear label"


READERS = {
    "csv": (from_csv, LINES),
    "json": (lambda text: from_json(text)[2], LINES),
    "audacity": (from_audacity, LANES),
    "raven": (from_raven, LANES),
}


@pytest.mark.parametrize("name", list(EXPORTS))
def test_every_form_is_listed_once_and_reads_back(name: str) -> None:
    form = EXPORTS[name]
    assert (form.name, form.suffix[0]) == (name, ".")
    text = form.write(RESULT)
    if name == "table":
        return
    read, expected = READERS[name]
    assert read(text).keys() == expected.keys()  # type: ignore[no-untyped-call,attr-defined]


def test_files_in_one_stream_are_told_apart() -> None:
    row = EXPORTS["csv"].row
    assert row is not None
    first, second = row(RESULT, True).splitlines(), row(RESULT, False).splitlines()
    assert first[0].startswith("file,classifier,time_seconds")
    assert first[1:] == second
    assert {line.split(",")[0] for line in second} == {'"Grün/a.wav"'}
    failure = EXPORTS["json"].failure
    assert failure is not None
    assert json.loads(failure("b.wav", "is no sound")) == {"file": "b.wav", "error": "is no sound"}


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (from_csv, "a,b\n1,2\n"),
        (from_csv, "classifier,time_seconds,window_seconds,hop_seconds,presence,level_db,x\ng,1\n"),
        (from_json, "{}"),
        (from_json, "no json"),
        (from_audacity, "start\tend\tlabel\n"),
        (from_raven, "Selection\tLabel\n1\tx\n"),
    ],
)
def test_damaged_files_are_refused(read: object, text: str) -> None:
    with pytest.raises(DataError):
        read(text)  # type: ignore[operator]


def test_a_full_disk_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_text(path, "old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(DataError, match="could not be written"):
            write_text(path, "new" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1

"""Exports: each reads back what it wrote."""

import json
import resource
from pathlib import Path

import numpy as np
import pytest

from engine.errors import DataError
from engine.export import (
    from_audacity,
    from_csv,
    from_json,
    from_raven,
    to_audacity,
    to_csv,
    to_json,
    to_raven,
    write_text,
)
from engine.recognition.decisions import Segment
from engine.recognition.timeline import Timeline

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
    text = to_json("Grün/song.mp3", 12.5, LINES)
    assert "\n" not in text
    content = json.loads(text)
    assert content["file"] == "Grün/song.mp3"
    assert content["duration_seconds"] == 12.5
    genre = content["classifiers"]["genre"]
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

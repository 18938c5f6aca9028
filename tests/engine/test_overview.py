"""Overviews: bounded, progressive, true to the file at every zoom."""

from pathlib import Path

import numpy as np
import pytest

from engine.audio import Audio, write
from engine.errors import AudioError
from engine.overview import Envelope, Overview, detail, survey
from engine.views import View

RATE = 8000


def finish(steps: object) -> object:
    while True:
        try:
            next(steps)  # type: ignore[call-overload]
        except StopIteration as stop:
            return stop.value


@pytest.fixture
def path(tmp_path: Path) -> Path:
    time = np.arange(RATE * 90) / RATE
    sound = 0.1 * np.sin(2 * np.pi * 500 * time)
    sound[RATE * 60] = 0.9  # one click
    write(tmp_path / "a.wav", Audio(sound.astype(np.float32)[None], RATE))
    return tmp_path / "a.wav"


def test_it_grows_and_is_whole_at_the_end(path: Path) -> None:
    known = []
    steps = survey(path, View("stft", RATE))
    overview: Overview | None = None
    while True:
        try:
            overview = next(steps)
            known.append(overview.known_seconds)
        except StopIteration:
            break
    assert overview is not None
    assert known[0] <= 5.0
    assert known == sorted(known)
    assert len(known) >= 3
    assert overview.known_seconds == pytest.approx(90.0)
    assert (overview.picture > -200).all()
    row = overview.picture.astype(np.float32).mean(axis=1).argmax()
    assert overview.view.hz_at((row + 0.5) / 256) == pytest.approx(500, rel=0.1)


def test_the_envelope_keeps_the_click_at_every_zoom(path: Path) -> None:
    overview = finish(survey(path, View("stft", RATE)))
    assert isinstance(overview, Overview)
    for pixels in (30, 300, 3000):
        values, first, last = overview.envelope.between(0.0, 90.0, pixels)
        assert values[1].max() == pytest.approx(0.9, abs=0.01)
        place = first + (values[1].argmax() + 0.5) / values.shape[1] * (last - first)
        assert place == pytest.approx(60.0, abs=90.0 / pixels + 0.2)
    values, first, last = overview.envelope.between(10.0, 11.0, 1000)
    assert first <= 10.0 <= 11.0 <= last + 0.1
    assert np.abs(values).max() == pytest.approx(0.1, abs=0.01)


def test_memory_does_not_grow_with_the_file() -> None:
    hour = Envelope(44100, 44100 * 3600)
    hour.append(np.zeros(256 * 10_000, np.float32))
    hour.finish()
    assert hour.between(0.0, 60.0, 800)[0].shape[1] <= 4 * 800 * 4


def test_detail_is_finer_and_in_place(path: Path) -> None:
    view = View("stft", RATE)
    picture, first, last = finish(detail(path, view, 59.9, 60.1, 400))  # type: ignore[misc]
    assert picture.shape[1] > 50
    click = picture[200:].mean(axis=0)
    place = first + (int(click.argmax()) + 0.5) / picture.shape[1] * (last - first)
    assert place == pytest.approx(60.0, abs=0.03)


def test_the_picture_of_a_long_file_stays_in_time(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns further apart than a frame is long, which is so of files over half an hour."""
    monkeypatch.setattr("engine.overview._MOST_COLUMNS", 97)
    sound = np.zeros(RATE * 90, dtype=np.float32)
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE * 5) / RATE) / 2
    for start in (10, 45, 80):
        sound[RATE * start : RATE * (start + 5)] = tone
    write(path, Audio(sound[None], RATE))
    overview = finish(survey(path, View("stft", RATE)))
    assert isinstance(overview, Overview)
    assert overview.column_seconds * RATE > overview.view.frame_length
    loud = overview.picture.astype(np.float32).max(axis=0) > -40
    starts = np.flatnonzero(loud[1:] & ~loud[:-1]) + 1
    found = starts * overview.column_seconds
    assert found == pytest.approx([10, 45, 80], abs=1.5 * overview.column_seconds)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(AudioError):
        finish(survey(tmp_path / "none.wav", View("stft", RATE)))

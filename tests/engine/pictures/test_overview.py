"""Overviews: bounded, progressive, true to the file at every zoom."""

from pathlib import Path

import numpy as np
import pytest

from engine.audio import Audio, write
from engine.errors import AudioError
from engine.pictures.overview import Detail, Envelope, Overview, detail, survey
from engine.pictures.view import Kind, View

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
    assert (overview.picture.max(axis=0) > 0).all()
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
    close = finish(detail(path, view, 59.9, 60.1, 400))
    assert isinstance(close, Detail)
    assert close.picture.shape[1] > 50
    click = close.picture[200:].mean(axis=0)
    width = (close.last - close.first) / close.picture.shape[1]
    assert close.first + (int(click.argmax()) + 0.5) * width == pytest.approx(60.0, abs=0.03)
    assert close.envelope.shape[1] >= 200
    assert (close.start, close.end) == pytest.approx((59.9, 60.1), abs=0.01)
    step = (close.end - close.start) / close.envelope.shape[1]
    peak = close.start + close.envelope[1].argmax() * step
    assert peak == pytest.approx(60.0, abs=2 * step)


@pytest.mark.parametrize("kind", ["stft", "mel"])
def test_a_click_between_two_columns_is_seen(path: Path, kind: Kind) -> None:
    sound = np.zeros(RATE * 90, dtype=np.float32)
    sound[[RATE * 20 + 1234, RATE * 61 + 77]] = 0.9
    write(path, Audio(sound[None], RATE))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.pictures.overview._MOST_COLUMNS", 40)
        overview = finish(survey(path, View(kind, RATE)))
    assert isinstance(overview, Overview)
    assert overview.hop_length > 10 * overview.view.frame_length
    loud = np.flatnonzero(overview.picture.max(axis=0) > overview.picture.mean() + 50)
    middle = overview.begin_seconds + (loud + 0.5) * overview.column_seconds
    assert middle == pytest.approx([20.15, 61.0], abs=overview.column_seconds)


def test_the_picture_of_a_long_file_stays_in_time(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns further apart than a frame is long, which is so of files over half an hour."""
    monkeypatch.setattr("engine.pictures.overview._MOST_COLUMNS", 97)
    sound = np.zeros(RATE * 90, dtype=np.float32)
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE * 5) / RATE) / 2
    for start in (10, 45, 80):
        sound[RATE * start : RATE * (start + 5)] = tone
    write(path, Audio(sound[None], RATE))
    overview = finish(survey(path, View("stft", RATE)))
    assert isinstance(overview, Overview)
    assert overview.column_seconds * RATE > overview.view.frame_length
    loud = overview.picture.max(axis=0) > 255 * (-40 + 120) / 140
    starts = np.flatnonzero(loud[1:] & ~loud[:-1]) + 1
    found = starts * overview.column_seconds
    assert found == pytest.approx([10, 45, 80], abs=1.5 * overview.column_seconds)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(AudioError):
        finish(survey(tmp_path / "none.wav", View("stft", RATE)))


def test_each_channel_has_its_envelope_beside_that_of_the_mix(tmp_path: Path) -> None:
    time = np.arange(RATE * 20) / RATE
    left = 0.5 * np.sin(2 * np.pi * 300 * time)
    right = np.where(time > 10, 0.25, 0.0) * np.sin(2 * np.pi * 300 * time)
    write(tmp_path / "b.wav", Audio(np.stack([left, right]).astype(np.float32), RATE))
    overview = finish(survey(tmp_path / "b.wav", View("stft", RATE)))
    assert isinstance(overview, Overview)
    assert len(overview.channels) == 2
    for second, peaks in ((5.0, (0.25, 0.5, 0.0)), (15.0, (0.375, 0.5, 0.25))):
        all_of_them = (overview.envelope, *overview.channels)
        found = [e.between(second, second + 1, 100)[0].max() for e in all_of_them]
        assert found == pytest.approx(peaks, abs=0.01)
    close = finish(detail(tmp_path / "b.wav", View("stft", RATE), 15.0, 15.1, 400))
    assert isinstance(close, Detail)
    assert close.channels.shape == (2, 2, close.envelope.shape[1])
    assert close.channels[:, 1].max(axis=1) == pytest.approx([0.5, 0.25], abs=0.01)
    assert close.envelope[1].max() == pytest.approx(0.375, abs=0.01)


def test_many_channels_and_long_files_stay_within_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.pictures.overview._MOST_POINTS", 400)
    rng = np.random.default_rng(0)
    sound = (rng.standard_normal((12, RATE * 20)) * 0.1).astype(np.float32)
    sound[3, RATE * 15] = 0.9
    write(tmp_path / "c.wav", Audio(sound, RATE))
    overview = finish(survey(tmp_path / "c.wav", View("stft", RATE)))
    assert isinstance(overview, Overview)
    assert len(overview.channels) == 8
    stores = [envelope.levels[0].shape[1] for envelope in overview.channels]
    assert sum(stores) <= 400
    values, first, last = overview.channels[3].between(0.0, 20.0, 50)
    place = first + (values[1].argmax() + 0.5) / values.shape[1] * (last - first)
    assert values[1].max() == pytest.approx(0.9, abs=0.01)
    assert place == pytest.approx(15.0, abs=1.0)

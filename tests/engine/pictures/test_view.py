"""Pictures: a tone is where its frequency is, streams equal clips, axes read right."""

import numpy as np
import pytest

from engine.pictures.view import View, ViewStream, axis_ticks, note_name


def tone(hz: float, rate: int, seconds: float = 1.0) -> np.ndarray:
    time = np.arange(round(rate * seconds)) / rate
    return np.sin(2 * np.pi * hz * time).astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 44100, 48000, 192_000])
@pytest.mark.parametrize("scale", ["linear", "log", "mel"])
def test_a_tone_lies_at_its_frequency(scale: str, rate: int) -> None:
    view = View("stft", rate, scale=scale)  # type: ignore[arg-type]
    picture = view.columns(tone(1000.0, rate))
    row = int(picture.mean(axis=1).argmax())
    step = rate / view.frame_length
    low, high = (
        view.hz_at(row / view.rows) - 1.5 * step,
        view.hz_at((row + 1) / view.rows) + 1.5 * step,
    )
    assert low <= 1000.0 <= high
    # A full-scale sine is about 0 dB, less where a row is the mean of many bins.
    assert -13 < picture[row].mean() < 1
    assert view.hz_at(view.fraction_of(1000.0)) == pytest.approx(1000.0)


def test_low_rows_of_a_log_picture_are_not_striped() -> None:
    view = View("stft", 44100, scale="log")
    noise = np.random.default_rng(0).standard_normal(44100 * 4).astype(np.float32)
    rows = view.columns(noise).mean(axis=1)
    assert np.abs(np.diff(rows)).max() < 6.0


@pytest.mark.parametrize("kind", ["stft", "mel", "mfcc", "chroma"])
def test_a_stream_gives_the_columns_of_the_clip(kind: str) -> None:
    view = View(kind, 16000)  # type: ignore[arg-type]
    sound = np.random.default_rng(1).standard_normal(16000).astype(np.float32) * 0.1
    stream, rng, parts, position = ViewStream(view), np.random.default_rng(2), [], 0
    while position < len(sound):
        step = int(rng.integers(1, 2000))
        parts.append(stream.push(sound[position : position + step]))
        position += step
    whole = view.columns(sound)
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-3)
    assert whole.shape[0] == view.height


def test_chroma_knows_its_class() -> None:
    picture = View("chroma", 44100).columns(tone(440.0, 44100))
    assert picture.mean(axis=1).argmax() == 9  # A


@pytest.mark.parametrize(
    ("hz", "name"), [(440.0, "A4"), (261.626, "C4"), (27.5, "A0"), (445.0, "A4 +20 ct"), (0.0, "")]
)
def test_note_names(hz: float, name: str) -> None:
    assert note_name(hz) == name


@pytest.mark.parametrize("scale", ["linear", "log", "mel"])
@pytest.mark.parametrize("notes", [True, False])
def test_ticks_rise_and_keep_apart(scale: str, notes: bool) -> None:
    ticks = axis_ticks(View("stft", 44100, scale=scale), notes=notes)  # type: ignore[arg-type]
    heights = [height for height, _ in ticks]
    assert len(ticks) >= 3
    assert heights == sorted(heights)
    assert min(np.diff(heights)) > 0.05

"""A stretch is trimmed to what is meant, and cut into windows."""

import numpy as np
import pytest

from engine.audio import Audio
from engine.classifier.personal.stretch import (
    MOST_SECONDS,
    MOST_WINDOWS,
    Stretch,
    at_rate,
    trim,
    windows_of,
)
from engine.errors import AudioError
from tests.engine.classifier.personal.conftest import tone, two_tones
from tests.planted import RATE


def notes(*parts: tuple[float, float]) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Tones one after the other, each (Hz, seconds), 0 Hz is silence; each fades as if plucked."""
    fading = [tone(hz, s, 0.5) * np.exp(-2 * np.linspace(0, s, round(s * RATE))) for hz, s in parts]
    return np.concatenate(fading).astype(np.float32)


def test_edges_move_to_where_notes_begin() -> None:
    sound = notes((440, 1.5), (880, 2.0), (330, 1.5))
    begin, end = trim(sound, RATE, 1.8, 3.8)
    assert begin == pytest.approx(1.5, abs=0.08)
    assert end == pytest.approx(3.5, abs=0.08)


def test_silence_at_the_edges_goes() -> None:
    sound = notes((0, 1.0), (440, 1.0), (0, 1.0))
    begin, end = trim(sound, RATE, 0.4, 2.7)
    assert begin == pytest.approx(1.0, abs=0.08)
    assert end == pytest.approx(2.0, abs=0.08)


def test_a_steady_sound_stays_as_it_was_chosen() -> None:
    sound = tone(440, 5.0)
    assert trim(sound, RATE, 2.0, 3.0) == pytest.approx((2.0, 3.0), abs=0.03)


def test_windows_hold_nothing_from_beside_the_stretch() -> None:
    card = two_tones(multi_label=False).card
    sound = np.ones(6 * RATE, dtype=np.float32)
    sound[2 * RATE : 4 * RATE] = 0.5
    windows = windows_of(sound, card, 2.0, 4.0)
    assert windows.shape[1] == card.window_samples
    assert 2 < len(windows) <= MOST_WINDOWS
    assert set(np.unique(windows)) == {0.0, 0.5}
    covered = (windows == 0.5).mean(axis=1)
    assert covered.min() >= 0.74
    assert covered.max() == 1.0


def test_what_is_shorter_than_a_window_is_one_too() -> None:
    card = two_tones(multi_label=False).card
    sound = np.zeros(2 * RATE, dtype=np.float32)
    sound[RATE : RATE + RATE // 5] = 0.5
    windows = windows_of(sound, card, 1.0, 1.2)
    assert len(windows) >= 1
    assert np.all((windows == 0.5).sum(axis=1) == RATE // 5)


def test_what_is_not_there_is_said() -> None:
    second = Audio(np.ones((1, RATE), dtype=np.float32), RATE)
    with pytest.raises(AudioError, match="no longer in memory"):
        at_rate(Stretch(second, 0.5, 2.0), RATE)
    with pytest.raises(AudioError, match="no longer in memory"):
        at_rate(Stretch(second, -0.5, 0.5), RATE)
    long = Audio(np.ones((1, round((MOST_SECONDS + 1) * 1000)), dtype=np.float32), 1000)
    with pytest.raises(AudioError, match="shorter stretch"):
        at_rate(Stretch(long, 0.0, 1.0), RATE)


def test_it_comes_at_the_rate_of_the_classifier_and_finite() -> None:
    samples = np.full((2, 8000), 0.25, dtype=np.float32)
    samples[:, 4000] = np.nan
    found = at_rate(Stretch(Audio(samples, 8000), 0.0, 1.0), RATE)
    assert found.shape == (RATE,)
    assert np.isfinite(found).all()

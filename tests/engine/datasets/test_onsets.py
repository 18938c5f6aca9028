"""Our onset detection says what librosa's says."""

import numpy as np
import pytest
from librosa.onset import onset_detect, onset_strength

from engine.audio import read
from engine.datasets.onsets import onsets, strength
from resources import resource

RATES = (8000, 11025, 16000, 22050, 44100)


def _librosa(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    frame = 1 << max(6, round(float(np.log2(rate_hz / 22050))) + 10)
    bands = max(8, min(128, frame // 16))
    envelope = onset_strength(
        y=samples, sr=rate_hz, n_fft=frame, hop_length=frame // 4, n_mels=bands
    )
    return np.unique(
        onset_detect(
            onset_envelope=envelope,
            sr=rate_hz,
            hop_length=frame // 4,
            units="samples",
            backtrack=True,
        )
    )


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("name", ["demo", "flute", "harpsichord"])
def test_notes_begin_where_librosa_says(name: str, rate_hz: int) -> None:
    samples = read(resource("sounds", f"{name}.ogg"), rate_hz=rate_hz, mono=True).samples[0]
    expected = _librosa(samples, rate_hz)
    assert len(expected) > 5
    assert onsets(samples, rate_hz).tolist() == expected.tolist()


@pytest.mark.parametrize("rate_hz", RATES)
def test_noise_begins_where_librosa_says(rate_hz: int) -> None:
    rng = np.random.default_rng(rate_hz)
    samples = (rng.standard_normal(4 * rate_hz) * 0.1).astype(np.float32)
    steps = np.linspace(0, len(samples), 40), rng.uniform(0, 1, 40)
    samples *= np.interp(np.arange(len(samples)), *steps).astype(np.float32)
    assert onsets(samples, rate_hz).tolist() == _librosa(samples, rate_hz).tolist()


def test_strength_is_librosas() -> None:
    samples = read(resource("sounds", "demo.ogg"), rate_hz=22050, mono=True).samples[0]
    ours = strength(samples, 22050, 1024, 256)
    theirs = onset_strength(y=samples, sr=22050, n_fft=1024, hop_length=256, n_mels=64)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() < 2e-3  # librosa's is float32


def test_what_is_no_number_begins_at_its_beginning() -> None:
    samples = np.full(4000, np.nan, dtype=np.float32)
    assert onsets(samples, 8000).tolist() == [0]

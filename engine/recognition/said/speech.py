"""Whether what is no music is speech: a live measure of seconds, from its frames.

Speech comes in syllables, some four a second, between them pauses, much of it voiced, and its
spectrum moves (Scheirer and Slaney, "Construction and evaluation of a robust multifeature
speech/music discriminator", ICASSP 1997). Told apart from noises only: from music it is told by the
gates of the classifiers.
"""

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from engine.audio.level import decibels

Array = NDArray[np.float64]

_FRAME_SECONDS, _STEP_SECONDS = 0.032, 0.016
_KEPT_SECONDS = 3.0
_LEAST_SECONDS = 1.0  # before which nothing is said
_LEVEL_SECONDS = 0.5
_BAND_HZ = (200.0, 3400.0)  # as narrow as a telephone's: recordings of speech differ above
_PITCH_SECONDS = (1 / 400, 1 / 70)
_FLOOR_DB = -100.0
_TINY = 1e-12
# Of a logistic regression, with its offset (packaging/models/speech.py).
_MEANS = (0.5981, 35.12, 0.294, 0.681, 0.2849, 6.643)
_SCALES = (0.2564, 22.06, 0.1948, 0.2161, 0.1454, 0.43)
_WEIGHTS = (0.8552, 1.151, 0.4706, 3.712, 1.295, -3.015)
_OFFSET = -2.991


class SpeechMeter:
    """Level and likeness to speech of the last seconds of a stream.

    Args:
        rate_hz: of its samples.
    """

    def __init__(self, rate_hz: int) -> None:
        self._length = max(32, round(_FRAME_SECONDS * rate_hz))
        self._step = max(16, round(_STEP_SECONDS * rate_hz))
        self._rate_hz = rate_hz
        self._window = np.hanning(self._length)
        self._hz = np.fft.rfftfreq(self._length, 1 / rate_hz)
        self._band = (self._hz >= _BAND_HZ[0]) & (self._hz <= _BAND_HZ[1])
        self._lags = slice(*(max(1, round(t * rate_hz)) for t in _PITCH_SECONDS))
        # Divided by the window's own, the autocorrelation of a period is 1 at any lag.
        self._own = np.fft.irfft(np.abs(np.fft.rfft(self._window, 2 * self._length)) ** 2)
        self._left = np.zeros(0, dtype=np.float32)
        self._frames: deque[Array] = deque(maxlen=round(_KEPT_SECONDS / _STEP_SECONDS))

    def push(self, samples: NDArray[np.float32]) -> None:
        """Take the next samples, float32, shape (n,)."""
        held = np.concatenate([self._left, samples])
        count = max(0, (len(held) - self._length) // self._step + 1)
        for at in range(max(0, count - (self._frames.maxlen or 0)), count):
            start = at * self._step
            self._frames.append(self._frame(held[start : start + self._length]))
        self._left = held[count * self._step :]

    @property
    def level_db(self) -> float:
        """RMS of the last half second in dBFS; -120 at first."""
        recent = list(self._frames)[-round(_LEVEL_SECONDS / _STEP_SECONDS) :]
        if not recent:
            return decibels(0.0)
        return decibels(math.sqrt(float(np.mean([frame[0] for frame in recent]))))

    @property
    def speech(self) -> float:
        """How probable it is that the last seconds are speech, if they are no music; 0 at first."""
        found = self.features()
        if found is None:
            return 0.0
        logit = _OFFSET + float(np.dot(_WEIGHTS, (found - _MEANS) / _SCALES))
        return 1 / (1 + math.exp(-min(max(logit, -30.0), 30.0)))

    def features(self) -> Array | None:
        """What it is told by, shape (6,): pauses, range, syllables, voice, movement, brightness.

        None: there is not enough sound.
        """
        if len(self._frames) * _STEP_SECONDS < _LEAST_SECONDS:
            return None
        power, voiced, centre = np.stack(self._frames)[:, 1:].T
        if not power.any():
            return None
        level = np.maximum(10 * np.log10(power + _TINY), _FLOOR_DB)
        loud = power > 0.1 * power.mean()
        modulation = np.abs(np.fft.rfft((level - level.mean()) * np.hanning(len(level)))) ** 2
        hz = np.fft.rfftfreq(len(level), _STEP_SECONDS)
        syllables = modulation[(hz >= 2) & (hz <= 9)].sum() / (modulation[hz > 0.5].sum() + _TINY)
        return np.array(
            [
                float(np.mean(power < 0.5 * power.mean())),
                float(np.percentile(level, 90) - np.percentile(level, 10)),
                float(syllables),
                float(voiced[loud].mean()),
                float(np.log(centre[loud] + 1.0).std()),
                float(np.log(centre[loud] + 1.0).mean()),
            ]
        )

    def _frame(self, samples: NDArray[np.float32]) -> Array:
        """Mean square, power of the band, periodicity and centre of the band in Hz."""
        spectrum = np.abs(np.fft.rfft(samples * self._window, 2 * self._length)) ** 2
        correlation = np.fft.irfft(spectrum)
        band = spectrum[::2][: len(self._hz)][self._band]
        power = float(band.sum()) / self._length**2
        lags = self._lags
        ratio = correlation[lags] / np.maximum(self._own[lags], 1e-3 * self._own[0])
        own = correlation[0] / self._own[0]
        voiced = float(ratio.max() / (own + _TINY)) if own > _TINY else 0.0
        centre = float((band * self._hz[self._band]).sum() / (band.sum() + _TINY))
        square = float(np.mean(np.square(samples, dtype=np.float64)))
        return np.array([square, power, min(1.0, max(0.0, voiced)), centre])

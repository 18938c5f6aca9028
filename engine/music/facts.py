"""Tempo, beats, key and tuning of a whole file, in bounded memory."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.files import probe, stream
from engine.audio.resample import Resampler
from engine.librosa_loading import load_librosa
from engine.music.beats import Pulse, Tempo
from engine.music.pitch import Key, Pitches, Tuning
from engine.threads import give_way

RATE_HZ = 22050
_N_FFT, _HOP = 1024, 256
_BLOCK_SECONDS = 30.0
_READ_SECONDS = 5.0
_SILENCE = 1e-3  # peak under which a file holds nothing: -60 dBFS
_ANALYSING = 0.9  # share of the work before beats are tracked


@dataclass(frozen=True)
class MusicFacts:
    """What was found; None: there is nothing to be found, as in silence.

    Attributes:
        seconds: length of the file.
        tempo: how fast it goes.
        beats: seconds of its beats, ascending; none where the tempo is not clear.
        key: in which key it is.
        tuning: how it is tuned.
    """

    seconds: float
    tempo: Tempo | None
    beats: NDArray[np.float64]
    key: Key | None
    tuning: Tuning | None


def analyse_music(path: Path | str) -> Generator[float, None, MusicFacts]:
    """Find tempo, beats, key and tuning of a file; yields the share done.

    Sound is taken in blocks of 30 s: memory does not grow with the file's length.

    Args:
        path: the file.

    Raises:
        AudioError: the file cannot be read, or breaks off half-way.
    """
    info = probe(path)
    yield 0.0
    onsets, pulse, pitches = _Onsets(), Pulse(RATE_HZ / _HOP), Pitches(RATE_HZ)
    loudest = done = 0.0
    for block in _blocks(path, info.rate_hz):
        give_way()
        loudest = max(loudest, float(np.abs(block).max(initial=0.0)))
        pulse.push(onsets.push(block))
        yield _share(done + len(block) / RATE_HZ / 2, info.duration_seconds)
        give_way()
        pitches.push(block)
        done += len(block) / RATE_HZ
        yield _share(done, info.duration_seconds)
    if loudest < _SILENCE:
        return MusicFacts(info.duration_seconds, None, np.zeros(0), None, None)
    work = pulse.finish()
    while True:
        try:
            give_way()
            yield _ANALYSING + (1 - _ANALYSING) * next(work)
        except StopIteration as stop:
            tempo, frames = stop.value
            break
    times = frames * _HOP / RATE_HZ  # an onset shows as soon as it comes into the frame
    beats = times if tempo is not None and tempo.clear else np.zeros(0)
    return MusicFacts(info.duration_seconds, tempo, beats, pitches.key(), pitches.tuning())


def _share(seconds: float, total: float) -> float:
    return _ANALYSING * min(1.0, seconds / max(total, 1e-9))


def _blocks(path: Path | str, rate_hz: int) -> Iterator[NDArray[np.float32]]:
    """Mono sound of about 30 s each, float32, shape (n,)."""
    resampler, held, length = Resampler(rate_hz, RATE_HZ), list[NDArray[np.float32]](), 0
    for block in stream(path, block_seconds=_READ_SECONDS, mono=True):
        held.append(resampler.push(block.samples)[0])
        length += len(held[-1])
        if length >= _BLOCK_SECONDS * RATE_HZ:
            yield np.concatenate(held)
            held, length = [], 0
    rest = resampler.push(np.zeros((1, 0), dtype=np.float32), last=True)[0]
    yield np.concatenate([*held, rest])


class _Onsets:
    """Strength of onsets, frame by frame, whatever the blocks."""

    def __init__(self) -> None:
        self._held = np.zeros(_N_FFT - _HOP, dtype=np.float32)
        self._last: NDArray[np.float32] | None = None

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take samples, shape (n,); give the strength of each frame they complete."""
        sound = np.concatenate([self._held, samples])
        count = max(0, 1 + (len(sound) - _N_FFT) // _HOP)
        self._held = sound[count * _HOP :]
        if count == 0:
            return np.zeros(0, dtype=np.float32)
        librosa = load_librosa()
        mel = librosa.feature.melspectrogram(
            y=sound, sr=RATE_HZ, n_fft=_N_FFT, hop_length=_HOP, center=False, n_mels=64
        )
        # From 80 dB under full scale: what is quieter is no onset.
        levels = librosa.power_to_db(mel, amin=1e-6, top_db=None)
        before = levels[:, :1] if self._last is None else self._last
        self._last = levels[:, -1:]
        strength = librosa.onset.onset_strength(
            S=np.hstack([before, levels]), sr=RATE_HZ, center=False
        )
        return np.asarray(strength[1:], dtype=np.float32)

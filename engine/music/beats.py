"""Tempo and beats from the strength of onsets.

Tempo by librosa's tempogram; beats by the dynamic programme of Ellis, "Beat tracking by dynamic
programming", Journal of New Music Research 36 (2007). librosa has it too, but compiles it with
numba for five to ten seconds at its first use.
"""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.librosa_loading import load_librosa

Numbers = NDArray[np.float64]

_TIGHTNESS = 100.0  # how closely beats keep to the tempo, as librosa has it
_LONGEST_SECONDS = 8.0  # of the tempogram's window, librosa's as well
_STEPS_AT_ONCE = 4096  # frames between two moments at which one may leave
_CANDIDATES = 3
_NEAR = 0.08  # beats whose distance is that near to the tempo's count as steady
# By chance, onsets of a short sound recur as well. Found on speech, noises and music: see
# docs/accuracy.md.
_LEAST_CONFIDENCE, _LESS_WITH_SECONDS = 0.1, 0.75
_FEWEST_BEATS = 8


@dataclass(frozen=True)
class Tempo:
    """The tempo of the music.

    Attributes:
        bpm: beats a minute, of the beats found.
        confidence: 0 to 1: how strongly onsets recur after a beat, times the share of beats that
            come when expected.
        clear: whether there is a tempo worth telling.
        candidates: beats a minute that may be meant, the likeliest first: half, double.
    """

    bpm: float
    confidence: float
    clear: bool
    candidates: tuple[float, ...]


class Pulse:
    """Collects the strength of onsets, block by block, and how it recurs.

    Args:
        frame_hz: frames a second.
    """

    def __init__(self, frame_hz: float) -> None:
        self._frame_hz = frame_hz
        self._lags = round(_LONGEST_SECONDS * frame_hz)
        self._recurring = np.zeros(self._lags)
        self._frames = 0
        self._strengths: list[NDArray[np.float32]] = []

    def push(self, strength: NDArray[np.float32]) -> None:
        """Take a block of a few seconds or more, shape (frames,)."""
        self._strengths.append(strength)
        if len(strength) < 2 or not strength.any():
            return
        recurring = load_librosa().feature.tempogram(
            onset_envelope=strength - strength.mean(), win_length=self._lags, norm=None
        )
        most = recurring[0].max()
        if most > 0:
            self._recurring += recurring.sum(axis=1) / most
            self._frames += len(strength)

    def finish(self) -> Generator[float, None, tuple[Tempo | None, Numbers]]:
        """The tempo, None where nothing recurs, and the frames of its beats; yields the share."""
        if not self._frames or self._recurring[0] <= 0:
            return None, np.zeros(0)
        likely, candidates = self._likely()
        strength = np.concatenate(self._strengths).astype(np.float64)
        beats = yield from tracked(strength, self._frame_hz * 60 / likely)
        bpm, steady = _steady(beats, self._frame_hz, likely)
        confidence = min(1.0, self._pulse(likely)) * steady
        least = _LEAST_CONFIDENCE + _LESS_WITH_SECONDS * self._frame_hz / len(strength)
        clear = len(beats) >= _FEWEST_BEATS and confidence >= least
        return Tempo(bpm, confidence, clear, (bpm, *candidates)), beats

    def _likely(self) -> tuple[float, tuple[float, ...]]:
        """The tempo librosa prefers, and other peaks of what recurs, the likeliest first."""
        librosa = load_librosa()
        found = np.maximum(self._recurring / self._recurring[0], 0.0)
        hop = 1.0  # in frames, so that the rate is theirs
        likely = float(
            librosa.feature.tempo(tg=found[:, None], sr=self._frame_hz, hop_length=hop)[0]
        )
        bpm = np.full(self._lags, np.inf)
        bpm[1:] = 60.0 * self._frame_hz / np.arange(1, self._lags)
        with np.errstate(divide="ignore"):
            prior = -0.5 * np.square(np.log2(bpm) - np.log2(120.0))
        score = np.log1p(1e6 * found) + prior
        inside = (bpm[1:-1] > 30) & (bpm[1:-1] < 320)
        peaks = 1 + np.flatnonzero(
            inside & (found[1:-1] > found[:-2]) & (found[1:-1] >= found[2:]) & (found[1:-1] > 0)
        )
        ordered = bpm[peaks[np.argsort(-score[peaks], kind="stable")]]
        others = [float(b) for b in ordered if abs(np.log2(b / likely)) > _NEAR]
        return likely, tuple(others[: _CANDIDATES - 1])

    def _pulse(self, bpm: float) -> float:
        """How strongly onsets recur after a beat: 1 as they are, 0 as chance would have it."""
        lag = 60.0 * self._frame_hz / bpm
        near = slice(max(1, round(lag * 0.97)), round(lag * 1.03) + 1)
        return float(self._recurring[near].max() / self._recurring[0])


def tracked(strength: Numbers, period: float) -> Generator[float, None, Numbers]:
    """Frames of beats that lie on strong onsets about a period apart; yields the share done.

    Args:
        strength: of onsets, shape (frames,).
        period: frames from beat to beat.
    """
    spread = strength.std(ddof=1) if len(strength) > 1 else 0.0
    if spread <= 0 or period < 2:
        return np.zeros(0)
    reach = np.arange(-round(period), round(period) + 1)
    local = np.convolve(strength / spread, np.exp(-0.5 * np.square(reach * 32.0 / period)), "same")
    local = local[: len(strength)]
    back = np.arange(-round(2 * period), -round(period / 2) + 1)
    price = -_TIGHTNESS * np.square(np.log(-back / period))
    total = np.zeros(len(local))
    before = np.full(len(local), -1, dtype=np.int64)
    started = False
    for here in range(len(local)):
        if here % _STEPS_AT_ONCE == 0:
            yield here / len(local)
        first = here + back[0]
        skip = max(0, -first)
        total[here] = local[here]
        if skip < len(back):
            scores = total[first + skip : here + back[-1] + 1] + price[skip:]
            best = int(scores.argmax())
            total[here] += scores[best]
            started = started or local[here] > 0.01 * local.max()
            before[here] = first + skip + best if started else -1
    return _path(total, before, local)


def _path(total: Numbers, before: NDArray[np.int64], local: Numbers) -> Numbers:
    """Back from the last good beat; weak beats at both ends, where nothing plays, are left out."""
    peaks = np.flatnonzero((total[1:-1] > total[:-2]) & (total[1:-1] >= total[2:])) + 1
    if not len(peaks):
        return np.zeros(0)
    good = peaks[total[peaks] >= 0.5 * np.median(total[peaks])]
    beats = [int(good[-1])]
    while before[beats[-1]] >= 0:
        beats.append(int(before[beats[-1]]))
    found = np.asarray(beats[::-1])
    strong = np.flatnonzero(local[found] >= 0.5 * np.sqrt(np.square(local[found]).mean()))
    return found[strong[0] : strong[-1] + 1].astype(np.float64)


def _steady(beats: Numbers, frame_hz: float, likely: float) -> tuple[float, float]:
    """Beats a minute by a line through them, and the share that come when expected."""
    if len(beats) < 4:
        return likely, 0.0
    period = 60 * frame_hz / likely
    number = np.concatenate([[0.0], np.cumsum(np.maximum(1, np.round(np.diff(beats) / period)))])
    line = np.polyfit(number, beats, 1)
    if abs(line[0] / period - 1) < _NEAR:
        period = float(line[0])
    steady = np.abs(np.diff(beats) / period - 1) < _NEAR
    return float(60 * frame_hz / period), float(steady.mean())

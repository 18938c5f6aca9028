"""A stretch of sound that was named wrongly: trimmed to what is meant, and cut into windows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.audio import Audio
from engine.audio.resample import resample
from engine.classifier.card import Card
from engine.datasets.onsets import onsets
from engine.errors import AudioError

MOST_SECONDS = 60.0  # of a stretch and what is around it
MOST_WINDOWS = 12
_SLACK_SECONDS = 1.0  # an edge moves to an onset so far away, at most
_LEAST_SECONDS = 0.1
_FRAME_SECONDS = 0.02
_QUIET_DB = 40.0  # under the loudest: an edge that quiet is cut off
_FLOOR_DB = -65.0
_OUTSIDE = 0.25  # share of a window that may lie beside the stretch

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Stretch:
    """Sound, and which part of it is meant.

    Attributes:
        sound: the stretch and what is around it, a minute at most.
        begin: where the stretch begins in it, in seconds.
        end: where it ends.
        heard: a file's name; empty: the microphone.
    """

    sound: Audio
    begin: float
    end: float
    heard: str = ""


def trim(samples: Samples, rate_hz: int, begin: float, end: float) -> tuple[float, float]:
    """The edges of a stretch, moved to where notes begin, and in from what is quiet.

    A label is heard from a window's middle to another's, not from a note's begin to its end, and
    what stands beside it may be another sound. The next note's begin is this one's end.

    Args:
        samples: float32, shape (n,): the stretch and what is around it.
        rate_hz: their rate.
        begin: where the stretch begins, in seconds.
        end: where it ends.

    Raises:
        AudioError: there is no sound in it.
    """
    length = len(samples) / rate_hz
    begin, end = max(0.0, begin), min(end, length)
    first, last = max(0.0, begin - _SLACK_SECONDS), min(length, end + _SLACK_SECONDS)
    part = samples[round(first * rate_hz) : round(last * rate_hz)]
    notes = first + onsets(part, rate_hz) / rate_hz
    slack = min(_SLACK_SECONDS, (end - begin) / 2)
    begin = _nearest(notes, begin, slack)
    end = max(_nearest(notes, end, slack), begin + _LEAST_SECONDS)
    return _loud(samples, rate_hz, begin, min(end, length))


def windows_of(samples: Samples, card: Card, begin: float, end: float) -> Samples:
    """Windows of a trimmed stretch; what lies beside it is silent in them.

    Args:
        samples: float32, shape (n,), at the card's rate.
        card: of the classifier.
        begin: of the stretch, in seconds.
        end: of it.

    Returns:
        float32, shape (windows, window_samples), at least one, spread evenly.
    """
    length = card.window_samples
    first, last = round(begin * card.rate_hz), round(end * card.rate_hz)
    quiet = np.zeros(len(samples) + 2 * length, dtype=np.float32)
    quiet[length + first : length + last] = samples[first:last]
    outside = round(_OUTSIDE * length)
    low, high = first - outside, max(first, last - length + outside)
    count = min(MOST_WINDOWS, 2 + (high - low) // max(1, min(card.hop_samples, length // 2)))
    starts = np.linspace(low, high, count).round().astype(int) + length
    return np.stack([quiet[start : start + length] for start in starts])


def at_rate(stretch: Stretch, rate_hz: int) -> Samples:
    """All sound of a stretch, mixed down, float32, shape (n,).

    Raises:
        AudioError: it is too long, or the part that is meant lies not in it.
    """
    sound = stretch.sound
    if sound.duration_seconds > MOST_SECONDS:
        raise AudioError(
            f"That is more than {MOST_SECONDS:.0f} s of sound. Choose a shorter stretch."
        )
    if not 0 <= stretch.begin < stretch.end <= sound.duration_seconds + 0.1:
        raise AudioError("That sound is no longer in memory. Choose a more recent moment.")
    samples = resample(sound.mono()[None], sound.rate_hz, rate_hz)
    np.nan_to_num(samples, copy=False, posinf=0.0, neginf=0.0)
    mixed: Samples = samples[0]
    return mixed


def _nearest(notes: NDArray[np.float64], at: float, slack: float) -> float:
    best = float(notes[int(np.abs(notes - at).argmin())])
    return best if abs(best - at) <= slack else at


def _loud(samples: Samples, rate_hz: int, begin: float, end: float) -> tuple[float, float]:
    """The stretch without what is quiet at its edges."""
    frame = max(1, round(_FRAME_SECONDS * rate_hz))
    first = round(begin * rate_hz)
    count = (round(end * rate_hz) - first) // frame
    part = samples[first : first + count * frame].reshape(count, frame).astype(np.float64)
    level = 10 * np.log10(np.square(part).mean(axis=1).clip(1e-12)) if count else np.zeros(0)
    loud = np.flatnonzero(level >= max(_FLOOR_DB, level.max(initial=-120.0) - _QUIET_DB))
    if len(loud) == 0:
        raise AudioError("There is only silence in that stretch. Choose one with sound.")
    return (first + loud[0] * frame) / rate_hz, (first + (loud[-1] + 1) * frame) / rate_hz

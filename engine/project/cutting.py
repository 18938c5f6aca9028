"""Parts of sound files: copied into new files, and fingerprinted for comparison."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.files import stream
from engine.audio.recording import Recorder
from engine.audio.resample import resample
from engine.datasets.table import Excerpt
from engine.errors import AudioError
from engine.pictures.view import View

SKETCH_SECONDS = 3.0
# Of a long recording: 20 s give three to learn from, one to choose and one to judge.
STRETCH_SECONDS = 4.0
_RATE_HZ = 16000
_HOP = 512
_VIEW = View("mel", _RATE_HZ)


def cut_out(source: Path, place: Path, start: float, end: float) -> None:
    """Copy a stretch of a file, in seconds, into a new one.

    Raises:
        AudioError: it cannot be read, or the disk is full.
    """
    recorder: Recorder | None = None
    try:
        for block in stream(source, start_seconds=start, duration_seconds=end - start):
            if recorder is None:
                recorder = Recorder(place, rate_hz=block.rate_hz, channels=block.channels)
            recorder.write(block.samples)
    finally:
        if recorder is not None:
            recorder.close()
    # libsndfile does not always say that a disk is full.
    written = sum(block.duration_seconds for block in stream(place))
    if recorder is None or written < recorder.seconds - 0.001:
        raise AudioError(f"{place.name} could not be written completely. The disk may be full.")


def sketch(samples: NDArray[np.float32], rate_hz: int) -> NDArray[np.float16]:
    """The first three seconds as a small mel spectrogram in dB; a shorter sound is repeated.

    Args:
        samples: float32, shape (channels, n), n > 0.
        rate_hz: their rate.

    Returns:
        float16, shape (48, 92).
    """
    mono = samples[:, : round(SKETCH_SECONDS * rate_hz)].mean(axis=0, keepdims=True)
    heard = resample(mono.astype(np.float32), rate_hz, _RATE_HZ)[0]
    count = round(SKETCH_SECONDS * _RATE_HZ)
    whole = np.resize(heard, count) if len(heard) else np.zeros(count)
    bands = _VIEW.columns(np.asarray(whole, dtype=np.float32), _HOP)
    return np.asarray(bands.reshape(48, 2, -1).mean(axis=1), dtype=np.float16)


def examples(whole: Excerpt, length: float, seconds: float) -> tuple[Excerpt, ...]:
    """A recording in examples, one after the other.

    Who records a class once, and at length, can train: each stretch of some seconds is a group of
    its own, so that others are left to choose and to judge by.
    """
    count = max(1, int(length / seconds + 0.5))
    starts = [round(number * seconds, 6) for number in range(count)]
    ends = [*starts[1:], round(min(length, starts[-1] + seconds), 6)]
    last = max(1, round(length / STRETCH_SECONDS)) - 1
    rows = []
    for start, end in zip(starts, ends, strict=True):
        stretch = min(int(start / STRETCH_SECONDS), last)
        group = f"{whole.group}, part {stretch + 1}" if last else whole.group
        rows.append(replace(whole, group=group, start=start, end=end))
    return tuple(rows)

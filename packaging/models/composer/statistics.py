"""What the score itself tells: figures of pitch, interval and rhythm, the same in every key."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def statistics(notes: Array) -> Array:
    """Of notes with start, length, pitch and part, shape (n, 4): float64, shape (115,).

    Shares of pitch classes from the commonest up, of melodic intervals, of interval classes that
    sound together and over the bass, of lengths and of times between onsets, and means.
    """
    notes = notes.copy()
    notes[:, 0] = np.round(notes[:, 0] * 24) / 24  # some encodings are out by a hair
    length = notes[:, 1] / np.median(notes[:, 1])
    classes = _shares(notes[:, 2] % 12, notes[:, 1], np.arange(13.0))
    classes = np.roll(classes, -int(classes.argmax()))
    steps, leaps = _melody(notes)
    together, over_bass, voices = _harmony(notes)
    onsets = np.unique(np.round(notes[:, 0], 4))
    gaps = np.diff(onsets)
    gaps = gaps / max(1e-6, float(np.median(gaps))) if len(onsets) > 2 else gaps[:0]
    rhythm = _shares(np.log2(np.maximum(length, 1e-3)), None, np.arange(-4.25, 4.5, 0.5))
    spacing = _shares(np.log2(np.maximum(gaps, 1e-3)), None, np.arange(-3.25, 3.5, 0.5))
    spread = notes[:, 2].std(), float(np.ptp(notes[:, 2])), len(onsets) / len(notes)
    parts = len(np.unique(notes[:, 3]))
    figures = [*spread, parts, leaps, *voices]
    return np.concatenate([classes, steps, together, over_bass, rhythm, spacing, figures])


def _shares(values: Array, weights: Array | None, edges: Array) -> Array:
    counts: Array = np.histogram(values, bins=edges, weights=weights)[0].astype(np.float64)
    return counts / max(1e-9, float(counts.sum()))


def _melody(notes: Array) -> tuple[Array, float]:
    """Shares of steps from a part's note to its next, and their mean size."""
    steps = [np.diff(notes[notes[:, 3] == part][:, 2]) for part in np.unique(notes[:, 3]).tolist()]
    joined = np.concatenate(steps)
    size = float(np.abs(joined).mean()) if len(joined) else 0.0
    return _shares(np.clip(joined, -13, 13), None, np.arange(-13.5, 14.5)), size


def _harmony(notes: Array) -> tuple[Array, Array, Array]:
    """Interval classes between all that sounds, and over the bass; how many sound at once."""
    moments = np.unique(np.round(notes[:, 0], 4)) + 1e-3
    pairs, bass = np.zeros(12), np.zeros(12)
    counts = []
    for moment in moments:
        sounding = np.unique(
            notes[(notes[:, 0] <= moment) & (notes[:, 0] + notes[:, 1] > moment)][:, 2]
        )
        counts.append(len(sounding))
        distance = np.abs(sounding[:, None] - sounding[None, :])[np.triu_indices(len(sounding), 1)]
        pairs += np.bincount(distance.astype(int) % 12, minlength=12)[:12]
        if len(sounding) > 1:
            above = (sounding[1:] - sounding[0]).astype(int) % 12
            bass += np.bincount(above, minlength=12)[:12]
    voices = np.asarray([np.mean(counts), np.std(counts), np.mean(np.asarray(counts) <= 1)])
    return pairs / max(1.0, pairs.sum()), bass / max(1.0, bass.sum()), voices

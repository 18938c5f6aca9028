"""The pictures that the window paints: spectrograms on a scale one can read, MFCC, chroma.

numpy only, so that the first picture does not wait for torch.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.filters import chroma_bank, cosine_transform, hz_to_mel, mel_bank, mel_to_hz

Kind = Literal["stft", "mel", "mfcc", "chroma"]
Scale = Literal["linear", "log", "mel"]
Picture = NDArray[np.float32]

_FRAME_SECONDS = 0.046
_FLOOR = 1e-10  # power: -100 dB
_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


@dataclass(frozen=True)
class View:
    """How sound is turned into the columns of a picture; row 0 is the lowest.

    Attributes:
        kind: ``"stft"``: the spectrum on ``scale``; ``"mel"``: 96 mel bands; both in dB, a
            full-scale sine at about 0. ``"mfcc"``: 20 coefficients; ``"chroma"``: 12 classes, 0-1.
        rate_hz: of the samples.
        scale: of the frequency axis, for ``"stft"``.
        rows: height of an ``"stft"`` picture.
        low_hz: lowest frequency of a logarithmic axis.
    """

    kind: Kind
    rate_hz: int
    scale: Scale = "mel"
    rows: int = 256
    low_hz: float = 40.0

    @cached_property
    def frame_length(self) -> int:
        """Samples in a frame: the power of two nearest 46 ms, so that all rates look alike."""
        return int(2 ** round(math.log2(self.rate_hz * _FRAME_SECONDS)))

    @property
    def hop_length(self) -> int:
        """Samples from column to column at the finest."""
        return self.frame_length // 4

    @property
    def high_hz(self) -> float:
        """Top of the frequency axis."""
        return self.rate_hz / 2

    @property
    def height(self) -> int:
        """Rows of the picture."""
        return {"stft": self.rows, "mel": 96, "mfcc": 20, "chroma": 12}[self.kind]

    @property
    def value_range(self) -> tuple[float, float] | None:
        """Values of the darkest and brightest colour where they are fixed; None: dB, to choose."""
        return {"stft": None, "mel": None, "mfcc": (-60.0, 60.0), "chroma": (0.0, 1.0)}[self.kind]

    @property
    def span(self) -> tuple[float, float]:
        """Values that a picture in bytes keeps apart; colours are chosen within it."""
        return self.value_range or (-120.0, 20.0)

    @property
    def frequencies(self) -> bool:
        """Whether rows are frequencies."""
        return self.kind in ("stft", "mel")

    def hz_at(self, fraction: float) -> float:
        """Frequency at a height, 0 for the bottom and 1 for the top."""
        scale = "mel" if self.kind == "mel" else self.scale
        if scale == "linear":
            return fraction * self.high_hz
        if scale == "log":
            return float(self.low_hz * (self.high_hz / self.low_hz) ** fraction)
        return float(mel_to_hz(fraction * float(hz_to_mel(self.high_hz))))

    def fraction_of(self, hz: float) -> float:
        """Height of a frequency; outside 0 to 1 when it lies beyond the picture."""
        scale = "mel" if self.kind == "mel" else self.scale
        if scale == "linear":
            return hz / self.high_hz
        if scale == "log":
            return math.log(max(hz, 1e-3) / self.low_hz) / math.log(self.high_hz / self.low_hz)
        return float(hz_to_mel(hz)) / float(hz_to_mel(self.high_hz))

    def nearest_hop(self, samples: int) -> int:
        """The smallest hop, at least so many samples, that :meth:`columns` can do."""
        join = -(-samples // self.frame_length)
        return join * -(-samples // join)

    def reach(self, hop_length: int) -> int:
        """Samples that one column looks at: a frame or, where columns lie further apart, all."""
        join = -(-hop_length // self.frame_length)
        return (join - 1) * (hop_length // join) + self.frame_length

    def columns(self, samples: NDArray[np.float32], hop_length: int | None = None) -> Picture:
        """The columns that lie wholly in the samples.

        Where columns lie further apart than a frame is long, one joins several frames, so that
        nothing between them is missed: the loudest of each frequency, else the mean power.

        Args:
            samples: float32, shape (n,).
            hop_length: samples between columns, one of :meth:`nearest_hop`; None: the finest.

        Returns:
            float32, shape (height, columns).
        """
        hop = hop_length or self.hop_length
        if len(samples) < self.reach(hop):
            return np.zeros((self.height, 0), dtype=np.float32)
        join = -(-hop // self.frame_length)
        count = join * (1 + (len(samples) - self.reach(hop)) // hop)
        frames = np.lib.stride_tricks.sliding_window_view(samples, self.frame_length)
        frames = frames[:: hop // join][:count]
        chunk = max(1, 512 // join) * join
        parts = [self._paint(frames[i : i + chunk], join) for i in range(0, count, chunk)]
        return np.concatenate(parts, axis=1)

    def as_bytes(self, picture: Picture) -> NDArray[np.uint8]:
        """The picture with :attr:`span` as 0 to 255, which is all that painting needs."""
        low, high = self.span
        scaled: NDArray[np.uint8] = np.clip(
            (picture - low) * (255.0 / (high - low)), 0, 255
        ).astype(np.uint8)
        return scaled

    def _paint(self, frames: NDArray[np.float32], join: int) -> Picture:
        spectrum = np.fft.rfft(frames * self._window, axis=1)
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        if join > 1:
            groups = power.reshape(-1, join, power.shape[1])
            power = groups.max(axis=1) if self.frequencies else groups.mean(axis=1)
        rows = self._matrix @ power.T.astype(np.float32)
        if self.kind == "chroma":
            return np.asarray(rows / np.maximum(rows.max(axis=0), _FLOOR), dtype=np.float32)
        decibels = 10.0 * np.log10(np.maximum(rows, _FLOOR))
        if self.kind == "mfcc":
            decibels = self._transform @ decibels
        return np.asarray(decibels, dtype=np.float32)

    @cached_property
    def _window(self) -> NDArray[np.float32]:
        window = np.hanning(self.frame_length + 1)[:-1]
        return np.asarray(window * (2.0 / window.sum()), dtype=np.float32)

    @cached_property
    def _transform(self) -> NDArray[np.float32]:
        return cosine_transform(20, 96).astype(np.float32)

    @cached_property
    def _matrix(self) -> NDArray[np.float32]:
        """From the bins of a spectrum to the rows of the picture."""
        if self.kind == "chroma":
            return chroma_bank(self.rate_hz, self.frame_length).astype(np.float32)
        if self.kind in ("mel", "mfcc"):
            bank = mel_bank(self.rate_hz, self.frame_length, 96, 0.0, self.high_hz)
            return np.asarray(bank / np.maximum(bank.sum(axis=1, keepdims=True), 1e-12), np.float32)
        return self._rows_of_bins()

    def _rows_of_bins(self) -> NDArray[np.float32]:
        """A row is the mean of the bins in it or, where rows are denser, drawn between two."""
        step = self.rate_hz / self.frame_length
        bins = 1 + self.frame_length // 2
        edges = np.asarray([self.hz_at(row / self.rows) for row in range(self.rows + 1)]) / step
        matrix = np.zeros((self.rows, bins), dtype=np.float32)
        for row in range(self.rows):
            first, last = math.ceil(edges[row]), math.ceil(edges[row + 1])
            if last - first >= 1:
                matrix[row, first : min(last, bins)] = 1.0 / (min(last, bins) - first)
                continue
            middle = min((edges[row] + edges[row + 1]) / 2, bins - 1.001)
            below = int(middle)
            matrix[row, below] = 1.0 - (middle - below)
            matrix[row, below + 1] = middle - below
        return matrix


class ViewStream:
    """Columns of a stream, each once; column k begins at sample ``k * hop_length``."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._held = np.zeros(0, dtype=np.float32)

    def push(self, samples: NDArray[np.float32]) -> Picture:
        """Take samples, shape (n,); give the new columns, shape (height, k)."""
        self._held = np.concatenate([self._held, samples])
        columns = self.view.columns(self._held)
        self._held = self._held[columns.shape[1] * self.view.hop_length :]
        return columns


def note_name(hz: float) -> str:
    """The nearest note of equal temperament at A4 = 440 Hz and the cents from it: "A4 +3 ct"."""
    if hz < 8.0:
        return ""
    pitch = 69 + 12 * math.log2(hz / 440.0)
    nearest = round(pitch)
    cents = round(100 * (pitch - nearest))
    name = f"{_NOTES[nearest % 12]}{nearest // 12 - 1}"
    return f"{name} {cents:+d} ct" if cents else name


def axis_ticks(
    view: View, *, notes: bool, most: int = 12, low: float = 0.0, high: float = 1.0
) -> list[tuple[float, str]]:
    """Heights and words for the vertical axis; the more of them, the closer one looks.

    Args:
        view: what the picture shows.
        notes: note names instead of Hz.
        most: at most about so many.
        low: the lowest height that is seen, from 0 at the bottom of the picture to 1 at its top.
        high: the highest.
    """
    if view.kind == "chroma":
        return [((index + 0.5) / 12, name) for index, name in enumerate(_NOTES)]
    if view.kind == "mfcc":
        step = 4 if high - low > 0.6 else 1
        return [((index + 0.5) / 20, str(index)) for index in range(0, 20, step)]
    shown: list[tuple[float, str]] = []
    for marks in _NOTE_MARKS if notes else _HZ_MARKS:
        found = _apart([(view.fraction_of(hz), word) for hz, word in marks], most, low, high)
        if len(found) > len(shown):
            shown = found
        if len(shown) >= min(5, most // 2):
            break
    return shown


def _apart(
    ticks: list[tuple[float, str]], most: int, low: float, high: float
) -> list[tuple[float, str]]:
    """Those that are seen, without what would stand too close to the one below."""
    edge, least = 0.015 * (high - low), 0.8 / most * (high - low)
    shown: list[tuple[float, str]] = []
    for fraction, word in sorted(ticks):
        seen = low + edge <= fraction <= high - edge
        if seen and (not shown or fraction - shown[-1][0] >= least):
            shown.append((fraction, word))
    return shown


def _hz_marks(step: float) -> list[tuple[float, str]]:
    count = int(min(48_000.0, step * 2000) / step)
    values = [step * index for index in range(1, count + 1)]
    return [(hz, f"{hz / 1000:g}k" if hz >= 1000 else f"{hz:g}") for hz in values]


_COARSE_HZ = (50, 100, 200, 500, 1000, 2000, 3000, 5000, 7000, 10_000, 15_000, 20_000, 40_000)
_HZ_MARKS = [
    [(float(hz), f"{hz / 1000:g}k" if hz >= 1000 else f"{hz:g}") for hz in _COARSE_HZ],
    *(_hz_marks(step) for step in (2000.0, 1000.0, 500.0, 200.0, 100.0, 50.0, 20.0, 10.0)),
]
_NAMED = [
    (440.0 * 2 ** ((pitch - 69) / 12), f"{_NOTES[pitch % 12]}{pitch // 12 - 1}", pitch % 12)
    for pitch in range(12, 137)
]
_NOTE_MARKS = [
    [(hz, name) for hz, name, place in _NAMED if place in which]
    for which in ({0}, {0, 7}, {0, 4, 7}, {0, 2, 4, 5, 7, 9, 11}, set(range(12)))
]

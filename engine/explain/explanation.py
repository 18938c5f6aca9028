"""The evidence for a label in a window, as arrays to be drawn."""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]
Edges = NDArray[np.float64]

_FINEST_SECONDS = 0.005  # single samples are joined to stretches of at least this
_BRIGHTEST = 0.985  # quantile that a highlight shows in full


@dataclass(frozen=True, eq=False)
class Explanation:
    """The evidence for a label in one window.

    Attributes:
        label: its name.
        probability: in [0, 1], of this window alone, presence included: what the classifier says;
            of a regression's dimension its value.
        presence: chance in [0, 1] that the window holds what the classifier knows about; this gate
            is not explained.
        attribution: float32, shape (bands, frames), in units of the logit: positive spoke for the
            label, negative against it. One band where ``axis`` is ``"time"``. Of a dimension in its
            own units: positive raised its value.
        axis: ``"frequency"``: each band is a range of frequencies; ``"time"``: the features have no
            such axis (samples, pitch classes, several kinds at once), and all bands are summed.
        edges_hz: borders between the bands, rising, float64, shape (bands + 1,); None for time.
        begin_seconds: where the first frame's stretch begins; a frame lies around what it looks at.
        step_seconds: length of each frame's stretch.
        window_seconds: begin and end of the window.
        logit: logit of the label's probability before the gate: what is explained.
        silent_logit: the same for silence: what the sound is compared with.
        is_value: whether it is of a dimension; both logits are then its values.
    """

    label: str
    probability: float
    presence: float
    attribution: Map
    axis: Literal["frequency", "time"]
    edges_hz: Edges | None
    begin_seconds: float
    step_seconds: float
    window_seconds: tuple[float, float]
    logit: float
    silent_logit: float
    is_value: bool = False

    @property
    def words(self) -> str:
        """How probable the label is, or the dimension's value."""
        return f"{self.probability:.3g}" if self.is_value else f"{self.probability:.0%}"

    @property
    def end_seconds(self) -> float:
        """Where the last frame's stretch ends."""
        frames: int = self.attribution.shape[1]
        return self.begin_seconds + frames * self.step_seconds

    @property
    def gap(self) -> float:
        """How much of the difference of the logits the attributions miss, as a share of it.

        0 when they add up to it exactly (the completeness of Sundararajan et al.). Measured against
        the attributions' own size where the logits hardly differ.
        """
        exact = self.attribution.astype(np.float64)
        total, everything = float(exact.sum()), float(np.abs(exact).sum())
        difference = self.logit - self.silent_logit
        size = max(abs(difference), 0.05 * everything)
        return float(abs(total - difference) / size) if size > 0 else 0.0


@dataclass(frozen=True)
class Spot:
    """A part of the sound that supports a label.

    Attributes:
        start_seconds: where it begins.
        end_seconds: where it ends.
        low_hz: its lowest frequency, None where there is no such axis.
        high_hz: its highest.
        share: of all that spoke for the label, in [0, 1].
    """

    start_seconds: float
    end_seconds: float
    low_hz: float | None
    high_hz: float | None
    share: float


def highlight(explanation: Explanation) -> Map:
    """The evidence for the label, scaled for display.

    Integrated gradients are grainy: neighbouring bands and frames are mixed (by a Gaussian of 1.5
    frames or bands) before what speaks against the label is left out.

    Returns:
        float32 in [0, 1], shape as the attribution; 1 where it spoke most.
    """
    calm = explanation.attribution.astype(np.float64)
    for axis in range(2):
        calm = _mixed(calm, axis)
    positive = np.maximum(calm, 0.0)
    brightest = float(np.quantile(positive, _BRIGHTEST)) or float(positive.max())
    return np.asarray(np.clip(positive / (brightest or 1.0), 0.0, 1.0), dtype=np.float32)


def over_time(explanation: Explanation) -> Explanation:
    """The same with all bands summed: for pictures without frequencies."""
    summed = explanation.attribution.sum(axis=0, keepdims=True, dtype=np.float64)
    attribution = summed.astype(np.float32)
    return replace(explanation, attribution=attribution, axis="time", edges_hz=None)


def strongest(explanation: Explanation, count: int = 5) -> list[Spot]:
    """The parts that support the label most, the strongest first.

    The window is cut into quarters of a second and, where there are frequencies, into bands as wide
    as half an octave or wider, and what spoke for and against the label is summed in each.
    """
    attribution = explanation.attribution.astype(np.float64)
    columns = max(1, round(0.25 / explanation.step_seconds))
    across = np.arange(0, attribution.shape[1], columns)
    up = _half_octaves(explanation)
    cells = np.add.reduceat(np.add.reduceat(attribution, across, axis=1), up, axis=0)
    cells = np.maximum(cells, 0.0)
    total = cells.sum()
    order = np.argsort(-cells, axis=None, kind="stable")[:count]
    spots = []
    for row, column in zip(*np.unravel_index(order, cells.shape), strict=True):
        share = float(cells[row, column] / total) if total > 0 else 0.0
        if share > 0:
            spots.append(_spot(explanation, up, int(row), (int(column) * columns, columns), share))
    return spots


def joined(explanation: Explanation) -> Explanation:
    """Join frames that are too short to be looked at, such as single samples."""
    if explanation.step_seconds >= _FINEST_SECONDS:
        return explanation
    join = math.ceil(_FINEST_SECONDS / explanation.step_seconds)
    firsts = np.arange(0, explanation.attribution.shape[1], join)
    joined = np.add.reduceat(explanation.attribution, firsts, axis=1)
    step = explanation.step_seconds * join
    return replace(explanation, attribution=joined.astype(np.float32), step_seconds=step)


def _mixed(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Mix neighbours along an axis; at the borders, which have fewer, as if mirrored."""
    if values.shape[axis] < 2:
        return values
    kernel = np.exp(-0.5 * (np.arange(-4, 5) / 1.5) ** 2)
    kernel /= kernel.sum()
    around = [(0, 0), (0, 0)]
    around[axis] = (4, 4)
    padded = np.pad(values, around, mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=axis)
    return np.asarray(windows @ kernel)


def _half_octaves(explanation: Explanation) -> NDArray[np.intp]:
    """First bands of groups at least half an octave wide."""
    edges = explanation.edges_hz
    if edges is None:
        return np.zeros(1, dtype=np.intp)
    firsts = [0]
    for band in range(1, len(edges) - 1):
        if edges[band] >= max(100.0, edges[firsts[-1]] * math.sqrt(2.0)):
            firsts.append(band)
    return np.asarray(firsts, dtype=np.intp)


def _spot(
    explanation: Explanation,
    firsts: NDArray[np.intp],
    row: int,
    columns: tuple[int, int],
    share: float,
) -> Spot:
    edges, (first, count) = explanation.edges_hz, columns
    start = explanation.begin_seconds + first * explanation.step_seconds
    end = min(start + count * explanation.step_seconds, explanation.end_seconds)
    if edges is None:
        return Spot(start, end, None, None, share)
    after = firsts[row + 1] if row + 1 < len(firsts) else len(edges) - 1
    return Spot(start, end, float(edges[firsts[row]]), float(edges[after]), share)

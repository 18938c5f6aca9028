"""Probabilities over time: what file, batch and live analysis all produce."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Timeline:
    """One row a window.

    Attributes:
        labels: names of the columns; of a regression the dimensions.
        times: centre of each window in seconds from the start, float64, shape (n,), rising.
        probabilities: float32 in [0, 1], shape (n, labels). For a classifier with a gate they
            already hold the chance that the sound is of its kind at all. Of a regression the
            dimensions' values in their own units, whatever the presence.
        presence: chance in [0, 1] that the window holds what the classifier knows about (music,
            say), float32, shape (n,); 1 where the classifier has no gate.
        level_db: RMS level of each window in dBFS, float32, shape (n,).
        window_seconds: length of each window.
        hop_seconds: step between windows.
        ranges: of each dimension the lowest and highest value it was learned from; empty: the
            columns are labels.

    Examples:
        >>> import numpy as np
        >>> from engine import Timeline
        >>> timeline = Timeline(
        ...     labels=("flute", "cello"),
        ...     times=np.array([0.5, 1.5, 2.5]),
        ...     probabilities=np.array([[0.9, 0.1], [0.8, 0.1], [0.1, 0.2]], dtype=np.float32),
        ...     presence=np.ones(3, dtype=np.float32),
        ...     level_db=np.full(3, -20, dtype=np.float32),
        ...     window_seconds=1.0,
        ...     hop_seconds=1.0,
        ... )
        >>> len(timeline)
        3
        >>> timeline.labels[timeline.probabilities[2].argmax()]
        'cello'
    """

    labels: tuple[str, ...]
    times: NDArray[np.float64]
    probabilities: NDArray[np.float32]
    presence: NDArray[np.float32]
    level_db: NDArray[np.float32]
    window_seconds: float
    hop_seconds: float
    ranges: tuple[tuple[float, float], ...] = ()

    @property
    def is_regression(self) -> bool:
        """Whether the columns are dimensions with values instead of labels with probabilities."""
        return bool(self.ranges)

    def __len__(self) -> int:
        return len(self.times)


def concatenate(parts: Sequence[Timeline]) -> Timeline:
    """Join timelines of one classifier that follow each other in time.

    Raises:
        ValueError: there is none, or they are not of one kind.
    """
    if not parts:
        raise ValueError("no timelines to join")
    first = parts[0]
    if any(part.labels != first.labels for part in parts):
        raise ValueError("timelines of different classifiers cannot be joined")
    return Timeline(
        labels=first.labels,
        times=np.concatenate([part.times for part in parts]),
        probabilities=np.concatenate([part.probabilities for part in parts]),
        presence=np.concatenate([part.presence for part in parts]),
        level_db=np.concatenate([part.level_db for part in parts]),
        window_seconds=first.window_seconds,
        hop_seconds=first.hop_seconds,
        ranges=first.ranges,
    )


def rows(timeline: Timeline, chosen: slice | NDArray[np.bool_]) -> Timeline:
    """Some rows of a timeline."""
    return replace(
        timeline,
        times=timeline.times[chosen],
        probabilities=timeline.probabilities[chosen],
        presence=timeline.presence[chosen],
        level_db=timeline.level_db[chosen],
    )


def between(timeline: Timeline, start_seconds: float, end_seconds: float) -> Timeline:
    """The rows whose centre lies in a stretch.

    Where there is none, the nearest row that the stretch belongs to: one whose window or hop it
    touches. A stretch that was not analysed has no rows.
    """
    inside = (timeline.times >= start_seconds) & (timeline.times <= end_seconds)
    if len(timeline) and not inside.any():
        away = np.maximum(start_seconds - timeline.times, timeline.times - end_seconds)
        nearest = int(away.argmin())
        reach = max(timeline.window_seconds, timeline.hop_seconds) / 2
        inside[nearest] = away[nearest] <= reach
    return rows(timeline, inside)


def smooth(
    timeline: Timeline,
    method: Literal["exponential", "median", "none"] = "exponential",
    seconds: float = 1.0,
) -> Timeline:
    """Calm the probabilities and the presence.

    Args:
        timeline: what to smooth.
        method: ``"exponential"``: each row mixes with those before it; a change shows at once but
            is 63 % there only after ``seconds``, which is its delay. ``"median"``: the middle value
            of the rows within ``seconds`` around; it needs the future, so live it would come half
            of ``seconds`` late, and it removes what lasts less than that half. ``"none"``.
        seconds: time constant or width; 0 changes nothing.

    Examples:
        >>> import numpy as np
        >>> from engine import Timeline, smooth
        >>> rows = np.array([[0.9, 0.1], [0.8, 0.1], [0.1, 0.2]], dtype=np.float32)
        >>> ones, level = np.ones(3, dtype=np.float32), np.full(3, -20, dtype=np.float32)
        >>> timeline = Timeline(("flute", "cello"), np.arange(3) + 0.5, rows, ones, level, 1.0, 1.0)
        >>> calm = smooth(timeline, "median", seconds=3)
        >>> [round(float(value), 1) for value in calm.probabilities[:, 0]]
        [0.9, 0.8, 0.1]
    """
    if method == "none" or seconds <= 0 or len(timeline) == 0:
        return timeline
    if method == "exponential":
        return Smoother(seconds).push(timeline)
    values = np.column_stack([timeline.probabilities, timeline.presence])
    width = max(1, 2 * round(seconds / timeline.hop_seconds / 2) + 1)
    half = width // 2
    padded = np.pad(values, ((half, half), (0, 0)), mode="edge")
    calm = np.median(np.lib.stride_tricks.sliding_window_view(padded, width, axis=0), axis=2)
    return _with_values(timeline, calm.astype(np.float32))


class Smoother:
    """Exponential smoothing that goes on where it stopped: for rows that come one by one.

    Args:
        seconds: time constant; 0 changes nothing.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._state: NDArray[np.float64] | None = None

    def push(self, timeline: Timeline) -> Timeline:
        """Smooth rows that follow those pushed before."""
        if self._seconds <= 0 or len(timeline) == 0:
            return timeline
        values = np.column_stack([timeline.probabilities, timeline.presence]).astype(np.float64)
        keep = np.exp(-timeline.hop_seconds / self._seconds)
        for index, row in enumerate(values):
            before = row if self._state is None else self._state
            self._state = keep * before + (1 - keep) * row
            values[index] = self._state
        return _with_values(timeline, values.astype(np.float32))


def _with_values(timeline: Timeline, values: NDArray[np.float32]) -> Timeline:
    return replace(timeline, probabilities=values[:, :-1], presence=values[:, -1])


def summary(timeline: Timeline) -> list[tuple[str, float]]:
    """Each label's probability over the whole, highest first; of a regression each mean, in order.

    The mean over the rows, weighted by how surely each holds what the classifier knows about: a
    song that begins with ten seconds of silence or talk is judged by the music in it. When there
    is none, the plain mean is given, which is near 0 everywhere (of labels).

    Examples:
        >>> import numpy as np
        >>> from engine import Timeline, summary
        >>> rows = np.array([[0.9, 0.1], [0.8, 0.1], [0.1, 0.2]], dtype=np.float32)
        >>> ones, level = np.ones(3, dtype=np.float32), np.full(3, -20, dtype=np.float32)
        >>> timeline = Timeline(("flute", "cello"), np.arange(3) + 0.5, rows, ones, level, 1.0, 1.0)
        >>> [(label, round(probability, 2)) for label, probability in summary(timeline)]
        [('flute', 0.6), ('cello', 0.13)]
    """
    if len(timeline) == 0:
        return [(label, 0.0) for label in timeline.labels]
    weight = timeline.presence.astype(np.float64)
    if weight.max() < 0.5:
        weight = np.ones_like(weight)
    means = (timeline.probabilities * weight[:, None]).sum(axis=0) / weight.sum()
    order = np.arange(len(means)) if timeline.ranges else np.argsort(-means, kind="stable")
    return [(timeline.labels[index], float(means[index])) for index in order]

"""From the sounds of a data set to windows, several files at a time."""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.files import read
from engine.audio.resample import resample
from engine.datasets.cutting import Cutting, cut
from engine.datasets.table import Dataset
from engine.errors import AudioError
from engine.recipe import Recipe
from engine.windows import Windows


@dataclass(frozen=True)
class Cut:
    """Windows of one row.

    Attributes:
        windows: float32, shape (n, samples).
        starts: seconds from the row's start where each begins.
        problem: why there are none, empty if the sound could be read.
    """

    windows: NDArray[np.float32]
    starts: NDArray[np.float64]
    problem: str = ""


def decoded(dataset: Dataset, recipe: Recipe) -> Iterator[Cut]:
    """Windows of each row, in order; decoding runs ahead in threads, which libsndfile allows."""
    workers = max(1, min(8, os.cpu_count() or 1))
    with ThreadPoolExecutor(workers) as pool:
        ahead: deque[Future[Cut]] = deque()
        try:
            for index in range(len(dataset)):
                ahead.append(pool.submit(_windows, dataset, index, recipe))
                if len(ahead) > 4 * workers:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()


def _windows(dataset: Dataset, index: int, recipe: Recipe) -> Cut:
    excerpt, data = dataset.excerpts[index], recipe.data
    length = None if excerpt.end is None else excerpt.end - excerpt.start
    try:
        audio = read(
            dataset.file_of(index),
            mono=True,
            start_seconds=excerpt.start,
            duration_seconds=length,
        )
    except AudioError as error:
        nothing = np.zeros((0, data.window_samples), dtype=np.float32)
        return Cut(nothing, np.zeros(0), str(error))
    samples = scaled(audio.samples[0], data.scale)
    if data.resample == "decimate":
        samples = np.ascontiguousarray(samples[:: max(1, audio.rate_hz // data.rate_hz)])
    else:
        samples = resample(samples[None], audio.rate_hz, data.rate_hz)[0]
    windows, starts = cut(samples, data.rate_hz, cutting_of(recipe))
    return Cut(windows, starts / data.rate_hz)


def cutting_of(recipe: Recipe) -> Cutting:
    """How the recipe cuts windows."""
    data = recipe.data
    windows = Windows(data.window_samples, data.hop_samples)
    return Cutting(windows, data.at, data.short, data.quietest_dbfs, data.most_windows)


def scaled(samples: NDArray[np.float32], how: str) -> NDArray[np.float32]:
    """A whole file, shape (n,), scaled: ``none``, ``peak`` to 1, or its ``range`` to -1 and 1."""
    if how == "none" or len(samples) == 0:
        return samples
    if how == "peak":
        return np.asarray(samples / max(1e-9, float(np.abs(samples).max())), dtype=np.float32)
    low, high = float(samples.min()), float(samples.max())
    return np.asarray(2 * (samples - low) / max(1e-9, high - low) - 1, dtype=np.float32)

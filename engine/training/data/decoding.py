"""From the sounds of a data set to windows, several files at a time."""

import contextlib
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.audio.files import read
from engine.audio.resample import resample
from engine.datasets.cutting import Cutting, cut
from engine.datasets.table import Dataset
from engine.errors import AudioError
from engine.recipes.recipe import Recipe
from engine.threads import one_torch_thread
from engine.windows import Windows

Result = TypeVar("Result")


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


def decoded(
    dataset: Dataset, recipe: Recipe, finish: Callable[[Cut], Result], *, alone: bool
) -> Iterator[Result]:
    """What becomes of each row's windows, in order; threads run ahead, which libsndfile allows.

    Args:
        dataset: whose rows.
        recipe: how they are cut.
        finish: what else is done in the threads.
        alone: whether torch uses no threads of its own there.
    """
    workers = max(1, min(8, os.cpu_count() or 1))

    def job(index: int) -> Result:
        return finish(_windows(dataset, index, recipe))

    # Its threads take the number that is set when they begin.
    threads = one_torch_thread() if alone else contextlib.nullcontext()
    with threads, ThreadPoolExecutor(workers) as pool:
        ahead: deque[Future[Result]] = deque()
        try:
            for index in range(len(dataset)):
                ahead.append(pool.submit(job, index))
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
    # Resampled block by block, while it is in the processor's cache, unless it is scaled first.
    at_once = data.scale == "none" and data.resample != "decimate"
    try:
        audio = read(
            dataset.file_of(index),
            rate_hz=data.rate_hz if at_once else None,
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
    elif not at_once:
        samples = resample(samples[None], audio.rate_hz, data.rate_hz)[0]
    windows, starts = cut(samples, data.rate_hz, cutting_of(recipe))
    if data.whole_seconds:
        seconds = audio.samples.shape[1] // audio.rate_hz
        windows, starts = windows[:seconds], starts[:seconds]
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

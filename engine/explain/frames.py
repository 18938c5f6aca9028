"""Where the bands of a feature lie in frequency, and what they are made of."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from engine.features.base import Feature
from engine.features.delta import Delta
from engine.features.log_mel import LogMel
from engine.features.mfcc import Mfcc
from engine.features.spectral_shape import SpectralContrast
from engine.features.spectrum import PowerSpectrogram, Stft
from engine.features.stack import Stack
from engine.filters import hz_to_mel, mel_to_hz

Edges = NDArray[np.float64]


@dataclass(frozen=True)
class ExplainedFrames:
    """The frames that are explained, and what follows them before the network.

    Attributes:
        source: gives the frames.
        rest: from these frames to those of the whole feature; linear in time and bands.
        edges_hz: see :class:`Explanation`.
    """

    source: Feature
    rest: Callable[[Tensor], Tensor]
    edges_hz: Edges | None


def explained_frames(feature: Feature) -> list[ExplainedFrames]:
    """Where a feature comes from bands of frequency by linear steps: those bands.

    Along a straight path the gradients of what lies before a linear step are exact, so MFCC and
    deltas can be explained by the mel bands they are made of.
    """
    if isinstance(feature, Stack):
        return [one for part in feature.features for one in explained_frames(part)]
    if isinstance(feature, Delta):
        return [replace(f, rest=_then(f.rest, feature.of)) for f in explained_frames(feature.inner)]
    if isinstance(feature, Mfcc):
        arguments = {k: v for k, v in feature.arguments().items() if k != "n_mfcc"}
        source = LogMel(**arguments).to(feature.transform.device)
        return [ExplainedFrames(source, _transformed(feature), _edges(source))]
    return [ExplainedFrames(feature, lambda frames: frames, _edges(feature))]


def _then(first: Callable[[Tensor], Tensor], second: Callable[[Tensor], Tensor]) -> Any:
    return lambda frames: second(first(frames))


def _transformed(feature: Mfcc) -> Callable[[Tensor], Tensor]:
    return lambda frames: (frames.transpose(1, 2) @ feature.transform).transpose(1, 2)


def _edges(feature: Feature) -> Edges | None:
    """Borders of the bands in Hz, half-way between their middles; None where they have none."""
    if isinstance(feature, LogMel):
        chosen = feature.arguments()
        htk, high = chosen["htk"], chosen["high_hz"] or feature.rate_hz / 2
        low_mel, high_mel = (float(hz_to_mel(hz, htk=htk)) for hz in (chosen["low_hz"], high))
        places = (np.arange(feature.bands + 1) + 0.5) / (feature.bands + 1)
        return mel_to_hz(low_mel + places * (high_mel - low_mel), htk=htk)
    if isinstance(feature, Stft | PowerSpectrogram):
        bins = np.arange(feature.bands + 1) - 0.5
        return np.clip(bins * feature.rate_hz / feature.frame_length, 0.0, feature.rate_hz / 2)
    if isinstance(feature, SpectralContrast):
        low = float(feature.arguments()["low_hz"])
        inner = low * 2.0 ** np.arange(feature.bands - 1)
        return np.concatenate([[0.0], inner, [feature.rate_hz / 2]])
    return None

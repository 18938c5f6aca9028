"""Features of a stream: pushed in blocks of any size, equal to the whole clip's."""

import torch
from torch import Tensor

from engine.errors import ModelError
from engine.features.base import Feature
from engine.features.delta import Delta
from engine.features.stack import Stack


class FeatureStream:
    """Computes each frame once, as soon as its samples are there.

    Args:
        feature: any that is not clip-wide, nor padded by reflection.

    Raises:
        ModelError: the feature depends on the whole clip, or on what is still to come.
    """

    def __init__(self, feature: Feature) -> None:
        if feature.clip_wide:
            raise ModelError("This feature is scaled over the whole clip and cannot be streamed.")
        if feature.center and feature.padding != "constant":
            raise ModelError("This feature is padded by reflection and cannot be streamed.")
        self._feature = feature
        self._parts = [FeatureStream(part) for part in _inner(feature)]
        self._queues = [torch.zeros(part.bands, 0) for part in _inner(feature)]
        lead = feature.frame_length // 2 if feature.center else 0
        self._samples = torch.zeros(lead)
        self._skip = 0
        self._started = False

    @torch.inference_mode()
    def push(self, samples: Tensor) -> Tensor:
        """Take samples, float32, shape (n,); give the new frames, shape (bands, k)."""
        if self._parts:
            return self._combine([part.push(samples) for part in self._parts], last=False)
        skipped = min(self._skip, samples.shape[0])
        self._skip -= skipped
        held = torch.cat([self._samples.to(samples.device), samples[skipped:]])
        feature = self._feature
        count = max(0, 1 + (held.shape[0] - feature.frame_length) // feature.hop_length)
        if count == 0:
            self._samples = held
            return held.new_zeros(feature.bands, 0)
        used = count * feature.hop_length
        frames = feature.frames(held[None, : used - feature.hop_length + feature.frame_length])[0]
        self._skip = max(0, used - held.shape[0])
        self._samples = held[used:].clone()
        return frames

    @torch.inference_mode()
    def finish(self) -> Tensor:
        """The frames that only the end of the stream settles, shape (bands, k)."""
        if self._parts:
            return self._combine([part.finish() for part in self._parts], last=True)
        half = self._feature.frame_length // 2 if self._feature.center else 0
        return self.push(self._samples.new_zeros(half))

    def _combine(self, new: list[Tensor], *, last: bool) -> Tensor:
        queues = zip(self._queues, new, strict=True)
        self._queues = [torch.cat([held.to(more.device), more], dim=1) for held, more in queues]
        if isinstance(self._feature, Delta):
            return self._slopes(self._feature, last=last)
        ready = min(queue.shape[1] for queue in self._queues)
        joined = torch.cat([queue[:, :ready] for queue in self._queues])
        self._queues = [queue[:, ready:] for queue in self._queues]
        return joined

    def _slopes(self, delta: Delta, *, last: bool) -> Tensor:
        """Deltas of the queued frames, each as soon as the frames around it are there."""
        held = self._queues[0]
        if held.shape[1] < delta.width and not (last and held.shape[1]):
            return held.new_zeros(delta.bands, 0)
        slopes = delta.of(held[None])[0]
        half = delta.width // 2
        first = half + 1 if self._started else 0
        end = held.shape[1] if last else held.shape[1] - half
        self._started = True
        self._queues[0] = held[:, -delta.width :]
        return slopes[:, first:end]


def _inner(feature: Feature) -> list[Feature]:
    if isinstance(feature, Delta):
        return [feature.inner]
    if isinstance(feature, Stack):
        return feature.features
    return []

"""A network for the notes that are played, independent of timbre and key."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from engine.errors import ModelError
from engine.networks.layers import Head, StandardisedTrunk

_RANGE_DB = 60.0
_AROUND = 13  # bands over which the spectrum's own shape is taken


class PitchTrunk(StandardisedTrunk):
    """Convolutions over pitch and time, then what was found anywhere in pitch, then in time."""

    def __init__(
        self,
        bands: int,
        frames: int,
        blocks: Sequence[tuple[int, int, int]],
        width: int,
        dropout: float,
        overtones: Sequence[int],
    ) -> None:
        super().__init__(bands, frames)
        if any(abs(steps) >= bands for steps in overtones):
            raise ModelError(f"Overtones must be within the {bands} bands.")
        self._overtones = tuple(overtones)
        layers: list[nn.Module] = []
        inputs, height, length = 2 + len(self._overtones), bands, frames
        for channels, kernel, pool in blocks:
            if kernel % 2 == 0 or min(height // pool, length // 2) < 1:
                raise ModelError(f"{frames} frames of {bands} bands are too few for these kernels.")
            layers += [
                nn.Conv2d(inputs, channels, (kernel, 3), padding=(kernel // 2, 1), bias=False),
                nn.MaxPool2d((pool, 2)),
                nn.BatchNorm2d(channels),
                nn.ReLU(),
            ]
            inputs, height, length = channels, height // pool, length // 2
        self.blocks = nn.Sequential(*layers)
        self.mix = nn.Sequential(
            nn.Conv1d(2 * inputs, width, 3, padding=1, bias=False), nn.BatchNorm1d(width), nn.ReLU()
        )
        self.drop = nn.Dropout(dropout)
        self.embedding_size = 3 * width

    def embed(self, features: Tensor) -> Tensor:
        """See :class:`StandardisedTrunk`."""
        found = self.blocks(self._channels(features))
        anywhere = torch.cat([found.amax(2), found.mean(2)], dim=1)
        steps = self.mix(self.drop(anywhere))
        spread = steps.var(2, correction=0).clamp(min=1e-6).sqrt()
        embedding: Tensor = self.drop(torch.cat([steps.mean(2), steps.amax(2), spread], dim=1))
        return embedding

    def _channels(self, features: Tensor) -> Tensor:
        """What the first convolution sees: shape (batch, 2 + overtones, bands, frames).

        Levels under the window's loudest, what stands out of its surroundings in pitch, and that
        again at each overtone: there a note has its partials all at one height (after the harmonic
        constant-Q transform of Bittner et al., 2017).
        """
        loudest = features.amax(dim=(1, 2), keepdim=True)
        relative = ((features - loudest) / _RANGE_DB + 1.0).clamp(min=0.0)
        shape = functional.avg_pool1d(
            relative.transpose(1, 2), _AROUND, 1, _AROUND // 2, count_include_pad=False
        )
        peaks = (relative - shape.transpose(1, 2)).clamp(min=0.0)
        shifted = [
            functional.pad(peaks, (0, 0, max(0, -steps), max(0, steps)))[
                :, max(0, steps) : max(0, steps) + self.bands
            ]
            for steps in self._overtones
        ]
        return torch.stack([relative, peaks, *shifted], dim=1)


class PitchCnn(Head):
    """Convolutions over bands of equal width in pitch that keep no absolute pitch and no level.

    Args:
        bands: rows of the features, in dB.
        frames: frames of a window.
        classes: logits.
        channels: of each convolution; each halves the frames.
        kernels: height of each in bands, odd; all are 3 frames wide.
        pools: bands that become one after each.
        width: of the last layer, which sees all pitches at once.
        dropout: before that layer and before the output.
        overtones: bands from a note to its partials, also down; those of a semitone each as made.
    """

    def __init__(  # noqa: PLR0913  # the recipe's fields, all by name
        self,
        *,
        bands: int,
        frames: int,
        classes: int,
        channels: Sequence[int] = (16, 32, 48),
        kernels: Sequence[int] = (5, 5, 5),
        pools: Sequence[int] = (1, 2, 1),
        width: int = 96,
        dropout: float = 0.3,
        overtones: Sequence[int] = (-12, 12, 19, 24, 28),
    ) -> None:
        super().__init__()
        if not len(channels) == len(kernels) == len(pools) or not channels:
            raise ModelError("A network needs as many kernels and pools as channels.")
        self._chosen = {
            "channels": list(channels),
            "kernels": list(kernels),
            "pools": list(pools),
            "width": width,
            "dropout": dropout,
            "overtones": list(overtones),
        }
        blocks = list(zip(channels, kernels, pools, strict=True))
        self._finish(PitchTrunk(bands, frames, blocks, width, dropout, overtones), classes)

    def arguments(self) -> dict[str, Any]:
        """See :class:`Network`."""
        sizes = {"bands": self.bands, "frames": self.trunk.frames, "classes": self.classes}
        return sizes | self._chosen

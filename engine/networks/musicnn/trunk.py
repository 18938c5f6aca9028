"""The trunk of musicnn: musically motivated convolutions on a log-mel spectrogram.

Architecture after Pons et al., "End-to-end learning for music audio tagging at scale" (ISMIR 2018)
and Pons & Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging"
(ISMIR late-breaking 2019). Filters as tall as an instrument's timbre (0.4 and 0.7 of the mel axis)
and as long as a rhythm (128, 64 and 32 frames) look at the spectrogram, the strongest answer over
frequency is kept, three convolutions in time follow, and everything is pooled over the window.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from engine.networks.base import WINDOWS_AT_ONCE, Sliding, Trunk
from engine.networks.derived import Derived
from engine.networks.musicnn.convolution import EPSILON, PooledConvolution
from engine.networks.musicnn.living import LivingTrunk

BANDS = 96
TIMBRE_WIDTH = 7
TIMBRE_HEIGHTS = (38, 67)
TIMBRE_FILTERS = 204
RHYTHM_LENGTHS = (128, 64, 32)
RHYTHM_FILTERS = 51
MIDDLE_FILTERS = 64


def piecemeal(image: Tensor) -> bool:
    """Whether to work through a batch piece by piece: on a CPU, when nothing is to be learned."""
    return image.device.type == "cpu" and not torch.is_grad_enabled() and image.shape[0] > 0


class MusicnnTrunk(Trunk):
    """Log-mel frames to the 1506 pooled numbers that musicnn's tags are read from.

    Input: 96 bands of ``log10(1 + 10000 * mel power)`` at 16 kHz (frame 512, hop 256), 187 frames
    (3 s) as trained, though any number of frames from 1 on works. Output: for each of 753 channels
    its maximum and its mean over the window, interleaved.
    """

    bands = BANDS
    embedding_size = 2 * (
        len(TIMBRE_HEIGHTS) * TIMBRE_FILTERS
        + len(RHYTHM_LENGTHS) * RHYTHM_FILTERS
        + 3 * MIDDLE_FILTERS
    )

    def __init__(self) -> None:
        super().__init__()
        self.input_norm = nn.BatchNorm1d(1, eps=EPSILON)
        self.timbre = nn.ModuleList(
            PooledConvolution(TIMBRE_FILTERS, TIMBRE_WIDTH, height) for height in TIMBRE_HEIGHTS
        )
        self.rhythm = nn.ModuleList(
            PooledConvolution(RHYTHM_FILTERS, length, 1) for length in RHYTHM_LENGTHS
        )
        front = len(TIMBRE_HEIGHTS) * TIMBRE_FILTERS + len(RHYTHM_LENGTHS) * RHYTHM_FILTERS
        self.middle = nn.ModuleList(
            nn.Conv1d(inputs, MIDDLE_FILTERS, TIMBRE_WIDTH, padding="same")
            for inputs in (front, MIDDLE_FILTERS, MIDDLE_FILTERS)
        )
        self.middle_norm = nn.ModuleList(
            nn.BatchNorm1d(MIDDLE_FILTERS, eps=EPSILON) for _ in self.middle
        )

    def forward(self, features: Tensor) -> Tensor:
        """Shape (batch, 96, frames) to (batch, 1506)."""
        image = self.normalise(features)
        return self.finish([block(image) for block in self.blocks(image)])

    def normalise(self, features: Tensor) -> Tensor:
        """Batch norm of the input: (batch, 96, frames) to (batch, frames, 96)."""
        flat = features.transpose(1, 2).reshape(features.shape[0], 1, -1)
        image: Tensor = self.input_norm(flat)
        return image.view(features.shape[0], features.shape[2], self.bands)

    def blocks(self, image: Tensor) -> "list[FrontBlock]":
        """The blocks of the first layer, timbre then rhythm, for images such as this one."""
        reaches = [TIMBRE_WIDTH] * len(TIMBRE_HEIGHTS) + list(RHYTHM_LENGTHS)
        if self._hears(image):
            answers: list[_Answer] = list(_living.of(self).blocks)
        else:
            answers = [_without_blank(block) for block in (*self.timbre, *self.rhythm)]
        return [FrontBlock(*pair) for pair in zip(answers, reaches, strict=True)]

    def _hears(self, image: Tensor) -> bool:
        """Whether its living filters answer; they do in single precision alone."""
        single = image.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")
        return piecemeal(image) and single and not self.training

    def finish(self, front: list[Tensor]) -> Tensor:
        """All that follows the first layer, for whole windows.

        Args:
            front: what each of :meth:`blocks` answered, shape (batch, channels, frames).

        Returns:
            Shape (batch, 1506).
        """
        joined = torch.cat(front, dim=1)
        if self._hears(joined):
            finish = _living.of(self).finish
            return torch.cat([finish(one) for one in torch.split(joined, 1)])
        layers = [joined]
        hidden = joined
        for index, (convolution, norm) in enumerate(
            zip(self.middle, self.middle_norm, strict=True)
        ):
            step = norm(functional.relu(convolution(hidden)))
            hidden = step if index == 0 else hidden + step
            layers.append(hidden)
        everything = torch.cat(layers, dim=1)
        return torch.stack([everything.amax(2), everything.mean(2)], dim=2).flatten(1)

    def sliding(self, window_frames: int, hop_frames: int) -> Sliding:
        """See :meth:`Trunk.sliding`; what the first layer answers inside windows is shared."""
        return _SlidingMusicnn(self, window_frames, hop_frames)


def _alive(trunk: MusicnnTrunk) -> LivingTrunk:
    blocks: list[Any] = [*trunk.timbre, *trunk.rhythm]
    middle: Any = trunk.middle  # torch does not tell what a list of modules holds
    norms: Any = trunk.middle_norm
    return LivingTrunk(blocks, middle, norms, BANDS)


_living = Derived(_alive)
_Answer = Callable[[Tensor, tuple[int, int]], Tensor]


def _without_blank(block: nn.Module) -> _Answer:
    return lambda image, blank: block(image)


@dataclass(frozen=True)
class FrontBlock:
    """A block of the first layer.

    Attributes:
        answer: from images, shape (batch, frames, 96), of which some frames at begin and end are
            zeros, to (batch, channels, frames left).
        reach: frames that an answer sees.
    """

    answer: _Answer
    reach: int

    def __call__(self, images: Tensor) -> Tensor:
        """With zeros around whole windows: (batch, frames, 96) to (batch, channels, frames)."""
        return self._padded(images, *self.edges)

    @property
    def edges(self) -> tuple[int, int]:
        """How many answers at a window's begin and its end see zeros beside it."""
        return (self.reach - 1) // 2, self.reach // 2

    def within(self, images: Tensor) -> Tensor:
        """No zeros around: shape (batch, frames, 96) to (batch, channels, frames - reach + 1)."""
        return self.answer(images, (0, 0))

    def around(self, images: Tensor, inner: Tensor) -> Tensor:
        """As for whole windows, where what does not see zeros is known already."""
        before, after = self.edges
        head = self._padded(images[:, : self.reach - 1], before, 0)
        tail = self._padded(images[:, 1 - self.reach :], 0, after)
        return torch.cat([head, inner, tail], dim=2)

    def _padded(self, images: Tensor, before: int, after: int) -> Tensor:
        return self.answer(functional.pad(images, (0, 0, before, after)), (before, after))


class _SlidingMusicnn(Sliding):
    """Shares the first layer's answers, most of the work, between overlapping windows.

    Those at a window's edges, which see the zeros that pad it, are computed for it alone: three
    frames of the timbre filters, up to 64 of the rhythm filters.
    """

    def __init__(self, trunk: MusicnnTrunk, window_frames: int, hop_frames: int) -> None:
        self._trunk = trunk
        self._window = window_frames
        self._hop = hop_frames
        self._image = torch.zeros(1, 0, trunk.bands)
        self._known: dict[int, Tensor] = {}  # by block: answers to all frames held
        self._skip = 0

    def push(self, frames: Tensor) -> Tensor:
        """See :meth:`Sliding.push`."""
        skipped = min(self._skip, frames.shape[1])
        self._skip -= skipped
        new = self._trunk.normalise(frames[None, :, skipped:])
        self._image = torch.cat([self._image.to(new.device), new], dim=1)
        count = max(0, 1 + (self._image.shape[1] - self._window) // self._hop)
        if count == 0:
            return frames.new_zeros(0, self._trunk.embedding_size)
        parts = [
            self._embed(first, min(WINDOWS_AT_ONCE, count - first))
            for first in range(0, count, WINDOWS_AT_ONCE)
        ]
        self._drop(count * self._hop)
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _embed(self, first: int, count: int) -> Tensor:
        images = self._cut(self._image.transpose(1, 2), first, count, self._window).transpose(1, 2)
        front = []
        for number, block in enumerate(self._trunk.blocks(images)):
            inner = self._window - block.reach + 1
            if inner > self._hop:
                known = self._answers(number, block)
                front.append(block.around(images, self._cut(known, first, count, inner)))
            else:
                front.append(block(images))
        return self._trunk.finish(front)

    def _cut(self, stream: Tensor, first: int, count: int, length: int) -> Tensor:
        """Windows of a stream, (1, channels, frames), as (count, channels, length)."""
        at = first * self._hop
        end = at + (count - 1) * self._hop + length
        return stream[0, :, at:end].unfold(1, length, self._hop).transpose(0, 1)

    def _answers(self, number: int, block: FrontBlock) -> Tensor:
        """What a block answers to all frames held."""
        before = self._known.get(number)
        answered = 0 if before is None else before.shape[2]
        if self._image.shape[1] - answered >= block.reach:
            new = block.within(self._image[:, answered:])
            before = new if before is None else torch.cat([before.to(new.device), new], dim=2)
            self._known[number] = before
        assert before is not None  # a whole window is held
        return before

    def _drop(self, frames: int) -> None:
        self._skip = max(0, frames - self._image.shape[1])
        self._image = self._image[:, frames:]
        self._known = {number: known[:, :, frames:] for number, known in self._known.items()}

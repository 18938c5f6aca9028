"""The trunk of musicnn: musically motivated convolutions on a log-mel spectrogram.

Architecture after Pons et al., "End-to-end learning for music audio tagging at scale" (ISMIR 2018)
and Pons & Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging"
(ISMIR late-breaking 2019). Filters as tall as an instrument's timbre (0.4 and 0.7 of the mel axis)
and as long as a rhythm (128, 64 and 32 frames) look at the spectrogram, the strongest answer over
frequency is kept, three convolutions in time follow, and everything is pooled over the window.
"""

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from engine.networks.base import Sliding, Trunk
from engine.networks.derived import Derived
from engine.networks.musicnn.products import MelFilters, TimeFilters, living

BANDS = 96
TIMBRE_WIDTH = 7
TIMBRE_HEIGHTS = (38, 67)
TIMBRE_FILTERS = 204
RHYTHM_LENGTHS = (128, 64, 32)
RHYTHM_FILTERS = 51
MIDDLE_FILTERS = 64
EPSILON = 0.001


def piecemeal(image: Tensor) -> bool:
    """Whether to work through a batch piece by piece: on a CPU, when nothing is to be learned."""
    return image.device.type == "cpu" and not torch.is_grad_enabled() and image.shape[0] > 0


class PooledConvolution(nn.Module):
    """A convolution over the mel spectrogram, its ReLU and batch norm, and the maximum over mel.

    The activation and the scaling follow the pooling here: both keep order (scaling by a negative
    number reverses it, which flipping the filter's sign undoes), so the result is the same at a
    small part of the cost.
    """

    def __init__(self, filters: int, frames: int, bands: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(1, filters, (frames, bands))
        self.norm = nn.BatchNorm1d(filters, eps=EPSILON)

    def forward(self, image: Tensor, blank: tuple[int, int] = (0, 0)) -> Tensor:
        """Shape (batch, frames, mel) to (batch, filters, frames left), no padding.

        Args:
            image: the input.
            blank: how many frames at its begin and its end are zeros.
        """
        sign = self._sign()
        strongest = self._strongest(image, blank) * sign[:, None]
        if self.convolution.bias is not None:
            strongest = strongest + self.convolution.bias[:, None]
        answer: Tensor = self.norm(functional.relu(strongest))
        return answer

    def _sign(self) -> Tensor:
        return torch.where(self.norm.weight < 0, -1.0, 1.0)

    def flipped(self) -> Tensor:
        """The filters, of which the largest answer over mel counts: (filters, 1, frames, bands)."""
        return self.convolution.weight * self._sign()[:, None, None, None]

    def _strongest(self, image: Tensor, blank: tuple[int, int]) -> Tensor:
        if not piecemeal(image) or image.shape[2] != BANDS:
            return functional.conv2d(image[:, None], self.flipped()).amax(3)
        alive, filters = _products.of(self)
        found = filters(image) if isinstance(filters, MelFilters) else filters(image, blank)
        strongest = found.new_zeros(found.shape[0], self.norm.num_features, found.shape[2])
        strongest[:, alive] = found
        return strongest


def _as_products(module: PooledConvolution) -> tuple[Tensor, MelFilters | TimeFilters]:
    weight = module.flipped()[:, 0]
    alive = living(weight)
    if weight.shape[2] == 1:
        return alive, TimeFilters(weight[alive, :, 0])
    return alive, MelFilters(weight[alive], BANDS)


_products = Derived(_as_products)


class TimeConvolution(nn.Conv1d):
    """A convolution over time, of which filters that faded in training are passed over."""

    def forward(self, input: Tensor) -> Tensor:
        """Shape (batch, channels, frames) to (batch, filters, frames)."""
        if not piecemeal(input) or self.bias is None:
            return super().forward(input)
        alive, weight = _alive.of(self)
        answer = self.bias[:, None].repeat(input.shape[0], 1, input.shape[2])
        answer[:, alive] += functional.conv1d(input, weight, padding=self.padding)
        return answer


def _living_part(module: TimeConvolution) -> tuple[Tensor, Tensor]:
    alive = living(module.weight)
    return alive, module.weight[alive]


_alive = Derived(_living_part)


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
            TimeConvolution(inputs, MIDDLE_FILTERS, TIMBRE_WIDTH, padding="same")
            for inputs in (front, MIDDLE_FILTERS, MIDDLE_FILTERS)
        )
        self.middle_norm = nn.ModuleList(
            nn.BatchNorm1d(MIDDLE_FILTERS, eps=EPSILON) for _ in self.middle
        )

    def forward(self, features: Tensor) -> Tensor:
        """Shape (batch, 96, frames) to (batch, 1506)."""
        image = self.normalise(features)
        edge = TIMBRE_WIDTH // 2
        return self.finish(self.answer_timbre(functional.pad(image, (0, 0, edge, edge))), image)

    def normalise(self, features: Tensor) -> Tensor:
        """Batch norm of the input: (batch, 96, frames) to (batch, frames, 96)."""
        flat = features.transpose(1, 2).reshape(features.shape[0], 1, -1)
        image: Tensor = self.input_norm(flat)
        return image.view(features.shape[0], features.shape[2], self.bands)

    def answer_timbre(self, image: Tensor) -> Tensor:
        """The timbre filters, no padding: (batch, frames, 96) to (batch, 408, frames - 6)."""
        return torch.cat([block(image) for block in self.timbre], dim=1)

    def finish(self, timbre: Tensor, image: Tensor) -> Tensor:
        """All that follows the timbre filters, for whole windows.

        Args:
            timbre: shape (batch, 408, frames).
            image: normalised input, shape (batch, frames, 96).

        Returns:
            Shape (batch, 1506).
        """
        if not piecemeal(image):
            return self._finish(timbre, image)
        pairs = zip(torch.split(timbre, 1), torch.split(image, 1), strict=True)
        return torch.cat([self._finish(*pair) for pair in pairs])

    def _finish(self, timbre: Tensor, image: Tensor) -> Tensor:
        answers = [timbre]
        for length, block in zip(RHYTHM_LENGTHS, self.rhythm, strict=True):
            blank = (length - 1) // 2, length // 2
            answers.append(block(functional.pad(image, (0, 0, *blank)), blank))
        front = torch.cat(answers, dim=1)
        layers = [front]
        hidden = front
        for index, (convolution, norm) in enumerate(
            zip(self.middle, self.middle_norm, strict=True)
        ):
            step = norm(functional.relu(convolution(hidden)))
            hidden = step if index == 0 else hidden + step
            layers.append(hidden)
        everything = torch.cat(layers, dim=1)
        return torch.stack([everything.amax(2), everything.mean(2)], dim=2).flatten(1)

    def sliding(self, window_frames: int, hop_frames: int) -> Sliding:
        """See :meth:`Trunk.sliding`; the timbre filters see each frame once."""
        if window_frames < 2 * TIMBRE_WIDTH:
            return super().sliding(window_frames, hop_frames)
        return _SlidingMusicnn(self, window_frames, hop_frames)


class _SlidingMusicnn(Sliding):
    """Shares the timbre filters, four fifths of the work, between overlapping windows.

    A window's first and last three frames see the zeros that pad it and are computed for it alone.
    The rhythm filters reach so far (up to 128 of 187 frames) that the padding is part of nearly
    every answer: no two windows share them.
    """

    def __init__(self, trunk: MusicnnTrunk, window_frames: int, hop_frames: int) -> None:
        self._trunk = trunk
        self._window = window_frames
        self._hop = hop_frames
        self._image = torch.zeros(1, 0, trunk.bands)
        self._timbre = torch.zeros(1, len(TIMBRE_HEIGHTS) * TIMBRE_FILTERS, 0)
        self._skip = 0

    def push(self, frames: Tensor) -> Tensor:
        """See :meth:`Sliding.push`."""
        self._take(frames)
        count = max(0, 1 + (self._image.shape[1] - self._window) // self._hop)
        if count == 0:
            return frames.new_zeros(0, self._trunk.embedding_size)
        images = self._image[0].unfold(0, self._window, self._hop)[:count].transpose(1, 2)
        inner_frames = self._window - TIMBRE_WIDTH + 1
        inner = self._timbre[0].unfold(1, inner_frames, self._hop)[:, :count].transpose(0, 1)
        edge = TIMBRE_WIDTH // 2
        reach = TIMBRE_WIDTH - 1
        head = self._trunk.answer_timbre(functional.pad(images[:, :reach], (0, 0, edge, 0)))
        tail = self._trunk.answer_timbre(functional.pad(images[:, -reach:], (0, 0, 0, edge)))
        embeddings = self._trunk.finish(torch.cat([head, inner, tail], dim=2), images)
        self._drop(count * self._hop)
        return embeddings

    def _take(self, frames: Tensor) -> None:
        """Hold the new frames and the timbre filters' answers to them."""
        skipped = min(self._skip, frames.shape[1])
        self._skip -= skipped
        new = self._trunk.normalise(frames[None, :, skipped:])
        self._image = torch.cat([self._image.to(new.device), new], dim=1)
        answered = self._timbre.shape[2]
        if self._image.shape[1] - answered >= TIMBRE_WIDTH:
            answer = self._trunk.answer_timbre(self._image[:, answered:])
            self._timbre = torch.cat([self._timbre.to(new.device), answer], dim=2)

    def _drop(self, frames: int) -> None:
        held = self._image.shape[1]
        self._skip = max(0, frames - held)
        self._image = self._image[:, frames:]
        self._timbre = self._timbre[:, :, frames:]

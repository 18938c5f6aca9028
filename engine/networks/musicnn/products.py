"""The strongest answers over mel of musicnn's first filters, as products of matrices.

What a library's convolution makes of one input channel is a third to a half of what a processor
can do. Filters along mel are besides computed by a Fourier transform over mel, which takes a
quarter of the multiplications: a circular convolution as long as the input holds every answer that
needs no padding (overlap-save of one block; Oppenheim & Schafer, "Discrete-Time Signal Processing",
section 8.7). Both transforms are products of matrices, as they are short. All is done piece by
piece, so that what lies between two products stays in the processor's cache.

Numbers next to nothing are left out: those that processors take a hundred times as long for
(denormal) come up where weights faded in training, or where a sine should be zero.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

# Of filters and of places in time computed at once: 0.6 MB lie between the two products.
_FILTERS, _PLACES = 34, 48
_PIECES = 4  # whose input stays there while all filters answer
_STEP = 16  # places are a multiple of it, as wide as processors compute at once
_FRAMES = 16  # that filters over time answer to at once
_NOTHING = 1e-12  # of sums of weights around 1


def living(weight: Tensor) -> Tensor:
    """Which filters answer at all, by number; of musicnn's a half and more faded in training.

    What is left out of any answer is a thousandth of its rounding: the input is normalised. One is
    always left, and so are those that are no numbers: nobody is to take them for silence.

    Args:
        weight: shape (filters, ...).
    """
    faded = weight.abs().flatten(1).sum(1) <= _NOTHING
    faded[:1] &= ~faded.all()
    return (~faded).nonzero()[:, 0]


def _exact(matrix: Tensor) -> Tensor:
    """With zeros for what is next to nothing, in single precision."""
    return torch.where(matrix.abs() < _NOTHING, 0.0, matrix).float()


@dataclass(frozen=True)
class _Group:
    """Some of the filters.

    Attributes:
        first: which is the first.
        count: how many.
        weight: shape (bins, 2 * count, 2 * frames of a filter): from real and imaginary parts of
            the input at each bin and frame to those of the answers.
    """

    first: int
    count: int
    weight: Tensor


class MelFilters:
    """Filters over some frames and mel bands: the strongest answer over mel, no padding.

    With the middle place over mel as origin, the answers at ``j`` and ``-j`` are ``c + s`` and
    ``c - s``, where ``c`` are sums of cosines and ``s`` of sines: their maximum is ``c + |s|``.

    Args:
        weight: shape (filters, frames, height).
        bands: of the input, at least height.
    """

    def __init__(self, weight: Tensor, bands: int) -> None:
        filters, self._frames, height = weight.shape
        places = bands - height + 1
        bins = torch.arange(bands // 2 + 1, dtype=torch.float64)
        angle = 2 * math.pi / bands * bins
        turn = angle[:, None] * torch.arange(bands)
        self._forward = _exact(torch.cat([turn.cos(), -turn.sin()]))
        middle = (places - 1) / 2
        kernel = torch.einsum(
            "fth,kh->kft",
            weight.double() + 0j,
            torch.exp(1j * (turn[:, :height] + angle[:, None] * middle)),
        )
        self._groups = _groups(kernel)
        half = torch.arange(places // 2, places) - middle
        twice = torch.where((bins == 0) | (2 * bins == bands), 1.0, 2.0) / bands
        back = half[:, None] * angle
        self._cosines = _exact(twice * back.cos())
        self._sines = _exact(twice * back.sin())
        self._filters = filters

    def __call__(self, image: Tensor) -> Tensor:
        """Shape (batch, frames, bands) to (batch, filters, frames left)."""
        batch, left = image.shape[0], image.shape[1] - self._frames + 1
        bins = self._cosines.shape[1]
        heard = (self._forward @ image.reshape(-1, image.shape[2]).T).view(2, bins, batch, -1)
        # By bin: real parts of all frames of a filter, then imaginary parts; one column a place.
        seen = heard.unfold(3, left, 1).permute(1, 0, 3, 2, 4).reshape(bins, -1, batch * left)
        found = image.new_empty(self._filters, batch * left)
        size = _piece(seen.shape[2])
        for first in range(0, seen.shape[2], size * _PIECES):
            some = slice(first, first + size * _PIECES)
            self._answer(seen[:, :, some], size, found[:, some])
        return found.view(self._filters, batch, left).transpose(0, 1)

    def _answer(self, seen: Tensor, size: int, found: Tensor) -> None:
        """Fill (filters, places) with the strongest answers to (bins, frames, places)."""
        half, bins = self._cosines.shape
        pieces = [part.contiguous() for part in torch.split(seen, size, 2)]
        most = _FILTERS * size
        between, even, odd = (seen.new_empty(rows * most) for rows in (2 * bins, half, half))
        for group in self._groups:
            rows = slice(group.first, group.first + group.count)
            for number, piece in enumerate(pieces):
                places = piece.shape[2]
                columns = group.count * places
                answer = between[: 2 * bins * columns].view(bins, -1, places)
                torch.bmm(group.weight, piece, out=answer)
                answer = answer.view(bins, 2, columns)
                cosines = even[: half * columns].view(half, columns)
                sines = odd[: half * columns].view(half, columns)
                torch.mm(self._cosines, answer[:, 0], out=cosines)
                torch.mm(self._sines, answer[:, 1], out=sines)
                strongest = cosines.add_(sines.abs_()).amax(0)
                at = number * size
                found[rows, at : at + places] = strongest.view(-1, places)


def _groups(kernel: Tensor) -> list[_Group]:
    """Filters' transforms, complex, shape (bins, filters, frames), as matrices of real numbers."""
    groups = []
    size = -(-kernel.shape[1] // max(1, -(-kernel.shape[1] // _FILTERS)))
    for first in range(0, kernel.shape[1], max(1, size)):
        some = kernel[:, first : first + size]
        real = torch.cat([some.real, -some.imag], 2)
        imaginary = torch.cat([some.imag, some.real], 2)
        weight = _exact(torch.cat([real, imaginary], 1)).contiguous()
        groups.append(_Group(first, some.shape[1], weight))
    return groups


def _piece(places: int) -> int:
    """Columns of a piece, so that pieces are about equal."""
    size = -(-places // -(-places // _PLACES))
    return -(-size // _STEP) * _STEP


class TimeFilters:
    """Filters over frames of one mel band: the strongest answer over mel, no padding.

    The frames a filter sees from some frame on are a matrix already as they lie in memory, which
    is what convolutions copy together first.

    Args:
        weight: shape (filters, frames).
    """

    def __init__(self, weight: Tensor) -> None:
        self._weight = weight.contiguous()

    def __call__(self, image: Tensor, blank: tuple[int, int] = (0, 0)) -> Tensor:
        """Shape (batch, frames, bands) to (batch, filters, frames left).

        Args:
            image: the input.
            blank: how many frames at its begin and its end are zeros, which are passed over.
        """
        filters, length = self._weight.shape
        batch, frames, bands = image.shape
        left = frames - length + 1
        found = image.new_empty(batch, left, filters)
        for one, answer in zip(image.contiguous(), found, strict=True):
            for at in range(0, left, _FRAMES):
                count = min(_FRAMES, left - at)
                first = min(max(0, blank[0] - at - count + 1), length - 1)
                end = max(min(length, frames - blank[1] - at), first + 1)
                seen = one.as_strided(
                    (count, end - first, bands),
                    (bands, bands, 1),
                    one.storage_offset() + (at + first) * bands,
                )
                weight = self._weight[:, first:end].expand(count, -1, -1)
                torch.amax(torch.bmm(weight, seen), 2, out=answer[at : at + count])
        return found.transpose(1, 2)

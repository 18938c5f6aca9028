"""Deltas: how a feature changes over time."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.errors import ModelError
from engine.features.base import Feature

_WIDEST = 999  # frames


class Delta(Feature):
    """Derivative over time of another feature, by a polynomial fitted to the frames around.

    After Savitzky & Golay (1964). The first and last ``width // 2`` frames take their slope from
    the fit to the first and last ``width`` frames, so no frame of the inner feature is lost.

    Args:
        inner: the feature.
        order: 1 for slopes, 2 for curvature; also the polynomial's degree.
        width: frames looked at, odd, at least ``order + 2``.
    """

    def __init__(self, inner: Feature, *, order: int = 1, width: int = 9) -> None:
        super().__init__()
        if order < 1 or width % 2 == 0 or not order + 2 <= width <= _WIDEST:
            raise ModelError(
                "Deltas need an order of 1 or more and an odd width over order + 1, "
                f"at most {_WIDEST}."
            )
        self.inner = inner
        self.order, self.width = order, width
        self.rate_hz, self.bands, self.center = inner.rate_hz, inner.bands, inner.center
        self.frame_length, self.hop_length = inner.frame_length, inner.hop_length
        self.clip_wide, self.padding = inner.clip_wide, inner.padding
        slopes = torch.from_numpy(_slopes(order, width)).float()
        self.register_buffer("slopes", slopes, persistent=False)
        self.slopes: Tensor

    @property
    def local(self) -> bool:
        """False: frames look at their neighbours."""
        return False

    def frames(self, waveform: Tensor) -> Tensor:
        """See :class:`Feature`."""
        return self.of(self.inner.frames(waveform))

    def of(self, features: Tensor) -> Tensor:
        """The derivative of given frames: shape (batch, bands, frames), kept.

        Raises:
            ModelError: there are fewer than ``width`` frames.
        """
        count = features.shape[2]
        if count < self.width:
            raise ModelError(
                f"Deltas over {self.width} frames need at least that many, not {count}: "
                "take a longer window or a smaller width."
            )
        half = self.width // 2
        head = features[:, :, : self.width] @ self.slopes[:half].T
        middle = features.unfold(2, self.width, 1) @ self.slopes[half]
        tail = features[:, :, -self.width :] @ self.slopes[half + 1 :].T
        return torch.cat([head, middle, tail], dim=2)

    def arguments(self) -> dict[str, Any]:
        """The constructor's arguments, the inner feature aside."""
        return {"order": self.order, "width": self.width}


def _slopes(order: int, width: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Row p: weights of ``width`` frames that give the derivative at frame p. (width, width)."""
    position = np.arange(width) - width // 2
    powers = position[:, None] ** np.arange(order + 1)
    fit = np.linalg.pinv(powers)  # coefficients of the polynomial from the frames
    # The degree is the order: the derivative is the same constant wherever one looks.
    factor = float(np.prod(np.arange(1, order + 1)))
    return np.tile(factor * fit[order], (width, 1))

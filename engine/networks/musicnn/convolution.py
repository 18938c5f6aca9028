"""musicnn's first layer: convolutions over the mel spectrogram, of which the strongest is kept."""

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

EPSILON = 0.001


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

    def sign(self) -> Tensor:
        """-1 for filters of which the smallest answer counts, else 1: shape (filters,)."""
        return torch.where(self.norm.weight < 0, -1.0, 1.0)

    def flipped(self) -> Tensor:
        """The filters so that the largest answer counts: shape (filters, frames, bands)."""
        weight = self.convolution.weight * self.sign()[:, None, None, None]
        return weight[:, 0]

    def bias(self) -> Tensor:
        """Added to each filter's answer before the activation: shape (filters,)."""
        bias = self.convolution.bias
        return self.norm.bias.new_zeros(self.norm.num_features) if bias is None else bias

    def forward(self, image: Tensor) -> Tensor:
        """Shape (batch, frames, mel) to (batch, filters, frames left), no padding."""
        strongest = functional.conv2d(image[:, None], self.flipped()[:, None]).amax(3)
        strongest = strongest + (self.bias() * self.sign())[:, None]
        answer: Tensor = self.norm(functional.relu(strongest * self.sign()[:, None]))
        return answer

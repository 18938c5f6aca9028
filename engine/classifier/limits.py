"""How much a classifier would take, told from its card before anything of it is built.

A card of a few kilobytes can ask for a network of gigabytes, or for a window at each sample. The
network is built on torch's meta device, where nothing is allocated or computed, and its layers'
shapes are summed up; what a feature takes follows from its frames.
"""

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from engine.classifier.card import Card
from engine.errors import ModelError
from engine.features import Feature
from engine.features.by_librosa import ByLibrosa
from engine.features.delta import Delta
from engine.features.spectrum import Spectral
from engine.networks import Network
from engine.networks.base import WINDOWS_AT_ONCE
from engine.networks.sketch import without_compiler

# A processor's core does some 4e9 operations of these a second: 4 seconds for a window, and a
# quarter of real time. What is bundled takes a thirtieth of that, or less.
MOST_OPERATIONS = 1.5e10
MOST_ROWS = 1000  # a second: answers that lie closer together tell nothing more
MOST_BYTES = 400e6  # while it works, beside its weights
_OF_A_STEP = 3e5  # a recurrent layer's step, however small
_OF_FFT = 20  # operations of a Fourier transform: five, slower ones
_CHUNK_FRAMES = 384  # transformed at once
_BROKEN = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError, AttributeError)


@dataclass
class Cost:
    """What something takes.

    Attributes:
        operations: additions and multiplications.
        bytes: of memory, at once.
    """

    operations: float = 0.0
    bytes: float = 0.0


def refuse_what_is_too_much(card: Card, feature: Feature, sketch: Network) -> None:
    """Refuse a classifier that would take more time or memory than any of use can.

    Args:
        card: with the window and its hop.
        feature: built.
        sketch: the network on the meta device.

    Raises:
        ModelError: it would, or the network does not take what the feature gives.
    """
    of_feature = _feature_cost(feature, card.window_samples)
    of_network = _network_cost(sketch, feature, card)
    window = of_feature.operations + of_network.operations
    rows = card.rate_hz / card.hop_samples  # a second
    if rows > MOST_ROWS:
        raise ModelError(
            f"The classifier '{card.name}' wants {rows:.0f} windows a second, more than the "
            f"{MOST_ROWS} that are possible. It cannot be used."
        )
    second = rows * of_network.operations
    if feature.local and card.hop_samples % feature.hop_length == 0:
        second += _feature_cost(feature, card.rate_hz).operations
    else:
        second += rows * of_feature.operations
    together = min(WINDOWS_AT_ONCE, max(1.0, rows))
    held = of_feature.bytes + together * (of_network.bytes + 4 * card.window_samples)
    if window > MOST_OPERATIONS or second > MOST_OPERATIONS:
        raise ModelError(
            f"The classifier '{card.name}' would need far more computing than this program allows "
            f"({max(window, second):.0e} operations for one second or window). It cannot be used."
        )
    if held > MOST_BYTES:
        raise ModelError(
            f"The classifier '{card.name}' would need too much memory "
            f"({held / 1e9:.1f} GB for its windows). It cannot be used."
        )


def _feature_cost(feature: Feature, samples: int) -> Cost:
    cost = Cost()
    for part in feature.modules():
        if isinstance(part, Feature):
            frames = part.frame_count(samples)
            cost.operations += frames * _operations_of_frame(part)
            cost.bytes += 4 * samples + 8 * frames * part.bands
            if isinstance(part, Spectral):
                cost.bytes += min(frames, _CHUNK_FRAMES) * part.frame_length * 16
            elif isinstance(part, ByLibrosa):
                cost.bytes += frames * part.frame_length * 16
    return cost


def _operations_of_frame(part: Feature) -> float:
    length = part.frame_length
    if isinstance(part, Delta):
        return 2.0 * part.bands * part.width
    if isinstance(part, Spectral | ByLibrosa):
        bank = sum(buffer.numel() for buffer in part.buffers(recurse=False))
        return length * (_OF_FFT * math.log2(max(2, length)) + 20) + 2.0 * bank
    return 10.0 * part.bands


def _network_cost(sketch: Network, feature: Feature, card: Card) -> Cost:
    frames = feature.frame_count(card.window_samples)
    cost = Cost()
    with _counting(sketch, cost), torch.inference_mode(), without_compiler():
        try:
            given = sketch(torch.empty(1, feature.bands, frames, device="meta"))
        except ModelError:
            raise
        except _BROKEN as error:
            raise ModelError(
                f"The network of '{card.name}' does not take windows of {frames} frames of "
                f"{feature.bands} bands."
            ) from error
    if given.shape != (1, len(card.labels)):
        raise ModelError(f"The network of '{card.name}' does not give {len(card.labels)} logits.")
    return cost


@contextlib.contextmanager
def _counting(sketch: Network, cost: Cost) -> Iterator[None]:
    """Sum up what each layer of the sketch takes when it is called."""

    def count(layer: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        first = output[0] if isinstance(output, tuple) else output
        cost.operations += _operations(layer, inputs[0], first)
        cost.bytes += 4.0 * first.numel()

    hooks = []
    for layer in sketch.modules():
        if isinstance(layer, nn.RNNBase):
            # On the meta device each step takes a millisecond, though nothing is computed.
            layer.forward = _Unrolled(layer)
        if next(layer.children(), None) is None:
            hooks.append(layer.register_forward_hook(count))
    sketch.eval()
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


class _Unrolled:
    """Gives what a recurrent layer would, without computing it."""

    def __init__(self, layer: nn.RNNBase) -> None:
        self._numbers = layer.hidden_size * (2 if layer.bidirectional else 1)
        self._inputs = layer.input_size

    def __call__(self, steps: Tensor, state: Any = None) -> tuple[Tensor, Tensor]:
        if steps.dim() != 3 or steps.shape[2] != self._inputs:
            raise ValueError("a recurrent layer gets steps of another size")
        states = steps.new_empty(steps.shape[0], steps.shape[1], self._numbers)
        return states, states[None, :, -1]


def _operations(layer: nn.Module, given: Tensor, output: Tensor) -> float:
    """Of one call of a layer."""
    if isinstance(layer, nn.Conv1d | nn.Conv2d):
        return 2.0 * output.numel() * layer.weight[0].numel()
    if isinstance(layer, nn.Linear):
        return 2.0 * output.numel() * layer.in_features
    if isinstance(layer, nn.RNNBase):
        weights = sum(weight.numel() for weight in layer.parameters())
        return float(given.shape[0] * given.shape[1]) * (2.0 * weights + _OF_A_STEP)
    kernel = getattr(layer, "kernel_size", getattr(layer, "kernel", 1))
    sides = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    return 2.0 * output.numel() * math.prod(sides)

"""Networks for hearing alone: what follows a convolution is folded into it."""

import copy
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

Module = TypeVar("Module", bound=nn.Module)
# That a network of many small layers hears at once: one alone takes as long as these together.
_AT_ONCE = 4


def in_equal_batches(hear: Callable[[Tensor], Tensor], windows: Tensor) -> Tensor:
    """What a network makes of windows, computed in batches of one size, the last one filled up.

    Libraries round differently for batches of different sizes: so each window's numbers are its
    own, however many come with it.

    Args:
        hear: from (batch, ...) to (batch, numbers).
        windows: shape (windows, ...).
    """
    batches = list(torch.split(windows, _AT_ONCE))
    missing = _AT_ONCE - len(batches[-1])
    batches[-1] = torch.cat([batches[-1], windows.new_zeros(missing, *windows.shape[1:])])
    return torch.cat([hear(batch) for batch in batches])[: len(windows)]


def folded(module: Module) -> Module:
    """A copy for evaluation, each convolution in a sequence with its batch norm as one.

    Weights lie channels last, as small images want them. What it gives differs from the original
    by rounding alone.

    Args:
        module: left as it is.
    """
    twin = copy.deepcopy(module).eval()
    for part in list(twin.modules()):
        if isinstance(part, nn.Sequential):
            _fold(part)
    for weight in twin.parameters():
        if weight.dim() == 4:
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)
    return twin


def _fold(layers: nn.Sequential) -> None:
    for number in range(len(layers) - 1, 0, -1):
        convolution, norm = layers[number - 1], layers[number]
        if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            layers[number - 1] = fuse_conv_bn_eval(convolution, norm)
            del layers[number]

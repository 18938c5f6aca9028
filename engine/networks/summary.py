"""Summary of a network: a table of its layers and a diagram."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from engine.networks import Network, build_network
from engine.networks.sketch import without_compiler

_CONTAINERS = (nn.Sequential, nn.ModuleList)


@dataclass(frozen=True)
class Layer:
    """One layer.

    Attributes:
        name: its place in the network.
        kind: its class.
        shape: of its output for one window, without the batch.
        parameters: numbers in it: weights, and running statistics of batch normalisation.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


@dataclass(frozen=True)
class NetworkSummary:
    """All layers, in the order they are passed.

    Attributes:
        layers: those that do something.
        inputs: bands and frames of a window.
        learned: numbers that training changes.
        total: numbers in all.
    """

    layers: tuple[Layer, ...]
    inputs: tuple[int, int]
    learned: int
    total: int

    def diagram(self) -> str:
        """The way of a window through the network, one step a line."""
        width = max(len(layer.kind) for layer in self.layers)
        lines = [f"window: {self.inputs[0]} bands x {self.inputs[1]} frames"]
        for layer in self.layers:
            shape = " x ".join(map(str, layer.shape))
            count = f"  {layer.parameters:,}" if layer.parameters else ""
            lines += ["   |", f"[{layer.kind:^{width}}] -> {shape}{count}"]
        return "\n".join(lines)


def summarise(name: str, arguments: Mapping[str, Any]) -> NetworkSummary:
    """Build a network without memory for its weights and follow one window through it.

    Raises:
        ModelError: it cannot be made.
    """
    with torch.device("meta"), without_compiler():
        network = build_network(name, arguments).eval()
        frames = int(arguments.get("frames", 187))
        window = torch.zeros(1, network.bands, frames)
    for module in network.modules():
        if isinstance(module, nn.RNNBase):
            # Without memory torch takes every frame on its own, which lasts seconds.
            module.forward = partial(_shapes, module)
    with without_compiler():
        return follow(network, window)


def _shapes(layer: nn.RNNBase, sequence: Tensor, _: Any = None) -> tuple[Tensor, Any]:
    """What a recurrent layer would give, in shape only: each frame's output, and its last state."""
    ways = 2 if layer.bidirectional else 1
    batch = sequence.shape[0 if layer.batch_first else 1]
    output = sequence.new_empty(*sequence.shape[:-1], ways * layer.hidden_size)
    state = sequence.new_empty(ways * layer.num_layers, batch, layer.hidden_size)
    return output, (state, state) if isinstance(layer, nn.LSTM) else state


def follow(network: Network, window: Tensor) -> NetworkSummary:
    """Pass a window, shape (1, bands, frames), through a network and note each layer."""
    layers: list[Layer] = []
    hooks = []

    def note(name: str, module: nn.Module) -> None:
        def seen(_: nn.Module, __: Any, output: Any) -> None:
            first = output[0] if isinstance(output, tuple) else output
            shape = tuple(int(size) for size in first.shape[1:])
            layers.append(Layer(name, type(module).__name__, shape, _numbers(module)))

        hooks.append(module.register_forward_hook(seen))

    for name, module in network.named_modules():
        if not list(module.children()) and not isinstance(module, _CONTAINERS):
            note(name, module)
    try:
        with torch.no_grad():
            network(window)
    finally:
        for hook in hooks:
            hook.remove()
    learned = sum(p.numel() for p in network.parameters() if p.requires_grad)
    total = sum(_numbers(m) for m in network.modules() if not list(m.children()))
    shape = (int(window.shape[1]), int(window.shape[2]))
    return NetworkSummary(tuple(layers), shape, learned, total)


def _numbers(module: nn.Module) -> int:
    """Weights and running statistics; a second bias that stays 0 does not count."""
    weights = sum(
        p.numel() for n, p in module.named_parameters() if p.requires_grad or "bias_hh" not in n
    )
    return weights + sum(b.numel() for n, b in module.named_buffers() if "running" in n)

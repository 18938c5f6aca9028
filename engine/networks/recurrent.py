"""Networks that read a window frame by frame."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from engine.errors import ModelError
from engine.networks.layers import Head, StandardisedTrunk, dense_layers

_KINDS: dict[str, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


def recurrent_layer(kind: str, inputs: int, units: int, biases: int) -> nn.RNNBase:
    """One layer, batch first.

    Args:
        kind: ``"rnn"`` (tanh), ``"gru"`` or ``"lstm"``.
        inputs: numbers of a step.
        units: numbers it remembers.
        biases: 2 as torch has them; 1 as Keras and EpyNN: the second stays 0 and is not learned.

    Raises:
        ModelError: there is no such kind.
    """
    if kind not in _KINDS or biases not in (1, 2):
        raise ModelError(f"A recurrent layer is one of {', '.join(_KINDS)}, with 1 or 2 biases.")
    layer = _KINDS[kind](inputs, units, batch_first=True)
    if biases == 1:
        gates = len(layer.get_parameter("bias_hh_l0"))
        layer.bias_hh_l0 = nn.Parameter(torch.zeros(gates), requires_grad=False)
    return layer


class RecurrentTrunk(StandardisedTrunk):
    """Recurrent layers, then dense ones on the last state or on all of them."""

    def __init__(
        self,
        sizes: tuple[int, int],
        kind: str,
        units: Sequence[int],
        hidden: Sequence[int],
        options: dict[str, Any],
    ) -> None:
        bands, frames = sizes
        super().__init__(bands, frames)
        self._first = options["first_frames"] or frames
        self._step = options["frames_per_step"]
        if self._first > frames or self._first % self._step:
            raise ModelError(f"{frames} frames cannot be read {self._step} at a time like this.")
        self._all_states = options["states"] == "all"
        inputs = [bands * self._step, *units[:-1]]
        layers = [
            recurrent_layer(kind, i, o, options["biases"])
            for i, o in zip(inputs, units, strict=True)
        ]
        self.recurrent = nn.ModuleList(layers)
        self.between = nn.ModuleList(nn.Dropout(share) for share in options["dropouts"])
        out = units[-1] * (self._first // self._step if self._all_states else 1)
        self.layers = dense_layers(out, hidden, options["activation"], options["dropout"])
        self.embedding_size = hidden[-1] if hidden else out

    def embed(self, features: Tensor) -> Tensor:
        """See :class:`StandardisedTrunk`."""
        steps = features[:, :, : self._first].transpose(1, 2)
        states = steps.reshape(len(steps), -1, steps.shape[2] * self._step)
        for index, layer in enumerate(self.recurrent):
            states = layer(self.between[index - 1](states) if index else states)[0]
        embedding: Tensor = self.layers(states.flatten(1) if self._all_states else states[:, -1])
        return embedding


class Recurrent(Head):
    """RNN, GRU or LSTM.

    Args:
        bands: rows of the features.
        frames: frames of a window.
        classes: logits.
        kind: ``"rnn"``, ``"gru"`` or ``"lstm"``.
        units: of each recurrent layer.
        states: what goes on: the ``"last"`` state, or ``"all"`` in a row.
        hidden: units of the dense layers after them.
        dropout: after each dense layer.
        activation: of those.
        dropout_between: between recurrent layers; a list: after each but the last of them.
        first_frames: look at so many frames only; 0: all.
        frames_per_step: frames that are read as one step.
        biases: see :func:`recurrent_layer`.
    """

    def __init__(  # noqa: PLR0913  # the recipe's fields, all by name
        self,
        *,
        bands: int,
        frames: int,
        classes: int,
        kind: str = "lstm",
        units: Sequence[int] = (64,),
        states: str = "last",
        hidden: Sequence[int] = (),
        dropout: float = 0.0,
        activation: str = "relu",
        dropout_between: float | Sequence[float] = 0.0,
        first_frames: int = 0,
        frames_per_step: int = 1,
        biases: int = 2,
    ) -> None:
        super().__init__()
        if states not in ("last", "all") or not units:
            raise ModelError("A recurrent network needs units, and states 'last' or 'all'.")
        options = {
            "states": states,
            "dropout": dropout,
            "activation": activation,
            "dropout_between": dropout_between,
            "first_frames": first_frames,
            "frames_per_step": frames_per_step,
            "biases": biases,
        }
        self._chosen = options | {"kind": kind, "units": list(units), "hidden": list(hidden)}
        dropouts = _between(dropout_between, len(units) - 1)
        trunk = RecurrentTrunk(
            (bands, frames), kind, units, hidden, options | {"dropouts": dropouts}
        )
        self._finish(trunk, classes)

    def arguments(self) -> dict[str, Any]:
        """See :class:`Network`."""
        sizes = {"bands": self.bands, "frames": self.trunk.frames, "classes": self.classes}
        return sizes | self._chosen


def _between(shares: float | Sequence[float], count: int) -> list[float]:
    """The dropout of each gap between recurrent layers."""
    several = list(shares) if isinstance(shares, Sequence) else [shares] * count
    if len(several) != count:
        raise ModelError(
            f"dropout_between needs one number, or {count}: one for each gap between the layers."
        )
    return several


class CrnnTrunk(StandardisedTrunk):
    """Convolutions that keep time, then a GRU over what they found."""

    def __init__(
        self, bands: int, frames: int, channels: Sequence[int], units: int, dropout: float
    ) -> None:
        super().__init__(bands, frames)
        layers: list[nn.Module] = []
        inputs, height = 1, bands
        for count in channels:
            layers += [
                nn.Conv2d(inputs, count, 3, padding=1, bias=False),
                nn.BatchNorm2d(count),
                nn.ReLU(),
                nn.MaxPool2d((2, 1), ceil_mode=True),
            ]
            inputs, height = count, -(-height // 2)
        self.blocks = nn.Sequential(*layers)
        self.recurrent = nn.GRU(inputs * height, units, batch_first=True, bidirectional=True)
        self.drop = nn.Dropout(dropout)
        self.embedding_size = 2 * units

    def embed(self, features: Tensor) -> Tensor:
        """See :class:`StandardisedTrunk`."""
        images = self.blocks(features[:, None])
        states = self.recurrent(images.flatten(1, 2).transpose(1, 2))[0]
        embedding: Tensor = self.drop(states.mean(1))
        return embedding


class Crnn(Head):
    """Convolutions, then a bidirectional GRU averaged over time (after Choi et al., 2017).

    Args:
        bands: rows of the features.
        frames: frames of a window.
        classes: logits.
        channels: of each convolution; each halves the bands.
        units: of the GRU in each direction.
        dropout: before the output.
    """

    def __init__(
        self,
        *,
        bands: int,
        frames: int,
        classes: int,
        channels: Sequence[int] = (16, 32, 32),
        units: int = 64,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        self._chosen = {"channels": list(channels), "units": units, "dropout": dropout}
        self._finish(CrnnTrunk(bands, frames, channels, units, dropout), classes)

    def arguments(self) -> dict[str, Any]:
        """See :class:`Network`."""
        sizes = {"bands": self.bands, "frames": self.trunk.frames, "classes": self.classes}
        return sizes | self._chosen

"""Dense layers on the whole window, and a small head on a known embedding."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from engine.errors import ModelError
from engine.networks.base import Network, Trunk, weights_of
from engine.networks.layers import Head, StandardisedTrunk, dense_layers
from engine.networks.musicnn.levelled import LevelledMusicnnTrunk
from engine.networks.musicnn.trunk import MusicnnTrunk


class DenseTrunk(StandardisedTrunk):
    """All features of a window in one row, then dense layers."""

    def __init__(
        self, bands: int, frames: int, hidden: Sequence[int], activation: str, dropout: float
    ) -> None:
        super().__init__(bands, frames)
        self.layers = dense_layers(bands * frames, hidden, activation, dropout)
        self.embedding_size = hidden[-1] if hidden else bands * frames

    def embed(self, features: Tensor) -> Tensor:
        """See :class:`StandardisedTrunk`."""
        embedding: Tensor = self.layers(features.flatten(1))
        return embedding


class Dense(Head):
    """A multi-layer perceptron.

    Args:
        bands: rows of the features.
        frames: frames of a window.
        classes: logits.
        hidden: units of the hidden layers.
        activation: of the hidden layers.
        dropout: after each of them.
    """

    def __init__(
        self,
        *,
        bands: int,
        frames: int,
        classes: int,
        hidden: Sequence[int] = (256,),
        activation: str = "relu",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self._chosen = {"hidden": list(hidden), "activation": activation, "dropout": dropout}
        self._finish(DenseTrunk(bands, frames, hidden, activation, dropout), classes)

    def arguments(self) -> dict[str, Any]:
        """See :class:`Network`."""
        sizes = {"bands": self.bands, "frames": self.trunk.frames, "classes": self.classes}
        return sizes | self._chosen


class EmbeddingHead(Network):
    """A small head on the embeddings of musicnn networks, which are not trained on.

    Bring the trunks' weights by :meth:`adopt`.

    Args:
        bands: 96, musicnn's mel bands.
        frames: frames of a window; musicnn takes any number.
        classes: logits.
        trunks: how many musicnn networks are joined.
        levelled: bring each window to one level first: a sound is then heard alike from near and
            far. Without, other musicnn classifiers share the trunks' work.
        hidden: units of the hidden layers, none: a linear probe.
        dropout: before the output and after each hidden layer.
    """

    def __init__(
        self,
        *,
        bands: int,
        frames: int,
        classes: int,
        trunks: int = 2,
        levelled: bool = False,
        hidden: Sequence[int] = (),
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        if bands != MusicnnTrunk.bands:
            raise ModelError(
                f"The network embedding_head takes {MusicnnTrunk.bands} mel bands, not {bands}."
            )
        self.bands, self.classes, self.frames = bands, classes, frames
        kind = LevelledMusicnnTrunk if levelled else MusicnnTrunk
        self.trunk = nn.ModuleList(kind() for _ in range(trunks))
        for weight in self.trunk.parameters():
            weight.requires_grad = False
        size = self.embedding_size
        self.scale = nn.BatchNorm1d(size, affine=False)
        self.layers = dense_layers(size, hidden, "relu", dropout)
        self.drop = nn.Dropout(dropout)
        self.output = nn.Linear(hidden[-1] if hidden else size, classes)
        self._chosen = {
            "trunks": trunks,
            "levelled": levelled,
            "hidden": list(hidden),
            "dropout": dropout,
        }

    def penalised(self, kinds: Sequence[str]) -> list[Tensor]:
        """See :class:`Network`; the trunks are not trained, the head is."""
        return [*weights_of(self.layers, kinds), *weights_of(self.output, kinds)]

    def adopt(self, trunks: Sequence[Trunk]) -> None:
        """Copy the weights of musicnn trunks, levelled or not."""
        for mine, known in zip(self.trunk, trunks, strict=True):
            mine.load_state_dict(known.state_dict())

    def train(self, mode: bool = True) -> "EmbeddingHead":
        """As any module, but the trunks' statistics stay as they are."""
        super().train(mode)
        self.trunk.eval()
        return self

    @property
    def trunks(self) -> Sequence[Trunk]:
        """See :class:`Network`."""
        return [trunk for trunk in self.trunk if isinstance(trunk, Trunk)]

    def head(self, embedding: Tensor) -> Tensor:
        """See :class:`Network`."""
        logits: Tensor = self.output(self.drop(self.layers(self.scale(embedding))))
        return logits

    def arguments(self) -> dict[str, Any]:
        """See :class:`Network`."""
        sizes = {"bands": self.bands, "frames": self.frames, "classes": self.classes}
        return sizes | self._chosen

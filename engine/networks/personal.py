"""A network that its user has corrected: its own answers, shifted near the corrected sounds.

The shift is a Gaussian process's mean on the sphere of standardised embeddings: a sum of bumps, one
around each sound that was learned from, so that what lies far from all of them stays as it was.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from engine.errors import ModelError
from engine.networks.base import Network, Trunk

# Logits by which a label that only the corrections know lies under the others, where none is near.
UNKNOWN_LOGITS = 7.0


class Personal(Network):
    """Another network inside, and the shifts of its logits.

    Its logits are calibrated already: those of the network inside times ``scale`` plus ``bias``.

    Args:
        base: name and arguments of the network inside.
        classes: logits; those beyond the base's are of labels that only the corrections know.
        points: sounds that were learned from, each a window.
        several: whether several labels may be right at once.
        sharpness: how fast a shift falls with the distance from its point.
    """

    def __init__(
        self,
        *,
        base: Mapping[str, Any],
        classes: int,
        points: int,
        several: bool,
        sharpness: float,
    ) -> None:
        from engine.networks import build_network  # which knows this one

        super().__init__()
        self.base = build_network(base["name"], base["arguments"])
        if classes < self.base.classes or sharpness <= 0:
            raise ModelError("A corrected network cannot have fewer labels than it had before.")
        self.bands, self.classes = self.base.bands, classes
        self._named = {"name": base["name"], "arguments": dict(base["arguments"])}
        self._several, self._sharpness = several, float(sharpness)
        size = self.base.embedding_size
        for name, shape in {
            "scale": (self.base.classes,),
            "bias": (self.base.classes,),
            "centre": (size,),
            "spread": (size,),
            "points": (points, size),
            "shifts": (points, classes + 1),
        }.items():
            self.register_buffer(name, torch.zeros(shape))
        self.scale: Tensor
        self.bias: Tensor
        self.centre: Tensor
        self.spread: Tensor
        self.points: Tensor
        self.shifts: Tensor

    @property
    def trunks(self) -> Sequence[Trunk]:
        """See :class:`Network`: those of the network inside, so that they are shared with it."""
        return self.base.trunks

    def head(self, embedding: Tensor) -> Tensor:
        """See :class:`Network`."""
        return self._known(embedding) + self._near(embedding) @ self.shifts[:, :-1]

    def presence(self, embedding: Tensor) -> Tensor:
        """See :class:`Network`."""
        return self.base.presence(embedding) + self._near(embedding) @ self.shifts[:, -1]

    def _known(self, embedding: Tensor) -> Tensor:
        return with_unknown(
            self.base.head(embedding) * self.scale + self.bias, self.classes, self._several
        )

    def _near(self, embedding: Tensor) -> Tensor:
        places = on_sphere(embedding, self.centre, self.spread)
        return nearness(places, self.points, self._sharpness)

    def arguments(self) -> dict[str, Any]:
        """See :class:`Network`."""
        return {
            "base": self._named,
            "classes": self.classes,
            "points": self.points.shape[0],
            "several": self._several,
            "sharpness": self._sharpness,
        }


def with_unknown(logits: Tensor, classes: int, several: bool) -> Tensor:
    """Logits, (batch, labels), with those of labels that the network does not know beside them.

    Returns:
        Shape (batch, classes): where several labels may be right, a probability of 0.001; where one
        is, so much of what the others have together.
    """
    more = classes - logits.shape[1]
    if more == 0:
        return logits
    level = torch.zeros_like(logits[:, :1]) if several else logits.logsumexp(1, keepdim=True)
    return torch.cat([logits, (level - UNKNOWN_LOGITS).expand(-1, more)], dim=1)


def on_sphere(embedding: Tensor, centre: Tensor, spread: Tensor) -> Tensor:
    """Embeddings, (batch, size), standardised and of length 1."""
    places = (embedding - centre) * spread
    return places / places.square().sum(1, keepdim=True).clamp(min=1e-12).sqrt()


def nearness(places: Tensor, points: Tensor, sharpness: float) -> Tensor:
    """How near places, (batch, size), are to points, (count, size): 1 is there, 0 far away."""
    return (sharpness * (places @ points.T - 1.0)).exp()

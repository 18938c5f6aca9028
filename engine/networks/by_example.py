"""A network that knows one sound by examples: bumps around them, in a space of few numbers.

It is what an archive is searched with: the embeddings of another network's trunks, brought to a few
numbers by a linear projection, and compared by their directions. What lies near the examples of the
sound is likely to be it, what lies near none of them is not.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from engine.errors import ModelError
from engine.networks.base import Network, Trunk
from engine.networks.personal import nearness, on_sphere


class ByExample(Network):
    """Trunks of another network, a projection, and a kernel logistic regression on examples.

    Args:
        base: name and arguments of the network whose trunks listen; its own head is not used.
        numbers: of the space in which sounds are compared.
        points: examples and counterexamples, each a window.
        sharpness: how fast their influence falls with the distance.
    """

    def __init__(
        self, *, base: Mapping[str, Any], numbers: int, points: int, sharpness: float
    ) -> None:
        from engine.networks import build_network  # which knows this one

        super().__init__()
        self.base = build_network(base["name"], base["arguments"])
        if numbers < 1 or points < 1 or sharpness <= 0:
            raise ModelError("A network by example needs numbers, points and a sharpness.")
        self.bands, self.classes = self.base.bands, 1
        self._named = {"name": base["name"], "arguments": dict(base["arguments"])}
        self._sharpness = float(sharpness)
        size = self.base.embedding_size
        for name, shape in {
            "mean": (size,),
            "components": (numbers, size),
            "points": (points, numbers),
            "shifts": (points,),
            "rest": (1,),
        }.items():
            self.register_buffer(name, torch.zeros(shape))
        self.mean: Tensor
        self.components: Tensor
        self.points: Tensor
        self.shifts: Tensor
        self.rest: Tensor

    @property
    def trunks(self) -> Sequence[Trunk]:
        """See :class:`Network`: those of the network inside, so that they are shared with it."""
        return self.base.trunks

    def head(self, embedding: Tensor) -> Tensor:
        """See :class:`Network`."""
        # In single precision how many windows there are at once would change a millionth.
        reduced = (embedding - self.mean).double() @ self.components.double().T
        places = on_sphere(reduced, reduced.new_zeros(()), reduced.new_ones(()))
        near = nearness(places, self.points.double(), self._sharpness)
        return (near @ self.shifts.double() + self.rest).to(embedding.dtype)[:, None]

    def arguments(self) -> dict[str, Any]:
        """See :class:`Network`."""
        return {
            "base": self._named,
            "numbers": self.components.shape[0],
            "points": self.points.shape[0],
            "sharpness": self._sharpness,
        }

"""Features to logits, as torch modules; a new one is a file and a line in ``NETWORKS``."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from engine.arguments import check_arguments
from engine.errors import ModelError
from engine.networks.base import Network, Sliding, Trunk
from engine.networks.by_example import ByExample
from engine.networks.convolutional import Cnn, ResidualCnn
from engine.networks.dense import Dense, EmbeddingHead
from engine.networks.mobile import MobileCnn
from engine.networks.musicnn.mobile import MusicnnMobile
from engine.networks.musicnn.tags import MusicnnTags
from engine.networks.personal import Personal
from engine.networks.pitch_cnn import PitchCnn
from engine.networks.recurrent import Crnn, Recurrent

__all__ = ["NETWORKS", "Network", "Sliding", "Trunk", "build_network", "describe_network"]

NETWORKS: dict[str, type[Network]] = {
    "dense": Dense,
    "cnn": Cnn,
    "residual_cnn": ResidualCnn,
    "mobile_cnn": MobileCnn,
    "recurrent": Recurrent,
    "crnn": Crnn,
    "embedding_head": EmbeddingHead,
    "musicnn_mobile": MusicnnMobile,
    "musicnn_tags": MusicnnTags,
    "pitch_cnn": PitchCnn,
    "personal": Personal,
    "by_example": ByExample,
}


def build_network(name: str, arguments: Mapping[str, Any]) -> Network:
    """Make a network, with weights at random, from its name and arguments.

    Raises:
        ModelError: no network of that name, or arguments that do not fit.
    """
    check_arguments(arguments)
    if name not in NETWORKS:
        raise ModelError(f"There is no network '{name}'. Available: {', '.join(NETWORKS)}.")
    make: Callable[..., Network] = NETWORKS[name]
    try:
        inspect.signature(make).bind(**arguments)
        return make(**arguments)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ModelError(f"The network '{name}' cannot be created: {error}.") from error
    except (MemoryError, RuntimeError) as error:
        raise ModelError(f"The network '{name}' cannot be created: {error}.") from error


def describe_network(network: Network) -> dict[str, Any]:
    """The name and arguments from which :func:`build_network` makes a network of that shape."""
    name = next(name for name, kind in NETWORKS.items() if type(network) is kind)
    return {"name": name, "arguments": network.arguments()}

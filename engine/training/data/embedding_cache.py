"""Cache of the embeddings that frozen trunks compute, which are the same in every training."""

import contextlib
import hashlib
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from engine.atomic_write import write_whole
from engine.networks import Network


def trunks_digest(network: Network, about: str = "") -> str:
    """A name for these weights and what else the embeddings depend on, 32 hexadecimal digits."""
    digest = hashlib.sha256(about.encode())
    for trunk in network.trunks:
        digest.update(type(trunk).__qualname__.encode())
        for name, tensor in trunk.state_dict().items():
            digest.update(name.encode())
            digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:32]


def kept(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Tensor] | None:
    """The tensors of a file, None where it is not there, broken or of other shapes."""
    try:
        # Read, not mapped: Windows deletes no file that is mapped, as long as a tensor lives.
        found = load(path.read_bytes())
    except (OSError, SafetensorError, LookupError, ValueError):
        return None
    fits = {name: tuple(tensor.shape) for name, tensor in found.items()} == dict(shapes)
    return found if fits else None


def keep(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write the tensors into a folder that is there.

    A full disk, or a folder that was cleared meanwhile, only costs time the next time.
    """
    data = save({name: tensor.cpu().contiguous() for name, tensor in tensors.items()})
    with contextlib.suppress(OSError):
        write_whole(path, data)

"""Checkpoints for resuming a training: tensors as safetensors, the rest as JSON."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.optim import Optimizer

from engine.atomic_write import write_whole
from engine.errors import ModelError


def save_checkpoint(
    path: Path, network: nn.Module, best: dict[str, Tensor], optimiser: Optimizer, state: Any
) -> None:
    """Write a checkpoint, whole or not at all.

    Args:
        path: where to.
        network: its weights now.
        best: its weights at the best epoch so far.
        optimiser: its state.
        state: anything else, as JSON values.

    Raises:
        ModelError: it cannot be written.
    """
    tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
    tensors |= {f"best.{name}": tensor for name, tensor in best.items()}
    tensors |= _optimiser_tensors(optimiser)
    stored = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    try:
        write_whole(path, save(stored, metadata={"state": json.dumps(state)}))
    except OSError as error:
        raise ModelError(
            f"The checkpoint {path.name} could not be written: {error.strerror}. "
            "Free some space, then resume the training: nothing up to the last checkpoint is lost."
        ) from error


def load_checkpoint(path: Path, network: nn.Module, optimiser: Optimizer) -> tuple[Any, Any]:
    """Put a checkpoint back; gives the best weights and the other state.

    Raises:
        ModelError: it cannot be read or is of another network.
    """
    try:
        data = path.read_bytes()
        tensors = load(data)
        length = int.from_bytes(data[:8], "little")
        state = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["state"])
        network.load_state_dict(_part(tensors, "network."), strict=True)
        _fill_optimiser(optimiser, tensors)
    except (OSError, SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"The checkpoint {path} cannot be used. Train again, into another folder."
        ) from error
    return _part(tensors, "best."), state


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}


def _optimiser_tensors(optimiser: Optimizer) -> dict[str, Tensor]:
    found = {}
    for index, values in optimiser.state_dict()["state"].items():
        for key, value in values.items():
            if value is not None:
                found[f"optimiser.{index}.{key}"] = torch.as_tensor(value)
    return found


def _fill_optimiser(optimiser: Optimizer, tensors: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in _part(tensors, "optimiser.").items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = tensor
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})
    # Fused optimisers go through weights and state in the order of memory, whatever its strides.
    for weight, values in optimiser.state.items():
        for key, value in values.items():
            if isinstance(value, Tensor) and value.shape == weight.shape:
                values[key] = torch.empty_like(weight, dtype=value.dtype).copy_(value)

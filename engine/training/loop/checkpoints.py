"""Checkpoints for resuming a training: tensors as safetensors, the rest as JSON."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.optim import SGD, Adadelta, Optimizer

from engine.atomic_write import write_whole
from engine.bounded import parse_json
from engine.errors import ModelError

MOST_STATE_BYTES = 100_000_000  # a history of hundreds of thousands of epochs
_STEP = "step"
_OF_ADAM = {_STEP, "exp_avg", "exp_avg_sq"}
_OF_ADADELTA = {_STEP, "square_avg", "acc_delta"}


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


def load_checkpoint(
    path: Path, network: nn.Module, optimiser: Optimizer
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Put a checkpoint back; gives the best weights and the other state.

    Raises:
        ModelError: it cannot be read or is of another network; then nothing was put back.
    """
    try:
        data = path.read_bytes()
        tensors = load(data)
        state = _state(data)
        best = _part(tensors, "best.")
        _check_tensors(network, optimiser, tensors, best)
        network.load_state_dict(_part(tensors, "network."), strict=True)
        _fill_optimiser(optimiser, tensors)
    except (
        *(OSError, SafetensorError, ModelError),
        *(AttributeError, LookupError, RuntimeError, TypeError, ValueError),
    ) as error:
        raise unusable(path) from error
    return best, state


def unusable(path: Path) -> ModelError:
    """What to say of a checkpoint from which a training cannot go on."""
    return ModelError(f"The checkpoint {path} cannot be used. Train again, into another folder.")


def _state(data: bytes) -> dict[str, Any]:
    length = int.from_bytes(data[:8], "little")
    most = MOST_STATE_BYTES
    header = parse_json(data[8 : 8 + length], "the header", ModelError, most_bytes=most)
    text = header["__metadata__"]["state"]
    if not isinstance(text, str):
        raise ValueError("the state is no text")
    # Without a validation part the best loss is infinite.
    state = parse_json(text, "the state", ModelError, most_bytes=most, finite=False)
    if not isinstance(state, dict):
        raise ValueError("the state is no table")
    return state


def _check_tensors(
    network: nn.Module, optimiser: Optimizer, tensors: dict[str, Tensor], best: dict[str, Tensor]
) -> None:
    """Hold the tensors against what they are of, before anything is changed."""
    shapes = {name: tensor.shape for name, tensor in network.state_dict().items()}
    for found in (_part(tensors, "network."), best):
        if found and {name: tensor.shape for name, tensor in found.items()} != shapes:
            raise ValueError("weights of another network")
    weights = [weight for group in optimiser.param_groups for weight in group["params"]]
    wanted = _OF_ADAM
    if isinstance(optimiser, Adadelta):
        wanted = _OF_ADADELTA
    elif isinstance(optimiser, SGD):
        wanted = {"momentum_buffer"}
    for number, values in _optimiser_state(tensors).items():
        if not 0 <= number < len(weights) or set(values) != wanted:
            raise ValueError("the state of another optimiser")
        for key, value in values.items():
            if value.shape != (torch.Size() if key == _STEP else weights[number].shape):
                raise ValueError("the state of another optimiser")


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}


def _optimiser_tensors(optimiser: Optimizer) -> dict[str, Tensor]:
    found = {}
    for index, values in optimiser.state_dict()["state"].items():
        for key, value in values.items():
            if value is not None:
                found[f"optimiser.{index}.{key}"] = torch.as_tensor(value)
    return found


def _optimiser_state(tensors: dict[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in _part(tensors, "optimiser.").items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = tensor
    return state


def _fill_optimiser(optimiser: Optimizer, tensors: dict[str, Tensor]) -> None:
    state = _optimiser_state(tensors)
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})
    # Fused optimisers go through weights and state in the order of memory, whatever its strides.
    for weight, values in optimiser.state.items():
        for key, value in values.items():
            if isinstance(value, Tensor) and value.shape == weight.shape:
                values[key] = torch.empty_like(weight, dtype=value.dtype).copy_(value)

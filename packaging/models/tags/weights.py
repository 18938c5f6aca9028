"""Puts the published musicnn weights (named TensorFlow arrays) into our modules."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from engine.networks.musicnn.tags import TagReader
from engine.networks.musicnn.trunk import MusicnnTrunk

Arrays = dict[str, np.ndarray]


def read_musicnn(path: Path) -> tuple[MusicnnTrunk, TagReader]:
    """One network of the package musicnn 0.1.0, from its .npz, ready for use."""
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    trunk, reader = MusicnnTrunk(), TagReader(arrays["dense_1.bias"].shape[0])
    _norm(trunk.input_norm, arrays, "batch_normalization")
    blocks = [*trunk.timbre, *trunk.rhythm]
    for index, block in enumerate(blocks):
        _convolution(block.convolution, arrays, index)
        _norm(block.norm, arrays, f"batch_normalization_{index + 1}")
    for index, (convolution, norm) in enumerate(
        zip(trunk.middle, trunk.middle_norm, strict=True), start=len(blocks)
    ):
        _convolution(convolution, arrays, index)
        _norm(norm, arrays, f"batch_normalization_{index + 1}")
    _norm(reader.input_norm, arrays, "batch_normalization_9")
    _norm(reader.hidden_norm, arrays, "batch_normalization_10")
    _dense(reader.hidden, arrays, "dense")
    _dense(reader.output, arrays, "dense_1")
    return trunk.eval(), reader.eval()


def _tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))


def _set(parameter: Tensor | None, values: Tensor) -> None:
    assert parameter is not None
    if parameter.shape != values.shape:
        raise SystemExit(f"shape {tuple(values.shape)} does not fit {tuple(parameter.shape)}")
    with torch.no_grad():
        parameter.copy_(values)


def _norm(norm: nn.Module, arrays: Arrays, name: str) -> None:
    assert isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d)
    _set(norm.weight, _tensor(arrays[f"{name}.gamma"]))
    _set(norm.bias, _tensor(arrays[f"{name}.beta"]))
    _set(norm.running_mean, _tensor(arrays[f"{name}.moving_mean"]))
    _set(norm.running_var, _tensor(arrays[f"{name}.moving_variance"]))


def _convolution(convolution: nn.Module, arrays: Arrays, index: int) -> None:
    assert isinstance(convolution, nn.Conv1d | nn.Conv2d)
    name = f"conv2d_{index}" if index else "conv2d"
    kernel = _tensor(arrays[f"{name}.kernel"].transpose(3, 2, 0, 1))  # out, in, time, mel
    if isinstance(convolution, nn.Conv1d):
        kernel = kernel[:, 0].transpose(1, 2)  # the channels lay on the mel axis
    _set(convolution.weight, kernel)
    _set(convolution.bias, _tensor(arrays[f"{name}.bias"]))


def _dense(dense: nn.Linear, arrays: Arrays, name: str) -> None:
    _set(dense.weight, _tensor(arrays[f"{name}.kernel"].T))
    _set(dense.bias, _tensor(arrays[f"{name}.bias"]))

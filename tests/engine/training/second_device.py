"""Plays a CUDA device on the processor, to see that no step of a training mixes two devices.

Tensors "there" are real numbers behind a wrapper that calls itself ``cuda:0``. An operation on one
of them and on a tensor that stayed "here" raises an error, as CUDA does; so does ``numpy()``. It
says nothing of bf16, kernels or speed.

    python -m tests.engine.training.second_device FOLDER DATA '{"PRESET": {"FIELD": VALUE}}'

It changes torch for good, so it has a process to itself.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils import backend_registration
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from engine.classifier.classifier import Classifier
from engine.datasets import open_dataset
from engine.datasets.table import Dataset
from engine.evaluation.judge import predict_dataset
from engine.recipes.recipe import Recipe, find_recipe
from engine.training.events import EpochDone, Started
from engine.training.finish import background
from engine.training.runs.run import Run
from engine.training.train import Place, train

_INSIDE = torch.device("privateuseone", 0)
_CUDA = torch.device("cuda", 0)
_ATEN = torch.ops.aten
_COPIES = {_ATEN._to_copy.default, _ATEN.copy_.default}
# Their indices, the second argument, may lie on the processor; nothing else may.
_INDEXED = {_ATEN.index.Tensor, _ATEN.index_put_.default, _ATEN._index_put_impl_.default}
_RECURRENT = {"gru", "lstm", "rnn_tanh", "rnn_relu"}


class There(torch.Tensor):
    """A tensor on the other device; ``inner`` holds its numbers."""

    inner: torch.Tensor

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> "There":
        return torch.Tensor._make_wrapper_subclass(
            cls,
            inner.shape,
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device=_INSIDE,
        )

    def __init__(self, inner: torch.Tensor) -> None:
        self.inner = inner

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


def _run(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    tensors = [x for x in tree_leaves((args, kwargs)) if isinstance(x, torch.Tensor)]
    there = [x for x in tensors if isinstance(x, There)]
    if there and func not in _COPIES:
        _check_tensors(func, args[:1] + args[2:] if func in _INDEXED else args, kwargs)
    wanted = [x for x in tree_leaves((args, kwargs)) if isinstance(x, torch.device)]
    if func is _ATEN.copy_.default:
        stays = isinstance(args[0], There)
    else:
        stays = wanted[0].type == _INSIDE.type if wanted else bool(there)
    kwargs = {name: value for name, value in kwargs.items() if name != "pin_memory"}
    given = {id(x.inner): x for x in there}

    def back(value: Any) -> Any:
        if not isinstance(value, torch.Tensor) or not stays:
            return value
        return (
            given[id(value)] if id(value) in given else There(value)
        )  # the same one, where changed in place

    return tree_map(back, func(*tree_map(_numbers, args), **tree_map(_numbers, kwargs)))


def _check_tensors(func: Any, args: Any, kwargs: Any) -> None:
    tensors = [x for x in tree_leaves((args, kwargs)) if isinstance(x, torch.Tensor)]
    strays = [x for x in tensors if not isinstance(x, There) and x.dim() > 0]
    assert not strays, f"{func} was given tensors of two devices"


def _numbers(value: Any) -> Any:
    if isinstance(value, torch.device):
        return torch.device("cpu")
    return value.inner if isinstance(value, There) else value


def _check_generator(generator: torch.Generator, args: Any, kwargs: Any) -> None:
    leaves = tree_leaves((args, kwargs))
    there = _INSIDE in leaves or any(isinstance(x, There) for x in leaves)
    assert (generator.device == _CUDA) == there, "a generator of the other device"


class _Dispatch(TorchDispatchMode):
    """Also sees what makes tensors from nothing."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


class _Names(TorchFunctionMode):
    """Lets the other device be called ``cuda``, which a build without CUDA does not take."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        args, kwargs = tree_map(_inward, (args, kwargs or {}))
        if (generator := kwargs.get("generator")) is not None:
            _check_generator(generator, args, kwargs)
        if name in _RECURRENT and any(isinstance(x, There) for x in tree_leaves(args)):
            return _recurrent(func, args, kwargs)
        if name in ("tensor", "as_tensor") and kwargs.get("device") == _INSIDE:
            return func(*args, **kwargs | {"device": "cpu"}).to(_INSIDE)
        if name == "tolist":  # which CUDA allows, and wrappers do not
            args = tree_map(_numbers, args)
        return tree_map(_outward, func(*args, **kwargs))


def _recurrent(func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """On the processor, as its fused cells are written for CUDA."""
    tensors = [x for x in tree_leaves((args, kwargs)) if isinstance(x, torch.Tensor)]
    assert all(isinstance(x, There) for x in tensors), "a recurrent layer on two devices"
    here = tree_map(lambda x: x.cpu() if isinstance(x, There) else x, (args, kwargs))
    return tree_map(
        lambda x: x.to(_INSIDE) if isinstance(x, torch.Tensor) else x, func(*here[0], **here[1])
    )


def _inward(value: Any) -> Any:
    is_name = isinstance(value, str) and (value == "cuda" or value.startswith("cuda:"))
    is_device = isinstance(value, torch.device) and value.type == "cuda"
    return _INSIDE if is_name or is_device else value


def _outward(value: Any) -> Any:
    return _CUDA if isinstance(value, torch.device) and value.type == _INSIDE.type else value


class _CudaGenerator(torch.Generator):
    @property
    def device(self) -> torch.device:  # type: ignore[override]
        return _CUDA


class _AnyGenerator(torch.Generator):
    def __new__(cls, device: torch.device | str = "cpu") -> torch.Generator:
        return (_CudaGenerator if torch.device(device).type == "cuda" else _Generator)()


_Generator = torch.Generator


def play() -> None:
    """From now on this process has a CUDA device."""
    backend_registration._setup_privateuseone_for_python_backend("there")
    torch.cuda.is_available = lambda: True
    torch.cuda.device_count = lambda: 1
    torch.cuda.set_device = lambda device: None
    torch.cuda.mem_get_info = lambda device=None: (1 << 34, 1 << 34)
    torch.cuda.is_bf16_supported = lambda *_: True
    torch.cuda.default_generators = (_CudaGenerator(),)
    torch.Generator = _AnyGenerator  # type: ignore[misc]
    _Names().__enter__()
    _Dispatch().__enter__()


def mixing() -> str:
    """What is said of an operation on two devices."""
    try:
        torch.ones(2, device="cuda") + torch.ones(2)
    except AssertionError as error:
        return str(error)
    return ""


def trained(recipe: Recipe, folder: Path, dataset: Dataset) -> dict[str, Any]:
    """The device that is told of, the losses, and the windows that are judged there afterwards."""
    told: dict[str, Any] = {"losses": []}
    place = Place(folder / recipe.name, device="cuda", cache=folder / "cache")
    for event in train(recipe, dataset, place):
        if isinstance(event, Started):
            told["device"] = event.device
        if isinstance(event, EpochDone):
            told["losses"].append(event.loss)
    classifier = Classifier.load(Run(place.folder).classifier_file)
    steps = predict_dataset(classifier, dataset, device="cuda")
    try:
        while True:
            next(steps)
    except StopIteration as end:
        told["judged"] = len(end.value.results.probabilities)
    return told


def main() -> None:
    """Train recipes there, changed as told; prints what came of each as JSON."""
    folder, data, cases = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
    background._SYNTHETIC = 10  # windows of noise that the gate learns from
    play()
    told: dict[str, Any] = {"mixing": mixing()}
    for preset, changes in cases.items():
        told[preset] = trained(find_recipe(preset).changed(changes), folder, open_dataset(data))
    print(json.dumps(told))


if __name__ == "__main__":
    main()

"""Choice of the compute device."""

import os
import sys
from pathlib import Path

import torch

from engine.errors import RecipeError


def choose_device(name: str) -> torch.device:
    """The device of that name; ``auto``: the fastest there is; ``gpu``: not the processor.

    Raises:
        RecipeError: it is not there.
    """
    if name == "gpu" and (problem := gpu_problem()):
        raise RecipeError(problem)
    if name in ("auto", "gpu"):
        if torch.cuda.is_available():
            # torchrun tells each process of a machine which of its GPUs it has.
            return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise RecipeError(
            f"'{name}' is not a known device. Use auto, cpu, gpu, cuda, cuda:1 or mps."
        ) from error
    here = {"cpu": True, "cuda": torch.cuda.is_available()}
    if not here.get(device.type, torch.backends.mps.is_available() and device.type == "mps"):
        raise RecipeError(f"This computer has no device '{name}'. Use auto or cpu.")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise RecipeError(f"This computer has no device '{name}'. Use cuda:0.")
    return device


_DRIVER = Path("/proc/driver/nvidia/version")  # there while the driver is loaded, on Linux


def gpu_problem(driver: Path = _DRIVER) -> str:
    """Why no GPU can be used, as sentences with what to do; empty: one can.

    Args:
        driver: a file that is there where NVIDIA's driver is loaded.
    """
    if torch.cuda.is_available() or torch.backends.mps.is_available():
        return ""
    if sys.platform == "darwin":
        return "No GPU can be used: PyTorch needs a Mac with Apple silicon for that."
    if torch.version.cuda is None and torch.version.hip is None:
        if driver.is_file():
            return (
                "The GPU is not used: the installed PyTorch computes on the processor only. "
                f"Install PyTorch {torch.__version__.partition('+')[0]} with CUDA, then start "
                "Earmark again."
            )
        return (
            "No GPU can be used: no NVIDIA driver was found, and the installed PyTorch "
            "computes on the processor only."
        )
    return (
        "No GPU can be used: none was found, or its driver is missing or too old for the "
        "installed PyTorch. Update the GPU's driver, then start Earmark again."
    )


def gpu_name() -> str:
    """What the GPU that would be used is called; empty: there is none."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name(choose_device("auto"))
    return "Apple GPU" if torch.backends.mps.is_available() else ""


def out_of_memory(error: BaseException) -> bool:
    """Whether a computation failed because the GPU's memory is full."""
    # Apple's raises no kind of its own.
    return isinstance(error, torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and str(error).startswith("MPS backend out of memory")
    )

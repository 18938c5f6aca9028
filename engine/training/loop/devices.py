"""Choice of the compute device."""

import os

import torch

from engine.errors import RecipeError


def choose_device(name: str) -> torch.device:
    """The device of that name; ``auto``: the fastest there is.

    Raises:
        RecipeError: it is not there.
    """
    if name == "auto":
        if torch.cuda.is_available():
            # torchrun tells each process of a machine which of its GPUs it has.
            return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise RecipeError(
            f"'{name}' is not a known device. Use auto, cpu, cuda, cuda:1 or mps."
        ) from error
    here = {"cpu": True, "cuda": torch.cuda.is_available()}
    if not here.get(device.type, torch.backends.mps.is_available() and device.type == "mps"):
        raise RecipeError(f"This computer has no device '{name}'. Use auto or cpu.")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise RecipeError(f"This computer has no device '{name}'. Use cuda:0.")
    return device

"""The memory that a training will need, before it begins."""

from engine.errors import RecipeError
from engine.memory import available_bytes
from engine.networks.summary import NetworkSummary, summarise
from engine.recipes.recipe import Recipe, Training

_NUMBER = 4  # bytes
_BASE = 400_000_000  # torch, numpy and the program
_MOST_HELD = 4_000_000_000  # windows over that stay on the disk
_SAVED = 1.75  # times a checkpoint's tensors: their bytes, and the file made of them
_STATES = {"adam": 2, "adamw": 2, "adadelta": 2, "sgd": 0}
_HEARD_AT_ONCE = 16
_GB = 1e9


def memory_bytes(
    recipe: Recipe,
    sizes: dict[str, int],
    windows_bytes: int,
    *,
    summary: NetworkSummary | None = None,
) -> int:
    """About the memory that a training on the CPU takes at most.

    Weights, gradients, the optimiser's averages, the best weights so far and what a checkpoint
    needs while it is written; what the layers hand on for a batch; the windows, where they are
    held in memory.

    Args:
        recipe: what is trained.
        sizes: ``bands``, ``frames`` and ``classes``.
        windows_bytes: of all windows.
        summary: of its network, where it is known.
    """
    found = summary or summarise(recipe.network.name, recipe.network.arguments | sizes)
    weights, states = _NUMBER * found.total, _states(recipe.training)
    outputs = [sizes["bands"] * sizes["frames"], *(_product(one.shape) for one in found.layers)]
    batch = 3 * _NUMBER * sum(outputs) * recipe.training.batch_size
    if recipe.network.name == "embedding_head":  # its trunks hear a few windows once, and forget
        batch = 3 * _NUMBER * max(outputs) * _HEARD_AT_ONCE
    held = windows_bytes if windows_bytes <= _MOST_HELD else 0
    kept = (3 + states) * weights
    return int(_BASE + kept + _SAVED * (2 + states) * weights + batch + held)


def _states(training: Training) -> int:
    return _STATES[training.optimiser] or int(training.momentum > 0)


def _product(shape: tuple[int, ...]) -> int:
    whole = 1
    for size in shape:
        whole *= size
    return whole


def refuse_too_much(recipe: Recipe, needed: int) -> None:
    """Refuse what this computer has no memory for.

    Raises:
        RecipeError: with what would help.
    """
    here = available_bytes()
    if here is None or needed <= here:
        return
    smaller = "fewer or smaller layers (network.arguments), a smaller training.batch_size"
    if recipe.variant == "as-published":
        smaller = f"the corrected variant, {smaller}"
    raise RecipeError(
        f"This training needs about {needed / _GB:.1f} GB of memory, and {here / _GB:.1f} GB are "
        f"free. Close other programs, or use {smaller}, or a computer with more memory."
    )

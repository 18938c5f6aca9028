"""Whether a recipe's network takes the features of a data set, and which recipes' do."""

import torch

from engine.datasets.table import Dataset
from engine.errors import EarmarkError, RecipeError
from engine.networks import build_network
from engine.networks.sketch import without_compiler
from engine.recipes.recipe import Recipe, presets, read_recipe
from engine.training.data.prepare import PreparedData

# Networks that take one feature alone, which nobody else computes.
_OWN = ("embedding_head", "musicnn_mobile", "musicnn_tags", "pitch_cnn")
_SPECTROGRAMS = ("mobile_cnn", "residual_cnn", "crnn")


def refuse_unfit(recipe: Recipe, dataset: Dataset, prepared: PreparedData) -> None:
    """Refuse finished features that the recipe's network cannot take.

    Raises:
        RecipeError: with the recipes whose networks can.
    """
    if not dataset.features:
        return
    bands, frames = prepared.values.shape[1:]
    if takes(recipe, bands, frames) or _settings_are_wrong(recipe, bands, frames):
        return
    fitting = [n for n, path in presets().items() if takes(read_recipe(path), bands, frames)]
    raise RecipeError(
        f"The recipe '{recipe.name}' does not fit these features of {bands} bands and {frames} "
        f"frame{'s' * (frames != 1)}. These recipes do: {', '.join(fitting)}."
    )


def _settings_are_wrong(recipe: Recipe, bands: int, frames: int) -> bool:
    """Whether it is not the shape that the network refuses: what it is, making it says itself."""
    return takes(recipe.changed({"network.arguments": {}}), bands, frames)


def takes(recipe: Recipe, bands: int, frames: int) -> bool:
    """Whether the recipe's network can be made for features of this shape."""
    network = recipe.network
    if network.name in _OWN or (network.name in _SPECTROGRAMS and frames < 2):
        return False
    sizes = {"bands": bands, "frames": frames, "classes": 2}
    try:
        with torch.device("meta"), without_compiler():
            build_network(network.name, network.arguments | sizes)
    except EarmarkError:
        return False
    return True

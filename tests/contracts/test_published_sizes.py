"""Networks of the presets have exactly the originals' numbers of parameters."""

import pytest

from engine.networks.summary import summarise
from engine.recipes.recipe import find_recipe, presets
from engine.training.data.prepare import feature_of

CLASSES = {"author": 2, "genre": 10, "instrument-mlp": 10, "instrument-lstm": 8}
PUBLISHED = [name for name in presets() if find_recipe(name).published]


@pytest.mark.parametrize("name", PUBLISHED)
def test_as_published(name: str) -> None:
    recipe = find_recipe(name).as_published()
    assert recipe.published is not None
    feature = feature_of(recipe)
    classes = next(count for start, count in CLASSES.items() if name.startswith(start))
    frames = feature.frame_count(recipe.data.window_samples)
    sizes = {"bands": feature.bands, "frames": frames, "classes": classes}
    found = summarise(recipe.network.name, recipe.network.arguments | sizes)
    assert found.total == recipe.published.parameters


def test_one_more_layer_by_one_override() -> None:
    recipe = find_recipe("instrument-lstm-spectral").as_published()
    recipe = recipe.changed({"network.arguments.units": [500, 500, 500]})
    sizes = {"bands": 21, "frames": 129, "classes": 8}
    assert summarise("recurrent", recipe.network.arguments | sizes).total == 5_142_008

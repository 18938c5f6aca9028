"""What applies to a recipe is shown, what cannot is refused, and networks' fields are real."""

import inspect
from typing import Any

import pytest

from engine.errors import RecipeError
from engine.networks import NETWORKS
from engine.recipes.applies import refuse, unused_fields
from engine.recipes.networks import NETWORK_FIELDS, argument
from engine.recipes.recipe import find_recipe, presets


@pytest.mark.parametrize("name", NETWORK_FIELDS)
def test_fields_of_networks_are_their_arguments(name: str) -> None:
    signature = inspect.signature(NETWORKS[name])
    known = {n: p.default for n, p in signature.parameters.items()}
    sizes = {"bands", "frames", "classes"}
    fields = NETWORK_FIELDS[name].model_fields
    assert set(fields) == set(known) - sizes
    for argument_name, field in fields.items():
        default = field.get_default(call_default_factory=True)
        theirs = known[argument_name]
        assert default == (list(theirs) if isinstance(theirs, tuple) else theirs)
        assert field.description


@pytest.mark.parametrize("name", presets())
def test_every_preset_applies_as_it_is(name: str) -> None:
    recipe = find_recipe(name)
    for form in [recipe, recipe.as_published()] if recipe.published else [recipe]:
        refuse(form)
        for path in form.network.arguments:
            assert argument(form, path) == form.network.arguments[path]


@pytest.mark.parametrize(
    ("preset", "changes", "features", "message"),
    [
        ("cnn-mel", {"augmentation.pitch_semitones": 2.0}, True, "its sound cannot be changed"),
        ("genre-cnn", {"training.momentum": 0.9}, False, "Momentum is for SGD only"),
        ("genre-cnn", {"training.clip_recurrent": 1.0}, False, "needs recurrent layers"),
        ("author-rnn", {"training.label_smoothing": 0.1}, False, "Label smoothing"),
        (
            "tagger-head",
            {"training.l2": 0.1, "training.penalised": ["convolutional"]},
            False,
            "trunk is frozen",
        ),
        (
            "genre-lstm",
            {"training.l1": 0.1, "training.penalised": ["convolutional"]},
            False,
            "trains dense, recurrent layers",
        ),
    ],
)
def test_what_cannot_apply_is_refused(
    preset: str, changes: dict[str, Any], features: bool, message: str
) -> None:
    with pytest.raises(RecipeError, match=message):
        refuse(find_recipe(preset).changed(changes), features=features)


def test_only_what_applies_is_shown() -> None:
    adam = unused_fields(find_recipe("genre-cnn"))
    assert {"training.momentum", "training.rho", "training.clip_recurrent"} <= adam
    assert not {"training.beta_1", "training.epsilon", "training.label_smoothing"} & adam
    sgd = unused_fields(find_recipe("author-rnn"))
    assert {"training.beta_1", "training.epsilon", "training.rho"} <= sgd
    assert not {"training.momentum", "training.clip_recurrent"} & sgd
    one_layer = find_recipe("author-rnn")
    assert "network.arguments.dropout_between" in unused_fields(one_layer)
    assert "network.arguments.dropout" in unused_fields(find_recipe("instrument-lstm-spectral"))

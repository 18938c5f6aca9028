"""Recipes are validated, changed, written and described."""

from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import BaseModel

from engine.errors import RecipeError
from engine.networks import build_network
from engine.recipes.recipe import Recipe, find_recipe, presets, read_recipe
from engine.recipes.toml import reference, to_toml
from engine.training.data.prepare import feature_of
from engine.training.train import parameter_counts

CLASSES = {"author": 2, "genre": 10, "instrument-lstm": 8, "instrument-mlp": 10}
SMALLEST = """
name = "mine"
title = "Mine"
description = "Description."
feature = { name = "mfcc" }
network = { name = "dense" }
"""
PUBLISHED = [name for name, path in presets().items() if "[published]" in path.read_text()]


def _published(name: str) -> Any:
    published = find_recipe(name).published
    assert published is not None
    return published


@pytest.mark.parametrize("name", presets())
def test_presets_survive_being_written(name: str, tmp_path: Path) -> None:
    recipe = find_recipe(name)
    forms = [recipe, recipe.as_published()] if recipe.published else [recipe]
    for form in forms:
        for whole in (False, True):
            path = tmp_path / "copy.toml"
            path.write_text(to_toml(form, whole=whole), encoding="utf-8")
            assert read_recipe(path) == form
    assert recipe.name == name
    assert recipe.variant == "corrected"


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_networks_have_their_size(name: str) -> None:
    recipe = find_recipe(name).as_published()
    feature = feature_of(recipe)
    sizes = {
        "bands": feature.bands,
        "frames": feature.frame_count(recipe.data.window_samples),
        "classes": next(count for start, count in CLASSES.items() if name.startswith(start)),
    }
    with torch.device("meta"):
        network = build_network(recipe.network.name, recipe.network.arguments | sizes)
    assert parameter_counts(network)[1] == _published(name).parameters


@pytest.mark.parametrize("name", PUBLISHED)
def test_as_published_differs_by_what_it_says(name: str) -> None:
    recipe, published = find_recipe(name), _published(name)
    original = recipe.as_published()
    assert original.variant == "as-published"
    assert published.traps
    assert original != recipe.changed({"variant": "as-published"})
    fields = original.model_dump(mode="json")
    for path, value in published.changes.items():
        here: Any = fields
        for part in path.split("."):
            here = here[part]
        assert here == value


def test_what_has_no_original_says_so() -> None:
    with pytest.raises(RecipeError, match="'cnn-mel' has no published original"):
        find_recipe("cnn-mel").as_published()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[training]\nepochz = 3", r"mine\.toml: 'training\.epochz'"),
        ("[training]\nepochs = 0", r"mine\.toml: 'training\.epochs': .*greater than or equal to 1"),
        ('[training]\noptimiser = "x"', r"'training\.optimiser': .*'adam'"),
        ("[training]\nlearning_rate = inf", r"'training\.learning_rate'"),
        ("[data.split]\ntest = 1.0", r"'data\.split\.test'"),
        ("[data.split]\ntrain_on_test = true", "needs data.allow_leak"),
        ("[training\n", r"mine\.toml is not valid TOML"),
    ],
)
def test_mistakes_name_the_field_and_the_file(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f"{SMALLEST}\n{text}\n")
    with pytest.raises(RecipeError, match=message):
        read_recipe(path)


def test_a_small_recipe_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SMALLEST)
    assert read_recipe(path).training.epochs == 30
    path.write_text(SMALLEST.replace("title", "# title"))
    with pytest.raises(RecipeError, match=r"mine\.toml: 'title': Field required"):
        read_recipe(path)


def test_no_such_recipe(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"no recipe 'nothing'. Available: author-dense"):
        find_recipe("nothing")
    with pytest.raises(RecipeError, match="cannot be read"):
        find_recipe(str(tmp_path / "none.toml"))


def test_fields_are_changed_by_their_path() -> None:
    recipe = find_recipe("genre-cnn")
    changed = recipe.changed(
        {
            "training.epochs": 3,
            "training.stop.patience": 4,
            "network.arguments.channels": [8],
            "feature.arguments.new": 1,
        }
    )
    assert (changed.training.epochs, changed.training.stop.patience) == (3, 4)
    assert changed.network.arguments["channels"] == [8]
    assert changed.feature.arguments["new"] == 1
    assert recipe.training.epochs == 30
    for path in ("training.epochz", "training.x.y", "nothing", "training.epochs.x"):
        with pytest.raises(RecipeError, match=rf"no field '{path}'"):
            recipe.changed({path: 1})
    with pytest.raises(RecipeError, match=r"genre-cnn: 'training\.epochs'"):
        recipe.changed({"training.epochs": "many"})


def test_texts_survive_being_written(tmp_path: Path) -> None:
    recipe = find_recipe("tagger-head").changed(
        {
            "title": 'A "quoted"\ttitle \\ of é\x7f\n lines',
            "feature.arguments.é": {"a b": [1, 2.5e-7, True, "x"], "c": {}},
            "training.l2": 1e-7,
        }
    )
    path = tmp_path / "copy.toml"
    path.write_text(to_toml(recipe), encoding="utf-8")
    assert read_recipe(path) == recipe


def _fields(kind: type[BaseModel]) -> list[str]:
    found = []
    for name, field in kind.model_fields.items():
        inner = [field.annotation, *getattr(field.annotation, "__args__", ())]
        models = [k for k in inner if isinstance(k, type) and issubclass(k, BaseModel)]
        found += [name] if not models else [f for model in models for f in _fields(model)]
    return found


def test_the_reference_tells_of_every_field() -> None:
    page = reference()
    rows = [line.split("|")[1].strip() for line in page.split("\n") if line.startswith("| `")]
    missing = [name for name in _fields(Recipe) if f"`{name}`" not in rows]
    assert missing == []
    bare = [line.split("|")[1].strip() for line in page.split("\n") if line.endswith("|  |")]
    assert set(bare) <= {"`feature`", "`network`", "`published`"}  # have tables of their own


@pytest.mark.parametrize("number", ["inf", "-inf", "nan"])
def test_no_field_holds_what_is_not_finite(number: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    deep = f'{{ name = "mfcc", arguments = {{ parts = [1.0, {{ floor = {number} }}] }} }}'
    path.write_text(SMALLEST.replace('{ name = "mfcc" }', deep))
    with pytest.raises(RecipeError, match=r"arguments\.parts\.1\.floor.*finite"):
        read_recipe(path)


def test_a_message_quotes_little_of_a_long_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SMALLEST + "k" * 1500 + " = 1\n")
    with pytest.raises(RecipeError) as caught:
        read_recipe(path)
    assert len(str(caught.value)) < 400

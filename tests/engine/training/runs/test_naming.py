"""What runs and their classifiers are called, and what these tell."""

from pathlib import Path

import pytest

from engine.classifier.file import read_header
from engine.datasets.table import About, Dataset, Excerpt
from engine.recipes.naming import title_of
from engine.recipes.recipe import Recipe, find_recipe, presets
from engine.training.runs.naming import task_of
from engine.training.runs.run import Run
from engine.training.runs.shelf import About as Added
from engine.training.runs.shelf import keep_about
from engine.training.train import Place
from tests.engine.training import toys
from tests.engine.training.runs.test_listing import found


def named(name: str, *labels: str) -> Dataset:
    rows = tuple(Excerpt(f"{label}.wav", label, "") for label in labels)
    return Dataset(About(name), Path(), rows)


def quick(**changes: object) -> Recipe:
    return find_recipe("tagger-head").changed(changes)


@pytest.mark.parametrize(
    ("data", "recipe", "task"),
    [
        (named("Mine", "Cellos", "double_bass", "Flute"), quick(), "instrument"),
        (named("Mine", "rock", "hiphop"), quick(), "genre"),
        (named("Mine", "Cello", "my cat"), quick(), "other"),
        (named("Mine", "cello"), quick(), "other"),  # one class says little
        (named("Composers", "Bach", "Haydn"), quick(), "author"),
        (named("Mine", "a", "b"), quick(**{"data.label": "Mood"}), "mood"),
        # The data is right where the recipe expected something else.
        (named("Mine", "cello", "flute"), find_recipe("genre-mlp"), "instrument"),
        (named("Mine", "tango", "polka"), find_recipe("genre-mlp"), "genre"),
        (named("Genres", "a", "b"), find_recipe("emotion"), "regression"),
    ],
)
def test_the_data_says_what_is_told(data: Dataset, recipe: Recipe, task: str) -> None:
    assert task_of(recipe, data) == task


def test_each_preset_gives_a_readable_name() -> None:
    titles = {title_of(find_recipe(name), "Strings") for name in presets()}
    assert len(titles) == len(presets())
    assert all(title.startswith("Strings, ") and "(" not in title for title in titles)
    long = title_of(find_recipe("genre-mlp").as_published(), "x" * 300)
    assert len(long) < 95
    assert long.endswith(", genre: dense network, as published")


def test_runs_and_classifiers_are_named_and_told_apart(tmp_path: Path) -> None:
    names = ["Toys, toy", "Toys, toy (2)", "Toys, toy (3)"]
    data = toys.features(tmp_path / "Toys")
    data = Dataset(About("Toys"), data.root, data.excerpts, features=True)
    for number, name in enumerate(names):
        folder = tmp_path / "runs" / f"run-{number}"
        toys.trained(toys.recipe(), data, Place(folder, device="cpu", cache=tmp_path / "cache"))
        assert read_header(Run(folder).classifier_file).card.title == name
        if number == 1:  # what a person named keeps the name that it had to itself
            keep_about(folder, Added(name="the good one"))
    listed = sorted(run.shown_name for run in found(tmp_path / "runs"))
    assert listed == [names[0], names[2], "the good one"]

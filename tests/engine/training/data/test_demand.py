"""The memory of a training is estimated before it begins, and refused where there is too little."""

from pathlib import Path

import pytest

from engine.errors import RecipeError
from engine.memory import available_bytes
from engine.recipes.recipe import find_recipe
from engine.training.data import demand
from engine.training.data.demand import memory_bytes, refuse_too_much
from tests.engine.training import toys


def test_medleys_network_on_samples_needs_what_was_measured() -> None:
    """12.6 GB were measured on the CPU, with the windows on the disk."""
    recipe = find_recipe("instrument-lstm-time").as_published()
    sizes = {"bands": 1, "frames": 131072, "classes": 8}
    windows = 21_571 * 131_072 * 4
    assert memory_bytes(recipe, sizes, windows) == pytest.approx(12.6e9, rel=0.1)


def test_a_small_network_needs_little_and_counts_its_windows() -> None:
    recipe = find_recipe("genre-cnn").as_published()
    sizes = {"bands": 13, "frames": 130, "classes": 10}
    without = memory_bytes(recipe, sizes, 0)
    assert without < 600e6
    assert memory_bytes(recipe, sizes, 70_000_000) == without + 70_000_000
    assert memory_bytes(recipe.changed({"training.batch_size": 512}), sizes, 0) > without


def test_this_computer_says_how_much_is_free() -> None:
    found = available_bytes()
    assert found is None or 1e8 < found < 1e14


def test_too_much_is_refused_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demand, "available_bytes", lambda: 7.5e9)
    published = find_recipe("instrument-lstm-time").as_published()
    with pytest.raises(RecipeError, match=r"12\.6 GB .* 7\.5 GB .*corrected variant.*batch_size"):
        refuse_too_much(published, int(12.6e9))
    refuse_too_much(published, int(7.4e9))
    monkeypatch.setattr(demand, "available_bytes", lambda: 1000)
    with pytest.raises(RecipeError, match="needs about 0"):
        toys.trained(toys.recipe(), toys.features(tmp_path / "data"), toys.place(tmp_path))
    monkeypatch.setattr(demand, "available_bytes", lambda: None)
    toys.trained(toys.recipe(), toys.features(tmp_path / "data"), toys.place(tmp_path))

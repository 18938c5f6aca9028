"""What frozen trunks heard is kept: the next head trains on it."""

import shutil
from pathlib import Path

import pytest
import torch

from engine.datasets.table import Dataset
from engine.networks.dense import EmbeddingHead
from engine.recipes.recipe import Recipe, find_recipe
from engine.training.data import embedding_cache
from engine.training.finish import background
from tests.engine.training import toys

SHORT = {
    "training.epochs": 2,
    "data.allow_leak": True,
    "data.window_samples": 6000,
    "data.hop_samples": 6000,
}


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many windows trunks were given, call by call."""
    monkeypatch.setattr(background, "_SYNTHETIC", 4)
    counts: list[int] = []
    embed = EmbeddingHead.embed

    def counting(self: EmbeddingHead, features: torch.Tensor) -> torch.Tensor:
        if len(features) > 1:  # one alone is heard to know how much memory it takes
            counts.append(len(features))
        return embed(self, features)

    monkeypatch.setattr(EmbeddingHead, "embed", counting)
    return counts


def recipe(**changes: object) -> Recipe:
    named = {name.replace("__", "."): value for name, value in changes.items()}
    return find_recipe("tagger-head").changed(SHORT | named)


def losses(recipe: Recipe, data: Dataset, folder: Path, name: str) -> list[float]:
    """Of each epoch of a training."""
    run, _ = toys.trained(recipe, data, toys.place(folder, name))
    return [epoch.loss for epoch in run.history()]


def kept_files(folder: Path) -> list[Path]:
    return sorted((folder / "cache").glob("*/heard-*.safetensors"))


def test_another_head_hears_nothing_anew(tmp_path: Path, heard: list[int]) -> None:
    data = toys.sounds(tmp_path)
    first = losses(recipe(), data, tmp_path, "first")
    before = sum(heard)
    heard.clear()
    assert losses(recipe(), data, tmp_path, "again") == first
    # What is left is the check window of the classifier, and windows judged as files are.
    assert sum(heard) <= before - 15 - 4
    assert losses(recipe(network__arguments__hidden=[8]), data, tmp_path, "other") != first
    assert len(kept_files(tmp_path)) == 1


def test_trunks_that_hear_otherwise_hear_anew(tmp_path: Path, heard: list[int]) -> None:
    data = toys.sounds(tmp_path)
    first = losses(recipe(), data, tmp_path, "plain")
    before = sum(heard)
    heard.clear()
    assert losses(recipe(network__arguments__levelled=True), data, tmp_path, "levelled") != first
    assert sum(heard) == before
    assert len(kept_files(tmp_path)) == 2


def test_only_windows_not_heard_before_are(tmp_path: Path, heard: list[int]) -> None:
    data = toys.sounds(tmp_path)
    losses(recipe(data__most_per_class=3), data, tmp_path, "few")
    assert heard[0] == 9
    heard.clear()
    whole = losses(recipe(), data, tmp_path, "all")
    assert heard[0] == 6
    alone = losses(recipe(), data, tmp_path / "elsewhere", "all")
    assert whole == pytest.approx(alone, rel=1e-4)


def test_a_broken_file_is_made_anew(tmp_path: Path, heard: list[int]) -> None:
    data = toys.sounds(tmp_path)
    first = losses(recipe(), data, tmp_path, "first")
    (path,) = kept_files(tmp_path)
    path.write_bytes(b"\x10\0\0\0\0\0\0\0{")
    assert losses(recipe(), data, tmp_path, "again") == first
    assert path.stat().st_size > 1000


def test_a_cache_cleared_meanwhile_stays_usable(tmp_path: Path, heard: list[int]) -> None:
    data = toys.sounds(tmp_path)
    steps = toys.started(recipe(), data, toys.place(tmp_path, "first"))
    while not heard:  # windows are there and being heard
        next(steps)
    shutil.rmtree(tmp_path / "cache")
    for _ in steps:
        pass
    assert kept_files(tmp_path) == []
    assert losses(recipe(), data, tmp_path, "again")


def test_a_file_that_was_read_can_be_deleted(tmp_path: Path) -> None:
    """Windows deletes no file that is mapped into memory."""
    path = tmp_path / "kept.safetensors"
    embedding_cache.keep(path, {"a": torch.arange(100_000.0)})
    found = embedding_cache.kept(path, {"a": (100_000,)})
    assert found is not None
    maps = Path("/proc/self/maps")
    assert not maps.exists() or path.name not in maps.read_text()
    path.unlink()
    assert torch.equal(found["a"], torch.arange(100_000.0))

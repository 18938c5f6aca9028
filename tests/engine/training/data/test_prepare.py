"""Windows and features are those computed directly, kept once, and bounded."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.audio.files import read
from engine.datasets import open_dataset
from engine.datasets.table import About, Dataset, Excerpt
from engine.errors import DataError
from engine.recipes.recipe import Recipe, find_recipe
from engine.training.data import decoding
from engine.training.data import prepare as preparing
from engine.training.data.decoding import scaled
from engine.training.data.plan import make_plan
from engine.training.data.prepare import PreparedData, cached, clear, feature_of, prepare
from tests import corpora
from tests.engine.training import toys


def _prepared(dataset: Dataset, recipe: Recipe, cache: Path) -> PreparedData:
    steps = prepare(dataset, recipe, cache=cache)
    shares = []
    while True:
        try:
            shares.append(next(steps))
        except StopIteration as stop:
            assert shares == sorted(shares)
            assert not shares or shares[-1] == 1.0
            return stop.value


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are decoded."""
    found: list[Path] = []

    def spy(path: Path, **more: Any) -> Any:
        found.append(path)
        return read(path, **more)

    monkeypatch.setattr(decoding, "read", spy)
    return found


def test_features_are_those_computed_directly(tmp_path: Path) -> None:
    dataset, recipe = toys.sounds(tmp_path, files=2), toys.recipe()
    found = _prepared(dataset, recipe, tmp_path / "cache")
    feature, row = feature_of(recipe), 0
    for index in range(len(dataset)):
        audio = read(dataset.file_of(index), rate_hz=8000, mono=True).samples[0]
        for start in range(0, len(audio), 400):
            window = np.zeros(400, dtype=np.float32)
            part = audio[start : start + 400]
            window[: len(part)] = part
            expected = feature(torch.from_numpy(window)[None])[0].numpy()
            np.testing.assert_allclose(found.values[row], expected, rtol=1e-4, atol=1e-3)
            assert found.rows[row] == index
            assert found.starts[row] == pytest.approx(start / 8000)
            level = 10 * np.log10(np.mean(np.square(window)))
            assert found.levels_db[row] == pytest.approx(level, abs=0.01)
            row += 1
    assert row == len(found)


def test_nothing_is_decoded_twice(tmp_path: Path, reads: list[Path]) -> None:
    dataset, cache = toys.sounds(tmp_path, files=2), tmp_path / "cache"
    first = _prepared(dataset, toys.recipe(), cache)
    assert len(reads) == 6
    again = _prepared(dataset, toys.recipe(training__epochs=9), cache)
    assert len(reads) == 6
    np.testing.assert_array_equal(first.values, again.values)
    np.testing.assert_array_equal(first.rows, again.rows)
    _prepared(dataset, toys.recipe(data__hop_samples=200), cache)
    _prepared(dataset, toys.recipe(feature__arguments__n_mfcc=5), cache)
    assert len(reads) == 18
    assert cached(cache)[0] == 3
    corpora.write(dataset.file_of(0), corpora.sound(0, 9, 0.3))
    _prepared(dataset, toys.recipe(), cache)
    assert len(reads) == 24
    assert cached(cache)[0] == 4


def test_the_cache_is_bounded_and_can_be_emptied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, cache = toys.sounds(tmp_path, files=2), tmp_path / "cache"
    _prepared(dataset, toys.recipe(), cache)
    count, size = cached(cache)
    assert count == 1
    assert size == sum(p.stat().st_size for p in cache.rglob("*") if p.is_file())
    monkeypatch.setattr(preparing, "_MOST_CACHED_BYTES", int(2.5 * size))
    for hop in (401, 402, 403):
        _prepared(dataset, toys.recipe(data__hop_samples=hop), cache)
    assert cached(cache)[0] == 2
    clear(cache)
    assert cached(cache) == (0, 0)


@pytest.mark.parametrize("name", ["values.f32", "rows.npy", "levels.npy", "index.json"])
@pytest.mark.parametrize("how", ["cut", "zeros", "gone", "other"])
def test_a_damaged_cache_is_computed_again(
    tmp_path: Path, reads: list[Path], name: str, how: str
) -> None:
    dataset, cache = toys.sounds(tmp_path, files=2), tmp_path / "cache"
    first = np.array(_prepared(dataset, toys.recipe(), cache).values)
    (path,) = cache.glob(f"*/{name}")
    data = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        half = len(data) // 2
        others = {"cut": b"", "zeros": bytes(len(data) - half), "other": b"[" * 5000}
        path.write_bytes(data[:half] + others[how])
    again = _prepared(dataset, toys.recipe(), cache)
    np.testing.assert_array_equal(again.values, first)
    assert len(reads) == 12
    _prepared(dataset, toys.recipe(), cache)
    assert len(reads) == 12


def test_what_a_kill_left_is_swept_when_old(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    made = {}
    for name, hours in (("unfinished-a", 30), ("unfinished-b", 2), (".earmark-c", 2)):
        made[name] = cache / name / "windows" / "values.f32"
        made[name].parent.mkdir(parents=True)
        made[name].touch()
        then = time.time() - 3600 * hours
        for path in (made[name], *list(made[name].parents)[:2]):
            os.utime(path, (then, then))
    _prepared(toys.sounds(tmp_path, files=2), toys.recipe(), cache)
    assert [name for name, path in made.items() if path.exists()] == ["unfinished-b"]


def test_leaving_early_leaves_nothing_behind(tmp_path: Path) -> None:
    steps = prepare(toys.sounds(tmp_path), toys.recipe(), cache=tmp_path / "cache")
    next(steps)
    steps.close()
    assert list((tmp_path / "cache").iterdir()) == []


def test_two_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    dataset, cache = toys.sounds(tmp_path, files=2), tmp_path / "cache"
    slow = prepare(dataset, toys.recipe(), cache=cache)
    next(slow)
    quick = _prepared(dataset, toys.recipe(), cache)
    assert list(slow)[-1] == 1.0
    again = _prepared(dataset, toys.recipe(), cache)
    np.testing.assert_array_equal(again.values, quick.values)
    assert len(list(cache.iterdir())) == 1


def test_broken_files_are_left_out_and_told(tmp_path: Path) -> None:
    dataset = toys.sounds(tmp_path, files=2)
    dataset.file_of(1).write_bytes(b"no sound")
    found = _prepared(open_dataset(dataset.root), toys.recipe(), tmp_path / "cache")
    assert list(found.skipped) == [dataset.excerpts[1].path]
    assert 1 not in found.rows
    for index in range(len(dataset)):
        dataset.file_of(index).write_bytes(b"no sound")
    with pytest.raises(DataError, match="None of the 6 sounds"):
        _prepared(open_dataset(dataset.root), toys.recipe(), tmp_path / "cache")


def test_ready_made_features_keep_their_order(tmp_path: Path) -> None:
    root = corpora.iowa(tmp_path / "iowa", training=30, test=12, classes=3)
    found = _prepared(open_dataset(root), toys.recipe(), tmp_path / "cache")
    expected = [np.load(root / f"uiowa_{part}_data.npy") for part in ("train", "test")]
    np.testing.assert_allclose(found.values[:, :, 0], np.concatenate(expected), rtol=1e-6)
    assert not found.is_sound
    assert not (tmp_path / "cache").exists()


def test_decimated_and_scaled_as_the_originals_did(tmp_path: Path) -> None:
    samples = corpora.sound(0, 0, 0.2, 44100)
    path = corpora.write(tmp_path / "a.wav", samples, 44100)
    dataset = Dataset(About("one"), tmp_path, (Excerpt("a.wav", "x"),))
    recipe = toys.recipe(
        data__rate_hz=11025,
        data__window_samples=1000,
        data__hop_samples=1000,
        data__resample="decimate",
        data__scale="range",
        augmentation__gain_db=1.0,
    )
    found = _prepared(dataset, recipe, tmp_path / "cache")
    whole = read(path, mono=True).samples[0]
    whole = 2 * (whole - whole.min()) / (whole.max() - whole.min()) - 1
    assert found.is_sound
    np.testing.assert_allclose(found.values[1, 0], whole[::4][1000:2000], atol=1e-6)
    assert scaled(samples, "peak").max(initial=0) <= 1.0
    assert np.abs(scaled(samples, "peak")).max() == pytest.approx(1.0)
    assert scaled(samples[:0], "range").shape == (0,)
    assert np.isfinite(scaled(np.zeros(5, dtype=np.float32), "range")).all()


def _threads_of_new_threads() -> int:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(torch.get_num_threads).result()


def test_torch_has_its_threads_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Features are computed in the decoding threads, each of which computes alone."""
    before, within = torch.get_num_threads(), set[int]()
    part = preparing._part

    def noticed(*arguments: Any) -> Any:
        within.add(torch.get_num_threads())
        return part(*arguments)

    monkeypatch.setattr(preparing, "_part", noticed)
    torch.set_num_threads(2)
    try:
        dataset = toys.sounds(tmp_path / "sounds")
        _prepared(dataset, toys.recipe(), tmp_path / "cache")
        assert within == {1}
        assert _threads_of_new_threads() == torch.get_num_threads() == 2
        cancelled = prepare(dataset, toys.recipe(), cache=tmp_path / "other")
        next(cancelled)
        cancelled.close()
        assert _threads_of_new_threads() == torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_file_gives_as_many_clips_as_it_has_whole_seconds(tmp_path: Path) -> None:
    """As in EpyNN: 10,000 samples at 11,025 Hz, so that the last tenth of a file is not used."""
    corpora.author_music(tmp_path / "music", files=2, seconds=22.4)
    dataset = open_dataset(tmp_path / "music")
    recipe = find_recipe("author-dense").as_published()
    found = _prepared(dataset, recipe, tmp_path / "cache")
    assert np.bincount(found.rows).tolist() == [22] * 4  # 24 would fit
    first = found.starts[found.rows == 0]
    np.testing.assert_allclose(first, np.arange(22) * 10_000 / 11_025)
    whole = _prepared(dataset, recipe.changed({"data.whole_seconds": False}), tmp_path / "cache")
    assert np.bincount(whole.rows).tolist() == [24] * 4


def test_clips_are_drawn_from_all_and_not_class_by_class(tmp_path: Path) -> None:
    dataset = toys.features(tmp_path / "data", rows=300)
    uneven = dataset.take([n for n in range(300) if n % 3 == 0 or n < 150])
    plan = make_plan(
        uneven, toys.recipe(data__most_in_all=60), _prepared(uneven, toys.recipe(), tmp_path)
    )
    assert len(plan.used) == 60
    counts = plan.targets[plan.used].sum(0)
    assert counts[0] > counts[1] > 0  # as they are in all, by chance
    assert counts.tolist() != [20, 20, 20]
    again = make_plan(
        uneven, toys.recipe(data__most_in_all=60), _prepared(uneven, toys.recipe(), tmp_path)
    )
    assert (again.used == plan.used).all()

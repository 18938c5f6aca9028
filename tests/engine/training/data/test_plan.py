"""Parts are whole and apart, the test stays sealed, leaks are refused."""

from pathlib import Path

import numpy as np
import pytest

from engine.datasets.table import About, Dataset, Excerpt
from engine.errors import DataError
from engine.recipes.recipe import Recipe
from engine.training.data.plan import Plan, make_plan
from engine.training.data.prepare import PreparedData
from engine.training.events import Finished
from tests.engine.training import toys


def _planned(recipe: Recipe, rows: int = 60, **more: object) -> Plan:
    labels = more.get("labels") or [f"class {i % 3}" for i in range(rows)]
    excerpts = tuple(
        Excerpt(f"{i // 2}.wav", label, f"group {i // 4}", start=i / 2, extra={"by": f"p{i % 7}"})
        for i, label in enumerate(labels)  # type: ignore[arg-type, var-annotated]
    )
    dataset = Dataset(About("rows"), Path("nowhere"), excerpts)
    rng = np.random.default_rng(0)
    windows = np.repeat(np.arange(rows), 2)
    prepared = PreparedData(
        values=rng.normal(size=(len(windows), 6, 20)).astype(np.float32),
        is_sound=False,
        rows=windows,
        starts=np.tile([0.0, 0.05], rows),
        levels_db=np.zeros(len(windows), dtype=np.float32),
        skipped={"gone.wav": "gone.wav is broken."},
    )
    return make_plan(dataset, recipe, prepared)


def _clean(**changes: object) -> Recipe:
    return toys.recipe(data__allow_leak=False, **changes)


def test_parts_are_apart_whole_and_cut_between_groups() -> None:
    plan = _planned(_clean())
    test = plan.test.open()
    parts = [set(plan.training), set(plan.validation), set(test)]
    assert sum(map(len, parts)) == 120
    assert set().union(*parts) == set(range(120)) == set(plan.used)
    groups = [{i // 2 // 4 for i in part} for part in parts]
    assert len(groups[0] | groups[1] | groups[2]) == sum(map(len, groups))
    assert plan.labels == ("class 0", "class 1", "class 2")
    np.testing.assert_array_equal(plan.targets.argmax(1), np.repeat(np.arange(60) % 3, 2))
    np.testing.assert_allclose(plan.starts[:4], [0.0, 0.05, 0.5, 0.55])


def test_the_test_part_opens_once() -> None:
    plan = _planned(_clean())
    assert len(plan.test.open()) == plan.test.count
    with pytest.raises(DataError, match="only once, at the end"):
        plan.test.open()


def test_leaks_are_refused_with_the_pairs() -> None:
    changes = {"data__split__by": "window"}
    with pytest.raises(DataError, match=r"such as group \d+ and group \d+.*allow_leak"):
        _planned(_clean(**changes))
    assert _planned(toys.recipe(**changes)).leaks


def test_at_most_so_many_of_a_class() -> None:
    plan = _planned(_clean(data__most_per_class=30))
    counts = plan.targets[plan.used].sum(0)
    assert counts.tolist() == [30, 30, 30]
    parts = [plan.training, plan.validation, plan.test.open()]
    assert set(np.concatenate(parts)) == set(plan.used)
    other = _planned(_clean(data__most_per_class=30, training__seed=2))
    assert set(other.used) != set(plan.used)


def test_groups_may_be_another_column() -> None:
    with pytest.raises(DataError, match="no column 'none'"):
        _planned(_clean(data__split__group="none"))
    recipe = toys.recipe(data__split__group="by", data__split__validation=0.0)
    plan = _planned(recipe)
    assert not {i // 2 % 7 for i in plan.training} & {i // 2 % 7 for i in plan.test.open()}


def test_several_labels_a_window() -> None:
    labels = ["rock;sad", "rock", "sad; slow"] * 20
    recipe = toys.recipe(training__loss="binary-cross-entropy")
    plan = _planned(recipe, labels=labels)
    assert plan.labels == ("rock", "sad", "slow")
    assert plan.targets[:6].tolist() == [[1, 1, 0]] * 2 + [[1, 0, 0]] * 2 + [[0, 1, 1]] * 2
    assert _planned(toys.recipe(), labels=labels).labels == ("rock", "rock;sad", "sad; slow")


def test_several_labels_are_learned(tmp_path: Path) -> None:
    dataset = toys.features(tmp_path, rows=150)
    names = {"class 0": "rock;sad", "class 1": "rock", "class 2": "sad"}
    rows = tuple(Excerpt(e.path, names[e.label], e.group, e.start) for e in dataset.excerpts)
    dataset = Dataset(About("tags"), tmp_path, rows, features=True)
    recipe = toys.recipe(training__loss="binary-cross-entropy", training__epochs=15)
    _, events = toys.trained(recipe, dataset, toys.place(tmp_path))
    end = events[-1]
    assert isinstance(end, Finished)
    assert end.metrics["macro_auc"] > 0.9


def test_a_class_of_which_nothing_is_left_is_an_error() -> None:
    with pytest.raises(DataError, match="only one class"):
        _planned(toys.recipe(), labels=["a"] * 60)
    dataset = Dataset(About("x"), Path(), tuple(Excerpt(f"{i}", "ab"[i]) for i in range(2)))
    prepared = PreparedData(
        np.zeros((1, 1, 1), dtype=np.float32),
        False,
        np.zeros(1, dtype=np.int64),
        np.zeros(1),
        np.zeros(1, dtype=np.float32),
        {"1": "1 is broken."},
    )
    with pytest.raises(DataError, match=r"No sound of b can be used for training: 1 is broken\."):
        make_plan(dataset, toys.recipe(), prepared)

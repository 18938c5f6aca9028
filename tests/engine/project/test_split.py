"""Sounds that are nearly the same, groups that are joined, and the split as a recipe draws it."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from engine.datasets import open_dataset
from engine.datasets.leaks import near_duplicates
from engine.project.project import Project
from engine.project.split import PARTS, draw
from engine.project.twins import _components
from engine.recipes.recipe import find_recipe
from engine.training.data.plan import make_plan
from engine.training.data.prepare import prepare
from tests import corpora


def finish(work: Generator[Any, None, Any]) -> Any:
    while True:
        try:
            next(work)
        except StopIteration as stop:
            return stop.value


@pytest.fixture
def project(tmp_path: Path) -> Project:
    given = corpora.folders(tmp_path / "given", files=6, seconds=0.5)
    made = Project(tmp_path / "project")
    finish(made.import_folder(given))
    return made


def test_near_duplicates_are_found_across_groups_only() -> None:
    rng = np.random.default_rng(1)
    windows = rng.normal(-50, 12, (40, 24, 30)).astype(np.float32)
    windows[7] = windows[3] - 6.0 + rng.normal(0, 0.3, (24, 30))
    windows[9] = windows[8]
    groups = [str(n) for n in range(40)]
    groups[9] = "8"
    pairs = near_duplicates(windows, groups)
    assert [(a, b) for a, b, _ in pairs] == [(3, 7)]
    assert 0.995 <= pairs[0][2] < 1.0
    assert near_duplicates(windows[:1], ["0"]) == []


def test_a_copy_in_another_group_is_found_and_joined(project: Project, tmp_path: Path) -> None:
    samples, rate = soundfile.read(project.file_of(project.rows[0]), dtype="float32")
    copy = corpora.write(tmp_path / "copy.wav", corpora.near_duplicate(samples), rate)
    finish(project.add_files("drum", [copy]))
    problems = [p for p in finish(project.check()) if p.kind == "leak"]
    assert len(problems) == 1
    assert [row.path for row in problems[0].rows] == [project.rows[0].path, project.rows[-1].path]
    before = project.rows
    project.join_groups(problems[0].groups)
    assert project.rows[0].group == project.rows[-1].group
    assert project.history.undo_words == "join 2 groups"
    assert not [p for p in finish(project.check()) if p.kind == "leak"]
    data = open_dataset(project.root)
    assert data.groups[0] == data.groups[-1]
    project.history.undo()
    assert project.rows == before
    assert [p.kind for p in finish(project.check())] == ["leak"]


def test_groups_that_hang_together_become_one(project: Project, tmp_path: Path) -> None:
    samples, rate = soundfile.read(project.file_of(project.rows[0]), dtype="float32")
    for number in range(2):
        noisy = corpora.near_duplicate(samples, noise_db=-45 - 5 * number, seed=number)
        copy = corpora.write(tmp_path / f"copy {number}.wav", noisy, rate)
        finish(project.add_files("drum", [copy]))
    problem = next(p for p in finish(project.check()) if p.kind == "leak")
    assert [len(groups) for groups in problem.groups] == [3]
    project.join_groups(problem.groups)
    assert len({project.rows[n].group for n in (0, -1, -2)}) == 1
    assert len({row.group for row in project.rows}) == 18


def test_a_chain_of_pairs_is_one_set() -> None:
    pairs = [("a", "b"), ("c", "d"), ("x", "y"), ("b", "c")]
    assert _components(pairs) == (("a", "b", "c", "d"), ("x", "y"))


@pytest.mark.parametrize("name", ["tagger-head", "instrument-mlp"])
def test_the_split_is_the_one_that_training_draws(project: Project, name: str) -> None:
    recipe = find_recipe(name).changed({"data.allow_leak": True, "data.quietest_dbfs": None})
    recipe = recipe.changed({"data.at": "hop", "data.split.by": "group"})
    long = project.root.parent / "long.wav"
    corpora.write(long, corpora.sound(1, 50, 9.0))
    project.add_recording("drum", long, 4.0)
    finish(project.check())
    found = draw(project.rows, project.facts_of, recipe)
    assert not found.problem
    data = open_dataset(project.root)
    material = finish(prepare(data, recipe, cache=project.root.parent / "cache"))
    plan = make_plan(data, recipe, material)
    parts = (plan.training, plan.validation, plan.test.open())
    real = {
        data.excerpts[row].path: part
        for part, windows in zip(PARTS, parts, strict=True)
        for row in material.rows[windows]
    }
    assert {row.path: found.parts[id(row)] for row in project.rows} == real
    total = sum(share.sounds for shares in found.shares.values() for share in shares)
    assert total == len(project.rows)
    assert {share.groups for share in found.shares["bell"]} == {1, 4}


def test_what_cannot_be_split_says_why(project: Project) -> None:
    recipe = find_recipe("tagger-head")
    finish(project.check())
    few = [row for row in project.rows if row.label == "bell"]
    assert "two classes" in draw(few, project.facts_of, recipe).problem
    one = [*few[:1], *[row for row in project.rows if row.label == "drum"][:1]]
    assert "too few" in draw(one, project.facts_of, recipe).problem

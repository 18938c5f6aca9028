"""Runs and sweeps of earlier as their folders tell them."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from engine import atomic_write
from engine.errors import DataError
from engine.training.runs.listing import FoundRun, accuracy_words, find_runs
from engine.training.runs.run import Run


def found(*roots: Path) -> list[FoundRun]:
    steps = find_runs(roots)
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            runs: list[FoundRun] = stop.value
            return runs


def write(folder: Path, **files: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in files.items():
        (folder / f"{name}.json").write_text(json.dumps(values), encoding="utf-8")


def a_run(folder: Path, date: str, *, finished: bool = True, epochs: int = 2) -> Path:
    history = [{"seconds": 1.5 * n, "joules": 2.0 * n} for n in range(1, epochs + 1)]
    write(folder, recipe={"title": "Toy", "variant": "published"}, history=history)
    write(folder, run={"data": "toys", "date": date})
    if finished:
        figures = {"accuracy": 0.5, "accuracy_low": 0.4, "accuracy_high": 0.6}
        write(folder, results={"figures": figures})
    if epochs:
        (folder / "checkpoint.safetensors").touch()
    return folder


def a_trial(accuracy: float | None, joules: float | None) -> dict[str, Any]:
    known = {"test_accuracy": accuracy, "joules": joules}
    return {"values": {}, "folder": "", "epochs": 3, "seconds": 2.5} | known


def test_the_newest_is_first_and_each_is_told(tmp_path: Path) -> None:
    old = a_run(tmp_path / "b", "2026-01-01T10:00:00+0000")
    (old / "classifier.safetensors").touch()
    new = a_run(tmp_path / "deep" / "b", "2026-05-01T10:00:00+0000", finished=False, epochs=1)
    first, second = found(tmp_path, tmp_path / "none", tmp_path)
    assert first == FoundRun(
        new, "Toy", "interrupted", None, False, "published", "toys", "", 1, 1.5, 2.0, first.date
    )
    assert first.classifier is None
    assert (second.folder, second.state, second.epochs, second.seconds) == (old, "finished", 2, 3.0)
    assert second.accuracy == "0.500 (0.400 to 0.600)"
    assert second.classifier == old / "classifier.safetensors"
    assert second.report == old / "report.html"


def test_where_not_an_epoch_is_done_there_is_nothing_to_go_on_with(tmp_path: Path) -> None:
    a_run(tmp_path / "a", "2026-01-01", finished=False, epochs=0)
    assert found(tmp_path) == []


def test_what_lies_within_a_run_is_no_run(tmp_path: Path) -> None:
    a_run(tmp_path / "a", "2026-01-01")
    a_run(tmp_path / "a" / "copy", "2026-01-02")
    assert [run.folder for run in found(tmp_path)] == [tmp_path / "a"]


def test_a_sweep_sums_up_its_trials_which_know_it(tmp_path: Path) -> None:
    sweep = tmp_path / "sweep"
    trial = a_run(sweep / "x=1", "2026-02-02")
    write(sweep, plan={"recipe": {"title": "Planned"}, "date": "2026-02-01"})
    write(sweep, sweep=[a_trial(0.7, 5.0), a_trial(None, None), a_trial(0.6, 1.0)])
    runs = {run.folder: run for run in found(tmp_path)}
    assert set(runs) == {sweep, trial}
    assert (runs[trial].sweep, runs[trial].is_sweep) == (sweep, False)
    one = runs[sweep]
    assert (one.sweep, one.is_sweep, one.state) == (None, True, "interrupted")
    assert (one.title, one.variant, one.data) == ("Toy", "3 trials", "toys")
    assert (one.accuracy, one.epochs, one.seconds, one.joules) == ("0.600 to 0.700", 9, 7.5, 6.0)
    assert one.report == sweep / "sweep.html"
    one.report.touch()
    assert {run.state for run in found(tmp_path)} == {"finished"}


def test_a_sweep_just_begun_is_known_by_its_plan(tmp_path: Path) -> None:
    write(tmp_path / "sweep", plan={"recipe": {"title": "Planned"}, "date": "2026-02-01"})
    (run,) = found(tmp_path)
    assert (run.title, run.state, run.date) == ("Planned", "interrupted", "2026-02-01")
    assert (run.variant, run.accuracy, run.joules) == ("0 trials", "", None)


def test_a_sweep_of_before_there_were_plans_is_finished(tmp_path: Path) -> None:
    write(tmp_path / "sweep", sweep=[a_trial(0.7, None)])
    (run,) = found(tmp_path)
    assert (run.title, run.state, run.joules) == ("sweep", "finished", None)


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({}, ""),
        ({"accuracy": 0.25}, "0.250"),
        ({"accuracy": 0.25, "accuracy_low": 0.1}, "0.250"),
    ],
)
def test_figures_in_words(figures: dict[str, float], words: str) -> None:
    assert accuracy_words(figures) == words


@pytest.mark.parametrize(
    ("checkpoint", "todo"), [(True, "then resume the training"), (False, "choose another folder")]
)
def test_a_full_disk_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checkpoint: bool, todo: str
) -> None:
    run = Run(tmp_path)
    if checkpoint:
        run.checkpoint_file.touch()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(atomic_write.os, "fsync", full)
    with pytest.raises(DataError, match=f"No space left on device.*{todo}"):
        run.keep_history([])
    assert not list(tmp_path.glob("*.json"))

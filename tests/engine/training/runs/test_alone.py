"""Two trainings into one folder: the second is refused and told who is there."""

import os
from pathlib import Path

import pytest

from engine.errors import DataError
from engine.training.events import EpochDone
from engine.training.runs.run import Run
from engine.training.sweeps.plan import Source, Sweep
from engine.training.sweeps.search import Span
from engine.training.sweeps.sweep import run_sweep
from engine.training.train import Place, train
from tests.engine.training import toys


def test_a_second_training_is_refused(tmp_path: Path) -> None:
    dataset = toys.features(tmp_path / "data")
    place = Place(tmp_path / "run")
    first = train(toys.recipe(), dataset, place)
    while not isinstance(next(first), EpochDone):
        pass
    files = {p.name: p.read_bytes() for p in place.folder.iterdir() if p.suffix != ".csv"}
    for second in (place, Place(place.folder, resume=True)):
        with pytest.raises(DataError, match=rf"in use: .*process {os.getpid()} on .*training"):
            next(train(toys.recipe(), dataset, second))
    kept = {p.name: p.read_bytes() for p in place.folder.iterdir() if p.suffix != ".csv"}
    assert kept == files
    list(first)
    assert (place.folder / "results.json").is_file()
    assert not list(place.folder.glob(".earmark*"))
    with pytest.raises(DataError, match="already contains a run"):
        list(train(toys.recipe(), dataset, place))


def test_what_a_kill_left_is_swept_and_a_training_that_fails_leaves_no_folder(
    tmp_path: Path,
) -> None:
    (tmp_path / ".earmark-half").touch()
    with Run(tmp_path).alone():
        assert not (tmp_path / ".earmark-half").exists()
    with pytest.raises(ValueError, match="x"), Run(tmp_path / "new" / "run").alone():
        raise ValueError("x")
    assert not (tmp_path / "new" / "run").exists()


def test_a_second_sweep_is_refused(tmp_path: Path) -> None:
    sweep = Sweep(toys.recipe(), {"training.learning_rate": Span((0.01, 0.02))})
    with Run(tmp_path / "sweep").alone(), pytest.raises(DataError, match="in use"):
        next(run_sweep(sweep, Source(tmp_path), tmp_path / "sweep"))

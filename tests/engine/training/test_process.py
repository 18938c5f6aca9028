"""A training in another process: the same events in the same order, and every way it can end."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.classifier.classifier import Classifier
from engine.datasets import open_dataset
from engine.errors import DataError, ModelError
from engine.recipes.recipe import Recipe
from engine.training import process
from engine.training.events import BatchDone, EpochDone, Event
from engine.training.process import train_in_process
from engine.training.runs.run import Run
from engine.training.train import train
from tests import corpora
from tests.engine.training import toys


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corpora.folders(tmp_path_factory.mktemp("apart") / "sounds", files=6, seconds=0.3)


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return toys.recipe(training__epochs=3, training__batch_size=8, deployment__gate=False)


class Thread(threading.Thread):
    """Stands for a process, so that an ending costs milliseconds; the pipe between is real."""

    def __init__(self, target: Any, args: tuple[Any, ...], daemon: bool) -> None:
        there, *rest = args
        own = Connection(os.dup(there.fileno()))  # whoever begins it closes theirs
        super().__init__(target=target, args=(own, *rest), daemon=daemon)

    def kill(self) -> None:
        raise AssertionError("It did not end by itself.")

    def close(self) -> None:
        assert not self.is_alive()


@pytest.fixture
def in_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    class Context:
        Pipe = staticmethod(multiprocessing.Pipe)
        Process = Thread

    count = torch.get_num_threads()
    monkeypatch.setattr(multiprocessing, "get_context", lambda _: Context)
    monkeypatch.setattr(process, "step_back", lambda: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    yield
    torch.set_num_threads(count)


def plain(event: Event) -> Any:
    """What must be the same whoever trains: kind and place of an event, an epoch's accuracy."""
    if isinstance(event, BatchDone):
        return "batch", event.epoch, event.batch
    if isinstance(event, EpochDone):
        return "epoch", event.epoch, round(event.validation_accuracy, 2)
    return type(event).__name__


@pytest.mark.usefixtures("in_thread")
def test_every_event_comes_in_its_order(sounds: Path, recipe: Recipe, tmp_path: Path) -> None:
    here = list(train(recipe, open_dataset(sounds), toys.place(tmp_path / "here")))
    there = list(train_in_process(recipe, sounds, toys.place(tmp_path / "there")))
    told, ours = ([plain(event) for event in side if event is not None] for side in (there, here))
    # How many batches and preparations are told of is a matter of time.
    batches = [one for one in told if one[0] == "batch"]
    assert batches == sorted(set(batches))
    timely = ("batch", "P")
    assert [e for e in told if e[0] not in timely] == [e for e in ours if e[0] not in timely]
    assert told[-1] == "Finished"
    assert Run(tmp_path / "there" / "run").results_file.is_file()


@pytest.mark.usefixtures("in_thread")
def test_a_step_is_taken_when_it_is_asked_for(sounds: Path, recipe: Recipe, tmp_path: Path) -> None:
    endless = recipe.changed({"training.epochs": 100_000})
    steps = train_in_process(endless, sounds, toys.place(tmp_path))
    next(event for event in steps if isinstance(event, EpochDone))
    time.sleep(0.3)  # nobody asks: it waits
    run = Run(tmp_path / "run")
    assert len(run.history()) == 1
    steps.close()
    assert len(run.history()) <= 2
    assert Classifier.load(run.classifier_file).card.name == "toy"


@pytest.mark.usefixtures("in_thread")
def test_errors_are_told_as_they_are(
    sounds: Path, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="none"):
        list(train_in_process(recipe, sounds / "none", toys.place(tmp_path)))

    def fails(*_: object) -> None:
        raise ZeroDivisionError("of nothing")

    monkeypatch.setattr("engine.training.train.make_plan", fails)
    with pytest.raises(RuntimeError, match="ZeroDivisionError: of nothing"):
        list(train_in_process(recipe, sounds, toys.place(tmp_path)))
    # Killed between two steps: it says nothing more.
    monkeypatch.setattr(process, "_steps", lambda there, *_: there.recv())
    with pytest.raises(ModelError, match="The training process ended"):
        list(train_in_process(recipe, sounds, toys.place(tmp_path)))


def test_a_process_of_its_own_keeps_the_best_when_closed(
    sounds: Path, recipe: Recipe, tmp_path: Path
) -> None:
    endless = recipe.changed({"training.epochs": 100_000})
    nice = os.nice(0) if os.name != "nt" else 0
    steps, epochs, quiet = train_in_process(endless, sounds, toys.place(tmp_path)), [], 0
    for event in steps:
        (process,) = multiprocessing.active_children()
        quiet += event is None
        epochs += [event.epoch] if isinstance(event, EpochDone) else []
        if len(epochs) == 3:
            break
    assert epochs == [1, 2, 3]
    assert quiet > 3  # while it loads what it needs
    if os.name != "nt":
        assert process.pid is not None
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == min(19, nice + 5)
    steps.close()
    assert not multiprocessing.active_children()
    run = Run(tmp_path / "run")
    assert [epoch.epoch for epoch in run.history()][:3] == [1, 2, 3]
    assert Classifier.load(run.classifier_file).card.name == "toy"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
def test_a_killed_process_is_told_in_one_sentence(
    sounds: Path, recipe: Recipe, tmp_path: Path
) -> None:
    steps = train_in_process(recipe, sounds, toys.place(tmp_path))
    assert next(steps) is None  # it has begun and loads what it needs
    (process,) = multiprocessing.active_children()
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(ModelError) as caught:
        list(steps)
    words = "The training process ended unexpectedly, perhaps for lack of memory. "
    assert str(caught.value) == words + "Resume continues from the last epoch."
    assert not multiprocessing.active_children()

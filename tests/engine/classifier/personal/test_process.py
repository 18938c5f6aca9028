"""Corrections in a process of its own: ready while one thinks, ended when nobody wants them."""

import multiprocessing
import os
import time
from collections.abc import Callable, Generator
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.classifier.personal.card import Said
from engine.classifier.personal.process import StandBy, correct_in_process, undo_in_process
from engine.errors import AudioError, ModelError
from tests.engine.classifier.personal.conftest import ODD_HZ, stretch, tone
from tests.engine.classifier.personal.test_learning import chances
from tests.planted import RATE

Result = TypeVar("Result")


def driven(steps: Generator[None, None, Result]) -> Result:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        try:
            next(steps)
        except StopIteration as stop:
            result: Result = stop.value
            return result
    pytest.fail("it never ended")


def after_a_while(said: Said) -> Callable[[], Said | None]:
    """One who thinks for a moment."""
    begun = time.monotonic()
    return lambda: said if time.monotonic() - begun > 0.5 else None


def test_it_is_learned_and_taken_back(catalog: Catalog, tones: Classifier) -> None:
    path = catalog.find("tones").path
    said = after_a_while(Said("is", "kazoo", ("low",)))
    learned = driven(correct_in_process(path, catalog.folder, stretch(tone(ODD_HZ)), said))
    assert (learned.number, learned.count, learned.followed) == (1, 1, True)
    assert learned.sound is not None
    assert learned.sound[0].exists()
    assert chances(catalog.load("tones"), ODD_HZ)["kazoo"] > 0.8
    assert driven(undo_in_process(path, catalog.folder, [1])).count == 0
    assert chances(catalog.load("tones"), ODD_HZ) == chances(tones, ODD_HZ)
    with pytest.raises(ModelError, match="no such correction"):
        driven(undo_in_process(path, catalog.folder, [1]))


def test_who_says_nothing_changes_nothing(catalog: Catalog, tones: Classifier) -> None:
    path = catalog.find("tones").path
    steps = correct_in_process(path, catalog.folder, stretch(tone(ODD_HZ)), lambda: None)
    for _ in range(20):
        next(steps)
    steps.close()
    assert multiprocessing.active_children() == []
    assert catalog.corrections.cards() == []


def test_silence_is_said_before_anything_is_asked(catalog: Catalog, tones: Classifier) -> None:
    silent = stretch(np.zeros(RATE, dtype=np.float32))
    path = catalog.find("tones").path
    with pytest.raises(AudioError, match="only silence"):
        driven(correct_in_process(path, catalog.folder, silent, lambda: None))


def test_a_process_that_is_killed_is_said(catalog: Catalog, tones: Classifier) -> None:
    path = catalog.find("tones").path
    steps = correct_in_process(path, catalog.folder, stretch(tone(ODD_HZ)), lambda: None)
    next(steps)
    (child,) = multiprocessing.active_children()
    child.kill()
    with pytest.raises(ModelError, match="ended unexpectedly"):
        driven(steps)


def processor_seconds(process: BaseProcess) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells it so")
def test_who_stands_by_has_done_most_of_the_work(catalog: Catalog, tones: Classifier) -> None:
    path = catalog.find("tones").path
    ready = StandBy(path, catalog.folder)
    assert ready.here.poll(240)  # it tells that it is ready; a starved process only seems to rest
    before = processor_seconds(ready._process)
    used = []

    def said() -> Said | None:
        used.append(processor_seconds(ready._process))
        return Said("is", "kazoo", ("low",)) if len(used) > 40 else None

    sound = stretch(tone(ODD_HZ))
    learned = driven(correct_in_process(path, catalog.folder, sound, said, ready))
    assert learned.followed
    assert used[-1] - before < 0.25 * before, (before, used[-1])
    assert multiprocessing.active_children() == []
    assert chances(catalog.load("tones"), ODD_HZ)["kazoo"] > 0.8


def test_one_that_stands_by_for_another_file_is_of_no_use(
    catalog: Catalog, tones: Classifier
) -> None:
    path = catalog.find("tones").path
    ready = StandBy(path, catalog.folder)
    assert ready.serves(path, catalog.folder)
    os.utime(path, (1e9, 1e9))
    assert not ready.serves(path, catalog.folder)
    said = after_a_while(Said("is", "kazoo", ("low",)))
    sound = stretch(tone(ODD_HZ))
    assert driven(correct_in_process(path, catalog.folder, sound, said, ready)).followed
    assert multiprocessing.active_children() == []

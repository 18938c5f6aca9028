"""Corrections in a process of its own: ready while one thinks, ended when nobody wants them."""

import multiprocessing
import time
from collections.abc import Callable, Generator
from typing import TypeVar

import numpy as np
import pytest

from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.classifier.personal.card import Said
from engine.classifier.personal.process import correct_in_process, undo_in_process
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

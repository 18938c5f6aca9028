"""One torch thread a worker: set where it begins, given back where the last one ends."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine import threads
from engine.audio import Audio, Ring, write
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.datasets import open_dataset
from engine.evaluation.judge import predict_dataset
from engine.explain.integrated_gradients import explain_file
from engine.recognition.analysis import Analysis
from engine.recognition.files import analyse
from engine.recognition.live import listen
from engine.threads import one_torch_thread

RATE = 16000


@pytest.fixture(autouse=True)
def two() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


def of_new_thread() -> int:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    return found[0]


def test_it_is_given_back_also_after_an_error() -> None:
    def fail() -> None:
        with one_torch_thread():
            assert torch.get_num_threads() == of_new_thread() == 1
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert torch.get_num_threads() == of_new_thread() == 2


def test_within_itself_it_is_one() -> None:
    with one_torch_thread():
        with one_torch_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == of_new_thread() == 1


def test_who_ends_first_takes_nothing_from_the_others() -> None:
    begun, end, left = threading.Event(), threading.Event(), list[int]()

    def other() -> None:
        with one_torch_thread():
            begun.set()
            end.wait(120)
            left.append(torch.get_num_threads())

    thread = threading.Thread(target=other)
    with one_torch_thread():
        thread.start()
        assert begun.wait(120)
    assert of_new_thread() == 1  # the other is at work still
    end.set()
    thread.join()
    assert left == [1]
    assert of_new_thread() == 2
    torch.set_num_threads(2)


class Clip:
    """A microphone with a second of noise in it."""

    rate_hz, dropped = RATE, 0

    def __init__(self) -> None:
        self.ring = Ring(RATE * 4)

    def check(self) -> None:
        self.ring.write(np.random.default_rng(1).normal(0, 0.1, (1, RATE)).astype(np.float32))

    def capture_time(self, index: int) -> float:
        return 0.0


@pytest.fixture(scope="module")
def model() -> Classifier:
    return Catalog().load("instrument")


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sounds")
    rng = np.random.default_rng(2)
    for label in ("flute", "violin"):
        (folder / label).mkdir()
        noise = rng.normal(0, 0.1, (1, 2 * RATE)).astype(np.float32)
        write(folder / label / "a.wav", Audio(noise, RATE))
    return folder


WORKERS: dict[str, Callable[[Classifier, Path], Generator[Any, None, Any]]] = {
    "file": lambda model, sounds: analyse(sounds / "flute" / "a.wav", {"a": model}),
    "live": lambda model, sounds: listen(Clip(), {"a": model}),
    "why": lambda model, sounds: explain_file(model, sounds / "flute" / "a.wav", 1.0, steps=4),
    "evaluate": lambda model, sounds: predict_dataset(model, open_dataset(sounds)),
}


def test_a_classifier_is_opened_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    judge = Classifier.judge

    def noticed(self: Classifier, *arguments: Any) -> Any:
        seen.append(torch.get_num_threads())
        return judge(self, *arguments)

    monkeypatch.setattr(Classifier, "judge", noticed)
    Catalog().load("composer")
    assert seen == [1]


def test_live_sound_goes_first(
    model: Classifier, sounds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While live sound is computed, a file waits; it does not wait for ever."""
    order: list[str] = []
    push = Analysis.push

    def noticed(self: Analysis, samples: Any) -> Any:
        order.append(threading.current_thread().name)
        return push(self, samples)

    monkeypatch.setattr(Analysis, "push", noticed)
    monkeypatch.setattr(threads, "_GIVEN_SECONDS", 60.0)
    file = threading.Thread(
        target=lambda: list(analyse(sounds / "flute" / "a.wav", {"a": model})), name="file"
    )
    with threads.live_first():
        file.start()
        time.sleep(0.5)
        assert order == []
    file.join()
    assert order[0] == "file"
    monkeypatch.setattr(threads, "_GIVEN_SECONDS", 0.01)
    with threads.live_first():
        list(analyse(sounds / "flute" / "a.wav", {"a": model}))
    steps = listen(Clip(), {"a": model})
    inside: list[int] = []
    monkeypatch.setattr(
        Analysis, "push", lambda self, samples: inside.append(threads._computing) or {}
    )
    next(steps)
    steps.close()
    assert inside == [1]
    assert threads._computing == 0


@pytest.mark.parametrize("module", ["engine.cli", "desktop.__main__"])
def test_programs_begin_by_waiting_without_spinning(module: str) -> None:
    """OpenMP reads it when torch is loaded, and never again."""
    words = f"""
import os, sys, {module}, engine.threads
sys.argv = ["earmark", "--version"]
{module}.wait_without_spinning = stop = lambda: sys.exit(7)
engine.threads.wait_without_spinning = lambda: sys.exit("torch" in sys.modules or 7)
{module}.main()
"""
    done = subprocess.run([sys.executable, "-c", words], check=False, capture_output=True)
    assert done.returncode == 7, done.stderr


def test_waiting_threads_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.setenv("KMP_BLOCKTIME", "5")
    threads.wait_without_spinning()
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
    assert os.environ["KMP_BLOCKTIME"] == "5"  # the user's own


@pytest.mark.parametrize("worker", list(WORKERS))
def test_workers_compute_on_one_thread(
    worker: str, model: Classifier, sounds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    judge = Classifier.judge

    def noticed(self: Classifier, *arguments: Any) -> Any:
        seen.append(torch.get_num_threads())
        return judge(self, *arguments)

    monkeypatch.setattr(Classifier, "judge", noticed)
    steps = WORKERS[worker](model, sounds)
    for _ in range(4):
        if next(steps, None) is None:
            break
    steps.close()
    assert seen
    assert set(seen) == {1}

"""A batch in several processes beside one, in one run; ``make bench`` runs it.

On a machine whose cores are busy with something else the ratio says little: the second process
finds no core of its own.
"""

import multiprocessing
import os
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pytest_benchmark.fixture import BenchmarkFixture

from engine.archive.processes import Listening, classify_in_processes
from engine.audio import read
from engine.classifier.catalog import DEFAULT
from engine.recognition.events import BatchResult
from resources import resource

CORES, FILES, SECONDS = 2, 8, 60
MOST_MEMORY = 600e6
HOUR = 3600


@pytest.fixture
def songs(tmp_path: Path) -> list[Path]:
    demo = read(resource("sounds", "demo.ogg"))
    sound = np.tile(demo.samples, (1, 3))[:, : SECONDS * demo.rate_hz].T
    paths = [tmp_path / f"{number}.mp3" for number in range(FILES)]
    for path in paths:
        soundfile.write(path, sound, demo.rate_hz, format="MP3")
    return paths


def speed(paths: list[Path], jobs: int, hop: float | None) -> float:
    """Seconds of sound in a second, once all processes are at work."""
    begun, done, started = 0.0, 0, set()
    for event in classify_in_processes(paths, Listening(DEFAULT, hop), jobs=jobs):
        if event is not None:
            started.add(event.number)
        if len(started) == jobs and not begun:
            begun = time.perf_counter()
        if isinstance(event, BatchResult):
            assert event.result is not None, event.problem
            done += 1
    assert done == len(paths)
    return len(paths) * SECONDS / (time.perf_counter() - begun)


def test_two_processes_beside_one(songs: list[Path], benchmark: BenchmarkFixture) -> None:
    """The classifiers that listen by default on MP3, ``--hop 1``; aim: 0.9 of linear."""
    one = benchmark.pedantic(lambda: speed(songs[: FILES // 2], 1, 1.0), rounds=1)
    two = speed(songs, CORES, 1.0)
    benchmark.extra_info["times real time, one process"] = round(one, 1)
    benchmark.extra_info["times real time, two"] = round(two, 1)
    benchmark.extra_info["share of linear"] = round(two / one / CORES, 2)
    benchmark.extra_info["other load"] = round(os.getloadavg()[0] - CORES, 1)
    assert two > one  # the aim needs a free machine


def test_memory_of_a_process(tmp_path: Path, benchmark: BenchmarkFixture) -> None:
    """Ten hours of sound, of which the classifier hears a window every ten seconds; aim: 600 MB."""
    path = tmp_path / "long.wav"
    second = (0.1 * np.random.default_rng(1).standard_normal(16000)).astype(np.float32)
    with soundfile.SoundFile(path, "w", 16000, 1, "PCM_16") as file:
        for _ in range(10 * HOUR):
            file.write(second)
    peak = 0

    def hear() -> None:
        nonlocal peak
        for _ in classify_in_processes([path], Listening(DEFAULT, 10.0), jobs=1):
            peak = max([peak, *map(resident, multiprocessing.active_children())])

    benchmark.pedantic(hear, rounds=1)
    benchmark.extra_info["MB"] = round(peak / 1e6)
    assert 0 < peak < MOST_MEMORY


def resident(process: object) -> int:
    """The most memory that a process has had, in bytes."""
    try:
        text = Path(f"/proc/{getattr(process, 'pid', 0)}/status").read_text()
    except OSError:  # it has just ended
        return 0
    return next((int(x.split()[1]) * 1024 for x in text.splitlines() if "VmHWM" in x), 0)

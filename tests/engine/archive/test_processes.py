"""Several processes: the same results as one, each file once, whatever is killed."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine import workers
from engine.archive import processes
from engine.archive.processes import Listening, classify_in_processes, in_order, useful_jobs
from engine.errors import ModelError
from engine.recognition.events import BatchResult, BatchStep
from engine.recognition.files import classify_files
from engine.workers import Pause
from tests.planted import RATE, beeper

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills as Unix does")


def noise(path: Path, seconds: float, seed: int = 0) -> Path:
    samples = np.random.default_rng(seed).standard_normal(round(seconds * RATE)) * 0.1
    soundfile.write(path, samples, RATE, subtype="PCM_16")
    return path


@pytest.fixture
def how(tmp_path: Path) -> Listening:
    path = tmp_path / "beeper.safetensors"
    beeper().save(path)
    return Listening((str(path),))


def results(events: Iterator[object]) -> list[BatchResult]:
    return [event for event in events if isinstance(event, BatchResult)]


def test_the_same_as_in_one_process(tmp_path: Path, how: Listening) -> None:
    paths = [noise(tmp_path / f"{n}.wav", 1 + 4 * (n == 0), n) for n in range(6)]
    (tmp_path / "3.wav").write_text("words")
    events = list(in_order(classify_in_processes(paths, how, jobs=2, ahead=3)))
    found, alone = results(iter(events)), results(classify_files(paths, {"beeper": beeper()}))
    assert [one.path for one in found] == paths
    assert [one.number for one in found] == [1, 2, 3, 4, 5, 6]
    assert {e.number for e in events if isinstance(e, BatchStep)} == {1, 2, 3, 4, 5, 6}
    for one, other in zip(found, alone, strict=True):
        assert one.problem == other.problem
        assert (one.result is None) == (one.path.name == "3.wav")
        if one.result is not None and other.result is not None:
            (ours,), (theirs,) = one.result.timelines.values(), other.result.timelines.values()
            np.testing.assert_allclose(ours.probabilities, theirs.probabilities, atol=1e-6)
            assert np.array_equal(ours.times, theirs.times)
            assert list(one.result.lanes.values()) == list(other.result.lanes.values())
    assert not multiprocessing.active_children()


def test_a_process_that_is_killed_costs_its_file_alone(tmp_path: Path, how: Listening) -> None:
    long = noise(tmp_path / "long.wav", 1200)
    others = [noise(tmp_path / f"{n}.wav", 2, n) for n in range(5)]
    killed, found = 0, []
    for event in classify_in_processes([long, *others], how, jobs=2):
        if isinstance(event, BatchStep) and event.path == long and event.share > 0 and not killed:
            killed = _busiest()
            os.kill(killed, signal.SIGKILL)
        if isinstance(event, BatchResult):
            found.append(event)
    assert killed
    assert sorted(one.path.name for one in found) == sorted(p.name for p in [long, *others])
    lost = [one for one in found if one.lost]
    assert [one.path for one in lost] == [long]
    assert "ended unexpectedly" in lost[0].problem
    assert all(one.result is not None for one in found if not one.lost)


def _busiest() -> int:
    """The process that has used most of the processor: the long file's."""

    def ticks(pid: int) -> int:
        words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(words[11]) + int(words[12])

    return max((one.pid or 0 for one in multiprocessing.active_children()), key=ticks)


def test_a_batch_that_rests_says_so(tmp_path: Path, how: Listening) -> None:
    """From then on nothing is worked at, in the middle of a file, until it continues."""
    pause, events = Pause(), list[object]()
    long = [noise(tmp_path / f"{n}.wav", 300, n) for n in range(2)]
    batch = classify_in_processes(long, how, jobs=2, pause=pause)

    def go_on_until(reached: Callable[[], bool]) -> None:
        while not reached():
            events.append(next(batch))

    def begun() -> set[Path]:
        return {e.path for e in events if isinstance(e, BatchStep) and e.share > 0}

    with closing(batch):
        assert not pause.resting
        go_on_until(lambda: len(begun()) == 2)  # a process that begins takes time, resting or not
        pause.set(True)
        assert not pause.resting
        go_on_until(lambda: pause.resting)
        used = _ticks()
        told = [next(batch) for _ in range(10)]
        assert told == [None] * 10
        assert _ticks() - used <= 20  # hundredths of a second, of 200 in two processes
        pause.set(False)
        assert not pause.resting
        pause.set(True)  # again, before it has continued
        assert not pause.resting
        go_on_until(lambda: pause.resting)
        pause.set(False)
        events += batch
    assert [e.result is not None for e in events if isinstance(e, BatchResult)] == [True, True]


def test_who_pauses_and_continues_at_any_moment_loses_no_file(
    tmp_path: Path, how: Listening
) -> None:
    class Restless(Pause):
        looks = 0

        @property
        def on(self) -> bool:
            self.looks += 1
            return self.looks % 2 == 1

    paths = [noise(tmp_path / f"{n}.wav", 1, n) for n in range(3)]
    deadline, found = time.monotonic() + 60, 0
    with closing(classify_in_processes(paths, how, jobs=1, pause=Restless())) as batch:
        for event in batch:
            found += isinstance(event, BatchResult)
            assert time.monotonic() < deadline
    assert found == 3


def _ticks() -> int:
    """Processor time of all processes, in hundredths of a second."""
    found = 0
    for one in multiprocessing.active_children():
        words = Path(f"/proc/{one.pid}/stat").read_text().rsplit(")", 1)[1].split()
        found += int(words[11]) + int(words[12])
    return found


def test_what_cannot_be_used_is_said(tmp_path: Path, how: Listening) -> None:
    path = noise(tmp_path / "a.wav", 1)
    with pytest.raises(ModelError, match="no classifier 'nonsense'"):
        list(classify_in_processes([path], Listening(("nonsense",)), jobs=1))
    with pytest.raises(ModelError, match="has just changed"):
        list(classify_in_processes([path], how, jobs=1, sha256={"planted": "0" * 64}))
    assert not multiprocessing.active_children()


def test_processes_that_cannot_begin_are_no_endless_loop(
    tmp_path: Path, how: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_serve", os._exit)  # called with the pipe: it ends at once
    with pytest.raises(ModelError, match="No process could be started"):
        list(classify_in_processes([noise(tmp_path / "a.wav", 1)], how, jobs=2))


def test_closing_ends_all_processes(tmp_path: Path, how: Listening) -> None:
    events = classify_in_processes([noise(tmp_path / "long.wav", 600)], how, jobs=1)
    for event in events:
        if isinstance(event, BatchStep):
            break
    begun = time.monotonic()
    events.close()
    assert not multiprocessing.active_children()
    assert time.monotonic() - begun < 60  # the file takes longer


def test_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / f"{n}.wav" for n in range(20)]
    for path in paths:
        path.touch()
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    monkeypatch.setattr(processes, "_free_memory", lambda: 3_000_000_000)
    assert useful_jobs(paths) == 1  # nothing to do
    os.truncate(paths[0], 10_000_000)
    assert useful_jobs(paths) == 2
    for path in paths:
        os.truncate(path, 10_000_000)
    assert useful_jobs(paths) == 4
    assert useful_jobs([*paths[:2], tmp_path / "missing.wav"]) == 3
    monkeypatch.setattr(processes, "_free_memory", lambda: 100)
    assert useful_jobs(paths) == 1
    monkeypatch.setattr(processes, "_free_memory", lambda: None)
    assert useful_jobs(paths) == 16

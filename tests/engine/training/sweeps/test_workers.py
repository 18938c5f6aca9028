"""Processes of a sweep: told, killed, left early, and left alone by a parent that was killed.

Their jobs need no torch, so they find an empty one: loading the real one takes seconds.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.training.sweeps.workers import Workers, tell

ROOT = Path(__file__).parents[4]
PARENT = """
import sys, time
from engine.training.sweeps.workers import Workers
from tests.engine.training.sweeps.test_workers import sleep
if __name__ == "__main__":
    workers = Workers(1)
    workers.start("long", sleep, sys.argv[1])
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def no_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder before all others where a process that begins finds its modules."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "torch.py").write_text(
        "threads = None\ndef set_num_threads(count):\n    global threads\n    threads = count\n"
    )
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    return folder


def give(number: int) -> int:
    """Jobs of which one is killed and one fails."""
    tell(f"{number} begun")
    tell(f"{number} goes on")
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 2:
        raise ValueError("two is no good")
    return number


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
def test_a_process_that_is_killed_does_not_end_the_others() -> None:
    ended: list[tuple[int, int | str]] = []
    told: list[tuple[int, str]] = []
    workers: Workers[int] = Workers(1)
    with workers:
        for number in range(4):
            assert workers.free
            workers.start(number, give, number)
            assert not workers.free
            while workers.busy:
                now = workers.ended()
                told += workers.messages()
                ended += now
    assert [number for number, _ in ended] == [0, 1, 2, 3]
    results = dict(ended)
    assert (results[0], results[3]) == (0, 3)
    memory = (
        "Its process ended unexpectedly, perhaps for lack of memory. "
        "Run the sweep again to continue."
    )
    assert results[1] == memory
    assert results[2] == "ValueError: two is no good"
    # What each told comes in order and under its name; of the killed one it may be lost.
    for number in (0, 2, 3):
        mine = [words for name, words in told if name == number]
        assert mine == [f"{number} begun", f"{number} goes on"][: len(mine)]


def threads(_: int) -> tuple[int, int]:
    """How many threads a job may use, and who does it."""
    import torch

    return torch.threads, os.getpid()  # type: ignore[attr-defined]


def test_each_computes_on_one_thread_and_does_one_job_after_the_other() -> None:
    results: list[tuple[int, int]] = []
    workers: Workers[tuple[int, int]] = Workers(2)
    with workers:
        for number in range(4):
            while not workers.free:
                results += [found for _, found in workers.ended() if not isinstance(found, str)]
            workers.start(number, threads, number)
        while workers.busy:
            results += [found for _, found in workers.ended() if not isinstance(found, str)]
    assert [count for count, _ in results] == [1, 1, 1, 1]
    assert 1 <= len({process for _, process in results}) <= 2


def sleep(path: str) -> int:
    """A job that says who it is, then takes a minute."""
    tell("begun")
    tell("goes on")
    Path(f"{path}.new").write_text(str(os.getpid()))
    Path(f"{path}.new").replace(path)
    time.sleep(60)
    return 0


def test_leaving_early_ends_what_runs(tmp_path: Path) -> None:
    workers: Workers[int] = Workers(1)
    told: list[tuple[str, str]] = []
    with workers:
        workers.start("long", sleep, str(tmp_path / "pid"))
        while not (tmp_path / "pid").exists():
            assert workers.ended() == []
            told += workers.messages()
        told += workers.messages()
        began = time.monotonic()
    assert time.monotonic() - began < 40.0  # of the minute that the job takes
    assert told == [("long", "begun"), ("long", "goes on")]
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
def test_they_end_when_who_began_them_is_killed(tmp_path: Path, no_torch: Path) -> None:
    place = tmp_path / "pid"
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(place)],
        env=os.environ | {"PYTHONPATH": f"{no_torch}{os.pathsep}{ROOT}"},
        stdout=subprocess.PIPE,
    ) as parent:
        try:
            while not place.exists():
                assert parent.poll() is None
                time.sleep(0.02)
            parent.kill()
            # Its output ends when nobody is left who could write to it.
            assert parent.communicate(timeout=40)[0] == b""
        finally:
            parent.kill()
            if place.exists():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(place.read_text()), signal.SIGKILL)

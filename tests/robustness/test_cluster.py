"""A batch on real worker processes: what is killed is done again, and no row appears twice."""

import hashlib
import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.archive.batch import ears_of
from engine.archive.cluster import connection
from engine.archive.database import Database, stamp_of
from engine.archive.processes import Listening
from engine.errors import ClusterError
from engine.recognition.events import BatchResult
from engine.recognition.files import classify_files
from tests.cluster import Machines
from tests.planted import RATE, beeper, burst
from tests.robustness.test_archive import finished, kept

SOUNDS = 24
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
# A worker of another Earmark and another torch.
_OTHER = (
    "import engine.archive.cluster.task as task\n"
    "task.versions = lambda: {'earmark': '0.0.9', 'torch': '2.1.0'}\n"
    "from distributed.cli.dask_worker import main\n"
    "main()\n"
)


@pytest.fixture(scope="module", autouse=True)
def _dask() -> None:
    pytest.importorskip("distributed", reason="Dask is not installed (extra 'cluster')")


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    with Machines(tmp_path) as started:
        started.start_scheduler()
        yield started


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    beeper().save(tmp_path / "beeper.safetensors")
    rng = np.random.default_rng(3)
    for number in range(SOUNDS):
        seconds = 100 if number % 8 == 0 else 8
        sound = burst(seconds, at=number % 7) + 0.01 * rng.standard_normal(seconds * RATE)
        soundfile.write(folder / f"P_20240101_0000{number:02}.wav", sound, RATE, subtype="PCM_16")
    (folder / "A bad one.wav").write_text("no sound")
    return folder


def words(database: Path, sounds: Path) -> list[str]:
    model = sounds.parent / "beeper.safetensors"
    return ["-c", str(model), "-d", str(database), str(sounds)]


def unbroken(sounds: Path) -> Path:
    """A database of the same files, heard in this process."""
    place = sounds.parent / "whole.sqlite"
    how = Listening((str(sounds.parent / "beeper.safetensors"),))
    with Database(place) as database:
        ids = database.ids(ears_of(how))
        for event in classify_files(sorted(sounds.iterdir()), {"planted": beeper()}):
            if isinstance(event, BatchResult):
                database.record(event, stamp_of(event.path), ids, "mixed")
    return place


def assert_alike(one: Path, other: Path) -> None:
    ours, theirs = kept(one), kept(other)
    assert len(ours["files"]) == SOUNDS + 1
    for name in ("files", "heard", "answers", "rows"):
        assert ours[name] == theirs[name], name
    for (mine,), (yours,) in zip(ours["numbers"], theirs["numbers"], strict=True):
        np.testing.assert_allclose(
            np.frombuffer(mine, "<f4"), np.frombuffer(yours, "<f4"), atol=1e-6, rtol=0
        )


def wait_for(database: Path, count: int, machines: Machines) -> int:
    deadline = time.monotonic() + 300
    while (found := finished(database)) < count:
        assert time.monotonic() < deadline, machines.said()
        time.sleep(0.03)
    return found


def test_killed_workers_cost_nothing(machines: Machines, sounds: Path, tmp_path: Path) -> None:
    database, first, second = tmp_path / "a.sqlite", *(machines.start_worker() for _ in range(2))
    batch = machines.begin(14, *words(database, sounds))
    assert wait_for(database, 3, machines) < SOUNDS
    first.kill()  # it hears a file, has the next at hand, and perhaps a result nobody has fetched
    assert wait_for(database, 8, machines) < SOUNDS
    second.kill()  # now there is none
    machines.start_worker()
    machines.go.touch()
    said = batch.communicate(timeout=600)[1]
    assert batch.returncode == 1, said  # of the bad one
    assert "Traceback" not in said
    assert_alike(database, unbroken(sounds))
    # The classifier was on no worker: it came through the scheduler, and is kept by its SHA-256.
    model = (tmp_path / "beeper.safetensors").read_bytes()
    name = f"{hashlib.sha256(model).hexdigest()}.safetensors"
    sent = machines.cache(2) / "Earmark" / "cluster" / name
    assert sent.read_bytes() == model
    again = machines.classify(*words(database, sounds))
    assert f"{SOUNDS} of {SOUNDS + 1} files are done already. 1 failed before" in again.stderr


def test_the_scheduler_is_killed(machines: Machines, sounds: Path, tmp_path: Path) -> None:
    database = tmp_path / "a.sqlite"
    machines.start_worker()
    batch = machines.begin(9, *words(database, sounds))
    before = wait_for(database, 3, machines)
    assert machines.scheduler is not None
    machines.scheduler.kill()
    machines.scheduler.wait()
    machines.workers[0].kill()
    machines.go.touch()
    said = batch.communicate(timeout=600)[1]
    assert batch.returncode == 2, said
    assert said.count("\n") <= 3, said  # what joined, the bad one, and this
    assert f"The connection to the scheduler at {machines.address} was lost." in said
    assert before <= finished(database) < SOUNDS + 1
    machines.start_scheduler()
    machines.start_worker()
    again = machines.classify(*words(database, sounds))
    assert again.returncode == 1, again.stderr
    assert "files are done already" in again.stderr
    assert_alike(database, unbroken(sounds))


def test_ctrl_c(machines: Machines, sounds: Path, tmp_path: Path) -> None:
    """What is done is kept, workers stop at once, and the rest is done by the next command."""
    database, worker = tmp_path / "a.sqlite", machines.start_worker()
    long = tmp_path / "in" / "A long one.wav"
    soundfile.write(long, np.zeros(RATE * 3600 * 2, np.int16), RATE)
    batch = machines.begin(SOUNDS, *words(database, sounds))
    wait_for(database, 1, machines)  # the bad one; the long one is heard now
    os.killpg(batch.pid, signal.SIGINT)
    said = batch.communicate(timeout=600)[1]
    assert batch.returncode == 130, said
    assert "Traceback" not in said
    assert "Run the same command again to continue." in said
    assert finished(database) < SOUNDS
    long.unlink()
    assert machines.classify(*words(database, sounds)).returncode == 1
    assert worker.poll() is None
    assert_alike(database, unbroken(sounds))


def test_other_versions_are_said(machines: Machines, sounds: Path, tmp_path: Path) -> None:
    machines.start_worker(["-c", _OTHER])
    done = machines.classify(*words(tmp_path / "a.sqlite", sounds))
    assert done.returncode == 2
    assert "has earmark 0.0.9 and torch 2.1.0, and this machine has earmark" in done.stderr
    assert "Install the same versions on all." in done.stderr
    assert done.stderr.count("\n") == 2  # that no worker is there yet, or one, and this


def test_files_that_workers_do_not_find(machines: Machines, tmp_path: Path) -> None:
    """They are tried again by the next call: the storage may be there by then."""
    beeper().save(tmp_path / "beeper.safetensors")
    machines.start_worker()
    arguments = ["-c", str(tmp_path / "beeper.safetensors"), "-d", str(tmp_path / "a.sqlite")]
    done = machines.classify(*arguments, str(tmp_path / "gone.wav"))
    assert done.returncode == 1
    assert "gone.wav is not on the worker tcp://127.0.0.1:" in done.stderr
    db = sqlite3.connect(tmp_path / "a.sqlite")
    assert db.execute("SELECT status FROM files").fetchall() == [("lost",)]
    db.close()


def test_tables_are_those_of_this_machine(machines: Machines, sounds: Path, tmp_path: Path) -> None:
    machines.start_worker()
    model = str(tmp_path / "beeper.safetensors")
    done = machines.classify("-c", model, "-f", "csv", "-o", "far.csv", "in")
    assert done.returncode == 1, done.stderr
    near = machines.command("-c", model, "-f", "csv", "-o", "near.csv", "in")
    at = near.index("--scheduler")
    subprocess.run(
        [*near[:at], *near[at + 2 :]],
        env=machines.environment,
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert (tmp_path / "far.csv").read_text() == (tmp_path / "near.csv").read_text()
    assert not list(tmp_path.glob(".far*"))


def test_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_ANSWER_SECONDS", 0.5)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{closed.getsockname()[1]}"
        for wrong in (address, "nonsense://x:1", "tcp://127.0.0.1"):
            with pytest.raises(ClusterError, match="Nobody answers at"):
                connection.Cluster(wrong)

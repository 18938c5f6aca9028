"""kill -9 in the middle of a batch, three times: the results are those of an unbroken run."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.archive.batch import ears_of
from engine.archive.database import Database, stamp_of
from engine.archive.processes import Listening
from engine.recognition.events import BatchResult
from engine.recognition.files import classify_files
from tests.planted import RATE, beeper, burst

ROOT = Path(__file__).resolve().parents[2]
SOUNDS = 40
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")


def command(database: Path, folder: Path, jobs: int = 1, most: int = 0) -> list[str]:
    """``earmark classify``; with ``most`` it stands still when so many files are done."""
    model = folder / "beeper.safetensors"
    begin = ["tests.held", str(most), "never"] if most else ["engine.cli"]
    words = ["classify", "-j", str(jobs), "-c", str(model), "-d", str(database), str(folder / "in")]
    return [sys.executable, "-m", *begin, *words]


def finished(database: Path) -> int:
    if not database.exists():
        return 0
    db = sqlite3.connect(database)
    try:
        found: int = db.execute("SELECT count(*) FROM files").fetchone()[0]
    except sqlite3.OperationalError:  # it has no tables yet
        return 0
    finally:
        db.close()
    return found


def kept(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that a database holds beside what depends on the order of work."""
    questions = {
        "files": "SELECT path, status, reason, duration_seconds, recorded_at FROM files",
        "heard": "SELECT path, classifier, label, start_seconds, end_seconds FROM heard",
        "answers": "SELECT path, classifier, verdict, label, heard FROM answers",
        "rows": "SELECT path, times, length(probabilities) FROM results "
        "JOIN files ON files.id = file_id",
    }
    db = sqlite3.connect(database)
    try:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = {name: sorted(db.execute(text).fetchall()) for name, text in questions.items()}
        numbers = "SELECT probabilities FROM results JOIN files ON files.id = file_id ORDER BY path"
        found["numbers"] = db.execute(numbers).fetchall()
    finally:
        db.close()
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    beeper().save(tmp_path / "beeper.safetensors")
    rng = np.random.default_rng(3)
    for number in range(SOUNDS):
        seconds = 100 if number % 10 == 0 else 8
        sound = burst(seconds, at=number % 7) + 0.01 * rng.standard_normal(seconds * RATE)
        place = tmp_path / "in" / f"P_20240101_0000{number:02}.wav"
        soundfile.write(place, sound, RATE, subtype="PCM_16")
    (tmp_path / "in" / "A bad one.wav").write_text("no sound")
    return tmp_path


def test_killed_three_times_an_archive_is_as_if_it_had_not_been(folder: Path) -> None:
    broken, environment = folder / "broken.sqlite", {**os.environ, "PYTHONPATH": str(ROOT)}
    rng, counts = random.Random(5), []
    for stop, jobs in ((1, 2), (12, 1), (25, 2)):
        batch = subprocess.Popen(
            command(broken, folder, jobs, stop + 6), env=environment, stderr=subprocess.DEVNULL
        )
        while finished(broken) < stop:
            assert batch.poll() is None
            time.sleep(0.03)
        time.sleep(rng.uniform(0.0, 0.1))
        batch.kill()
        assert batch.wait() == -signal.SIGKILL
        counts.append(finished(broken))
    assert 0 < counts[0] < counts[1] < counts[2] < SOUNDS + 1, counts
    # The bad one, which comes first, is noted among them, and is none of the done.
    assert f"{counts[2] - 1} of {SOUNDS + 1} files are done already" in carried_on(broken, folder)
    one, other = kept(broken), kept(unbroken(folder))
    assert len(one["files"]) == SOUNDS + 1
    for name in ("files", "heard", "answers", "rows"):
        assert one[name] == other[name], name
    for (ours,), (theirs,) in zip(one["numbers"], other["numbers"], strict=True):
        np.testing.assert_allclose(
            np.frombuffer(ours, "<f4"), np.frombuffer(theirs, "<f4"), atol=1e-6, rtol=0
        )
    assert f"{SOUNDS} of {SOUNDS + 1} files are done already. 1 failed" in carried_on(
        broken, folder
    )


def carried_on(database: Path, folder: Path) -> str:
    """What the command says that goes on to the end."""
    done = subprocess.run(
        command(database, folder),
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr  # of the bad one
    return done.stderr


def unbroken(folder: Path) -> Path:
    """A database of the same files, heard in this process without a break."""
    path, sounds = folder / "whole.sqlite", sorted((folder / "in").iterdir())
    how = Listening((str(folder / "beeper.safetensors"),))
    with Database(path) as database:
        ids = database.ids(ears_of(how))
        for event in classify_files(sounds, {"planted": beeper()}):
            if isinstance(event, BatchResult):
                database.record(event, stamp_of(event.path), ids, "mixed")
    return path


@pytest.mark.parametrize("after", [0.3, 1.5])
def test_ctrl_c_while_processes_begin(folder: Path, after: float) -> None:
    """A terminal interrupts all of them at once, wherever they are."""
    batch = subprocess.Popen(
        command(folder / "a.sqlite", folder, jobs=2),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Where the tests themselves run in the background, it is ignored.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    while not (folder / "a.sqlite").exists():
        assert batch.poll() is None
        time.sleep(0.01)
    time.sleep(after)
    os.killpg(batch.pid, signal.SIGINT)
    said = batch.communicate()[1]
    assert "Traceback" not in said
    assert batch.returncode == 130

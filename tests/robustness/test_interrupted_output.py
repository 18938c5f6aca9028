"""``earmark classify -o`` killed in the middle: the same command goes on, and gives the same."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile

from tests.planted import RATE, beeper, burst

ROOT = Path(__file__).resolve().parents[2]
SOUNDS = 24
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    beeper().save(tmp_path / "beeper.safetensors")
    (tmp_path / "in").mkdir()
    for number in range(SOUNDS):
        sound = burst(60 if number % 6 == 5 else 4, at=number % 3)
        soundfile.write(tmp_path / "in" / f"{number:02}.wav", sound, RATE, subtype="PCM_16")
    (tmp_path / "in" / "03 bad.wav").write_text("no sound")
    return tmp_path


def start(folder: Path, output: str, jobs: int, most: int = 0) -> "subprocess.Popen[str]":
    """Begin; with ``most`` it stands still when so many files are done."""
    begin = ["tests.held", str(most), "never"] if most else ["engine.cli"]
    words = ["classify", "-j", str(jobs), "-c", "beeper.safetensors", "-f", "json"]
    return subprocess.Popen(
        [sys.executable, "-m", *begin, *words, "-o", output, "in"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Where the tests themselves run in the background, Ctrl-C is ignored.
        preexec_fn=_heed_interrupts,
    )


def _heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def done(journal: Path) -> int:
    if not journal.exists():
        return 0
    db = sqlite3.connect(journal)
    try:
        return int(db.execute("SELECT count(*) FROM files").fetchone()[0])
    except sqlite3.OperationalError:  # it has no tables yet
        return 0
    finally:
        db.close()


def stop(folder: Path, output: str, after: int, how: signal.Signals, jobs: int) -> tuple[int, str]:
    """Begin, and end it once so many files are done; exit code, and what it said."""
    batch = start(folder, output, jobs, after + 6)
    while done(folder / f".{output}.unfinished") < after:
        assert batch.poll() is None, "it had ended before it was stopped"
        time.sleep(0.02)
    batch.send_signal(how) if how is signal.SIGKILL else os.killpg(batch.pid, how)
    said = batch.communicate()[1]
    return batch.returncode, said


def parted(text: str) -> tuple[list[str], list[float]]:
    """What stands around the fractions of a text, and the fractions."""
    pieces = re.split(r"(-?\d+\.\d+(?:e-?\d+)?)", text)
    return pieces[::2], [float(number) for number in pieces[1::2]]


def test_killed_and_interrupted_it_is_as_if_it_had_not_been(folder: Path) -> None:
    code, _ = stop(folder, "out.json", 3, signal.SIGKILL, jobs=2)
    assert code == -signal.SIGKILL
    code, said = stop(folder, "out.json", 12, signal.SIGINT, jobs=1)
    assert code == 130
    assert "Run the same command again to continue." in said
    assert "Traceback" not in said
    last = start(folder, "out.json", 2)
    said = last.communicate()[1]
    assert last.returncode == 1, said  # of the bad one
    assert f"of {SOUNDS + 1} files are done already" in said
    assert not (folder / ".out.json.unfinished").exists()
    assert start(folder, "whole.json", 1).communicate()[0] is None
    # Another process's arithmetic may differ in the last digit that is written.
    out, whole = (parted((folder / name).read_text()) for name in ("out.json", "whole.json"))
    assert out[0] == whole[0]
    assert out[1] == pytest.approx(whole[1], abs=1.5e-6)

"""``earmark classify -o`` killed in the middle: the same command goes on, and gives the same."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet
import pytest
import soundfile

from tests.planted import RATE, beeper, burst

ROOT = Path(__file__).resolve().parents[2]
SOUNDS = 30
pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9"),
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("interrupted")
    beeper().save(made / "beeper.safetensors")
    (made / "in").mkdir()
    for number in range(SOUNDS):
        sound = burst(200 if number % 6 == 5 else 10, at=number % 7)
        soundfile.write(made / "in" / f"{number:02}.wav", sound, RATE, subtype="PCM_16")
    (made / "in" / "03 bad.wav").write_text("no sound")
    return made


def command(folder: Path, form: str, output: str, jobs: int = 2) -> list[str]:
    words = ["classify", "-j", str(jobs), "-c", "beeper.safetensors", "-f", form]
    return [sys.executable, "-m", "engine.cli", *words, "-o", output, "in"]


def run(
    folder: Path, form: str, output: str, jobs: int = 2, more: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command(folder, form, output, jobs), *more],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def kill(folder: Path, form: str, output: str, journal: Path, after: int, jobs: int) -> None:
    """Begin, and end it with -9 once so many files are done."""
    batch = subprocess.Popen(
        command(folder, form, output, jobs),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    )
    while done(journal) < after:
        assert batch.poll() is None, "it had ended before it was killed"
        time.sleep(0.02)
    batch.kill()
    assert batch.wait() == -signal.SIGKILL


def done(journal: Path) -> int:
    if not journal.exists():
        return 0
    db = sqlite3.connect(journal)
    try:
        return int(db.execute("SELECT count(*) FROM files").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        db.close()


@pytest.mark.parametrize(("form", "jobs"), [("csv", 2), ("json", 1), ("raven", 2)])
def test_one_text_goes_on(folder: Path, form: str, jobs: int) -> None:
    whole = run(folder, form, f"whole.{form}")
    assert whole.returncode == 1, whole.stderr  # of the bad one
    output, journal = folder / f"broken.{form}", folder / f".broken.{form}.unfinished"
    for after in (3, 12):
        kill(folder, form, output.name, journal, after, jobs)
    assert output.read_bytes() != (folder / f"whole.{form}").read_bytes()
    last = run(folder, form, output.name, jobs)
    assert last.returncode == 1, last.stderr
    assert f"of {SOUNDS + 1} files are done already" in last.stderr
    assert output.read_bytes() == (folder / f"whole.{form}").read_bytes()
    assert not list(folder.glob(".broken*"))
    again = run(folder, form, output.name)
    assert again.returncode == 2  # what is complete is not continued
    assert "exists already" in again.stderr


def test_a_folder_goes_on(folder: Path) -> None:
    assert run(folder, "audacity", "whole/").returncode == 1
    journal = folder / "labels" / ".results.unfinished"
    kill(folder, "audacity", "labels/", journal, 9, 2)
    mine = folder / "labels" / "00.txt"
    mine.write_text("0.0\t1.0\tcorrected by me\n")  # meanwhile; it is not written over
    assert run(folder, "audacity", "labels/").returncode == 1
    names = {path.name for path in (folder / "whole").iterdir()}
    assert {path.name for path in (folder / "labels").iterdir()} == names
    for name in names - {"00.txt"}:
        assert (folder / "labels" / name).read_bytes() == (folder / "whole" / name).read_bytes()
    assert "corrected by me" in mine.read_text()


def test_a_table_goes_on(folder: Path) -> None:
    assert run(folder, "parquet", "whole.parquet").returncode == 1
    kill(folder, "parquet", "broken.parquet", folder / ".broken.parquet.unfinished", 8, 2)
    assert not (folder / "broken.parquet").exists()
    assert run(folder, "parquet", "broken.parquet").returncode == 1
    one, other = (
        pyarrow.parquet.read_table(folder / f"{name}.parquet") for name in ("whole", "broken")
    )
    assert one.equals(other)


def test_what_was_changed_since_is_kept(folder: Path) -> None:
    journal = folder / ".mine.csv.unfinished"
    kill(folder, "csv", "mine.csv", journal, 6, 1)
    output = folder / "mine.csv"
    changed = output.read_text().replace("00.wav", "11.wav", 1)
    output.write_text(changed)
    refused = run(folder, "csv", "mine.csv")
    assert refused.returncode == 2
    assert "was changed since" in refused.stderr
    assert output.read_text() == changed
    assert run(folder, "csv", "mine.csv", more=("--overwrite",)).returncode == 1
    assert output.read_text() != changed
    assert not journal.exists()


def test_ctrl_c_says_how_to_continue(folder: Path) -> None:
    batch = subprocess.Popen(
        command(folder, "csv", "stopped.csv"),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while done(folder / ".stopped.csv.unfinished") < 2:
        assert batch.poll() is None
        time.sleep(0.02)
    os.killpg(batch.pid, signal.SIGINT)
    said = batch.communicate()[1]
    assert batch.returncode == 130
    assert "Run the same command again to continue." in said
    assert "Traceback" not in said

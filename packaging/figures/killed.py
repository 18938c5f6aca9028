"""5,000 recordings through ``earmark classify -d``, killed with -9 at random three times.

    python packaging/figures/killed.py FOLDER --files 5000 --work build/killed --hop 3

takes so many of the folder's sounds at random, hears them once without a break and once killed
three times, and says whether both databases hold the same. What was done stays in the working
folder: the script itself goes on where it was interrupted.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.audio.files import find_audio

ROOT = Path(__file__).resolve().parents[2]
KILLS = 3
_LOOK_SECONDS = 0.05
_QUESTIONS = {
    "files": "SELECT path, status, reason, duration_seconds, recorded_at FROM files",
    "heard": "SELECT path, classifier, channel, label, start_seconds, end_seconds FROM heard",
    "answers": "SELECT path, classifier, channel, verdict, label, heard FROM answers",
    "times": "SELECT path, classifiers.name, channel, times, length(probabilities) FROM results "
    "JOIN files ON files.id = file_id JOIN classifiers ON classifiers.id = classifier_id",
}
_NUMBERS = (
    "SELECT path, classifiers.name, channel, probabilities FROM results "
    "JOIN files ON files.id = file_id JOIN classifiers ON classifiers.id = classifier_id "
    "ORDER BY path, classifiers.name, channel"
)


def asked_for(words: str | None, files: int) -> tuple[Path, Path, list[str]]:
    """What the command line asks for; that of both scripts that take so many of a folder's sounds.

    Args:
        words: what the script is, its first line is said.
        files: how many, unless another number is given.

    Returns:
        The folder with links to these sounds, the working folder, and what is for classify.
    """
    parser = argparse.ArgumentParser(description=words.split("\n")[0] if words else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=files)
    parser.add_argument("--work", type=Path, required=True)
    asked, others = parser.parse_known_args()
    work = asked.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    return chosen(asked.folder, asked.files, work), work, others


def chosen(folder: Path, count: int, work: Path) -> Path:
    """A folder with links to so many sounds, drawn with a fixed seed."""
    place = work / "sounds"
    if not place.is_dir():
        sounds = find_audio([folder])
        drawn = sorted(random.Random(21).sample(sounds, min(count, len(sounds))))
        for number, sound in enumerate(drawn):
            inside = place / f"{number // 500:02}"
            inside.mkdir(parents=True, exist_ok=True)
            (inside / f"{number:05}-{sound.name}").symlink_to(sound.resolve())
    return place


def finished(database: Path) -> int:
    """How many files a database knows; another process may be writing it."""
    if not database.exists():
        return 0
    db = sqlite3.connect(database, timeout=30)
    try:
        return int(db.execute("SELECT count(*) FROM files").fetchone()[0])
    except sqlite3.OperationalError:  # no tables yet
        return 0
    finally:
        db.close()


def start(database: Path, sounds: Path, words: Sequence[str]) -> subprocess.Popen[bytes]:
    """The command at work."""
    command = [sys.executable, "-m", "engine.cli", "classify", "-d", str(database), *words]
    return subprocess.Popen(
        [*command, str(sounds)], env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT
    )


def killed(database: Path, sounds: Path, words: Sequence[str], total: int) -> list[int]:
    """Hear all with three kills at random; how many files were known at each."""
    rng, counts = random.Random(), []
    before = finished(database)
    for stop in sorted(rng.randrange(before, total) for _ in range(KILLS)):
        batch = start(database, sounds, words)
        while finished(database) < stop and batch.poll() is None:
            time.sleep(_LOOK_SECONDS)
        time.sleep(rng.uniform(0.0, 1.0))
        batch.kill()
        if batch.wait() != -signal.SIGKILL:
            raise SystemExit("The batch had ended before it was killed.")
        counts.append(finished(database))
    start(database, sounds, words).wait()
    return counts


def differences(one: Path, other: Path) -> dict[str, object]:
    """What two databases hold, compared: tables exactly, probabilities by their distance."""
    found: dict[str, object] = {}
    first, second = (sqlite3.connect(path) for path in (one, other))
    try:
        for name, question in _QUESTIONS.items():
            ours, theirs = (sorted(db.execute(question), key=repr) for db in (first, second))
            found[f"rows of {name}"] = len(ours)
            found[f"{name} alike"] = ours == theirs
        worst, numbers = 0.0, 0
        for ours, theirs in zip(first.execute(_NUMBERS), second.execute(_NUMBERS), strict=True):
            if ours[:3] != theirs[:3]:
                raise SystemExit(f"Results of different files: {ours[:3]}, {theirs[:3]}")
            a, b = (np.frombuffer(row[3], "<f4") for row in (ours, theirs))
            numbers += a.size
            worst = max(worst, float(np.abs(a - b).max(initial=0.0)))
        found["probabilities"], found["largest difference"] = numbers, worst
        found["whole"] = [
            db.execute("PRAGMA integrity_check").fetchone()[0] for db in (first, second)
        ]
    finally:
        first.close()
        second.close()
    return found


def main() -> None:
    """Run it and print the figures as JSON."""
    sounds, work, words = asked_for(__doc__, 5000)
    total = len(find_audio([sounds]))
    broken, whole = work / "killed.sqlite", work / "whole.sqlite"
    began = time.monotonic()
    counts = killed(broken, sounds, words, total)
    middle = time.monotonic()
    start(whole, sounds, words).wait()
    found = {
        "files": total,
        "killed after": counts,
        "seconds": [round(middle - began), round(time.monotonic() - middle)],
        "load": round(os.getloadavg()[0], 1),
        **differences(broken, whole),
    }
    print(json.dumps(found, indent=1))
    (work / "figures.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

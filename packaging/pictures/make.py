"""Makes every picture of README and docs anew, and all others for looking through.

    python packaging/pictures/make.py [FOLDER] [--recordings FOLDER] [--only-docs]

FOLDER (build/pictures) gets every page, light and dark, in all sizes; docs/ its own pictures.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

PACKAGING = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PACKAGING), str(PACKAGING.parent)]

from pictures.inner import runs_folder  # noqa: E402
from pictures.material import make_archive, make_orchestra  # noqa: E402
from pictures.surroundings import home_environment, own_home, words_asked  # noqa: E402
from project import ROOT  # noqa: E402

_OF_RUNS = {"earlier", "compare"}  # chapters that show earlier trainings


def main() -> int:
    asked = _asked()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started goes, too
    shutil.rmtree(asked.folder, ignore_errors=True)
    asked.folder.mkdir(parents=True)
    begun = time.monotonic()
    with own_home() as home:
        # Two torch threads wait for each other where anything else runs.
        os.environ.update(
            home_environment(home), PYTHONPATH=f"{PACKAGING}{os.pathsep}{ROOT}", OMP_NUM_THREADS="1"
        )
        orchestra = make_orchestra(asked.recordings, home / "Orchestra")
        make_archive(asked.recordings, home / "Rehearsals")
        _compile_librosa()
        some = set(asked.chapters.split(",")) if asked.chapters else _OF_RUNS
        runs = _running("pictures.runs", orchestra, runs_folder(home), behind=True)
        with runs if some & _OF_RUNS else nullcontext():
            _tell(1, home, asked, ROOT / "docs")
            if not asked.only_docs:
                _tell(2, home, asked)
    print(f"{len(list(asked.folder.iterdir()))} pictures in {time.monotonic() - begun:.0f} s")
    return 0


def _asked() -> argparse.Namespace:
    parser = words_asked(__doc__, ROOT / "build" / "pictures", ROOT)
    parser.add_argument("--only-docs", action="store_true", help="nothing at scale 2")
    parser.add_argument("--chapters", default="", help="some of them, as file,listen; for trying")
    return parser.parse_args()


def _compile_librosa() -> None:
    """Analyse the music once, as nobody waits for a picture while numba compiles."""
    words = ["engine.cli", "analyse-music", str(ROOT / "resources" / "sounds" / "flute.ogg")]
    subprocess.run([sys.executable, "-m", *words], check=True, stdout=subprocess.DEVNULL)


@contextmanager
def _running(module: str, *words: Path, behind: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    """A module at work; at the end it is gone, with all that it started."""
    command = [sys.executable, "-m", module, *map(str, words)]
    process = subprocess.Popen(["nice", *command] if behind else command, start_new_session=True)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _tell(scale: int, home: Path, asked: argparse.Namespace, *docs: Path) -> None:
    print(f"scale {scale}", flush=True)
    os.environ.update(QT_SCALE_FACTOR=str(scale), EARMARK_CHAPTERS=asked.chapters)
    with _running("pictures.story", home, asked.recordings, asked.folder, *docs) as story:
        if story.wait():
            raise SystemExit(f"The pictures are not complete: see {asked.folder / 'failed.png'}")


if __name__ == "__main__":
    sys.exit(main())

"""Opens the window on a screen of its own and takes every picture at one scale.

    python -m pictures.story HOME RECORDINGS FOLDER [DOCS]

Run by make.py, which makes HOME. With DOCS the whole story is told; without it what another scale
of the screen may change.
"""

import faulthandler
import os
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from pictures.surroundings import screen_and_microphone

if TYPE_CHECKING:
    from pictures.stage import Stage

_LONGEST_START = 180.0  # seconds until the window is there, on a busy machine


def main() -> int:
    home, recordings, folder = (Path(word) for word in sys.argv[1:4])
    docs = Path(sys.argv[4]) if len(sys.argv) > 4 else None
    faulthandler.dump_traceback_later(_LONGEST_START, exit=True)
    with screen_and_microphone() as microphone:
        # Qt and PortAudio look around when they are first imported.
        from pictures.album import Album
        from pictures.inner import close_application, open_application, runs_folder
        from pictures.person import Person
        from pictures.stage import Stage

        _application, session, window = open_application()
        person = Person(window)
        album = Album(person, folder, docs)
        try:
            sounds = home / "Orchestra", home / "Rehearsals"
            stage = Stage(
                *(person, album, session, microphone), *sounds, recordings, runs_folder(home)
            )
            _tell(stage, docs is None)
        except Exception:  # noqa: BLE001  # whatever it was: the picture shows it
            traceback.print_exc()
            album.take_failure()
            return 1  # a window that is closed now may ask whether to stop a training
        close_application(window)
    return 0


def _tell(stage: "Stage", again: bool) -> None:
    from pictures.chapters import AGAIN, ALL

    crashes: list[str] = []
    sys.excepthook = lambda *error: crashes.append("".join(traceback.format_exception(*error)))
    stage.person.see(r"^demo\.ogg")  # what the window opens by itself
    some = os.environ.get("EARMARK_CHAPTERS", "")
    for chapter in AGAIN if again else ALL:
        if some and chapter.__name__ not in some.split(","):
            continue
        begun = time.monotonic()
        chapter(stage)
        stage.album.write_docs()
        print(f"  {chapter.__name__}: {time.monotonic() - begun:.0f} s", flush=True)
        if crashes:
            raise RuntimeError(crashes[0])


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # without Qt's own farewell, which may wait for what was broken off

"""What every chapter of the story has at hand."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from desktop.session import Session
from pictures.album import Album
from pictures.material import Samples
from pictures.person import Missing, Person
from pictures.runs import SWEEP
from tests.virtual_microphone import VirtualMicrophone

FULL = 22.0  # seconds until the rolling pictures are full


@dataclass
class Stage:
    """One window, who drives it, and what can be heard.

    Attributes:
        orchestra: a folder of sounds in classes.
        archive: a folder of recordings.
        recordings: shared recordings; may not be there.
        runs: where the earlier trainings are made, by a process beside this one.
    """

    person: Person
    album: Album
    session: Session
    microphone: VirtualMicrophone
    orchestra: Path
    archive: Path
    recordings: Path
    runs: Path

    def await_runs(self, *names: str) -> None:
        """Wait for earlier trainings; pages list those that there are when they are shown.

        Raises:
            Missing: one of them does not come, and nothing has been written for a minute.
        """
        ends = [
            self.runs / name / ("sweep.html" if name == SWEEP else "results.json") for name in names
        ]

        def written() -> float:
            with suppress(OSError):  # what is being replaced may be gone
                return max((path.stat().st_mtime for path in self.runs.rglob("*")), default=0.0)
            return 0.0

        self.person.wait(
            lambda: all(end.is_file() for end in ends),
            f"the training {' and '.join(names)}",
            progress=written,
        )

    @contextmanager
    def sounding(self, samples: Samples) -> Iterator[None]:
        """While this lasts, the microphone hears a sound.

        Raises:
            Missing: the sound came to its end before.
        """
        playing = self.microphone.play(samples)
        try:
            yield
            if playing.poll() is not None:
                raise Missing("the sound ended before the pictures were taken")
        finally:
            playing.kill()
            playing.wait()

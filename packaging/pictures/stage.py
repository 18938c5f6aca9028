"""What every chapter of the story has at hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from desktop.session import Session
from pictures.album import Album
from pictures.material import Samples
from pictures.person import Missing, Person
from tests.virtual_microphone import VirtualMicrophone


@dataclass
class Stage:
    """One window, who drives it, and what can be heard.

    Attributes:
        orchestra: a folder of sounds in classes.
        recordings: shared recordings; may not be there.
        trained: tells whether the earlier trainings are done.
    """

    person: Person
    album: Album
    session: Session
    microphone: VirtualMicrophone
    orchestra: Path
    recordings: Path

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

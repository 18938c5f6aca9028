"""What the walks are made on: a window, a microphone, and sounds to be heard and dropped."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from desktop.session import Session
from desktop.window import Window
from engine.audio import read
from engine.audio.resample import resample
from resources import resource
from tests import corpora
from tests.virtual_microphone import RATE, VirtualMicrophone
from walks.walker import Walker

Samples = NDArray[np.float32]
_LOUD = 0.5
_LONG_RATE, _LONG_SECONDS = 16_000, 3 * 3600
_MANY = 40


@dataclass
class Stage:
    """One window and what can be heard.

    Attributes:
        walker: who walks.
        orchestra: a folder of sounds in classes.
        archive: a folder of recordings.
        recordings: shared recordings; may not be there.
        home: of this walk alone.
    """

    walker: Walker
    session: Session
    window: Window
    microphone: VirtualMicrophone
    orchestra: Path
    archive: Path
    recordings: Path
    home: Path

    def song(self) -> Path:
        """Four minutes of music: the demo, again and again, each time a little quieter."""
        path = self.home / "A song.wav"
        if not path.exists():
            once = demo()
            turns = [once * 0.97**turn for turn in range(8)]
            soundfile.write(path, np.concatenate(turns)[: 240 * RATE], RATE)
        return path

    def long_sound(self) -> Path:
        """Three hours: the demo, again and again."""
        path = self.home / "Three hours.flac"
        if not path.exists():
            once = resample(demo()[None], RATE, _LONG_RATE)[0]
            with soundfile.SoundFile(path, "w", _LONG_RATE, 1) as file:
                for _ in range(_LONG_SECONDS * _LONG_RATE // len(once) + 1):
                    file.write(once)
        return path

    def many_classes(self) -> Path:
        """Forty classes, some with long names."""
        names = [f"class {n:02} of a quite long name" for n in range(_MANY)]
        return corpora.folders(self.home / "Forty", classes=names, files=3, seconds=0.6)


def demo() -> Samples:
    """The demo at the microphone's rate: piano, cello, rock, techno, a duet, voices; 8 s each."""
    return mono(resource("sounds", "demo.ogg"))


def mono(path: Path) -> Samples:
    """A file at the microphone's rate, as loud as the others."""
    audio = read(path, mono=True)
    samples = resample(audio.samples, audio.rate_hz, RATE)[0]
    return np.asarray(_LOUD * samples / max(1e-6, float(np.abs(samples).max())), np.float32)


def speech(recordings: Path) -> Samples | None:
    """Half a minute of somebody who speaks; None: no recording is there."""
    folder = recordings / "ravdess" / "speech"
    found = sorted(folder.glob("*"))[:12] if folder.is_dir() else []
    return np.concatenate([mono(path) for path in found]) if found else None

"""The sounds that are gathered, recorded and heard in the pictures.

Of the shared recordings where they are; else made by the stand-ins of the tests, and of the sounds
that Earmark brings along.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio import read
from engine.audio.resample import resample
from resources import resource
from tests import corpora
from tests.virtual_microphone import RATE

Samples = NDArray[np.float32]
ORCHESTRA = ("bassoon", "cello", "flute", "guitar", "oboe", "trombone")
_TAKES = 16  # of each class of the orchestra
_LONGEST = 2.0  # seconds of one of them
_BROUGHT = ("flute", "harpsichord", "chorale")
_LEARNED = ("flute", "guitar", "cello")
TAUGHT = "flute"  # in the archive, by what is found
_LESSON_SECONDS = 16.0
_ARCHIVED, _PHRASE_SECONDS = 24, 4.0


@dataclass(frozen=True)
class Lesson:
    """A class that is taught: what is played while it is recorded, and other notes later on."""

    name: str
    recorded: Samples
    heard: Samples


def lessons(recordings: Path) -> list[Lesson]:
    """Three instruments to teach, mono at the microphone's rate."""
    notes = recordings / "philharmonia"
    if notes.is_dir():
        return [_lesson_of_notes(notes, name) for name in _LEARNED]
    return [_lesson_of_tune(name) for name in _BROUGHT]


def make_orchestra(recordings: Path, folder: Path) -> Path:
    """A folder for each class: single notes, one of them in the wrong class."""
    notes = recordings / "philharmonia"
    if not notes.is_dir():
        corpora.folders(folder, classes=ORCHESTRA, files=_TAKES, seconds=1.5)
    else:
        for name in ORCHESTRA:
            for path in _drawn(notes / name, 0)[:_TAKES]:
                place = folder / name / f"{path.stem}.wav"
                corpora.write(place, _note(path)[: round(_LONGEST * RATE)], RATE)
    astray = sorted((folder / "flute").glob("*.wav"))[3]
    astray.rename(folder / "oboe" / f"new {astray.name}")
    return folder


def make_archive(recordings: Path, folder: Path) -> Path:
    """Recordings of some days and hours in two rooms, named by their three instruments."""
    notes, rng = recordings / "philharmonia", np.random.default_rng(4)
    if notes.is_dir():
        tunes = {name: [_note(p) for p in _drawn(notes / name, 2)[:24]] for name in ORCHESTRA}
    else:
        tunes = {name: [_mono(resource("sounds", f"{name}.ogg"))] for name in _BROUGHT}
    for number in range(_ARCHIVED):
        place = folder / ("Hall", "Studio")[number % 2]
        hour = (9, 10, 14, 17, 20)[number % 5]
        chosen = rng.permutation(list(tunes))[:3].tolist()
        day = f"202401{8 + number // 5:02}_{hour:02}{7 * number % 60:02}00"
        name = f"{day} {' '.join(chosen)}.wav"
        parts = [
            _phrase([tunes[one][n] for n in rng.permutation(len(tunes[one]))]) for one in chosen
        ]
        corpora.write(place / name, np.concatenate(parts), RATE)
    return folder


def played_in(recording: Path, seconds: float) -> str:
    """The instrument that plays at a moment of a recording of that archive."""
    names = recording.stem.split(" ")[1:]
    return names[min(int(seconds / _PHRASE_SECONDS), len(names) - 1)]


def _phrase(notes: list[Samples]) -> Samples:
    """Notes one after the other, four seconds."""
    whole = np.concatenate([note[: round(_LONGEST * RATE)] for note in notes])
    return whole[: round(_PHRASE_SECONDS * RATE)]


def demo() -> Samples:
    """What is played into the microphone on the Listen page: the demo, again and again."""
    return np.tile(_mono(resource("sounds", "demo.ogg")), 8)


def _lesson_of_tune(name: str) -> Lesson:
    tune = _mono(resource("sounds", f"{name}.ogg"))
    cut = round(0.6 * len(tune))
    return Lesson(name, tune[:cut], np.tile(tune[cut:], 12))


def _lesson_of_notes(notes: Path, name: str) -> Lesson:
    parts: tuple[list[Samples], list[Samples]] = ([], [])
    for number, path in enumerate(_drawn(notes / name, 1)[:80]):
        parts[number % 2].append(_note(path)[: round(1.5 * RATE)])
    recorded, heard = (np.concatenate(part)[: round(_LESSON_SECONDS * RATE)] for part in parts)
    return Lesson(name, recorded, np.tile(heard, 5))


def _drawn(folder: Path, seed: int) -> list[Path]:
    """Plain notes that are not too short, in an order of chance that is always the same."""
    plain = (path for path in sorted(folder.iterdir()) if path.stem.endswith("normal"))
    paths = [path for path in plain if "_025_" not in path.name and "_phrase_" not in path.name]
    return [paths[at] for at in np.random.default_rng(seed).permutation(len(paths))]


def _note(path: Path) -> Samples:
    """A note as loud as the others, without the silence before and after it."""
    samples = _mono(path)
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
    note = samples[loud[0] : loud[-1] + 1]
    return np.asarray(0.5 * note / np.abs(note).max(), dtype=np.float32)


def _mono(path: Path) -> Samples:
    audio = read(path, mono=True)
    return np.asarray(resample(audio.samples, audio.rate_hz, RATE)[0], dtype=np.float32)

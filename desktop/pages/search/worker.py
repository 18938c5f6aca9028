"""What the Search page has done for it: indexing, searching, teaching, each in a job."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.audio.audio import Audio
from engine.errors import AudioError, DataError

if TYPE_CHECKING:
    from engine.search.building import Step
    from engine.search.ear import SearchEar
    from engine.search.hits import Hit
    from engine.search.index import Index
    from engine.search.result import Taught
    from engine.search.sessions import Session
    from engine.search.teaching import Estimate, Mark, Wanted

COLUMNS = 90  # of a waveform
FIRST = 30  # hits of a search by example
BATCH = 6  # stretches that are suggested at once
_SHORTEST = 0.2  # seconds of an example
_LONGEST = 20.0

Wave = NDArray[np.float32]
_MOST_EARS = 2
_ears: "list[SearchEar]" = []  # once loaded: Earmark's own, then one of a user's classifier


@dataclass(frozen=True)
class Example:
    """What is searched for: a stretch of a file or of sound in memory.

    Attributes:
        sound: None: it is not there any more.
        start: in seconds.
        end: in seconds.
        words: what it is called.
        query: its vector, where it is known.
    """

    sound: Path | Audio | None
    start: float
    end: float
    words: str
    query: Wave | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Lesson:
    """A class that is being taught: what was begun with, and what was said.

    Attributes:
        example: with its vector.
        marks: the oldest first.
        aside: of stretches that the index does not know any more.
        label: of the class.
    """

    example: Example
    marks: "tuple[Mark, ...]" = ()
    aside: "tuple[Mark, ...]" = ()
    label: str = ""


@dataclass(frozen=True)
class IndexInfo:
    """What there is in an index.

    Attributes:
        folder: of it.
        sounds: the folder that it was made of; empty: not known.
        files: that can be found.
        seconds: of sound.
        failed: files that could not be heard.
        gone: files that are no longer there.
        ear: whose numbers its vectors are; those of another ear cannot be compared with them.
        by: name of the user's classifier that it hears by; empty: none.
        lessons: what was being taught in it, the latest first.
        problem: why that is not known, in a sentence.
    """

    folder: Path
    sounds: str
    files: int
    seconds: float
    failed: int
    gone: int
    ear: str = ""
    by: str = ""
    lessons: tuple[Lesson, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Listed:
    """What is shown: stretches to hear, what they are compared with, and how good the head is."""

    wanted: "Sequence[Wanted]"
    query: Wave
    estimate: "Estimate | None" = None


@dataclass(frozen=True)
class Drawn:
    """The waveform of a row."""

    row: int
    wave: Wave


def look(folder: Path) -> Generator[None, None, IndexInfo]:
    """What there is in an index."""
    yield
    from engine.search.index import Index

    with Index(folder) as index:
        return _info(index)


def grow(sounds: Path, folder: Path | None, jobs: int) -> "Generator[Step | None, None, IndexInfo]":
    """Make an index of a folder of sounds, or bring it up to date.

    Args:
        sounds: the folder of sounds.
        folder: of the index; None: its usual place.
        jobs: how many processes; 0: as many as are of use.
    """
    yield None
    from engine.audio.files import find_audio
    from engine.search.building import build
    from engine.search.index import Index, default_place

    paths = find_audio([sounds])
    yield None
    place = folder or default_place(sounds)
    ear = _ear_in(place)
    with Index(place, make=ear.projection) as index:
        index.note_folder(sounds)
        yield from build(index, ear, paths, jobs=jobs)
        return _info(index)


def relocate(folder: Path, lessons: Sequence[Lesson]) -> Generator[None, None, list[Lesson]]:
    """Lessons with their marks where the stretches are now, after files came or went."""
    yield
    from engine.search.index import Index
    from engine.search.sessions import in_place

    with Index(folder) as index:
        return [_lesson(in_place(index, _session(lesson))) for lesson in lessons]


def remember(folder: Path, lessons: Sequence[Lesson]) -> Generator[None, None, None]:
    """Keep what is being taught with the index; done before anything can cancel it."""
    from engine.search.sessions import keep_sessions

    keep_sessions(folder, [_session(lesson) for lesson in lessons])
    yield


def _session(lesson: Lesson) -> "Session":
    from engine.search.sessions import Session

    example = lesson.example
    assert example.query is not None  # marks are of what was listed by it
    return Session(
        *(example.query, example.words, example.sound, example.start, example.end),
        *(lesson.label, tuple(lesson.marks), tuple(lesson.aside)),
    )


def _lesson(found: "Session") -> Lesson:
    times = found.start_seconds, found.end_seconds
    example = Example(found.sound, *times, found.words, found.query)
    return Lesson(example, found.marks, found.aside, found.label)


def find(folder: Path, example: Example) -> "Generator[Listed | Drawn | None, None, None]":
    """What is most like an example; the list first, then the waveforms of its rows."""
    yield None
    from engine.search.index import Index
    from engine.search.teaching import Teaching

    ear = _ear_in(folder)
    yield None
    query = ear.query(_sound_of(example)) if example.query is None else example.query
    with Index(folder) as index:
        wanted = Teaching(index, query).begin(FIRST)
    yield Listed(wanted, query)
    yield from _drawn(wanted)


def suggest(
    folder: Path, query: Wave, marks: "Sequence[Mark]"
) -> "Generator[Listed | Drawn | None, None, None]":
    """What to hear next, by what was marked."""
    yield None
    from engine.search.index import Index
    from engine.search.teaching import Teaching

    with Index(folder) as index:
        teaching = Teaching(index, query, seed=len(marks))
        teaching.marks = list(marks)
        wanted = teaching.propose(BATCH)
        estimate = teaching.estimate()
    yield Listed(wanted, query, estimate)
    yield from _drawn(wanted)


def keep(
    folder: Path, label: str, marks: "Sequence[Mark]", estimate: "Estimate", dataset: Path
) -> "Generator[float, None, Taught]":
    """Save what was taught as a classifier and as a data set."""
    yield 0.0
    from engine.search.result import save_taught

    return (yield from save_taught(_ear_in(folder), label, marks, estimate, dataset=_free(dataset)))


def _free(folder: Path) -> Path:
    found, number = folder, 2
    while found.exists():
        found, number = folder.with_name(f"{folder.name}-{number}"), number + 1
    return found


def _ear() -> "SearchEar":
    if not _ears:
        from engine.search.ear import SearchEar  # brings torch along

        _ears.append(SearchEar())
    return _ears[0]


def _ear_in(folder: Path) -> "SearchEar":
    """The ear that an index was made with; of a new one Earmark's own."""
    from engine.search.ear import check_ear, ear_of
    from engine.search.index import Index
    from engine.search.table import NAME

    if not (folder / NAME).is_file():
        return _ear()
    with Index(folder) as index:
        if index.by is None:
            check_ear(folder.name, _ear(), index.projection)
            return _ear()
        for ear in _ears[1:]:
            if ear.projection.digest == index.projection.digest:
                return ear
        _ear()  # which stays the first
        del _ears[_MOST_EARS:]
        _ears.append(ear_of(folder.name, index.by, index.projection))
        return _ears[-1]


def _info(index: "Index") -> IndexInfo:
    from engine.search.sessions import kept_sessions

    files = index.files().values()
    count, seconds = index.count()
    lessons, problem = tuple[Lesson, ...](), ""
    try:
        lessons = tuple(map(_lesson, kept_sessions(index)))
    except DataError as error:
        problem = str(error)
    return IndexInfo(
        index.folder,
        index.folder_of_sounds(),
        count,
        seconds,
        sum(file.status == "failed" for file in files),
        sum(file.status == "gone" for file in files),
        index.projection.digest,
        "" if index.by is None else index.by.name,
        lessons,
        problem,
    )


def _sound_of(example: Example) -> Audio:
    start = max(0.0, example.start)
    length = min(max(example.end - start, _SHORTEST), _LONGEST)
    if isinstance(example.sound, Path):
        from engine.search.ear import read_stretch

        return read_stretch(example.sound, start, length)
    if example.sound is None:
        raise AudioError("That sound is no longer there. Choose another example.")
    rate = example.sound.rate_hz
    samples = example.sound.samples[:, round(start * rate) : round((start + length) * rate)]
    if samples.shape[1] == 0:
        raise AudioError("That sound is no longer in memory. Choose a more recent moment.")
    return Audio(samples, rate)


def _drawn(wanted: "Sequence[Wanted]") -> Generator[Drawn, None, None]:
    from engine.audio.files import read
    from engine.pictures.thumbnail import thumbnail

    for row, one in enumerate(wanted):
        hit: Hit = one.hit
        try:
            seconds = hit.end_seconds - hit.start_seconds
            sound = read(
                hit.path, mono=True, start_seconds=hit.start_seconds, duration_seconds=seconds
            )
        except AudioError:  # it has gone: playing it says so
            continue
        yield Drawn(row, thumbnail(sound.samples[0], COLUMNS))

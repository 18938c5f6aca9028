"""Requests from one page to another, carried by the session and delivered by the window.

Each request names the page that takes it and whether that page is shown for it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from engine.audio.audio import Audio


@dataclass(frozen=True)
class OpenFile:
    """Show a file; without a path, ask for one. With more of them: a list at the left.

    ``at`` is a stretch of it in seconds, which is selected and shown.
    """

    page: ClassVar = "file"
    shows: ClassVar = True
    path: Path | None
    more: tuple[Path, ...] = ()
    at: tuple[float, float] | None = None


@dataclass(frozen=True)
class ExportPredictions:
    """Save the detected labels of the open file; the form is a key of the page's formats."""

    page: ClassVar = "file"
    shows: ClassVar = True
    form: str


@dataclass(frozen=True)
class StartListening:
    """Open the microphone, if it is not open."""

    page: ClassVar = "listen"
    shows: ClassVar = True


@dataclass(frozen=True)
class UseMicrophone:
    """Another microphone or channel was chosen in the Preferences: take what the settings say."""

    page: ClassVar = "listen"
    shows: ClassVar = False


@dataclass(frozen=True)
class ShowSounds:
    """Show the sounds one gathers."""

    page: ClassVar = "sounds"
    shows: ClassVar = True


@dataclass(frozen=True)
class AddRegion:
    """Take a stretch of a file, in seconds, into a class; the person is asked which, if none."""

    page: ClassVar = "sounds"
    shows: ClassVar = False
    path: Path
    start: float
    end: float
    label: str = ""


@dataclass(frozen=True)
class TrainProject:
    """Train with the sounds of the project."""

    page: ClassVar = "train"
    shows: ClassVar = True


@dataclass(frozen=True)
class ShowTraining:
    """Show where one trains."""

    page: ClassVar = "train"
    shows: ClassVar = True


@dataclass(frozen=True)
class ChooseRun:
    """Choose a run or sweep by its folder."""

    page: ClassVar = "compare"
    shows: ClassVar = True
    folder: Path


@dataclass(frozen=True)
class OpenArchive:
    """Show a results database."""

    page: ClassVar = "archive"
    shows: ClassVar = True
    path: Path


@dataclass(frozen=True)
class FindSimilar:
    """Find what sounds like a stretch of a file, or of sound in memory, in an archive.

    ``words`` says what it is, as the person knows it.
    """

    page: ClassVar = "search"
    shows: ClassVar = True
    sound: "Path | Audio"
    start: float
    end: float
    words: str


@dataclass(frozen=True)
class CarryOver:
    """Learn the corrections of an earlier version of a classifier again, by its name."""

    page: ClassVar = "models"
    shows: ClassVar = False
    name: str


Request = (
    OpenFile
    | ExportPredictions
    | StartListening
    | UseMicrophone
    | ShowSounds
    | AddRegion
    | TrainProject
    | ShowTraining
    | ChooseRun
    | OpenArchive
    | FindSimilar
    | CarryOver
)

"""What Earmark remembers, each thing declared once; kept as JSON, which can hold nothing that runs.

Qt's own settings files are not used: a value in them may be any Python object, pickled, and reading
one runs what it says. Whatever is not what is declared here, in kind or in range, is the default.
"""

import base64
import binascii
import json
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_config_path
from PySide6.QtCore import QByteArray

from desktop.style import COLOUR_MAPS
from engine.atomic_write import write_whole
from engine.bounded import read_json
from engine.errors import DataError

_MOST_BYTES = 1_000_000
_MOST_TEXT = 10_000  # of a value, in characters
_MOST_ITEMS = 500  # of a list
_SURROGATE = re.compile("[\ud800-\udfff]")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Setting:
    """One remembered value.

    Attributes:
        key: its name in the file.
        default: what it is until it is set; values of another type count as this.
        words: what it is.
        allowed: the values there are; empty: any. Of a whole number the lowest and the highest.
    """

    key: str
    default: Any
    words: str
    allowed: Sequence[Any] = ()


GEOMETRY = Setting("window/geometry", QByteArray(), "place and size of the window")
APPEARANCE = Setting(
    "window/appearance", "system", "system, light or dark", ("system", "light", "dark")
)
PAGE = Setting(
    "window/page",
    "listen",
    "the page shown last",
    ("listen", "file", "sounds", "train", "compare", "models", "archive", "search"),
)
REMEMBER = Setting("files/remember", True, "whether files and data sets opened are remembered")
RECENT = Setting("files/recent", [], "files opened last")
FOLDER = Setting("files/folder", "", "where files were opened last")
RECORDINGS = Setting("listen/folder", "", "where recordings go")
DEVICE = Setting("listen/device", "", "name of the microphone")
HOST_API = Setting("listen/host_api", "", "host API of the microphone")
CHANNEL = Setting("listen/channel", -1, "channel of the microphone, from 0; -1: all", (-1, 255))
OUTPUT = Setting("play/device", "", "name of the loudspeaker")
OUTPUT_API = Setting("play/host_api", "", "host API of the loudspeaker")
VOLUME = Setting("play/volume", 100, "volume of what is played, in percent", (0, 100))
COMPUTE = Setting(
    "train/device", "auto", "what trainings compute on: auto, gpu, cpu", ("auto", "gpu", "cpu")
)
THREADS = Setting(
    "train/threads", 0, "threads of the processor for a training; 0: all but one", (0, 256)
)
LABELS = Setting("view/labels", [], "labels in the order that decides their colours")
LEADING = Setting("listen/leading", "", "classifier of the large answer; empty: for instruments")
LOADED = Setting(
    "models/loaded", ["instrument", "instruments-in-music", "genre"], "enabled classifiers"
)
OFFERED = Setting(
    "models/offered",
    [],
    "SHA-256 of classifiers to which corrections of an earlier version were offered",
)
CORRECTED = Setting("models/corrected", [], "classes that corrections named last")
PROJECT = Setting("sounds/project", "", "folder of the sounds one gathers")
PROJECTS = Setting("sounds/recent", [], "data sets opened last")
LEARNED = Setting("train/folders", [], "recipes, each followed by the folder it learned from")
RUNS = Setting("compare/folders", [], "folders of runs added to the Compare page")
INDEXES = Setting("search/indexes", [], "folders of indexes, the one used last first")
WAVEFORM_ONLY = "waveform"  # a value of what the picture shows
ARCHIVE = Setting("archive/database", "", "results database shown last")
ARCHIVE_JOBS = Setting(
    "archive/processes", 0, "processes that analyse an archive; 0: as many as are of use", (0, 256)
)
ARCHIVE_SCHEDULER = Setting(
    "archive/scheduler", "", "address of the Dask cluster that analyses an archive; empty: none"
)
WATCH_FOLDER = Setting("watch/folder", "", "folder that is watched")
WATCH_DATABASE = Setting("watch/database", "", "database of a folder that is watched")
WATCH_RULES = Setting("watch/rules", "", "file of rules for a folder that is watched")
WATCH_HEARD = Setting("watch/heard", "", "database of what the microphone hears by a schedule")
WATCH_HEARD_RULES = Setting("watch/heard_rules", "", "file of rules for what it hears")
WATCH_HOURS = Setting("watch/hours", "", "hours of listening; empty: always")
WATCH_QUIET = Setting("watch/quiet", "", "hours in which nothing is heard")
WATCH_KEEP = Setting("watch/keep", "", "where detected sound is kept; empty: it is not")
WATCH_QUOTA = Setting("watch/quota", 20, "gigabytes that kept sound may take", (1, 100_000))
WATCH_FULL = Setting("watch/full", "stop", "when that is full", ("stop", "delete"))
VIEW = Setting(
    "view/kind", "stft", "what the picture shows", ("stft", "mel", "mfcc", "chroma", WAVEFORM_ONLY)
)
SCALE = Setting(
    "view/scale", "mel", "frequency scale: linear, log or mel", ("linear", "log", "mel")
)
NOTES = Setting("view/notes", False, "note names on the frequency axis")
COLOURS = Setting("view/colours", "magma", "colour map", COLOUR_MAPS)
DB_LOW = Setting("view/db_low", -90, "level of the darkest colour in dB", (-120, 20))
DB_HIGH = Setting("view/db_high", -15, "level of the brightest colour in dB", (-120, 20))
DECIBELS = Setting("view/decibels", False, "waveform in decibels")
MIX = Setting("view/mix", False, "waveform of the mix instead of each channel")
GRID = Setting("view/grid", False, "lines at the ticks of the tracks")
BEATS = Setting("view/beats", False, "beats of the music over the time axis")
FOLLOW = Setting(
    "view/follow",
    "page",
    "how what is shown follows what plays: no, page, centre",
    ("no", "page", "centre"),
)
PANS = Setting("view/pans", False, "whether a drag moves what is shown instead of selecting")


def settings_file() -> Path:
    """Where the settings are."""
    return user_config_path("Earmark", appauthor=False) / "settings.json"


class Settings:
    """Typed reading and writing of what is declared above."""

    def __init__(self) -> None:
        self._store = _store(settings_file())

    def get(self, setting: Setting) -> Any:
        value = self._store.values.get(setting.key)
        if isinstance(setting.default, QByteArray):
            return _bytes(value)
        if not _fits(setting, value):
            value = setting.default
        return list(value) if isinstance(value, list) else value

    def set(self, setting: Setting, value: Any) -> None:
        if isinstance(value, QByteArray):
            value = base64.b64encode(value.data()).decode()
        self._store.set(setting.key, value)


class _Store:
    """The values of one file; windows of one process share them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.values = _read(path) or {}

    def set(self, key: str, value: Any) -> None:
        """Change one value; what another process has changed meanwhile stays."""
        if key in self.values and self.values[key] == value:
            return
        self.values = (_read(self._path) or self.values) | {key: value}
        self._write()

    def clear(self) -> None:
        """Forget everything."""
        self.values = {}
        self._write()

    def _write(self) -> None:
        # A name that is no text (a file's, in bytes of another time) would spoil all the others.
        kept = {key: _writable(value) for key, value in self.values.items()}
        text = json.dumps(kept, indent=1, sort_keys=True)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, text.encode())
        except OSError as error:  # it is remembered until the window closes
            _log.warning("the settings could not be written: %s", error)


_stores: dict[Path, _Store] = {}


def _store(path: Path) -> _Store:
    if path not in _stores:
        _stores[path] = _Store(path)
    return _stores[path]


def _read(path: Path) -> dict[str, Any] | None:
    """The values of a file; None: it cannot be read, or is none of ours."""
    if not path.exists():
        return None
    try:
        found = read_json(path, most_bytes=_MOST_BYTES)
    except DataError as error:
        _log.warning("the settings could not be read and start from the defaults: %s", error)
        return None
    return found if isinstance(found, dict) else None


def _fits(setting: Setting, value: Any) -> bool:
    """Whether a value is what was declared."""
    if type(value) is not type(setting.default):
        return False
    if isinstance(value, list):
        return len(value) <= _MOST_ITEMS and all(_is_text(item) for item in value)
    if isinstance(value, int) and setting.allowed:
        return bool(setting.allowed[0] <= value <= setting.allowed[1])
    if isinstance(value, str) and not _is_text(value):
        return False
    return not setting.allowed or value in setting.allowed


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _MOST_TEXT


def _writable(value: Any) -> Any:
    if isinstance(value, list):
        return [item for item in value if _writable(item) is not None]
    if isinstance(value, str):
        return value if value.isascii() or not _SURROGATE.search(value) else None
    return value


def _bytes(value: Any) -> QByteArray:
    """What Qt says of its own windows, which it checks itself when it takes it back."""
    if not _is_text(value):
        return QByteArray()
    try:
        return QByteArray(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        return QByteArray()

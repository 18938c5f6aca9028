"""What Earmark remembers, each thing declared once."""

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QByteArray, QSettings


@dataclass(frozen=True)
class Setting:
    """One remembered value: its key, its type by the default, and what it is."""

    key: str
    default: Any
    words: str


GEOMETRY = Setting("window/geometry", QByteArray(), "place and size of the window")
APPEARANCE = Setting("window/appearance", "system", "system, light or dark")
RECENT = Setting("files/recent", [], "files opened last")
FOLDER = Setting("files/folder", "", "where files were opened last")
RECORDINGS = Setting("listen/folder", "", "where recordings go")
DEVICE = Setting("listen/device", "", "name of the microphone")
HOST_API = Setting("listen/host_api", "", "host API of the microphone")
LOADED = Setting("models/loaded", ["instrument", "genre"], "enabled classifiers")
PROJECT = Setting("sounds/project", "", "folder of the sounds one gathers")
LEARNED = Setting("train/folders", [], "recipes, each followed by the folder it learned from")
RUNS = Setting("compare/folders", [], "folders of runs added to the Compare page")
WAVEFORM_ONLY = "waveform"  # a value of what the picture shows
VIEW = Setting("view/kind", "stft", "what the picture shows")
SCALE = Setting("view/scale", "mel", "frequency scale: linear, log or mel")
NOTES = Setting("view/notes", False, "note names on the frequency axis")
COLOURS = Setting("view/colours", "magma", "colour map")
DB_LOW = Setting("view/db_low", -90, "level of the darkest colour in dB")
DB_HIGH = Setting("view/db_high", -15, "level of the brightest colour in dB")
DECIBELS = Setting("view/decibels", False, "waveform in decibels")
MIX = Setting("view/mix", False, "waveform of the mix instead of each channel")
GRID = Setting("view/grid", False, "lines at the ticks of the tracks")
BEATS = Setting("view/beats", False, "beats of the music over the time axis")
FOLLOW = Setting("view/follow", "page", "how what is shown follows what plays: no, page, centre")
PANS = Setting("view/pans", False, "whether a drag moves what is shown instead of selecting")


class Settings:
    """Typed reading and writing of what is declared above."""

    def __init__(self) -> None:
        self._store = QSettings("Earmark", "Earmark")

    def get(self, setting: Setting) -> Any:
        value = self._store.value(setting.key, setting.default)
        if isinstance(setting.default, bool):
            return value in (True, "true")
        if isinstance(setting.default, int):
            try:
                return int(str(value))
            except (TypeError, ValueError):
                return setting.default
        if isinstance(setting.default, list):
            if value is None:
                return list(setting.default)
            return list(value) if isinstance(value, list) else [value] if value else []
        return value

    def set(self, setting: Setting, value: Any) -> None:
        self._store.setValue(setting.key, value)

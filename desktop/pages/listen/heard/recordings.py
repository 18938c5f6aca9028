"""Files of the Listen page: their folder, their names, and what is said when they are written."""

import datetime
import functools
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from desktop.messages import Action, Kind, Notices
from desktop.pages.listen.sound import Sound
from desktop.pages.listen.worker import KeepLast, LiveFrame, Record, Recorded, Request
from desktop.requests import OpenFile
from desktop.session import Session
from desktop.settings import RECORDINGS, Settings


class Recordings(QObject):
    """Gives names that are free, records, and says what was saved with ways to it.

    Args:
        ask: asks the worker for one more thing.
        session: remembers the folder, opens files, and says what stays when a page says something
            new.
        notices: of the page.
    """

    shown = Signal(object)  # seconds that were recorded; None: nothing is being recorded

    def __init__(
        self,
        ask: Callable[[Request], None],
        session: Session,
        notices: Notices,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._ask = ask
        self._path: Path | None = None  # that is recorded to
        self._begun = False  # whether that file has
        self._session, self._notices = session, notices
        self._names: set[Path] = set()  # of files that were asked for
        self._spans: dict[tuple[Sound, Path], tuple[float, float]] = {}

    def new_file(self, kind: str, at: datetime.datetime | None = None) -> Path:
        """One that is not there and was not asked for, however quickly one asks."""
        stamp = (at or datetime.datetime.now().astimezone()).strftime("%Y-%m-%d %H.%M.%S")
        folder, name, number = _folder(self._session.settings), f"{stamp} {kind}", 2
        path = folder / f"{name}.flac"
        while path in self._names or path.exists():
            path, number = folder / f"{name} {number}.flac", number + 1
        self._names.add(path)
        return path

    def record(self, on: bool) -> None:
        """Begin or end recording."""
        path = self.new_file("recording") if on else None
        self._path = path or self._path  # the one that ends is told when it has
        self._begun = self._begun and not on
        self._ask(Record(path))
        self.shown.emit(0.0 if on else None)

    def keep(self) -> None:
        """Save the last half minute."""
        self._ask(KeepLast(self.new_file("kept")))

    def take(self, frames: Sequence[LiveFrame]) -> None:
        """Tell what became of files, the oldest news first."""
        last = frames[-1]
        self._begun = last.recorded_seconds is not None
        if self._begun:
            self.shown.emit(last.recorded_seconds)
            if self._path is not None and last.sound is not None:
                end = last.stats.seconds
                self._spans[last.sound, self._path] = (end - (last.recorded_seconds or 0.0), end)
        for kept in (path for frame in frames for path in frame.kept):
            self.say_kept(kept)
        for ended in (found for frame in frames for found in frame.recorded):
            if ended.path == self._path:
                self._path = None
                self.shown.emit(None)
            self._say_recorded(ended)

    def stop(self) -> None:
        """The microphone is closed: what was recorded to has ended, unasked."""
        path = self._path if self._begun else None
        self._path, self._begun = None, False
        self.shown.emit(None)
        if path is not None:
            self._say_recorded(Recorded(path, 0.0))

    def find(self, sound: Sound, begin: float, end: float) -> tuple[Path, float] | None:
        """A recording with all of a stretch, and the second of it where that begins."""
        for (of, path), (first, last) in self._spans.items():
            if of is sound and first <= begin and end <= last and path.exists():
                return path, begin - first
        return None

    def say_kept(self, path: Path) -> None:
        """That a stretch was saved."""
        words = self.tr("Saved as {}.").format(path)
        self._notices.notify(words, self._ways(path), "success")

    def _say_recorded(self, ended: Recorded) -> None:
        """What became of a recording; stays when the page says something new."""
        if ended.problem:
            self._session.notify(ended.problem, kind="error")
            return
        words = self.tr("Recording saved as {}.").format(ended.path)
        if ended.lost_seconds > 0:
            missing = self.tr(" {:.2f} s of sound were lost and are missing in it.")
            words += missing.format(ended.lost_seconds)
        kind: Kind = "warning" if ended.lost_seconds else "success"
        self._session.notify(words, self._ways(ended.path), kind)

    def _ways(self, path: Path) -> list[Action]:
        return [
            (self.tr("Open"), functools.partial(self._session.request, OpenFile(path))),
            (self.tr("Show in folder"), functools.partial(show_folder, path)),
        ]


def show_folder(path: Path) -> None:
    """Show where a file is, in the system's own window."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))


def _folder(settings: Settings) -> Path:
    chosen = settings.get(RECORDINGS)
    music = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MusicLocation)
    return Path(chosen) if chosen else Path(music or Path.home()) / "Earmark"

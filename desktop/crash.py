"""What went wrong, kept in a file on this machine: Help shows it, the next start offers it.

Nothing is sent anywhere. While a window is open it has a file of its own, into which go errors that
nobody caught, what Qt warns of, and, should the process die, the last words of Python's
faulthandler. A window that ends well and had nothing to say leaves no file.
"""

import contextlib
import faulthandler
import os
import platform
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO

import platformdirs
from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

_MOST_REPORTS = 10
_MOST_CHARACTERS = 1_000_000  # of one file; a loop of errors must not fill the disk
_OPEN, _REPORT, _SUFFIX = "open-", "report-", ".txt"
_TOLD = (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg)  # Qt warns of much that is harmless
_ERROR = ": error\n"  # under which errors stand; faulthandler writes the others
_MARKS = (_ERROR, "Fatal Python error", "Windows fatal exception")


def reports_folder() -> Path:
    """Where the reports are."""
    return platformdirs.user_log_path("Earmark", appauthor=False) / "crashes"


def reports() -> list[Path]:
    """The reports of windows that have ended, the newest first."""
    return sorted(reports_folder().glob(f"{_REPORT}*{_SUFFIX}"), reverse=True)


def delete_reports() -> None:
    """Delete them all; one that is in use stays."""
    for path in reports():
        with contextlib.suppress(OSError):
            path.unlink()


def read_report(path: Path) -> str:
    """The text of a report, or why there is none."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_MOST_CHARACTERS)
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}."


class CrashFile:
    """The file of this process, from :meth:`begin` to :meth:`end`.

    Attributes:
        show: called, in the main thread, with what nobody caught; None: nobody is there to see it.
        crashed: the report of a window that did not end well the last time; None: it did.
    """

    def __init__(self) -> None:
        self.show: Callable[[str], None] | None = None
        self.crashed: Path | None = None
        self._file: IO[str] | None = None
        self._left = _MOST_CHARACTERS
        self._told = False
        self._lock = threading.RLock()
        self._qt_before: Callable[..., None] | None = None

    def begin(self) -> None:
        """Catch what nobody catches; look for what an earlier window has left."""
        folder = reports_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.crashed = _collect(folder)
            name = f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{time.monotonic_ns()}"
            path = folder / f"{_OPEN}{name}{_SUFFIX}"
            self._file = path.open("x", encoding="utf-8", errors="replace")
            _hold(self._file)
            self._file.write(_head())
            self._file.flush()
        except OSError:  # a home that cannot be written to is no reason not to open
            self._file = None
        else:
            faulthandler.enable(self._file)
        sys.excepthook = self._uncaught
        threading.excepthook = self._uncaught_in_thread
        self._qt_before = qInstallMessageHandler(self._said_by_qt)

    def end(self) -> None:
        """The window ends well: what it had to say is kept, if anything."""
        qInstallMessageHandler(self._qt_before)
        sys.excepthook, threading.excepthook = sys.__excepthook__, threading.__excepthook__
        with self._lock:
            file, self._file = self._file, None
        if file is None:
            return
        faulthandler.disable()
        file.close()
        path = Path(file.name)
        with contextlib.suppress(OSError):
            if self._told:
                path.replace(_kept(path))
            else:
                path.unlink()

    def write(self, words: str, *, error: bool = True) -> None:
        """Add an error to the file, or what may help to understand one."""
        with self._lock:
            if self._file is None or self._left <= 0:
                return
            self._told |= error
            words = words[: self._left]
            self._left -= len(words)
            when = time.strftime("%Y-%m-%d %H:%M:%S")
            with contextlib.suppress(OSError, ValueError):
                self._file.write(f"\n{when}{_ERROR if error else chr(10)}{words.rstrip()}\n")
                self._file.flush()

    def _uncaught(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        words = "".join(traceback.format_exception(kind, error, trace))
        self.write(words)
        _to_terminal(words)
        if self.show is not None:
            self.show(words)

    def _uncaught_in_thread(self, problem: threading.ExceptHookArgs) -> None:
        if problem.exc_value is None or issubclass(problem.exc_type, SystemExit):
            return
        name = problem.thread.name if problem.thread else "a thread"
        kind, error, trace = problem.exc_type, problem.exc_value, problem.exc_traceback
        words = f"In {name}:\n" + "".join(traceback.format_exception(kind, error, trace))
        self.write(words)
        _to_terminal(words)

    def _said_by_qt(self, kind: QtMsgType, context: QMessageLogContext, words: str) -> None:
        if kind != QtMsgType.QtDebugMsg:
            self.write(f"Qt: {words}", error=kind in _TOLD)
        _to_terminal(words + "\n")


def _to_terminal(words: str) -> None:
    if sys.stderr is not None:  # a window started without a terminal has none
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(words)


def _head() -> str:
    # Versions of libraries take a tenth of the start: Help adds them when it shows a report.
    system = f"Python {platform.python_version()}, {sys.platform}"
    return f"Earmark, {time.strftime('%Y-%m-%d %H:%M:%S')}, {system}\n"


def _collect(folder: Path) -> Path | None:
    """Make reports of what ended windows left; gives the newest that tells of a crash."""
    newest: Path | None = None
    for path in sorted(folder.glob(f"{_OPEN}*{_SUFFIX}")):
        with contextlib.suppress(OSError):
            if _is_held(path):
                continue
            text = read_report(path)
            if any(mark in text for mark in _MARKS):
                newest = path.replace(_kept(path))
            else:  # killed, or the power went: there is nothing to tell
                path.unlink()
    for old in reports()[_MOST_REPORTS:]:
        old.unlink(missing_ok=True)
    return newest


def _kept(path: Path) -> Path:
    return path.with_name(_REPORT + path.name.removeprefix(_OPEN))


def _hold(file: IO[str]) -> None:
    """Lock the file for as long as this process lives; Windows lets nobody rename it anyway."""
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_held(path: Path) -> bool:
    if sys.platform == "win32":
        return False
    import fcntl

    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


crash_file = CrashFile()

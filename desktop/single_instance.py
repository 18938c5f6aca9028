"""One window for each user: a second start hands its files to the first, and ends.

The two meet where no other user of the machine can come first or listen: at a socket in a folder
that is this user's alone, or, on Windows, at a pipe whose name nobody else can read.
"""

import hashlib
import json
import os
import secrets
import socket
import stat
import struct
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from platformdirs import user_cache_path, user_config_path
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from engine.bounded import parse_json
from engine.errors import DataError

_ANSWER_MS = 3000  # a window that takes longer is stuck: better a second one than none
_SILENT_MS = 10_000  # who has said nothing for so long is no second start
_MOST_BYTES = 1 << 20
_MOST_FILES = 1000
_MOST_LINES = 16  # at once
_LONGEST_NAME = 85  # of a socket, in bytes: systems take 103, and Qt adds some while it makes it


def hand_over(files: Sequence[Path]) -> bool:
    """Ask the window that is open already to show these files; False when there is none."""
    name = _name()
    if not name:
        return False
    line = QLocalSocket()
    line.connectToServer(name)
    if not line.waitForConnected(_ANSWER_MS) or not _of_this_user(line):
        return False
    line.write(_message(files))
    if not line.waitForBytesWritten(_ANSWER_MS):
        return False
    return line.bytesAvailable() > 0 or line.waitForReadyRead(_ANSWER_MS)


class SingleInstance(QObject):
    """Where later starts of the same user knock."""

    asked = Signal(list)  # paths, maybe none

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: list[QLocalSocket] = []
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._open)
        name = _name()
        if name and not self._server.listen(name):
            # Nobody answered, or this would not have been made: what is left of a crash.
            QLocalServer.removeServer(name)
            self._server.listen(name)

    def close(self) -> None:
        """Hear no more."""
        self._server.close()

    def _open(self) -> None:
        while self._server.hasPendingConnections():
            line = self._server.nextPendingConnection()
            if len(self._lines) >= _MOST_LINES or not _of_this_user(line):
                line.abort()
                line.deleteLater()
                continue
            line.setReadBufferSize(_MOST_BYTES)
            self._lines.append(line)
            line.readyRead.connect(self._read)
            line.disconnected.connect(self._forget)
            QTimer.singleShot(_SILENT_MS, line, line.abort)
        self._read()

    def _read(self) -> None:
        for line in list(self._lines):
            if line.canReadLine():
                paths = _paths(bytes(line.readLine(_MOST_BYTES).data()))
                line.write(b"1")
                line.flush()
                self.asked.emit(paths)
            elif line.bytesAvailable() >= _MOST_BYTES:
                line.abort()

    def _forget(self) -> None:
        gone = QLocalSocket.LocalSocketState.UnconnectedState
        for line in [line for line in self._lines if line.state() == gone]:
            self._lines.remove(line)
            line.deleteLater()


def _message(files: Sequence[Path]) -> bytes:
    # Names as bytes, each a character: not all of them are text.
    names = [os.fsencode(path).decode("latin-1") for path in files[:_MOST_FILES]]
    message = json.dumps(names).encode() + b"\n"
    return message if len(message) < _MOST_BYTES else json.dumps(names[:1]).encode() + b"\n"


def _paths(line: bytes) -> list[Path]:
    """What a start asked to open; nothing when it said nothing sensible."""
    try:
        names = parse_json(line, "the message", most_bytes=_MOST_BYTES)
        if not isinstance(names, list) or len(names) > _MOST_FILES:
            return []
        return [Path(os.fsdecode(name.encode("latin-1"))) for name in names]
    except (DataError, ValueError, AttributeError):
        return []


def _name() -> str:
    """What to listen at; empty: there is no place that only this user can reach."""
    # By the place of the settings: tests and others with a home of their own are others.
    home = hashlib.sha256(os.fsencode(user_config_path("Earmark", appauthor=False))).hexdigest()[
        :12
    ]
    if sys.platform == "win32":
        return f"earmark-{home}-{_secret()}"
    here = [os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir()]  # macOS: the user's own
    for place in [*(Path(folder) for folder in here if folder), user_cache_path("earmark")]:
        name = place / "earmark" / home
        if len(os.fsencode(name)) <= _LONGEST_NAME and _is_private(place, name.parent):
            return str(name)
    return ""


def _is_private(place: Path, folder: Path) -> bool:
    """Whether nobody else can put a socket into the folder, which is made where the place allows.

    The temporary folder of most systems is everyone's: another user may have made ours there.
    """
    try:
        place.mkdir(parents=True, exist_ok=True)
        if stat.S_IMODE(place.stat().st_mode) & 0o022 or place.stat().st_uid != os.getuid():
            return False
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        return (
            stat.S_ISDIR(found.st_mode)
            and found.st_uid == os.getuid()
            and not stat.S_IMODE(found.st_mode) & 0o077
        )
    except OSError:
        return False


def _of_this_user(line: QLocalSocket) -> bool:
    """Whether the other end is a program of this user, where the system tells."""
    if sys.platform == "win32":
        return True  # whoever knows the name can read this user's files
    try:
        # A copy of the descriptor, which Python closes; the line keeps its own.
        with socket.socket(fileno=os.dup(int(line.socketDescriptor()))) as end:
            return _peer(end) == os.getuid()
    except (OSError, ValueError):
        return False


def _peer(end: socket.socket) -> int:
    """User of the program at the other end of a local socket."""
    if sys.platform == "darwin":  # struct xucred: version, user, ...
        return int(struct.unpack("2I", end.getsockopt(0, 1, 76)[:8])[1])
    given = end.getsockopt(socket.SOL_SOCKET, getattr(socket, "SO_PEERCRED", 17), 12)
    return int(struct.unpack("3i", given)[1])


def _secret() -> str:
    """Some letters that only this user can read, made once."""
    path = user_cache_path("earmark", appauthor=False) / "window-name"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="ascii") as file:
            file.write(secrets.token_hex(16))
    except OSError:  # it is there, or cannot be made
        pass
    try:
        return path.read_text(encoding="ascii")[:64]
    except (OSError, ValueError):
        return ""

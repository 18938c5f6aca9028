"""One window for each user: a second start hands its files to the first, and ends."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

_ANSWER_MS = 3000  # a window that takes longer is stuck: better a second one than none
_MOST_BYTES = 1 << 20


def hand_over(files: Sequence[Path]) -> bool:
    """Ask the window that is open already to show these files; False when there is none."""
    line = QLocalSocket()
    line.connectToServer(_name())
    if not line.waitForConnected(_ANSWER_MS):
        return False
    line.write(json.dumps([str(path) for path in files]).encode() + b"\n")
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
        if not self._server.listen(_name()):
            # Nobody answered, or this would not have been made: what is left of a crash.
            QLocalServer.removeServer(_name())
            self._server.listen(_name())

    def close(self) -> None:
        """Hear no more."""
        self._server.close()

    def _open(self) -> None:
        while self._server.hasPendingConnections():
            line = self._server.nextPendingConnection()
            self._lines.append(line)
            line.readyRead.connect(self._read)
            line.disconnected.connect(self._forget)
        self._read()

    def _read(self) -> None:
        for line in list(self._lines):
            if line.canReadLine():
                paths = _paths(bytes(line.readLine(_MOST_BYTES).data()))
                line.write(b"1")
                line.flush()
                self.asked.emit(paths)

    def _forget(self) -> None:
        gone = QLocalSocket.LocalSocketState.UnconnectedState
        for line in [line for line in self._lines if line.state() == gone]:
            self._lines.remove(line)
            line.deleteLater()


def _paths(line: bytes) -> list[Path]:
    """What a start asked to open; nothing when it said nothing sensible."""
    try:
        return [Path(str(word)) for word in list(json.loads(line))]
    except (ValueError, TypeError):
        return []


def _name() -> str:
    # By the place of the settings: other users, and tests with a home of their own, are others.
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
    return f"earmark-{hashlib.sha256(place.encode()).hexdigest()[:16]}"

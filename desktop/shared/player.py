"""Play, pause and loop, with the engine's player kept off the window's thread."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from desktop import jobs

if TYPE_CHECKING:
    from engine.audio.audio import Audio
    from engine.audio.playback import Player


class Transport(QObject):
    """Plays one file, or sound in memory, at a time; tells where the loudspeaker is."""

    moved = Signal(float)
    playing_changed = Signal(bool)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path: Path | Audio | None = None
        self._player: Player | None = None
        self._job: jobs.Job | None = None
        self._wanted: tuple[float, float | None, bool] | None = None  # while another begins
        self._timer = QTimer(self)
        self._timer.setInterval(33)
        self._timer.timeout.connect(self._tick)

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    def set_file(self, path: "Path | Audio | None") -> None:
        """Which file or sound to play; what plays stops."""
        self.pause()
        self._path = path
        self._player = None

    def play(self, start: float, end: float | None, *, loop: bool) -> None:
        """Play a stretch."""
        path, player = self._path, self._player
        if path is None:
            return
        if self._job is not None:
            self._wanted = (start, end, loop)
            return

        def work() -> Generator[None, None, "Player"]:
            from engine.audio.playback import Player

            yield
            ready = player or Player(path)
            ready.play(start, end, loop=loop)
            return ready

        self._job = jobs.run(
            work,
            on_result=lambda made: self._started(path, made),
            on_error=self._broken,
            parent=self,
        )

    def seek(self, seconds: float) -> None:
        """Playback continues from there, to the end of the file."""
        if self.playing:
            self._timer.stop()  # the cursor waits where it was put
            self.play(seconds, None, loop=False)

    def pause(self) -> None:
        """Stop; closing the loudspeaker may take a moment and is done aside."""
        player = self._player
        if self._timer.isActive():
            self._timer.stop()
            self.playing_changed.emit(False)
        if player is not None and player.playing:
            jobs.run(_ending(player), parent=self)

    def _started(self, path: "Path | Audio", player: "Player") -> None:
        self._job = None
        if path != self._path:  # another file was opened meanwhile
            jobs.run(_ending(player), parent=self)
            self._play_wanted()
            return
        self._player = player
        if self._wanted is not None:
            self._play_wanted()
            return
        self._timer.start()
        self.playing_changed.emit(True)

    def _play_wanted(self) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            start, end, loop = wanted
            self.play(start, end, loop=loop)

    def _broken(self, message: str) -> None:
        self._job = self._wanted = None
        self._timer.stop()
        self.playing_changed.emit(False)
        self.failed.emit(message)

    def _tick(self) -> None:
        player = self._player
        if player is None:
            return
        self.moved.emit(player.position_seconds)
        if not player.playing:
            self.pause()
            if player.problem:
                self.failed.emit(player.problem)


def _ending(player: "Player") -> Callable[[], Generator[None, None, None]]:
    def work() -> Generator[None, None, None]:
        player.close()
        yield

    return work

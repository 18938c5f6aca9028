"""What is being taught is kept with its index, in jobs, one after the other."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from desktop import jobs
from desktop.pages.search import worker

_WAIT_MS = 300  # marks come one after the other


class Keeping(QObject):
    """Writes the latest of each index, soon after it has changed."""

    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: dict[Path, list[worker.Lesson]] = {}
        self._job: jobs.Job | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WAIT_MS)
        self._timer.timeout.connect(self._begin)

    @property
    def busy(self) -> bool:
        """Whether something is still to be written."""
        return self._job is not None or bool(self._waiting)

    def keep(self, folder: Path, lessons: Sequence[worker.Lesson]) -> None:
        """Keep these with an index, in place of what was kept before."""
        self._waiting[folder] = list(lessons)
        self._timer.start()

    def finish(self) -> None:
        """Write what is still to be written: the window closes."""
        self._timer.stop()
        while self.busy:
            if self._job is not None:
                self._job.wait()
            self._job = None
            self._begin()

    def _begin(self) -> None:
        if self._job is None and self._waiting:
            folder = next(iter(self._waiting))
            lessons = self._waiting.pop(folder)
            self._job = jobs.run(
                lambda: worker.remember(folder, lessons),
                on_result=lambda _: self._next(),
                on_error=self._broken,
                on_crash=lambda _: self._next(),
                parent=self,
            )

    def _next(self) -> None:
        self._job = None
        self._begin()

    def _broken(self, words: str) -> None:
        self.failed.emit(words)
        self._next()

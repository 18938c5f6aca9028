"""Reads results databases in jobs, one at a time: a network drive may not answer for long."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop import jobs
from desktop.pages.archive import worker


class Looking(QObject):
    """What is read last is what counts."""

    opened = Signal(object)  # a worker.Found
    failed = Signal(str)  # why it cannot be read; empty: the window shows a report
    status = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._job: jobs.Job | None = None

    @property
    def busy(self) -> bool:
        """Whether a database is being read."""
        return self._job is not None

    def look(
        self, place: Path, *, if_there: bool = False, failed: Callable[[], object] = lambda: None
    ) -> None:
        """Read a database.

        Args:
            place: the file.
            if_there: whether it may be missing; nothing is told then.
            failed: called after the signal where it cannot be read.
        """
        if self._job is not None:
            self._job.cancel()
        self.status.emit(self.tr("Reading..."))
        work = worker.look_if_there if if_there else worker.look

        def ended(words: str) -> None:
            self._end()
            self.failed.emit(words)
            failed()

        self._job = jobs.run(
            lambda: work(place),
            on_result=self._found,
            on_error=ended,
            on_crash=lambda _: ended(""),
            parent=self,
        )

    def _found(self, found: worker.Found | None) -> None:
        self._end()
        if found is not None:
            self.opened.emit(found)

    def _end(self) -> None:
        self._job = None
        self.status.emit("")

"""Right and wrong, one after the other into the database, with undo and redo."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop import jobs
from desktop.pages.archive import worker


@dataclass(frozen=True)
class Judgement:
    """What was said about a stretch, and what had been said before; None: nothing."""

    number: int
    label: str
    before: bool | None
    after: bool | None


class Judging(QObject):
    """What is said is shown at once and written in jobs, in order."""

    said = Signal(int, object)  # a stretch's number, and what is said of it now
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._place: Path | None = None
        self._done: list[Judgement] = []
        self._undone: list[Judgement] = []
        self._writing: deque[Callable[[], jobs.Job]] = deque()
        self._job: jobs.Job | None = None

    @property
    def busy(self) -> bool:
        """Whether something is still to be written."""
        return self._job is not None

    @property
    def steps(self) -> tuple[str, str]:
        """What undo would take back and redo make again."""
        return (
            self._words(self._done[-1]) if self._done else "",
            self._words(self._undone[-1]) if self._undone else "",
        )

    def open(self, place: Path | None) -> None:
        """Another database: nothing of the former can be undone here."""
        self._place = place
        self._done.clear()
        self._undone.clear()

    def say(self, judgement: Judgement) -> None:
        """Right, wrong, or nothing."""
        if judgement.before == judgement.after:
            return
        self._done.append(judgement)
        self._undone.clear()
        self._write(judgement.number, judgement.after)

    def undo(self) -> None:
        """Take the last one back."""
        if self._done:
            last = self._done.pop()
            self._undone.append(last)
            self._write(last.number, last.before)

    def redo(self) -> None:
        """Say again what was taken back."""
        if self._undone:
            last = self._undone.pop()
            self._done.append(last)
            self._write(last.number, last.after)

    def finish(self) -> None:
        """Write what is still to be written: the window closes."""
        while self._job is not None:
            self._job.wait()
            self._next()

    def _words(self, one: Judgement) -> str:
        words = {
            True: self.tr("{} is right"),
            False: self.tr("{} is wrong"),
            None: self.tr("{} is not judged"),
        }
        return words[one.after].format(one.label)

    def _write(self, number: int, right: bool | None) -> None:
        place = self._place
        if place is None:
            return
        self.said.emit(number, right)
        self._writing.append(
            lambda: jobs.run(
                lambda: worker.judge(place, number, right),
                on_result=lambda _: self._next(),
                on_error=self._broken,
                on_crash=lambda _: self._next(),
                parent=self,
            )
        )
        if self._job is None:
            self._next()

    def _next(self) -> None:
        self._job = self._writing.popleft()() if self._writing else None

    def _broken(self, text: str) -> None:
        self.failed.emit(text)
        self._next()

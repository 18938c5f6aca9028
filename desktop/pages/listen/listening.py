"""The microphone of the Listen page: opened, lost, waited for and closed, in jobs."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop import jobs
from desktop.pages.listen import worker
from desktop.session import Session
from desktop.shared import microphone


class Listening(QObject):
    """One microphone at a time.

    Args:
        session: knows the classifiers.
        device: name and host API of the chosen one; empty for the default.
        channel: to listen to; None: all.
    """

    heard = Signal(list)  # LiveFrames, the oldest first
    changed = Signal()  # whether it is open or waited for
    lost = Signal(str)  # why; not told again while it is waited for
    back = Signal(str)  # its name

    def __init__(
        self,
        session: Session,
        device: Callable[[], tuple[str, str]],
        channel: Callable[[], int | None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session, self._device, self._channel = session, device, channel
        self._job: jobs.Job | None = None
        self._wait: jobs.Job | None = None
        self._requests = worker.LiveRequests()
        self._came = False  # whether anything has come since it was opened
        self._returning = False  # reopened after it had gone, and nothing came yet

    @property
    def open(self) -> bool:
        """Whether the microphone is open."""
        return self._job is not None

    @property
    def waiting(self) -> bool:
        """Whether one that has gone is waited for."""
        return self._wait is not None

    def ask(self, request: worker.Request) -> None:
        """Ask for one more thing; a closed microphone does nothing."""
        self._requests.put(request)

    def start(self) -> None:
        """Open it; what was before is closed."""
        self._end()
        self._begin()

    def stop(self) -> None:
        """Close it, or wait no longer."""
        self._end()
        self.changed.emit()

    def _begin(self) -> None:
        device, channel, session = self._device(), self._channel(), self._session
        requests = self._requests = worker.LiveRequests()
        self._came = False
        self._job = jobs.run(
            lambda: worker.hear(
                lambda: microphone.open_chosen(*device, channel),
                lambda: session.live_classifiers,
                requests,
            ),
            on_event=self._news,
            on_error=self._gone,
            on_crash=lambda _: self.stop(),
            parent=self,
        )
        self.changed.emit()

    def _end(self) -> None:
        for job in (self._job, self._wait):
            if job is not None:
                job.cancel()
        self._job = self._wait = None
        self._returning = False

    def _news(self, frames: list[worker.LiveFrame]) -> None:
        first = not self._came
        self._came = True
        if first and self._returning:
            self._returning = False
            self.back.emit(frames[-1].device[0])
        self.heard.emit(frames)

    def _gone(self, message: str) -> None:
        """Tell it once, and come back when the microphone does."""
        came, returning = self._came, self._returning
        self.stop()
        if came or not returning:
            self.lost.emit(message)
        if came or returning:
            device = self._device()
            self._wait = jobs.run(
                lambda: microphone.wait_for(*device), on_result=self._found, parent=self
            )
            self.changed.emit()

    def _found(self, device: Any) -> None:
        self._wait = None
        self._begin()
        self._returning = True  # it may be listed and not be ready yet: then go on waiting

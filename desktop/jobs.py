"""Background jobs: the only module that uses threads.

A job drives a plain generator in a thread of its own: each ``yield`` is an event and a place to
cancel. Events reach the window's thread as queued signals, at most twenty times a second, all that
came in between as one list.
"""

import threading
import time
import traceback
from collections.abc import Callable, Generator
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from engine.errors import EarmarkError

_EVENT_SECONDS = 0.05
_running: set["Job"] = set()


class Job(QObject):
    """A generator at work. Made by :func:`run`."""

    _events = Signal(list)
    _ended = Signal(object, object, object)

    def __init__(
        self,
        work: Callable[[], Generator[Any, None, Any]],
        on_event: Callable[[list[Any]], None] | None,
        on_result: Callable[[Any], None] | None,
        on_error: Callable[[str], None] | None,
        on_crash: Callable[[str], None] | None,
        parent: QObject | None,
    ) -> None:
        super().__init__(parent)
        self._work = work
        self._on_event, self._on_result = on_event, on_result
        self._on_error, self._on_crash = on_error, on_crash
        # Held while a signal is emitted: its object must not be deleted in that moment.
        self._telling = threading.Lock()
        self._abandoned = False
        self._cancelled = threading.Event()
        self._going = threading.Event()
        self._going.set()
        self._events.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._ended.connect(self._end, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._drive, name=f"job {work}", daemon=True)

    @property
    def running(self) -> bool:
        """Whether its end has not been told yet."""
        return self in _running

    def cancel(self) -> None:
        """Stop at the next ``yield``; nothing more is told."""
        with self._telling:
            self._cancelled.set()
        self._going.set()

    def abandon(self) -> None:
        """It may be deleted now, even if its thread is still busy: that emits nothing more."""
        with self._telling:
            self._abandoned = True

    def hold(self, on: bool) -> None:
        """Rest at the next ``yield``, for as long as something else comes first; or go on."""
        if on and not self._cancelled.is_set():
            self._going.clear()
        else:
            self._going.set()

    def wait(self, seconds: float = 10.0) -> None:
        """Wait for the thread to end."""
        self._thread.join(seconds)

    def start(self) -> None:
        _running.add(self)
        self._thread.start()

    def _drive(self) -> None:
        result, message, report = None, None, None
        try:
            result = self._steps()
        except EarmarkError as error:
            message = str(error)
        except Exception:  # noqa: BLE001  # whatever it is, the user gets a report of it
            report = traceback.format_exc()
        with self._telling:
            try:
                if not self._abandoned:
                    self._ended.emit(result, message, report)
            except RuntimeError:  # the window has gone meanwhile
                _running.discard(self)

    def _tell(self, events: list[Any]) -> None:
        with self._telling:
            if not self._cancelled.is_set():
                self._events.emit(events)

    def _steps(self) -> Any:
        steps = self._work()
        waiting: list[Any] = []
        emitted = 0.0
        try:
            while not self._cancelled.is_set():
                try:
                    waiting.append(next(steps))
                except StopIteration as stop:
                    return stop.value
                if time.monotonic() - emitted >= _EVENT_SECONDS:
                    self._tell(waiting)
                    waiting, emitted = [], time.monotonic()
                self._going.wait()
        finally:
            if waiting:  # what was yielded is told before the end is, also one by an error
                self._tell(waiting)
            steps.close()
        return None

    def _deliver(self, events: list[Any]) -> None:
        if self._on_event and not self._cancelled.is_set():
            self._on_event(events)

    def _end(self, result: Any, message: str | None, report: str | None) -> None:
        # It may still be about to return from the signal that brought us here: that signal's object
        # must outlive it.
        self._thread.join()
        _running.discard(self)
        if self._cancelled.is_set():
            pass
        elif report is not None:
            if self._on_crash:
                self._on_crash(report)
            _show_report(report)
        elif message is not None:
            if self._on_error:
                self._on_error(message)
        elif self._on_result:
            self._on_result(result)
        # Holding its page until it is deleted, it would delete the page it is just deleted with.
        self._on_event = self._on_result = self._on_error = self._on_crash = None
        del self._work
        self.deleteLater()


_show_report: Callable[[str], None] = lambda report: None  # noqa: E731


def show_reports(show: Callable[[str], None]) -> None:
    """Say who shows the report of an unexpected error; there is one for the whole window."""
    global _show_report
    _show_report = show


def run(
    work: Callable[[], Generator[Any, None, Any]],
    *,
    on_event: Callable[[list[Any]], None] | None = None,
    on_result: Callable[[Any], None] | None = None,
    on_error: Callable[[str], None] | None = None,
    on_crash: Callable[[str], None] | None = None,
    parent: QObject | None = None,
) -> Job:
    """Start a job.

    Args:
        work: makes the generator; called in the job's thread.
        on_event: gets what was yielded since the last call, in the window's thread.
        on_result: gets what the generator returned.
        on_error: gets the sentence of an EarmarkError.
        on_crash: told of any other error, to bring what is shown to its end; the report that it
            gets is shown by the window in any case.
        parent: whose life the job's signals share.
    """
    job = Job(work, on_event, on_result, on_error, on_crash, parent)
    job.start()
    return job


def cancel_all() -> None:
    """Cancel every job and wait: the window closes."""
    jobs = list(_running)
    for job in jobs:
        job.cancel()
    for job in jobs:
        job.wait()
        job.abandon()
    _running.clear()

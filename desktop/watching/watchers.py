"""What is being watched; it goes on when the dialog is closed, until the window is."""

from collections import deque
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop import jobs
from desktop.session import Session
from desktop.settings import CHANNEL, DEVICE, HOST_API
from desktop.watching import worker
from desktop.watching.worker import FolderOrders, Line, ListenOrders, Told

if TYPE_CHECKING:
    from engine.watch.journal import Gap

_MOST_LINES = 200


class Watcher(QObject):
    """One of both: its job, and what it told last.

    Attributes:
        stopping: whether it was stopped and is about to end.
        told: the last news; None: nothing runs.
        lines: what came last, the newest first.
        gaps: the last ones, the newest first.
        problem: why it ended, in words.
    """

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._job: jobs.Job | None = None
        self.stopping = False
        self.told: Told | None = None
        self.lines: deque[Line] = deque(maxlen=_MOST_LINES)
        self.gaps: list[Gap] = []
        self.problem = ""

    @property
    def running(self) -> bool:
        """Whether it watches."""
        return self._job is not None

    @property
    def microphone_open(self) -> bool:
        """Whether it has the microphone open."""
        return self.running and self.told is not None and self.told.state == "listening"

    def begin(self, work: Callable[[], Generator[Told, None, None]]) -> None:
        """Start, unless it runs."""
        if self._job is not None:
            return
        self.problem, self.told = "", None
        self._job = jobs.run(
            work,
            on_event=self._take,
            on_error=self._fail,
            on_crash=lambda report: self._fail(self.tr("Unexpected error.")),
            parent=self,
        )
        self.changed.emit()

    def stop(self) -> None:
        """Stop; it runs until what is at work has ended, and the window does not wait for that."""
        if self._job is not None and not self.stopping:
            self.stopping = True
            self._job.destroyed.connect(self._stopped)
            self._job.cancel()
            self.changed.emit()

    def _stopped(self) -> None:
        self._job, self.told, self.stopping = None, None, False
        self.changed.emit()

    def _take(self, events: list[Told]) -> None:
        before = self.told
        self.told = events[-1]
        for told in events:
            self.lines.extendleft(told.lines)
            for text in told.messages:
                self._session.notify(text)
        if self.told.problem and (before is None or before.problem != self.told.problem):
            self._session.notify(self.told.problem, kind="warning")
        self.gaps = [*reversed(self.told.gaps)]
        if (
            before is None
            or any(told.lines for told in events)
            or _seen(before) != _seen(self.told)
        ):
            self.changed.emit()

    def _fail(self, text: str) -> None:
        self._job, self.told, self.problem = None, None, text
        self._session.notify(text, kind="error")
        self.changed.emit()


def _seen(told: Told) -> tuple[object, ...]:
    """What the dialog shows of it, in whole seconds."""
    counts = tuple(round(count) for count in told.counts)
    gaps = tuple((gap.reason, gap.began_at, round(gap.seconds)) for gap in told.gaps)
    return told.state, told.why, told.problem, counts, gaps


class Watchers(QObject):
    """The folder and the microphone.

    Attributes:
        folder, microphone: each at work or not.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.folder, self.microphone = Watcher(session), Watcher(session)

    def watch(self, folder: Path, database: Path, rules: Path | None) -> None:
        """Watch a folder with the classifiers that are enabled."""
        orders = FolderOrders(folder, database, tuple(self._session.loaded_names), rules)
        self.folder.begin(lambda: worker.watch(orders))

    def listen(self, orders: ListenOrders) -> None:
        """Listen with the classifiers that are enabled."""
        classifiers = dict(self._session.live_classifiers)
        self.microphone.begin(lambda: worker.listen(orders, classifiers))

    def chosen_device(self) -> tuple[tuple[str, str], int | None]:
        """The microphone and channel of the Listen page."""
        get = self._session.settings.get
        channel = get(CHANNEL)
        return (get(DEVICE), get(HOST_API)), None if channel < 0 else channel

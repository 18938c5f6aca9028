"""Saving what was taught, and what can be done with it then."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop import jobs
from desktop.messages import Notices
from desktop.pages.search import worker
from desktop.requests import ShowSounds
from desktop.session import Session

if TYPE_CHECKING:
    from engine.search.result import Taught
    from engine.search.teaching import Mark


class Saving(QObject):
    """Saves in a job, and offers to enable the classifier and to show the data set."""

    changed = Signal()  # it has begun, or has ended

    def __init__(self, session: Session, notices: Notices, page: QWidget) -> None:
        super().__init__(page)
        self._session, self._notices = session, notices
        self._job: jobs.Job | None = None
        self.taught: Taught | None = None

    @property
    def busy(self) -> bool:
        """Whether it is at work."""
        return self._job is not None

    def save(self, index: Path, label: str, marks: "Sequence[Mark]") -> None:
        """Save marks of an index as the class of that name."""
        from engine.search.teaching import estimate_of

        kept, estimate = list(marks), estimate_of(marks)
        folder = self._session.project.parent / "Taught" / (_plain(label) or "class")
        self._job = jobs.run(
            lambda: worker.keep(index, label, kept, estimate, folder),
            on_result=self._saved,
            on_error=self._failed,
            on_crash=lambda _: self._ended(),
            parent=self,
        )
        self.changed.emit()

    def _saved(self, taught: "Taught") -> None:
        self.taught = taught
        self._ended()
        actions = [(self.tr("Enable it"), lambda: self._enable(taught.name))]
        if taught.dataset is not None:
            data = taught.dataset
            actions.append((self.tr("Show the data set"), lambda: self._show(data)))
        words = self.tr("Saved as the classifier '{}'.").format(taught.name)
        if taught.problems:
            words += " " + self.tr("{} stretches could not be read.").format(len(taught.problems))
        self._session.notify(words, actions, "success")

    def _failed(self, words: str) -> None:
        self._ended()
        self._notices.fail(words)

    def _ended(self) -> None:
        self._job = None
        self.changed.emit()

    def _enable(self, name: str) -> None:
        others = [one for one in self._session.loaded_names if one != name]
        self._session.set_loaded([*others, name])

    def _show(self, folder: Path) -> None:
        self._session.open_project(folder)
        self._session.request(ShowSounds())


def _plain(label: str) -> str:
    """A label as the name of a folder."""
    return "".join(c if c.isalnum() or c in " -_" else "-" for c in label).strip()[:60]

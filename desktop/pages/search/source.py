"""Which index is searched: chosen, made of a folder, brought up to date."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QProgressBar, QWidget

from desktop import jobs
from desktop.messages import Notices
from desktop.pages.search import worker
from desktop.session import Session
from desktop.settings import ARCHIVE_JOBS, INDEXES
from desktop.widgets.controls import Elided, button, hold_back

if TYPE_CHECKING:
    from engine.search.building import Step

_MOST_KEPT = 20
_BAR_WIDTH = 150
_HOUR = 3600


class IndexBar(QWidget):
    """The index, its buttons, and how far indexing is.

    Args:
        session: remembers which there are.
        notices: says what went wrong.
    """

    changed = Signal()  # another index, or other files in it
    busy_changed = Signal()  # it begins or ends to open or make one

    def __init__(self, session: Session, notices: Notices) -> None:
        super().__init__()
        self._session, self._notices = session, notices
        self._job: jobs.Job | None = None
        self._problems: list[str] = []
        self.info: worker.IndexInfo | None = None
        self.choice = QComboBox()
        self.choice.setAccessibleName(self.tr("Archive to search in"))
        self.choice.setToolTip(self.tr("The archive that is searched"))
        self.choice.setMinimumWidth(180)
        self.choice.setPlaceholderText(self.tr("No archive yet"))
        self.choice.activated.connect(lambda _: self.open(Path(self.choice.currentData())))
        self.make = button(
            self.tr("Index a folder..."),
            self.tr("Listen through a folder of recordings once, so that they can be searched"),
        )
        self.make.clicked.connect(self._ask)
        self.update_button = button(
            self.tr("Update"), self.tr("Add new and changed recordings of the folder")
        )
        self.update_button.clicked.connect(self._update)
        self.facts = Elided("")
        self.facts.setObjectName("faint")
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(_BAR_WIDTH, 5)
        self.progress.setAccessibleName(self.tr("Progress of the indexing"))
        self.cancel_button = button(self.tr("Cancel"), self.tr("Stop indexing; what is done stays"))
        self.cancel_button.clicked.connect(self.cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for one in (self.choice, self.make, self.update_button):
            layout.addWidget(one)
        layout.addWidget(self.facts, 1)
        layout.addWidget(self.progress)
        layout.addWidget(self.cancel_button)
        self._keep_places()
        self._show()

    def _keep_places(self) -> None:
        """What comes and goes keeps its place: nothing moves under the pointer."""
        for one in (self.progress, self.cancel_button):
            policy = one.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            one.setSizePolicy(policy)

    @property
    def folder(self) -> Path | None:
        """Of the index; None: there is none."""
        return None if self.info is None else self.info.folder

    @property
    def busy(self) -> bool:
        """Whether it is being opened or made."""
        return self._job is not None

    def begin(self) -> None:
        """Open the one that was used last, if none is open."""
        known = self._session.settings.get(INDEXES)
        if self.info is None and not self.busy and known:
            self.open(Path(known[0]))

    def open(self, folder: Path) -> None:
        """Look into another index."""
        self._run(lambda: worker.look(folder), lambda: self._forget(folder))

    def grow(self, sounds: Path, folder: Path | None = None) -> None:
        """Make an index of a folder of sounds, or bring it up to date."""
        self._problems = []
        jobs = self._session.settings.get(ARCHIVE_JOBS)
        self._run(lambda: worker.grow(sounds, folder, jobs), lambda: None)
        self.progress.setValue(0)

    def cancel(self) -> None:
        """Stop; what is indexed stays, and is looked at."""
        if self._job is not None:
            self.stop()
            if self.folder is not None:
                self.open(self.folder)

    def stop(self) -> None:
        """Stop; the window closes."""
        if self._job is not None:
            self._job.cancel()
            self._ended()

    def _run(
        self, work: Callable[[], Generator[Any, None, Any]], failed: Callable[[], None]
    ) -> None:
        if self._job is not None:
            self._job.cancel()
        self._job = jobs.run(
            work,
            on_event=self._heard,
            on_result=self._opened,
            on_error=lambda text: self._fail(text, failed),
            on_crash=lambda _: self._ended(),
            parent=self,
        )
        self._show()
        self.busy_changed.emit()

    def _heard(self, steps: "list[Step | None]") -> None:
        known = [step for step in steps if step is not None]
        self._problems += [step.problem for step in known if step.problem]
        if known:
            self.progress.setValue(round(1000 * known[-1].share))
            words = self.tr("{} of {} files indexed")
            self.facts.setText(words.format(known[-1].done, known[-1].total))

    def _opened(self, info: worker.IndexInfo) -> None:
        self._ended()
        self.info = info
        others = [one for one in self._session.settings.get(INDEXES) if one != str(info.folder)]
        self._session.settings.set(INDEXES, [str(info.folder), *others][:_MOST_KEPT])
        problems, self._problems = self._problems, []
        if problems:
            words = self.tr("{} files could not be indexed. {}").format(len(problems), problems[0])
            if len(problems) == 1:
                words = self.tr("A file could not be indexed. {}").format(problems[0])
            self._notices.notify(words, kind="warning")
        self._show()
        self.changed.emit()

    def _fail(self, text: str, failed: Callable[[], None]) -> None:
        self._ended()
        failed()
        self._notices.fail(text)
        self._show()

    def _forget(self, folder: Path) -> None:
        kept = [one for one in self._session.settings.get(INDEXES) if one != str(folder)]
        self._session.settings.set(INDEXES, kept)

    def _ended(self) -> None:
        self._job = None
        self._show()
        self.busy_changed.emit()

    def _show(self) -> None:
        busy, info = self.busy, self.info
        for one in (self.progress, self.cancel_button):
            one.setVisible(busy)
        self.make.setEnabled(not busy)
        hold_back(
            self.update_button,
            self.tr("Please wait.")
            if busy
            else ""
            if info is not None and info.sounds
            else self.tr("It is not known which folder the index was made of."),
        )
        self.choice.clear()
        for name in self._session.settings.get(INDEXES):
            self.choice.addItem(_title(name), name)
        self.choice.setCurrentIndex(0 if self.choice.count() else -1)  # the open one is the first
        self.choice.setEnabled(self.choice.count() > 0 and not busy)
        if info is None:
            self.facts.setText(self.tr("Opening...") if busy else "")
        elif not busy:
            words = self.tr("{} files, {}").format(info.files, _length(info.seconds))
            if info.by:
                words += self.tr(", heard by {}").format(info.by)
            if info.failed:
                words += self.tr(", {} could not be read").format(info.failed)
            if info.gone:
                words += self.tr(", {} no longer there").format(info.gone)
            self.facts.setText(words)

    def _ask(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Choose a folder of recordings"))
        if name:
            self.grow(Path(name))

    def _update(self) -> None:
        if self.info is not None and self.info.sounds:
            self.grow(Path(self.info.sounds), self.info.folder)


def _length(seconds: float) -> str:
    """A length in hours, a short one in minutes."""
    if seconds < _HOUR:
        return QCoreApplication.translate("IndexBar", "{:.1f} minutes").format(seconds / 60)
    return QCoreApplication.translate("IndexBar", "{:,.1f} hours").format(seconds / _HOUR)


def _title(name: str) -> str:
    """A folder's name without what tells it from others of that name."""
    plain, _, tail = Path(name).name.rpartition("-")
    return plain if plain and len(tail) == 8 else Path(name).name

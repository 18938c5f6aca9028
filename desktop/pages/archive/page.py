"""The Archive page: thousands of recordings analysed, looked through and judged."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
)

from desktop import jobs
from desktop.pages.archive import worker
from desktop.pages.archive.batch import BatchPanel
from desktop.pages.archive.dialogs import Failures, Thresholds
from desktop.pages.archive.exports import ArchiveExports
from desktop.pages.archive.looking import Looking
from desktop.pages.archive.results import ResultsView
from desktop.pages.archive.words import summary, welcome
from desktop.requests import OpenArchive, Request
from desktop.session import Session
from desktop.settings import ARCHIVE
from desktop.shared.page import Page
from desktop.widgets.controls import text
from engine.archive.orders import BatchOrder
from engine.archive.processes import Listening
from engine.workers import Pause

SUFFIX = ".sqlite"


class ArchivePage(Page):
    """One results database at a time; a batch that runs is always its own.

    Attributes:
        place: the database; it need not exist before a batch begins.
        found: what is in it; None: nothing yet.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.notices = session.notices()
        self.place: Path | None = None
        self.found: worker.Found | None = None
        self._entered = False
        self._looking = Looking(self)
        self._batch: jobs.Job | None = None
        self._pause: Pause | None = None
        # Cancelled, and about to end; asked to start, as soon as there is a database.
        self._stopping = self._asked = False
        self.panel = BatchPanel(session.settings)
        self.panel.classifiers = session.loaded_names
        self.panel.show_classifiers()
        self.results = ResultsView(session, self.notices)
        self.exports = ArchiveExports(self.panel.export_button, self.notices)
        self._lay_out()
        self._connect()
        self._show_state()
        jobs.run(
            worker.listening_classifiers,
            on_result=self.panel.show_classifiers,
            on_error=self.notices.fail,
            parent=self,
        )

    def _lay_out(self) -> None:
        self.welcome = QFrame()
        self.welcome.setObjectName("panel")
        self.welcome_words = text(faint=True)
        self.choose_button = QPushButton(self.tr("Choose a folder of recordings..."))
        self.choose_button.setObjectName("main")
        inside = QVBoxLayout(self.welcome)
        inside.setContentsMargins(14, 14, 14, 14)
        inside.addWidget(self.welcome_words)
        inside.addWidget(self.choose_button, 0, Qt.AlignmentFlag.AlignLeft)
        inside.addStretch(1)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.welcome)
        self.stack.addWidget(self.results)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 8)
        layout.setSpacing(8)
        layout.addWidget(self.panel)
        layout.addWidget(self.stack, 1)

    def _connect(self) -> None:
        panel = self.panel
        self.exports.status.connect(self.status)
        self._looking.status.connect(self.status)
        self._looking.opened.connect(self._opened)
        self._looking.failed.connect(self._not_opened)
        self.choose_button.clicked.connect(self.ask_folder)
        panel.add_button.clicked.connect(self.ask_folder)
        panel.folders_changed.connect(self._show_state)
        panel.database_button.clicked.connect(self.ask_database)
        panel.thresholds_button.clicked.connect(self.show_thresholds)
        panel.failures_button.clicked.connect(self.show_failures)
        panel.start_button.clicked.connect(self.start)
        panel.pause_button.toggled.connect(self.pause)
        panel.cancel_button.clicked.connect(self.cancel)

    # What the window asks.

    @property
    def commands(self) -> Mapping[str, Callable[[], object]]:
        return {"play": self.results.play}

    @property
    def steps(self) -> tuple[str, str]:
        return self.results.judging.steps

    def undo(self) -> None:
        """Take the last judgement back."""
        self.results.judging.undo()

    def redo(self) -> None:
        """Make it again."""
        self.results.judging.redo()

    def enter(self) -> None:
        if not self._entered:
            self._entered = True
            last = self._session.settings.get(ARCHIVE)
            if last and self.place is None:
                self._looking.look(Path(last), if_there=True)
        if self.stack.currentWidget() is self.results:
            self.results.table.setFocus()

    def take(self, request: Request) -> None:
        if isinstance(request, OpenArchive):
            self.open(request.path)

    def take_drop(self, paths: Sequence[Path]) -> bool:
        """Folders are analysed, a database is opened; files of sound are for the File page."""
        folders = [path for path in paths if path.is_dir()]
        if folders:
            self.add_folders(folders)
        return bool(folders)

    def stop(self) -> None:
        self.results.transport.pause()
        self.results.judging.finish()

    @property
    def running(self) -> bool:
        """Whether a batch is at work."""
        return self._batch is not None

    # The database.

    def ask_database(self) -> None:
        """Ask for one that exists, or a name for a new one."""
        folder = self.place.parent if self.place else self._session.archives_folder
        kinds = self.tr("Results databases (*.sqlite);;All files (*)")
        name, _ = QFileDialog.getSaveFileName(
            *(self, self.tr("Results database"), str(folder), kinds),
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if name:
            self.choose_database(Path(name))

    def choose_database(self, place: Path) -> None:
        """Open it, or use its name when a batch begins."""
        if self._batch is not None:
            self.open(place)
            return
        before = self.place
        self._use(place if place.suffix else place.with_suffix(SUFFIX))
        back = lambda: None if self.running else self._use(before)  # noqa: E731
        self._looking.look(place, if_there=True, failed=back)

    def open(self, place: Path) -> None:
        """Show what is in a database; while a batch runs, that of another waits."""
        if self._batch is not None and place != self.place:
            self.notices.notify(
                self.tr(
                    "{} is being written. Cancel the analysis to open another database."
                ).format(self.place.name if self.place else ""),
                kind="warning",
            )
            return
        self._looking.look(place)

    def _opened(self, found: worker.Found) -> None:
        if self._batch is not None and found.place != self.place:
            return  # the analysis began meanwhile
        again = self.found is not None and self.found.place == found.place
        self.found = found
        self._use(found.place)
        self._session.settings.set(ARCHIVE, str(found.place))
        order = found.order
        if order is not None and not again:
            self._show_order(order)
            if not order.finished and self._batch is None:
                self._tell_interrupted(order, found)
        self.results.open(found)
        if self._asked:
            self.start()

    def _not_opened(self, words: str) -> None:
        self._asked = False
        if words:
            self.notices.fail(words)

    def _use(self, place: Path | None) -> None:
        if self.found is not None and self.found.place != place:
            self.found = None
            self.results.close_database()
        self.place = place
        self._show_state()

    def _show_order(self, order: BatchOrder) -> None:
        self.panel.folders = list(order.places)
        self.panel.classifiers = list(order.how.classifiers)
        self.panel.set_hop(order.how.hop_seconds)
        self.panel.channels.setCurrentIndex(self.panel.channels.findData(order.how.channels))
        self.panel.show_classifiers()
        self.panel.show_folders()
        self._show_state()

    def _tell_interrupted(self, order: BatchOrder, found: worker.Found) -> None:
        done = found.overview.done + found.overview.failed
        self.notices.notify(
            self.tr(
                "The analysis was interrupted: {} of {} files are done. What is done is kept, and "
                "the rest can be analysed now."
            ).format(f"{done:,}", f"{order.files:,}"),
            [(self.tr("Continue"), self.start)],
            kind="info",
        )

    def _show_state(self) -> None:
        """Which of both parts is shown, and what Start would do."""
        found, order = self.found, self.found.order if self.found else None
        self.exports.place = found.place if found else None
        self.panel.show_database(self.place, ready=found is not None)
        words = self.tr("Start")
        if order is not None:
            words = self.tr("Update") if order.finished else self.tr("Continue")
        self.panel.start_button.setText(words)
        self.panel.start_button.setAccessibleName(words)
        self.stack.setCurrentWidget(self.welcome if found is None else self.results)
        self.choose_button.setVisible(not self.panel.folders)
        self.welcome_words.setText(welcome(self.panel.folders, running=self.running))
        if self._batch is None:
            self.panel.show_failed(len(found.failures) if found else 0)
            self.panel.words.setText(summary(found))

    # The batch.

    def ask_folder(self) -> None:
        """Ask for a folder of recordings."""
        name = QFileDialog.getExistingDirectory(self, self.tr("Choose a folder of recordings"))
        if name:
            self.add_folders([Path(name)])

    def add_folders(self, folders: Sequence[Path]) -> None:
        """Analyse these too; without a database yet, one named after the first is used."""
        if self._batch is not None:
            self.notices.notify(
                self.tr("The analysis is running. Add folders when it has ended."), kind="warning"
            )
            return
        new = [str(folder) for folder in folders if str(folder) not in self.panel.folders]
        self.panel.folders += new
        self.panel.show_folders()
        self._show_state()
        if self.place is None and new:
            home, first = self._session.archives_folder, Path(new[0])
            jobs.run(
                lambda: worker.propose(home, first),
                on_result=self._proposed,
                on_error=self._not_opened,
                parent=self,
            )

    def _proposed(self, place: Path) -> None:
        if self.place is None:
            self.choose_database(place)
        if self._asked:
            self.start()

    def start(self) -> None:
        """Analyse what is new or has changed."""
        panel = self.panel
        self._asked = self.place is None and bool(panel.folders)  # its name is being looked for
        if self._batch is not None or self.place is None or not panel.folders:
            return
        self.notices.clear()
        how = Listening(tuple(panel.classifiers), panel.hop_seconds, panel.channels.currentData())
        order, place = BatchOrder(tuple(panel.folders), how), self.place
        hands = worker.Hands(panel.jobs.value(), panel.address)
        self._pause = pause = Pause()
        self._session.settings.set(ARCHIVE, str(place))
        self._batch = jobs.run(
            lambda: worker.hear(place, order, hands, pause),
            on_event=self._told,
            on_result=self._finished,
            on_error=self._broken,
            on_crash=lambda _: self._broken(""),
            parent=self,
        )
        panel.set_running(True)
        self._show_state()
        panel.show_progress(worker.Progress("search"))

    def _told(self, events: Sequence[worker.Progress | None]) -> None:
        last = next((event for event in reversed(events) if event is not None), None)
        if last is None:
            return
        self.panel.show_progress(last)
        idle = not self._looking.busy and self.place is not None
        if last.doing == "hear" and idle and self._grown(last.done):
            self._look_again()

    def _grown(self, done: int) -> bool:
        """Whether there is a tenth more than is known, which the page then offers to show."""
        known = self.found.overview.done + self.found.overview.failed if self.found else 0
        return done > known + (known // 10 if known else 0)

    def _finished(self, found: worker.Found) -> None:
        self._end()
        self._opened(found)
        if not self.results.transport.playing:
            self.results.refresh()  # what is chosen stays so
        count, failed = found.overview.done, len(found.failures)
        words = self.tr("The analysis is finished: {} files have results.").format(f"{count:,}")
        if failed:
            words += " " + self.tr("{} could not be analysed.").format(f"{failed:,}")
            self.notices.notify(words, [(self.tr("Show them"), self.show_failures)], "warning")
        else:
            self.notices.notify(words, kind="success")

    def _broken(self, words: str) -> None:
        self._end()
        if words:
            self.notices.fail(words)
        self._look_again()

    def _end(self) -> None:
        self._batch, self._pause, self._stopping = None, None, False
        self.panel.set_running(False)
        self._show_state()

    def _look_again(self) -> None:
        if self.place is not None:
            self._looking.look(self.place, if_there=True)

    def pause(self, on: bool) -> None:
        """Let the batch rest, or continue."""
        if self._pause is not None:
            self._pause.set(on)

    def cancel(self) -> None:
        """Stop the batch; what is done stays, and Continue hears the rest."""
        if self._batch is not None and not self._stopping:
            self._stopping = True
            self._batch.destroyed.connect(self._stopped)  # when its processes have ended, too
            self._batch.cancel()
            self.panel.show_stopping()

    def _stopped(self) -> None:
        self._end()
        self._look_again()

    # Further windows, files.

    def show_failures(self) -> None:
        """List files without a result."""
        if self.place is None:
            return
        jobs.run(
            lambda: worker.look(self.place or Path()),
            on_result=lambda found: Failures(self, found.failures).open(),
            on_error=self.notices.fail,
            parent=self,
        )

    def show_thresholds(self) -> None:
        """Show what follows from what was judged."""
        if self.place is not None:
            Thresholds(self, self.place).open()

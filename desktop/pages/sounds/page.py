"""The Sounds page: collect sounds, sort them into classes, and see problems."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeySequence,
    QShortcut,
)
from PySide6.QtWidgets import QInputDialog, QVBoxLayout

from desktop.pages.sounds.asking import ask_files, ask_folder, drop_words, pick_class
from desktop.pages.sounds.view import TABLE, SoundsView
from desktop.pages.sounds.worker import Findings, ProjectWorker, all_of, move_to
from desktop.requests import AddRegion, OpenFile, Request, TrainProject
from desktop.session import Session
from desktop.settings import PROJECTS
from desktop.shared.page import Page
from desktop.widgets.class_cards import ClassCard, local_files
from engine.project.project import Project


class SoundsPage(Page):
    """Edits the session's project; every change is saved at once and can be undone.

    Attributes:
        view: what is shown.
        worker: what changes the project, in jobs.
        label: the class whose sounds are in the table; empty: there is none.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.notices = session.notices()
        self.label = ""
        self._found = Findings()
        self._fresh: set[str] = (
            set()
        )  # classes made just now: nobody needs to be told that they lack sounds
        self.worker = ProjectWorker(self)
        self.view = SoundsView(session, self._recording_place)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 8)
        layout.addWidget(self.view)
        self.setAcceptDrops(True)
        self._connect()
        self._connect_worker()
        self._add_keys()
        self._refresh()
        self._open()

    def _connect(self) -> None:
        view = self.view
        header, table = view.header, view.table
        header.undo.clicked.connect(self.undo)
        header.redo.clicked.connect(self.redo)
        header.train.clicked.connect(lambda: self._session.request(TrainProject()))
        for button in (header.new, view.welcome.new):
            button.clicked.connect(self.new_class)
        view.welcome.open.clicked.connect(self.choose_project)
        header.choose.triggered.connect(self.choose_project)
        view.cards.made.connect(self._connect_card)
        view.strip.mend.connect(self._mend)
        view.recorder.recorded.connect(self._recorded)
        view.recorder.broken.connect(self._broken)
        view.recorder.recording_changed.connect(self.microphone_changed)
        view.current_changed.connect(lambda: view.show_excerpt(self.project))
        for shown in (table, view.map.scatter):
            shown.play_wanted.connect(self.play)
            shown.move_wanted.connect(self.ask_class)
            shown.remove_wanted.connect(self.remove_selected)
        for source in (table, view.map):
            source.relabel_wanted.connect(self._relabel_to)
        view.map.failed.connect(self.notices.fail)
        table.open_wanted.connect(self._open_current)
        view.excerpt.open_wanted.connect(self._open_current)
        view.excerpt.failed.connect(self.notices.fail)

    def _connect_worker(self) -> None:
        self.worker.opened.connect(lambda: self.view.header.show_progress(1.0))
        self.worker.opened.connect(self._opened)
        self.worker.changed.connect(self._refresh)
        self.worker.checked.connect(self._checked)
        self.worker.failed.connect(self.notices.fail)
        self.worker.followed.connect(self.notices.notify)
        self.worker.progress.connect(self.view.header.show_progress)
        self.worker.looking.connect(self.view.header.show_looking)
        self.worker.opening.connect(self.view.header.show_opening)
        self._session.project_changed.connect(self._open)

    def _connect_card(self, card: ClassCard) -> None:
        card.chosen.connect(self.choose_class)
        card.renamed.connect(self._rename)
        card.merge_wanted.connect(self._merge)
        card.delete_wanted.connect(self._delete)
        card.files_wanted.connect(self.choose_files)
        card.files_dropped.connect(self.add_files)
        card.rows_dropped.connect(self._relabel)

    def _add_keys(self) -> None:
        """Shortcuts that hold while the page has the focus."""
        keys: dict[str, Callable[[], None]] = {
            "Ctrl+Z": self.undo,
            "Ctrl+Shift+Z": self.redo,
            "Ctrl+Y": self.redo,
            "Ctrl+N": self.new_class,
        }
        for key, do in keys.items():
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(do)

    @property
    def project(self) -> Project | None:
        """The project shown, once it is open."""
        return self.worker.project

    @property
    def found(self) -> Findings:
        """What was found in the project, as far as it still holds."""
        rows = self.project.rows if self.project is not None else ()
        return self._found.still_true(rows).without(self._fresh)

    def class_names(self) -> list[str]:
        """The classes, in order."""
        return list(self.project.classes) if self.project is not None else []

    def _refresh(self) -> None:
        """Show the project as it is now."""
        session, header = self._session, self.view.header
        header.show_recent(session.settings.get(PROJECTS), session.project, session.open_project)
        names = self.class_names()
        if self.label not in names:
            self.label = names[0] if names else ""
        self.view.show_project(self._session.project, self.project, self.label, self.found)
        self.setAcceptDrops(self.project is None or not self.project.read_only)

    @property
    def microphone_open(self) -> bool:
        return self.view.recorder.recording

    def take(self, request: Request) -> None:
        """Ask which class a stretch of a file is of, and take it among the sounds."""
        if isinstance(request, AddRegion) and request.label:
            self.add_region(request.path, request.start, request.end, request.label)
        elif isinstance(request, AddRegion):
            words, title = self.tr("Class of the selected sound:"), self.tr("Add to the sounds")
            label, chosen = QInputDialog.getItem(
                self.window(), title, words, self.class_names(), 0, True
            )
            if chosen and label.strip():
                self.add_region(request.path, request.start, request.end, label.strip())

    def add_region(self, path: Path, start: float, end: float, label: str) -> None:
        """Add a stretch of a file to a class, which is made if there is none of that name."""
        words = self.tr("Added {:.1f} s to '{}'.").format(end - start, label)
        self.worker.do(
            lambda project: project.add_region(label, path, start, end),
            lambda _: self.status.emit(words),
        )

    def play(self) -> None:
        """Play the selected sound, or stop."""
        self.view.excerpt.play()

    @property
    def steps(self) -> tuple[str, str]:
        history = self.project.history if self.project is not None else None
        return (history.undo_words, history.redo_words) if history is not None else ("", "")

    def undo(self) -> None:
        """Take the last change back."""
        self.worker.do(lambda project: project.history.undo(), self._stepped)

    def redo(self) -> None:
        """Make the change again."""
        self.worker.do(lambda project: project.history.redo(), self._stepped)

    def _stepped(self, lost: str) -> None:
        if lost:
            self.notices.notify(lost, kind="warning")

    def stop(self) -> None:
        """The window closes: stop what sounds and forget what was removed."""
        self.view.recorder.leave()
        self.view.excerpt.transport.pause()
        self.view.map.leave()
        former = self.worker.leave()
        if former is not None:
            former.close()

    def new_class(self) -> None:
        """Make a class and let its name be typed."""
        taken, number = {name.casefold() for name in self.class_names()}, 1
        while (name := self.tr("Class {}").format(number)).casefold() in taken:
            number += 1

        def named(_: object) -> None:
            self.choose_class(name)
            self._fresh = {name}
            card = self.view.cards.card(name)
            if card is not None:
                self.view.cards.ensureWidgetVisible(card)
                card.rename()

        self.worker.do(lambda project: project.add_class(name), named)

    def choose_class(self, name: str) -> None:
        """Show the sounds of a class."""
        if name != self.label:
            self._fresh = set()
            self.label = name
            self._refresh()

    def choose_project(self) -> None:
        """Ask for a folder of sounds."""
        if folder := ask_folder(self, self.tr("Open a data set"), self._session.project.parent):
            self._session.open_project(folder)

    def choose_files(self, label: str) -> None:
        """Ask for files for a class."""
        if paths := ask_files(self, label, self._session.settings):
            self.add_files(label, paths)

    def add_files(self, label: str, paths: Sequence[Path]) -> None:
        """Copy files into a class; folders that hold a folder for each class bring those along."""
        self.notices.clear()
        self.worker.do(lambda project: all_of(project, label, paths), self._added)

    def _added(self, left_out: Sequence[str]) -> None:
        if left_out:
            self.notices.notify(" ".join(left_out), kind="warning")

    def remove_selected(self) -> None:
        """Take the selected sounds out."""
        at = self.view.table.currentIndex().row()
        if rows := self.view.picked:
            self.worker.do(
                lambda project: project.remove(rows), lambda _: self.view.table.go_to(at)
            )

    def _relabel_to(self, number: int) -> None:
        names = self.class_names()
        if number < len(names):
            self._relabel(names[number])

    def ask_class(self) -> None:
        """Ask by its first letters which class the selected sounds belong to; a new one is made."""
        if self.view.picked and self.project is not None and not self.project.read_only:
            pick_class(self, len(self.view.picked), self.class_names(), self._relabel)

    def _relabel(self, label: str) -> None:
        rows = self.view.picked
        at = self.view.table.currentIndex().row()
        if any(row.label != label for row in rows):
            self.worker.do(
                lambda project: move_to(project, rows, label), lambda _: self.view.table.go_to(at)
            )

    def _rename(self, name: str, new: str) -> None:
        chosen = self.label == name  # showing the change forgets a class that is no more

        def follow(_: object) -> None:
            if chosen:
                fresh = name in self._fresh
                self.choose_class(" ".join(new.split()))
                self._fresh = {self.label} if fresh else set()
                self._refresh()

        self.worker.do(lambda project: project.rename_class(name, new), follow)

    def _merge(self, name: str, into: str) -> None:
        self.worker.do(
            lambda project: project.merge_classes(name, into), lambda _: self.choose_class(into)
        )

    def _delete(self, name: str) -> None:
        words = self.tr("'{}' was deleted. Ctrl+Z restores it.").format(name)
        self.worker.do(
            lambda project: project.delete_class(name), lambda _: self.status.emit(words)
        )

    def _recorded(self, label: str, path: Path, broken: str = "") -> None:
        seconds = self.view.recorder.example_seconds
        words = self.tr("{} new examples of '{}'.")

        def waits(message: str) -> None:
            """One message for both: what broke it off, and that it waits."""
            told = self.tr("{} The recording is kept: free some space, then add it.")
            add = (self.tr("Add it"), lambda: self._take_up([(label, path)]))
            self.notices.notify(told.format(broken or message), [add], "error")

        def added(count: int) -> None:
            self.status.emit(words.format(count, label))
            if broken:
                self.notices.fail(broken)

        self.worker.do(
            lambda project: project.add_recording(label, path, seconds),
            added,
            waits if path.is_file() else None,
        )

    def _broken(self, label: str, path: Path | None, message: str) -> None:
        if path is None:
            self.notices.fail(message)
            return
        self._recorded(label, path, message)

    def _open(self) -> None:
        self.view.recorder.leave()
        self._found = Findings()
        self.worker.open(self._session.project)

    def _opened(self) -> None:
        self.notices.clear()
        self.label = ""
        self._refresh()
        if self.project is not None and (waiting := self.project.unfinished()):
            words = self.tr("{} recordings were interrupted before they were added.")
            add = (self.tr("Add them"), lambda: self._take_up(waiting))
            self.notices.notify(words.format(len(waiting)), [add], "warning")

    def _take_up(self, waiting: list[tuple[str, Path]]) -> None:
        self.notices.clear()
        for label, path in waiting:
            self._recorded(label, path)

    def _checked(self, found: Findings) -> None:
        self._found = found
        self._refresh()

    def _mend(self, number: int) -> None:
        problem = self.found.problems[number]
        if problem.kind == "missing":
            folder = ask_folder(
                self, self.tr("Where are the missing sounds?"), self._session.project.parent
            )
            if folder is not None:
                self.worker.do(lambda project: project.look_for(folder))
        elif problem.kind == "beyond":
            self.worker.do(lambda project: project.cut_at_end(problem.rows))
        elif problem.groups:
            self.worker.do(lambda project: project.join_groups(problem.groups))
        elif problem.rows:
            self.worker.do(lambda project: project.remove(problem.rows))
        elif problem.label:
            self.choose_class(problem.label)
            self.view.look_at(TABLE)
            self.view.recorder.hold.setFocus()
        else:
            self.new_class()

    def _open_current(self) -> None:
        row = self.view.current
        if row is not None and self.project is not None:
            self._session.request(OpenFile(self.project.file_of(row)))

    def _recording_place(self, label: str, name: str) -> Path | None:
        project = self.project
        return None if project is None else project.recording_path(label, name)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if paths := local_files(event.mimeData()):
            event.acceptProposedAction()
            self.view.drop_hint.offer(drop_words(paths, self.label))

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.view.drop_hint.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.view.drop_hint.hide()
        if paths := local_files(event.mimeData()):
            event.acceptProposedAction()
            self.notices.clear()
            self.worker.do(
                lambda project: all_of(project, self.label, paths, apart=True), self._added
            )

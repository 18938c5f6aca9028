"""The Sounds page: gather sounds, put each in its class, and see what is wrong with them."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal

from desktop.pages.sounds.display import SoundsDisplay
from desktop.pages.sounds.layout import TABLE
from desktop.pages.sounds.worker import Findings, all_of
from desktop.session import Session
from desktop.widgets.class_cards import ClassCard


class SoundsPage(SoundsDisplay):
    """Edits the session's project; every change is saved at once and can be undone."""

    status = Signal(str)
    open_file = Signal(object)
    train_wanted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._connect()
        self._connect_work()
        self._refresh()
        self._open()

    def _connect(self) -> None:
        header, table = self.header, self.table
        header.undo.clicked.connect(self.undo)
        header.redo.clicked.connect(self.redo)
        header.train.clicked.connect(self.train_wanted.emit)
        for button in (header.new, self.welcome.new):
            button.clicked.connect(self.new_class)
        for button in (header.open, self.welcome.open):
            button.clicked.connect(self.choose_project)
        self.cards.made.connect(self._connect_card)
        self.dropped.connect(lambda paths: self.add_files(self._label, paths))
        self.strip.mend.connect(self._mend)
        self.recorder.recorded.connect(self._recorded)
        self.recorder.broken.connect(self._broken)
        for shown in (table, self.map.scatter):
            shown.current_changed.connect(self._show_excerpt)
            shown.play_wanted.connect(self.play)
            shown.remove_wanted.connect(self.remove_selected)
        for source in (table, self.map):
            source.relabel_wanted.connect(self._relabel_to)
        self.map.failed.connect(self.notices.fail)
        self.views.currentChanged.connect(lambda _: self._show_excerpt())
        table.open_wanted.connect(self._open_current)
        self.excerpt.open_wanted.connect(self._open_current)
        self.excerpt.failed.connect(self.notices.fail)
        self.add_keys("Ctrl+Z", self.undo)
        self.add_keys("Ctrl+Shift+Z", self.redo)
        self.add_keys("Ctrl+Y", self.redo)
        self.add_keys("Ctrl+N", self.new_class)

    def _connect_work(self) -> None:
        self.work.opened.connect(self._opened)
        self.work.changed.connect(self._refresh)
        self.work.checked.connect(self._checked)
        self.work.failed.connect(self.notices.fail)
        self.work.progress.connect(self.header.show_progress)
        self._session.project_changed.connect(self._open)

    def _connect_card(self, card: ClassCard) -> None:
        card.chosen.connect(self.choose_class)
        card.renamed.connect(self._rename)
        card.merge_wanted.connect(self._merge)
        card.delete_wanted.connect(self._delete)
        card.files_wanted.connect(self.choose_files)
        card.files_dropped.connect(self.add_files)
        card.rows_dropped.connect(self._relabel)

    def add_region(self, path: Path, start: float, end: float, label: str) -> None:
        """Add a stretch of a file to a class, which is made if there is none of that name."""
        words = self.tr("Added {:.1f} s to '{}'.").format(end - start, label)
        self.work.do(
            lambda project: project.add_region(label, path, start, end),
            lambda _: self.status.emit(words),
        )

    def play(self) -> None:
        """Play the selected sound, or stop."""
        self.excerpt.play()

    def undo(self) -> None:
        """Take the last change back."""
        self.work.do(lambda project: project.history.undo())

    def redo(self) -> None:
        """Make the change again."""
        self.work.do(lambda project: project.history.redo())

    def stop(self) -> None:
        """The window closes: stop what sounds and forget what was removed."""
        self.recorder.leave()
        self.excerpt.transport.pause()
        self.map.leave()
        former = self.work.leave()
        if former is not None:
            former.close()

    def new_class(self) -> None:
        """Make a class and let its name be typed."""
        taken, number = {name.casefold() for name in self.class_names()}, 1
        while (name := self.tr("Class {}").format(number)).casefold() in taken:
            number += 1

        def named(_: object) -> None:
            self.choose_class(name)
            card = self.cards.card(name)
            if card is not None:
                self.cards.ensureWidgetVisible(card)
                card.rename()

        self.work.do(lambda project: project.add_class(name), named)

    def choose_class(self, name: str) -> None:
        """Show the sounds of a class."""
        if name != self._label:
            self._label = name
            self._refresh()

    def choose_files(self, label: str) -> None:
        """Ask for files for a class."""
        if files := self.ask_files(label):
            self.add_files(label, files)

    def add_files(self, label: str, paths: Sequence[Path]) -> None:
        """Copy files into a class; folders that hold a folder for each class bring those along."""
        self.notices.clear()
        self.work.do(lambda project: all_of(project, label, paths))

    def remove_selected(self) -> None:
        """Take the selected sounds out."""
        at = self.table.currentIndex().row()
        if rows := self.picked:
            self.work.do(lambda project: project.remove(rows), lambda _: self.table.go_to(at))

    def _relabel_to(self, number: int) -> None:
        names = self.class_names()
        if number < len(names):
            self._relabel(names[number])

    def _relabel(self, label: str) -> None:
        rows = self.picked
        at = self.table.currentIndex().row()
        if any(row.label != label for row in rows):
            self.work.do(
                lambda project: project.relabel(rows, label), lambda _: self.table.go_to(at)
            )

    def _rename(self, name: str, new: str) -> None:
        chosen = self._label == name  # showing the change forgets a class that is no more

        def follow(_: object) -> None:
            if chosen:
                self.choose_class(" ".join(new.split()))

        self.work.do(lambda project: project.rename_class(name, new), follow)

    def _merge(self, name: str, into: str) -> None:
        self.work.do(
            lambda project: project.merge_classes(name, into), lambda _: self.choose_class(into)
        )

    def _delete(self, name: str) -> None:
        words = self.tr("'{}' is deleted. Ctrl+Z brings it back.").format(name)
        self.work.do(lambda project: project.delete_class(name), lambda _: self.status.emit(words))

    def _recorded(self, label: str, path: Path, broken: str = "") -> None:
        seconds = self.recorder.example_seconds
        words = self.tr("{} new examples of '{}'.")

        def waits(message: str) -> None:
            """One message for both: what broke it off, and that it waits."""
            told = self.tr("{} The recording waits: make room, then add it.")
            add = (self.tr("Add it"), lambda: self._take_up([(label, path)]))
            self.notices.notify(told.format(broken or message), [add], "error")

        def added(count: int) -> None:
            self.status.emit(words.format(count, label))
            if broken:
                self.notices.fail(broken)

        self.work.do(
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
        self.recorder.leave()
        self._found = Findings()
        self.work.open(self._session.project)

    def _opened(self) -> None:
        self.notices.clear()
        self._label = ""
        self._refresh()
        if self.project is not None and (waiting := self.project.unfinished()):
            words = self.tr("{} recordings were broken off before they were added.")
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
        problem = self._problems()[number]
        if problem.kind == "missing":
            folder = self.ask_folder(self.tr("Where are the missing sounds?"))
            if folder is not None:
                self.work.do(lambda project: project.look_for(folder))
        elif problem.groups:
            self.work.do(lambda project: project.join_groups(problem.groups))
        elif problem.rows:
            self.work.do(lambda project: project.remove(problem.rows))
        elif problem.label:
            self.choose_class(problem.label)
            self.look_at(TABLE)
            self.recorder.hold.setFocus()
        else:
            self.new_class()

    def _open_current(self) -> None:
        row = self.current
        if row is not None and self.project is not None:
            self.open_file.emit(self.project.file_of(row))

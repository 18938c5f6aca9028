"""The Sounds page: gather sounds, put each in its class, and see what is wrong with them."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal

from desktop.pages.sounds_view import SoundsView
from desktop.pages.sounds_work import Findings, all_of
from desktop.session import Session
from desktop.widgets.class_cards import ClassCard, ClassFacts
from engine.project import Project
from engine.project_check import Problem

KINDS = {
    "missing": "missing",
    "unreadable": "unreadable",
    "duplicate": "duplicate",
    "quiet": "too quiet",
    "clipped": "clipped",
}


class SoundsPage(SoundsView):
    """Edits the session's project; every change is saved at once and can be undone."""

    status = Signal(str)
    open_file = Signal(object)
    train_wanted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._label = ""
        self._found = Findings()
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
        self.recorder.failed.connect(lambda text: self.banner.say(text))
        table.current_changed.connect(self._show_excerpt)
        table.play_wanted.connect(self.play)
        table.remove_wanted.connect(self.remove_selected)
        table.relabel_wanted.connect(self._relabel_to)
        table.open_wanted.connect(self._open_current)
        self.excerpt.open_wanted.connect(self._open_current)
        self.excerpt.failed.connect(lambda text: self.banner.say(text))
        self.add_keys("Ctrl+Z", self.undo)
        self.add_keys("Ctrl+Shift+Z", self.redo)
        self.add_keys("Ctrl+Y", self.redo)
        self.add_keys("Ctrl+N", self.new_class)

    def _connect_work(self) -> None:
        self.work.opened.connect(self._opened)
        self.work.changed.connect(self._refresh)
        self.work.checked.connect(self._checked)
        self.work.failed.connect(lambda text: self.banner.say(text))
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

    @property
    def project(self) -> Project | None:
        """The project shown, once it is open."""
        return self.work.project

    def class_names(self) -> list[str]:
        """The classes, in order."""
        return list(self.project.classes) if self.project is not None else []

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
        self.banner.hide()
        self.work.do(lambda project: all_of(project, label, paths))

    def remove_selected(self) -> None:
        """Take the selected sounds out."""
        at = self.table.currentIndex().row()
        if rows := self.table.selected:
            self.work.do(lambda project: project.remove(rows), lambda _: self.table.go_to(at))

    def _relabel_to(self, number: int) -> None:
        names = self.class_names()
        if number < len(names):
            self._relabel(names[number])

    def _relabel(self, label: str) -> None:
        rows = self.table.selected
        at = self.table.currentIndex().row()
        if rows and label != self._label:
            self.work.do(
                lambda project: project.relabel(rows, label), lambda _: self.table.go_to(at)
            )

    def _rename(self, name: str, new: str) -> None:
        def follow(_: object) -> None:
            if self._label == name or self._label not in self.class_names():
                self.choose_class(" ".join(new.split()))

        self.work.do(lambda project: project.rename_class(name, new), follow)

    def _merge(self, name: str, into: str) -> None:
        self.work.do(
            lambda project: project.merge_classes(name, into), lambda _: self.choose_class(into)
        )

    def _delete(self, name: str) -> None:
        words = self.tr("'{}' is deleted. Ctrl+Z brings it back.").format(name)
        self.work.do(lambda project: project.delete_class(name), lambda _: self.status.emit(words))

    def _recorded(self, label: str, path: Path) -> None:
        seconds = self.recorder.example_seconds
        words = self.tr("{} new examples of '{}'.")
        self.work.do(
            lambda project: project.add_recording(label, path, seconds),
            lambda count: self.status.emit(words.format(count, label)),
        )

    def _open(self) -> None:
        self.recorder.leave()
        self._found = Findings()
        self.work.open(self._session.project)

    def _opened(self) -> None:
        self.banner.hide()
        self._label = ""
        self._refresh()
        if self.project is not None and (waiting := self.project.unfinished()):
            words = self.tr("{} recordings were broken off before they were added.")
            add = {self.tr("Add them").replace(" ", "_"): lambda: self._take_up(waiting)}
            self.banner.say(words.format(len(waiting)), **add)

    def _take_up(self, waiting: list[tuple[str, Path]]) -> None:
        self.banner.hide()
        for label, path in waiting:
            self._recorded(label, path)

    def _checked(self, found: Findings) -> None:
        self._found = found
        self._refresh()

    def _refresh(self) -> None:
        """Show the project as it is now."""
        project, names = self.project, self.class_names()
        if self._label not in names:
            self._label = names[0] if names else ""
        rows = project.rows if project is not None else ()
        counts = Counter(row.label for row in rows)
        most = max(counts.values(), default=1)
        facts = [
            ClassFacts(n, counts[n], self._found.seconds.get(n), counts[n] / most) for n in names
        ]
        self.cards.show_classes(facts, self._label)
        marks = {id(row): KINDS[p.kind] for p in self._problems() for row in p.rows}
        words = {key: self.tr(mark) for key, mark in marks.items()}
        shown = [row for row in rows if row.label == self._label]
        self.table.rows_model.show_rows(project, shown, words)
        if self.table.current is None:
            self.table.go_to(0)
        self.recorder.set_class(self._label)
        history = project.history if project is not None else None
        self.header.show_steps(*((history.undo_words, history.redo_words) if history else ("", "")))
        self.header.show_project(self._session.project, trainable=len(counts) >= 2)
        self.strip.show_problems([(p.words, p.mend) for p in self._problems()])
        self.show_welcome(not names)
        self._show_excerpt()

    def _problems(self) -> list[Problem]:
        """What was found that still holds; nothing while there is nothing but classes."""
        rows = self.project.rows if self.project is not None else ()
        here = set(map(id, rows))
        return [p for p in self._found.problems if rows and all(id(r) in here for r in p.rows)]

    def _mend(self, number: int) -> None:
        problem = self._problems()[number]
        if problem.kind == "missing":
            folder = self.ask_folder(self.tr("Where are the missing sounds?"))
            if folder is not None:
                self.work.do(lambda project: project.look_for(folder))
        elif problem.rows:
            self.work.do(lambda project: project.remove(problem.rows))
        elif problem.label:
            self.choose_class(problem.label)
            self.recorder.hold.setFocus()
        else:
            self.new_class()

    def _show_excerpt(self) -> None:
        row, project = self.table.current, self.project
        if row is None or project is None:
            self.excerpt.show_excerpt(None, 0.0, None)
        else:
            self.excerpt.show_excerpt(project.file_of(row), row.start, row.end)

    def _open_current(self) -> None:
        row = self.table.current
        if row is not None and self.project is not None:
            self.open_file.emit(self.project.file_of(row))

"""The layout of the Sounds page, and how a project is shown in it."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.pages.sounds.excerpt import ExcerptPanel
from desktop.pages.sounds.header import ReadOnlyNote, SoundsHeader, Welcome
from desktop.pages.sounds.map import MapPanel
from desktop.pages.sounds.recorder import RecordPanel
from desktop.pages.sounds.split import SplitPanel
from desktop.pages.sounds.table import ExcerptTable
from desktop.pages.sounds.worker import Findings
from desktop.session import Session
from desktop.widgets.class_cards import ClassCards, ClassFacts
from desktop.widgets.controls import hold_back
from desktop.widgets.drop_hint import DropHint
from desktop.widgets.problem_strip import ProblemStrip
from engine.datasets.table import Excerpt
from engine.project.project import Project
from engine.project.twins import group_of

TABLE, MAP, SPLIT = range(3)
_LEAST_HIGH = 130  # pixels of the table; the map has the recorder's room, too
_KINDS = {
    "missing": "missing",
    "unreadable": "unreadable",
    "beyond": "longer than its file",
    "duplicate": "duplicate",
    "quiet": "too quiet",
    "clipped": "clipped",
    "leak": "similar to another group",
}


class SoundsView(QWidget):
    """Header, problems, cards, recorder, table and picture; the page decides what they do.

    Args:
        session: what all pages share.
        recording_place: gives the file for a recording, from its class and name.
    """

    current_changed = Signal()  # another sound, or another way to look at them

    def __init__(
        self, session: Session, recording_place: Callable[[str, str], Path | None]
    ) -> None:
        super().__init__()
        self.header, self.strip, self.note = SoundsHeader(), ProblemStrip(), ReadOnlyNote()
        self.welcome, self.cards = Welcome(), ClassCards()
        self.recorder = RecordPanel(session, recording_place)
        self.table, self.map, self.split = ExcerptTable(), MapPanel(), SplitPanel()
        self.excerpt = ExcerptPanel(session)
        self.drop_hint = DropHint(self)
        self._build()
        for shown in (self.table, self.map.scatter):
            shown.current_changed.connect(self.current_changed)
        self.views.currentChanged.connect(lambda _: self.current_changed.emit())

    def _build(self) -> None:
        right = QVBoxLayout()
        right.setSpacing(8)
        # Above all that comes and goes: the three buttons stay under the pointer.
        right.addLayout(self._switch())
        right.addWidget(self.recorder)
        self.views.setMinimumHeight(_LEAST_HIGH)
        right.addWidget(self.views, 1)
        right.addWidget(self.excerpt)
        self.table.menu_wanted.connect(self.excerpt.show_menu)
        body = QWidget()
        middle = QHBoxLayout(body)
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(12)
        left = QWidget()
        left.setFixedWidth(310)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.cards, 1)
        column.addWidget(self.strip)  # the list above gets shorter, nothing else moves
        middle.addWidget(left)
        middle.addLayout(right, 1)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.header)
        layout.addWidget(self.note)
        layout.addWidget(self._pages, 1)

    def _switch(self) -> QHBoxLayout:
        """Three ways to look at the sounds."""
        self.views = QStackedWidget()
        self._ways = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(6)
        for number, (words, tip, panel) in enumerate(
            (
                (self.tr("Table"), self.tr("The sounds of the selected class"), self.table),
                (self.tr("Map"), self.tr("All sounds; similar ones are close together"), self.map),
                (
                    self.tr("Split"),
                    self.tr("Which sounds are used for training, validation and test"),
                    self.split,
                ),
            )
        ):
            button = QPushButton(words)
            button.setCheckable(True)
            button.setChecked(number == TABLE)
            button.setToolTip(tip)
            self.views.addWidget(panel)
            self._ways.addButton(button, number)
            row.addWidget(button)
        row.addStretch(1)
        self._ways.idClicked.connect(self.look_at)
        return row

    def look_at(self, way: int) -> None:
        """Show the table, the map or the split."""
        self._ways.button(way).setChecked(True)
        self.views.setCurrentIndex(way)
        # All room for the map, unless something is being recorded.
        self.recorder.setVisible(way == TABLE or self.recorder.recording)
        self.excerpt.setVisible(way != SPLIT)

    @property
    def on_map(self) -> bool:
        """Whether the map is shown."""
        return self.views.currentIndex() == MAP

    @property
    def current(self) -> Excerpt | None:
        """The sound the cursor is on, in the table or on the map."""
        return self.map.current if self.on_map else self.table.current

    @property
    def picked(self) -> list[Excerpt]:
        """The sounds chosen, in the table or on the map."""
        return self.map.selected if self.on_map else self.table.selected

    def show_project(
        self, folder: Path, project: Project | None, label: str, found: Findings
    ) -> None:
        """Show a project as it is now.

        Args:
            folder: where it is, or will be.
            project: None: it is not open.
            label: the class whose sounds are in the table.
            found: what was found in it last.
        """
        names = list(project.classes) if project is not None else []
        reason = project.read_only if project is not None else ""
        self._hold_back("")
        counts = Counter(row.label for row in (project.rows if project is not None else ()))
        self._show_classes(names, counts, label, found)
        self._show_table(project, label, found)
        self.split.show_draw(found.draw)
        self.map.show_project(project)
        if self.table.current is None:
            self.table.go_to(0)
        self.recorder.set_class(label)
        history = project.history if project is not None else None
        self.header.show_steps(*((history.undo_words, history.redo_words) if history else ("", "")))
        self.header.show_project(folder, trainable=len(counts) >= 2)
        self.strip.show_problems([(p.words, p.mend) for p in found.problems])
        self._pages.setCurrentIndex(1 if names else 0)
        self.show_excerpt(project)
        self.note.show_reason(reason)
        self._hold_back(reason)

    def _hold_back(self, reason: str) -> None:
        """Disable what would change the project, each with the reason; empty: let it go."""
        header, recorder = self.header, self.recorder
        buttons = (header.undo, header.redo, header.new, self.welcome.new, *self.strip.buttons)
        for widget in (*buttons, recorder.hold, recorder.long, recorder.examples):
            hold_back(widget, reason)
        self.cards.hold_back(reason)
        self.map.hold_back(reason)

    def _show_classes(
        self, names: Sequence[str], counts: Counter[str], label: str, found: Findings
    ) -> None:
        most = max(counts.values(), default=1)
        facts = [ClassFacts(n, counts[n], found.seconds.get(n), counts[n] / most) for n in names]
        self.cards.show_classes(facts, label)

    def _show_table(self, project: Project | None, label: str, found: Findings) -> None:
        rows = project.rows if project is not None else ()
        marks = {id(row): _KINDS[p.kind] for p in found.problems for row in p.rows}
        words = {key: self.tr(mark) for key, mark in marks.items()}
        model, draw = self.table.rows_model, found.draw
        model.show_rows(project, [row for row in rows if row.label == label], words)
        model.show_parts(
            draw.parts if draw is not None else {}, Counter(group_of(row) for row in rows)
        )

    def show_excerpt(self, project: Project | None) -> None:
        """Show the sound the cursor is on."""
        row = self.current
        if row is None or project is None:
            self.excerpt.show_excerpt(None, 0.0, None)
        else:
            self.excerpt.show_excerpt(project.file_of(row), row.start, row.end)

"""The results of a database: table and histogram, played and judged."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSplitter, QVBoxLayout, QWidget

from desktop import jobs
from desktop.messages import Notices
from desktop.pages.archive import worker
from desktop.pages.archive.filters import FilterBar
from desktop.pages.archive.histogram import Histogram
from desktop.pages.archive.judging import Judgement, Judging
from desktop.pages.archive.model import StretchModel
from desktop.pages.archive.table import StretchTable
from desktop.session import Session
from desktop.shared.player import Transport
from desktop.shared.stretch_menu import SoundStretch, add_stretch_actions
from desktop.widgets.controls import Elided, button, steady
from engine.archive.addresses import is_address

_TABLE_SHARE, _HISTOGRAM_SHARE = 720, 300


class ResultsView(QWidget):
    """Of one database at a time.

    Args:
        session: other pages are asked by it.
        notices: of the page.
    """

    shown = Signal()  # what was asked for last is there

    def __init__(self, session: Session, notices: Notices) -> None:
        super().__init__()
        self._session, self._notices = session, notices
        self.place: Path | None = None
        self._sorted: tuple[int, bool] = (5, False)  # column, descending
        self._reading: jobs.Job | None = None
        self._again = False
        self._play_row: int | None = None  # to be played once it is read
        self._played = Path()  # what was to be played last
        self._stop_at: float | None = None
        self.view: worker.View | None = None
        self.filters = FilterBar()
        self.model = StretchModel()
        self.model.setParent(self)
        self.table = StretchTable(self.model)
        self.histogram = Histogram()
        self.transport = Transport(self)
        self.judging = Judging(self)
        self._buttons()
        self._lay_out()
        self._connect()

    def _buttons(self) -> None:
        self.words = Elided()
        self.words.setObjectName("faint")
        self.new_button = button(
            self.tr("Show new results"), self.tr("Read the database again: there is more in it")
        )
        self.play_button = button(self.tr("Play"), self.tr("Play or pause the stretch (Space)"))
        self.right_button = button(self.tr("Right"), self.tr("The label is right (Enter)"))
        self.wrong_button = button(self.tr("Wrong"), self.tr("The label is wrong (Backspace)"))
        self.back_button = button(
            self.tr("Not judged"), self.tr("Take the judgement back (Delete)")
        )
        self.new_button.setEnabled(False)
        steady(self.play_button, self.tr("Play"), self.tr("Pause"))

    def _lay_out(self) -> None:
        below = QHBoxLayout()
        below.addWidget(self.words, 1)
        for widget in (
            *(self.new_button, self.play_button),
            *(self.right_button, self.wrong_button, self.back_button),
        ):
            below.addWidget(widget)
        left = QWidget()
        inside = QVBoxLayout(left)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.table, 1)
        inside.addLayout(below)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(left)
        splitter.addWidget(self.histogram)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([_TABLE_SHARE, _HISTOGRAM_SHARE])
        splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.filters)
        layout.addWidget(splitter, 1)

    def _connect(self) -> None:
        self.filters.changed.connect(self.refresh)
        self.histogram.by_changed.connect(self.refresh)
        self.histogram.chosen.connect(lambda v: self.filters.narrow(self.histogram.by, v))
        self.table.horizontalHeader().sectionClicked.connect(self._sort)
        self.table.play_wanted.connect(self.play_row)
        self.table.judged.connect(self.judge)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._open_menu)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._enable())
        self.model.dataChanged.connect(lambda *_: self._arrived())
        self.model.failed.connect(self._notices.fail)
        self.judging.said.connect(self.model.set_right)
        self.judging.failed.connect(self._notices.fail)
        self.transport.moved.connect(self._moved)
        self.transport.playing_changed.connect(self._playing)
        self.transport.failed.connect(self._not_played)
        self.play_button.clicked.connect(self.play)
        self.right_button.clicked.connect(lambda: self.judge(True))
        self.wrong_button.clicked.connect(lambda: self.judge(False))
        self.back_button.clicked.connect(lambda: self.judge(None))
        self.new_button.clicked.connect(self.refresh)

    # What is shown.

    def open(self, found: worker.Found) -> None:
        """Show a database; of the same one, what is new is offered and not pushed in."""
        same = found.place == self.place
        self.filters.set_labels(found.overview.labels)
        if same and self.view is not None and len(self.view.numbers):
            self.new_button.setEnabled(True)
            return
        if not same:
            self.transport.set_file(None)
            self.judging.open(found.place)
            self.place = found.place
            self.view = None
            self.filters.clear()
        self.refresh()

    def close_database(self) -> None:
        """Show none."""
        self.transport.set_file(None)
        self.judging.open(None)
        self.place, self.view = None, None
        self.model.show(None, ())

    def refresh(self) -> None:
        """Read which stretches there are; what is asked for meanwhile is read next."""
        if self.place is None:
            return
        if self._reading is not None:
            self._again = True
            return
        self._again = False
        place, wanted, by = self.place, self.filters.filter, self.histogram.by
        column, descending = self._sorted
        order = "random" if self.filters.random.isChecked() else self.model.orders[column]
        self.words.setText(self.tr("Reading..."))
        self.filters.clear_button.setEnabled(wanted != type(wanted)())
        self._reading = jobs.run(
            lambda: worker.view(place, wanted, order, by, descending=descending),
            on_result=lambda view: self._show(place, view),
            on_error=self._fail,
            on_crash=lambda _: self._fail(""),
            parent=self,
        )

    def _show(self, place: Path, view: worker.View) -> None:
        self._reading = None
        if place != self.place or self._again:
            self.refresh()
            return
        chosen = self.model.number(self.table.row)
        self.view = view
        self.new_button.setEnabled(False)
        self.model.show(place, view.numbers)
        self.histogram.show_counts(view.counts)
        self._count()
        at = np.flatnonzero(view.numbers == (-1 if chosen is None else chosen))
        if len(view.numbers):
            self.table.choose(int(at[0]) if len(at) else 0)
        self._enable()
        self.shown.emit()

    def _count(self) -> None:
        view = self.view
        if view is None:
            return
        shown, total = f"{len(view.numbers):,}", f"{view.total:,}"
        one = view.total == 1
        words = self.tr("1 stretch") if one else self.tr("{} stretches").format(total)
        if len(view.numbers) != view.total:
            words = self.tr("{} of {} stretches").format(shown, total)
        self.words.setText(", ".join(filter(None, (words, self.filters.words))))

    def _fail(self, text: str) -> None:
        self._reading = None
        self.words.setText("")
        if text:
            self._notices.fail(text)
        self.shown.emit()

    def _sort(self, column: int) -> None:
        """By the heading that was clicked; once more the other way round."""
        before, descending = self._sorted
        self._sorted = column, column == before and not descending
        way = Qt.SortOrder.DescendingOrder if self._sorted[1] else Qt.SortOrder.AscendingOrder
        self.table.horizontalHeader().setSortIndicator(column, way)
        if self.filters.random.isChecked():
            self.filters.random.setChecked(False)  # which reads it again
        else:
            self.refresh()

    def _enable(self) -> None:
        chosen = self.table.row >= 0
        for one in (self.play_button, self.right_button, self.wrong_button, self.back_button):
            one.setEnabled(chosen)

    # Playing.

    def play(self) -> None:
        """Play the current stretch, or pause."""
        if self.transport.playing:
            self.transport.pause()
        elif self.table.row >= 0:
            self.play_row(self.table.row)

    def play_row(self, row: int) -> None:
        """Play a stretch from its beginning."""
        found = self.model.stretch(row)
        self._play_row = row if found is None else None
        if found is None or self.place is None:
            return
        if is_address(found.path):
            words = self.tr("{} lies elsewhere: only files of this machine can be played.")
            self.transport.pause()
            self._notices.fail(words.format(found.path))
            return
        self._played = Path(found.path)
        self.transport.set_file(self._played)
        self.transport.play(found.start_seconds, found.end_seconds, loop=False)
        self.model.set_playing(found.number)

    def _arrived(self) -> None:
        """Play what was asked for before it was read."""
        row = self._play_row
        if row is not None and self.model.stretch(row) is not None:
            self._play_row = None
            QTimer.singleShot(0, lambda: self.play_row(row))

    def _moved(self, _: float) -> None:
        """The loudspeaker goes on; the table has no cursor for it."""

    def _playing(self, on: bool) -> None:
        self.play_button.setText(self.tr("Pause") if on else self.tr("Play"))
        if not on:
            self.model.set_playing(None)

    def _not_played(self, text: str) -> None:
        """Say why, in a job: a network drive may not answer for long."""
        self.model.set_playing(None)
        path = self._played
        gone = self.tr("{} is not there any more. Was it moved or renamed?").format(path)
        jobs.run(
            lambda: worker.is_there(path),
            on_result=lambda there: self._notices.fail(text if there else gone),
            on_error=self._notices.fail,
            parent=self,
        )

    # Judging.

    def judge(self, right: bool | None) -> None:
        """Say that the current stretch is right or wrong, and go to the next and play it."""
        row = self.table.row
        found = self.model.stretch(row) if row >= 0 else None
        if found is None:
            return
        self.judging.say(Judgement(found.number, found.label, found.right, right))
        if right is not None and row + 1 < self.model.rowCount():
            self.table.choose(row + 1)
            self.play_row(row + 1)

    def _open_menu(self, place: QPoint) -> None:
        index = self.table.indexAt(place)
        if not index.isValid():
            index = self.table.currentIndex()
            place = self.table.visualRect(index).bottomLeft()
        if index.isValid():
            self.table.selectRow(index.row())
            menu = self.menu()
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(self.table.viewport().mapToGlobal(place))

    def menu(self) -> QMenu:
        """What the right button opens on the current stretch."""
        menu = QMenu(self)
        for one in (self.play_button, self.right_button, self.wrong_button, self.back_button):
            action = menu.addAction(one.text())
            action.setEnabled(one.isEnabled())
            action.triggered.connect(one.click, Qt.ConnectionType.QueuedConnection)
        found = self.model.stretch(self.table.row)
        if found is not None and not is_address(found.path):
            menu.addSeparator()
            times = found.start_seconds, found.end_seconds
            stretch = SoundStretch(Path(found.path), *times, found.label)
            add_stretch_actions(menu, self._session, stretch)
        return menu

"""What the user corrected of a classifier: listed, taken back one by one, saved as a classifier."""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
)

from desktop import jobs
from desktop.messages import Notices
from desktop.session import Session
from desktop.shared.correcting import Correcting
from desktop.widgets.controls import button

if TYPE_CHECKING:
    from engine.classifier.personal.card import PersonalCard

_SUFFIX = ".safetensors"
_NUMBER = Qt.ItemDataRole.UserRole
_ROWS = 5


class CorrectionsView(QFrame):
    """Under the thresholds of the card; hidden where nothing was corrected.

    Args:
        session: loads the classifier anew.
        notices: of the page.
    """

    def __init__(self, session: Session, notices: Notices) -> None:
        super().__init__()
        self._notices = notices
        self._name = ""
        self.heading = QLabel()
        self.heading.setObjectName("title")
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Corrections; the latest first"))
        self.list.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.undo_button = button(self.tr("Undo"), self.tr("Take back the selected corrections"))
        self.all_button = button(self.tr("Undo all"), self.tr("Take back all corrections"))
        self.save_button = button(
            self.tr("Save as classifier..."), self.tr("Save it with its corrections as a new file")
        )
        row = QHBoxLayout()
        for one in (self.undo_button, self.all_button, self.save_button):
            row.addWidget(one)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.heading)
        layout.addWidget(self.list)
        layout.addLayout(row)
        self.correcting = Correcting(session, self)
        self.correcting.learned.connect(lambda _: self.show_of(self._name))
        session.classifiers_loaded.connect(lambda: self.show_of(self._name))
        self.undo_button.clicked.connect(lambda: self._undo(self._selected()))
        self.all_button.clicked.connect(lambda: self._undo(self._all()))
        self.save_button.clicked.connect(self._ask_save)
        self.hide()

    def show_of(self, name: str) -> None:
        """Show the corrections of a classifier; empty: of none."""
        self._name = name
        if not name:
            self.hide()
            return
        jobs.run(
            lambda: _read(name),
            on_result=lambda card: self._show(name, card),
            on_error=lambda text: self._fail(name, text),
            parent=self,
        )

    def _show(self, name: str, card: "PersonalCard | None") -> None:
        if name != self._name:
            return
        self.list.clear()
        self.setVisible(card is not None)
        if card is None:
            return
        count = len(card.corrections)
        words = self.tr("Personal: 1 correction") if count == 1 else ""
        self.heading.setText(words or self.tr("Personal: {} corrections").format(count))
        for one in reversed(card.corrections):
            where = one.heard or self.tr("microphone")
            date = one.date[:16].replace("T", " ")
            item = QListWidgetItem(f"{one.words}   ({date}, {where}, {one.seconds:.1f} s)")
            item.setData(_NUMBER, one.number)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        shown = min(count, _ROWS)
        self.list.setFixedHeight(self.list.sizeHintForRow(0) * shown + 8)

    def _fail(self, name: str, text: str) -> None:
        if name == self._name:
            self.hide()
            self._notices.fail(text)

    def _selected(self) -> list[int]:
        return [item.data(_NUMBER) for item in self.list.selectedItems()]

    def _all(self) -> list[int]:
        return [self.list.item(row).data(_NUMBER) for row in range(self.list.count())]

    def _undo(self, numbers: list[int]) -> None:
        if numbers and not self.correcting.busy:
            self.correcting.undo(self._name, numbers)

    def _ask_save(self) -> None:
        proposed = f"{self._name}-corrected{_SUFFIX}"
        kinds = self.tr("Classifiers (*.safetensors)")
        name, _ = QFileDialog.getSaveFileName(self, self.tr("Save"), proposed, kinds)
        if name:
            self.save(Path(name))

    def save(self, target: Path) -> None:
        """Write the corrected classifier as a file of its own."""
        name, written = self._name, self.tr("Saved as {}.")
        jobs.run(
            lambda: _save(name, target),
            on_result=lambda path: self._notices.notify(written.format(path), kind="success"),
            on_error=self._notices.fail,
            parent=self,
        )


def _read(name: str) -> "Generator[None, None, PersonalCard | None]":
    from engine.classifier.catalog import Catalog

    yield
    catalog = Catalog()
    return catalog.corrections.card(catalog.find(name).sha256())


def _save(name: str, target: Path) -> Generator[None, None, Path]:
    from engine.classifier.catalog import Catalog
    from engine.classifier.classifier import Classifier
    from engine.classifier.personal.applied import save_corrected

    yield
    catalog = Catalog()
    base = Classifier.load(catalog.find(name).path)
    yield
    save_corrected(base, catalog.corrections, target)
    return target

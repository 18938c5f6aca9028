"""What the user corrected of a classifier: listed, taken back one by one, saved as a classifier.

Corrections of an earlier version of the classifier are listed as well, and can be carried over.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
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
from desktop.messages import Action, Kind, Notices
from desktop.session import Session
from desktop.shared.correcting import Correcting
from desktop.widgets.controls import button

if TYPE_CHECKING:
    from engine.classifier.personal.card import Correction, PersonalCard
    from engine.classifier.personal.carrying import Carried
    from engine.classifier.personal.earlier import Earlier

_SUFFIX = ".safetensors"
_NUMBER = Qt.ItemDataRole.UserRole
_ROWS = 5
_MOST_NAMED = 3


class CorrectionsView(QFrame):
    """Under the thresholds of the card; hidden where nothing was corrected.

    Args:
        session: loads the classifier anew.
        notices: of the page.
    """

    status = Signal(str)

    def __init__(self, session: Session, notices: Notices) -> None:
        super().__init__()
        self._session, self._notices = session, notices
        self._name = ""
        self._carrying: list[str] = []  # by name; the first one now, the others after it
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
        self.earlier = QLabel()
        self.earlier.setWordWrap(True)
        self.carry_button = button(
            self.tr("Carry over"), self.tr("Learn the corrections of the earlier version again")
        )
        self._lay_out()
        self.correcting = Correcting(session, self)
        self.correcting.learned.connect(lambda _: self.show_of(self._name))
        session.classifiers_loaded.connect(lambda: self.show_of(self._name))
        self.undo_button.clicked.connect(lambda: self._undo(self._selected()))
        self.all_button.clicked.connect(lambda: self._undo(self._all()))
        self.save_button.clicked.connect(self._ask_save)
        self.carry_button.clicked.connect(lambda: self.carry_over(self._name))
        self.hide()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.heading)
        layout.addWidget(self.list)
        above, below = QHBoxLayout(), QHBoxLayout()
        for one in (self.undo_button, self.all_button, self.save_button):
            above.addWidget(one)
        above.addStretch(1)
        below.addWidget(self.earlier, 1)
        below.addWidget(self.carry_button)
        layout.addLayout(above)
        layout.addLayout(below)

    def show_of(self, name: str) -> None:
        """Show the corrections of a classifier; empty: of none."""
        self._name = name
        if not name:
            self.hide()
            return
        jobs.run(
            lambda: _read(name),
            on_result=lambda found: self._show(name, found),
            on_error=lambda text: self._fail(name, text),
            parent=self,
        )

    def _show(self, name: str, found: "_Found") -> None:
        if name != self._name:
            return
        corrections = found.card.corrections if found.card is not None else []
        self.list.clear()
        self.setVisible(bool(corrections or found.earlier))
        count = len(corrections)
        words = self.tr("Personal: 1 correction") if count == 1 else ""
        self.heading.setText(words or self.tr("Personal: {} corrections").format(count))
        for one in reversed(corrections):
            self._add(one)
        for former in reversed(found.earlier):
            self._add(former.correction, applies=False)
        self.list.setCurrentRow(0)
        for view in (self.undo_button, self.all_button, self.save_button):
            view.setEnabled(bool(corrections))
        self._show_earlier(found.earlier)
        shown = min(self.list.count(), _ROWS)
        self.list.setFixedHeight(self.list.sizeHintForRow(0) * shown + 8)

    def _add(self, one: "Correction", *, applies: bool = True) -> None:
        where = one.heard or self.tr("microphone")
        date = one.date[:16].replace("T", " ")
        text = f"{one.words}   ({date}, {where}, {one.seconds:.1f} s)"
        item = QListWidgetItem(text if applies else text + self.tr("   earlier version"))
        item.setData(_NUMBER, one.number if applies else None)
        if not applies:
            item.setFlags(Qt.ItemFlag.NoItemFlags)
        self.list.addItem(item)

    def _show_earlier(self, earlier: "Sequence[Earlier]") -> None:
        """What does not apply, and whether it can be carried over."""
        count, lost = len(earlier), sum(one.sound is None for one in earlier)
        if count == 1:
            words = self.tr("1 correction was made for an earlier version and does not apply.")
        else:
            words = self.tr(
                "{} corrections were made for an earlier version and do not apply."
            ).format(count)
        if lost:
            words += " " + self.tr("{} cannot be carried over: the sound is not kept.").format(lost)
        self.earlier.setText(words)
        self.earlier.setVisible(count > 0)
        self.carry_button.setVisible(count > 0)
        self.carry_button.setEnabled(lost < count and self._name not in self._carrying)

    def carry_over(self, name: str) -> None:
        """Learn the corrections of an earlier version again, in a process of its own; in turn."""
        if name in self._carrying:
            return
        self._carrying.append(name)
        self.carry_button.setEnabled(self._name not in self._carrying)
        if len(self._carrying) == 1:
            self._carry_first()

    def _carry_first(self) -> None:
        name = self._carrying[0]
        jobs.run(
            lambda: _carrying(name),
            on_event=lambda shares: self._tell(shares[-1]),
            on_result=self._carried,
            on_error=self._not_carried,
            on_crash=lambda _: self._end_carrying(),
            parent=self,
        )

    def _tell(self, share: float) -> None:
        self.status.emit(self.tr("Carrying over corrections: {:.0f} %").format(100 * share))

    def _not_carried(self, text: str) -> None:
        self._end_carrying()
        self._notices.fail(text)

    def _end_carrying(self) -> None:
        del self._carrying[0]
        self.status.emit("")
        self.show_of(self._name)
        if self._carrying:
            self._carry_first()

    def _carried(self, carried: "Carried") -> None:
        self._end_carrying()
        self._session.set_loaded(self._session.loaded_names)
        words: list[str] = []
        actions: list[Action] = []
        kind: Kind = "success"
        name, numbers = carried.name, carried.numbers
        count = len(numbers)
        if count:
            one = self.tr("Carried over: 1 correction of '{0}'.")
            more = self.tr("Carried over: {1} corrections of '{0}'.")
            words.append((one if count == 1 else more).format(self.correcting.title(name), count))
            actions.append((self.tr("Undo"), lambda: self.correcting.undo(name, numbers)))
        if carried.followed < count:
            words.append(
                self.tr("{} of them not followed yet: correct one or two more places.").format(
                    count - carried.followed
                )
            )
        if not carried.check.fine:
            kind = "warning"
            changed = self.tr("It also changes {} of {} answers that were certain before.")
            words.append(changed.format(len(carried.check.changed), carried.check.count))
        for what, why in carried.left[:_MOST_NAMED]:
            kind = "warning"
            words.append(self.tr("Not carried over: {}. {}").format(what, why))
        if (rest := len(carried.left) - _MOST_NAMED) > 0:
            words.append(self.tr("{} more were not: see the Models page.").format(rest))
        self._session.notify(" ".join(words), actions, kind)

    def _fail(self, name: str, text: str) -> None:
        if name == self._name:
            self.hide()
            self._notices.fail(text)

    def _selected(self) -> list[int]:
        return [item.data(_NUMBER) for item in self.list.selectedItems() if item.flags()]

    def _all(self) -> list[int]:
        items = [self.list.item(row) for row in range(self.list.count())]
        return [item.data(_NUMBER) for item in items if item.flags()]

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


@dataclass(frozen=True)
class _Found:
    """Corrections that apply to a classifier, and those that do not."""

    card: "PersonalCard | None"
    earlier: "Sequence[Earlier]"


def _read(name: str) -> Generator[None, None, _Found]:
    from engine.classifier.catalog import Catalog

    yield
    catalog = Catalog()
    entry = catalog.find(name)
    return _Found(catalog.corrections.card(entry.sha256()), catalog.earlier(entry))


def _carrying(name: str) -> "Generator[float, None, Carried]":
    from engine.classifier.catalog import Catalog
    from engine.classifier.personal.process import carry_over_in_process

    yield 0.0
    catalog = Catalog()
    return (yield from carry_over_in_process(catalog.find(name).path, catalog.folder))


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

"""A person's own labels of a file: a lane of their own whose stretches are edited."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCursor, QKeySequence, QShortcut
from PySide6.QtWidgets import QPushButton, QWidget

from desktop import jobs
from desktop.pages.file import worker
from desktop.plots.tracks.lanes import Stretch
from desktop.shared.tracks import Tracks
from desktop.widgets.class_chooser import ClassChooser

_LEAST_SECONDS = 0.01
_SAME = 1e-6
_MOST_STEPS = 100


class FileLabels(QObject):
    """Add, rename, move and delete; each change is kept at once and can be undone.

    A label that is chosen in the lane is the selection: who drags the selection or its edges drags
    the label.

    Args:
        tracks: whose lane and selection they use.
        names: gives the labels to be offered.
        parent: the page.
    """

    lane = worker.OWN_LANE
    changed = Signal()  # the stretches, or whether they are shown
    failed = Signal(str)

    def __init__(self, tracks: Tracks, names: Callable[[], Sequence[str]], parent: QWidget) -> None:
        super().__init__(parent)
        self._tracks, self._names, self._page = tracks, names, parent
        self._path: Path | None = None
        self.stretches: list[Stretch] = []
        self._undone: list[tuple[str, list[Stretch]]] = []
        self._redone: list[tuple[str, list[Stretch]]] = []
        self._dragged = False  # since one was chosen
        self._keeping = False
        self._to_keep: tuple[Path | None, list[Stretch]] | None = None
        self.button = QPushButton(self.tr("Edit labels"))
        self.button.setCheckable(True)
        self.button.setAccessibleName(self.button.text())
        self.button.setToolTip(
            self.tr(
                "Show a lane of your own labels (E). Select a part and press A to add one; "
                "drag the selection of a chosen label; F2 renames, Delete removes it"
            )
        )
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.toggled.connect(lambda _: self.changed.emit())
        for keys, do in (("Ctrl+Z", self.undo), ("Ctrl+Shift+Z", self.redo)):
            shortcut = QShortcut(QKeySequence(keys), parent, do)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        # After the page, which puts the cursor there and gives up the selection.
        QTimer.singleShot(0, self, self._listen)

    def _listen(self) -> None:
        tracks = self._tracks
        tracks.lanes.clicked.connect(lambda _: self._select_chosen())
        tracks.time.selected.connect(self._follow)

    @property
    def shown(self) -> bool:
        """Whether their lane is shown."""
        return self.button.isChecked()

    @property
    def steps(self) -> tuple[str, str]:
        """What would be undone and made again."""
        undo, redo = self._undone[-1:], self._redone[-1:]
        return (undo[0][0] if undo else ""), (redo[0][0] if redo else "")

    @property
    def chosen(self) -> Stretch | None:
        """The label that is meant, if it is one of these."""
        chosen = self._tracks.lanes.chosen
        return chosen[1] if chosen is not None and chosen[0] == self.lane else None

    def open(self, path: Path) -> None:
        """Another file: its labels are shown if it has any."""
        self._path, self.stretches = path, []
        self._undone.clear()
        self._redone.clear()
        self.button.setChecked(False)

        def recalled(found: list[Stretch]) -> None:
            if path == self._path and found:
                self.stretches = found
                self.button.setChecked(True)
                self.changed.emit()

        jobs.run(lambda: worker.recall_labels(path), on_result=recalled, parent=self)

    def take_over(self, detected: Sequence[Stretch]) -> None:
        """Begin with what was detected; what there is already stays."""
        known = {(s.start, s.end, s.label) for s in self.stretches}
        new = [s for s in detected if (s.start, s.end, s.label) not in known]
        if new:
            self._change(self.tr("copy the detected labels"), [*self.stretches, *new])
            self.button.setChecked(True)

    def ask_to_add(self) -> None:
        """Ask for the label of the selection."""
        selection = self._tracks.time.selection
        if selection is not None and self._path is not None:
            self._ask(self.tr("Label of the selection"), lambda name: self.add(*selection, name))

    def add(self, start: float, end: float, label: str) -> None:
        """One more label."""
        if end - start >= _LEAST_SECONDS:
            made = Stretch(start, end, label, 1.0)
            self._change(self.tr("add '{}'").format(label), [*self.stretches, made])
            self.button.setChecked(True)  # now: an empty lane would offer a copy of the detected
            self._tracks.lanes.choose((self.lane, made))
            self._dragged = False

    def ask_to_rename(self) -> None:
        """Ask for another name of the chosen label."""
        if (old := self.chosen) is not None:
            self._ask(self.tr("Rename '{}' to").format(old.label), lambda n: self.rename(old, n))

    def rename(self, old: Stretch, label: str) -> None:
        """Give a label another name."""
        self._exchange(self.tr("rename '{}'").format(old.label), old, replace(old, label=label))

    def remove(self) -> None:
        """Take the chosen label out."""
        if (old := self.chosen) is not None:
            rest = [stretch for stretch in self.stretches if stretch != old]
            self._tracks.lanes.choose(None)
            self._change(self.tr("delete '{}'").format(old.label), rest)

    def undo(self) -> None:
        """Take the last change back."""
        self._step(self._undone, self._redone)

    def redo(self) -> None:
        """Make it again."""
        self._step(self._redone, self._undone)

    def take_key(self, key: int) -> bool:
        """Tells whether a key meant something here."""
        keys: dict[int, Callable[[], object]] = {Qt.Key.Key_E: self.button.toggle}
        if self._tracks.time.selection is not None:
            keys[Qt.Key.Key_A] = self.ask_to_add
        if self.shown and self.chosen is not None:
            keys |= {Qt.Key.Key_F2: self.ask_to_rename, Qt.Key.Key_Delete: self.remove}
        do = keys.get(key)
        if do is not None:
            do()
        return do is not None

    def _ask(self, words: str, then: Callable[[str], None]) -> None:
        own = dict.fromkeys(stretch.label for stretch in reversed(self.stretches))
        chooser = ClassChooser(words, (), self._names(), list(own), "", self._page.window())
        chooser.chosen.connect(lambda choice: then(choice.label))
        chooser.open_at(QCursor.pos())

    def _select_chosen(self) -> None:
        self._dragged = False
        if (chosen := self.chosen) is not None:
            self._tracks.time.select(chosen.start, chosen.end)

    def _follow(self) -> None:
        """The selection of a chosen label was moved, or one of its edges: so is the label."""
        selection, old = self._tracks.time.selection, self.chosen
        if selection is None or old is None or selection == (old.start, old.end):
            return
        start, end = selection
        length = abs((end - start) - (old.end - old.start)) < _SAME
        edge = abs(start - old.start) < _SAME or abs(end - old.end) < _SAME
        if not (length or edge) or end - start < _LEAST_SECONDS:
            self._tracks.lanes.choose(None)  # another selection was begun
            return
        made = replace(old, start=start, end=end)
        if self._dragged:  # one step for the whole drag
            self._put([made if stretch == old else stretch for stretch in self.stretches])
        else:
            self._exchange(self.tr("move '{}'").format(old.label), old, made)
        self._dragged = True
        self._tracks.lanes.choose((self.lane, made))

    def _exchange(self, words: str, old: Stretch, new: Stretch) -> None:
        self._change(words, [new if stretch == old else stretch for stretch in self.stretches])
        if self.chosen is None:
            self._tracks.lanes.choose((self.lane, new))

    def _change(self, words: str, stretches: list[Stretch]) -> None:
        self._undone.append((words, self.stretches))
        del self._undone[:-_MOST_STEPS]
        self._redone.clear()
        self._put(stretches)

    def _put(self, stretches: list[Stretch]) -> None:
        self.stretches = sorted(stretches, key=lambda s: (s.start, s.end, s.label))
        self._to_keep = (self._path, list(self.stretches))
        self._keep()
        self.changed.emit()

    def _keep(self) -> None:
        """Write what is to be kept: one after the other, so that the last one is what stays."""
        if self._keeping or self._to_keep is None:
            return
        (path, kept), self._to_keep = self._to_keep, None
        if path is None:
            return
        self._keeping = True

        def done(*_: object) -> None:
            self._keeping = False
            self._keep()

        def fail(message: str) -> None:
            self.failed.emit(message)
            done()

        jobs.run(lambda: worker.keep_labels(path, kept), on_result=done, on_error=fail, parent=self)

    def _step(
        self, source: list[tuple[str, list[Stretch]]], target: list[tuple[str, list[Stretch]]]
    ) -> None:
        if source:
            words, before = source.pop()
            target.append((words, self.stretches))
            self._tracks.lanes.choose(None)
            self._put(before)

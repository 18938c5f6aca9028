"""The Models page: all classifiers, their cards, and which are enabled."""

from collections.abc import Callable, Generator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QInputDialog, QLineEdit, QVBoxLayout

from desktop import jobs
from desktop.messages import Kind
from desktop.pages.models import worker
from desktop.pages.models.card import CardView
from desktop.pages.models.corrections import CorrectionsView
from desktop.pages.models.list import ClassifierList
from desktop.pages.models.steps import Step, Steps
from desktop.pages.models.tryout import TryOut
from desktop.requests import CarryOver, Request
from desktop.session import Session
from desktop.shared.button_menu import ButtonMenu
from desktop.shared.page import Page

if TYPE_CHECKING:
    from engine.classifier.classifier import Classifier

_SUFFIX = ".safetensors"


class ModelsPage(Page):
    """Reads the catalog in a job, at the start and after every change."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.notices = session.notices()
        self.found = worker.CatalogListing()
        self.chosen = ""
        self._unopened: dict[Path, str] = {}
        self._broken_path: Path | None = None
        self._steps = Steps()
        self._adjusting = False
        self._waiting: tuple[str, worker.Adjustment] | None = None
        self._build()
        self._connect()
        session.loading_failed.connect(self._loading_failed)
        session.classifiers_loaded.connect(self.refresh)
        self.refresh()

    def _build(self) -> None:
        self.list, self.card = ClassifierList(), CardView()
        self.corrections = CorrectionsView(self._session, self.notices)
        self.corrections.status.connect(self.status)
        self.card.add(self.corrections)
        self.tryout = TryOut(self._session)
        self.card.add(self.tryout)
        self.card.setEnabled(False)
        middle = QHBoxLayout()
        middle.setSpacing(10)
        middle.addWidget(self.list)
        middle.addWidget(self.card, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 8)
        layout.setSpacing(8)
        layout.addLayout(middle, 1)
        self.setAcceptDrops(True)

    def _connect(self) -> None:
        self.menu = ButtonMenu(self.list.tree, self.card.buttons, self.list.offer_enabling)
        self.list.chosen.connect(self._choose)
        self.list.broken_chosen.connect(self._choose_broken)
        self.list.listens_changed.connect(self._listen)
        self.list.import_button.clicked.connect(self.ask_import)
        self.card.export_button.clicked.connect(self.ask_export)
        self.card.onnx_button.clicked.connect(self.ask_onnx)
        self.card.delete_button.clicked.connect(self.delete)
        self.card.rename_button.clicked.connect(self.ask_title)
        self.card.thresholds.changed.connect(self._change)
        self.card.thresholds.tried.connect(self.tryout.tried)
        self.card.thresholds.reset.connect(lambda name: self._change(name, worker.Adjustment()))
        for view in (self.list.tree, self.list.broken):
            shortcut = QShortcut(QKeySequence.StandardKey.Delete, view, self.delete)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        for keys, do in (("Ctrl+Z", self.undo), ("Ctrl+Shift+Z", self.redo), ("Ctrl+Y", self.redo)):
            shortcut = QShortcut(QKeySequence(keys), self, do)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    @property
    def steps(self) -> tuple[str, str]:
        return self._steps.words

    def take(self, request: Request) -> None:
        """Carry corrections over; it need not be shown for that."""
        if isinstance(request, CarryOver):
            self.corrections.carry_over(request.name)

    def undo(self) -> None:
        """Take the last change of a title, of thresholds, or the last deletion back."""
        self._steps.undo()

    def redo(self) -> None:
        """Make again what was taken back last."""
        self._steps.redo()

    def refresh(self) -> None:
        """Read the catalog again."""
        self._run(worker.read_catalog, self._show)

    def _run(
        self, work: Callable[[], Generator[Any, None, Any]], done: Callable[[Any], None]
    ) -> jobs.Job:
        return jobs.run(work, on_result=done, on_error=self.notices.fail, parent=self)

    def _show(self, found: worker.CatalogListing) -> None:
        opened = [e.entry.path for n, e in found.listed.items() if n in self._session.classifiers]
        self._unopened = {p: why for p, why in self._unopened.items() if p not in opened}
        self.found = worker.CatalogListing(found.listed, found.broken | self._unopened)
        shown = self.chosen if self.chosen in found.listed else ""
        self.list.show_found(self.found, self._session.loaded_names, shown)
        if shown:
            self._choose(shown)

    def _choose(self, name: str) -> None:
        listed = self.found.listed.get(name)
        if listed is None:
            return
        self.chosen, self._broken_path = name, None
        self.card.setEnabled(True)
        self.card.show_listed(listed)
        self.corrections.show_of(name)
        self.tryout.show_of(listed)

        def show(words: str, *, good: bool) -> None:
            if self.chosen == name:
                self.card.show_digest(words, good=good)

        jobs.run(
            lambda: worker.digest(listed.entry.path),
            on_result=lambda found: show(found, good=True),
            on_error=lambda text: show(text, good=False),
            parent=self,
        )

    def _choose_broken(self, path: Path) -> None:
        self.chosen, self._broken_path = "", path
        self.card.setEnabled(False)
        self.corrections.show_of("")
        bundled = [e.entry.path for e in self.found.listed.values() if e.entry.bundled]
        delete = (self.tr("Delete"), self.delete)
        self.notices.clear()
        self.notices.notify(self.found.broken[path], [] if path in bundled else [delete], "error")

    def _listen(self, name: str, on: bool) -> None:
        if on and self.found.listed[name].card.features_only:
            self.notices.fail(self.found.listed[name].card.refusal(self.tr("listen")))
            self.refresh()
            return
        others = [other for other in self._session.loaded_names if other != name]
        self._session.set_loaded([*others, name] if on else others)
        card = self.found.listed[name].card
        words = self.tr("{} enabled.") if on else self.tr("{} disabled.")
        if on and card.files_only:
            words = self.tr("{} enabled for the File page: it can only classify files.")
        self.status.emit(words.format(card.title))

    def _loading_failed(self, path: Path | None, text: str) -> None:
        """A file whose card is right but that cannot be used is kept apart, too."""
        if path in [listed.entry.path for listed in self.found.listed.values()]:
            self._unopened[path] = text
        self.refresh()

    def ask_import(self) -> None:
        """Ask for classifier files."""
        kinds = self.tr("Classifiers (*.safetensors)")
        names, _ = QFileDialog.getOpenFileNames(self, self.tr("Import classifiers"), "", kinds)
        if names:
            self.bring_in([Path(name) for name in names])

    def bring_in(self, paths: Sequence[Path]) -> None:
        """Copy classifier files among the user's own."""
        self._run(lambda: worker.bring_in(paths), self._brought_in)

    def _brought_in(self, found: worker.Imported) -> None:
        if found.names:
            self.chosen = found.names[-1]
            self.status.emit(self.tr("Imported: {}.").format(", ".join(found.names)))
        if found.problems:
            self.notices.fail(" ".join(found.problems))
        self.refresh()

    def ask_export(self) -> None:
        """Ask for a place and copy the classifier there."""
        target = self._ask_target(_SUFFIX, self.tr("Classifiers (*.safetensors)"))
        if target is not None:
            self.export(target)

    def export(self, target: Path) -> None:
        """Copy the classifier that is shown."""
        source = self.found.listed[self.chosen].entry.path
        written = self.tr("Saved as {}.")
        self._run(
            lambda: worker.copy_out(source, target),
            lambda path: self.notices.notify(written.format(path), kind="success"),
        )

    def ask_onnx(self) -> None:
        """Ask for a place and write the classifier there as ONNX."""
        target = self._ask_target(".onnx", self.tr("ONNX models (*.onnx)"))
        if target is not None:
            self.export_onnx(target)

    def export_onnx(self, target: Path) -> None:
        """Write the classifier that is shown as ONNX; takes some seconds."""
        self.card.set_exporting(on=True)
        self.status.emit(self.tr("Exporting as ONNX..."))

        def end(text: str, kind: Kind) -> None:
            self.card.set_exporting(on=False)
            self.status.emit("")
            self.notices.notify(text, kind=kind)

        name = self.chosen
        words = self.tr(
            "Saved as {}. The probabilities of ONNX Runtime and Earmark differ by at most {:.1g}."
        )
        jobs.run(
            lambda: worker.to_onnx(name, target),
            on_result=lambda difference: end(words.format(target, difference), "success"),
            on_error=lambda text: end(text, "error"),
            parent=self,
        )

    def _ask_target(self, suffix: str, kinds: str) -> Path | None:
        proposed = f"{self.chosen}{suffix}"
        name, _ = QFileDialog.getSaveFileName(self, self.tr("Export"), proposed, kinds)
        return Path(name) if name else None

    def delete(self) -> None:
        """Take the classifier, or the broken file, that is shown out of the catalog."""
        listed = self.found.listed.get(self.chosen)
        if self._broken_path is None and (listed is None or listed.entry.bundled):
            return
        path = self._broken_path or (listed.entry.path if listed else Path())
        name = listed.name if listed is not None else ""
        listened = name in self._session.loaded_names
        waiting: list[Path] = []  # where it is kept; each deletion finds it another place

        def removed(kept: Path) -> None:
            waiting[:] = [kept]
            self._removed(kept)

        def again() -> None:
            self._remove(path, name, removed)

        def back() -> None:
            if waiting:
                self.bring_back(waiting.pop(), name, listened)

        def first(kept: Path) -> None:
            self._steps.add(Step(self.tr("delete {}").format(kept.name), back, again))
            removed(kept)

        self._remove(path, name, first)

    def _remove(self, path: Path, name: str, then: Callable[[Path], None]) -> None:
        if name in self._session.loaded_names:
            self._listen(name, False)
        self._unopened.pop(path, None)
        self._run(lambda: worker.remove(path), then)

    def _removed(self, kept: Path) -> None:
        self.chosen, self._broken_path = "", None
        words = self.tr("{} was deleted.").format(kept.name)
        undo = (self.tr("Undo"), self.undo)
        self.notices.clear()  # what was said of it
        self.notices.notify(words, [undo], "success")
        self.refresh()

    def ask_title(self) -> None:
        """Ask for another title of the classifier that is shown."""
        listed = self.found.listed.get(self.chosen)
        if listed is not None and not listed.entry.bundled:
            words, now = self.tr("Title of the classifier:"), listed.card.title
            title, given = QInputDialog.getText(
                self, self.tr("Rename"), words, QLineEdit.EchoMode.Normal, now
            )
            if given and title.strip() not in ("", now):
                path = listed.entry.path
                back, again = (partial(self.retitle, path, words) for words in (now, title))
                self._steps.add(Step(self.tr("rename {}").format(now), back, again))
                again()

    def retitle(self, path: Path, title: str) -> None:
        """Give a classifier another title."""

        def renamed(name: str) -> None:
            if name in self._session.classifiers:
                self._session.set_loaded(self._session.loaded_names)
            self.refresh()

        self._run(lambda: worker.retitle(path, title), renamed)

    def bring_back(self, kept: Path, name: str, listened: bool) -> None:
        """Bring back what was deleted."""

        def back(path: Path) -> None:
            self.notices.clear()
            self.chosen = name
            if listened:
                self._session.set_loaded([*self._session.loaded_names, name])
            self.status.emit(self.tr("{} was restored.").format(path.name))
            self.refresh()

        self._run(lambda: worker.restore(kept), back)

    def _change(self, name: str, choice: worker.Adjustment) -> None:
        """Other thresholds, which can be undone."""
        before = worker.Adjustment()
        listed = self.found.listed.get(name)
        if listed is not None and listed.card != listed.entry.card:
            values = listed.card.calibration
            thresholds = dict(zip(listed.card.labels, values.thresholds, strict=True))
            before = worker.Adjustment(thresholds, values.smoothing_seconds)
        words = self.tr("change the thresholds of {}").format(name)
        back, again = (partial(self._adjust, name, one) for one in (before, choice))
        self._steps.add(Step(words, back, again))
        self._adjust(name, choice)

    def _adjust(self, name: str, choice: worker.Adjustment) -> None:
        """One after the other: each reads and writes the same file."""
        if self._adjusting:
            self._waiting = (name, choice)
            return
        self._adjusting = True
        opened = self._session.classifiers.get(name)
        jobs.run(
            lambda: worker.adjust(name, choice, opened),
            on_result=lambda found: self._adjusted(*found),
            on_error=self._not_adjusted,
            parent=self,
        )

    def _adjusted(self, listed: worker.ListedClassifier, opened: "Classifier | None") -> None:
        self.found.listed[listed.name] = listed
        if opened is not None and listed.name in self._session.classifiers:
            classifiers = self._session.classifiers
            self._session.classifiers = {**classifiers, listed.name: opened}
            self._session.set_loaded(self._session.loaded_names)
        if listed.name == self.chosen:
            self.card.show_thresholds(listed.card, adjusted=listed.card != listed.entry.card)
            if not self.card.thresholds.pending:
                self.tryout.show_of(listed)
        self._next_adjustment()

    def _not_adjusted(self, text: str) -> None:
        self.notices.fail(text)
        self._next_adjustment()

    def _next_adjustment(self) -> None:
        self._adjusting = False
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            self._adjust(*waiting)

    def hideEvent(self, event: QHideEvent) -> None:
        self.card.thresholds.flush()
        super().hideEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _classifier_files(event.mimeData()):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.bring_in(_classifier_files(event.mimeData()))


def _classifier_files(data: QMimeData) -> list[Path]:
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return [path for path in paths if path.suffix == _SUFFIX]

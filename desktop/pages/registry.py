"""The pages that teach, made when first shown: the window itself opens without them."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMessageBox, QStackedWidget, QWidget

from desktop.session import Session

LISTEN, FILE, SOUNDS, TRAIN, COMPARE, MODELS = range(6)


class Teaching(QObject):
    """Sounds, Train, Compare and Models, and what they want of each other."""

    status = Signal(str)
    page_wanted = Signal(int)
    open_file = Signal(object)
    listen_wanted = Signal()
    recording_changed = Signal()

    def __init__(self, session: Session, pages: QStackedWidget) -> None:
        super().__init__(pages)
        self._session = session
        self._pages = pages
        self._made: dict[int, QWidget] = {}
        self._makers: dict[int, Callable[[], QWidget]] = {
            SOUNDS: self._make_sounds,
            TRAIN: self._make_train,
            COMPARE: self._make_compare,
            MODELS: self._make_models,
        }
        for _ in self._makers:
            pages.addWidget(QWidget())  # keeps the place

    def page(self, index: int) -> QWidget | None:
        """A page; made now if it was not yet. None: it is none of these."""
        if index in self._makers and index not in self._made:
            page = self._made[index] = self._makers[index]()
            empty = self._pages.widget(index)
            if empty is not None:
                self._pages.removeWidget(empty)
                empty.deleteLater()
            self._pages.insertWidget(index, page)
        return self._made.get(index)

    def add_region(self, path: Path, start: float, end: float, label: str) -> None:
        """Take a stretch of a file into a class."""
        from desktop.pages.sounds.page import SoundsPage

        page = self.page(SOUNDS)
        if isinstance(page, SoundsPage):
            page.add_region(path, start, end, label)

    def class_names(self) -> list[str]:
        """Classes of the project."""
        from desktop.pages.sounds.page import SoundsPage

        page = self.page(SOUNDS)
        return page.class_names() if isinstance(page, SoundsPage) else []

    @property
    def recording(self) -> bool:
        """Whether the Sounds page has the microphone open."""
        page = self._made.get(SOUNDS)
        if page is None:
            return False
        from desktop.pages.sounds.page import SoundsPage

        return isinstance(page, SoundsPage) and page.recording

    def may_close(self, parent: QWidget) -> bool:
        """Ask, if a training runs; stops it and keeps the best when one agrees."""
        page = self._made.get(TRAIN)
        if page is None or not getattr(page, "running", False):
            return True
        answer = QMessageBox.question(
            parent,
            self.tr("A training runs"),
            self.tr("Stop it and close? What it has learned is kept, and it can be resumed."),
        )
        return answer == QMessageBox.StandardButton.Yes

    def stop(self) -> None:
        """End what runs: the window closes."""
        for page in self._made.values():
            stop = getattr(page, "stop", None)
            if stop is not None:
                stop()

    def _make_sounds(self) -> QWidget:
        from desktop.pages.sounds.page import SoundsPage

        page = SoundsPage(self._session)
        page.status.connect(self.status)
        page.open_file.connect(self.open_file)
        page.recording_changed.connect(self.recording_changed)
        page.train_wanted.connect(self._train)
        return page

    def _make_train(self) -> QWidget:
        from desktop.pages.train.page import TrainPage

        page = TrainPage(self._session)
        page.status.connect(self.status)
        page.open_file.connect(self.open_file)
        page.compare_asked.connect(self._compare)
        page.listen_asked.connect(self.listen_wanted)
        return page

    def _train(self) -> None:
        """Show the Train page and let it learn from the project."""
        from desktop.pages.train.page import TrainPage

        self.page_wanted.emit(TRAIN)
        page = self.page(TRAIN)
        if isinstance(page, TrainPage):
            page.train_project()

    def _compare(self, folder: Path) -> None:
        """Show a sweep on the Compare page."""
        from desktop.pages.compare.page import ComparePage

        self.page_wanted.emit(COMPARE)
        page = self.page(COMPARE)
        if isinstance(page, ComparePage):
            page.choose(folder)

    def _make_compare(self) -> QWidget:
        from desktop.pages.compare.page import ComparePage

        page = ComparePage(self._session)
        page.status.connect(self.status)
        return page

    def _make_models(self) -> QWidget:
        from desktop.pages.models.page import ModelsPage

        page = ModelsPage(self._session)
        page.status.connect(self.status)
        return page

"""What the Train page learns and from what: the recipe and the folder of sounds."""

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop import jobs
from desktop.pages.train import worker
from desktop.pages.train.recipe_text import RecipeModel
from desktop.pages.train.setup import TrainSetup
from desktop.pages.train.worker import Looked
from desktop.session import Session
from desktop.settings import LEARNED
from engine.errors import EarmarkError
from engine.recipes.recipe import find_recipe, presets, read_recipe

_FIRST = "tagger-head"


class TrainMaterial(QObject):
    """Behind :class:`TrainSetup`.

    Attributes:
        model: the recipe.
        looked: what lies in the folder, once it is known.
    """

    failed = Signal(str)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._folder: Path | None = None  # other than the project's
        self._looking: jobs.Job | None = None
        self.looked: Looked | None = None
        names = [_FIRST, *(name for name in presets() if name != _FIRST)]
        found = {name: find_recipe(name) for name in names}
        self.setup = TrainSetup(found)
        self.model = RecipeModel(found[_FIRST], self)
        self.setup.choose_recipe(_FIRST)
        self.setup.recipe_chosen.connect(self._choose_recipe)
        self.setup.own_recipe_asked.connect(self._ask_recipe)
        self.setup.folder_asked.connect(self._ask_folder)
        self.setup.project_asked.connect(self.take_project)
        session.project_changed.connect(self._project_changed)

    @property
    def folder(self) -> Path:
        """The sounds to learn from."""
        return self._folder or self._session.project

    def choose_recipe(self, name: str, variant: str = "corrected") -> None:
        """Take a preset."""
        self.setup.choose_recipe(name, variant)
        self._choose_recipe()

    def _choose_recipe(self) -> None:
        self.setup.describe()
        self.model.choose(self.setup.base)
        folder = self._learned().get(self.model.recipe.name)
        if folder is not None and folder != self.folder and folder.is_dir():
            self.set_folder(folder)

    def _learned(self) -> dict[str, Path]:
        words = self._session.settings.get(LEARNED)
        return {name: Path(at) for name, at in zip(words[::2], words[1::2], strict=False)}

    def remember(self) -> None:
        """Another time the recipe is chosen, its sounds are there."""
        known = self._learned()
        known.pop(self.model.recipe.name, None)
        if self._folder is not None:
            known[self.model.recipe.name] = self._folder
        pairs = [(name, str(folder)) for name, folder in known.items()]
        self._session.settings.set(LEARNED, [word for pair in pairs for word in pair])

    def take_drops(self, page: QWidget) -> None:
        """Learn from folders and recipes that are dropped on the page."""
        page.setAcceptDrops(True)
        page.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDragEnterEvent | QDropEvent):
            path = _dropped(event)
            if path is not None:
                event.acceptProposedAction()
                if event.type() == QEvent.Type.Drop:
                    self.open_recipe(path) if path.suffix == ".toml" else self.set_folder(path)
                return True
            event.ignore()
        return super().eventFilter(watched, event)

    def _ask_recipe(self) -> None:
        title, kind = self.tr("Own recipe"), self.tr("Recipes (*.toml)")
        name, _ = QFileDialog.getOpenFileName(self.setup, title, "", kind)
        if name:
            self.open_recipe(Path(name))

    def open_recipe(self, path: Path) -> None:
        """Take a recipe file."""
        try:
            recipe = read_recipe(path)
        except EarmarkError as error:
            self.failed.emit(str(error))
            return
        self.setup.add_own(path, recipe)
        self._choose_recipe()

    def _ask_folder(self) -> None:
        title = self.tr("Folder of sounds")
        name = QFileDialog.getExistingDirectory(self.setup, title, str(self.folder))
        if name:
            self.set_folder(Path(name))

    def set_folder(self, folder: Path) -> None:
        """Learn from this folder."""
        self._folder = folder
        self.look()

    def take_project(self) -> None:
        """Learn from the project of the Sounds page."""
        self._folder = None
        self.look()

    def _project_changed(self) -> None:
        self._folder = None
        if self.setup.isVisible():
            self.look()

    def look(self) -> None:
        """Find out what lies in the folder."""
        folder = self.folder
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        if not folder.is_dir() and self._folder is None:
            words = self.tr("No sounds are here yet: gather some, or choose a folder.")
            self.setup.show_folder(folder, words, own=True)
            return
        self.setup.show_folder(folder, self.tr("Looking..."), own=self._folder is None)
        self._looking = jobs.run(
            lambda: worker.look(folder),
            on_result=self._seen,
            on_error=self._not_seen,
            parent=self,
        )

    def _seen(self, looked: Looked) -> None:
        self._looking, self.looked = None, looked
        self.setup.show_found(looked)

    def _not_seen(self, message: str) -> None:
        self._looking, self.looked = None, None
        self.setup.show_folder(self.folder, message, own=self._folder is None)


def _dropped(event: QDragEnterEvent | QDropEvent) -> Path | None:
    """The folder or recipe among what is dragged."""
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return next((path for path in paths if path.is_dir() or path.suffix == ".toml"), None)

"""What the Train page learns and from what: the recipe and the folder of sounds."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from desktop import jobs
from desktop.pages import train_work
from desktop.pages.train_recipe import RecipeModel
from desktop.pages.train_setup import TrainSetup
from desktop.pages.train_work import Looked
from desktop.session import Session
from engine.errors import EarmarkError
from engine.recipe import find_recipe, presets, read_recipe

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
        found = {name: find_recipe(name) for name in presets()}
        self.setup = TrainSetup(found)
        self.model = RecipeModel(found[_FIRST], self)
        self.setup.choose_recipe(_FIRST)
        self.setup.recipe_chosen.connect(self._choose_recipe)
        self.setup.own_recipe_asked.connect(self._ask_recipe)
        self.setup.folder_asked.connect(self._ask_folder)
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
            self.setup.show_folder(folder, words)
            return
        self.setup.show_folder(folder, self.tr("Looking..."))
        self._looking = jobs.run(
            lambda: train_work.look(folder),
            on_result=self._seen,
            on_error=self._not_seen,
            parent=self,
        )

    def _seen(self, looked: Looked) -> None:
        self._looking, self.looked = None, looked
        self.setup.show_found(looked)

    def _not_seen(self, message: str) -> None:
        self._looking, self.looked = None, None
        self.setup.show_folder(self.folder, message)

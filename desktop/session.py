"""What all pages share: settings, the loaded classifiers, the open project."""

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, Signal

from desktop import jobs
from desktop.settings import FOLDER, LOADED, PROJECT, RECENT, Settings

if TYPE_CHECKING:
    from engine.classifier.classifier import Classifier

_MOST_RECENT = 10


class Session(QObject):
    """The only shared state of the window.

    Attributes:
        settings: what is remembered.
        classifiers: those loaded, by name, in the order they are shown.
    """

    classifiers_loaded = Signal()
    loading_failed = Signal(str)
    recent_changed = Signal()
    project_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = Settings()
        self.classifiers: dict[str, Classifier] = {}
        self._job: jobs.Job | None = None

    @property
    def loaded_names(self) -> list[str]:
        """Names of the classifiers that listen, whether they are open yet or not."""
        return list(self.settings.get(LOADED))

    def load_classifiers(self) -> None:
        """Open the classifiers that listen, which loads torch: not in the window's thread."""
        if self._job is None:
            self._start_loading()

    def set_loaded(self, names: Sequence[str]) -> None:
        """Choose which classifiers listen."""
        self.settings.set(LOADED, list(names))
        self._start_loading()

    def use_classifier(self, path: Path) -> None:
        """Take a classifier file among the user's own and let it listen, before all others."""
        jobs.run(
            lambda: _adopt(path),
            on_result=lambda name: self.set_loaded([name, *self._others(name)]),
            on_error=self.loading_failed.emit,
            parent=self,
        )

    def _others(self, name: str) -> list[str]:
        return [other for other in self.loaded_names if other != name]

    @property
    def project(self) -> Path:
        """Folder of the sounds one gathers."""
        chosen = self.settings.get(PROJECT)
        return Path(chosen) if chosen else self._home() / "My sounds"

    def open_project(self, folder: Path) -> None:
        """Another folder of sounds."""
        self.settings.set(PROJECT, str(folder))
        self.project_changed.emit()

    @property
    def runs_folder(self) -> Path:
        """Where trainings are kept."""
        return self._home() / "Runs"

    def _home(self) -> Path:
        place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        return Path(place) / "Earmark"

    def opened(self, path: Path) -> None:
        """Remember a file as opened last."""
        paths = [str(path), *(p for p in self.settings.get(RECENT) if p != str(path))]
        self.settings.set(RECENT, paths[:_MOST_RECENT])
        self.settings.set(FOLDER, str(path.parent))
        self.recent_changed.emit()

    def _start_loading(self) -> None:
        if self._job is not None:
            self._job.cancel()
        known = dict(self.classifiers)
        self._job = jobs.run(
            _loading(self.loaded_names, known),
            on_result=self._loaded,
            on_error=self.loading_failed.emit,
            parent=self,
        )

    def _loaded(self, found: "tuple[dict[str, Classifier], list[str]]") -> None:
        self.classifiers, problems = found
        self.classifiers_loaded.emit()
        for text in problems:
            self.loading_failed.emit(text)


def _loading(
    names: Sequence[str], known: "dict[str, Classifier]"
) -> "Callable[[], Generator[None, None, tuple[dict[str, Classifier], list[str]]]]":
    """Work that opens classifiers; what cannot be opened is told, the others load."""

    def work() -> "Generator[None, None, tuple[dict[str, Classifier], list[str]]]":
        from engine.classifier.catalog import Catalog
        from engine.errors import ModelError

        catalog = Catalog()
        loaded: dict[str, Classifier] = {}
        problems: list[str] = []
        for name in names:
            yield
            try:
                entry = catalog.find(name)
                old = known.get(name)
                same = old is not None and old.sha256 == entry.sha256()
                if old is not None and same:
                    loaded[name] = catalog.refreshed(old, entry)
                else:
                    loaded[name] = catalog.load(name)
            except ModelError as error:
                problems.append(str(error))
        return loaded, problems

    return work


def _adopt(path: Path) -> Generator[None, None, str]:
    from engine.classifier.catalog import Catalog

    yield
    return Catalog().add(path).name

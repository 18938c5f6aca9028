"""What all pages share: settings and the loaded classifiers."""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop import jobs
from desktop.settings import FOLDER, RECENT, Settings

if TYPE_CHECKING:
    from engine.classifier import Classifier

_MOST_RECENT = 10


class Session(QObject):
    """The only shared state of the window."""

    classifiers_loaded = Signal()
    loading_failed = Signal(str)
    recent_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = Settings()
        self.classifiers: dict[str, Classifier] = {}
        self._job: jobs.Job | None = None

    def load_classifiers(self) -> None:
        """Open the bundled classifiers, which loads torch: not in the window's thread."""
        if self._job is None:
            self._job = jobs.run(
                _load, on_result=self._loaded, on_error=self.loading_failed.emit, parent=self
            )

    def opened(self, path: Path) -> None:
        """Remember a file as opened last."""
        paths = [str(path), *(p for p in self.settings.get(RECENT) if p != str(path))]
        self.settings.set(RECENT, paths[:_MOST_RECENT])
        self.settings.set(FOLDER, str(path.parent))
        self.recent_changed.emit()

    def _loaded(self, classifiers: "dict[str, Classifier]") -> None:
        self.classifiers = classifiers
        self.classifiers_loaded.emit()


def _load() -> "Generator[None, None, dict[str, Classifier]]":
    from engine.catalog import BUNDLED, Catalog

    catalog = Catalog()
    loaded = {}
    for name in BUNDLED:
        yield
        loaded[name] = catalog.load(name)
    return loaded

"""The menu of classifiers: which listen, from every page and by the keyboard."""

from collections.abc import Generator

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMenu, QWidget

from desktop import jobs
from desktop.session import Session

_KEYS = "123456789"


class ClassifiersMenu(QMenu):
    """A tick for each classifier; the first nine have a digit as their key.

    Args:
        session: knows which are enabled.
        parent: the window.
    """

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(QCoreApplication.translate("ClassifiersMenu", "Clas&sifiers"), parent)
        self._session = session
        self._titles: dict[str, str] = {}  # by name
        self._job: jobs.Job | None = None
        self.setToolTipsVisible(True)
        session.classifiers_loaded.connect(self.look)
        self.aboutToShow.connect(self._tick)

    def look(self) -> None:
        """Find out which there are."""
        if self._job is None:
            self._job = jobs.run(
                _titles,
                on_result=self._list,
                on_error=lambda _: self._list(self._titles),
                on_crash=lambda _: self._list(self._titles),
                parent=self,
            )

    def _list(self, titles: dict[str, str]) -> None:
        self._job = None
        if self.isVisible() or titles == self._titles:
            return  # nothing moves under the pointer
        self._titles = titles
        self.clear()
        for number, (name, title) in enumerate(titles.items()):
            key = f"&{_KEYS[number]}  " if number < len(_KEYS) else ""
            action = self.addAction(key + title.replace("&", "&&"))
            action.setCheckable(True)
            action.setData(name)
            action.triggered.connect(lambda on, name=name: self._enable(name, on))
        self._tick()

    def _tick(self) -> None:
        loaded = self._session.loaded_names
        for action in self.actions():
            action.setChecked(action.data() in loaded)

    def _enable(self, name: str, on: bool) -> None:
        others = [other for other in self._session.loaded_names if other != name]
        self._session.set_loaded([*others, name] if on else others)


def _titles() -> Generator[None, None, dict[str, str]]:
    """Titles by name; what takes features only cannot listen and cannot hear files."""
    from engine.classifier.catalog import Catalog

    yield
    entries = Catalog().entries()
    return {entry.name: entry.card.title for entry in entries if not entry.card.features_only}

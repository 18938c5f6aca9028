"""What all pages share: settings, the loaded classifiers, the open project."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, Signal

from desktop import jobs
from desktop.last_minute import LastMinute
from desktop.messages import Action, Kind, Message, Messages, Notices
from desktop.requests import CarryOver, Request
from desktop.settings import (
    FOLDER,
    LEADING,
    LOADED,
    OFFERED,
    PROJECT,
    PROJECTS,
    RECENT,
    RECORDINGS,
    REMEMBER,
    Settings,
)

if TYPE_CHECKING:
    from engine.classifier.catalog import Entry
    from engine.classifier.classifier import Classifier

_MOST_RECENT = 10
_MOST_OFFERED = 500  # as many as the settings hold


class Session(QObject):
    """The only shared state of the window.

    Attributes:
        settings: what is remembered.
        classifiers: those loaded, by name, in the order they are shown.
        messages: what is said to the person over the page.
        last_minute: that was heard live.
    """

    classifiers_loaded = Signal()
    loading_failed = Signal(object, str)  # the file if it is known, and why
    recent_changed = Signal()
    project_changed = Signal()
    requested = Signal(object)  # a Request; the window brings it to its page

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = Settings()
        self.messages = Messages(self)
        self.classifiers: dict[str, Classifier] = {}
        self.last_minute = LastMinute()
        self._job: jobs.Job | None = None
        self._offers: dict[Message, str] = {}  # and the SHA-256 of the classifier
        self._offered: set[str] = set()  # all since the start
        self.messages.dismissed.connect(self._dismissed)

    def notify(self, text: str, actions: Sequence[Action] = (), kind: Kind = "info") -> Message:
        """Say something to the person, over whatever page is shown."""
        return self.messages.notify(text, actions, kind)

    def request(self, request: Request) -> None:
        """Ask another page for something."""
        self.requested.emit(request)

    def notices(self) -> Notices:
        """For a page, which takes back what it said."""
        return Notices(self.messages)

    @property
    def loaded_names(self) -> list[str]:
        """Names of the classifiers that listen, whether they are open yet or not."""
        return list(self.settings.get(LOADED))

    @property
    def live_classifiers(self) -> "dict[str, Classifier]":
        """Those loaded that can listen to a microphone; others only judge files."""
        return {n: c for n, c in self.classifiers.items() if not c.card.files_only}

    @property
    def loading(self) -> bool:
        """Whether classifiers are being opened."""
        return self._job is not None and self._job.running

    def load_classifiers(self) -> None:
        """Open the classifiers that listen, which loads torch: not in the window's thread."""
        if self._job is None:
            self._start_loading()

    def set_loaded(self, names: Sequence[str]) -> None:
        """Choose which classifiers listen."""
        self.settings.set(LOADED, list(names))
        self._start_loading()

    def use_classifier(self, path: Path) -> None:
        """Take a classifier file among the user's own and let it listen, before all others.

        Its answer is the large one from then on, until another is chosen.
        """
        jobs.run(
            lambda: _adopt(path),
            on_result=self._adopted,
            on_error=lambda text: self._fail(path, text),
            parent=self,
        )

    def _adopted(self, entry: "Entry") -> None:
        if entry.card.features_only:
            self.notify(entry.card.refusal(self.tr("listen")), kind="warning")
            return
        self.settings.set(LEADING, entry.name)
        self.set_loaded([entry.name, *self._others(entry.name)])
        if refused := entry.card.refusal(self.tr("listen")):
            self.notify(refused + " " + self.tr("Use it on the File page."), kind="warning")

    def _others(self, name: str) -> list[str]:
        return [other for other in self.loaded_names if other != name]

    @property
    def project(self) -> Path:
        """Folder of the sounds one gathers."""
        chosen = self.settings.get(PROJECT)
        return Path(chosen) if chosen else self._home() / "My sounds"

    def open_project(self, folder: Path) -> None:
        """Another folder of sounds."""
        if self.settings.get(REMEMBER):
            known = [str(folder), *(p for p in self.settings.get(PROJECTS) if p != str(folder))]
            self.settings.set(PROJECTS, known[:_MOST_RECENT])
        self.settings.set(PROJECT, str(folder))
        self.project_changed.emit()

    @property
    def runs_folder(self) -> Path:
        """Where trainings are kept."""
        return self._home() / "Runs"

    @property
    def archives_folder(self) -> Path:
        """Where results databases go."""
        return self._home() / "Archives"

    def _home(self) -> Path:
        place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        return Path(place) / "Earmark"

    @property
    def recordings_folder(self) -> Path:
        """Where recordings go."""
        chosen = self.settings.get(RECORDINGS)
        music = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MusicLocation)
        return Path(chosen) if chosen else Path(music or Path.home()) / "Earmark"

    def forget(self) -> None:
        """Remember no file and no data set any more; they themselves stay."""
        for setting in (RECENT, PROJECTS):
            self.settings.set(setting, [])
        self.settings.set(FOLDER, "")
        self.recent_changed.emit()

    def opened(self, path: Path) -> None:
        """Remember a file as opened last."""
        if not self.settings.get(REMEMBER):
            return
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
            on_error=lambda text: self._fail(None, text),
            parent=self,
        )

    def _loaded(self, loaded: "_Loaded") -> None:
        self.classifiers = loaded.classifiers
        self.classifiers_loaded.emit()
        for path, text in loaded.problems:
            self._fail(path, text)
        settled = {c.sha256 or "" for n, c in self.classifiers.items() if n not in loaded.earlier}
        for message in [one for one, digest in self._offers.items() if digest in settled]:
            self.messages.dismiss(message)  # carried over on the Models page
        for digest in self._offered & settled:
            self._remember_offer(digest, answered=True)
        for name, (count, lost) in loaded.earlier.items():
            self._offer(self.classifiers[name], name, count, lost)

    def _offer(self, classifier: "Classifier", name: str, count: int, lost: int) -> None:
        """Say that corrections of an earlier version do not apply, until it has been read."""
        digest = classifier.sha256 or ""
        if digest in self._offered or digest in self.settings.get(OFFERED):
            return
        self._offered.add(digest)
        if count == 1:
            words = self.tr(
                "'{0}' has changed since you corrected it: 1 correction made for an earlier "
                "version does not apply to this one."
            )
        else:
            words = self.tr(
                "'{0}' has changed since you corrected it: {1} corrections made for an earlier "
                "version do not apply to this one."
            )
        text = words.format(classifier.card.title.removesuffix(", corrected"), count)
        actions = [(self.tr("Carry over"), lambda: self._carry_over(name, digest))]
        if lost == count:
            text += " " + self.tr("They cannot be carried over: their sounds are not kept.")
            actions = []
        self._offers[self.notify(text, actions, "info" if actions else "warning")] = digest

    def _dismissed(self, message: Message) -> None:
        """What was read, or answered, is not said at the next start."""
        if (digest := self._offers.pop(message, None)) is not None:
            self._remember_offer(digest, answered=True)

    def _carry_over(self, name: str, digest: str) -> None:
        """At the next start it is offered again, unless it has come to its end by then."""
        self._remember_offer(digest, answered=False)
        self.request(CarryOver(name))

    def _remember_offer(self, digest: str, *, answered: bool) -> None:
        others = [one for one in self.settings.get(OFFERED) if one != digest]
        self.settings.set(OFFERED, [*others, *[digest] * answered][-_MOST_OFFERED:])

    def _fail(self, path: Path | None, text: str) -> None:
        self.notify(text, kind="error")
        self.loading_failed.emit(path, text)


@dataclass
class _Loaded:
    """Classifiers that could be opened, and files that could not with the reason of each.

    By the names of classifiers, how many corrections of earlier versions there are, and how many of
    these have no sound.
    """

    classifiers: "dict[str, Classifier]" = field(default_factory=dict)
    problems: list[tuple[Path | None, str]] = field(default_factory=list)
    earlier: dict[str, tuple[int, int]] = field(default_factory=dict)


def _loading(
    names: Sequence[str], known: "dict[str, Classifier]"
) -> Callable[[], Generator[None, None, _Loaded]]:
    """Work that opens classifiers; what cannot be opened is told, the others load."""

    def work() -> Generator[None, None, _Loaded]:
        from engine.classifier.catalog import Catalog
        from engine.errors import ModelError

        catalog = Catalog()
        loaded = _Loaded()
        for name in names:
            yield
            path: Path | None = None
            try:
                entry = catalog.find(name)
                path, old = entry.path, known.get(name)
                same = old is not None and old.sha256 == entry.sha256()
                if old is not None and same:
                    loaded.classifiers[name] = catalog.refreshed(old, entry)
                else:
                    loaded.classifiers[name] = catalog.load(name)
                if earlier := catalog.earlier(entry, loaded.classifiers[name].sha256):
                    lost = sum(one.sound is None for one in earlier)
                    loaded.earlier[name] = len(earlier), lost
            except ModelError as error:
                loaded.problems.append((path, str(error)))
        return loaded

    return work


def _adopt(path: Path) -> "Generator[None, None, Entry]":
    from engine.classifier.catalog import Catalog
    from engine.training.runs.shelf import about

    yield
    return Catalog().add(path, about(path.parent).name)  # of a run that a person gave a name

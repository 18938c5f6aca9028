"""The Sounds page's project at work: one operation after the other, each in a job."""

import threading
from collections import deque
from collections.abc import Callable, Collection, Generator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop import jobs
from engine.datasets.corpora import folder
from engine.datasets.left_out import among, in_class_folders
from engine.datasets.table import Excerpt
from engine.project.check import Problem
from engine.project.project import Project
from engine.project.split import Draw, draw
from engine.recipes.recipe import find_recipe

_FOLLOW_SECONDS = 0.5
_RECIPE = "tagger-head"  # what the Train page proposes
Step = Callable[[Project], Any]
_Then = Callable[[Any], None] | None
_Otherwise = Callable[[str], None] | None


@dataclass(frozen=True)
class Findings:
    """What a look at all sounds found."""

    problems: list[Problem] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)  # of each class
    draw: Draw | None = None

    def still_true(self, rows: Sequence[Excerpt]) -> "Findings":
        """Without problems of rows that are gone; none while there is nothing but classes."""
        here = set(map(id, rows))
        holding = [p for p in self.problems if rows and all(id(r) in here for r in p.rows)]
        return replace(self, problems=holding)

    def without(self, labels: Collection[str]) -> "Findings":
        """Without what these classes lack: one is about to fill them."""
        return replace(self, problems=[p for p in self.problems if p.label not in labels or p.rows])


class ProjectWorker(QObject):
    """Opens a project, changes it and looks through it, never in the window's thread."""

    opening = Signal(object)  # the folder
    opened = Signal()
    changed = Signal()
    checked = Signal(object)
    failed = Signal(str)
    followed = Signal(str)  # what others did to the project, where one has to know
    progress = Signal(float)  # share done; 1 at the end
    looking = Signal(float)  # the same of looking through all sounds

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project: Project | None = None
        self._waiting: deque[tuple[Step, _Then, _Otherwise]] = deque()
        self._job: jobs.Job | None = None
        self._check: jobs.Job | None = None
        self._unfollow = threading.Event()
        self._refreshing = False

    @property
    def busy(self) -> bool:
        """Whether something is being done or waits for its turn."""
        return self._job is not None

    def open(self, place: Path) -> None:
        """Another project; what was removed from the former goes for good."""
        former = self.leave()
        self.opening.emit(place)

        def work() -> Generator[None, None, Project]:
            if former is not None:
                former.close()
            yield
            return Project(place)

        self._job = jobs.run(work, on_result=self._opened, on_error=self._not_opened, parent=self)

    def leave(self) -> Project | None:
        """Stop all work; gives the project that was open."""
        self._unfollow.set()
        for job in (self._job, self._check):
            if job is not None:
                job.cancel()
                job.wait()
        self._job = self._check = None
        self._waiting.clear()
        former, self.project = self.project, None
        return former

    def do(self, step: Step, then: _Then = None, otherwise: _Otherwise = None) -> None:
        """Change the project; a step may be a generator that yields the share done.

        Args:
            step: what to do.
            then: gets its result.
            otherwise: gets the sentence that says why it failed; None: ``failed`` tells it.
        """
        self._waiting.append((step, then, otherwise))
        self._next()

    def _next(self) -> None:
        project = self.project
        if self._job is not None or project is None or not self._waiting:
            return
        step, then, otherwise = self._waiting.popleft()

        def work() -> Generator[float, None, Any]:
            yield 0.0
            result = step(project)
            if isinstance(result, Generator):
                result = yield from result
            return result

        self._job = jobs.run(
            work,
            on_event=lambda shares: self.progress.emit(shares[-1]),
            on_result=lambda result: self._done(result, then),
            on_error=lambda message: self._failed(message, otherwise),
            parent=self,
        )

    def _opened(self, project: Project) -> None:
        self.project = project
        self._job = None
        self._refreshing = False
        self._unfollow = stop = threading.Event()
        jobs.run(lambda: _following(project, stop), on_event=self._look_again, parent=self)
        self.opened.emit()
        self._go_on()

    def _look_again(self, outdated: list[bool]) -> None:
        """Other programs have changed the project, or left it to us."""
        if outdated[-1] and not self._refreshing and self._job is None:
            self._refreshing = True
            self.do(lambda project: project.refresh(), self._refreshed, self._not_refreshed)

    def _refreshed(self, words: str) -> None:
        self._refreshing = False
        if words:
            self.followed.emit(words)

    def _not_refreshed(self, message: str) -> None:
        self._refreshing = False
        self.failed.emit(message)

    def _not_opened(self, message: str) -> None:
        self._job = None
        self._waiting.clear()
        self.opened.emit()
        self.failed.emit(message)

    def _done(self, result: Any, then: _Then) -> None:
        self._job = None
        self.progress.emit(1.0)
        self.changed.emit()
        if then is not None:
            then(result)
        self._go_on()

    def _failed(self, message: str, otherwise: _Otherwise) -> None:
        self._job = None
        self.progress.emit(1.0)
        self.changed.emit()
        if otherwise is not None:
            otherwise(message)
        else:
            self.failed.emit(message)
        self._go_on()

    def _go_on(self) -> None:
        self._next()
        project = self.project
        if self._check is not None:
            self._check.cancel()
            self._check = None
        if self._job is None and project is not None:
            self._check = jobs.run(
                lambda: _look(project),
                on_event=lambda shares: self.looking.emit(shares[-1]),
                on_result=self._checked,
                parent=self,
            )

    def _checked(self, found: Findings) -> None:
        self._check = None
        self.looking.emit(1.0)
        self.checked.emit(found)


def _following(project: Project, stop: threading.Event) -> Generator[bool, None, None]:
    """Yields whether others have changed the project, until it is left."""
    while not stop.wait(_FOLLOW_SECONDS):
        yield project.outdated


def _look(project: Project) -> Generator[float, None, Findings]:
    rows = project.rows
    problems = yield from project.check()
    seconds: dict[str, float] = {}
    for row in rows:
        facts = project.facts_of(row)
        if facts is not None:
            seconds[row.label] = seconds.get(row.label, 0.0) + facts.seconds
    return Findings(problems, seconds, draw(rows, project.facts_of, find_recipe(_RECIPE)))


def move_to(project: Project, rows: Sequence[Excerpt], label: str) -> None:
    """Put sounds into a class, which is made if there is none of that name."""
    if label not in project.classes:
        project.add_class(label)
    project.relabel(rows, label)


def all_of(
    project: Project, label: str, paths: Sequence[Path], *, apart: bool = False
) -> Generator[float, None, tuple[str, ...]]:
    """Add files to a class; whole data sets among them bring their own classes.

    Args:
        project: takes them.
        label: the class.
        paths: files and folders.
        apart: whether each folder is a class of its own, named as the folder.

    Returns:
        Sentences about what was left out.

    Raises:
        DataError: there is nothing to add, or no class to add it to.
    """
    yield 0.0
    sets = [path for path in paths if path.is_dir() and folder.recognises(path)]
    for path in sets:
        yield from project.import_folder(path)
    rest = [path for path in paths if path not in sets]
    if apart:
        for path in [path for path in rest if path.is_dir()]:
            yield from project.add_files(path.name, [path])
        rest = [path for path in rest if not path.is_dir()]
    if rest:
        if not label:  # a folder that is dropped before there are classes names one
            label = rest[0].name if rest[0].is_dir() else rest[0].parent.name
        yield from project.add_files(label, rest)
    loose = [path for path in paths if path not in sets]
    return (*(said for path in sets for said in in_class_folders(path)[0]), *among(loose))

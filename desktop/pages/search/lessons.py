"""What is being taught: the example, the marks, and what was taught before in the same archive."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from desktop.pages.search import worker
from desktop.pages.search.keeping import Keeping

if TYPE_CHECKING:
    from engine.search.teaching import Mark, Says, Wanted


class Lessons(QObject):
    """All of it belongs to one index, and is kept with it after each change.

    Attributes:
        example: what is searched for.
        query: its vector, as soon as something was found by it.
        marks: what was said, the oldest first.
        aside: marks of stretches that the index does not know any more.
        label: of the class.
        keeping: writes it.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.example: worker.Example | None = None
        self.query: worker.Wave | None = None
        self.marks: list[Mark] = []
        self.aside: tuple[Mark, ...] = ()
        self.label = ""
        self.keeping = Keeping(self)
        self._before: list[worker.Lesson] = []  # the latest last
        self._folder: Path | None = None
        self._ear = ""
        self._kept: dict[Path, list[worker.Lesson]] = {}  # by this window

    @property
    def can_go_back(self) -> bool:
        """Whether there is something that was taught before."""
        return bool(self._before)

    def note(self, one: "Wanted", says: "Says | None") -> None:
        """Keep what was said of a stretch; None: nothing any more."""
        from engine.search.teaching import Mark

        self.marks = [mark for mark in self.marks if mark.hit.key != one.hit.key]
        if says is not None:
            self.marks.append(Mark(one.hit, says, one.reason, one.probability))
        self.keep()

    def forget(self) -> None:
        """Remove all marks; they can be brought back."""
        if self.marks and self.example is not None:
            self._before.append(self._current(self.example))
        self.marks, self.aside = [], ()
        self.keep()

    def go_back(self) -> None:
        """Bring the last one back that was forgotten."""
        self._go_on_with(self._before.pop())
        self.keep()

    def name(self, label: str) -> None:
        """Another name of the class."""
        self.label = " ".join(label.split())
        self.keep()

    def to_place(self, info: worker.IndexInfo) -> list[worker.Lesson] | None:
        """What has to be found in an index again, before it is taken up; None: nothing."""
        if info.folder == self._folder:
            return [*self._all()]
        return self._kept.get(info.folder)

    def placed(self, lessons: Sequence[worker.Lesson]) -> int:
        """The same, where its stretches are now; returns how many marks are of no use any more."""
        rest = list(lessons)
        if not self.marks and not self.aside:
            self._before = rest[::-1]
            return 0
        before, current = len(self.aside), rest.pop(0)
        self._go_on_with(current)
        self._before = rest[::-1]
        return len(self.aside) - before

    def open(self, info: worker.IndexInfo, lessons: Sequence[worker.Lesson]) -> None:
        """Take up what was taught in another index, unless something else is searched for."""
        if self._ear not in ("", info.ear):
            self._hear_again()
        self._folder, self._ear = info.folder, info.ear
        self.marks, self.aside = [], ()
        self._before = list(lessons)[::-1]
        if lessons:  # so that none of them is kept, once all are taken back
            self._kept[info.folder] = list(lessons)
        if self.example is None and lessons:
            self._go_on_with(self._before.pop())

    def _hear_again(self) -> None:
        """Another ear needs the sound itself; without it there is nothing to search for."""
        known, self.query = self.example, None
        if known is not None:
            self.example = None if known.sound is None else replace(known, query=None)

    def is_of(self, folder: Path) -> bool:
        """Whether this is the index that all belongs to."""
        return folder == self._folder

    def keep(self) -> None:
        """Keep all this with its index."""
        lessons = list(self._all())
        if self._folder is not None and (lessons or self._folder in self._kept):
            self._kept[self._folder] = lessons
            self.keeping.keep(self._folder, lessons)

    def _all(self) -> Iterator[worker.Lesson]:
        """The latest first."""
        if (self.marks or self.aside) and self.example is not None:
            yield self._current(self.example)
        yield from reversed(self._before)

    def _current(self, example: worker.Example) -> worker.Lesson:
        known = example if example.query is not None else replace(example, query=self.query)
        return worker.Lesson(known, tuple(self.marks), self.aside, self.label)

    def _go_on_with(self, lesson: worker.Lesson) -> None:
        self.example, self.query = lesson.example, lesson.example.query
        self.marks, self.aside = list(lesson.marks), lesson.aside
        self.label = lesson.label or self.label

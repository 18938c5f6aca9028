"""The Sounds page shows the project as it is; what changes it is the page's own."""

from collections import Counter

from desktop.pages.sounds.layout import SoundsView
from desktop.pages.sounds.worker import Findings
from desktop.session import Session
from desktop.widgets.class_cards import ClassFacts
from engine.project.check import Problem
from engine.project.project import Project
from engine.project.twins import group_of

KINDS = {
    "missing": "missing",
    "unreadable": "unreadable",
    "duplicate": "duplicate",
    "quiet": "too quiet",
    "clipped": "clipped",
    "leak": "like another group",
}


class SoundsDisplay(SoundsView):
    """Cards, table, map, split and problems of the project that is open."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._label = ""
        self._found = Findings()

    @property
    def project(self) -> Project | None:
        """The project shown, once it is open."""
        return self.work.project

    def class_names(self) -> list[str]:
        """The classes, in order."""
        return list(self.project.classes) if self.project is not None else []

    def _refresh(self) -> None:
        """Show the project as it is now."""
        project, names = self.project, self.class_names()
        if self._label not in names:
            self._label = names[0] if names else ""
        rows = project.rows if project is not None else ()
        counts = Counter(row.label for row in rows)
        most = max(counts.values(), default=1)
        facts = [
            ClassFacts(n, counts[n], self._found.seconds.get(n), counts[n] / most) for n in names
        ]
        self.cards.show_classes(facts, self._label)
        marks = {id(row): KINDS[p.kind] for p in self._problems() for row in p.rows}
        words = {key: self.tr(mark) for key, mark in marks.items()}
        shown = [row for row in rows if row.label == self._label]
        self.table.rows_model.show_rows(project, shown, words)
        draw = self._found.draw
        sizes = Counter(group_of(row) for row in rows)
        self.table.rows_model.show_parts(draw.parts if draw is not None else {}, sizes)
        self.split.show_draw(draw)
        self.map.show_project(project)
        if self.table.current is None:
            self.table.go_to(0)
        self.recorder.set_class(self._label)
        history = project.history if project is not None else None
        self.header.show_steps(*((history.undo_words, history.redo_words) if history else ("", "")))
        self.header.show_project(self._session.project, trainable=len(counts) >= 2)
        self.strip.show_problems([(p.words, p.mend) for p in self._problems()])
        self.show_welcome(not names)
        self._show_excerpt()

    def _problems(self) -> list[Problem]:
        """What was found that still holds; nothing while there is nothing but classes."""
        rows = self.project.rows if self.project is not None else ()
        here = set(map(id, rows))
        return [p for p in self._found.problems if rows and all(id(r) in here for r in p.rows)]

    def _show_excerpt(self) -> None:
        row, project = self.current, self.project
        if row is None or project is None:
            self.excerpt.show_excerpt(None, 0.0, None)
        else:
            self.excerpt.show_excerpt(project.file_of(row), row.start, row.end)

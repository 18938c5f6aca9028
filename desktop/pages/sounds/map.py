"""The map of a project's sounds: similar sounds are close, suspected label errors ringed."""

from collections.abc import Callable, Generator, Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop import jobs
from desktop.plots.scatter import Points, Scatter
from desktop.widgets.controls import Elided, hold_back
from engine.datasets.table import Excerpt
from engine.project.project import Project
from engine.sound_map.layout import ExcerptMap, Place, Suspect, make_map, place_of


class MapPanel(QWidget):
    """Draws the map when it is first looked at, and again when sounds have come in."""

    failed = Signal(str)
    relabel_wanted = Signal(int)
    progress = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self._project: Project | None = None
        self._map: ExcerptMap | None = None
        self._rows: dict[Place, Excerpt] = {}
        self._shown: list[Excerpt] = []
        self._suspects: dict[int, Suspect] = {}
        self._job: jobs.Job | None = None
        self._judging: jobs.Job | None = None
        self._given_up, self._reason_not = False, ""
        self.scatter = Scatter()
        self.status = Elided()
        self.status.setObjectName("faint")
        self.only = QPushButton(self.tr("Suspected label errors only"))
        self.only.setCheckable(True)
        self.only.setToolTip(self.tr("Show only the sounds that seem to be in the wrong class"))
        self.next = QPushButton(self.tr("Next suspected error"))
        self.next.setToolTip(self.tr("Go to the next sound with a ring"))
        self.move_to = QPushButton(self.tr("Move to..."))
        self.move_to.setToolTip(self.tr("Move the selected sounds to another class (1 to 9)"))
        self.draw = QPushButton(self.tr("Cancel"))
        self._build()

    def _build(self) -> None:
        row = QHBoxLayout()
        row.addStretch(1)
        for button in (self.draw, self.only, self.next, self.move_to):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.scatter, 1)
        layout.addWidget(self.status)
        layout.addLayout(row)
        self.only.toggled.connect(self.scatter.show_only_suspects)
        self.next.clicked.connect(self.go_on)
        self.move_to.clicked.connect(self._choose_class)
        self.draw.clicked.connect(self._draw_or_cancel)
        self.scatter.selection_changed.connect(self._tell)
        self.scatter.relabel_wanted.connect(self.relabel_wanted)
        self._tell()

    @property
    def working(self) -> bool:
        """Whether the map is being made or judged."""
        return self._job is not None or self._judging is not None

    @property
    def current(self) -> Excerpt | None:
        """The sound the frame is on."""
        number = self.scatter.current
        return self._shown[number] if number is not None else None

    @property
    def selected(self) -> list[Excerpt]:
        """All that are chosen."""
        return [self._shown[number] for number in self.scatter.selected]

    def show_project(self, project: Project | None) -> None:
        """Show a project as it is now; nothing is computed while nobody looks."""
        if project is not self._project:
            self.leave()
            self._project, self._map, self._given_up = project, None, False
        rows = project.rows if project is not None else ()
        self._rows = {place_of(row): row for row in reversed(rows)}
        if self.isVisible():
            self._look()

    def hold_back(self, reason: str) -> None:
        """No sound can be moved, for this reason; empty: all can."""
        self._reason_not = reason
        hold_back(self.move_to, reason)
        if not reason:
            self.move_to.setEnabled(bool(self.scatter.selected))

    def leave(self) -> None:
        """Stop all work."""
        for job in (self._job, self._judging):
            if job is not None:
                job.cancel()
        self._job = self._judging = None

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()

    def go_on(self) -> None:
        """Go to the next suspect, after the last to the first."""
        numbers = sorted(self._suspects, key=lambda n: -self._suspects[n].share)
        if numbers:
            now = self.scatter.current
            after = numbers.index(now) + 1 if now in numbers else 0
            self.scatter.go_to(numbers[after % len(numbers)])
            self.scatter.setFocus()

    def _look(self) -> None:
        known = set(self._map.places) if self._map is not None else set()
        bad = self._map.problems if self._map is not None else {}
        left_out = self._map.left_out if self._map is not None else 0
        new = [p for p in self._rows if p not in known and p[0] not in bad]
        if len(new) > left_out and not self._given_up and self._job is None:
            self._start()
        self._judge()

    def _start(self) -> None:
        project = self._project
        if project is None:
            return
        root, rows = project.root, tuple(project.rows)
        self._job = jobs.run(
            lambda: make_map(root, rows),
            on_event=lambda shares: self._tell(shares[-1]),
            on_result=self._made,
            on_error=self._failed,
            parent=self,
        )
        self._tell(0.0)

    def _made(self, found: ExcerptMap) -> None:
        self._job, self._map = None, found
        self._shown = []
        self._look()

    def _failed(self, message: str) -> None:
        self._job, self._given_up = None, True
        self._tell()
        self.failed.emit(message)

    def _draw_or_cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job, self._given_up = None, True
            self._tell()
        else:
            self._given_up = False
            self._look()

    def _judge(self) -> None:
        """Find the suspects among the sounds as they are labelled now."""
        found, rows = self._map, dict(self._rows)
        if self._judging is not None:
            self._judging.cancel()
            self._judging = None
        if found is None:
            self.scatter.show_points(Points(), anew=True)
            self._shown, self._suspects = [], {}
            self._tell()
            return
        self._judging = jobs.run(
            _judging(found, rows),
            on_result=lambda suspects: self._paint(found, rows, suspects),
            parent=self,
        )

    def _paint(
        self, found: ExcerptMap, rows: Mapping[Place, Excerpt], suspects: dict[int, Suspect]
    ) -> None:
        self._judging = None
        if self._project is None:
            return
        here = [number for number, place in enumerate(found.places) if place in rows]
        number_of = {old: new for new, old in enumerate(here)}
        shown = [rows[found.places[number]] for number in here]
        anew = list(map(place_of, shown)) != list(map(place_of, self._shown))
        self._shown = shown
        self._suspects = {number_of[n]: s for n, s in suspects.items() if n in number_of}
        classes = list(self._project.classes)
        points = Points(
            places=found.points[here],
            kinds=[classes.index(row.label) if row.label in classes else 0 for row in shown],
            names=[row.path.rpartition("/")[2] for row in shown],
            classes=classes,
            suspects={number: self._reason(s) for number, s in self._suspects.items()},
        )
        self.scatter.show_points(points, anew=anew)
        self._tell()

    def _reason(self, suspect: Suspect) -> str:
        if suspect.likely:
            words = self.tr("Sounds like '{}': {} of its {} nearest sounds are of other classes.")
            return words.format(suspect.likely, round(suspect.share * suspect.asked), suspect.asked)
        return self.tr("Not similar to any other sound here.")

    def _tell(self, share: float | None = None) -> None:
        """Say what there is, and what can be done now."""
        working, many = self._job is not None, len(self.scatter.selected)
        self.draw.setVisible(working or self._given_up)
        self.draw.setText(self.tr("Cancel") if working else self.tr("Draw the map"))
        self.only.setEnabled(bool(self._suspects) or self.only.isChecked())
        self.next.setEnabled(bool(self._suspects))
        self.move_to.setEnabled(bool(many) and not self._reason_not)
        if working:
            words = self.tr("Analysing the sounds: {:.0f} %").format(100 * (share or 0.0))
        elif self._map is None:
            words = self.tr("No map has been drawn yet.")
        else:
            words = self._summary(self._map)
        self.status.setText(words)
        if share is not None:
            self.progress.emit(share if working else 1.0)
        elif not working:
            self.progress.emit(1.0)

    def _summary(self, found: ExcerptMap) -> str:
        many = len(self.scatter.selected)
        parts = [self.tr("{} selected").format(many)] if many > 1 else []
        parts.append(self.tr("{} sounds").format(len(self._shown)))
        one = len(self._suspects) == 1
        words = self.tr("{} suspected label error") if one else self.tr("{} suspected label errors")
        parts.append(words.format(len(self._suspects)))
        if found.left_out:
            parts.append(self.tr("{} left out").format(found.left_out))
        if found.problems:
            parts.append(self.tr("{} unreadable").format(len(found.problems)))
        parts.append(
            self.tr("Nearby sounds are similar; large distances mean little ({})").format(
                found.method
            )
        )
        return "  \u00b7  ".join(parts)

    def _choose_class(self) -> None:
        menu = QMenu(self)
        for number, name in enumerate(self._project.classes if self._project else ()):
            key = f"&{number + 1}  " if number < 9 else ""
            action = menu.addAction(key + name.replace("&", "&&"))
            action.triggered.connect(lambda _=False, n=number: self.relabel_wanted.emit(n))
        menu.popup(self.move_to.mapToGlobal(self.move_to.rect().topLeft()))


def _judging(
    found: ExcerptMap, rows: Mapping[Place, Excerpt]
) -> Callable[[], Generator[None, None, dict[int, Suspect]]]:
    def work() -> Generator[None, None, dict[int, Suspect]]:
        yield
        here: Sequence[Excerpt | None] = [rows.get(place) for place in found.places]
        labels = [row.label if row is not None else "" for row in here]
        groups = [(row.group or row.path) if row is not None else "" for row in here]
        return found.suspects(labels, groups)

    return work

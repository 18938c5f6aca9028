"""Teaching a class by marks: its name, the marks, how precise it is, and what is saved."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
)

from desktop.plots.curves import Curves
from desktop.widgets.controls import button, heading, hold_back, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.search.teaching import Estimate, Mark

_WIDTH = 270
_LINES = 6  # of the longest sentence


class TeachPanel(QFrame):
    """Marks by buttons; the curve of expected precision; suggests and saves."""

    marked = Signal(str)  # yes, no or unsure
    suggest_wanted = Signal()
    save_wanted = Signal(str)  # the class
    restart_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setFixedWidth(_WIDTH)
        self.name = QLineEdit()
        self.name.setPlaceholderText(self.tr("Name of the class"))
        self.name.setAccessibleName(self.tr("Name of the class to teach"))
        self.name.setMaxLength(100)
        self.name.textChanged.connect(lambda _: self._refresh())
        self.yes = button(self.tr("Yes"), self.tr("The stretch is this class (Y)"))
        self.no = button(self.tr("No"), self.tr("The stretch is something else (N)"))
        self.unsure = button(self.tr("Unsure"), self.tr("It cannot be told (U)"))
        for says, one in {"yes": self.yes, "no": self.no, "unsure": self.unsure}.items():
            one.clicked.connect(lambda _=False, says=says: self.marked.emit(says))
        self.count = text(faint=True)
        self.curve = Curves(
            self.tr("Expected precision"), self.tr("marks"), self.tr("precision"), titled=False
        )
        self._names = self.tr("precision"), self.tr("95 % interval, low"), self.tr("high")
        self.curve.add_series(self._names[0], dots=True)
        for name in self._names[1:]:
            self.curve.add_series(name, like=self._names[1], dashed=True)
        self.curve.set_ranges(y=(0.0, 1.0))
        self.curve.plot.getAxis("bottom").whole = True
        self.curve.setMinimumHeight(150)
        self.words = text()
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        # Whatever is said, the plot above keeps its place.
        self.words.setFixedHeight(_LINES * self.fontMetrics().lineSpacing())
        self._fill_ends()
        self._lay_out()
        self._points: list[tuple[int, Estimate]] = []
        self._yes = 0
        self._busy = False
        self._ready = False
        self.show_marks([])
        self.show_estimate(None)

    def _fill_ends(self) -> None:
        self.suggest = button(
            self.tr("Suggest what to hear next"),
            self.tr("List stretches whose marks teach most, by what is marked so far"),
        )
        self.suggest.clicked.connect(self.suggest_wanted)
        self.save = button(
            self.tr("Save classifier"),
            self.tr("Save what was taught as a classifier, and the marks as a data set"),
        )
        self.save.setObjectName("main")
        self.save.clicked.connect(lambda: self.save_wanted.emit(self.name.text()))
        self.restart = button(self.tr("Start over"), self.tr("Forget all marks"))
        self.restart.clicked.connect(self.restart_wanted)

    def _lay_out(self) -> None:
        marks = QGridLayout()
        for column, one in enumerate((self.yes, self.no, self.unsure)):
            marks.addWidget(one, 0, column)
        below = QHBoxLayout()
        below.addWidget(self.restart)
        below.addWidget(self.save, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 12)
        layout.setSpacing(8)
        layout.addWidget(heading(self.tr("Teach a class")))
        layout.addWidget(self.name)
        layout.addWidget(QLabel(self.tr("Is the selected stretch this class?")))
        layout.addLayout(marks)
        layout.addWidget(self.count)
        layout.addWidget(self.suggest)
        layout.addWidget(self.curve, 1)
        layout.addWidget(self.words)
        layout.addLayout(below)

    def show_selected(self, on: bool) -> None:
        """Whether a stretch is chosen that can be marked."""
        for one in (self.yes, self.no, self.unsure):
            hold_back(one, "" if on else self.tr("Select a stretch of the list first."))

    def show_marks(self, marks: "Sequence[Mark]", *, ready: bool = False) -> None:
        """Say how many there are.

        Args:
            marks: all.
            ready: whether there is an example that they belong to.
        """
        self._yes, self._ready = sum(mark.says == "yes" for mark in marks), ready
        no = sum(mark.says == "no" for mark in marks)
        unsure = len(marks) - self._yes - no
        self.count.setText(
            self.tr("{} marked: {} yes, {} no, {} unsure").format(len(marks), self._yes, no, unsure)
            if marks
            else self.tr("Nothing is marked yet.")
        )
        self.restart.setEnabled(bool(marks))
        self._refresh()

    def show_estimate(self, estimate: "Estimate | None") -> None:
        """Add a point to the curve; None: remove them all."""
        if estimate is None:
            self._points = []
        elif estimate.share is not None:
            self._points = [p for p in self._points if p[0] != estimate.marks]
            self._points.append((estimate.marks, estimate))
        x = [marks for marks, _ in self._points]
        self.curve.set_points(self._names[0], x, [e.share or 0.0 for _, e in self._points])
        self.curve.set_points(self._names[1], x, [e.low for _, e in self._points])
        self.curve.set_points(self._names[2], x, [e.high for _, e in self._points])
        self.words.setText(self._sentence(estimate))

    def set_busy(self, on: bool) -> None:
        """Whether something is being computed."""
        self._busy = on
        self._refresh()

    def _sentence(self, estimate: "Estimate | None") -> str:
        if estimate is None or estimate.share is None:
            return self.tr(
                "Stretches listed as random checks are drawn from what would be reported: their "
                "marks tell how precise the class is."
            )
        words = self.tr(
            "{} of {} random checks right: {:.0f} % (95 % interval {:.0f} to {:.0f} %)."
        )
        said = words.format(
            *(estimate.right, estimate.audited, 100 * estimate.share),
            *(100 * estimate.low, 100 * estimate.high),
        )
        if estimate.done:
            said += " " + self.tr("Done: the interval lies above 80 %. Save the classifier.")
        return said

    def _refresh(self) -> None:
        why = ""
        if not self._ready:
            why = self.tr("Find something first: the example belongs to the class.")
        elif self._busy:
            why = self.tr("Please wait.")
        hold_back(self.suggest, why)
        if not why and not self._yes:
            why = self.tr("Mark at least one stretch with Yes first.")
        elif not why and not self.name.text().strip():
            why = self.tr("Type the name of the class first.")
        hold_back(self.save, why)

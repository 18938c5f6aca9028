"""Which stretches are shown: search, label, certainty, judgement, and what a bar stands for."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPushButton, QWidget

from desktop.plots.clock import percent
from desktop.widgets.controls import button

if TYPE_CHECKING:
    from engine.archive.questions import Filter

_WAIT_MS = 250  # for more letters
_LEAST = (0.0, 0.3, 0.5, 0.7, 0.9)
_MOST_LABEL = 18  # characters that a list of labels is wide


class FilterBar(QWidget):
    """One line over the table."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._bar: dict[str, Any] = {}  # what a bar of the histogram adds to the filter
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WAIT_MS)
        self._timer.timeout.connect(self.changed)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search names"))
        self.search.setAccessibleName(self.tr("Search file names, labels and tags"))
        self.search.setToolTip(self.search.accessibleName())
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda _: self._timer.start())
        self._boxes()
        self.random = button(
            self.tr("Random order"),
            self.tr("Mix the stretches: thresholds need ones that are drawn at random"),
        )
        self.random.setCheckable(True)
        self.random.toggled.connect(lambda _: self.changed.emit())
        self.clear_button = button(self.tr("Show all"), self.tr("Remove all filters"))
        self.clear_button.clicked.connect(self.clear)
        self._lay_out()

    def _boxes(self) -> None:
        self.label = self._box(self.tr("Label"), {"": self.tr("All labels")})
        self.label.setMinimumContentsLength(_MOST_LABEL)
        self.label.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.least = self._box(
            self.tr("Certainty"),
            {
                least: self.tr("From {}").format(percent(least))
                if least
                else self.tr("Any certainty")
                for least in _LEAST
            },
        )
        self.judged = self._box(
            self.tr("Judgement"),
            {
                "any": self.tr("Judged or not"),
                "none": self.tr("Not judged"),
                "right": self.tr("Right"),
                "wrong": self.tr("Wrong"),
            },
        )

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.search, 1)
        for widget in self._controls():
            layout.addWidget(widget)

    def _controls(self) -> tuple[QComboBox | QPushButton, ...]:
        return (self.label, self.least, self.judged, self.random, self.clear_button)

    def _box(self, name: str, choices: dict[Any, str]) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        box.setToolTip(name)
        for value, words in choices.items():
            box.addItem(words, value)
        box.currentIndexChanged.connect(lambda _: self.changed.emit())
        return box

    def set_labels(self, labels: Sequence[str]) -> None:
        """The labels there are; the chosen one stays if it is among them."""
        if [self.label.itemData(n) for n in range(1, self.label.count())] == list(labels):
            return
        chosen = self.label.currentData()
        blocker = QSignalBlocker(self.label)
        while self.label.count() > 1:
            self.label.removeItem(1)
        for label in labels:
            self.label.addItem(label, label)
        self.label.setCurrentIndex(max(0, self.label.findData(chosen)))
        blocker.unblock()
        if self.label.currentData() != chosen:
            self.changed.emit()

    def narrow(self, by: str, value: str | int) -> None:
        """Show only what a bar of the histogram stands for."""
        if by == "label":
            self.label.setCurrentIndex(max(0, self.label.findData(value)))
            return
        if by == "certainty":
            low = int(value) / 10
            self._bar |= {"least": low, "below": low + 0.1 if int(value) < 9 else None}
            blocker = QSignalBlocker(self.least)  # the bar says it more exactly
            self.least.setCurrentIndex(0)
            blocker.unblock()
        else:
            self._bar[by] = value
        self.changed.emit()

    @property
    def filter(self) -> "Filter":
        """What is chosen."""
        from engine.archive.questions import Filter

        chosen = Filter(
            text=self.search.text().strip(),
            label=self.label.currentData() or "",
            least=self.least.currentData() or None,
            judged=self.judged.currentData(),
        )
        return replace(chosen, **self._bar)

    @property
    def words(self) -> str:
        """What a bar stands for, which no control shows."""
        found = []
        if "below" in self._bar:
            low = self._bar["least"]
            found.append(self.tr("{} to {}").format(percent(low), percent(low + 0.1)))
        found += [str(self._bar[by]) for by in ("folder", "day") if by in self._bar]
        if "hour" in self._bar:
            found.append(f"{self._bar['hour']:02}:00")
        return ", ".join(found)

    def clear(self) -> None:
        """Show all."""
        self._bar = {}
        for widget in (self.search, self.label, self.least, self.judged):
            blocker = QSignalBlocker(widget)
            if isinstance(widget, QComboBox):
                widget.setCurrentIndex(0)
            else:
                widget.clear()
            blocker.unblock()
        self.changed.emit()

"""The panel of predictions at the right of both pages: one block a classifier."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from desktop.plots.values.track import ValueCurves
from desktop.shared.wording import SAY_WHY, bars, in_order, said_bars
from desktop.widgets.dimensions import Dimensions
from desktop.widgets.predictions import Predictions
from engine.recognition.decisions import Decision
from engine.recognition.said.answer import Answer
from engine.recognition.said.headline import panel_words

if TYPE_CHECKING:
    from engine.classifier.card import Card
    from engine.classifier.classifier import Classifier

_WIDTH = 320


class PredictionPanels(QScrollArea):
    """A heading, and what each classifier says under it."""

    asked = Signal(str, str)  # why: name of the classifier, label
    menu_wanted = Signal(str, str, QPoint)  # the same, and where

    def __init__(self, heading: str) -> None:
        super().__init__()
        inner = self._inner = QFrame()
        inner.setObjectName("panel")
        self.heading = QLabel(heading)
        self.heading.setObjectName("title")
        self._waiting = QLabel(self.tr("The classifiers are being loaded..."))
        self._waiting.setObjectName("faint")
        self._remark = QLabel()
        self._remark.setObjectName("faint")
        self._remark.setWordWrap(True)
        self._remark.hide()
        self._panels: dict[str, Predictions | Dimensions] = {}
        self._before: QWidget | None = None
        self._layout = QVBoxLayout(inner)
        self._layout.setContentsMargins(14, 10, 14, 10)
        self._layout.setSpacing(12)
        self._layout.addWidget(self.heading)
        self._layout.addWidget(self._waiting)
        self._first = self._layout.count()  # place of the first block
        self._layout.addWidget(self._remark)
        self._layout.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFixedWidth(_WIDTH)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it takes it, and is scrolled to
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(heading)

    def fill(self) -> None:
        """Take the width and the frame of what it lies in."""
        self.setMinimumWidth(0)
        self.setMaximumWidth(16_777_215)  # Qt's own for no limit
        self._inner.setObjectName("")
        for widget in (self._inner, self.viewport()):
            widget.setAutoFillBackground(False)
        self._layout.setContentsMargins(4, 4, 4, 4)

    def set_classifiers(
        self, classifiers: "Mapping[str, Classifier]", words: str, remark: str = ""
    ) -> None:
        """A block for each classifier, saying ``words`` until it has something to say.

        Args:
            classifiers: by name, from above.
            words: until it has something to say.
            remark: under them all, about those that are not there.
        """
        self._waiting.setVisible(not classifiers and not remark)
        self._remark.setText(remark)
        self._remark.setVisible(bool(remark))
        for gone in [name for name in self._panels if name not in classifiers]:
            panel = self._panels.pop(gone)
            self._layout.removeWidget(panel)
            panel.deleteLater()
        for place, (name, classifier) in enumerate(classifiers.items(), self._first):
            if name not in self._panels:
                panel = self._panels[name] = _panel(classifier.card)
                panel.asked.connect(lambda label, asked=name: self.asked.emit(asked, label))
                panel.menu_wanted.connect(
                    lambda label, at, asked=name: self.menu_wanted.emit(asked, label, at)
                )
            self._layout.insertWidget(place, self._panels[name])
            panel = self._panels[name]
            if isinstance(panel, Predictions):
                panel.set_title(classifier.card.title)
            self._panels[name].set_refusal(classifier.card.refusal(SAY_WHY))
            self._panels[name].set_predictions(words, [])
        self._panels = {name: self._panels[name] for name in classifiers}
        self.verticalScrollBar().setValue(0)
        if self._before is not None:
            in_order(self._before, *self._panels.values())

    def follow(self, before: QWidget) -> None:
        """Let Tab come here after another widget, whenever blocks are made."""
        self._before = before

    def show_decision(self, name: str, decision: Decision) -> None:
        """What one of them says."""
        if name in self._panels:
            self._panels[name].set_predictions(decision.verdict, bars(decision))

    def shows_values(self, name: str) -> bool:
        """Whether this classifier gives values instead of labels."""
        return isinstance(self._panels.get(name), Dimensions)

    def show_curves(self, curves: Mapping[str, ValueCurves]) -> None:
        """The way through the plane of those that give values."""
        for name, way in curves.items():
            panel = self._panels.get(name)
            if isinstance(panel, Dimensions):
                panel.show_curves(way)

    def show_answer(self, name: str, answer: Answer) -> None:
        """What one of them says of this moment."""
        if name in self._panels:
            words = ", ".join(part for part in (panel_words(answer), answer.guess) if part)
            self._panels[name].set_predictions(words, said_bars(answer))

    def leave_out(self, name: str) -> None:
        """Show the blocks of all but this one; empty: of all."""
        for other, panel in self._panels.items():
            panel.setVisible(other != name)

    def step_back(self, name: str, words: str) -> None:
        """Why one of them says nothing about what is heard now."""
        if name in self._panels:
            self._panels[name].step_back(words)

    def show_words(self, name: str, words: str) -> None:
        """Why one of them says nothing."""
        if name in self._panels:
            self._panels[name].set_predictions(words, [])


def _panel(card: "Card") -> Predictions | Dimensions:
    """Bars of labels, or values of dimensions."""
    if card.ranges is None:
        return Predictions(card.title)
    return Dimensions(card.title, card.labels, card.ranges)

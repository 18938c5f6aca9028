"""The model card of one classifier, with its actions."""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop.pages.models.list import size_words
from desktop.pages.models.thresholds import Thresholds
from desktop.pages.models.worker import Adjustment, ListedClassifier
from engine.classifier.figures import figure_lines, meanings

if TYPE_CHECKING:
    from engine.classifier.card import Card, DataSource

_NAMES_WIDTH = 110
_GAP = 8


class CardView(QScrollArea):
    """At the right of the page."""

    def __init__(self) -> None:
        super().__init__()
        inner = QFrame()
        inner.setObjectName("panel")
        self.title = QLabel()
        self.title.setObjectName("title")
        self.title.setWordWrap(True)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.description = _words()
        self.remark = _words()
        self.remark.setAccessibleName(self.tr("What it cannot do"))
        self.copy_button = QPushButton(self.tr("Copy"))
        self.copy_button.clicked.connect(self._copy)
        self._make_buttons()
        self.thresholds = Thresholds()
        self.facts: dict[str, QLabel] = {}
        self.digest = _words()
        self._path: Path | None = None
        self._own_thresholds: Sequence[float] = ()  # as the card has them
        self._onnx_refusal, self._exporting = "", False
        self._name_controls()
        layout = self._inner = QVBoxLayout(inner)
        layout.setContentsMargins(18, 12, 18, 14)
        layout.setSpacing(10)
        layout.addLayout(self._top())
        layout.addWidget(self.description)
        layout.addWidget(self.remark)
        layout.addSpacing(_GAP)
        layout.addWidget(self.thresholds)
        layout.addSpacing(_GAP)
        layout.addLayout(self._table())
        layout.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setObjectName("read")
        self.setAccessibleName(self.tr("Model card"))

    def add(self, widget: QWidget) -> None:
        """One more part, under the thresholds."""
        self._inner.insertWidget(self._inner.indexOf(self.thresholds) + 1, widget)

    def _make_buttons(self) -> None:
        self.export_button = QPushButton(self.tr("Export..."))
        self.onnx_button = QPushButton(self.tr("ONNX..."))
        self.rename_button = QPushButton(self.tr("Rename..."))
        self.delete_button = QPushButton(self.tr("Delete"))
        self.buttons = [
            self.export_button,
            self.onnx_button,
            self.rename_button,
            self.delete_button,
        ]

    def _name_controls(self) -> None:
        for button, words in (
            (self.export_button, self.tr("Export a copy of the classifier")),
            (self.onnx_button, self.tr("Export the classifier as ONNX")),
            (self.rename_button, self.tr("Give the classifier another title")),
            (self.delete_button, self.tr("Delete the classifier")),
            (self.copy_button, self.tr("Copy the SHA-256")),
        ):
            button.setAccessibleName(words)
            button.setToolTip(words)
        self.digest.setAccessibleName("SHA-256")

    def _top(self) -> QVBoxLayout:
        buttons = QHBoxLayout()
        for button in self.buttons:
            buttons.addWidget(button)
        buttons.addStretch(1)
        top = QVBoxLayout()
        top.addWidget(self.title)
        top.addLayout(buttons)
        return top

    def _table(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(0, _NAMES_WIDTH)
        for key, words in self._fields().items():
            self.facts[key] = _words()
            self.facts[key].setAccessibleName(words)
            _put(grid, words, self.facts[key])
        row = QHBoxLayout()
        row.addWidget(self.digest, 1)
        row.addWidget(self.copy_button, 0, Qt.AlignmentFlag.AlignTop)
        holder = QWidget()
        row.setContentsMargins(0, 0, 0, 0)
        holder.setLayout(row)
        _put(grid, "SHA-256", holder)
        return grid

    def _fields(self) -> dict[str, str]:
        return {
            "classes": self.tr("Classes"),
            "figures": self.tr("Figures"),
            "data": self.tr("Training data"),
            "limits": self.tr("Limits"),
            "licence": self.tr("Licence"),
            "credits": self.tr("Credits"),
            "date": self.tr("Date"),
            "versions": self.tr("Software"),
            "window": self.tr("Analysis window"),
            "file": self.tr("File"),
        }

    def show_listed(self, listed: ListedClassifier) -> None:
        """Show a classifier; its SHA-256 comes later, by :meth:`show_digest`."""
        card, original = listed.card, listed.entry.card
        self.title.setText(card.title)
        self.description.setText(card.description)
        self.remark.setText(card.refusal(self.tr("listen, show evidence or be exported as ONNX")))
        self.remark.setVisible(card.files_only)
        self._onnx_refusal = card.refusal(self.tr("be exported as ONNX"))
        self.set_exporting(on=self._exporting)
        for key, words in self._facts_of(listed).items():
            self.facts[key].setText(words)
        self.facts["figures"].setToolTip("\n".join(meanings(card.metrics)))
        if listed.entry.path != self._path:
            self._path = listed.entry.path
            self.digest.setText(self.tr("computing..."))
            self.copy_button.setEnabled(False)
            self.verticalScrollBar().setValue(0)
        self.rename_button.setEnabled(not listed.entry.bundled)
        self.rename_button.setToolTip(
            self.tr("Built-in classifiers keep their titles")
            if listed.entry.bundled
            else self.rename_button.accessibleName()
        )
        self.delete_button.setEnabled(not listed.entry.bundled)
        self.delete_button.setToolTip(
            self.tr("Built-in classifiers cannot be deleted")
            if listed.entry.bundled
            else self.tr("Delete the classifier; you can undo this")
        )
        self._own_thresholds = original.calibration.thresholds
        self.show_thresholds(card, adjusted=card != original)

    def set_exporting(self, *, on: bool) -> None:
        """Whether an export as ONNX goes on: only one at a time."""
        self._exporting = on
        self.onnx_button.setEnabled(not on and not self._onnx_refusal)
        tip = textwrap.fill(self._onnx_refusal) or self.onnx_button.accessibleName()
        self.onnx_button.setToolTip(tip)

    def show_thresholds(self, card: "Card", *, adjusted: bool) -> None:
        """Only what is in force."""
        values = card.calibration.thresholds
        choice = Adjustment(
            dict(zip(card.labels, values, strict=False)), card.calibration.smoothing_seconds
        )
        named = [] if card.is_regression else card.labels  # values have no thresholds
        own = self._own_thresholds or values
        original = dict(zip(card.labels, own, strict=False))
        self.thresholds.show_card(card.name, named, choice, adjusted, original)

    def show_digest(self, words: str, *, good: bool) -> None:
        """The SHA-256, or why there is none."""
        self.digest.setText(words)
        self.copy_button.setEnabled(good)

    def _facts_of(self, listed: ListedClassifier) -> dict[str, str]:
        card = listed.card
        several = self.tr("several at a time") if card.multi_label else self.tr("one at a time")
        seconds = card.window_samples / card.rate_hz
        hop = card.hop_samples / card.rate_hz
        nothing = self.tr("not stated")
        versions = ", ".join(f"{name} {number}" for name, number in card.versions.items())
        names = f"{len(card.labels)}, {several}: {', '.join(card.labels)}"
        if card.ranges is not None:
            pairs = zip(card.labels, card.ranges, strict=True)
            scales = ", ".join(f"{name} ({low:g} to {high:g})" for name, (low, high) in pairs)
            names = self.tr("{} dimensions with values: {}").format(len(card.labels), scales)
        return {
            "classes": names,
            "figures": "\n".join(figure_lines(card.metrics)) or nothing,
            "data": "\n".join(self._source(source) for source in card.data) or nothing,
            "limits": card.limits or nothing,
            "licence": card.licence,
            "credits": card.credits or nothing,
            "date": card.date,
            "versions": versions or nothing,
            "window": self.tr("{:.2f} s long, every {:.2f} s, at {:g} kHz").format(
                seconds, hop, card.rate_hz / 1000
            ),
            "file": f"{listed.entry.path} ({size_words(listed.size_bytes)})",
        }

    def _source(self, source: "DataSource") -> str:
        if not source.count:
            return f"{source.name}: {source.licence}"
        words = self.tr("{} ({} examples): {}")
        return words.format(source.name, source.count, source.licence)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.digest.text())


def _words() -> QLabel:
    """Text that wraps and can be selected, with the mouse and with keys."""
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label


def _put(grid: QGridLayout, words: str, value: QWidget) -> None:
    name = QLabel(words)
    name.setObjectName("faint")
    row = grid.rowCount()
    grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
    grid.addWidget(value, row, 1)

"""The legend of the evidence for a prediction, and the progress of computing it."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget


class WhyStrip(QFrame):
    """Hidden until one asks; never in the way of the window."""

    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._swatch = _Swatch()
        self._text = QLabel()
        self._notes = QLabel()
        self._notes.setObjectName("faint")
        self._notes.setWordWrap(True)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(160, 5)
        self.progress.setAccessibleName(self.tr("Progress of the explanation"))
        self.close_button = QPushButton(self.tr("Close"))
        self.close_button.clicked.connect(self.closed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 5, 6, 5)
        layout.setSpacing(10)
        layout.addWidget(self._swatch)
        layout.addWidget(self._text)
        layout.addWidget(self._notes, 1)
        layout.addWidget(self.progress)
        layout.addWidget(self.close_button)
        self.setAccessibleName(self.tr("Why"))
        self.hide()

    @property
    def text(self) -> str:
        return self._text.text()

    @property
    def notes(self) -> str:
        return self._notes.text()

    def wait_for(self, text: str) -> None:
        """Say what is being looked for."""
        self.progress.setValue(0)
        self._say(text, "", None)

    def set_progress(self, share: float) -> None:
        """How much of it is done."""
        self.progress.setValue(round(1000 * share))

    def say(self, text: str, notes: str, hue: str | None, *, refining: bool = False) -> None:
        """What was found, what else there is to know, and the colour it is shown in.

        ``refining``: a better answer is on its way.
        """
        self._say(text, notes, hue, waiting=refining)

    def _say(self, text: str, notes: str, hue: str | None, *, waiting: bool = True) -> None:
        self._text.setText(text)
        self._notes.setText(notes)
        self._swatch.hue = hue
        self._swatch.setVisible(hue is not None)
        self._swatch.update()
        self.progress.setVisible(waiting)
        words = self.tr("Cancel") if waiting else self.tr("Close")
        self.close_button.setText(words)
        self.close_button.setAccessibleName(words)
        self.close_button.setToolTip(self.tr("Close the explanation (Esc)"))
        self.setAccessibleDescription(f"{text} {notes}".strip())
        self.show()


class _Swatch(QWidget):
    """The colour of the map, from little to much."""

    def __init__(self) -> None:
        super().__init__()
        self.hue: str | None = None
        self.setFixedSize(44, 12)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.hue is None:
            return
        painter, hue = QPainter(self), QColor(self.hue)
        for x in range(self.width()):
            share = x / (self.width() - 1)
            colour = QColor.fromRgbF(hue.redF() * share, hue.greenF() * share, hue.blueF() * share)
            painter.fillRect(x, 0, 1, self.height(), colour)

"""The answer alone, over the whole screen: to be read from the other end of a room."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QScreen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop.style import colours
from desktop.widgets.headline import Headline
from desktop.widgets.level_meter import LevelMeter
from desktop.widgets.situation import SituationStrip
from engine.recognition.said.situation import SITUATIONS

_KEYS = (Qt.Key.Key_Escape, Qt.Key.Key_F11, Qt.Key.Key_Space, Qt.Key.Key_F, Qt.Key.Key_C)
_SHARE = 0.62  # of the screen's height that the answer takes


class Stage(QWidget):
    """A window of its own; Escape and F11 close it, Space listens, F freezes, C corrects."""

    closed = Signal()
    toggled = Signal()
    frozen = Signal()
    correcting = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(self.tr("Earmark: the answer"))
        self.line = Headline()
        self.line.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keys are the stage's
        self.situation = SituationStrip(SITUATIONS)
        self.situation.setMaximumWidth(700)
        self.meter = LevelMeter()
        self._keys = QLabel(
            self.tr("Space: listen or stop    F: freeze    C: correct    Esc: back")
        )
        self._keys.setObjectName("faint")
        below = QHBoxLayout()
        below.addWidget(self.situation, 1)
        below.addWidget(self.meter)
        below.addStretch(1)
        below.addWidget(self._keys)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(48, 24, 48, 24)
        layout.addStretch(1)
        layout.addWidget(self.line)
        layout.addStretch(1)
        layout.addLayout(below)

    def show_line(self, line: Headline, situation: str) -> None:
        """Say what the page's own line says."""
        self.line.say(line.words, named=line.named, note=line.note, aside=line.aside)
        self.situation.show_kind(situation)

    def enter(self, screen: QScreen) -> None:
        """Cover a screen."""
        self.setGeometry(screen.geometry())
        self.showFullScreen()
        self.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.line.setFixedHeight(round(_SHARE * self.height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(colours().window))

    def event(self, event: QEvent) -> bool:
        """The keys that it knows are its own, whatever they mean in the window's menus."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.setAccepted(event.key() in _KEYS)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Escape | Qt.Key.Key_F11:
                self.leave()
            case Qt.Key.Key_Space:
                self.toggled.emit()
            case Qt.Key.Key_F:
                self.frozen.emit()
            case Qt.Key.Key_C:
                self.correcting.emit()
            case _:
                super().keyPressEvent(event)

    def leave(self) -> None:
        """Back to the page."""
        self.hide()
        self.closed.emit()

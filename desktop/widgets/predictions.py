"""The top classes of one classifier as bars with percentages."""

import textwrap
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.plots.clock import percent
from desktop.style import colours, is_met, label_colour, label_look, pattern_brush

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_HEAD, _ROW, _SHOWN = 46, 25, 5
_EASE_MS, _EASE_SHARE = 25, 0.35  # of the way that is left, from picture to picture
_EASED = 0.004
_LONG_VERDICT = 35  # characters; longer ones may be cut
_VERDICT_SIZES = (1.35, 1.2, 1.1, 1.0, 0.9)  # times the usual letters


@dataclass(frozen=True)
class Bar:
    """One class.

    Attributes:
        label: its name.
        probability: from 0 to 1.
        heard: whether it is reported.
        reason: why not.
        threshold: from which it is reported; 0: it has none.
        holds: whether it is reported still, although below its threshold.
        coming: whether it is over its threshold and will be reported if it stays there.
    """

    label: str
    probability: float
    heard: bool
    reason: str = ""
    threshold: float = 0.0
    holds: bool = False
    coming: bool = False

    @property
    def words(self) -> str:
        """All about it, as a tip and for screen readers."""
        if self.holds:
            return f"{self.label}: still reported, below its threshold of {percent(self.threshold)}"
        return f"{self.label}: {self.reason or 'detected'}"


class AskingRows(QWidget):
    """Rows below a head, each about one label: a click on one asks why.

    With the keyboard: Up, Down and Return. The right button and the menu key ask for a menu.

    Args:
        title: name of the classifier.
        head, row: heights in pixels.
    """

    asked = Signal(str)
    menu_wanted = Signal(str, QPoint)  # the label that is meant

    def __init__(self, title: str, head: int, row: int) -> None:
        super().__init__()
        self._title, self._head, self._height = title, head, row
        self._refusal = ""
        self._bars: list[Bar] = []
        self._row = 0
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)

    def set_refusal(self, words: str) -> None:
        """Why there is no evidence to be seen; empty: a click shows it."""
        self._refusal = words

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.setAccepted(event.key() == Qt.Key.Key_Space)  # it asks here, as a button would
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is not None and self._bars:
            self._row = min(max(0, self._row + step), len(self._bars) - 1)
            self.setAccessibleName(f"{self._title}, {self._bars[self._row].label}")
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._ask(self._row)
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        row = int((event.position().y() - self._head) // self._height)
        if event.button() == Qt.MouseButton.LeftButton and row >= 0:
            self._ask(row)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        row = int((event.pos().y() - self._head) // self._height) if mouse else self._row
        if 0 <= row < len(self._bars):
            self.menu_wanted.emit(self._bars[row].label, event.globalPos())

    def _ask(self, row: int) -> None:
        if row < len(self._bars) and not self._refusal:
            self._row = row
            self.asked.emit(self._bars[row].label)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()


class Predictions(AskingRows):
    """Name of the classifier, what it says in words, and its top classes.

    A line across each bar is its threshold. What is reported still, though below it, is outlined up
    to there; what is about to be reported has an outline of dashes.
    """

    def __init__(self, title: str) -> None:
        super().__init__(title, _HEAD, _ROW)
        self._verdict = ""
        self._away = False
        self._lengths: dict[str, float] = {}  # of the bars as they are drawn now, by class
        self._easing = QTimer(self)
        self._easing.setInterval(_EASE_MS)
        self._easing.timeout.connect(self._ease)

    def sizeHint(self) -> QSize:
        return QSize(280, _HEAD + _SHOWN * _ROW + 8)

    def set_title(self, title: str) -> None:
        """Name of the classifier, once it is called otherwise."""
        if title != self._title:
            self._title = title
            self.setAccessibleName(title)
            self.update()

    def set_predictions(self, verdict: str, bars: list[Bar]) -> None:
        """What to show; the bars highest first."""
        self._verdict, self._bars, self._away = verdict, bars[:_SHOWN], False
        words = ", ".join(f"{bar.label} {percent(bar.probability)}" for bar in self._bars)
        self.setAccessibleDescription(f"{verdict}. {words}")
        reasons = [bar.words for bar in self._bars]
        if len(verdict) > _LONG_VERDICT:
            reasons.insert(0, textwrap.fill(verdict))
        click = textwrap.fill(self._refusal) or self.tr("Click a class to see the evidence for it.")
        self.setToolTip("\n".join([*reasons, click] if reasons else []))
        asks = bool(bars) and not self._refusal
        self.setCursor(Qt.CursorShape.PointingHandCursor if asks else Qt.CursorShape.ArrowCursor)
        self._set_out()

    def step_back(self, words: str) -> None:
        """It has nothing to say about what is heard now: its bars sink, and why stands in words."""
        if self._away and words == self._verdict:
            return
        self.set_predictions(words, [])
        self._away = True
        self.update()

    def _set_out(self) -> None:
        """Let the bars move from where they are to what they show."""
        before = self._lengths
        self._lengths = {bar.label: before.get(bar.label, 0.0) for bar in self._bars}
        if before and self.isVisible():
            self._easing.start()
        else:
            self._lengths = {bar.label: bar.probability for bar in self._bars}
        self.update()

    def _ease(self) -> None:
        left = 0.0
        for bar in self._bars:
            away = bar.probability - self._lengths[bar.label]
            left = max(left, abs(away))
            self._lengths[bar.label] += _EASE_SHARE * away
        if left < _EASED:
            self._lengths = {bar.label: bar.probability for bar in self._bars}
            self._easing.stop()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, use = QPainter(self), colours()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = self.width()
        painter.setPen(QColor(use.faint))
        title = painter.fontMetrics().elidedText(self._title, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QRectF(0, 0, width, 18), LEFT, title)
        heard = any(bar.heard for bar in self._bars)
        font = QFont(self.font())
        font.setBold(heard)
        for larger in _VERDICT_SIZES:  # all of it, if that can be
            font.setPointSizeF(self.font().pointSizeF() * larger)
            if QFontMetricsF(font).horizontalAdvance(self._verdict) <= width:
                break
        painter.setFont(font)
        painter.setPen(QColor(use.text if heard else use.faint))
        verdict = painter.fontMetrics().elidedText(
            self._verdict, Qt.TextElideMode.ElideRight, width
        )
        painter.drawText(QRectF(0, 17, width, 26), LEFT, verdict)
        painter.setFont(self.font())
        for index, bar in enumerate(self._bars):
            self._paint_bar(painter, bar, _HEAD + index * _ROW)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(use.accent), 2))
            row = min(self._row, len(self._bars) - 1)
            there = QRectF(1, _HEAD + row * _ROW, width - 2, _ROW - 1)
            painter.drawRoundedRect(there if row >= 0 else QRectF(1, 1, width - 2, 42), 5, 5)

    def _paint_bar(self, painter: QPainter, bar: Bar, top: float) -> None:
        use = colours()
        name_width = min(130.0, self.width() * 0.42)
        number_width = 46.0
        track = QRectF(name_width, top + 5, self.width() - name_width - number_width, _ROW - 11)
        strong = bar.heard or bar.coming
        painter.setPen(QColor(use.text if strong else use.faint))
        name = painter.fontMetrics().elidedText(
            bar.label, Qt.TextElideMode.ElideRight, int(name_width - 11)
        )
        painter.drawText(QRectF(5, top, name_width, _ROW - 1), LEFT, name)
        number = QRectF(self.width() - number_width, top, number_width - 4, _ROW - 1)
        painter.drawText(number, RIGHT, percent(bar.probability))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(use.line))
        painter.drawRoundedRect(track, 4, 4)
        shown = bar.heard or bar.holds or bar.coming or is_met(bar.label)
        fill, pattern = label_look(bar.label) if shown else (QColor(use.faint), 0)
        lines = pattern_brush(fill, pattern)
        if not bar.heard:
            fill.setAlpha(110)
        painter.setBrush(fill)
        part = QRectF(track)
        length = self._lengths.get(bar.label, bar.probability)
        part.setWidth(max(2.0, track.width() * min(1.0, length)))
        painter.drawRoundedRect(part, 4, 4)
        if pattern:
            painter.setBrush(lines)
            painter.drawRoundedRect(part, 4, 4)
        self._paint_threshold(painter, bar, track, part)

    def _paint_threshold(self, painter: QPainter, bar: Bar, track: QRectF, part: QRectF) -> None:
        """A line where a class is reported from, and what becomes of a bar near it."""
        if not bar.threshold:
            return
        use = colours()
        x = track.left() + track.width() * min(1.0, bar.threshold)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if bar.holds:
            painter.setPen(QPen(label_colour(bar.label), 1.6))
            painter.drawRoundedRect(
                QRectF(track.left(), track.top(), x - track.left(), track.height()), 4, 4
            )
        elif bar.coming:
            painter.setPen(QPen(QColor(use.text), 1.2, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(part.adjusted(-1, -1, 1, 1), 4, 4)
        painter.setPen(QPen(QColor(use.text), 1.6))
        painter.drawLine(QPointF(x, track.top() - 2), QPointF(x, track.bottom() + 2))

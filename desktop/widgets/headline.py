"""The answer: one large line, and what others say smaller beside it."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.style import colours

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_TOP = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
_WRAP = Qt.TextFlag.TextWordWrap
_WORDS_SHARE, _NOTE_SHARE = 0.6, 0.17  # of the height: letters, and the line under them
_ASIDE_SHARE = 0.25  # of the width
_MOST_ASIDE = 3
_NOTE_MOST = 36.0  # pixels
_FADE_MS = 180  # half of it for the old words to go, then half for the new ones to come


class Headline(QWidget):
    """Painted as large as its own height allows; its places never move.

    The menu key, Return and the right button ask for its menu.
    """

    menu_wanted = Signal(QPoint)

    def __init__(self) -> None:
        super().__init__()
        self._words, self._before, self._note = "", "", ""
        self._named = self._named_before = False
        self._aside: list[tuple[str, str]] = []
        self._fade = QVariantAnimation(self)
        self._fade.setDuration(_FADE_MS)
        self._fade.setStartValue(0.0)
        self._fade.setEndValue(1.0)
        self._fade.valueChanged.connect(lambda _: self.update())
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("What is heard"))

    def sizeHint(self) -> QSize:
        return QSize(600, 126)

    @property
    def words(self) -> str:
        """The answer."""
        return self._words

    @property
    def named(self) -> bool:
        """Whether it names something."""
        return self._named

    @property
    def note(self) -> str:
        """The line under it."""
        return self._note

    @property
    def aside(self) -> list[tuple[str, str]]:
        """Titles and words of the others."""
        return list(self._aside)

    def say(
        self, words: str, *, named: bool, note: str = "", aside: Sequence[tuple[str, str]] = ()
    ) -> None:
        """What to show.

        Args:
            words: the answer.
            named: whether it names something; else it is paler.
            note: one line under it.
            aside: title and words of each other.
        """
        if (words, named, note, list(aside)) == (
            self._words,
            self._named,
            self._note,
            self._aside,
        ):
            return
        if words != self._words:
            self._before, self._named_before = self._words, self._named
            if self.isVisible():
                self._fade.stop()
                self._fade.start()
                QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))
        self._words, self._named, self._note = words, named, note
        self._aside = list(aside)[:_MOST_ASIDE]
        others = ", ".join(f"{title}: {said}" for title, said in self._aside if said)
        described = ". ".join(part for part in (words, note, others) if part)
        self.setAccessibleDescription(described)
        self.setToolTip(described)
        self.update()

    def letters(self) -> float:
        """Height of the answer's font in pixels, as it is shown now."""
        return self._fitting(self._words, self._named).pixelSize()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_wanted.emit(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Menu):
            self.menu_wanted.emit(self.mapToGlobal(self._place().bottomLeft().toPoint()))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    def _place(self) -> QRectF:
        """Of the answer."""
        width = self.width() * (1 - _ASIDE_SHARE)
        return QRectF(4, 0, width - 16, self.height() * (1 - _NOTE_SHARE))

    def _font(self, pixels: float, *, bold: bool) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(max(8, round(pixels)))
        font.setBold(bold)
        return font

    def _fitting(self, words: str, named: bool) -> QFont:
        """As large as all of it fits, on two lines if need be."""
        return self._shrunk(words, self._place(), self.height() * _WORDS_SHARE, bold=named)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, use = QPainter(self), colours()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_words(painter, *self._shown())
        painter.setOpacity(1.0)
        self._paint_note(painter)
        self._paint_aside(painter)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(use.accent), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)

    def _shown(self) -> tuple[str, bool, float]:
        """Words, whether they name something, and opacity: never two answers at once."""
        if self._fade.state() == QVariantAnimation.State.Stopped:
            return self._words, self._named, 1.0
        way = 2.0 * float(self._fade.currentValue()) - 1.0  # below 0 the old words still go
        if way < 0:
            return self._before, self._named_before, -way
        return self._words, self._named, way

    def _paint_words(self, painter: QPainter, words: str, named: bool, opacity: float) -> None:
        use = colours()
        painter.setOpacity(opacity)
        painter.setFont(self._fitting(words, named))
        painter.setPen(QColor(use.text if named else use.faint))
        painter.drawText(self._place(), int(_LEFT | _WRAP), words)

    def _paint_note(self, painter: QPainter) -> None:
        place = self._place()
        under = QRectF(4, place.bottom(), place.width(), self.height() - place.height() - 2)
        painter.setFont(self._shrunk(self._note, under, min(0.75 * under.height(), _NOTE_MOST)))
        painter.setPen(QColor(colours().faint))
        painter.drawText(under, int(_LEFT | _WRAP), self._note)

    def _paint_aside(self, painter: QPainter) -> None:
        """Each in its share of the height, on as many lines as fit."""
        use, cut = colours(), Qt.TextElideMode.ElideRight
        left = self.width() * (1 - _ASIDE_SHARE)
        width = self.width() - left - 8
        row = self.height() / max(1, len(self._aside))
        unit = self.height() / _MOST_ASIDE
        for index, (title, words) in enumerate(self._aside):
            top = index * row + 2
            painter.setFont(self._font(unit * 0.3, bold=False))
            painter.setPen(QColor(use.faint))
            head = painter.fontMetrics().elidedText(title, cut, int(width))
            painter.drawText(QRectF(left, top, width, unit * 0.4), _LEFT, head)
            painter.setPen(QColor(use.text))
            place = QRectF(left, top + unit * 0.42, width, row - unit * 0.46)
            font = self._shrunk(words, place, unit * 0.5)
            painter.setFont(font)
            painter.drawText(place, int(_TOP | _WRAP), words)

    def _shrunk(self, words: str, place: QRectF, most: float, *, bold: bool = False) -> QFont:
        """At most so large that all the words have room."""
        pixels = most
        while True:
            font = self._font(pixels, bold=bold)
            needed = QFontMetricsF(font).boundingRect(place, int(_TOP | _WRAP), words)
            if pixels < 10 or (
                needed.width() <= place.width() and needed.height() <= place.height()
            ):
                return font
            pixels *= 0.93

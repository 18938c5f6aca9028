"""What a hand does on a plot: clicks, drags and turns of the wheel, at places in its widget."""

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT, MIDDLE, RIGHT = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.MiddleButton,
    Qt.MouseButton.RightButton,
)
_APART_MS = 15  # pyqtgraph takes a hundred moves a second at most


def wheel(
    plot: "pg.GraphicsView", x: float, y: float, notches: float, keys: Qt.KeyboardModifier = NONE
) -> None:
    """Turn the wheel, away from oneself where ``notches`` are positive."""
    place = QPointF(x, y)
    event = QWheelEvent(
        place,
        plot.viewport().mapToGlobal(place),
        QPoint(),
        QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(plot.viewport(), event)


def move(plot: "pg.GraphicsView", x: float, y: float) -> None:
    """Move the pointer there."""
    QTest.qWait(_APART_MS)
    QTest.mouseMove(plot.viewport(), QPoint(round(x), round(y)))
    QTest.qWait(_APART_MS)


def click(plot: "pg.GraphicsView", x: float, y: float, button: Qt.MouseButton = LEFT) -> None:
    """Press and release there."""
    move(plot, x, y)
    QTest.mouseClick(plot.viewport(), button, NONE, QPoint(round(x), round(y)))


def double_click(plot: "pg.GraphicsView", x: float, y: float) -> None:
    """Click twice there: QTest's own event is the second press alone."""
    click(plot, x, y)
    place = QPoint(round(x), round(y))
    QTest.mouseDClick(plot.viewport(), LEFT, NONE, place)
    QTest.mouseRelease(plot.viewport(), LEFT, NONE, place)


def drag(
    plot: "pg.GraphicsView",
    begin: tuple[float, float],
    end: tuple[float, float],
    *,
    button: Qt.MouseButton = LEFT,
    keys: Qt.KeyboardModifier = NONE,
) -> None:
    """Press at one place, move to another and release."""
    view = plot.viewport()
    move(plot, *begin)
    QTest.mousePress(view, button, keys, QPoint(*map(round, begin)))
    for share in (0.3, 0.6, 1.0):
        x, y = (a + share * (b - a) for a, b in zip(begin, end, strict=True))
        QTest.qWait(_APART_MS)
        event_move(plot, QPointF(x, y), button, keys)
    QTest.mouseRelease(view, button, keys, QPoint(*map(round, end)))


def event_move(
    plot: "pg.GraphicsView", place: QPointF, button: Qt.MouseButton, keys: Qt.KeyboardModifier
) -> None:
    """A move with a button held: QTest's own says that none is."""
    view = plot.viewport()
    event = QMouseEvent(
        QEvent.Type.MouseMove, place, view.mapToGlobal(place), Qt.MouseButton.NoButton, button, keys
    )
    QApplication.sendEvent(view, event)

"""The keys that belong to the mouse on the tracks: Space held while dragging, and the menu key."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QWidget

from desktop.plots.tracks.time_range import TimeRange


class TrackKeys(QObject):
    """Watches a page: Space held makes a drag pan; let go without one, it means what it meant.

    Args:
        page: gets the keys that nothing in it wanted.
        time: of its tracks.
        space: what Space alone does.
        menu: what the menu key does.
    """

    def __init__(
        self,
        page: QWidget,
        time: TimeRange,
        *,
        space: Callable[[], None],
        menu: Callable[[], object],
    ) -> None:
        super().__init__(page)
        self._time, self._space, self._menu = time, space, menu
        self._held = self._panned_before = False
        page.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowDeactivate:  # the release goes to another window
            self._let_go()
        if isinstance(event, QContextMenuEvent):
            if event.reason() == QContextMenuEvent.Reason.Keyboard:
                self._menu()
                event.accept()
                return True
            return False
        plain = Qt.KeyboardModifier.NoModifier
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space:
            return event.modifiers() == plain and self._space_key(event)
        return False

    def _space_key(self, event: QKeyEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # not yet the menu's: it may become a drag
            return True
        if event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
            self._press()
        elif event.type() == QEvent.Type.KeyRelease and not event.isAutoRepeat():
            self._release()
        return True

    def _press(self) -> None:
        time = self._time
        if not self._held:
            self._panned_before = time.panning
        self._held, time.dragged = True, False
        time.set_panning(True)

    def _release(self) -> None:
        if self._let_go() and not self._time.dragged:
            self._space()

    def _let_go(self) -> bool:
        was, self._held = self._held, False
        if was:
            self._time.set_panning(self._panned_before)
        return was

"""The right button on a list opens what the buttons beside it do."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QMenu


class ButtonMenu(QObject):
    """Words, state and work are the buttons' own, so that both always agree.

    Args:
        view: a press of either mouse button selects what is under it.
        buttons: in their order; None: a line between two groups.
        first: adds what no button does, for what is selected.
    """

    def __init__(
        self,
        view: QAbstractItemView,
        buttons: Sequence[QAbstractButton | None],
        first: Callable[[QMenu], None] | None = None,
    ) -> None:
        super().__init__(view)
        self._first = first
        self._view, self._buttons = view, list(buttons)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.customContextMenuRequested.connect(self._open)

    def make(self) -> QMenu:
        """The menu for what is selected now."""
        menu = QMenu(self._view)
        menu.aboutToHide.connect(menu.deleteLater)
        if self._first is not None:
            self._first(menu)
        for button in self._buttons:
            if button is None:
                menu.addSeparator()
                continue
            action = menu.addAction(button.text())
            action.setEnabled(button.isEnabled())
            # Once the menu has gone: what asks a question would stand under it.
            action.triggered.connect(button.click, Qt.ConnectionType.QueuedConnection)
        return menu

    def _open(self, place: QPoint) -> None:
        """Under the pointer; by the keyboard's own key at the current line."""
        index = self._view.indexAt(place)
        if not index.isValid():
            index = self._view.currentIndex()
            place = self._view.visualRect(index).bottomLeft()
        if index.isValid():
            self.make().popup(self._view.viewport().mapToGlobal(place))

"""Messages over the lower right of the page: they never push what is below them."""

import math

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeyEvent, QTextOption
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from desktop.messages import Message, Messages

_LOOK_MS = 250
_WIDTH = 400
_MARGIN = 14
_BELOW = 50  # pages have a row of controls there
_SIGNS = {"success": "✓", "info": "i", "warning": "!", "error": "✕"}


class _Text(QTextEdit):
    """Text that breaks a path wherever the line ends, which a label cannot."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setPlainText(text)
        self.setReadOnly(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(0)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH // 2, self.fontMetrics().lineSpacing())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        document = self.document().clone(self)
        document.setTextWidth(width)
        height = math.ceil(document.size().height())
        document.deleteLater()
        return height


class Toast(QFrame):
    """One message with its buttons."""

    closed = Signal()

    def __init__(self, message: Message) -> None:
        super().__init__()
        self.message = message
        self.setObjectName("toast")
        self.setProperty("kind", message.kind)
        self.setAccessibleName(self.tr("Message"))
        self.setAccessibleDescription(message.text)
        # The mouse leaves the keyboard where it is.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._left = message.seconds * 1000
        sign = QLabel(_SIGNS[message.kind])
        sign.setObjectName("sign")
        sign.setProperty("kind", message.kind)
        sign.setFixedSize(20, 20)
        sign.setAlignment(Qt.AlignmentFlag.AlignCenter)
        text = _Text(message.text)
        self._close = QToolButton()
        self._close.setObjectName("dismiss")
        self._close.setText("✕")
        self._close.setAccessibleName(self.tr("Dismiss"))
        self._close.setToolTip(self.tr("Dismiss (Esc)"))
        self._close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._close.clicked.connect(self.closed)
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(text, 1, Qt.AlignmentFlag.AlignVCenter)
        top.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 8, 10)
        layout.addLayout(top)
        self._add_actions(layout)

    def _add_actions(self, layout: QBoxLayout) -> None:
        if not self.message.actions:
            return
        row = QHBoxLayout()
        row.addStretch(1)
        for words, do in self.message.actions:
            button = QPushButton(words)
            # It goes first: what it does may say something in its turn.
            button.clicked.connect(self.closed)
            button.clicked.connect(lambda _=False, do=do: do())
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        layout.addLayout(row)

    @property
    def has_keyboard(self) -> bool:
        """Whether it or one of its buttons has the focus."""
        focused = QApplication.focusWidget()
        return focused is not None and (focused is self or self.isAncestorOf(focused))

    def pass_time(self, milliseconds: int) -> bool:
        """Whether it has been there long enough; never while it is looked at or has the focus."""
        if self.message.lasts:
            return False
        if self.underMouse() or self.has_keyboard:
            self._left = self.message.seconds * 1000
        elif self.isVisible():
            self._left -= milliseconds
        return self._left <= 0

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)


class Toasts(QWidget):
    """Shows messages over an area, the newest at the bottom; older ones wait for room.

    Args:
        messages: what is said.
        area: what they lie over; never a page itself, so that they outlive its being left.
    """

    focus_left = Signal()  # nobody had the keyboard before, or has gone

    def __init__(self, messages: Messages, area: QWidget) -> None:
        super().__init__(area.parentWidget())
        self._messages, self._area = messages, area
        self._came_from: QWidget | None = None  # who had the focus before
        self._page = ""
        self.toasts: list[Toast] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(8)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._pass_time)
        area.installEventFilter(self)
        messages.said.connect(self._add)
        messages.dismissed.connect(self._remove)
        self.hide()
        for message in messages.current:
            self._add(message)

    @property
    def _of_page(self) -> list[Toast]:
        """Those that are of use on the page that is shown."""
        pages = ((toast, toast.message.pages) for toast in self.toasts)
        return [toast for toast, wanted in pages if not wanted or self._page in wanted]

    def show_page(self, key: str) -> None:
        """Another page is shown: messages that are for some pages only come and go with them."""
        self._page = key
        self._place()

    def focus_newest(self) -> None:
        """Give the keyboard to the newest message."""
        if self._of_page:
            focused = QApplication.focusWidget()
            if focused is not None and not self.isAncestorOf(focused):
                self._came_from = focused
            self._of_page[-1].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show):
            self._place()
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._place()

    def _add(self, message: Message) -> None:
        toast = Toast(message)
        toast.closed.connect(lambda: self._messages.dismiss(message))
        self.toasts.append(toast)
        self._layout.addWidget(toast)
        self._place()
        if not message.lasts:
            self._timer.start()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(toast, message.text))

    def _remove(self, message: Message) -> None:
        for toast in [toast for toast in self.toasts if toast.message is message]:
            had_focus = toast.has_keyboard
            self.toasts.remove(toast)
            self._layout.removeWidget(toast)
            toast.hide()
            toast.deleteLater()
            if had_focus:
                self._give_focus_back()
        self._place()

    def _give_focus_back(self) -> None:
        if self._of_page:
            self._of_page[-1].setFocus(Qt.FocusReason.OtherFocusReason)
            return
        former, self._came_from = self._came_from, None
        if former is not None and isValid(former) and former.isVisible():
            former.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.focus_left.emit()

    def _pass_time(self) -> None:
        for toast in list(self.toasts):
            if toast.pass_time(_LOOK_MS):
                self._messages.dismiss(toast.message)
        if all(toast.message.lasts for toast in self.toasts):
            self._timer.stop()

    def _place(self) -> None:
        """Lie in the corner of the area, as high as there is something to show and room for it."""
        within = self._area.geometry()
        width = min(_WIDTH, within.width() - 2 * _MARGIN)
        room = within.height() - _MARGIN - _BELOW + self._layout.spacing()
        height, meant = 0, self._of_page
        for toast in self.toasts:
            if toast not in meant:
                toast.hide()
        for toast in reversed(meant):
            needed = toast.heightForWidth(width) + 2 + self._layout.spacing()
            fits = height == 0 or height + needed <= room
            toast.setVisible(fits)
            if fits:
                toast.setFixedHeight(needed - self._layout.spacing())
                height += needed
            else:
                room = 0  # an older one is not shown where a newer one is not
        height -= self._layout.spacing()
        self.setGeometry(
            within.right() + 1 - _MARGIN - width,
            within.bottom() + 1 - _BELOW - height,
            width,
            max(0, height),
        )
        self.setVisible(bool(meant))
        self.raise_()

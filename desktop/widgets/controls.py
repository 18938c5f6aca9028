"""Labels and buttons as every page has them."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from desktop.icons import icon
from desktop.style import colours

_USUAL_TIP = "usual_tip"


class Elided(QLabel):
    """A line that ends in an ellipsis where it does not fit; its tool tip has all of it then."""

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().averageCharWidth() * 4, super().minimumSizeHint().height())

    def shown_text(self) -> str:
        """What there is room for."""
        wide = self.contentsRect().width()
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, wide)

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = self.shown_text()
        whole = self.text() if shown != self.text() else ""
        if self.toolTip() != whole:
            self.setToolTip(whole)
        painter = QPainter(self)
        flags = int(self.alignment()) | int(Qt.TextFlag.TextSingleLine)
        role = self.foregroundRole()
        place, enabled = self.contentsRect(), self.isEnabled()
        self.style().drawItemText(painter, place, flags, self.palette(), enabled, shown, role)


class IconButton(QPushButton):
    """A button with a picture before its words, in the colour of the words."""

    def __init__(self, words: str, picture: str) -> None:
        super().__init__(words)
        self._picture = picture
        self.setIconSize(QSize(16, 16))
        self.toggled.connect(lambda _: self._colour())
        self._colour()

    def set_picture(self, name: str) -> None:
        """Another picture, of `resources/icons`."""
        self._picture = name
        self._colour()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.EnabledChange):
            self._colour()

    def _colour(self) -> None:
        use = colours()
        colour = use.text if self.isEnabled() else use.faint
        if self.isEnabled() and (self.isChecked() or self.objectName() == "main"):
            colour = use.accent_text
        self.setIcon(icon(self._picture, colour))


def heading(words: str) -> QLabel:
    """The title of a part of a page."""
    label = QLabel(words)
    label.setObjectName("title")
    return label


def text(*, faint: bool = False) -> QLabel:
    """Words that wrap; faint: they matter less."""
    label = QLabel()
    label.setObjectName("faint" if faint else "")
    label.setWordWrap(True)
    return label


def button(words: str, tip: str) -> QPushButton:
    """A button that a screen reader names by its words."""
    made = QPushButton(words)
    made.setToolTip(tip)
    made.setAccessibleName(words)
    return made


def steady(made: QPushButton, *words: str) -> None:
    """Keep room for each of these words, so that what is beside the button never moves."""
    shown, widths = made.text(), []
    made.ensurePolished()
    for one in words:
        made.setText(one)
        widths.append(made.sizeHint().width())
    made.setText(shown)
    made.setMinimumWidth(max(widths))


def hold_back(widget: QWidget, reason: str) -> None:
    """Disable a control, its tool tip says why; an empty reason lets it go again."""
    usual = widget.property(_USUAL_TIP)
    if reason:
        if usual is None:
            widget.setProperty(_USUAL_TIP, widget.toolTip())
        widget.setToolTip(reason)
        widget.setEnabled(False)
    elif usual is not None:
        widget.setProperty(_USUAL_TIP, None)
        widget.setToolTip(usual)
        widget.setEnabled(True)

"""The rail at the left that switches pages."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QToolButton, QVBoxLayout, QWidget

from desktop import style
from desktop.icons import icon


class Rail(QWidget):
    """One button a page; keys Ctrl+1 and so on are the window's menus'."""

    chosen = Signal(int)

    def __init__(self, pages: list[tuple[str, str]]) -> None:
        super().__init__()
        self.setObjectName("rail")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 10, 8, 10)
        self._buttons = QButtonGroup(self)
        for index, (name, words) in enumerate(pages):
            button = self._button(name, words, index)
            self._buttons.addButton(button, index)
            layout.addWidget(button)
        layout.addStretch(1)

    def _button(self, name: str, words: str, index: int) -> QToolButton:
        button = QToolButton()
        button.setObjectName("page")
        button.setText(words)
        button.setProperty("icon_name", name)
        button.setIconSize(QSize(26, 26))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setFixedSize(70, 62)
        button.setCheckable(True)
        button.setToolTip(f"{words} (Ctrl+{index + 1})")
        button.setAccessibleName(words)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(lambda _=False: self.chosen.emit(index))
        return button

    def show_current(self, index: int) -> None:
        """Mark a page as the one shown."""
        self._buttons.button(index).setChecked(True)
        self.colour()

    def colour(self) -> None:
        """Draw the icons in the colours of the day."""
        use = style.colours()
        for button in self._buttons.buttons():
            colour = use.accent_text if button.isChecked() else use.faint
            button.setIcon(icon(str(button.property("icon_name")), colour))

"""The rail at the left that switches pages."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QToolButton, QVBoxLayout, QWidget

from desktop import style
from desktop.icons import icon
from desktop.pages import PAGES, PageEntry


class Rail(QWidget):
    """One button a page; their keys are the window's menus'."""

    chosen = Signal(str)  # a key of the table of pages

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("rail")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 10, 8, 10)
        self._buttons = QButtonGroup(self)
        for index, (key, entry) in enumerate(PAGES.items()):
            button = self._button(key, entry)
            self._buttons.addButton(button, index)
            layout.addWidget(button)
        layout.addStretch(1)

    def _button(self, key: str, entry: PageEntry) -> QToolButton:
        button = QToolButton()
        button.setObjectName("page")
        button.setText(entry.title)
        button.setProperty("icon_name", entry.icon)
        button.setIconSize(QSize(26, 26))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setFixedSize(70, 62)
        button.setCheckable(True)
        button.setToolTip(f"{entry.title} ({entry.keys})")
        button.setAccessibleName(entry.title)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(lambda _=False: self.chosen.emit(key))
        return button

    def show_current(self, key: str) -> None:
        """Mark a page as the one shown."""
        self._buttons.button(list(PAGES).index(key)).setChecked(True)
        self.colour()

    def colour(self) -> None:
        """Draw the icons in the colours of the day."""
        use = style.colours()
        for button in self._buttons.buttons():
            colour = use.accent_text if button.isChecked() else use.faint
            button.setIcon(icon(str(button.property("icon_name")), colour))

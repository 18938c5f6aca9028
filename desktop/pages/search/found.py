"""What was found, under what was searched for."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from desktop.pages.search.hits import HitTable
from desktop.pages.search.worker import Example
from desktop.widgets.controls import Elided, button, heading, text


class HitPanel(QFrame):
    """The example and its buttons, the list, and the keys that work in it."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.title = Elided("")
        self.title.setAccessibleName(self.tr("Example that is searched for"))
        self.choose_button = button(
            self.tr("Choose a sound..."), self.tr("Search for the beginning of a sound file")
        )
        self.play_button = button(self.tr("Play example"), self.tr("Play what is searched for"))
        self.back_button = button(
            self.tr("Similar stretches"), self.tr("List again what is most like the example")
        )
        self.table = HitTable()
        self.empty = text(faint=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.keys = QLabel(
            self.tr(
                "Up, Down: play   Enter: open on the File page   S: find similar   "
                "Y, N, U: yes, no, unsure"
            )
        )
        self.keys.setObjectName("faint")
        self._lay_out()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(heading(self.tr("Search by sound")))
        head.addSpacing(12)
        head.addWidget(self.title, 1)
        buttons = QHBoxLayout()
        for one in (self.choose_button, self.play_button, self.back_button):
            buttons.addWidget(one)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 10)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addLayout(buttons)
        layout.addWidget(self.empty, 1)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.keys)

    def show_state(self, example: Example | None, words: str, *, suggests: bool) -> None:
        """Name the example and say what can be done.

        Args:
            example: what is searched for.
            words: in place of the list; empty: the list is shown.
            suggests: whether what is listed was suggested.
        """
        self.table.setVisible(not words)
        self.keys.setVisible(not words)
        self.empty.setVisible(bool(words))
        self.empty.setText(words)
        self.title.setText(example.words if example is not None else "")
        self.play_button.setEnabled(example is not None and example.sound is not None)
        self.back_button.setEnabled(suggests and example is not None)

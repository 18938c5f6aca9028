"""What the Listen page shows before it has listened: what it does, and where to begin."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop.widgets.listen_button import ListenButton

_SIZE = 230


class Welcome(QWidget):
    """One large button, and two other ways to begin."""

    demo_wanted = Signal()
    teaching_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.button = ListenButton(_SIZE)
        head = self._line(self.tr("What is playing?"), 30)
        head.setObjectName("title")
        self.hint = self._line("", 15)
        self.hint.setObjectName("faint")
        self.hint.setWordWrap(True)
        self.say("")
        self.demo = self._way(
            self.tr("Try the demo"), self.tr("Opens a piece of music that is already analysed")
        )
        self.teach = self._way(
            self.tr("Teach it your own sounds"),
            self.tr("Collect examples of your own classes, and train a classifier with them"),
        )
        self.demo.clicked.connect(self.demo_wanted)
        self.teach.clicked.connect(self.teaching_wanted)
        ways = QHBoxLayout()
        ways.addStretch(1)
        ways.addWidget(self.demo)
        ways.addWidget(self.teach)
        ways.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setSpacing(18)
        layout.addStretch(2)
        layout.addWidget(head)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.hint)
        layout.addLayout(ways)
        layout.addStretch(3)

    def say(self, problem: str) -> None:
        """Why nothing would be named; empty: it would, and what is said is what that means."""
        self.hint.setText(
            problem
            or self.tr(
                "Earmark names the instruments and the genre that the microphone hears.\nNothing "
                "leaves this computer."
            )
        )

    def _line(self, words: str, pixels: int) -> QLabel:
        label = QLabel(words)
        label.setStyleSheet(f"font-size: {pixels}px;")  # over the sheet of the application
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        return label

    def _way(self, words: str, tip: str) -> QPushButton:
        button = QPushButton(words)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setMinimumHeight(38)
        return button

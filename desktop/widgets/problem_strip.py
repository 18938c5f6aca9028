"""What is wrong, each with the button that mends it."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QSizePolicy, QWidget

_FEW = 2


class ProblemStrip(QFrame):
    """Hidden while there is nothing to say; shows two, and all of them on demand."""

    mend = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.setAccessibleName(self.tr("Problems found"))
        self.buttons: list[QPushButton] = []
        self.more = QPushButton()
        self.more.clicked.connect(self._unfold)
        self._all = False
        self._problems: list[tuple[str, str]] = []
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(12, 6, 8, 6)
        self._layout.setVerticalSpacing(4)
        self._layout.setColumnStretch(0, 1)
        self.hide()

    def show_problems(self, problems: Sequence[tuple[str, str]]) -> None:
        """Sentences, each with the words of its button."""
        if list(problems) == self._problems:
            return
        self._problems = list(problems)
        self.setAccessibleDescription(" ".join(words for words, _ in problems))
        self._fill()

    def _unfold(self) -> None:
        self._all = not self._all
        self._fill()

    def _fill(self) -> None:
        while (item := self._layout.takeAt(0)) is not None:
            widget: QWidget | None = item.widget()
            if widget is not None and widget is not self.more:
                widget.hide()
                widget.deleteLater()
        self.buttons = []
        shown = self._problems if self._all else self._problems[:_FEW]
        for row, (words, mend) in enumerate(shown):
            label = QLabel(words)
            label.setWordWrap(True)
            button = QPushButton(mend)
            button.setAccessibleName(f"{mend}: {words}")
            button.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _=False, number=row: self.mend.emit(number))
            self._layout.addWidget(label, 2 * row, 0, 1, 2)
            self._layout.addWidget(button, 2 * row + 1, 0, Qt.AlignmentFlag.AlignLeft)
            self.buttons.append(button)
        hidden = len(self._problems) - _FEW
        words = self.tr("Show fewer") if self._all else self.tr("{} more").format(hidden)
        self.more.setText(words)
        self.more.setVisible(hidden > 0)
        if hidden > 0:
            self._layout.addWidget(self.more, 2 * len(shown) - 1, 1)
        self.setVisible(bool(self._problems))

"""The header of the Sounds page, and its welcome text while the project is empty."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)


class SoundsHeader(QWidget):
    """Name of the project, undo and redo, and what to do with all of it."""

    def __init__(self) -> None:
        super().__init__()
        self._title = QLabel()
        self._title.setObjectName("title")
        self._place = QLabel()
        self._place.setObjectName("faint")
        self._place.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.progress = QProgressBar()
        self.progress.setAccessibleName(self.tr("Progress"))
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(4)
        self.progress.setMaximum(1000)
        self.undo = self._button(self.tr("Undo"), self.tr("Undo the last change (Ctrl+Z)"))
        self.redo = self._button(self.tr("Redo"), self.tr("Redo the undone change (Ctrl+Shift+Z)"))
        self.open = self._button(
            self.tr("Open a data set"), self.tr("Open a folder of labelled sounds, or a project")
        )
        self._menu = QMenu(self.open)
        self._menu.setToolTipsVisible(True)
        self.choose = self._menu.addAction(self.tr("Choose a folder..."))
        self._menu.addSeparator()
        self.open.setMenu(self._menu)
        self.recent: list[QAction] = []
        self.new = self._button(self.tr("New class"), self.tr("Add a class (Ctrl+N)"))
        self.train = self._button(self.tr("Train"), self.tr("Train a classifier on these classes"))
        self.train.setObjectName("main")
        self._lay_out()
        self.show_progress(1.0)
        self.show_steps("", "")

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self._title)
        words.addWidget(self._place)
        row = QHBoxLayout()
        row.addLayout(words, 1)
        for button in (self.undo, self.redo, self.open, self.new, self.train):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self.progress)

    def _button(self, words: str, tip: str) -> QPushButton:
        button = QPushButton(words)
        button.setToolTip(tip)
        button.setAccessibleName(words)
        return button

    def show_project(self, folder: Path, *, trainable: bool) -> None:
        """Which folder it is, and whether there is enough to learn from."""
        self._title.setText(folder.name)
        self._place.setText(str(folder.parent))
        self._place.setToolTip(str(folder))
        self.train.setEnabled(trainable)

    def show_steps(self, undo: str, redo: str) -> None:
        """What would be undone and redone; empty: nothing."""
        for button, words, step in (
            (self.undo, self.tr("Undo"), undo),
            (self.redo, self.tr("Redo"), redo),
        ):
            # The words stay as they are: what stands beside must not move.
            button.setAccessibleName(f"{words}: {step}" if step else words)
            button.setToolTip(f"{words}: {step}" if step else words)
            button.setEnabled(bool(step))

    def show_opening(self, folder: Path) -> None:
        """A folder is being read: how long that takes is not known."""
        self._title.setText(folder.name)
        self._place.setText(self.tr("Opening..."))
        self.progress.setMaximum(0)
        self.progress.show()

    def show_looking(self, share: float) -> None:
        """All sounds are being looked through."""
        self.progress.setToolTip(self.tr("Looking through the sounds"))
        self.show_progress(share)

    def show_recent(
        self, names: Sequence[str], current: Path, choose: Callable[[Path], None]
    ) -> None:
        """Offer the data sets that were opened last, but not the one that is open."""
        for action in self.recent:
            self._menu.removeAction(action)
        self.recent = []
        for folder in [path for path in map(Path, names) if path != current]:
            action = self._menu.addAction(folder.name)
            action.setToolTip(str(folder))
            action.triggered.connect(lambda _=False, chosen=folder: choose(chosen))
            self.recent.append(action)

    def show_progress(self, share: float) -> None:
        """A thin line while something is copied or looked through."""
        self.progress.setMaximum(1000)
        self.progress.setValue(round(1000 * share) if share < 1.0 else 0)
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)
        self.progress.setVisible(share < 1.0)


class ReadOnlyNote(QFrame):
    """Says, as long as it holds, that the project cannot be changed, and why."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.setAccessibleName(self.tr("Read-only"))
        self.words = QLabel()
        self.words.setWordWrap(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        layout.addWidget(self.words)
        self.hide()

    def show_reason(self, reason: str) -> None:
        """The sentence; empty: the project can be changed."""
        self.words.setText(reason)
        self.setAccessibleDescription(reason)
        self.setVisible(bool(reason))


class Welcome(QFrame):
    """What the page is for, and the two things to begin with."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        title = QLabel(self.tr("Teach Earmark your own sounds"))
        title.setObjectName("title")
        text = QLabel(
            self.tr(
                "Make a class for each kind of sound, say \u201cflute\u201d, \u201cclarinet\u201d "
                "and \u201csilence\u201d. Record a few examples into each, or drop in files. "
                "Then press Train: a minute later the Listen page knows them.\n\n"
                "You can also drop a folder here that holds a folder for each class."
            )
        )
        text.setWordWrap(True)
        text.setFixedWidth(460)
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        text.setMinimumHeight(text.heightForWidth(460))
        self.new = QPushButton(self.tr("Create the first class"))
        self.new.setObjectName("main")
        self.open = QPushButton(self.tr("Open a data set..."))
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.new)
        row.addWidget(self.open)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setSpacing(18)
        layout.addStretch(2)
        layout.addWidget(title, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(text, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addLayout(row)
        layout.addStretch(3)

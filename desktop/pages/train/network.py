"""The network of a recipe: its layers in a table and as a diagram."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFontDatabase, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from desktop import jobs
from desktop.pages.train import worker
from desktop.pages.train.recipe_text import RecipeModel
from desktop.pages.train.worker import NetworkSummary
from desktop.shared.tables import fill, table

_WAIT_MS = 300  # how long typing may go on before the network is built anew


class NetworkView(QWidget):
    """Follows the recipe while it is looked at.

    Args:
        model: the recipe.
        classes: how many classes there are to learn.
    """

    def __init__(self, model: RecipeModel, classes: Callable[[], int]) -> None:
        super().__init__()
        self._model, self._classes = model, classes
        self._following: jobs.Job | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WAIT_MS)
        self._timer.timeout.connect(self._follow)
        model.changed.connect(lambda _: self._timer.start())
        self.words = QLabel()
        self.words.setObjectName("title")
        self.words.setWordWrap(True)
        self.table = table(
            [self.tr("Layer"), self.tr("Kind"), self.tr("Output"), self.tr("Parameters")]
        )
        self.table.setAccessibleName(self.tr("Layers"))
        self.table.setTextElideMode(Qt.TextElideMode.ElideLeft)  # their names end differently
        self.diagram = QPlainTextEdit()
        self.diagram.setReadOnly(True)
        self.diagram.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.diagram.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.diagram.setTabChangesFocus(True)
        self.diagram.setAccessibleName(self.tr("Diagram of the network"))
        both = QHBoxLayout()
        both.addWidget(self.table, 9)
        both.addWidget(self.diagram, 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.addWidget(self.words)
        layout.addLayout(both, 1)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()

    def _follow(self) -> None:
        if not self.isVisible():
            return
        if self._following is not None:
            self._following.cancel()
        self.words.setText(self.tr("Building the network..."))
        recipe, classes = self._model.recipe, self._classes()
        self._following = jobs.run(
            lambda: worker.summarise_network(recipe, max(2, classes)),
            on_result=self._show,
            on_error=self._fail,
            parent=self,
        )

    def _show(self, found: NetworkSummary) -> None:
        """Layers, diagram, totals."""
        words = self.tr("{:,} trainable parameters of {:,}")
        said = words.format(found.learned, found.total)
        needs = self.tr("training on the CPU takes about {:.1f} GB of memory")
        said += "; " + needs.format(found.memory / 1e9)
        if found.free and found.memory > found.free:
            said += self.tr(", but only {:.1f} GB are free").format(found.free / 1e9)
        self.words.setText(said)
        fill(self.table, found.rows, right=(3,))
        self.diagram.setPlainText(found.diagram)

    def _fail(self, message: str) -> None:
        """It cannot be built."""
        self.words.setText(message)
        self.table.setRowCount(0)
        self.diagram.clear()

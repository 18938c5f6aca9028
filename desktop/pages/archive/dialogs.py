"""Windows over the Archive page: files that failed, and thresholds from what was judged."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from desktop import jobs
from desktop.pages.archive import worker
from desktop.plots.clock import percent
from desktop.shared.tables import explain_columns, fill, table
from desktop.widgets.controls import text

if TYPE_CHECKING:
    from engine.archive.corrections import Estimate

_SIZE = 720, 420
_USUAL = 90  # per cent of the stretches that are to be right


class Failures(QDialog):
    """Files without a result, each with the reason."""

    def __init__(self, parent: QWidget, failures: Sequence[tuple[str, str]]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Files that could not be analysed"))
        self.resize(*_SIZE)
        words = text()
        words.setText(
            self.tr("They are tried again when they have changed. The others are analysed.")
        )
        self.list = QListWidget()
        self.list.setAccessibleName(self.windowTitle())
        self.list.setWordWrap(True)
        self.list.setAlternatingRowColors(True)
        self.list.addItems([f"{path}\n{reason}" for path, reason in failures])
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(words)
        layout.addWidget(self.list, 1)
        layout.addWidget(buttons)


class Thresholds(QDialog):
    """How precise each label is, and from which certainty on it is as precise as one asks."""

    def __init__(self, parent: QWidget, place: Path) -> None:
        super().__init__(parent)
        self._place = place
        self._job: jobs.Job | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Thresholds from what was judged"))
        self.resize(*_SIZE)
        self.precision = QSpinBox()
        self.precision.setRange(50, 99)
        self.precision.setSuffix("\N{NO-BREAK SPACE}%")
        self.precision.setValue(_USUAL)
        self.precision.setAccessibleName(self.tr("Share of stretches that are to be right"))
        self.words = text(faint=True)
        self.words.setText(
            self.tr(
                "Judge stretches in random order: ones that you pick tell nothing about the rest. "
                "A threshold counts only what the lower end of the 95 % interval supports."
            )
        )
        self.table = table(
            [
                self.tr("Label"),
                self.tr("Classifier"),
                self.tr("Judged"),
                self.tr("Right"),
                self.tr("95 % interval"),
                self.tr("Threshold"),
            ]
        )
        self.table.setAccessibleName(self.windowTitle())
        self._lay_out()
        self.precision.valueChanged.connect(lambda _: self.read())
        self.read()

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.addWidget(QLabel(self.tr("Stretches that are to be right")))
        line.addWidget(self.precision)
        line.addStretch(1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(line)
        layout.addWidget(self.words)
        layout.addWidget(self.table, 1)
        layout.addWidget(buttons)

    def read(self) -> None:
        """Estimate for the precision that is chosen now."""
        if self._job is not None:
            self._job.cancel()
        place, wanted = self._place, self.precision.value() / 100
        self._job = jobs.run(
            lambda: worker.estimate(place, wanted),
            on_result=self._show,
            on_error=self.words.setText,
            parent=self,
        )

    def _show(self, found: "Sequence[Estimate]") -> None:
        self._job = None
        rows = [
            (
                one.label,
                one.classifier,
                str(one.precision.judged),
                percent(one.precision.share),
                self.tr("{} to {}").format(percent(one.precision.low), percent(one.precision.high)),
                self.tr("not known") if one.needed is None else f"{one.needed.threshold:.2f}",
            )
            for one in found
        ]
        fill(self.table, rows, right=(2, 3, 4, 5))
        explain_columns(
            self.table,
            (
                *("", ""),
                self.tr("Stretches that were judged"),
                self.tr("Of the judged ones"),
                self.tr("Wilson's interval of that share"),
                self.tr("Least certainty from which on so many are right"),
            ),
        )

"""What is known of the chosen runs: verdicts, figures, what differs, curves, bars of a sweep."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop.pages.compare.curves import Line
from desktop.pages.compare.plots import BarsPlot, CurvesPlot, ParallelPlot, Plot
from desktop.pages.compare.worker import Details
from desktop.plots.coordinates import Coordinate
from engine.training.runs.listing import accuracy_words

_LONGEST = 60
# Fusion's own empty box cannot be seen on a dark ground.
_BOX = (
    "QCheckBox::indicator:unchecked"
    " { border: 1px solid palette(placeholder-text); border-radius: 3px; }"
)
_CHART_COLUMNS = 2


class DetailsView(QScrollArea):
    """Under the table of runs."""

    export = Signal(str, str, object)

    def __init__(self) -> None:
        super().__init__()
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.words.setAccessibleName(self.tr("Verdict"))
        self.figures = _Table(self.tr("Figures"))
        self.differences = _Table(self.tr("What differs between the recipes"))
        self.loss = CurvesPlot(self.tr("Loss"), self.tr("loss"))
        self.accuracy = CurvesPlot(self.tr("Accuracy"), self.tr("accuracy"))
        self.log = QCheckBox(self.tr("Logarithmic loss"))
        self.log.setAccessibleName(self.tr("Logarithmic axis of the loss"))
        self.log.setStyleSheet(_BOX)
        self.log.toggled.connect(self.loss.curves.set_log)
        self.bars: list[BarsPlot] = []
        self.parallel = ParallelPlot(self.tr("All trials, coloured by test accuracy"))
        self.parallel.lines.setToolTip(
            self.tr("Drag along an axis to keep the trials that pass there; click it to undo")
        )
        for plot in (self.loss, self.accuracy, self.parallel):
            plot.export.connect(self.export)
        self._build()
        self.show_details(Details(), "")

    def _build(self) -> None:
        inner = QWidget()
        self._charts = QWidget()
        self._grid = QGridLayout(self._charts)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._curves = QWidget()
        curves = QGridLayout(self._curves)
        curves.setContentsMargins(0, 0, 0, 0)
        curves.addWidget(self.log, 0, 0)
        curves.addWidget(self.loss, 1, 0)
        curves.addWidget(self.accuracy, 1, 1)
        for column in range(_CHART_COLUMNS):
            curves.setColumnStretch(column, 1)
            self._grid.setColumnStretch(column, 1)
        tables = QHBoxLayout()
        for table in (self.figures, self.differences):
            tables.addWidget(table, 1, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(0, 6, 4, 0)
        layout.setSpacing(10)
        layout.addWidget(self.words)
        layout.addLayout(tables)
        layout.addWidget(self._curves)
        layout.addWidget(self._charts)
        layout.addWidget(self.parallel)
        layout.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it takes it, and is scrolled to
        self.setAccessibleName(self.tr("Comparison of the chosen runs"))

    def show_details(self, details: Details, hint: str) -> None:
        """Show what was read; ``hint`` where there are no verdicts."""
        self.words.setText("\n".join(details.verdicts) or hint)
        self.words.setVisible(bool(self.words.text()))
        self._show_figures(details)
        fields = {f: [_short(v) for v in values] for f, values in details.differences.items()}
        self.differences.show_rows(details.names, fields)
        self._show_curves(details)
        self._show_bars(details)

    def _show_figures(self, details: Details) -> None:
        names = dict.fromkeys(name for figures in details.figures for name in figures)
        plain = [name for name in names if not name.endswith(("_low", "_high"))]
        rows = {
            name.replace("_", " "): [
                accuracy_words(f, name) or "\N{EN DASH}" for f in details.figures
            ]
            for name in plain
        }
        self.figures.show_rows(details.names, rows)

    def _show_curves(self, details: Details) -> None:
        self._curves.setVisible(bool(details.histories))
        for plot, quantity in ((self.loss, "loss"), (self.accuracy, "accuracy")):
            lines = []
            for run, (name, history) in enumerate(
                zip(details.names, details.histories, strict=True)
            ):
                training = self.tr("{}, training").format(name)
                validation = self.tr("{}, validation").format(name)
                lines.append(Line(training, history[quantity], run, dashed=True))
                lines.append(Line(validation, history[f"validation_{quantity}"], run))
            plot.set_lines(lines)

    def _show_bars(self, details: Details) -> None:
        for old in self.bars:
            self._grid.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.bars = [BarsPlot(chart) for chart in details.charts]
        for index, plot in enumerate(self.bars):
            plot.export.connect(self.export)
            self._grid.addWidget(plot, index // _CHART_COLUMNS, index % _CHART_COLUMNS)
        self._charts.setVisible(bool(self.bars))
        axes = [Coordinate(*axis) for axis in details.axes]
        self.parallel.lines.set_lines(details.trials, axes)
        self.parallel.setVisible(len(details.trials) > 0)

    def dress(self) -> None:
        """In the colours in force."""
        for plot in self.bars:
            plot.dress()

    def plots(self) -> list[Plot]:
        """All that can be exported now."""
        return [self.loss, self.accuracy, *self.bars, self.parallel]


class _Table(QFrame):
    """A title and a table as high as its rows: one column a run."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setObjectName("panel")
        heading = QLabel(title)
        heading.setObjectName("title")
        self.table = QTableWidget()
        self.table.setAccessibleName(title)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setFrameShape(QFrame.Shape.NoFrame)
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setWordWrap(True)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 10)
        layout.addWidget(heading)
        layout.addWidget(self.table)

    def show_rows(self, names: Sequence[str], rows: dict[str, list[str]]) -> None:
        self.setVisible(bool(rows))
        self.table.clear()
        self.table.setColumnCount(1 + len(names))
        self.table.setRowCount(len(rows))
        self.table.setHorizontalHeaderLabels(["", *names])
        for line, (name, values) in enumerate(rows.items()):
            for column, words in enumerate([name, *values]):
                item = QTableWidgetItem(words)
                item.setToolTip(words)
                self.table.setItem(line, column, item)
        heights = sum(self.table.rowHeight(line) for line in range(len(rows)))
        header = self.table.horizontalHeader().sizeHint().height()
        self.table.setFixedHeight(heights + header + 4)


def _short(value: object) -> str:
    words = "\N{EN DASH}" if value is None else str(value)
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 3]}..."

"""Details of the selected runs: conclusions, figures, differences, curves, bars of a sweep."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
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
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop.pages.compare.plots import Plot
from desktop.pages.compare.trials import TrialCurves
from desktop.pages.compare.worker import Details
from desktop.plots.bars import Bar, Bars
from desktop.plots.curves import Curves
from desktop.plots.parallel import Coordinate, Parallel
from desktop.plots.theme import TRAINING, VALIDATION
from engine.classifier.figures import figure_name, term
from engine.training.runs.listing import accuracy_words

if TYPE_CHECKING:
    from engine.training.sweeps.report import Chart

_LONGEST = 60
# Fusion's own empty box cannot be seen on a dark ground.
_BOX = (
    "QCheckBox::indicator:unchecked"
    " { border: 1px solid palette(placeholder-text); border-radius: 3px; }"
)
_CHART_COLUMNS = 2


class DetailsView(QScrollArea):
    """Under the table of runs."""

    def __init__(self) -> None:
        super().__init__()
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.words.setAccessibleName(self.tr("Conclusion"))
        self.figures = _Table(self.tr("Figures"))
        self.differences = _Table(self.tr("What differs"))
        self.settings = _Table(self.tr("All settings"))
        self.more = self._fold()
        self.loss = self._over_epochs(self.tr("Loss"), self.tr("loss"))
        self.accuracy = self._over_epochs(self.tr("Accuracy"), self.tr("accuracy"))
        self.concordance = self._over_epochs(self.tr("Concordance"), self.tr("concordance"))
        self.log = QCheckBox(self.tr("Logarithmic loss"))
        self.log.setAccessibleName(self.tr("Logarithmic loss axis"))
        self.log.setStyleSheet(_BOX)
        self.log.toggled.connect(self.loss.set_log)
        self.bars: list[Bars] = []
        self.trials = TrialCurves()
        self.published = _Table(self.tr("Published and reached"))
        self.parallel = Parallel(self.tr("All trials, coloured by test accuracy"), titled=False)
        self.parallel.setToolTip(
            self.tr(
                "Drag along an axis to keep only the trials in that range; click the axis to undo"
            )
        )
        self._frames = {
            figure: Plot(figure)
            for figure in (self.loss, self.accuracy, self.concordance, self.parallel)
        }
        self._build()
        self.show_details(Details(), "")

    def _fold(self) -> QToolButton:
        button = QToolButton()
        button.setObjectName("section")
        button.setText(self.tr("All settings"))
        button.setCheckable(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setArrowType(Qt.ArrowType.RightArrow)
        button.toggled.connect(self._unfold)
        return button

    def _over_epochs(self, title: str, quantity: str) -> Curves:
        curves = Curves(title, self.tr("epoch"), quantity, titled=False, legend_below=True)
        curves.setAccessibleName(self.tr("{} over epochs").format(quantity))
        curves.plot.getAxis("bottom").whole = True
        return curves

    def _build(self) -> None:
        inner = QWidget()
        self._charts = QWidget()
        self._grid = QGridLayout(self._charts)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._curves = QWidget()
        curves = QGridLayout(self._curves)
        curves.setContentsMargins(0, 0, 0, 0)
        curves.addWidget(self.log, 0, 0)
        curves.addWidget(self._frames[self.loss], 1, 0)
        judged = QVBoxLayout()
        judged.addWidget(self._frames[self.accuracy])
        judged.addWidget(self._frames[self.concordance])
        judged.addStretch(1)
        curves.addLayout(judged, 1, 1)
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
        layout.addWidget(self._curves)
        layout.addWidget(self.trials)
        layout.addWidget(self._charts)
        layout.addWidget(self._frames[self.parallel])
        layout.addLayout(tables)
        layout.addWidget(self.published)
        layout.addWidget(self.more)
        layout.addWidget(self.settings)
        layout.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it takes it, and is scrolled to
        self.setAccessibleName(self.tr("Comparison of the selected runs"))

    def show_details(self, details: Details, hint: str) -> None:
        """Show what was read; ``hint`` where there are no verdicts."""
        self.words.setText("\n".join(details.verdicts) or hint)
        self.words.setVisible(bool(self.words.text()))
        self._show_figures(details)
        for table, found in (
            (self.differences, details.differences),
            (self.settings, details.settings),
        ):
            rows = {field_name(f): [_short(v) for v in values] for f, values in found.items()}
            table.show_rows(details.names, rows, list(found))
        self.more.setVisible(bool(details.settings))
        self._unfold(self.more.isChecked())
        self._show_published(details)
        self._show_curves(details)
        self._show_bars(details)
        self.trials.show_trials(details.of_trials)

    def _unfold(self, on: bool) -> None:
        """Show all settings of the recipes, or fold them away."""
        self.more.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        self.settings.setVisible(on and self.settings.table.rowCount() > 0)

    def _show_figures(self, details: Details) -> None:
        names = dict.fromkeys(name for figures in details.figures for name in figures)
        plain = [name for name in names if not name.endswith(("_low", "_high"))]
        rows = {
            figure_name(name): [accuracy_words(f, name) or "\N{EN DASH}" for f in details.figures]
            for name in plain
        }
        self.figures.show_rows(details.names, rows, [term(name).meaning for name in plain])

    def _show_published(self, details: Details) -> None:
        """A row for each figure of the originals: its value, and what each run reached."""
        rows: dict[str, list[str]] = {}
        tips: dict[str, str] = {}
        for column, figures in enumerate(details.published):
            for one in figures:
                name, known, reached, note = one.words()
                key = f"{name} ({note.partition('; this run')[0]})" if note else name
                empty = ["\N{EN DASH}"] * len(details.names)
                rows.setdefault(key, [known, *empty])[1 + column] = reached
                tips[key] = note or name
        columns = [self.tr("published"), *details.names]
        self.published.show_rows(columns, rows, [tips[name] for name in rows])

    def _show_curves(self, details: Details) -> None:
        self._curves.setVisible(bool(details.histories))
        alone = len(details.names) == 1
        runs = list(zip(details.names, details.histories, strict=True))
        of_values = [any(map(math.isfinite, h["validation_concordance"])) for _, h in runs]
        self._frames[self.concordance].setVisible(any(of_values))
        self._frames[self.accuracy].setVisible(not runs or not all(of_values))
        for curves, quantity in (
            (self.loss, "loss"),
            (self.accuracy, "accuracy"),
            (self.concordance, "concordance"),
        ):
            curves.remove_series()
            for name, history in runs:
                for part, words, column in (
                    (TRAINING, self.tr("{}, training"), quantity),
                    (VALIDATION, self.tr("{}, validation"), f"validation_{quantity}"),
                ):
                    if not any(map(math.isfinite, history.get(column, ()))):
                        continue  # as the concordance of the training part, which none counts
                    series, values = words.format(name), history[column]
                    # Colours tell runs apart where there are several.
                    like = part if alone else name
                    curves.add_series(series, like=like, dashed=part == VALIDATION)
                    curves.set_points(series, range(1, len(values) + 1), values)
            curves.view_all()

    def _show_bars(self, details: Details) -> None:
        for old in self.bars:
            frame = self._frames.pop(old)
            self._grid.removeWidget(frame)
            frame.hide()
            frame.deleteLater()
        self.bars = [self._chart(chart) for chart in details.charts]
        for index, bars in enumerate(self.bars):
            frame = self._frames[bars] = Plot(bars)
            self._grid.addWidget(frame, index // _CHART_COLUMNS, index % _CHART_COLUMNS)
        self._charts.setVisible(bool(self.bars))
        axes = [Coordinate(*axis) for axis in details.axes]
        self.parallel.set_lines(details.trials, axes)
        self._frames[self.parallel].setVisible(len(details.trials) > 0)

    def _chart(self, chart: "Chart") -> Bars:
        made = Bars(
            chart.title, {chart.title: ""}, unit=chart.unit, measure=chart.measure, titled=False,
            fits=chart.fits,
        )  # fmt: skip
        unknown = self.tr("not measured")
        made.set_bars(
            [
                Bar(name, (value,), unknown if value is None else chart.words.get(name, ""))
                for name, value in chart.values.items()
            ]
        )
        return made

    def plots(self) -> list[Plot]:
        """All that can be exported now."""
        judged = [c for c in (self.accuracy, self.concordance) if not self._frames[c].isHidden()]
        figures = (self.loss, *judged, *self.bars, self.parallel)
        drawn = [self.trials.frame] if self.trials.curves.count else []
        return [*(self._frames[figure] for figure in figures), *drawn]


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
        header.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 10)
        layout.addWidget(heading)
        layout.addWidget(self.table)

    def show_rows(
        self, names: Sequence[str], rows: dict[str, list[str]], tips: Sequence[str] = ()
    ) -> None:
        """Fill the table again; ``tips`` explain the names of the rows."""
        self.setVisible(bool(rows))
        self.table.clear()
        self.table.setColumnCount(1 + len(names))
        self.table.setRowCount(len(rows))
        self.table.setHorizontalHeaderLabels(["", *names])
        for column, name in enumerate(names, 1):
            heading = self.table.horizontalHeaderItem(column)
            if heading is not None:
                heading.setToolTip(name)
        for line, (name, values) in enumerate(rows.items()):
            for column, words in enumerate([name, *values]):
                item = QTableWidgetItem(words)
                item.setToolTip(words)
                if column == 0 and tips:
                    item.setToolTip(tips[line] or words)
                self.table.setItem(line, column, item)
        heights = sum(self.table.rowHeight(line) for line in range(len(rows)))
        header = self.table.horizontalHeader().sizeHint().height()
        self.table.setFixedHeight(heights + header + 4)


def field_name(path: str) -> str:
    """A recipe's field in words: ``training.learning_rate`` is "Learning rate (training)"."""
    parts = [part.replace("_", " ") for part in path.split(".") if part != "arguments"]
    name = parts[-1][:1].upper() + parts[-1][1:]
    return f"{name} ({' '.join(parts[:-1])})" if len(parts) > 1 else name


def _short(value: object) -> str:
    words = "\N{EN DASH}" if value is None else str(value)
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 3]}..."

"""Results of a training: figures, classes, confusion matrix and mistakes."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.pages.train.after.curves import TrainedCurves
from desktop.pages.train.after.lab import LabReportButton
from desktop.pages.train.after.published import PublishedFigures
from desktop.pages.train.excerpt import ExcerptList, ExcerptPlayer, Place
from desktop.pages.train.worker import FEATURE_FILES, Judgement, Outcome
from desktop.plots.bars import Bar, Bars
from desktop.plots.clock import clock
from desktop.plots.confusion import Confusion
from desktop.plots.curves import Curves
from desktop.shared.tables import explain, explain_columns, fill, table
from engine.classifier.figures import figure_name, term

if TYPE_CHECKING:
    from engine.evaluation import Evaluation, Mistake

_LEAST_TABLE, _LEAST_PICTURE = 325, 200  # pixels: the names in the tables can be read
_TRAP = "As published: "  # with which a report lists a mistake of the original
IDEAL, FOUND = "perfect calibration", "this classifier"


class TrainResults(QWidget):
    """One run at a time; the page says which."""

    use_asked = Signal(object)  # the classifier's file
    open_file = Signal(object)  # a sound's file
    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.outcome: Outcome | None = None
        self.judgement: Judgement | None = None
        self.headline = QLabel()
        self.headline.setObjectName("title")
        self.headline.setWordWrap(True)
        self.remarks = QLabel()
        self.remarks.setObjectName("faint")
        self.remarks.setWordWrap(True)
        self.use = QPushButton(self.tr("Use it now"))
        self.use.setObjectName("main")
        self.use.setToolTip(self.tr("Enable this classifier and listen to the microphone"))
        self.report = QPushButton(self.tr("Open report"))
        self.report.setToolTip(self.tr("Open the full report in the browser"))
        self.lab = LabReportButton()
        self.lab.failed.connect(self.failed)
        self._build_tables()
        self._build_pictures()
        self._lay_out()
        self.use.clicked.connect(self._use)
        self.report.clicked.connect(self._open_report)
        self.confusion.cell_clicked.connect(self._list_mistakes)
        self.mistakes.play_asked.connect(self._play)
        self.open.clicked.connect(self._open)
        self.player.failed.connect(self.failed)
        self.mistakes.currentRowChanged.connect(lambda row: self.open.setEnabled(row >= 0))
        self.clear()

    def _build_tables(self) -> None:
        tr = self.tr
        self.figures = table([tr("Figure"), tr("Test part"), tr("95 % interval")])
        self.figures.setAccessibleName(tr("Figures of the test part"))
        self.published = PublishedFigures()
        self.classes = table([tr("Class"), tr("Precision"), tr("Recall"), "F1", tr("Windows")])
        self.classes.setAccessibleName(tr("Figures of each class"))
        explain_columns(
            self.classes,
            [
                tr("True class"),
                tr("Share of the predictions of this class that are correct"),
                tr("Share of the windows of this class that are found: its accuracy"),
                tr("Harmonic mean of precision and recall"),
                tr("Number of test windows of this class"),
            ],
        )
        self.mistakes = ExcerptList()
        self.mistakes.setAccessibleName(tr("Confused excerpts"))
        self.mistakes.setToolTip(tr("Click, or press Enter or Space, to play"))
        self.mistakes.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.mistakes.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.player = ExcerptPlayer()
        self.open = QPushButton(tr("Open file"))
        self.open.setToolTip(tr("Show the selected sound's file on the File page"))
        self.listed = QLabel()
        self.listed.setObjectName("faint")
        self.listed.setWordWrap(True)

    def _build_pictures(self) -> None:
        self.confusion = Confusion()
        self.turn = QCheckBox(self.tr("Rows are predictions"))
        self.turn.setToolTip(self.tr("Otherwise rows are the true classes"))
        self.turn.toggled.connect(self.confusion.turn)
        self.curves = TrainedCurves()
        self.curves.failed.connect(self.failed)
        self.reliability = Curves(
            self.tr("Reliability"), self.tr("confidence"), self.tr("accuracy"), titled=False
        )
        self.reliability.add_series(FOUND, dots=True)
        self.reliability.add_series(IDEAL, dashed=True)
        self.reliability.set_ranges((0.0, 1.0), (0.0, 1.0))
        # The recall of a class is what courses call its accuracy.
        scores = [self.tr("precision"), self.tr("recall (accuracy)"), self.tr("F1")]
        self.class_bars = Bars(
            self.tr("Each class of the test part"),
            dict(zip(scores, scores, strict=True)),
            unit="%",
            titled=False,
        )
        self.pictures = QTabWidget()
        self.pictures.setDocumentMode(True)
        self.pictures.tabBar().setDrawBase(False)
        self.pictures.tabBar().setUsesScrollButtons(False)
        self.pictures.tabBar().setStyleSheet("QTabBar::tab { padding: 6px 4px; }")  # all fit
        self.pictures.tabBar().setElideMode(Qt.TextElideMode.ElideRight)
        self.pictures.tabBar().setAccessibleName(self.tr("Plots of the results"))
        self.pictures.addTab(_above(self.turn, self.confusion), self.tr("Confusion"))
        self.pictures.addTab(self.reliability, self.tr("Reliability"))
        self.pictures.addTab(_scrolled(self.class_bars), self.tr("Classes"))
        self.pictures.addTab(_scrolled(self.curves), self.tr("Curves"))
        for index, figure in enumerate((self.confusion, self.reliability, self.class_bars)):
            self.pictures.setTabToolTip(index, figure.title)
            figure.setMinimumWidth(_LEAST_PICTURE)
        words = self.tr(
            "Confidence against accuracy: on the dashed line, the confidence can be trusted"
        )
        self.pictures.setTabToolTip(1, words)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.headline)
        words.addWidget(self.remarks)
        head.addLayout(words, 1)
        for offered in (self.lab, self.report, self.use):
            head.addWidget(offered, 0, Qt.AlignmentFlag.AlignTop)
        side = _column(self.published, self.figures, self.classes)
        side.setMinimumWidth(_LEAST_TABLE)
        below = QWidget()
        inside = QVBoxLayout(below)
        inside.setContentsMargins(0, 0, 0, 0)
        above = QHBoxLayout()
        above.addWidget(self.listed, 1)
        above.addWidget(self.open)
        inside.addLayout(above)
        inside.addWidget(self.mistakes, 1)
        inside.addWidget(self.player)
        pictures = _column(self.pictures, below)
        pictures.setSizes([340, 220])
        self.body = QSplitter(Qt.Orientation.Horizontal)
        self.body.addWidget(side)
        self.body.addWidget(pictures)
        self.body.setChildrenCollapsible(False)
        self.body.setSizes([465, 385])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.body, 1)
        layout.addStretch(0)

    def clear(self) -> None:
        """Before there is any result."""
        self.outcome = self.judgement = None
        self.player.clear()
        self._tell_traps([])
        self.headline.setText(self.tr("No results yet"))
        self.remarks.setText(self.tr("Results appear here when a training has finished."))
        self._show_body(False)
        self.use.hide()
        self.report.hide()
        self.lab.show_for(None)

    def show_outcome(self, outcome: Outcome) -> None:
        """A training that was stopped: usable, but not judged."""
        self.outcome, self.judgement = outcome, None
        self.player.clear()
        self._tell_traps([])
        kept = outcome.classifier is not None
        self.use.setVisible(kept)
        self.report.hide()
        self.lab.show_for(None)
        self._show_body(False)
        self.headline.setText(self.tr("Stopped before the end"))
        self.remarks.setText(
            self.tr(
                "The best epoch so far is kept and can be used. It was not evaluated on "
                "the test part."
            )
            if kept
            else self.tr("No epoch was finished, so there is nothing to keep.")
        )

    def show_failure(self, title: str, reason: str) -> None:
        """A training that failed: why."""
        self.clear()
        self.headline.setText(self.tr("{} failed").format(title))
        self.remarks.setText(reason)

    def show_judgement(self, judgement: Judgement, outcome: Outcome) -> None:
        """A training that came to its end."""
        self.outcome, self.judgement = outcome, judgement
        self.player.clear()
        self.use.setVisible(outcome.classifier is not None and not judgement.features_only)
        self.lab.show_for(judgement.folder)
        self.report.setVisible((judgement.folder / "report.html").is_file())
        self.headline.setText(self._headline(judgement))
        self._show_remarks(judgement)
        self._show_body(True)
        fill(self.figures, _figure_rows(judgement), right=(1, 2))
        for row, name in enumerate(_figures_of(judgement)):
            explain(self.figures, row, term(name).meaning)
        self.published.show_rows(judgement.published)
        self.curves.show_run(judgement.folder)
        evaluation = judgement.evaluation
        for widget in (self.classes, self.pictures, self.mistakes, self.listed, self.open):
            widget.setVisible(evaluation is not None)
        if evaluation is not None:
            self._show_evaluation(evaluation)

    def _show_remarks(self, judgement: Judgement) -> None:
        """Warnings; the original's known mistakes as a number: all of them hide the figures."""
        traps = [words for words in judgement.warnings if words.startswith(_TRAP)]
        others = [words for words in judgement.warnings if words not in traps]
        if traps:
            others.append(
                self.tr("As published, with {} known mistakes of the original: see the report.")
                .format(len(traps))
            )  # fmt: skip
        remarks = [judgement.title, judgement.features_only, *others]
        self.remarks.setText("\n".join(filter(None, remarks)))
        self._tell_traps(traps)

    def _tell_traps(self, traps: Sequence[str]) -> None:
        """All of them where the pointer rests, and to a screen reader."""
        listed = "\n".join("- " + words.removeprefix(_TRAP) for words in traps)
        self.remarks.setToolTip(listed)
        self.remarks.setAccessibleDescription(listed)

    def _show_body(self, on: bool) -> None:
        self.body.setVisible(on)
        self.layout().setStretch(2, 0 if on else 1)  # type: ignore[union-attr]

    def _headline(self, judgement: Judgement) -> str:
        figures = judgement.figures
        if "concordance" in figures:
            return self._value_headline(figures)
        if "accuracy" not in figures:
            return self.tr("Trained, but not evaluated: there is no test part")
        words = self.tr("{:.1f} % of the test windows were classified correctly").format(
            100 * figures["accuracy"]
        )
        ends = [
            100 * figures[f"accuracy_{x}"] for x in ("low", "high") if f"accuracy_{x}" in figures
        ]
        if len(ends) == 2:
            words += self.tr(" (95 % interval {:.1f} to {:.1f})").format(*ends)
        return words

    def _value_headline(self, figures: dict[str, float]) -> str:
        """Of a regression: its agreement, and what of it is better than always saying the mean."""
        gains = {name: value for name, value in figures.items() if name.startswith("gain:")}
        names = [name for name in gains if not name.endswith(("_low", "_high"))]
        better = [name for name in names if figures.get(f"{name}_low", -1.0) > 0]
        words = self.tr("Concordance {:.2f}; {} of {} dimensions better than the mean predictor")
        return words.format(figures["concordance"], len(better), len(names))

    def _show_evaluation(self, evaluation: "Evaluation") -> None:
        rows = [
            (c.label, _share(c.precision), _share(c.recall), _share(c.f1), str(c.support))
            for c in evaluation.classes
        ]
        fill(self.classes, rows, right=(1, 2, 3, 4))
        self.class_bars.set_bars(
            [
                Bar(c.label, tuple(map(_percent, (c.precision, c.recall, c.f1))))
                for c in evaluation.classes
            ]
        )
        self.confusion.set_matrix(evaluation.labels, evaluation.confusion.tolist())
        bins = [b for b in evaluation.bins if b.count]
        self.reliability.set_points(IDEAL, [0.0, 1.0], [0.0, 1.0])
        self.reliability.set_points(FOUND, [b.confidence for b in bins], [b.accuracy for b in bins])
        self._fill_mistakes(list(evaluation.mistakes), self.tr("Worst mistakes first"))

    def _list_mistakes(self, row: int, column: int) -> None:
        evaluation = self.judgement.evaluation if self.judgement else None
        if evaluation is None:
            return
        truth, said = evaluation.labels[row], evaluation.labels[column]
        known = evaluation.confused or evaluation.mistakes  # older results have the worst only
        found = [m for m in known if (m.truth, m.predicted) == (truth, said)]
        words = self.confusion.words(row, column)
        if row != column and len(found) < int(evaluation.confusion[row, column]):
            words += self.tr(" The {} most confident are listed.").format(len(found))
        elif found:
            words += self.tr(" Click one to play it.")
        self._fill_mistakes(found, words)

    def _fill_mistakes(self, mistakes: "list[Mistake]", words: str) -> None:
        self.listed.setText(words)
        self.mistakes.clear()
        line = self.tr("{}: {}, predicted as {} ({:.0%})")
        for m in mistakes:
            place = Path(m.recording).name
            if Path(m.recording).suffix not in FEATURE_FILES:  # a row of features has no time
                place = self.tr("{} at {}").format(place, clock(m.start, 0.1))
            item = QListWidgetItem(line.format(place, m.truth, m.predicted, m.probability))
            item.setData(Qt.ItemDataRole.UserRole, (m.recording, m.start))
            item.setToolTip(m.recording)
            self.mistakes.addItem(item)
        self.open.setEnabled(False)

    def _place(self, item: QListWidgetItem | None) -> Place | None:
        """Where an excerpt lies; features are no sound."""
        if item is None or self.judgement is None:
            return None
        recording, start = item.data(Qt.ItemDataRole.UserRole)
        path = self.judgement.root / str(recording)
        length = self.judgement.window_seconds
        return None if path.suffix in FEATURE_FILES else Place(path, start, start + length)

    def _play(self, item: QListWidgetItem) -> None:
        place = self._place(item)
        if place is None:
            self.failed.emit(
                self.tr("This run was trained on features, so there is no sound to play.")
            )
        elif place == self.player.place and self.player.transport.playing:
            self.player.toggle()
        else:
            self.player.play(place)

    def _open(self) -> None:
        place = self._place(self.mistakes.currentItem())
        if place is not None:
            self.player.stop()
            self.open_file.emit(place.path)

    def _use(self) -> None:
        if self.outcome is not None and self.outcome.classifier is not None:
            self.use_asked.emit(self.outcome.classifier)

    def _open_report(self) -> None:
        if self.judgement is not None:
            page = self.judgement.folder / "report.html"
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(page)))


def _column(*widgets: QWidget) -> QSplitter:
    column = QSplitter(Qt.Orientation.Vertical)
    column.setChildrenCollapsible(False)
    for widget in widgets:
        column.addWidget(widget)
    return column


def _above(switch: QWidget, figure: QWidget) -> QWidget:
    both = QWidget()
    column = QVBoxLayout(both)
    column.setContentsMargins(0, 4, 0, 0)
    column.addWidget(switch)
    column.addWidget(figure, 1)
    return both


def _scrolled(bars: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(bars)
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the bars take it
    return area


def _percent(value: float) -> float | None:
    return round(100 * value, 1) if math.isfinite(value) else None


def _share(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "-"


def _figures_of(judgement: Judgement) -> list[str]:
    """The figures without the bounds of their intervals."""
    figures = judgement.figures
    return [
        name
        for name in figures
        if not (name.endswith(("_low", "_high")) and name.rpartition("_")[0] in figures)
    ]


def _figure_rows(judgement: Judgement) -> list[tuple[str, ...]]:
    figures = judgement.figures
    rows: list[tuple[str, ...]] = []
    for name in _figures_of(judgement):
        value = figures[name]
        low, high = figures.get(f"{name}_low"), figures.get(f"{name}_high")
        spread = f"{low:.3f} to {high:.3f}" if low is not None and high is not None else ""
        rows.append((figure_name(name), f"{value:.3f}", spread))
    return rows

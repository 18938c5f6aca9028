"""The dialog of a sweep: which fields to vary, and how."""

import os
from collections.abc import Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from desktop.pages.train.form.fields import words_of
from desktop.style import colours
from engine.errors import RecipeError
from engine.recipes.recipe import Augmentation, Data, Recipe, Stop, Training
from engine.training.sweeps.plan import Sweep, check_sweep
from engine.training.sweeps.search import Search, Span, parse_span

_TABLES: dict[str, type[BaseModel]] = {
    "training": Training,
    "training.stop": Stop,
    "augmentation": Augmentation,
    "data": Data,
}
_USUAL = {
    "training.learning_rate": "0.1, 0.01, 0.001, 0.0001",
    "training.batch_size": "16, 32, 64, 128",
    "training.seed": "1, 2, 3, 4, 5",
}
_LARGE_GRID = 30
_PLANNED = ("grid", "one-factor")  # whose values are known from the start


class SweepDialog(QDialog):
    """Asks for a sweep of the recipe; what is wrong is said while one types."""

    asked = Signal(object)

    def __init__(self, recipe: Recipe, parent: QWidget) -> None:
        super().__init__(parent)
        self._recipe = recipe
        self.sweep: Sweep | None = None
        self.setWindowTitle(self.tr("Sweep of {}").format(recipe.title))
        self.fields = [self._choice(self.tr("First field")), self._choice(self.tr("Second field"))]
        self.values = [self._line(self.tr("Values of the first field")),
                       self._line(self.tr("Values of the second field"))]  # fmt: skip
        self.search = QComboBox()
        self.search.setAccessibleName(self.tr("Search"))
        for words, key in (
            (self.tr("Grid: every combination"), "grid"),
            (self.tr("One factor at a time: the first values, then one change"), "one-factor"),
            (self.tr("Random: trials drawn at random from the ranges"), "random"),
            (self.tr("Bayesian: prefers the neighbourhood of good trials"), "bayes"),
        ):
            self.search.addItem(words, key)
        self.trials = self._spin(self.tr("Trials"), 1, 1000, 20)
        self.jobs = self._spin(self.tr("In parallel"), 1, os.cpu_count() or 1, 1)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setMinimumHeight(self.words.fontMetrics().height() * 3)
        self.words.setAccessibleName(self.tr("Planned trials"))
        self._fill_fields()
        self._lay_out()
        self._connect()
        self.fields[0].setCurrentIndex(self.fields[0].findData("training.learning_rate"))
        self.fields[1].setCurrentIndex(0)
        self._judge()

    def _choice(self, name: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        box.setMaxVisibleItems(20)
        return box

    def _line(self, name: str) -> QLineEdit:
        line = QLineEdit()
        line.setAccessibleName(name)
        line.setToolTip(
            self.tr("0.1, 0.01 for values; 0.1..0.5, 8..64 or log:1e-5..1e-1 for a range")
        )
        return line

    def _spin(self, name: str, low: int, high: int, value: int) -> QSpinBox:
        box = QSpinBox()
        box.setAccessibleName(name)
        box.setRange(low, high)
        box.setValue(value)
        return box

    def _fill_fields(self) -> None:
        self.fields[1].addItem(self.tr("None"), "")
        for path, words in field_names(self._recipe):
            for box in self.fields:
                box.addItem(words, path)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for box, line in zip(self.fields, self.values, strict=True):
            form.addRow(box.accessibleName(), box)
            form.addRow(self.tr("Values"), line)
        form.addRow(self.search.accessibleName(), self.search)
        form.addRow(self.trials.accessibleName(), self.trials)
        form.addRow(self.jobs.accessibleName(), self.jobs)
        hint = QLabel(
            self.tr(
                "Values separated by commas: 0.1, 0.01. Ranges (not for a grid): "
                "log:1e-5..1e-1, 8..64."
            )
        )
        hint.setObjectName("faint")
        hint.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.start = self.buttons.addButton(
            self.tr("Start"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.start.setObjectName("main")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        layout.addLayout(form)
        layout.addWidget(hint)
        layout.addWidget(self.words)
        layout.addWidget(self.buttons)
        self.setMinimumWidth(520)

    def _connect(self) -> None:
        for box, line in zip(self.fields, self.values, strict=True):
            box.currentIndexChanged.connect(lambda _, box=box, line=line: self._propose(box, line))
            line.textChanged.connect(self._judge)
        self.search.currentIndexChanged.connect(self._judge)
        self.trials.valueChanged.connect(self._judge)
        self.jobs.valueChanged.connect(self._judge)
        self.buttons.accepted.connect(self.accept)
        self.accepted.connect(lambda: self.asked.emit(self.sweep))
        self.buttons.rejected.connect(self.reject)

    def _propose(self, box: QComboBox, line: QLineEdit) -> None:
        path = str(box.currentData())
        line.setText(proposed(self._recipe, path) if path else "")
        self._judge()

    def _judge(self) -> None:
        grid = self.search.currentData() in _PLANNED
        self.trials.setEnabled(not grid)
        self.values[1].setEnabled(bool(self.fields[1].currentData()))
        try:
            self.sweep = self._made()
            words = self.tr("{} trials, {} in parallel.").format(self.sweep.count, self.sweep.jobs)
            if self.sweep.count > _LARGE_GRID:
                words += self.tr(" This takes a while; you can stop and resume it.")
            colour = colours().faint
        except RecipeError as error:
            self.sweep, words, colour = None, str(error), colours().danger
        self.words.setText(words)
        self.words.setStyleSheet(f"color: {colour};")
        self.start.setEnabled(self.sweep is not None)

    def _made(self) -> Sweep:
        spans: dict[str, Span] = {}
        for box, line in zip(self.fields, self.values, strict=True):
            path = str(box.currentData())
            if path and path in spans:
                raise RecipeError(self.tr("Both fields are the same. Choose another."))
            if path and not line.text().strip():
                raise RecipeError(self.tr("Enter the values to try, such as 0.1, 0.01."))
            if path:
                spans |= [parse_span(f"{path}={line.text()}")]
        search: Search = self.search.currentData()
        if search in _PLANNED and any(not span.choices for span in spans.values()):
            raise RecipeError(self.tr("A grid needs values separated by commas, not ranges."))
        sweep = Sweep(self._recipe, spans, search, self.trials.value(), self.jobs.value())
        check_sweep(sweep)
        return sweep


def field_names(recipe: Recipe) -> Sequence[tuple[str, str]]:
    """Paths of the fields that can vary, and their names for people."""
    found = []
    for table, kind in _TABLES.items():
        for name, field in kind.model_fields.items():
            plain = (
                field.annotation in (int, float, bool) or get_origin(field.annotation) is Literal
            )
            if plain:
                found.append((f"{table}.{name}", f"{_table(table)}: {words_of(name)[0].lower()}"))
    for part in ("network", "feature"):
        for name in getattr(recipe, part).arguments:
            words = f"{part.capitalize()}: {name.replace('_', ' ')}"
            found.append((f"{part}.arguments.{name}", words))
    return found


def _table(path: str) -> str:
    return path.rpartition(".")[2].capitalize()


def proposed(recipe: Recipe, path: str) -> str:
    """Values one may want to try of a field."""
    if path in _USUAL:
        return _USUAL[path]
    table, _, name = path.rpartition(".")
    field = _TABLES[table].model_fields[name] if table in _TABLES else None
    if field is not None and get_origin(field.annotation) is Literal:
        return ", ".join(str(value) for value in get_args(field.annotation))
    value: Any = recipe
    for part in path.split("."):
        value = value[part] if isinstance(value, dict) else getattr(value, part)
    if isinstance(value, bool):
        return "true, false"
    if isinstance(value, int | float) and value:
        return ", ".join(f"{type(value)(value * factor):g}" for factor in (0.5, 1, 2) if value)
    return str(value) if value else "0"

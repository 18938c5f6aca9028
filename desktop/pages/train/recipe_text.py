"""The recipe being edited, by form and as text; both see the same one."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from desktop.style import colours
from engine.bounded import parse_toml
from engine.errors import RecipeError
from engine.recipes.recipe import MOST_BYTES, Recipe, validated
from engine.recipes.toml import to_toml

_TEXT = "The recipe"


class RecipeModel(QObject):
    """A recipe and the preset it began as.

    Attributes:
        base: what fields are reset to.
        recipe: the last that was valid.
        problem: why what was entered since is not valid; empty: it is.
    """

    changed = Signal(object)  # who changed it
    problem_changed = Signal(str)

    def __init__(self, base: Recipe, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.base = self.recipe = base
        self.problem = ""

    def choose(self, base: Recipe) -> None:
        """Start again with another recipe."""
        self.base = base
        self._take(base, self)

    def set_values(self, values: Mapping[str, Any], source: QObject) -> None:
        """Set fields by their paths, all at once."""
        try:
            self._take(self.recipe.changed(values), source)
        except RecipeError as error:
            self.refuse(str(error))

    def set_text(self, text: str, source: QObject) -> None:
        """Take a recipe as TOML."""
        try:
            fields = parse_toml(text, _TEXT, RecipeError, most_bytes=MOST_BYTES, finite=False)
            self._take(validated(fields, self.recipe.name), source)
        except RecipeError as error:
            words = str(error).removeprefix(f"{_TEXT} is not valid TOML: ")
            invalid = words != str(error)
            self.refuse(self.tr("Not valid TOML: {}").format(words) if invalid else words)

    def refuse(self, problem: str) -> None:
        """Keep the recipe, and say what is wrong with what was entered."""
        self.problem = problem
        self.problem_changed.emit(problem)

    def _take(self, recipe: Recipe, source: QObject) -> None:
        self.recipe = recipe
        self.refuse("")
        self.changed.emit(source)


class ProblemLabel(QLabel):
    """The sentence on what is wrong, under what is edited."""

    def __init__(self, model: RecipeModel) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setAccessibleName(self.tr("Problem in the recipe"))
        self.hide()
        model.problem_changed.connect(self._show)

    def _show(self, problem: str) -> None:
        self.setText(problem)
        self.setStyleSheet(f"color: {colours().danger};")
        self.setVisible(bool(problem))


class TomlView(QWidget):
    """The recipe as TOML; what is typed is taken as soon as it is valid."""

    def __init__(self, model: RecipeModel) -> None:
        super().__init__()
        self._model = model
        self.edit = QPlainTextEdit()
        self.edit.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.edit.setTabChangesFocus(True)
        self.edit.setAccessibleName(self.tr("Recipe as TOML"))
        words = QLabel(
            self.tr(
                "Fields that are left out have their default values. Changes apply as you type."
            )
        )
        words.setObjectName("faint")
        words.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.addWidget(words)
        layout.addWidget(self.edit, 1)
        layout.addWidget(ProblemLabel(model))
        self.edit.textChanged.connect(self._typed)
        model.changed.connect(self._show)
        self._show(model)

    def _typed(self) -> None:
        self._model.set_text(self.edit.toPlainText(), self)

    def _show(self, source: QObject) -> None:
        if source is not self:
            self.edit.blockSignals(True)
            self.edit.setPlainText(to_toml(self._model.recipe))
            self.edit.blockSignals(False)

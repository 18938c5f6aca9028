"""The arguments of the recipe's network in the form: other ones for each network."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.pages.train.form.fields import Row, Section
from desktop.pages.train.recipe_text import RecipeModel
from engine.recipes.applies import unused_fields
from engine.recipes.networks import NETWORK_FIELDS, argument
from engine.recipes.recipe import Recipe

_PATH = "network.arguments."


class NetworkFields(QWidget):
    """Made anew whenever the recipe has another network.

    Args:
        model: the recipe.
        title: of the section.
        changed_words: how many fields are changed, with ``{}`` for their number.
    """

    def __init__(self, model: RecipeModel, title: str, changed_words: str) -> None:
        super().__init__()
        self._model, self._title, self._changed_words = model, title, changed_words
        self._network = ""
        self.rows: dict[str, Row] = {}
        self.section: Section | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        model.changed.connect(self._show)
        self._show(model)

    def _show(self, source: QObject) -> None:
        recipe = self._model.recipe
        if recipe.network.name != self._network:
            self._make(recipe)
        if source is not self:
            for path, row in self.rows.items():
                row.editor.set_value(argument(recipe, path.removeprefix(_PATH)))
        self._mark()

    def _make(self, recipe: Recipe) -> None:
        if self.section is not None:
            self._layout.removeWidget(self.section)
            self.section.hide()
            self.section.deleteLater()
        self.section, self.rows, self._network = None, {}, recipe.network.name
        kind = NETWORK_FIELDS.get(recipe.network.name)
        self.setVisible(kind is not None)
        if kind is None:
            return
        for name, field in kind.model_fields.items():
            row = Row(f"{_PATH}{name}", field, self.tr("Reset to the preset's value"))
            row.editor.edited.connect(self._edited)
            row.reset.clicked.connect(lambda _=False, path=row.path: self.reset(path))
            self.rows[row.path] = row
        title = f"{self._title}: {recipe.network.name.replace('_', ' ')}"
        self.section = Section(title, list(self.rows.values()), unfolded=True)
        self._layout.addWidget(self.section)

    def reset(self, path: str) -> None:
        """Take a change back."""
        self.rows[path].editor.set_value(argument(self._model.base, path.removeprefix(_PATH)))
        self._edited()

    def _edited(self) -> None:
        """Set what differs; an argument that the recipe leaves out stays so."""
        recipe = self._model.recipe
        values: dict[str, Any] = {}
        for path, row in self.rows.items():
            try:
                value = row.editor.value()
            except ValueError:
                words = self.tr("This is not a valid value for '{}'. Check what you typed.")
                self._model.refuse(words.format(row.words))
                return
            if problem := self._problem(path.removeprefix(_PATH), value):
                self._model.refuse(problem)
                return
            if value != argument(recipe, path.removeprefix(_PATH)):
                values[path] = value
        self._model.set_values(values, self)
        self._mark()

    def _problem(self, name: str, value: Any) -> str:
        """What is wrong with a list of sizes; the other controls have their ranges."""
        if isinstance(value, Sequence) and not isinstance(value, str) and name != "overtones":
            least = 0.0 if name.startswith("dropout") else 1.0
            if any(number < least for number in value):
                words = self.tr("The numbers of '{}' must be at least {:g}.")
                return str(words.format(name.replace("_", " "), least))
        return ""

    def _mark(self) -> None:
        recipe, base = self._model.recipe, self._model.base
        unused = unused_fields(recipe)
        changed = 0
        for path, row in self.rows.items():
            name = path.removeprefix(_PATH)
            differs = argument(recipe, name) != argument(base, name)
            row.mark(differs)
            row.show(differs or path not in unused)
            changed += differs
        if self.section is not None:
            self.section.name(changed, self._changed_words)

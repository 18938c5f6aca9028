"""A form made from the recipe's own fields, with their help, ranges and defaults."""

from typing import Any

from pydantic import BaseModel
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from desktop.pages.train.form.arguments import NetworkFields
from desktop.pages.train.form.fields import Row, Section
from desktop.pages.train.recipe_text import ProblemLabel, RecipeModel
from engine.datasets.splits import SplitRule
from engine.recipes.applies import unused_fields
from engine.recipes.recipe import Augmentation, Data, Deployment, Recipe, Stop, Training

_TABLES: dict[str, type[BaseModel]] = {
    "training": Training,
    "training.stop": Stop,
    "data": Data,
    "data.split": SplitRule,
    "augmentation": Augmentation,
    "deployment": Deployment,
}
_OPEN = ("training",)


class RecipeForm(QWidget):
    """Every change goes to the model at once; what is changed elsewhere shows here."""

    def __init__(self, model: RecipeModel) -> None:
        super().__init__()
        self._model = model
        self.rows: dict[str, Row] = {}
        self._sections: list[Section] = []
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(6, 4, 6, 4)
        self.network = NetworkFields(model, self.tr("Network"), self.tr("({} changed)"))
        column.addWidget(self.network)
        for path, kind in _TABLES.items():
            section = self._section(path, kind)
            self._sections.append(section)
            column.addWidget(section)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for behind in (area.viewport(), inner):
            behind.setAutoFillBackground(False)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it takes it, and is scrolled to
        area.setAccessibleName(self.tr("Fields of the recipe"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(area, 1)
        layout.addWidget(ProblemLabel(model))
        model.changed.connect(self._show)
        self._show(model)

    def _titles(self) -> dict[str, str]:
        return {
            "training": self.tr("Training"),
            "training.stop": self.tr("When to stop"),
            "data": self.tr("Data"),
            "data.split": self.tr("Split into training, validation and test"),
            "augmentation": self.tr("Augmentation"),
            "deployment": self.tr("Use of the classifier"),
        }

    def _section(self, path: str, kind: type[BaseModel]) -> Section:
        rows = []
        for name, field in kind.model_fields.items():
            inner = field.annotation
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                continue
            row = Row(f"{path}.{name}", field, self.tr("Reset to the preset's value"))
            row.editor.edited.connect(self._edited)
            row.reset.clicked.connect(lambda _=False, path=row.path: self.reset(path))
            self.rows[row.path] = row
            rows.append(row)
        return Section(self._titles()[path], rows, unfolded=path in _OPEN)

    def reset(self, path: str) -> None:
        """Take a change back."""
        self.rows[path].editor.set_value(_at(self._model.base, path))
        self._edited()

    def _edited(self) -> None:
        values = {}
        for path, row in self.rows.items():
            try:
                values[path] = row.editor.value()
            except ValueError:
                sentence = self.tr(
                    "This is not a valid value for the field '{}'. Check what you typed."
                )
                self._model.refuse(sentence.format(path))
                return
        self._model.set_values(values, self)
        self._mark()

    def _show(self, source: QObject) -> None:
        if source is not self:
            for path, row in self.rows.items():
                row.editor.set_value(_at(self._model.recipe, path))
        self._mark()

    def _mark(self) -> None:
        found, unused = self._changed(), unused_fields(self._model.recipe)
        for section in self._sections:
            changed = 0
            for row in section.rows:
                differs = row.path in found
                row.show(differs or row.path not in unused)
                self._tell_original(row)
                row.mark(differs)
                changed += differs
            section.name(changed, self.tr("({} changed)"))

    def _tell_original(self, row: Row) -> None:
        """How the published original writes the field, where it does otherwise."""
        published = self._model.recipe.published
        words = published.originals.get(row.path, "") if published else ""
        about = row.editor.control.accessibleDescription()
        row.help.setText(f"{about} {words}." if words else about)

    def _changed(self) -> set[str]:
        model = self._model
        return {path for path in self.rows if _at(model.recipe, path) != _at(model.base, path)}


def _at(recipe: Recipe, path: str) -> Any:
    value: Any = recipe
    for name in path.split("."):
        value = getattr(value, name)
    return value

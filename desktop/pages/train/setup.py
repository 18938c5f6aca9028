"""The left column of the Train page: recipe, sounds and queue."""

import textwrap
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
)

from desktop.icons import icon
from desktop.pages.train.data_kind import narrow
from desktop.style import colours
from desktop.widgets.controls import button, heading, text
from engine.errors import EarmarkError
from engine.recipes.published import described
from engine.recipes.recipe import Recipe, find_recipe, presets, read_recipe

_WIDTH = 320
_FIRST = "tagger-head"
_FEW = 3  # published figures; the others are in the tool tip
_LEAST_ROWS, _USUAL_ROWS, _ROW = 5, 8, 22
_LEAST_WIDTH = 120  # pixels, of a choice whose entries are wider than the column
_DRAWN = 24  # pixels of a picture
_PICTURE = Qt.ItemDataRole.UserRole + 1


class Part(Protocol):
    """Widgets that stand in the column under each other.

    They are no widget of their own: the lists of all parts share what height is left.
    """

    def lay_out(self, column: QVBoxLayout) -> None:
        """Put the widgets into the column."""


class TrainSetup(QScrollArea):
    """One column of parts, which scrolls where it is too long."""

    def __init__(self, *parts: Part) -> None:
        super().__init__()
        inner = QFrame()
        inner.setObjectName("panel")
        column = QVBoxLayout(inner)
        column.setContentsMargins(14, 10, 14, 10)
        column.setSpacing(6)
        for part in parts:
            part.lay_out(column)
        column.addStretch(0)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFixedWidth(_WIDTH)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it takes it, and is scrolled to
        self.setAccessibleName(self.tr("What to train"))


class RecipeChooser(QObject):
    """Presets and recipe files of one's own, each with where it comes from."""

    chosen = Signal()
    failed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        names = [_FIRST, *(name for name in presets() if name != _FIRST)]
        self._recipes = {name: find_recipe(name) for name in names}
        self.list = RecipeList()
        self.list.setAccessibleName(self.tr("Recipe"))
        self.list.setAccessibleDescription(
            self.tr("Settings of the training: features, network and data")
        )
        course = {name: r for name, r in self._recipes.items() if r.published is not None}
        own = {name: r for name, r in self._recipes.items() if name not in course}
        for words, group in ((self.tr("Start here"), own), (self.tr("Course systems"), course)):
            self.list.add_heading(words)
            for name, recipe in group.items():
                title = recipe.title
                if name == _FIRST:
                    # All of it would not fit: the tool tip and the description say the rest.
                    title = self.tr("{} (recommended)").format(title.partition(" (")[0])
                self.list.add(name, title, _tip(recipe), course=name in course)
        self.own = button(self.tr("Open file..."), self.tr("Open your own recipe file"))
        self.description = text()
        self.origin = text(faint=True)
        self.variants = QComboBox()
        narrow(self.variants)
        self.variants.setAccessibleName(self.tr("Variant"))
        self.variants.setMinimumWidth(_LEAST_WIDTH)
        self.variants.addItem(self.tr("Corrected"), "corrected")
        self.variants.addItem(self.tr("As published, including its mistakes"), "as-published")
        self.list.choose(_FIRST)
        self.list.taken.connect(self._taken)
        self.own.clicked.connect(self._ask)
        self.variants.activated.connect(lambda _: self._taken())

    def lay_out(self, column: QVBoxLayout) -> None:
        """Put the widgets into the column."""
        head = QHBoxLayout()
        head.addWidget(heading(self.tr("Recipe")), 1)
        head.addWidget(self.own)
        column.addLayout(head)
        column.addWidget(self.list, 2)
        for widget in (self.description, self.origin, self.variants):
            column.addWidget(widget)
        self._describe()

    @property
    def base(self) -> Recipe:
        """The recipe as chosen, in the variant chosen."""
        recipe = self._recipes[self.list.name]
        published = self.variants.currentData() == "as-published" and recipe.published is not None
        return recipe.as_published() if published else recipe

    def take(self, name: str, variant: str = "corrected") -> None:
        """Choose a preset, or a recipe file that was opened before."""
        self.list.choose(name)
        self.variants.setCurrentIndex(self.variants.findData(variant))
        self._taken()

    def open(self, path: Path) -> None:
        """Offer a recipe file, and choose it."""
        try:
            recipe = read_recipe(path)
        except EarmarkError as error:
            self.failed.emit(str(error))
            return
        key = str(path)
        if key not in self._recipes:
            self.list.add(key, f"{recipe.title} ({path.name})", _tip(recipe))
        self._recipes[key] = recipe
        self.take(key, recipe.variant)

    def _ask(self) -> None:
        title, kind = self.tr("Own recipe"), self.tr("Recipes (*.toml)")
        name, _ = QFileDialog.getOpenFileName(self.own.window(), title, "", kind)
        if name:
            self.open(Path(name))

    def _taken(self) -> None:
        self._describe()
        self.chosen.emit()

    def _describe(self) -> None:
        """Origin and figures of what is chosen."""
        recipe = self.base
        needs = self.tr("Needs: {}").format(recipe.needs[:1].lower() + recipe.needs[1:])
        self.description.setText(f"{recipe.description}\n{needs}")
        published = recipe.published
        self.variants.setVisible(published is not None)
        self.origin.setVisible(published is not None)
        if published is None:
            return
        words = [self.tr("Origin: {}.").format(published.source)]
        if published.figures:
            figures = described(recipe)
            few = "; ".join(line[:1].lower() + line[1:] for line in figures[:_FEW])
            more = len(figures) - _FEW
            if more > 0:
                few += self.tr(" and {} more").format(more)
            words.append(self.tr("Reported: {}.").format(few))
        words += [f"{path}: {said}." for path, said in published.originals.items()]
        self.origin.setText("\n".join(words))
        traps = "\n".join(f"- {trap}" for trap in published.traps)
        self.origin.setToolTip("\n".join([*described(recipe), "", traps]))
        self.variants.setToolTip(self.tr("Known mistakes of the original:\n{}").format(traps))


def _tip(recipe: Recipe) -> str:
    """What it does and what it needs, on lines that can be read."""
    return "\n".join(textwrap.fill(words, 70) for words in (recipe.description, recipe.needs))


class RecipeList(QListWidget):
    """All recipes are seen, and a click takes one; tool tips say what they learn."""

    taken = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setUniformItemSizes(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(_LEAST_ROWS * _ROW + 6)
        self.currentRowChanged.connect(lambda _: self.taken.emit())

    def sizeHint(self) -> QSize:
        return QSize(280, min(self.count(), _USUAL_ROWS) * _ROW + 6)

    def add_heading(self, words: str) -> None:
        """A line that cannot be chosen over a group."""
        item = QListWidgetItem(words)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        font = self.font()
        font.setBold(True)
        item.setFont(font)
        item.setSizeHint(QSize(0, _ROW))
        self.addItem(item)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()

    def _colour(self) -> None:
        """Pictures in the colour of the words."""
        for row in range(self.count()):
            picture = self.item(row).data(_PICTURE)
            if picture:
                drawn = icon(picture, colours().faint)
                chosen = icon(picture, colours().accent_text).pixmap(_DRAWN, _DRAWN)
                drawn.addPixmap(chosen, QIcon.Mode.Selected)
                self.item(row).setIcon(drawn)

    def add(self, name: str, title: str, words: str, *, course: bool = False) -> None:
        """Offer one more; a course's system has another picture."""
        item = QListWidgetItem(title)
        item.setData(_PICTURE, "compare" if course else "train")
        item.setData(Qt.ItemDataRole.UserRole, name)
        item.setToolTip(words)
        item.setSizeHint(QSize(0, _ROW))
        self.addItem(item)
        self._colour()
        self.setMaximumHeight(self.count() * _ROW + 6)

    @property
    def names(self) -> list[str]:
        """What is offered."""
        return [name for name in self._keys() if name]

    def _keys(self) -> list[str]:
        """Of each line; a heading's is empty."""
        found = (self.item(row).data(Qt.ItemDataRole.UserRole) for row in range(self.count()))
        return [str(name or "") for name in found]

    def line_of(self, name: str) -> int:
        """Where something that is offered stands."""
        return self._keys().index(name)

    @property
    def name(self) -> str:
        """What is chosen; empty before there is any."""
        item = self.currentItem()
        return "" if item is None else str(item.data(Qt.ItemDataRole.UserRole) or "")

    def choose(self, name: str) -> None:
        """Mark one without taking it."""
        self.blockSignals(True)
        self.setCurrentRow(self.line_of(name))
        self.blockSignals(False)
        self._reveal()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._reveal()  # the list gives room to longer descriptions

    def _reveal(self) -> None:
        """Bring what is chosen into sight, all of it."""
        if self.currentItem() is not None:
            self.scrollToItem(self.currentItem())

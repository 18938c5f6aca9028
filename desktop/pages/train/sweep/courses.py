"""The sweeps of the courses, one click each."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from desktop.widgets.controls import button
from engine.training.sweeps.plan import PRESETS, Preset

_COLUMNS = 2
_WIDTH = 280  # of the page's left column, without its margins and scroll bar


class CourseSweeps(QWidget):
    """Those that belong to the chosen recipe."""

    asked = Signal(object)  # a sweep's preset

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(4)
        self.buttons: list[tuple[QPushButton, Preset]] = []
        for preset in PRESETS:
            made = button(preset.title, self.tr("Sweep. {}").format(preset.about))
            made.clicked.connect(lambda _=False, p=preset: self.asked.emit(p))
            made.setStyleSheet("padding: 5px 4px;")
            made.hide()
            self.buttons.append((made, preset))

    def show_for(self, recipe: str) -> None:
        """Show those of the recipe of this name."""
        fitting = [made for made, preset in self.buttons if preset.recipe == recipe]
        for made, _ in self.buttons:
            self._grid.removeWidget(made)
            made.setParent(self)
            made.setVisible(made in fitting)
        # Beside each other only where the names of all fit: the column would be cut at its edge.
        wide = max((made.sizeHint().width() for made in fitting), default=0)
        columns = _COLUMNS if _COLUMNS * (wide + self._grid.spacing()) <= _WIDTH else 1
        for place, made in enumerate(fitting):
            self._grid.addWidget(made, place // columns, place % columns)
        self.setVisible(bool(fitting))

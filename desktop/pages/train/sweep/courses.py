"""The sweeps of the courses, one click each."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from desktop.widgets.controls import button
from engine.training.sweeps.plan import PRESETS, Preset

_COLUMNS = 1  # two would be wider than the column that they stand in


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
        for place, made in enumerate(fitting):
            self._grid.addWidget(made, place // _COLUMNS, place % _COLUMNS)
        self.setVisible(bool(fitting))

"""Every published figure beside the one that the run reached."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from desktop.shared.tables import fill, table

if TYPE_CHECKING:
    from engine.recipes.published import Beside


class PublishedFigures(QWidget):
    """A table; hidden where the recipe has no original."""

    def __init__(self) -> None:
        super().__init__()
        heading = QLabel(self.tr("Published and reached"))
        heading.setObjectName("title")
        tr = self.tr
        self.table = table([tr("Figure"), tr("Published"), tr("This run"), tr("Note")])
        self.table.setAccessibleName(tr("Published figures beside those of this run"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(heading)
        layout.addWidget(self.table, 1)
        self.hide()

    def show_rows(self, rows: "Sequence[Beside]") -> None:
        """Those that this run can be compared with come first."""
        ordered = sorted(rows, key=lambda one: one.reached is None)
        fill(self.table, [one.words() for one in ordered], right=(1, 2))
        self.setVisible(bool(rows))

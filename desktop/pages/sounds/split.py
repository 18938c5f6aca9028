"""How the sounds would be split: what trains, what chooses and what judges."""

from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from desktop.widgets.split_bars import ClassSplit, SplitBars
from engine.project.split import Draw


class SplitPanel(QWidget):
    """A sentence that says by which rule, and a bar for each class."""

    def __init__(self) -> None:
        super().__init__()
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setObjectName("faint")
        self.bars = SplitBars()
        self.area = QScrollArea()
        self.area.setWidget(self.bars)
        self.area.setWidgetResizable(True)
        # It can be scrolled by keys, so one sees when it has them.
        self.area.setStyleSheet(
            "QScrollArea { border: 1px solid palette(mid); border-radius: 6px; }"
            "QScrollArea:focus { border: 2px solid palette(highlight); }"
        )
        self.area.setAccessibleName(self.tr("Split by class"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.words)
        layout.addWidget(self.area, 1)

    def show_draw(self, draw: Draw | None) -> None:
        """Show a split; None: it is not known yet."""
        self.area.setVisible(draw is not None and not draw.problem)
        if draw is None:
            self.words.setText(self.tr("Looking at the sounds..."))
            return
        if draw.problem:
            self.words.setText(draw.problem)
            return
        self.words.setText(
            self.tr(
                "So would '{}' draw it: no {} is on two sides, and each class has its share. "
                "Drag or relabel sounds, and it is drawn anew."
            ).format(draw.recipe, draw.by)
        )
        self.bars.show_classes(
            [
                ClassSplit(
                    name,
                    (one.sounds, two.sounds, three.sounds),
                    (one.groups, two.groups, three.groups),
                )
                for name, (one, two, three) in draw.shares.items()
            ]
        )

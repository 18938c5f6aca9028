"""Preview of the split into training, validation and test."""

from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from desktop.plots.bars import Bar, Bars
from desktop.plots.theme import TEST, TRAINING, VALIDATION
from engine.project.split import Draw

_MOST_SAID = 3  # classes; the tool tip has all


class SplitPanel(QWidget):
    """A sentence that says by which rule, and a bar for each class."""

    def __init__(self) -> None:
        super().__init__()
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setObjectName("faint")
        parts = {
            self.tr("Training"): TRAINING,
            self.tr("Validation"): VALIDATION,
            self.tr("Test"): TEST,
        }
        name = self.tr("Split by class")
        self.bars = Bars(name, parts, measure=self.tr("sounds (groups)"), stacked=True)
        self.area = QScrollArea()
        self.area.setWidget(self.bars)
        self.area.setWidgetResizable(True)
        # It can be scrolled by keys, so one sees when it has them.
        self.area.setStyleSheet(
            "QScrollArea { border: 1px solid transparent; border-radius: 6px; }"
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
            self.words.setText(self.tr("Reading the sounds..."))
            return
        if draw.problem:
            self.words.setText(draw.problem)
            return
        everywhere = all(part.sounds for parts in draw.shares.values() for part in parts)
        words = self.tr("Preview of the split '{}': no {} is in two parts.")
        if everywhere:
            words = self.tr(
                "Preview of the split '{}': no {} is in two parts, and every class is in each."
            )
        shown = [words.format(draw.recipe, draw.by), *draw.uneven[:_MOST_SAID]]
        if len(draw.uneven) > _MOST_SAID:
            shown.append(self.tr("And {} more classes.").format(len(draw.uneven) - _MOST_SAID))
        self.words.setText("\n".join(shown))
        self.words.setToolTip("\n".join(draw.uneven))
        words = self.tr("{} ({})")
        self.bars.set_bars(
            [
                Bar(
                    name,
                    tuple(float(part.sounds) for part in parts),
                    " / ".join(words.format(part.sounds, part.groups) for part in parts),
                )
                for name, parts in draw.shares.items()
            ]
        )

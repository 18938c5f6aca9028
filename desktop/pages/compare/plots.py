"""A plot in its frame: a title, and a button that exports it."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from desktop.plots.figure import Figure


class Plot(QFrame):
    """The frame has the title, so that the plot in it has none before it is exported."""

    def __init__(self, figure: Figure) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.figure = figure
        self.button = QPushButton(self.tr("Export..."))
        self.button.setAccessibleName(self.tr("Export the plot: {}").format(figure.title))
        self.button.setToolTip(self.tr("As PNG, SVG or CSV"))
        self.button.clicked.connect(figure.export)
        top = QHBoxLayout()
        heading = QLabel(figure.title)
        heading.setObjectName("title")
        top.addWidget(heading, 1)
        top.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 10)
        layout.addLayout(top)
        layout.addWidget(figure)
        layout.addStretch(1)

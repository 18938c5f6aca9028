"""The header of the File page: the open file and its controls."""

import textwrap
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop.pages.file.facts import MusicLine
from desktop.plots.clock import clock
from desktop.shared.wording import in_order
from desktop.widgets.controls import Elided

if TYPE_CHECKING:
    from engine.audio.files import AudioInfo


class FileHeader(QWidget):
    """Name and facts of the file, buttons, progress."""

    def __init__(self) -> None:
        super().__init__()
        self.title = Elided(self.tr("No file"))
        self.title.setObjectName("title")
        self.facts = Elided(self.tr("Drop a sound file anywhere in the window, or press Ctrl+O."))
        self.facts.setObjectName("faint")
        self.music = MusicLine()
        self.words = QLabel()
        self.words.setObjectName("faint")
        self.open_button = self._button(self.tr("Open..."), self.tr("Open a sound file (Ctrl+O)"))
        self.play_button = self._button(self.tr("Play"), self.tr("Play or pause (Space)"))
        self.play_button.setEnabled(False)
        self.loop_button = self._button(self.tr("Loop"), self.tr("Play in a loop (L)"))
        self.loop_button.setCheckable(True)
        self.why_button = self._button(
            self.tr("Why?"),
            self._why_tip(),
        )
        self.why_button.setEnabled(False)
        self.export_button = self._button(self.tr("Export"), self.tr("Save the detected labels"))
        self.cancel_button = self._button(self.tr("Cancel"), self.tr("Stop the analysis"))
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(160, 5)
        self.progress.setAccessibleName(self.tr("Progress of the analysis"))
        self.left = QLabel()
        self.left.setObjectName("faint")
        self._began: tuple[float, float] | None = None  # when, and at which share
        self._problem: str | None = None
        self._opened = False
        self.demo_button = self._button(self.tr("Demo"), self.tr("Open the demo sound"))
        self._lay_out()
        self.set_progress(None)

    def _lay_out(self) -> None:
        above, below = QHBoxLayout(), QHBoxLayout()
        above.addWidget(self.title, 1)
        below.addWidget(self.facts)
        below.addSpacing(10)
        below.addWidget(self.music)
        below.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(above)
        layout.addLayout(below)
        buttons = (
            self.cancel_button,
            self.demo_button,
            self.play_button,
            self.loop_button,
            self.why_button,
            self.export_button,
            self.open_button,
        )
        for widget in (self.left, self.progress, *buttons):
            above.addWidget(widget)
        in_order(*buttons)

    def _button(self, words: str, tip: str) -> QPushButton:
        button = QPushButton(words)
        button.setToolTip(tip)
        button.setAccessibleName(words)
        # The mouse leaves the keyboard where it is: Space goes on meaning play.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def describe(self, info: "AudioInfo") -> None:
        """Name, length, rate, channels, format, tags."""
        self._opened = True
        self.demo_button.hide()
        tags = [info.tags[key] for key in ("artist", "title") if info.tags.get(key)]
        self.title.setText(info.path.name)
        channels = {1: self.tr("mono"), 2: self.tr("stereo")}
        facts = [
            clock(info.duration_seconds, 0.1),
            f"{info.rate_hz / 1000:g} kHz",
            channels.get(info.channels, self.tr("{} channels").format(info.channels)),
            info.format,
        ]
        self.facts.setText("   ".join([*facts, *([" - ".join(tags)] if tags else [])]))
        self._enable()

    def _why_tip(self) -> str:
        return self.tr("Show the evidence for the selected label, or for the most probable one (W)")

    def set_explains(self, problem: str) -> None:
        """Whether evidence can be shown; if not, why."""
        self.why_button.setEnabled(not problem)
        self.why_button.setToolTip(textwrap.fill(problem) or self._why_tip())

    def set_output_problem(self, problem: str | None) -> None:
        """Why nothing can be played, if so."""
        self._problem = problem
        self._enable()

    def _enable(self) -> None:
        self.play_button.setEnabled(self._opened and self._problem is None)
        self.play_button.setToolTip(self._problem or self.tr("Play or pause (Space)"))

    def set_playing(self, on: bool) -> None:
        self.play_button.setText(self.tr("Pause") if on else self.tr("Play"))

    def set_progress(self, share: float | None) -> None:
        """How much is analysed; None when nothing is going on."""
        for widget in (self.progress, self.cancel_button, self.left):
            widget.setVisible(share is not None)
        if not share:
            self._began = None
            self.left.clear()
            self.progress.setValue(0)
            return
        self.progress.setValue(round(1000 * share))
        now = time.monotonic()
        began, first = self._began = self._began or (now, share)
        if now - began > 1.0 and share > first:
            seconds = (1 - share) * (now - began) / (share - first)
            self.left.setText(self.tr("{} left").format(clock(seconds, 1.0)))

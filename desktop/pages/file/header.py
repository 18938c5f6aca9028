"""The header of the File page: the open file and its controls."""

import textwrap
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
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
from desktop.widgets.controls import Elided, IconButton

if TYPE_CHECKING:
    from engine.audio.files import AudioInfo


_LEAST_TITLE = 110  # pixels
_LINE_HEIGHT = 42  # pixels: the evidence's two lines of notes
_BESIDE_WORDS = 54  # pixels: the picture and the button's edges


class FileHeader(QWidget):
    """Name and facts of the file, buttons, progress."""

    def __init__(self, why: QWidget, playback: QWidget) -> None:
        super().__init__()
        self._why, self._playback = why, playback
        self.title = Elided(self.tr("No file"))
        self.title.setObjectName("title")
        self.title.setMinimumWidth(_LEAST_TITLE)  # beside all that stands there meanwhile
        self.facts = Elided(self.tr("Drop a sound file anywhere in the window, or press Ctrl+O."))
        self.facts.setObjectName("faint")
        self.sentence = Elided("")
        self.sentence.setAccessibleName(self.tr("Detected labels, in the order of time"))
        self.music = MusicLine()
        self.words = Elided("")
        self.words.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.words.setObjectName("faint")
        self._make_buttons()
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(110, 5)
        self.progress.setAccessibleName(self.tr("Progress of the analysis"))
        self.left = QLabel()
        self.left.setObjectName("faint")
        self._began: tuple[float, float] | None = None  # when, and at which share
        self._problem: str | None = None
        self._opened = False
        self.demo_button = self._button(self.tr("Demo"), self.tr("Open the demo sound"))
        self._lay_out()
        self.set_progress(None)

    def _make_buttons(self) -> None:
        self.open_button = self._button(self.tr("Open..."), self.tr("Open a sound file (Ctrl+O)"))
        self.play_button = self._button(
            self.tr("Play"), self.tr("Play or pause (Space)"), picture="play"
        )
        self.play_button.setEnabled(False)
        # Room for both words: what stands beside it stays where it is.
        wide = max(self.fontMetrics().horizontalAdvance(self.tr(w)) for w in ("Play", "Pause"))
        self.play_button.setFixedWidth(wide + _BESIDE_WORDS)
        self.loop_button = self._button(
            self.tr("Loop"),
            self.tr("Play the selection, or all of it, in a loop (L)"),
            picture="loop",
        )
        self.loop_button.setCheckable(True)
        self.why_button = self._button(
            self.tr("Why?"),
            self._why_tip(),
        )
        self.why_button.setEnabled(False)
        self.export_button = self._button(
            self.tr("Export"), self.tr("Save the detected labels"), picture="export"
        )
        self.cancel_button = self._button(self.tr("Cancel"), self.tr("Stop the analysis"))

    def _lay_out(self) -> None:
        above, below = QHBoxLayout(), QHBoxLayout()
        above.addWidget(self.title)
        above.addSpacing(12)
        above.addWidget(self.sentence, 1)
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(self.facts)
        below.addSpacing(10)
        below.addWidget(self.music)
        below.addStretch(1)
        self._usual = QWidget()
        self._usual.setLayout(below)
        self._line = QWidget()
        line = QHBoxLayout(self._line)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self._usual, 1)
        line.addWidget(self._why, 1)
        line.addWidget(self._playback)
        self._line.setFixedHeight(_LINE_HEIGHT)  # the evidence comes and goes, nothing moves
        self._why.installEventFilter(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(above)
        layout.addWidget(self._line)
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

    def _button(self, words: str, tip: str, picture: str = "") -> QPushButton:
        button = IconButton(words, picture) if picture else QPushButton(words)
        button.setToolTip(tip)
        button.setAccessibleName(words)
        # The mouse leaves the keyboard where it is: Space goes on meaning play.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The evidence for a label stands where the facts are, as long as it is shown."""
        if watched is self._why and event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self._usual.setVisible(event.type() == QEvent.Type.Hide)
        return super().eventFilter(watched, event)

    def describe(self, info: "AudioInfo") -> None:
        """Name, length, rate, channels, format, tags."""
        self._opened = True
        self.sentence.setText("")
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
        if isinstance(self.play_button, IconButton):
            self.play_button.set_picture("pause" if on else "play")

    def set_progress(self, seconds: float | None, duration: float = 0.0) -> None:
        """How many seconds are analysed, of how many; None when nothing is going on."""
        for widget in (self.progress, self.cancel_button, self.left):
            widget.setVisible(seconds is not None)
        if not seconds or duration <= 0.0:
            self._began = None
            self.left.clear()
            self.progress.setValue(0)
            return
        self.progress.setValue(round(1000 * min(1.0, seconds / duration)))
        now = time.monotonic()
        began, first = self._began = self._began or (now, seconds)
        if now - began > 1.0 and seconds > first:
            speed = (seconds - first) / (now - began)
            left = clock(max(0.0, duration - seconds) / speed, 1.0)
            speed_words = f"{speed:.0f}" if speed >= 2 else f"{speed:.1f}"
            words = self.tr("{} left, at {}x real time")
            self.left.setText(words.format(left, speed_words))

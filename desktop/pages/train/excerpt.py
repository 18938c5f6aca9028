"""One confused excerpt: what it looks like, and how it sounds."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop import jobs
from desktop.plots.tracks.time_axis import TimeAxis
from desktop.plots.tracks.time_range import TimeRange
from desktop.plots.tracks.waveform import WaveformTrack
from desktop.shared.player import Transport
from engine.audio.files import probe
from engine.pictures.overview import Detail, detail
from engine.pictures.view import View

_COLUMNS = 900
_PLAY_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
_LEAST_SECONDS = 1.0  # a frame of a tenth of a second says nothing without what is around it


@dataclass(frozen=True)
class Place:
    """A stretch of a file, in seconds."""

    path: Path
    start: float
    end: float

    def heard(self, duration: float) -> tuple[float, float]:
        """What is played: the stretch, with what is around it where it is very short."""
        more = max(0.0, _LEAST_SECONDS - (self.end - self.start)) / 2
        return max(0.0, self.start - more), min(duration, self.end + more)


class ExcerptList(QListWidget):
    """Excerpts by their words; a click, Enter or Space asks for one to be played."""

    play_asked = Signal(QListWidgetItem)

    def __init__(self) -> None:
        super().__init__()
        self.itemClicked.connect(self.play_asked)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        if item is not None and event.key() in _PLAY_KEYS:
            self.play_asked.emit(item)
        else:
            super().keyPressEvent(event)


class ExcerptPlayer(QWidget):
    """Plays what it is given; Space in the list plays again."""

    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.place: Place | None = None
        self._heard: tuple[float, float] | None = None
        self._job: jobs.Job | None = None
        self.time = TimeRange(self)
        self.wave = WaveformTrack(self.time, interactive=False)
        self.axis = TimeAxis(self.time, interactive=False)
        self.wave.setMinimumHeight(48)
        self.transport = Transport(self)
        self.button = QPushButton(self.tr("Play"))
        self.button.setToolTip(self.tr("Play this excerpt again"))
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self.wave, 1)
        column.addWidget(self.axis)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(column, 1)
        layout.addWidget(self.button)
        self.setFixedHeight(84)
        self.button.clicked.connect(self.toggle)
        self.transport.moved.connect(self.time.set_cursor)
        self.transport.playing_changed.connect(self._playing)
        self.transport.failed.connect(self.failed)
        self.clear()

    def clear(self) -> None:
        """Show nothing."""
        self.stop()
        self.place = self._heard = None
        self.button.setEnabled(False)
        self.wave.set_envelope(np.zeros((2, 0), dtype=np.float32), 0.0, 1.0)
        self.hide()

    def play(self, place: Place) -> None:
        """Show an excerpt and play it."""
        if self.place is None or place.path != self.place.path:
            self.transport.set_file(place.path)
        else:
            self.transport.pause()
        if self._job is not None:
            self._job.cancel()
        self.place, self._heard = place, None
        self.show()
        self._job = jobs.run(
            lambda: _look(place), on_result=self._found, on_error=self._not_found, parent=self
        )

    def toggle(self) -> None:
        """Play again, or stop."""
        if self.transport.playing:
            self.transport.pause()
        elif self._heard is not None:
            self.transport.play(*self._heard, loop=False)

    def stop(self) -> None:
        """Silence."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self.transport.pause()

    def _found(self, found: tuple[Detail, float, tuple[float, float]]) -> None:
        self._job = None
        seen, duration, self._heard = found
        self.time.set_duration(duration)
        self.time.show(seen.start, seen.end)
        if self.place is not None and (self.place.start, self.place.end) != self._heard:
            self.time.select(self.place.start, self.place.end)
        self.wave.set_envelope(seen.envelope, seen.start, seen.end)
        self.button.setEnabled(True)
        self.transport.play(*self._heard, loop=False)

    def _not_found(self, message: str) -> None:
        self._job = None
        self.clear()
        self.failed.emit(message)

    def _playing(self, on: bool) -> None:
        self.button.setText(self.tr("Stop") if on else self.tr("Play"))
        if not on:
            self.time.set_cursor(None)


def _look(place: Place) -> Generator[None, None, tuple[Detail, float, tuple[float, float]]]:
    info = probe(place.path)
    yield
    start, end = place.heard(info.duration_seconds)
    seen = yield from detail(place.path, View("stft", info.rate_hz), start, end, _COLUMNS)
    return seen, info.duration_seconds, (start, end)

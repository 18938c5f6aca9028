"""The stack of tracks that both pages show, and the settings of its picture."""

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QSplitter, QVBoxLayout

from desktop.plots.tracks.lanes import LanesTrack
from desktop.plots.tracks.spectrogram import SpectrogramTrack
from desktop.plots.tracks.time_axis import TimeAxis
from desktop.plots.tracks.time_range import TimeRange
from desktop.plots.tracks.waveform import WaveformTrack
from desktop.settings import COLOURS, DB_HIGH, DB_LOW, NOTES, SCALE, VIEW, Settings
from desktop.style import colour_table
from engine.pictures.view import Kind, View, axis_ticks

WAVEFORM_ONLY = "waveform"
_PLAIN = Qt.KeyboardModifier.NoModifier


class Tracks(QFrame):
    """Waveform, spectrogram and lanes over one time axis."""

    cursor_wanted = Signal(float)  # by keys
    dressed = Signal()

    def __init__(self, settings: Settings, *, interactive: bool) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._settings = settings
        self.time = TimeRange(self)
        self.waveform = WaveformTrack(self.time, interactive=interactive)
        self.spectrogram = SpectrogramTrack(self.time, interactive=interactive)
        self.lanes = LanesTrack(self.time, interactive=interactive)
        self.axis = TimeAxis(self.time, interactive=interactive)
        self._split = QSplitter(self)
        self._split.setOrientation(Qt.Orientation.Vertical)
        self._split.setChildrenCollapsible(False)
        for track, share in ((self.waveform, 2), (self.spectrogram, 6), (self.lanes, 3)):
            self._split.addWidget(track)
            self._split.setStretchFactor(self._split.count() - 1, share)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(0)
        layout.addWidget(self._split, 1)
        layout.addWidget(self.axis)

    def take_key(self, key: int, modifiers: Qt.KeyboardModifier = _PLAIN) -> bool:
        """Zoom and move by keys; tells whether the key meant something."""
        if modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier):
            step = {Qt.Key.Key_Left: -0.01, Qt.Key.Key_Right: 0.01}.get(Qt.Key(key))
            if step is not None:
                self._step(step, select=bool(modifiers & Qt.KeyboardModifier.ShiftModifier))
                return True
        time = self.time
        span = time.end - time.start
        middle = time.cursor if time.cursor is not None else (time.start + time.end) / 2
        actions = {
            Qt.Key.Key_Plus: lambda: time.zoom(0.7, middle),
            Qt.Key.Key_Equal: lambda: time.zoom(0.7, middle),
            Qt.Key.Key_Minus: lambda: time.zoom(1.4, middle),
            Qt.Key.Key_Left: lambda: time.pan(-0.1),
            Qt.Key.Key_Right: lambda: time.pan(0.1),
            Qt.Key.Key_Home: lambda: time.show(0.0, span),
            Qt.Key.Key_End: lambda: time.show(
                time.duration - (time.end - time.start), time.duration
            ),
            Qt.Key.Key_0: lambda: time.show(0.0, time.duration),
            Qt.Key.Key_Up: lambda: self._choose(-1),
            Qt.Key.Key_Down: lambda: self._choose(1),
            Qt.Key.Key_Escape: time.clear_selection,
        }
        action = actions.get(Qt.Key(key))
        if action is not None:
            action()
        return action is not None

    def _step(self, share: float, *, select: bool) -> None:
        """Move the cursor by a share of what is shown; selecting what it passes over."""
        time = self.time
        cursor = time.start if time.cursor is None else time.cursor
        at = min(max(0.0, cursor + share * (time.end - time.start)), time.duration)
        if not time.start <= at <= time.end:
            time.pan(math.copysign(0.5, share))
        if select:
            first, last = time.selection or (cursor, cursor)
            # What moves is the end of the selection that the cursor is at.
            anchor = last if abs(cursor - first) < abs(cursor - last) else first
            time.select(anchor, at)
            time.set_cursor(at)
        else:
            self.lanes.choose(None)
            time.clear_selection()
            self.cursor_wanted.emit(at)

    def _choose(self, step: int) -> None:
        """Choose the next stretch of the lanes at the cursor."""
        there = self.lanes.stretches_at(self.time.cursor or 0.0)
        if there:
            now = self.lanes.chosen
            old = there.index(now) if now in there else (-1 if step > 0 else 0)
            self.lanes.choose(there[(old + step) % len(there)])

    def view(self, rate_hz: int) -> View:
        """What the settings ask to see of sound at that rate."""
        get = self._settings.get
        kind: Kind = "stft" if get(VIEW) == WAVEFORM_ONLY else get(VIEW)
        return View(kind=kind, rate_hz=rate_hz, scale=get(SCALE))

    def _scale_name(self, view: View, *, notes: bool) -> str:
        if view.frequencies:
            return self.tr("Note") if notes else self.tr("Frequency (Hz)")
        return self.tr("Pitch class") if view.kind == "chroma" else self.tr("Coefficient")

    def dress(self, view: View) -> None:
        """Colours and axis for a view."""
        get = self._settings.get
        self.spectrogram.setVisible(get(VIEW) != WAVEFORM_ONLY)
        notes = bool(get(NOTES))

        def ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
            return axis_ticks(view, notes=notes, most=min(most, 12), low=low, high=high)

        fixed, name = view.value_range is not None, self._scale_name(view, notes=notes)
        self.spectrogram.set_scale(ticks, view.span, fixed=fixed, name=name)
        self.spectrogram.set_colours(colour_table(get(COLOURS)), get(DB_LOW), get(DB_HIGH))
        self.dressed.emit()

"""The stack of tracks that both pages show, and the settings of its picture."""

import math

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from desktop.plots.lanes import LanesTrack
from desktop.plots.spectrogram import SpectrogramTrack
from desktop.plots.time_axis import TimeAxis
from desktop.plots.time_range import TimeRange
from desktop.plots.waveform import WaveformTrack
from desktop.settings import COLOURS, DB_HIGH, DB_LOW, NOTES, SCALE, VIEW, Setting, Settings
from desktop.style import COLOUR_MAPS, colour_table
from engine.pictures.view import Kind, View, axis_ticks

WAVEFORM_ONLY = "waveform"
_PLAIN = Qt.KeyboardModifier.NoModifier


def _tr(text: str) -> str:
    return QCoreApplication.translate("Tracks", text)


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

    def dress(self, view: View) -> None:
        """Colours and axis for a view."""
        get = self._settings.get
        self.spectrogram.setVisible(get(VIEW) != WAVEFORM_ONLY)
        ticks = axis_ticks(view, notes=bool(get(NOTES)))
        self.spectrogram.set_scale(ticks, view.span, fixed=view.value_range is not None)
        self.spectrogram.set_colours(colour_table(get(COLOURS)), get(DB_LOW), get(DB_HIGH))
        self.dressed.emit()


class PictureControls(QWidget):
    """Choosers of what the picture shows; shared by both pages through the settings."""

    picture_changed = Signal()
    colours_changed = Signal()

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        kinds = {
            "stft": _tr("Spectrum"),
            "mel": _tr("Mel bands"),
            "mfcc": _tr("MFCC"),
            "chroma": _tr("Chroma"),
            WAVEFORM_ONLY: _tr("Waveform only"),
        }
        scales = {"mel": _tr("Mel scale"), "log": _tr("Log scale"), "linear": _tr("Linear scale")}
        maps = {name: name.capitalize() for name in COLOUR_MAPS}
        self.kind = self._chooser(_tr("What the picture shows"), kinds, VIEW)
        self.scale = self._chooser(_tr("Frequency scale"), scales, SCALE)
        self.map = self._chooser(_tr("Colour map"), maps, COLOURS)
        self.notes = QCheckBox(_tr("Notes"))
        self.notes.setToolTip(_tr("Note names instead of Hz on the frequency axis"))
        self.notes.setAccessibleName(_tr("Note names"))
        self.notes.setChecked(bool(settings.get(NOTES)))
        self.notes.toggled.connect(self._keep_notes)
        self.low = self._level(_tr("Level of the darkest colour in dB"), DB_LOW)
        self.high = self._level(_tr("Level of the brightest colour in dB"), DB_HIGH)
        for widget in (self.kind, self.scale, self.notes, self.map):
            layout.addWidget(widget)
        layout.addWidget(self.low)
        layout.addWidget(QLabel(_tr("to")))
        layout.addWidget(self.high)
        self._enable()

    def reload(self) -> None:
        """Show what the other page may have chosen."""
        for box, setting in ((self.kind, VIEW), (self.scale, SCALE), (self.map, COLOURS)):
            box.blockSignals(True)
            box.setCurrentIndex(max(0, box.findData(self._settings.get(setting))))
            box.blockSignals(False)
        for spin, setting in ((self.low, DB_LOW), (self.high, DB_HIGH)):
            spin.blockSignals(True)
            spin.setValue(self._settings.get(setting))
            spin.blockSignals(False)
        self.notes.blockSignals(True)
        self.notes.setChecked(bool(self._settings.get(NOTES)))
        self.notes.blockSignals(False)
        self._enable()

    def _chooser(self, words: str, choices: dict[str, str], setting: Setting) -> QComboBox:
        box = QComboBox()
        for value, name in choices.items():
            box.addItem(name, value)
        box.setCurrentIndex(max(0, box.findData(self._settings.get(setting))))
        box.setToolTip(words)
        box.setAccessibleName(words)
        box.currentIndexChanged.connect(lambda _: self._keep(setting, box.currentData()))
        return box

    def _level(self, words: str, setting: Setting) -> QSpinBox:
        spin = QSpinBox()
        spin.setRange(-120, 20)
        spin.setSingleStep(5)
        spin.setSuffix(" dB")
        spin.setFixedWidth(84)
        spin.setValue(self._settings.get(setting))
        spin.setToolTip(words)
        spin.setAccessibleName(words)
        spin.valueChanged.connect(lambda value: self._keep(setting, value))
        return spin

    def _keep(self, setting: Setting, value: object) -> None:
        self._settings.set(setting, value)
        self._enable()
        picture = setting in (VIEW, SCALE)
        (self.picture_changed if picture else self.colours_changed).emit()

    def _keep_notes(self, on: bool) -> None:
        self._settings.set(NOTES, on)
        self.colours_changed.emit()

    def _enable(self) -> None:
        kind = self.kind.currentData()
        self.scale.setEnabled(kind == "stft")
        self.map.setEnabled(kind != WAVEFORM_ONLY)
        self.notes.setEnabled(kind in ("stft", "mel"))
        for spin in (self.low, self.high):
            spin.setEnabled(kind in ("stft", "mel"))

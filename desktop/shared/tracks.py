"""The stack of tracks that both pages show, with its menu and what is kept in the settings."""

import math
from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QSplitter, QVBoxLayout, QWidget

from desktop.plots.tracks.keys import TrackKeys
from desktop.plots.tracks.lanes import LanesTrack
from desktop.plots.tracks.minimap import Minimap
from desktop.plots.tracks.spectrogram import SpectrogramTrack
from desktop.plots.tracks.time_axis import TimeAxis
from desktop.plots.tracks.time_range import TimeRange
from desktop.plots.tracks.track import Track
from desktop.plots.tracks.waveform import WaveformTrack
from desktop.plots.values.track import ValuesTrack
from desktop.settings import (
    COLOURS,
    DB_HIGH,
    DB_LOW,
    DECIBELS,
    FOLLOW,
    GRID,
    MIX,
    NOTES,
    PANS,
    SCALE,
    VIEW,
    WAVEFORM_ONLY,
    Setting,
    Settings,
)
from desktop.shared.picture_controls import PictureControls
from desktop.shared.track_menu import TrackMenu
from desktop.style import colour_table
from engine.pictures.view import Kind, View, axis_ticks

_SHARES = (2, 6, 3, 3)  # of the height: waveform, spectrogram, lanes, values
_PLAIN = Qt.KeyboardModifier.NoModifier


class Tracks(QFrame):
    """Waveform, spectrogram, lanes and values over one time axis."""

    cursor_wanted = Signal(float)  # by keys
    style_applied = Signal()
    mix_changed = Signal()
    menu_made = Signal(object, object, QPoint)  # a track, its menu, where: to be added to

    def __init__(self, settings: Settings, *, interactive: bool) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.settings = settings
        self._view: View | None = None
        self.controls: PictureControls | None = None
        self.time = TimeRange(self)
        self.waveform = WaveformTrack(self.time, interactive=interactive)
        self.spectrogram = SpectrogramTrack(self.time, interactive=interactive)
        self.lanes = LanesTrack(self.time, interactive=interactive)
        self.axis = TimeAxis(self.time, interactive=interactive)
        self.minimap = Minimap(self.time)
        self.minimap.setVisible(interactive)
        self.values = ValuesTrack(self.time, interactive=interactive)
        self.all: tuple[Track, ...] = (
            self.waveform, self.spectrogram, self.lanes, self.axis, self.values,
        )  # fmt: skip
        self._split = QSplitter(self)
        self._split.setOrientation(Qt.Orientation.Vertical)
        self._split.setChildrenCollapsible(False)
        stack = (self.waveform, self.spectrogram, self.lanes, self.values)
        for track, share in zip(stack, _SHARES, strict=True):
            self._split.addWidget(track)
            self._split.setStretchFactor(self._split.count() - 1, share)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(0)
        layout.addWidget(self._split, 1)
        layout.addWidget(self.axis)
        layout.addWidget(self.minimap)
        for track in self.all:
            track.menu_wanted.connect(lambda place, track=track: self.open_menu(track, place))
        self.spectrogram.bar.levels_changed.connect(self.set_levels)
        self.spectrogram.bar.reset_wanted.connect(self.reset_levels)
        self.apply()

    def serve(self, page: QWidget, controls: PictureControls, space: Callable[[], None]) -> None:
        """Take a page's keys and the choosers below it; Space alone does what it is told to."""
        self.controls = controls
        for track in (self.waveform, self.spectrogram, self.lanes, self.values):
            track.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        TrackKeys(page, self.time, space=space, menu=lambda: self.open_menu(self.spectrogram))

    def set_interactive(self, on: bool) -> None:
        """Let the user move and select in the tracks: a rolling picture moves by itself."""
        for track in self.all:
            track.set_interactive(on)
        self.minimap.setVisible(on)

    def choose(self, setting: Setting, value: object) -> None:
        """Keep a choice of the menu, and show it."""
        self.settings.set(setting, value)
        self.apply()
        if setting is MIX:
            self.mix_changed.emit()

    def apply(self) -> None:
        """What the settings say, where the menu changes them."""
        self.waveform.set_decibels(bool(self.settings.get(DECIBELS)))
        for track in self.all:
            track.set_grid(bool(self.settings.get(GRID)))
        self.time.set_panning(bool(self.settings.get(PANS)))
        get = self.settings.get
        self.spectrogram.set_colours(colour_table(get(COLOURS)), get(DB_LOW), get(DB_HIGH))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.apply()  # another page may have chosen otherwise

    def open_menu(self, track: Track, place: QPoint | None = None) -> TrackMenu:
        """What the right button opens; by the keyboard in the middle of the track."""
        if place is None:
            place = track.mapToGlobal(track.plot.center().toPoint())
        menu = TrackMenu(self, track, self)
        menu.aboutToHide.connect(menu.deleteLater)
        self.menu_made.emit(track, menu, place)
        menu.popup(place)
        return menu

    def set_levels(self, low: int, high: int) -> None:
        """The levels of the darkest and the brightest colour."""
        self.settings.set(DB_LOW, low)
        self.settings.set(DB_HIGH, high)
        if self._view is not None:
            self.apply_style(self._view)
        if self.controls is not None:
            self.controls.reload()

    def reset_levels(self) -> None:
        """Those that Earmark comes with."""
        self.set_levels(DB_LOW.default, DB_HIGH.default)

    def share_heights(self) -> None:
        """Give each track its share again, after one was hidden."""
        self._split.setSizes([100 * share for share in _SHARES])

    def view_all(self) -> None:
        """Undo all zooming."""
        self.time.show_all()
        for track in self.all:
            track.show_all_heights()

    def follow_playing(self, seconds: float) -> None:
        """Where the loudspeaker is: the cursor moves, and what is shown, if that is wished."""
        how = self.settings.get(FOLLOW)
        if how == "no":
            self.time.set_cursor(seconds)
        else:
            self.time.move_cursor(seconds, centred=how == "centre")

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
            Qt.Key.Key_Home: lambda: time.show(time.begin, time.begin + span),
            Qt.Key.Key_End: lambda: time.show(
                time.duration - (time.end - time.start), time.duration
            ),
            Qt.Key.Key_0: self.view_all,
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
        get = self.settings.get
        kind: Kind = "stft" if get(VIEW) == WAVEFORM_ONLY else get(VIEW)
        return View(kind=kind, rate_hz=rate_hz, scale=get(SCALE))

    def _scale_name(self, view: View, *, notes: bool) -> str:
        if view.frequencies:
            return self.tr("Note") if notes else self.tr("Frequency (Hz)")
        return self.tr("Pitch class") if view.kind == "chroma" else self.tr("Coefficient")

    def apply_style(self, view: View) -> None:
        """Colours and axis for a view."""
        get = self.settings.get
        self._view = view
        self.spectrogram.setVisible(get(VIEW) != WAVEFORM_ONLY)
        notes = bool(get(NOTES))

        def ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
            return axis_ticks(view, notes=notes, most=min(most, 12), low=low, high=high)

        fixed, name = view.value_range is not None, self._scale_name(view, notes=notes)
        self.spectrogram.set_scale(ticks, view.span, fixed=fixed, name=name)
        self.spectrogram.set_colours(colour_table(get(COLOURS)), get(DB_LOW), get(DB_HIGH))
        self.style_applied.emit()

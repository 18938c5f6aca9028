"""What the right button opens on a track."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from desktop.plots.tracks.spectrogram import SpectrogramTrack
from desktop.plots.tracks.time_range import TimeRange
from desktop.plots.tracks.track import Track
from desktop.plots.tracks.waveform import WaveformTrack
from desktop.settings import DECIBELS, FOLLOW, GRID, MIX, PANS, SCALE, Setting, Settings
from desktop.shared.picture_controls import PictureControls


class Stack(Protocol):
    """What the menu needs of the tracks that it belongs to."""

    settings: Settings
    time: TimeRange
    controls: PictureControls | None

    def choose(self, setting: Setting, value: object) -> None: ...
    def view_all(self) -> None: ...
    def reset_levels(self) -> None: ...


class TrackMenu(QMenu):
    """View, mouse, scale, picture and export of one track; choices are kept in the settings."""

    def __init__(self, tracks: Stack, track: Track, parent: QWidget) -> None:
        super().__init__(parent)
        self._tracks, self._track = tracks, track
        self._add_view()
        self._add_mouse()
        self.addSeparator()
        self._toggle(self.tr("Grid"), GRID)
        if isinstance(track, WaveformTrack):
            self._toggle(self.tr("Decibels (logarithmic)"), DECIBELS)
            if track.interactive:
                self._toggle(self.tr("Mix of all channels"), MIX)
        if isinstance(track, SpectrogramTrack):
            self._add_scale()
        if track.title:
            track.add_export_actions(self)

    def _add_view(self) -> None:
        tracks, time = self._tracks, self._tracks.time
        self.addAction(self.tr("View all\t0"), tracks.view_all).setEnabled(self._track.interactive)
        to_selection = self.addAction(self.tr("Zoom to selection"), time.show_selection)
        to_selection.setEnabled(time.selection is not None)
        if isinstance(self._track, WaveformTrack | SpectrogramTrack):
            self.addAction(self.tr("Reset vertical zoom"), self._track.show_all_heights)

    def _add_mouse(self) -> None:
        if not self._track.interactive:
            return
        mouse = self.addMenu(self.tr("Mouse"))
        choices = {
            False: self.tr("Drag to select"),
            True: self.tr("Drag to scroll (or hold Space)"),
        }
        self._choices(mouse, choices, PANS)
        follow = self.addMenu(self.tr("While playing"))
        ways = {
            "page": self.tr("Scroll page by page"),
            "centre": self.tr("Keep the playback position centred"),
            "no": self.tr("Do not scroll"),
        }
        self._choices(follow, ways, FOLLOW)

    def _add_scale(self) -> None:
        controls = self._tracks.controls
        if controls is None:
            return
        if controls.scale.isEnabled():
            menu, box = self.addMenu(self.tr("Frequency scale")), controls.scale
            choices = {box.itemData(n): box.itemText(n) for n in range(box.count())}
            self._choices(
                menu, choices, SCALE, lambda name: box.setCurrentIndex(box.findData(name))
            )
        if controls.notes.isEnabled():
            notes = self.addAction(controls.notes.text())
            notes.setCheckable(True)
            notes.setChecked(controls.notes.isChecked())
            notes.toggled.connect(controls.notes.setChecked)
        reset = self.addAction(self.tr("Reset colours"), self._tracks.reset_levels)
        reset.setEnabled(controls.low.isEnabled())

    def _toggle(self, words: str, setting: Setting) -> None:
        action = self.addAction(words)
        action.setCheckable(True)
        action.setChecked(bool(self._tracks.settings.get(setting)))
        action.toggled.connect(lambda on: self._tracks.choose(setting, on))

    def _choices(
        self,
        menu: QMenu,
        choices: Mapping[Any, str],
        setting: Setting,
        do: Callable[[object], None] | None = None,
    ) -> None:
        group = QActionGroup(menu)
        chosen = self._tracks.settings.get(setting)
        for value, words in choices.items():
            action = menu.addAction(words)
            action.setCheckable(True)
            action.setChecked(value == chosen)
            group.addAction(action)
            act = do or (lambda value: self._tracks.choose(setting, value))
            action.triggered.connect(lambda _=False, value=value, act=act: act(value))

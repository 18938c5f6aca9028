"""The Listen page: what the microphone hears, as it sounds."""

import datetime
import functools
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QStandardPaths, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop import jobs
from desktop.pages import listening
from desktop.pages.reading import bars, place, stretches
from desktop.pages.tracks import PictureControls, Tracks
from desktop.session import Session
from desktop.settings import DEVICE, HOST_API, RECORDINGS
from desktop.widgets.banner import Banner
from desktop.widgets.level_meter import LevelMeter
from desktop.widgets.predictions import Predictions
from desktop.widgets.time_axis import clock
from engine.views import View

SPAN_SECONDS = 20.0
_PAINT_MS = 33
_TEXT_MS = 250


class ListenPage(QWidget):
    """Device, level, rolling pictures, predictions and what was heard."""

    listening_changed = Signal(bool)
    recording_changed = Signal(bool)
    status = Signal(str)
    open_file = Signal(Path)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._job: jobs.Job | None = None
        self._waiting: jobs.Job | None = None
        self._wishes = listening.Wishes()
        self._latest: listening.Heard | None = None
        self._view = View("stft", 48000)
        self._now = 0.0
        self._envelope = np.zeros((2, 0), dtype=np.float32)
        self._frozen = False
        self._panels: dict[str, Predictions] = {}
        self._build()
        self._paint = QTimer(self)
        self._paint.setInterval(_PAINT_MS)
        self._paint.timeout.connect(self._advance)
        self._text = QTimer(self)
        self._text.setInterval(_TEXT_MS)
        self._text.timeout.connect(self._say)
        session.classifiers_loaded.connect(self._show_classifiers)
        session.loading_failed.connect(self.banner.say)
        self._show_classifiers()

    def _build(self) -> None:
        self.banner = Banner()
        self.tracks = Tracks(self._session.settings, interactive=False)
        self.controls = PictureControls(self._session.settings)
        self.controls.picture_changed.connect(self._new_view)
        self.controls.colours_changed.connect(lambda: self.tracks.dress(self._view))
        self.tracks.spectrogram.hovered.connect(self._read_out)
        self._words = QLabel()
        self._words.setObjectName("faint")
        side = QHBoxLayout()
        side.addWidget(self.tracks, 1)
        side.addWidget(self._side_panel())
        below = QHBoxLayout()
        below.addWidget(self.controls)
        below.addStretch(1)
        below.addWidget(self._words)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 8)
        layout.setSpacing(8)
        layout.addLayout(self._top())
        layout.addWidget(self.banner)
        layout.addLayout(side, 1)
        layout.addLayout(below)
        self.tracks.dress(self._view)
        self.tracks.time.follow(0.0, SPAN_SECONDS)

    def _top(self) -> QHBoxLayout:
        self.devices = QComboBox()
        self.devices.setMinimumWidth(180)
        self.devices.setMaximumWidth(320)
        self.devices.setAccessibleName(self.tr("Microphone"))
        self.devices.setToolTip(self.tr("Microphone to listen to"))
        self.devices.addItem(self.tr("Default microphone"), ("", "", 2))
        self.devices.currentIndexChanged.connect(self._device_chosen)
        self.channels = QComboBox()
        self.channels.setAccessibleName(self.tr("Channel"))
        self.channels.setToolTip(self.tr("All channels mixed, or one of them"))
        self._fill_channels(2)
        self.refresh = self._button(self.tr("Refresh"), self.tr("Look for microphones anew"))
        self.refresh.clicked.connect(self.find_devices)
        self.meter = LevelMeter()
        self.listen_button = self._button(self.tr("Listen"), self.tr("Listen or stop (Space)"))
        self.listen_button.setObjectName("main")
        self.listen_button.clicked.connect(self.toggle)
        self.record_button = self._button(self.tr("Record"), self.tr("Record to a file (R)"))
        self.record_button.setObjectName("record")
        self.record_button.setCheckable(True)
        self.record_button.clicked.connect(self.record)
        self.keep_button = self._button(
            self.tr("Keep last 30 s"), self.tr("Save the last 30 seconds to a file (K)")
        )
        self.keep_button.clicked.connect(self.keep)
        self.freeze_button = self._button(
            self.tr("Freeze"), self.tr("Hold the picture; the sound goes on (F)")
        )
        self.freeze_button.setCheckable(True)
        self.freeze_button.toggled.connect(self.freeze)
        for button in (self.record_button, self.keep_button, self.freeze_button):
            button.setEnabled(False)
        top = QHBoxLayout()
        for widget in (self.listen_button, self.devices, self.channels, self.refresh, self.meter):
            top.addWidget(widget)
        top.addStretch(1)
        for widget in (self.record_button, self.keep_button, self.freeze_button):
            top.addWidget(widget)
        return top

    def _button(self, words: str, tip: str) -> QPushButton:
        button = QPushButton(words)
        button.setToolTip(tip)
        button.setAccessibleName(words)
        return button

    def _side_panel(self) -> QWidget:
        panel = QFrame()
        panel.setObjectName("panel")
        self._side = QVBoxLayout(panel)
        self._side.setContentsMargins(14, 10, 14, 10)
        self._side.setSpacing(12)
        self._loading = QLabel(self.tr("Classifiers are being loaded..."))
        self._loading.setObjectName("faint")
        self._side.addWidget(self._loading)
        self._side.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(panel)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFixedWidth(320)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAccessibleName(self.tr("Predictions"))
        return scroll

    @property
    def is_listening(self) -> bool:
        """Whether the microphone is open."""
        return self._job is not None

    def find_devices(self) -> None:
        """Ask for the microphones, unless one is in use: asking anew would end that."""
        if self._job is None:
            jobs.run(
                listening.find_inputs,
                on_result=self._list_devices,
                on_error=lambda text: self.banner.say(text),
                parent=self,
            )

    def _list_devices(self, found: list[Any]) -> None:
        settings = self._session.settings
        wanted = (settings.get(DEVICE), settings.get(HOST_API))
        self.devices.blockSignals(True)
        self.devices.clear()
        self.devices.addItem(self.tr("Default microphone"), ("", "", 2))
        for device in found:
            key = (device.id.name, device.id.host_api)
            self.devices.addItem(f"{key[0]}  ({key[1]})", (*key, device.channels))
            if key == wanted:
                self.devices.setCurrentIndex(self.devices.count() - 1)
        self.devices.blockSignals(False)
        self._fill_channels(self.devices.currentData()[2])
        if not found:
            self.banner.say(
                self.tr(
                    "There is no microphone. Plug one in, then press Refresh; files work anyway."
                )
            )
        elif self.banner.isVisible() and not self.is_listening:
            self.banner.hide()

    def _device_chosen(self) -> None:
        name, host_api, channels = self.devices.currentData()
        self._session.settings.set(DEVICE, name)
        self._session.settings.set(HOST_API, host_api)
        self._fill_channels(channels)
        if self.is_listening:
            self.stop()
            self.start()

    def _fill_channels(self, count: int) -> None:
        self.channels.blockSignals(True)
        self.channels.clear()
        self.channels.addItem(self.tr("All channels"), None)
        for channel in range(min(count, 32)):
            self.channels.addItem(self.tr("Channel {}").format(channel + 1), channel)
        self.channels.blockSignals(False)
        self.channels.setVisible(count > 1)

    def toggle(self) -> None:
        """Start or stop."""
        if self.is_listening or self._waiting is not None:
            self.stop()
        else:
            self.start()

    def start(self) -> None:
        """Open the microphone."""
        name, host_api, _ = self.devices.currentData()
        channel = self.channels.currentData()
        self.banner.hide()
        self._wishes = listening.Wishes()
        wishes, session = self._wishes, self._session
        self._job = jobs.run(
            lambda: listening.hear(
                lambda: listening.open_chosen(name, host_api, channel),
                lambda: session.classifiers,
                wishes,
            ),
            on_event=self._news,
            on_error=self._lost,
            parent=self,
        )
        self._new_view()
        self._paint.start()
        self._text.start()
        self._show_state()

    def stop(self) -> None:
        """Close the microphone; the picture stays."""
        for job in (self._job, self._waiting):
            if job is not None:
                job.cancel()
        self._job = self._waiting = None
        self._paint.stop()
        self._text.stop()
        self.meter.set_level(-120, -120, 0)
        self.record_button.setChecked(False)
        self._show_state()
        self.recording_changed.emit(False)

    def record(self, on: bool) -> None:
        """Begin or end recording."""
        if not self.is_listening:
            return
        self._wishes.record_to = self._new_file("recording") if on else None
        self.record_button.setChecked(on)
        self.recording_changed.emit(on)
        if not on:
            self.banner.say(self.tr("The recording is in {}.").format(self._folder()))

    def keep(self) -> None:
        """Save the last half minute."""
        if self.is_listening:
            self._wishes.keep_to = self._new_file("kept")

    def freeze(self, on: bool) -> None:
        """Hold or release the picture."""
        self._frozen = on
        self.freeze_button.setChecked(on)

    def _folder(self) -> Path:
        chosen = self._session.settings.get(RECORDINGS)
        music = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MusicLocation)
        return Path(chosen) if chosen else Path(music or Path.home()) / "Earmark"

    def _new_file(self, kind: str) -> Path:
        stamp = datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H.%M.%S")
        return self._folder() / f"{stamp} {kind}.flac"

    def _new_view(self) -> None:
        self._view = self.tracks.view(self._view.rate_hz)
        self._wishes.view = self._view if self._latest is not None else None
        self.tracks.dress(self._view)

    def _news(self, events: list[listening.Heard]) -> None:
        for heard in events:
            self._take(heard)
        last = events[-1]
        level = max((e.level for e in events), key=lambda found: found.peak)
        self.meter.set_level(level.rms_db, level.peak_db, sum(e.level.clipped for e in events))
        if self._frozen:
            return
        lanes = next((e.lanes for e in reversed(events) if e.lanes is not None), None)
        if lanes is not None:
            self.tracks.lanes.set_lanes({name: stretches(found) for name, found in lanes.items()})
        for name, decision in last.decisions.items():
            if name in self._panels:
                self._panels[name].set_predictions(decision.verdict, bars(decision))

    def _take(self, heard: listening.Heard) -> None:
        first_news = self._latest is None
        self._latest = heard
        if first_news or heard.view.rate_hz != self._view.rate_hz:
            self._view = self.tracks.view(heard.view.rate_hz)
            self._wishes.view = self._view
        if heard.restarted:
            view = heard.view
            seconds = view.hop_length / view.rate_hz
            columns = int(1.1 * SPAN_SECONDS / seconds) + 8
            self.tracks.dress(view)
            self.tracks.spectrogram.start_rolling(view.height, columns, seconds)
            self._started = heard.stats.seconds - 0.05
            self._envelope = np.zeros((2, 0), dtype=np.float32)
        if not self._frozen:
            self.tracks.spectrogram.append(heard.columns)
            self._envelope = np.concatenate([self._envelope, heard.envelope], axis=1)
        self._now = heard.stats.seconds
        if heard.kept is not None:
            self.banner.say(
                self.tr("Kept in {}.").format(heard.kept),
                Open=functools.partial(self.open_file.emit, heard.kept),
            )

    def _advance(self) -> None:
        if self._frozen or self._latest is None:
            return
        points = int(SPAN_SECONDS * 100 * 1.05)
        self._envelope = self._envelope[:, -points:]
        first = self._now - self._envelope.shape[1] * 0.01
        self.tracks.waveform.set_envelope(self._envelope, first, self._now)
        self.tracks.time.follow(self._now, SPAN_SECONDS)

    def _say(self) -> None:
        if self._latest is None:
            return
        stats = self._latest.stats
        rate = f"{self._latest.view.rate_hz / 1000:g} kHz"
        words = [
            self.tr("Listening at {}").format(rate),
            self.tr("latency {:.0f} ms").format(stats.latency_seconds * 1000),
            self.tr("load {:.0%}").format(stats.load),
            self.tr("lost {} samples, skipped {} windows").format(
                stats.dropped_samples, stats.skipped_windows
            ),
        ]
        if self._latest.recorded_seconds is not None:
            words.insert(0, self.tr("Recording {}").format(clock(self._latest.recorded_seconds)))
        self.status.emit("   ".join(words))
        if self._latest.advice and self._latest.advice != self.banner.text:
            self.banner.say(self._latest.advice)

    def _lost(self, message: str) -> None:
        """The microphone is gone: say so once, offer the others, come back when it does."""
        name, host_api, _ = self.devices.currentData()
        ran = self._latest is not None
        self.stop()
        self._latest = None
        self.banner.say(message, Try_again=self.start, Refresh=self.find_devices)
        if ran and name:
            self._waiting = jobs.run(
                lambda: listening.wait_for(name, host_api), on_result=self._back, parent=self
            )
        self._show_state()

    def _back(self, device: Any) -> None:
        self._waiting = None
        self.banner.say(self.tr("The microphone '{}' is back.").format(device.id.name))
        self.start()

    def _show_state(self) -> None:
        on = self.is_listening
        waiting = self._waiting is not None
        words = self.tr("Stop") if on or waiting else self.tr("Listen")
        self.listen_button.setText(words)
        for button in (self.record_button, self.keep_button, self.freeze_button):
            button.setEnabled(on)
        self.refresh.setEnabled(not on)
        self.listening_changed.emit(on)
        if not on:
            self.status.emit(self.tr("Waiting for the microphone") if waiting else "")

    def _show_classifiers(self) -> None:
        for name, classifier in self._session.classifiers.items():
            if name not in self._panels:
                panel = Predictions(classifier.card.title)
                panel.set_predictions(self.tr("ready"), [])
                self._panels[name] = panel
                self._side.insertWidget(self._side.count() - 1, panel)
        self._loading.setVisible(not self._panels)

    def _read_out(self, seconds: float, height: float) -> None:
        self._words.setText(place(self._view, self.tracks.spectrogram, seconds, height))

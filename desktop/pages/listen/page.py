"""The Listen page: live recognition from the microphone."""

import datetime
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QStandardPaths, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop import jobs
from desktop.pages.listen import worker
from desktop.pages.listen.rolling import Rolling
from desktop.pages.listen.toolbar import ListenBar
from desktop.pages.listen.why import ListenWhy
from desktop.plots.clock import clock
from desktop.requests import OpenFile, Request, StartListening
from desktop.session import Session
from desktop.settings import DEVICE, HOST_API, RECORDINGS, Settings
from desktop.shared import microphone
from desktop.shared.page import Page
from desktop.shared.picture_controls import PictureControls
from desktop.shared.prediction_panels import PredictionPanels
from desktop.shared.tracks import Tracks
from desktop.shared.wording import in_order, none_enabled, place

_PAINT_MS = 33
_TEXT_MS = 250


class ListenPage(Page):
    """Device, level, rolling pictures, predictions and detected labels."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.notices = session.notices()
        self._job: jobs.Job | None = None
        self._waiting: jobs.Job | None = None
        self._looked = False  # for microphones
        self._requests = worker.LiveRequests()
        self._names: set[Path] = set()  # of files that were asked for
        self._recording: Path | None = None
        self._recorded = False  # whether that file has begun
        self._latest: worker.LiveFrame | None = None
        self._returning = False  # reopened after it had gone, and nothing came yet
        self.tracks = Tracks(session.settings, interactive=False)
        self._rolling = Rolling(self.tracks)
        self._build()
        self._paint = self._timer(_PAINT_MS, self._rolling.advance)
        self._text = self._timer(_TEXT_MS, self._say)
        session.classifiers_loaded.connect(self._show_classifiers)
        self.tracks.apply_style(self._rolling.view)
        self._show_classifiers()

    def _timer(self, milliseconds: int, do: Any) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(milliseconds)
        timer.timeout.connect(do)
        return timer

    def _build(self) -> None:
        self.bar = ListenBar()
        self.panels = PredictionPanels(self.tr("Now"))
        self.controls = PictureControls(self._session.settings)
        self.explainer = ListenWhy(
            self._rolling, self.tracks, self.bar.freeze, self._session, self._ask_stretch
        )
        self._words = QLabel()
        self._words.setObjectName("faint")
        middle = QHBoxLayout()
        middle.addWidget(self.tracks, 1)
        middle.addWidget(self.panels)
        below = QHBoxLayout()
        below.addWidget(self.controls)
        below.addStretch(1)
        below.addWidget(self._words)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 8)
        layout.setSpacing(8)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        layout.addWidget(self.bar)
        layout.addWidget(self.explainer.why.strip)
        layout.addLayout(middle, 1)
        layout.addLayout(below)
        in_order(self.bar.why, self.explainer.why.strip.close_button)
        in_order(self.explainer.why.strip.close_button, *self.tracks.all[:3])
        self.panels.follow(self.tracks.lanes)
        self._connect()

    def _connect(self) -> None:
        self.tracks.serve(self, self.controls, self.toggle)
        self.controls.picture_changed.connect(self._new_view)
        self.controls.colours_changed.connect(lambda: self.tracks.apply_style(self._rolling.view))
        self.tracks.spectrogram.hovered.connect(self._read_out)
        self.tracks.waveform.hovered.connect(lambda at, _: self._words.setText(clock(at, 0.01)))
        self.tracks.cursor_wanted.connect(self.tracks.time.set_cursor)
        for track in self.tracks.all:
            track.clicked.connect(self.tracks.time.set_cursor)
        self.bar.listen.clicked.connect(self.toggle)
        self.bar.refresh.clicked.connect(self.find_devices)
        self.bar.record.clicked.connect(self.record)
        self.bar.keep.clicked.connect(self.keep)
        self.bar.freeze.toggled.connect(self._freeze)
        self.bar.device_chosen.connect(self._device_chosen)
        self.bar.why.clicked.connect(self.explainer.ask)
        self.panels.asked.connect(self.explainer.ask_label)

    @property
    def is_listening(self) -> bool:
        """Whether the microphone is open."""
        return self._job is not None

    @property
    def microphone_open(self) -> bool:
        return self.is_listening

    @property
    def commands(self) -> dict[str, Callable[[], object]]:
        return {
            "play": self.toggle,
            "record": lambda: self.record(not self.bar.record.isChecked()),
            "keep": self.keep,
            "freeze": self.bar.freeze.toggle,
            "why": self.explainer.ask,
            "devices": self.find_devices,
        }

    def enter(self) -> None:
        self.setFocus()  # its keys work, Space foremost
        self.controls.reload()
        if not self._looked:
            self._looked = True
            self.find_devices()

    def take(self, request: Request) -> None:
        if isinstance(request, StartListening) and not self.is_listening:
            self.start()

    def find_devices(self) -> None:
        """Ask for the microphones, unless one is in use: asking again would stop it."""
        if self._job is None:
            jobs.run(
                microphone.find_inputs,
                on_result=self._list_devices,
                on_error=self.notices.fail,
                parent=self,
            )

    def _list_devices(self, found: list[Any]) -> None:
        settings = self._session.settings
        self.bar.list_devices(found, (settings.get(DEVICE), settings.get(HOST_API)))
        if not found:
            self.notices.advise(
                self.tr(
                    "No microphone found. Plug one in and press Refresh, or open a sound file "
                    "instead."
                )
            )
        elif not self.is_listening:
            self.notices.clear()

    def _device_chosen(self) -> None:
        name, host_api = self.bar.device
        self._session.settings.set(DEVICE, name)
        self._session.settings.set(HOST_API, host_api)
        if self.is_listening:
            self.stop()
            self.start()

    def toggle(self) -> None:
        """Start or stop."""
        if self.is_listening or self._waiting is not None:
            self.stop()
        else:
            self.start()

    def start(self) -> None:
        """Open the microphone."""
        self.stop()
        self.notices.clear()
        self._open()

    def _open(self) -> None:
        device, channel, session = self.bar.device, self.bar.channel, self._session
        self.explainer.forget()
        self._latest = None
        requests = self._requests = worker.LiveRequests()
        self._job = jobs.run(
            lambda: worker.hear(
                lambda: microphone.open_chosen(*device, channel),
                lambda: session.live_classifiers,
                requests,
            ),
            on_event=self._news,
            on_error=self._lost,
            on_crash=lambda _: self.stop(),
            parent=self,
        )
        self._paint.start()
        self._text.start()
        self._show_state()

    def stop(self) -> None:
        """Close the microphone; the picture stays, and what was recorded."""
        recording = self._end_recording()
        if recording is not None:
            self._say_recorded(worker.Recorded(recording, 0.0))
        for job in (self._job, self._waiting):
            if job is not None:
                job.cancel()
        self._job = self._waiting = None
        self._returning = False
        self._paint.stop()
        self._text.stop()
        self.explainer.stop()
        self._show_state()

    def record(self, on: bool) -> None:
        """Begin or end recording."""
        if not self.is_listening:
            return
        path = self._new_file("recording") if on else None
        self._recording = path or self._recording  # the one that ends is told when it has
        self._requests.put(worker.Record(path))
        self.bar.record.setChecked(on)

    def keep(self) -> None:
        """Save the last half minute."""
        if self.is_listening:
            self._requests.put(worker.KeepLast(self._new_file("kept")))

    def _ask_stretch(self, begin: float, end: float) -> bool:
        """Ask for the sound that is to be explained; False when nothing listens."""
        if self.is_listening:
            self._requests.put(worker.GiveStretch(begin, end))
        return self.is_listening

    def _new_file(self, kind: str) -> Path:
        """One that is not there and was not asked for, however quickly one asks."""
        stamp = datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H.%M.%S")
        folder, name, number = _folder(self._session.settings), f"{stamp} {kind}", 2
        path = folder / f"{name}.flac"
        while path in self._names or path.exists():
            path, number = folder / f"{name} {number}.flac", number + 1
        self._names.add(path)
        return path

    def _freeze(self, on: bool) -> None:
        self._rolling.frozen = on
        heard = self._latest.stats.seconds if self._latest is not None else 0.0
        words = self.tr("Frozen at {}").format(clock(heard, 1.0))
        self.panels.heading.setText(words if on else self.tr("Now"))

    def _new_view(self) -> None:
        view = self.tracks.view(self._rolling.view.rate_hz)
        self._requests.put(worker.ShowView(view))
        if not self.is_listening:
            self._rolling.view = view
            self.tracks.apply_style(view)

    def _news(self, events: list[worker.LiveFrame]) -> None:
        last = events[-1]
        if self._latest is None:
            self._requests.put(worker.ShowView(self.tracks.view(last.view.rate_hz)))
            if self._returning:
                self._returning = False
                self._tell_back(last.device[0])
        self._latest, self._recorded = last, last.recorded_seconds is not None
        level = max((e.level for e in events), key=lambda found: found.peak)
        clipped = sum(e.level.clipped for e in events)
        self.bar.meter.set_level(level.rms_db, level.peak_db, clipped)
        self._rolling.take(events)
        for kept in (path for e in events for path in e.kept):
            opening = (self.tr("Open"), functools.partial(self._session.request, OpenFile(kept)))
            self.notices.notify(self.tr("Saved as {}.").format(kept), [opening], "success")
        for recorded in (ended for e in events for ended in e.recorded):
            self._say_recorded(recorded)
        for stretch in (found for e in events for found in e.stretches):
            self.explainer.take(stretch)

    def _end_recording(self) -> Path | None:
        """The file that is being recorded to, now that it ends unasked."""
        path = self._recording if self._recorded else None
        self._recording, self._recorded = None, False
        return path

    def _say_recorded(self, ended: worker.Recorded) -> None:
        """What became of a recording; stays when the page says something new."""
        if ended.path == self._recording:
            self._recording = None
            self.bar.record.setChecked(False)
        if ended.problem:
            self._session.notify(ended.problem, kind="error")
            return
        words = self.tr("Recording saved as {}.").format(ended.path)
        if ended.lost_seconds > 0:
            missing = self.tr(" {:.2f} s of sound were lost and are missing in it.")
            words += missing.format(ended.lost_seconds)
        opening = (self.tr("Open"), functools.partial(self._session.request, OpenFile(ended.path)))
        self._session.notify(words, [opening], "warning" if ended.lost_seconds else "success")

    def _say(self) -> None:
        """What is read, set less often than what moves."""
        if self._latest is None:
            return
        self._rolling.say()
        if not self._rolling.frozen:
            self.explainer.show_decisions(self._latest.decisions)
            for name, decision in self._latest.decisions.items():
                self.panels.show_decision(name, decision)
        self.explainer.tidy()
        stats = self._latest.stats
        rate = f"{self._latest.view.rate_hz / 1000:g} kHz"
        words = [
            self.tr("Listening at {}").format(rate),
            self.tr("latency {:.0f} ms").format(stats.latency_seconds * 1000),
            self.tr("load {:.0%}").format(stats.load),
            self.tr("{} samples lost, {} windows skipped").format(
                stats.dropped_samples, stats.skipped_windows
            ),
        ]
        if self._latest.recorded_seconds is not None:
            words.insert(0, self.tr("Recording {}").format(clock(self._latest.recorded_seconds)))
        self.status.emit("   ".join(words))
        self.notices.advise(self._latest.advice)

    def _lost(self, message: str) -> None:
        """The microphone is gone: say so once, offer the others, come back when it does."""
        latest, returning, device = self._latest, self._returning, self.bar.device
        self._latest = None
        self.stop()
        if latest is not None or not returning:
            again = (self.tr("Try again"), self.start)
            self.notices.notify(message, [again, (self.tr("Refresh"), self.find_devices)], "error")
        if latest is not None or returning:
            self._waiting = jobs.run(
                lambda: microphone.wait_for(*device), on_result=self._back, parent=self
            )
            self._show_state()

    def _back(self, device: Any) -> None:
        self._waiting = None
        self._open()
        self._returning = True  # it may be listed and not be ready yet: then go on waiting

    def _tell_back(self, name: str) -> None:
        self.notices.clear()
        words = self.tr("The microphone '{}' is back.").format(name)
        self.notices.notify(words, kind="success")

    def _show_state(self) -> None:
        waiting = self._waiting is not None
        self.bar.set_state(listening=self.is_listening, waiting=waiting)
        self.microphone_changed.emit()
        if not self.is_listening:
            self.status.emit(self.tr("Waiting for the microphone") if waiting else "")

    def _show_classifiers(self) -> None:
        classifiers = self._session.live_classifiers
        self.explainer.forget()
        self.panels.set_classifiers(classifiers, self.tr("ready"), _left_out(self._session, self))
        self.tracks.lanes.set_titles({n: c.card.title for n, c in classifiers.items()})
        self.tracks.lanes.set_lanes({name: [] for name in classifiers})

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.explainer.why.open:
            self.explainer.why.close()
        elif not (self._rolling.frozen and self.tracks.take_key(event.key(), event.modifiers())):
            super().keyPressEvent(event)

    def _read_out(self, seconds: float, height: float) -> None:
        self._words.setText(place(self._rolling.view, self.tracks.spectrogram, seconds, height))


def _left_out(session: Session, page: QWidget) -> str:
    """Why some of the enabled classifiers don't listen."""
    cards = [classifier.card for classifier in session.classifiers.values()]
    lines = [card.refusal(page.tr("listen")) for card in cards if card.files_only]
    if not lines:
        return none_enabled(session.loaded_names)
    return "\n\n".join([*lines, page.tr("Use it on the File page.")])


def _folder(settings: Settings) -> Path:
    chosen = settings.get(RECORDINGS)
    music = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MusicLocation)
    return Path(chosen) if chosen else Path(music or Path.home()) / "Earmark"

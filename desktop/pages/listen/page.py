"""The Listen page: live recognition from the microphone."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication, QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from desktop import jobs
from desktop.pages.listen import worker
from desktop.pages.listen.frozen import FrozenPicture
from desktop.pages.listen.heard.correct import ListenCorrecting
from desktop.pages.listen.heard.menu import Offers
from desktop.pages.listen.heard.recordings import Recordings
from desktop.pages.listen.heard.replay import Replay
from desktop.pages.listen.heard.stretch import Stream, Stretch
from desktop.pages.listen.listening import Listening
from desktop.pages.listen.rolling import Rolling
from desktop.pages.listen.stage import Stage
from desktop.pages.listen.toolbar import ListenBar
from desktop.pages.listen.view import ListenView
from desktop.pages.listen.why import ListenWhy
from desktop.plots.clock import clock, percent
from desktop.plots.tracks.track import Track
from desktop.requests import OpenFile, Request, ShowSounds, StartListening, UseMicrophone
from desktop.session import Session
from desktop.settings import CHANNEL, DEVICE, HOST_API
from desktop.shared import microphone
from desktop.shared.page import Page
from desktop.shared.tracks import Tracks
from desktop.shared.wording import none_enabled, place
from resources import resource

_PAINT_MS = 33
_TEXT_MS = 250
_WITH_MICROPHONE = "listen", "sounds"  # pages


class ListenPage(Page):
    """Device, level, the answer, rolling pictures, predictions, detected labels and their log.

    Attributes:
        offers: the menus on whatever was heard.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._again = False  # listens again once the microphones are listed
        self._session = session
        self.notices = session.notices()
        self._looked = False  # for microphones
        self.stream = Stream()
        self.tracks = Tracks(session.settings, interactive=False)
        self._rolling = Rolling(self.tracks)
        self._build()
        self._connect()
        self._paint = _timer(self, _PAINT_MS, self._rolling.advance)
        self._text = _timer(self, _TEXT_MS, self._say)
        session.classifiers_loaded.connect(self._show_classifiers)
        self.tracks.apply_style(self._rolling.view)
        self._show_classifiers()
        self._show_state()

    def _build(self) -> None:
        session = self._session
        self.bar = ListenBar()
        self.listening = Listening(
            session, lambda: self.bar.device, lambda: self.bar.channel, parent=self
        )
        self.recordings = Recordings(self.listening.ask, session, self.notices, parent=self)
        self.replay = Replay(session, self.notices, self.recordings, parent=self)
        self.offers = Offers(self.stream, self.replay, parent=self)
        self.frozen = FrozenPicture(self.tracks, self._rolling, self.stream, self.replay)
        self.explainer = ListenWhy(
            self._rolling, self.tracks, self.bar.freeze, session, self._ask_stretch
        )
        strip = self.explainer.why.strip
        self.view = ListenView(session, self.notices, self.tracks, self.frozen.bar, strip, self.bar)
        self.answer, self.now, self.log = self.view.answer, self.view.now, self.view.log
        self.panels, self.controls = self.now.panels, self.view.controls
        self.corrections = ListenCorrecting(self.offers, self.replay, self.answer, session, self)
        self.stage = Stage(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def _connect(self) -> None:
        self.tracks.serve(self, self.controls, self._space)
        self.controls.picture_changed.connect(self._new_view)
        self.controls.colours_changed.connect(lambda: self.tracks.apply_style(self._rolling.view))
        self.tracks.spectrogram.hovered.connect(self._read_out)
        words = self.view.words
        self.tracks.waveform.hovered.connect(lambda at, _: words.setText(clock(at, 0.01)))
        self.tracks.cursor_wanted.connect(self.tracks.time.set_cursor)
        self.tracks.menu_made.connect(self._offer_lane)
        for track in self.tracks.all:
            track.clicked.connect(self.tracks.time.set_cursor)
        welcome, demo = self.view.welcome, OpenFile(resource("sounds", "demo.ogg"))
        self.answer.button.clicked.connect(self.toggle)
        welcome.button.clicked.connect(self.toggle)
        welcome.demo_wanted.connect(lambda: self._session.request(demo))
        welcome.teaching_wanted.connect(lambda: self._session.request(ShowSounds()))
        self.panels.asked.connect(self.explainer.ask_label)
        self.listening.heard.connect(self._news)
        self.listening.changed.connect(self._show_state)
        self.listening.lost.connect(self._lost)
        self.listening.back.connect(self._tell_back)
        self.stage.toggled.connect(self.toggle)
        self.stage.frozen.connect(self.bar.freeze.click)
        self.stage.correcting.connect(lambda: self.corrections.ask(over=self.stage.line))
        self._connect_bar()
        self._connect_heard()

    def _connect_bar(self) -> None:
        bar = self.bar
        bar.refresh.clicked.connect(self.find_devices)
        bar.record.clicked.connect(self.record)
        self.recordings.shown.connect(bar.show_recording)
        bar.keep.clicked.connect(self.keep)
        bar.freeze.toggled.connect(self._freeze)
        bar.device_chosen.connect(self._device_chosen)
        bar.why.clicked.connect(self.explainer.ask)
        self.frozen.bar.leave_wanted.connect(lambda: bar.freeze.setChecked(False))

    def _connect_heard(self) -> None:
        """Menus and the log."""
        answer, table, offers = self.answer, self.log.table, self.offers
        answer.line.menu_wanted.connect(lambda at: offers.on_answer(answer.speaker, at))
        answer.lead_changed.connect(lambda: self._say() if self.is_listening else None)
        self.panels.menu_wanted.connect(offers.on_label)
        table.play_wanted.connect(self._play_row)
        table.open_wanted.connect(self.replay.open)
        table.menu_wanted.connect(offers.show)

    @property
    def is_listening(self) -> bool:
        """Whether the microphone is open."""
        return self.listening.open

    @property
    def microphone_open(self) -> bool:
        return self.is_listening

    @property
    def commands(self) -> dict[str, Callable[[], object]]:
        return {
            "play": self._space,
            "record": lambda: self.record(not self.bar.record.isChecked()),
            "keep": self.keep,
            "freeze": self.bar.freeze.click,
            "why": self.explainer.ask,
            "correct": self.corrections.ask,
            "devices": self.find_devices,
            "stage": self.show_stage,
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
        elif isinstance(request, UseMicrophone):
            self._again = self.is_listening
            self.stop()
            self.find_devices()  # which takes what the settings say

    def find_devices(self) -> None:
        """Ask for the microphones, unless one is in use: asking again would stop it."""
        if not self.is_listening:
            jobs.run(
                microphone.find_inputs,
                on_result=self._list_devices,
                on_error=self.notices.fail,
                parent=self,
            )

    def _list_devices(self, found: list[Any]) -> None:
        settings = self._session.settings
        wanted = settings.get(DEVICE), settings.get(HOST_API)
        self.bar.list_devices(found, wanted, settings.get(CHANNEL))
        if not found:
            words = self.tr(
                "No microphone found. Plug one in and press Refresh, or open a sound file instead."
            )
            self.notices.advise(words, _WITH_MICROPHONE)
        elif not self.is_listening:
            self.notices.clear()
        if self._again:
            self._again = False
            self.start()

    def _device_chosen(self) -> None:
        name, host_api = self.bar.device
        self._session.settings.set(DEVICE, name)
        self._session.settings.set(HOST_API, host_api)
        channel = self.bar.channel
        self._session.settings.set(CHANNEL, -1 if channel is None else channel)
        if self.is_listening:
            self.stop()
            self.start()

    def toggle(self) -> None:
        """Start or stop."""
        if self.is_listening or self.listening.waiting:
            self.stop()
        else:
            self.start()

    def _space(self) -> None:
        """Listen or stop; play what is selected of a picture that is frozen."""
        if self.is_listening and self.frozen.on:
            self.frozen.play()
        else:
            self.toggle()

    def start(self) -> None:
        """Open the microphone."""
        self.stop()
        self.notices.clear()
        self.stream.latest = None
        self.bar.freeze.setChecked(False)
        self.frozen.release()
        self.explainer.forget()
        self.panels.heading.setText(self.tr("Now"))
        self.view.show_live(on=True)
        self.listening.start()

    def stop(self) -> None:
        """Close the microphone; the picture stays, and what was recorded."""
        self.listening.stop()
        self.replay.stop()

    def show_stage(self) -> None:
        """The answer alone, over the whole screen."""
        self.stage.enter(self.screen())

    def record(self, on: bool) -> None:
        """Begin or end recording."""
        if self.is_listening:
            self.recordings.record(on)

    def keep(self) -> None:
        """Save the last half minute; of a picture that is frozen what is selected or shown."""
        if self.frozen.on:
            self.frozen.keep()
        elif self.is_listening:
            self.recordings.keep()

    def _ask_stretch(self, begin: float, end: float) -> bool:
        """Ask for the sound that is to be explained; False when nothing listens."""
        if self.is_listening:
            self.listening.ask(worker.GiveStretch(begin, end))
        return self.is_listening

    def _freeze(self, on: bool) -> None:
        if on:
            self.frozen.hold(listening=self.is_listening)
        else:
            self.frozen.release()
            self._say()
        latest = self.stream.latest
        words = self.tr("Frozen at {}").format(clock(latest.stats.seconds if latest else 0.0, 1.0))
        self.panels.heading.setText(words if on else self.tr("Now"))

    def _new_view(self) -> None:
        view = self.tracks.view(self._rolling.view.rate_hz)
        self.listening.ask(worker.ShowView(view))
        if not self.is_listening:
            self._rolling.view = view
            self.tracks.apply_style(view)

    def _news(self, events: list[worker.LiveFrame]) -> None:
        last, first = events[-1], self.stream.latest is None
        self.stream.take(events)
        if first:
            self.listening.ask(worker.ShowView(self.tracks.view(last.view.rate_hz)))
        level = max((e.level for e in events), key=lambda found: found.peak)
        clipped = sum(e.level.clipped for e in events)
        self.bar.meter.set_level(level.rms_db, level.peak_db, clipped)
        self.stage.meter.set_level(level.rms_db, level.peak_db, clipped)
        self.answer.button.set_level(level.peak_db, clipped=bool(clipped))
        self._rolling.take(events)
        self.recordings.take(events)
        self.log.collect(events, self.stream)
        for event in events:
            self._session.last_minute.push(event.rows)
        for stretch in (found for e in events for found in e.stretches):
            self.explainer.take(stretch)

    def _say(self) -> None:
        """What is read, set less often than what moves."""
        latest = self.stream.latest
        if latest is None:
            return
        if not self.frozen.on:
            self._rolling.say()
            self.explainer.show_decisions(latest.decisions)
            self.answer.show_frame(latest)
            self.now.show_frame(latest)
            self.panels.show_curves(self._rolling.ways())
            self.stage.show_line(self.answer.line, self.now.situation.current)
            self.log.show_collected()
            self.corrections.watch(latest)
        self.explainer.tidy()
        self.status.emit(_figures(latest))
        self.notices.advise(latest.advice)

    def _lost(self, message: str) -> None:
        """The microphone is gone: say so once, offer the others."""
        again = (self.tr("Try again"), self.start)
        self.notices.notify(message, [again, (self.tr("Refresh"), self.find_devices)], "error")

    def _tell_back(self, name: str) -> None:
        self.notices.clear()
        self.notices.notify(self.tr("The microphone '{}' is back.").format(name), kind="success")

    def _show_state(self) -> None:
        waiting = self.listening.waiting
        active = self.is_listening or waiting
        self.bar.set_state(listening=self.is_listening)
        words = self.tr("Stop") if active else self.tr("Listen")
        for button in (self.answer.button, self.view.welcome.button):
            button.show_state(words, listening=active)
        for timer in (self._paint, self._text):
            timer.start() if self.is_listening else timer.stop()
        self.microphone_changed.emit()
        if not self.is_listening:
            self._show_closed(waiting=waiting)

    def _show_closed(self, *, waiting: bool) -> None:
        """The microphone is closed: what was heard can be looked at and played."""
        words = self.tr("Waiting for the microphone") if waiting else ""
        self.status.emit(words)
        self.answer.show_words(words or self.tr("not listening"))
        self.stage.show_line(self.answer.line, "")
        self.now.situation.show_kind("")
        self.notices.advise(None)
        self.explainer.stop()
        self.corrections.correcting.stand_down()
        self.log.show_collected()
        self.recordings.stop()
        if self.stream.sound is None:
            self.view.show_live(on=False)
        else:
            self.frozen.hold(listening=False)
            self.panels.heading.setText(self.frozen.bar.words)

    def _show_classifiers(self) -> None:
        classifiers = self._session.live_classifiers
        self.explainer.forget()
        self.answer.set_classifiers(classifiers)
        left_out = _left_out(self._session, self)
        self.view.welcome.say("" if classifiers else left_out)
        self.panels.set_classifiers(classifiers, self.tr("ready"), left_out)
        titles = {n: c.card.title for n, c in classifiers.items()}
        self.log.set_titles(titles)
        self.tracks.lanes.set_titles(titles)
        self.tracks.values.set_titles(titles)
        self.tracks.values.set_curves({})
        self.tracks.lanes.set_lanes(
            {name: [] for name, c in classifiers.items() if not c.card.is_regression}
        )

    def _play_row(self, stretch: Stretch) -> None:
        """Play a row of the log; a picture that is frozen shows where it was."""
        self.replay.play(stretch)
        if self.frozen.on and stretch.sound is self.stream.sound:
            self.tracks.time.select(stretch.begin, stretch.end)

    def _offer_lane(self, track: Track, menu: QMenu, place: QPoint) -> None:
        lanes = self.tracks.lanes
        found = lanes.segment_at(lanes.mapFromGlobal(place)) if track is lanes else None
        if found is not None:
            lane, segment = found
            self.offers.add_to(menu, lane, segment.label, segment.start, segment.end)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.explainer.why.open:
            self.explainer.why.close()
        elif not (self._rolling.frozen and self.tracks.take_key(event.key(), event.modifiers())):
            super().keyPressEvent(event)

    def _read_out(self, seconds: float, height: float) -> None:
        words = place(self._rolling.view, self.tracks.spectrogram, seconds, height)
        self.view.words.setText(words)


def _timer(page: QWidget, milliseconds: int, do: Callable[[], object]) -> QTimer:
    timer = QTimer(page)
    timer.setInterval(milliseconds)
    timer.timeout.connect(do)
    return timer


def _left_out(session: Session, page: QWidget) -> str:
    """Why some of the enabled classifiers don't listen."""
    cards = [classifier.card for classifier in session.classifiers.values()]
    lines = [card.refusal(page.tr("listen")) for card in cards if card.files_only]
    if not lines:
        return none_enabled(session.loaded_names)
    return "\n\n".join([*lines, page.tr("Use it on the File page.")])


def _figures(frame: worker.LiveFrame) -> str:
    """How well the analysis keeps up, for the status bar."""
    stats = frame.stats
    words = [
        _tr("Listening at {}").format(f"{frame.view.rate_hz / 1000:g} kHz"),
        _tr("latency {:.0f} ms").format(stats.latency_seconds * 1000),
        _tr("load {}").format(percent(stats.load)),
        _tr("{} samples lost, {} windows skipped").format(
            stats.dropped_samples, stats.skipped_windows
        ),
    ]
    return "   ".join(words)


def _tr(text: str) -> str:
    return QCoreApplication.translate("ListenPage", text)

"""The File page: one recording with its pictures and detected labels."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout

from desktop import jobs
from desktop.pages.file import worker
from desktop.pages.file.correct import FileCorrecting
from desktop.pages.file.export import FileExports
from desktop.pages.file.facts import FileFacts
from desktop.pages.file.header import FileHeader
from desktop.pages.file.lanes import FileLanes
from desktop.pages.file.picture import FilePicture
from desktop.pages.file.playback import Playback, PlaybackBar
from desktop.pages.file.queue import FileQueue, shown_as_archive
from desktop.pages.file.state import FileState
from desktop.pages.file.why import FileWhy
from desktop.plots.clock import clock
from desktop.requests import ExportPredictions, OpenFile, Request
from desktop.session import Session
from desktop.settings import FOLDER, RECENT
from desktop.shared.page import Page
from desktop.shared.picture_controls import PictureControls
from desktop.shared.player import Transport
from desktop.shared.prediction_panels import PredictionPanels
from desktop.shared.tracks import Tracks
from desktop.shared.wording import explained, in_order, none_enabled, place
from engine.audio.formats import EXTENSIONS
from engine.pictures.overview import Overview
from resources import resource


class FilePage(Page):
    """Opens files by :meth:`open`; everything slow runs in jobs."""

    analysed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.notices = session.notices()
        self.state = FileState(session)
        self._analysis: jobs.Job | None = None
        self._entered = False  # shown once
        self._again = False  # the open file was opened once more
        self._build()
        session.classifiers_loaded.connect(self._analyse)
        session.loading_failed.connect(lambda path, text: self._find_facts())
        jobs.run(worker.ask_output, on_result=self.header.set_output_problem, parent=self)

    def _build(self) -> None:
        self.tracks = Tracks(self._session.settings, interactive=True)
        self.controls = PictureControls(self._session.settings)
        self.panels = PredictionPanels(self.tr("Whole file"))
        self.picture = FilePicture(self.tracks, self)
        self.explainer = FileWhy(
            self.state, self.tracks, lambda: self.picture.view, self._session, parent=self
        )
        self.transport = Transport(self)
        bar = PlaybackBar(self._session.settings)
        self.playback = Playback(self.transport, self.tracks.time, bar)
        self.header = FileHeader(self.explainer.why.strip, bar)
        self.queue = FileQueue()
        self.facts = FileFacts(
            self.header.music, self.tracks.axis, self._session.settings, parent=self
        )
        self.exports = FileExports(
            self.state, self.tracks.time, self._session, self.notices, parent=self
        )
        self._copy_facts = self.exports.menu.addAction(
            self.tr("Copy tempo, key and tuning"), self.facts.copy
        )
        self._copy_facts.setEnabled(False)
        self.lanes = FileLanes(self.state, self.tracks, self._session, self.exports, self.notices)
        self.labels = self.lanes.labels
        self.corrections = FileCorrecting(self.state, self.tracks, self._session, self)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        middle = QHBoxLayout()
        middle.addWidget(self.queue)
        middle.addWidget(self.tracks, 1)
        middle.addWidget(self.panels)
        below = QHBoxLayout()
        below.addWidget(self.controls)
        below.addWidget(self.facts.beats_box)
        below.addWidget(self.labels.button)
        below.addWidget(self.header.words, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 8)
        layout.setSpacing(8)
        layout.addWidget(self.header)
        layout.addLayout(middle, 1)
        layout.addLayout(below)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        close, volume = self.explainer.why.strip.close_button, self.playback.bar.volume
        in_order(self.header.open_button, close, volume, *self.tracks.all[:3])
        in_order(self.facts.beats_box, self.labels.button)
        self.panels.follow(self.tracks.lanes)

    def _connect(self) -> None:
        self.tracks.serve(self, self.controls, self.play)
        time, tracks = self.tracks.time, self.tracks
        self.controls.picture_changed.connect(lambda: self.picture.look(self.path))
        self.controls.colours_changed.connect(lambda: tracks.apply_style(self.picture.view))
        self.picture.opened.connect(self._opened)
        self.picture.opened.connect(lambda *_: self.state.select_wanted(time))
        self.picture.failed.connect(self.notices.fail)
        time.selected.connect(self._summarise)
        tracks.spectrogram.hovered.connect(self._read_out)
        tracks.waveform.hovered.connect(lambda at, _: self.header.words.setText(clock(at, 0.01)))
        tracks.lanes.hovered.connect(self._explain)
        for other in (tracks.waveform, tracks.spectrogram, tracks.axis):
            other.clicked.connect(lambda _: tracks.lanes.choose(None))
        for asked in (*(track.clicked for track in tracks.all), tracks.cursor_wanted):
            asked.connect(self.seek)
        self.queue.chosen.connect(self.open)
        self.panels.asked.connect(self.explainer.ask_label)
        header = self.header
        header.open_button.clicked.connect(self.choose)
        header.demo_button.clicked.connect(lambda: self.open(resource("sounds", "demo.ogg")))
        header.play_button.clicked.connect(self.play)
        header.why_button.clicked.connect(self.explainer.ask)
        header.export_button.setMenu(self.exports.menu)
        header.cancel_button.clicked.connect(self.cancel)
        self.transport.moved.connect(tracks.follow_playing)
        self.transport.playing_changed.connect(header.set_playing)
        self.transport.playing_changed.connect(self.facts.hold)
        self.facts.changed.connect(self._facts_changed)
        self.transport.failed.connect(self.notices.fail)

    @property
    def path(self) -> Path | None:
        """The open file."""
        return self.state.path

    @property
    def found(self) -> worker.AnalysisUpdate | None:
        """The results so far."""
        return self.state.found

    @property
    def commands(self) -> dict[str, Callable[[], object]]:
        return {
            "play": self.play,
            "why": self.explainer.ask,
            "correct": self.corrections.ask,
            "loop": self.header.loop_button.toggle,
            "next": lambda: self.queue.step(1),
            "previous": lambda: self.queue.step(-1),
        }

    def enter(self) -> None:
        self.setFocus()  # its keys work, Space foremost
        self.controls.reload()
        if not self._entered:
            self._entered = True
            self._open_last()

    def _open_last(self) -> None:
        """The file of the last time, unless there is one already; it may be gone."""
        recent = self._session.settings.get(RECENT)
        if recent and not self.picture.busy and Path(recent[0]).is_file():
            self.picture.look(Path(recent[0]))

    def take(self, request: Request) -> None:
        match request:
            case OpenFile(None):
                self.choose()
            case OpenFile(Path() as path, more, at):
                self.state.wanted = at
                self.open_several([path, *more])
            case ExportPredictions(form):
                self.exports.export(form)

    def stop(self) -> None:
        self.transport.pause()

    def choose(self) -> None:
        """Ask for files."""
        kinds = " ".join(f"*{suffix}" for suffix in sorted(EXTENSIONS))
        folder = self._session.settings.get(FOLDER)
        title, any_file = self.tr("Open a sound file"), self.tr("All files (*)")
        names, _ = QFileDialog.getOpenFileNames(
            self, title, folder, f"{self.tr('Sounds')} ({kinds});;{any_file}"
        )
        if names:
            self.open_several([Path(name) for name in names])

    def open_several(self, paths: Sequence[Path]) -> None:
        """Show the first of these, and all of them as a list; sounds of folders among them."""
        if not shown_as_archive(self._session, paths[0]):
            self.queue.open_several(paths, self.notices.fail)

    def open(self, path: Path) -> None:
        """Show a file; the former one stays if this one cannot be read."""
        self.setFocus()
        self._again = path == self.path
        self.picture.look(path)

    def _opened(self, path: Path, overview: Overview) -> None:
        if path == self.path:  # only another picture of it
            stopped = self._analysis is None and not (self.found and self.found.done)
            if self._again and stopped:
                self._analyse()  # which was cancelled
            self._again = False
            self._find_facts()
            return
        self.state.path, self.state.info = path, overview.info
        self.explainer.why.close()
        self.facts.open(path)
        self.notices.clear()
        self.state.found = None
        self.transport.set_file(path)
        self.header.describe(overview.info)
        self.labels.open(path)
        self.lanes.show()
        self.tracks.time.set_duration(overview.info.duration_seconds)
        self.queue.mark(path)
        self._session.opened(path)
        self._session.load_classifiers()
        self._analyse()

    def _analyse(self) -> None:
        classifiers = dict(self._session.classifiers)
        if self._analysis is not None:
            self._analysis.cancel()
            self._analysis = None
        self.facts.postpone()
        self.explainer.why.close()
        self.header.why_button.setEnabled(False)
        self.state.found = None
        self.tracks.values.set_curves({})
        if self.path is None or not classifiers:
            self.lanes.show()
            self.panels.set_classifiers({}, "", none_enabled(self._session.loaded_names))
            self._find_facts()
            return
        path = self.path
        self.lanes.name()
        self.lanes.show()
        self.panels.set_classifiers(classifiers, self.tr("analysing..."))
        self.header.set_progress(0.0, self.tracks.time.duration)
        self._analysis = jobs.run(
            lambda: worker.analyse_file(path, classifiers),
            on_event=self._heard,
            on_result=self._finished,
            on_error=self._analysis_failed,
            on_crash=lambda _: self._ended(),
            parent=self,
        )

    def _heard(self, events: list[worker.AnalysisUpdate | float]) -> None:
        founds = [event for event in events if isinstance(event, worker.AnalysisUpdate)]
        seconds = [event for event in events if isinstance(event, float)]
        if seconds and self.picture.overview is not None:
            self.header.set_progress(seconds[-1], self.picture.overview.info.duration_seconds)
        if founds:
            self.state.found = founds[-1]
            self.header.set_explains(self.explainer.refused())
            self.lanes.show()
            self.tracks.values.set_curves(founds[-1].curves)
            self._summarise()

    @property
    def steps(self) -> tuple[str, str]:
        return self.labels.steps

    def undo(self) -> None:
        """Take the last change of the labels back."""
        self.labels.undo()

    def redo(self) -> None:
        """Make it again."""
        self.labels.redo()

    def _finished(self, result: object) -> None:
        self._analysis = None
        self.header.set_progress(None)
        if self.found is not None and self.found.repaired:
            words = self.tr(
                "{} invalid samples (NaN, infinite or far too loud) were replaced by silence."
            )
            self.notices.notify(words.format(self.found.repaired), kind="warning")
        if self.found is not None and self.found.remark:
            self.notices.notify(self.found.remark, kind="warning")
        if self.path is not None:
            self.queue.tell_result(self.path, self.state.sentence(None))
        self._find_facts()
        self.analysed.emit()

    def _analysis_failed(self, message: str) -> None:
        self.notices.fail(message)
        self._ended()

    def _ended(self) -> None:
        """The analysis broke off: what it found stays, and nothing goes on waiting."""
        self._analysis = None
        self.header.set_progress(None)
        self._say_not_analysed()
        self._find_facts()
        self.analysed.emit()

    def _say_not_analysed(self) -> None:
        if self.found is None:
            for name in self._session.classifiers:
                self.panels.show_words(name, self._waiting_words())
        self._summarise()

    def _find_facts(self) -> None:
        """Tempo, key and tuning, unless predictions come first."""
        if self._analysis is None and not self._session.loading:
            self.facts.begin()

    def _facts_changed(self) -> None:
        self.header.cancel_button.setVisible(self._analysis is not None or self.facts.running)
        self._copy_facts.setEnabled(self.facts.found is not None)

    def cancel(self) -> None:
        """Stop the analysis; the results so far stay."""
        self.facts.cancel()
        if self._analysis is not None:
            self._analysis.cancel()
            self._analysis = None
            self.header.set_progress(None)
            self._say_not_analysed()

    def _summarise(self) -> None:
        selection = self.tracks.time.selection
        self.exports.set_selection(selection is not None)
        if self.found is None:
            return
        heading = self.tr("Whole file")
        if selection is not None:
            heading = self.tr("{} to {}").format(*(clock(seconds, 0.1) for seconds in selection))
        self.panels.heading.setText(heading)
        self.header.sentence.setText(self.state.sentence(selection))
        for name, decision in self.state.verdicts(selection).items():
            if decision.verdict:
                self.panels.show_decision(name, decision)
            else:
                self.panels.show_words(name, self._waiting_words())
        self.panels.show_curves(
            {name: way.between(selection) for name, way in self.found.curves.items()}
        )

    def _waiting_words(self) -> str:
        """What stands where there are no results: whether they are still to come."""
        if self._analysis is not None:
            return self.tr("not analysed yet")
        return self.tr("not analysed")

    def seek(self, seconds: float) -> None:
        """Put the cursor there; a selection is given up."""
        self.playback.seek(seconds)

    def play(self) -> None:
        """Play or pause: the selection, or from the cursor on."""
        if self.header.play_button.isEnabled():
            self.playback.toggle(loop=self.header.loop_button.isChecked())

    def _read_out(self, seconds: float, height: float) -> None:
        words = place(self.picture.view, self.tracks.spectrogram, seconds, height)
        self.header.words.setText(words)

    def _explain(self, seconds: float, height: float) -> None:
        """All candidates at that moment, with the reasons."""
        lane = self.tracks.lanes.lane_at(height)
        decisions = self.found.decisions.get(lane, []) if self.found and lane else []
        if not decisions:
            self.tracks.lanes.setToolTip("")
            return
        self.tracks.lanes.setToolTip(explained(str(lane), decisions, seconds))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.explainer.why.open:
            self.explainer.why.close()
        elif not event.modifiers() and self.labels.take_key(event.key()):
            return
        elif not self.tracks.take_key(event.key(), event.modifiers()):
            super().keyPressEvent(event)

"""The selected excerpt: what it looks like, and playing it."""

from collections.abc import Generator
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from desktop import jobs
from desktop.plots.clock import clock
from desktop.requests import FindSimilar
from desktop.session import Session
from desktop.shared.player import Transport
from desktop.shared.similar import add_find_similar
from desktop.shared.tracks import Tracks
from engine.audio.files import probe
from engine.pictures.overview import Detail, detail
from engine.pictures.view import View

_COLUMNS = 1200
_LONGEST_SECONDS = 60.0
_HIGH, _LEAST_PICTURE = 210, 60  # pixels


class ExcerptPanel(QWidget):
    """Waveform and spectrogram of an excerpt, with a button that plays it."""

    failed = Signal(str)
    open_wanted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._shown: tuple[Path, float, float | None] | None = None
        self._job: jobs.Job | None = None
        self.tracks = Tracks(session.settings, interactive=False)
        self.tracks.lanes.hide()
        self.transport = Transport(self)
        self.play_button = QPushButton(self.tr("Play"))
        self.play_button.setToolTip(self.tr("Play the selected sound (Space)"))
        self.open_button = QPushButton(self.tr("Open file"))
        self.open_button.setToolTip(self.tr("Show the whole file on the File page (Enter)"))
        buttons = QVBoxLayout()
        buttons.addWidget(self.play_button)
        buttons.addWidget(self.open_button)
        buttons.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tracks, 1)
        layout.addLayout(buttons)
        self.play_button.clicked.connect(self.play)
        self.open_button.clicked.connect(self.open_wanted.emit)
        self.transport.moved.connect(self.tracks.time.set_cursor)
        self.transport.playing_changed.connect(self._playing)
        self.transport.failed.connect(self.failed.emit)
        self.tracks.spectrogram.setMinimumHeight(_LEAST_PICTURE)
        self.setMaximumHeight(_HIGH)
        self.show_excerpt(None, 0.0, None)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), _HIGH)

    def show_excerpt(self, path: Path | None, start: float, end: float | None) -> None:
        """Show a stretch of a file; None: nothing."""
        wanted = None if path is None else (path, start, end)
        if wanted == self._shown and wanted is not None:
            return
        if path is None or self._shown is None or path != self._shown[0]:
            self.transport.set_file(path)
        else:
            self.transport.pause()
        self._shown = wanted
        self.play_button.setEnabled(path is not None)
        self.open_button.setEnabled(path is not None)
        if self._job is not None:
            self._job.cancel()
            self._job = None
        if path is None:
            self.tracks.waveform.set_envelope(np.zeros((2, 0), dtype=np.float32), 0.0, 1.0)
            self.tracks.spectrogram.hide()
            self.tracks.axis.hide()  # there is no time without a sound
            self.tracks.time.set_duration(1.0)
            self.tracks.time.show(0.0, 1.0)
        else:
            self._job = jobs.run(
                lambda: self._look(path, start, end), on_result=self._paint, parent=self
            )

    def play(self) -> None:
        """Play it, or stop."""
        if self.transport.playing:
            self.transport.pause()
        elif self._shown is not None:
            _, start, end = self._shown
            self.transport.play(start, end, loop=False)

    def show_menu(self, place: QPoint) -> None:
        """What can be done with it, in a menu."""
        if self._shown is None:
            return
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.addAction(self.tr("Play"), self.play)
        menu.addAction(self.tr("Open file"), self.open_wanted.emit)
        add_find_similar(menu, self._session, self._as_example)
        menu.popup(place)

    def _as_example(self) -> FindSimilar | None:
        if self._shown is None:
            return None
        path, start, end = self._shown
        words = self.tr("{} at {}").format(path.name, clock(start, 0.1))
        return FindSimilar(path, start, start + _LONGEST_SECONDS if end is None else end, words)

    def _look(
        self, path: Path, start: float, end: float | None
    ) -> Generator[None, None, tuple[View, Detail]]:
        info = probe(path)
        yield
        view = self.tracks.view(info.rate_hz)
        last = min(end or info.duration_seconds, info.duration_seconds, start + _LONGEST_SECONDS)
        return view, (yield from detail(path, view, start, max(last, start + 0.01), _COLUMNS))

    def _paint(self, found: tuple[View, Detail]) -> None:
        self._job = None
        view, seen = found
        time = self.tracks.time
        time.set_duration(seen.end)
        time.show(seen.start, seen.end)
        anew = not self.tracks.spectrogram.isVisible()
        self.tracks.apply_style(view)
        if anew:
            self.tracks.share_heights()
        self.tracks.axis.show()
        self.tracks.waveform.set_envelope(seen.envelope, seen.start, seen.end)
        self.tracks.spectrogram.set_picture(seen.picture, seen.first, seen.last)

    def _playing(self, on: bool) -> None:
        self.play_button.setText(self.tr("Stop") if on else self.tr("Play"))
        if not on:
            self.tracks.time.set_cursor(None)

"""The picture and waveform of the open file, from the overview down to the details."""

from collections.abc import Generator
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from desktop import jobs
from desktop.settings import MIX
from desktop.shared.tracks import Tracks
from engine.pictures.overview import Detail, Overview, detail, survey
from engine.pictures.view import View

_MAP_POINTS = 1200  # of the envelope of the whole file, in the minimap
_DETAIL_MS = 150  # after zooming or panning has come to rest


class FilePicture(QObject):
    """Surveys a file in a job and keeps the tracks showing what is known of it."""

    opened = Signal(object, object)  # path, overview: the first of a file
    failed = Signal(str)

    def __init__(self, tracks: Tracks, parent: QObject) -> None:
        super().__init__(parent)
        self._tracks = tracks
        self._path: Path | None = None
        self._survey: jobs.Job | None = None  # of what is shown
        self._next: jobs.Job | None = None  # of what is to be shown
        self._detail: jobs.Job | None = None
        self.overview: Overview | None = None
        self._sound: Overview | None = None  # whose waveform is shown: no view changes that
        self._whole = False  # whether all of the file has been surveyed
        self.view = View("stft", 44100)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_DETAIL_MS)
        self._rest.timeout.connect(self._sharpen)
        tracks.time.changed.connect(self._moved)
        tracks.mix_changed.connect(self._moved)
        tracks.apply_style(self.view)

    @property
    def busy(self) -> bool:
        """Whether a file is shown, or about to be."""
        return self._path is not None or self._next is not None

    def look(self, path: Path | None) -> None:
        """Survey a file; the one shown stays, and goes on, until this one proves readable."""
        if self._next is not None:
            self._next.cancel()
            self._next = None
        if path is None:
            self.view = self._tracks.view(self.view.rate_hz)
            self._tracks.apply_style(self.view)
            return
        view_at = self._tracks.view

        def work() -> Generator[Overview, None, Overview]:
            from engine.audio.files import probe

            return (yield from survey(path, view_at(probe(path).rate_hz)))

        job: jobs.Job = jobs.run(
            work,
            on_event=lambda events: self._grown(job, path, events[-1]),
            on_result=lambda overview: self._surveyed(job, path, overview),
            on_error=self._broken,
            parent=self,
        )
        self._next = job

    def _grown(self, job: jobs.Job, path: Path, overview: Overview, *, done: bool = False) -> None:
        if overview is not self.overview:
            again = path == self._path and self._whole
            if again and not done and overview.known_seconds < self._tracks.time.end:
                return  # the picture of before stays until what one looks at has been read
            if not again:
                self._sound = overview
            if self._survey is not None:
                self._survey.cancel()
            if self._detail is not None:  # of another picture, or another file
                self._detail.cancel()
                self._detail = None
            self._survey, self._next, self._whole = job, None, False
            self.view = overview.view
            self._tracks.apply_style(self.view)
            self.overview, self._path = overview, path
            self.opened.emit(path, overview)
        self._show(overview)

    def _surveyed(self, job: jobs.Job, path: Path, overview: Overview) -> None:
        self._grown(job, path, overview, done=True)
        self._survey, self._whole = None, True
        self._sound = overview
        self._show(overview)

    def _broken(self, message: str) -> None:
        if self._next is None:  # the one shown broke off
            self._survey = None
        self._next = None
        self.failed.emit(message)

    def _show(self, overview: Overview) -> None:
        known = None if self._whole else overview.known_seconds
        self._tracks.spectrogram.set_picture(
            overview.picture,
            overview.begin_seconds,
            overview.end_seconds,
            (0.0, overview.info.duration_seconds),
            known,
        )
        envelope = (self._sound or overview).envelope
        whole = envelope.between(0.0, overview.info.duration_seconds, _MAP_POINTS)
        self._tracks.minimap.set_envelope(*whole)
        self._moved()

    def _moved(self) -> None:
        if self.overview is None:
            return
        time = self._tracks.time
        width = max(1, self._tracks.waveform.width())
        overview = self._sound or self.overview
        shown = overview.envelope.between(time.start, time.end, width)
        envelope, first, last = shown
        if self._apart:
            rows = [own.between(time.start, time.end, width)[0] for own in overview.channels]
            # While the file is surveyed, one channel may be a block ahead of another.
            known = min(row.shape[1] for row in rows)
            envelope = np.stack([row[:, :known] for row in rows])
        read = self._whole or overview is not self.overview  # one of before was read to its end
        end = overview.info.duration_seconds if read else overview.known_seconds
        self._tracks.waveform.set_envelope(envelope, first, last, (0.0, end))
        self._rest.start()

    @property
    def _apart(self) -> bool:
        """Whether each channel has a waveform of its own."""
        several = self.overview is not None and bool(self.overview.channels)
        return several and not self._tracks.settings.get(MIX)

    def _sharpen(self) -> None:
        """Compute what one looks at more finely than the overview has it."""
        if self.overview is None or self._path is None or self._survey is not None:
            return
        time, overview, path = self._tracks.time, self.overview, self._path
        width = max(1, self._tracks.spectrogram.width())
        start, end = time.start, time.end
        if (end - start) / width >= overview.column_seconds:
            return
        if self._detail is not None:
            self._detail.cancel()
        self._detail = jobs.run(
            lambda: detail(path, overview.view, start, end, width),
            on_result=self._sharp,
            # The overview is there already, and what fails here has been said.
            on_error=lambda _: None,
            parent=self,
        )

    def _sharp(self, close: Detail) -> None:
        self._detail = None
        if close.picture.shape[1]:
            ends = (min(close.first, close.start), max(close.last, close.end))
            self._tracks.spectrogram.set_detail(close.picture, close.first, close.last, ends)
        if close.envelope.shape[1]:
            envelope = close.channels if self._apart else close.envelope
            self._tracks.waveform.set_detail(envelope, close.start, close.end)

"""Sound once more: played, kept as a file, opened; from memory or from a recording."""

from collections.abc import Callable, Generator
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop import jobs
from desktop.messages import Notices
from desktop.pages.listen.heard.recordings import Recordings
from desktop.pages.listen.heard.stretch import Stretch
from desktop.requests import FindSimilar, OpenFile
from desktop.session import Session
from desktop.shared.player import Transport
from engine.audio.audio import Audio

_EDGE = 0.05  # seconds that may be missing of a stretch


class Replay(QObject):
    """Plays and keeps stretches of the stream; tells which second of it is played.

    Args:
        session: opens files.
        notices: of the page, to say what went wrong.
        recordings: where files go, and what was recorded.
    """

    moved = Signal(float)
    playing_changed = Signal(bool)

    def __init__(
        self, session: Session, notices: Notices, recordings: Recordings, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._notices, self._recordings = session, notices, recordings
        self.transport = Transport(self)
        self._offset = 0.0
        self.transport.failed.connect(notices.fail)
        self.transport.moved.connect(lambda at: self.moved.emit(at + self._offset))
        self.transport.playing_changed.connect(self.playing_changed)

    @property
    def playing(self) -> bool:
        """Whether something is played."""
        return self.transport.playing

    def there(self, stretch: Stretch) -> bool:
        """Whether its sound can be had."""
        return self._find(stretch) is not None

    def play(self, stretch: Stretch) -> None:
        """Play it from its beginning."""
        found = self._found(stretch)
        if found is not None:
            source, begin = found
            self._offset = stretch.begin - begin
            self.transport.set_file(source)
            self.transport.play(begin, begin + stretch.end - stretch.begin, loop=False)

    def stop(self) -> None:
        """Play no longer."""
        self.transport.pause()

    def open(self, stretch: Stretch) -> None:
        """Save it and show it on the File page."""
        self._save(stretch, lambda path: self._session.request(OpenFile(path)))

    def keep(self, stretch: Stretch) -> None:
        """Save it as a file."""
        self._save(stretch, self._recordings.say_kept)

    def _save(self, stretch: Stretch, then: Callable[[Path], None]) -> None:
        found = self._found(stretch)
        if found is None:
            return
        (source, begin), seconds = found, stretch.end - stretch.begin
        path = self._recordings.new_file(_plain(stretch.label) or "kept", stretch.at)

        def work() -> Generator[None, None, Path]:
            from engine.audio.files import read
            from engine.audio.recording import Recorder

            yield
            if isinstance(source, Path):
                sound = read(source, start_seconds=begin, duration_seconds=seconds)
            else:
                sound = source
            with Recorder(path, rate_hz=sound.rate_hz, channels=sound.channels) as recorder:
                recorder.write(sound.samples)
            return path

        jobs.run(work, on_result=then, on_error=self._notices.fail, parent=self)

    def find_similar(self, stretch: Stretch) -> None:
        """Find what sounds like it in the archive."""
        found = self._found(stretch)
        if found is not None:
            sound, begin = found
            words = stretch.label or self.tr("live sound")
            if stretch.at is not None:
                words = self.tr("{}, heard at {:%H:%M:%S}").format(words, stretch.at)
            end = begin + stretch.end - stretch.begin
            self._session.request(FindSimilar(sound, begin, end, words))

    def source(self, stretch: Stretch) -> tuple[Audio | Path, float] | None:
        """Its sound, or a recording and where it begins there; says so where there is none."""
        return self._found(stretch)

    def _find(self, stretch: Stretch) -> tuple[Audio | Path, float] | None:
        """Its sound, or a recording that it is in, and where it begins there."""
        sound = stretch.audio()
        whole = sound is not None and sound.duration_seconds > stretch.end - stretch.begin - _EDGE
        recorded = self._recordings.find(stretch.sound, stretch.begin, stretch.end)
        if sound is not None and (whole or recorded is None):
            return sound, 0.0
        return recorded

    def _found(self, stretch: Stretch) -> tuple[Audio | Path, float] | None:
        found = self._find(stretch)
        if found is None:
            words = self.tr(
                "This sound is no longer kept: only the last two minutes are. Record, and all "
                "of it can be played again."
            )
            self._notices.notify(words, kind="info")
        return found


def _plain(label: str) -> str:
    """A label as a part of a file's name."""
    return "".join(c if c.isalnum() or c in " -_" else "-" for c in label).strip()[:40]

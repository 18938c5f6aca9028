"""What the lanes of the File page show: what was detected, what not yet, and a person's labels."""

from PySide6.QtCore import QObject

from desktop.messages import Notices
from desktop.pages.file.export import FileExports
from desktop.pages.file.labels import FileLabels
from desktop.pages.file.state import FileState
from desktop.session import Session
from desktop.shared.tracks import Tracks
from desktop.shared.wording import stretches


class FileLanes(QObject):
    """Fills the lanes whenever something of it has changed.

    Args:
        state: what was detected.
        tracks: whose lanes they are.
        session: whose classifiers listened.
        exports: write the person's labels.
        notices: offer to begin with what was detected.
    """

    def __init__(
        self,
        state: FileState,
        tracks: Tracks,
        session: Session,
        exports: FileExports,
        notices: Notices,
    ) -> None:
        super().__init__(tracks)
        self._state, self._tracks, self._session = state, tracks, session
        self._exports, self._notices = exports, notices
        self.labels = FileLabels(tracks, self._names, exports.page)
        self.labels.changed.connect(self._labels_changed)
        self.labels.failed.connect(notices.fail)

    def name(self) -> None:
        """What each lane is called in the gutter."""
        titles = {name: c.card.title for name, c in self._session.classifiers.items()}
        self._tracks.values.set_titles(titles)
        self._tracks.lanes.set_titles(titles | {self.labels.lane: self.tr("Your labels")})

    def show(self) -> None:
        """What each classifier heard so far, and the person's own labels."""
        found = self._state.found.lanes if self._state.found is not None else {}
        lanes = {name: stretches(found.get(name, ())) for name in self._listening}
        if self.labels.shown:
            lanes[self.labels.lane] = self.labels.stretches
        self._exports.own = self.labels.stretches
        self._tracks.lanes.set_lanes(lanes, self._unheard())

    @property
    def _listening(self) -> list[str]:
        """What names labels: what gives values has no stretches."""
        classifiers = self._session.classifiers.items()
        return [name for name, one in classifiers if not one.card.is_regression]

    def _unheard(self) -> dict[str, list[tuple[float, float]]]:
        """What is not analysed yet, in each lane."""
        found = self._state.found
        if self._state.path is None or (found is not None and found.done):
            return {}
        begin = found.seconds if found is not None else 0.0
        return {name: [(begin, self._tracks.time.duration)] for name in self._session.classifiers}

    def _names(self) -> list[str]:
        """What a label may be called: what the classifiers know."""
        cards = (self._session.classifiers[name].card for name in self._listening)
        return list(dict.fromkeys(label for card in cards for label in card.labels))

    def _labels_changed(self) -> None:
        self.show()
        found, labels = self._state.found, self.labels
        heard = found.lanes if found is not None else {}
        first = next((heard[name] for name in self._listening if heard.get(name)), ())
        if labels.shown and not labels.stretches and first:
            begin = (self.tr("Copy them"), lambda: labels.take_over(stretches(first)))
            words = self.tr("Your labels are empty. Begin with a copy of the detected ones?")
            self._notices.notify(words, [begin])

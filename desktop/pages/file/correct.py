"""What the menus of the tracks offer on a stretch: to correct it, to find others like it."""

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu

from desktop.pages.file.state import FileState
from desktop.plots.clock import clock
from desktop.plots.tracks.lanes import LanesTrack, Stretch
from desktop.plots.tracks.track import Track
from desktop.requests import FindSimilar
from desktop.session import Session
from desktop.shared.correcting import Correcting, of_file
from desktop.shared.page import Page
from desktop.shared.similar import add_find_similar, moment
from desktop.shared.tracks import Tracks

_MOST_SECONDS = 20.0  # of a stretch: more of the same teaches nothing


class FileCorrecting(QObject):
    """The menu of the lanes and a key lead here.

    Args:
        state: knows the file and what was heard.
        tracks: their lanes are corrected.
        session: knows the classifiers.
        page: the popup opens over it.
    """

    def __init__(self, state: FileState, tracks: Tracks, session: Session, page: Page) -> None:
        super().__init__(page)
        self._state, self._tracks, self._session = state, tracks, session
        self.correcting = Correcting(session, page)
        tracks.menu_made.connect(self._add_to_menu)
        tracks.menu_made.connect(self._offer_similar)

    def ask(self) -> None:
        """Correct the chosen stretch; else what leads in the selection, or at the cursor."""
        lanes, time = self._tracks.lanes, self._tracks.time
        middle = lanes.mapToGlobal(lanes.plot.center().toPoint())
        if lanes.chosen is not None:
            self._correct(*lanes.chosen, middle)
        elif self._state.found is not None and self._state.found.lanes:
            seconds = time.cursor if time.cursor is not None else time.start
            there = lanes.stretches_at(seconds)
            name = there[0][0] if there else next(iter(self._state.found.lanes))
            self._correct(name, self._meant(name, seconds), middle)

    def _add_to_menu(self, track: Track, menu: QMenu, place: QPoint) -> None:
        if not isinstance(track, LanesTrack) or self._state.found is None:
            return
        at = track.mapFromGlobal(place)
        found = track.segment_at(at)
        name = found[0] if found else track.lane_at(track.height_at(at.y()))
        if name is None or name not in self._state.found.lanes:
            return
        track.choose(found)
        stretch = found[1] if found else self._meant(name, track.seconds_at(at.x()))
        words = self.tr("It is not {}...").format(stretch.label)
        first = menu.actions()[0] if menu.actions() else None
        correct = menu.addAction(words if stretch.label else self.tr("What is it?..."))
        correct.triggered.connect(lambda: self._correct(name, stretch, place))
        menu.insertAction(first, correct)  # type: ignore[arg-type]  # None: at the end
        menu.insertSeparator(first)  # type: ignore[arg-type]

    def _offer_similar(self, track: Track, menu: QMenu, place: QPoint) -> None:
        """In the menu of each track: the stretch, the selection, or what is around the pointer."""
        path, at = self._state.path, track.mapFromGlobal(place)
        if path is None:
            return
        found = track.segment_at(at) if isinstance(track, LanesTrack) else None
        if found is not None:
            start, end = found[1].start, found[1].end
        else:
            start, end = moment(track.seconds_at(at.x()), self._tracks.time.selection)
        words = self.tr("{}, {} to {}").format(path.name, clock(start, 0.1), clock(end, 0.1))
        add_find_similar(menu, self._session, lambda: FindSimilar(path, start, end, words))

    def _meant(self, name: str, seconds: float) -> Stretch:
        """The selection if it holds the moment; else a window around that, of no label."""
        selection = self._tracks.time.selection
        if selection is not None and selection[0] <= seconds <= selection[1]:
            said = self._state.verdicts(selection).get(name)
            label = said.heard[0] if said is not None and said.heard else ""
            return Stretch(*selection, label, 0.0)
        card = self._session.classifiers[name].card
        half = card.window_samples / card.rate_hz / 2
        return Stretch(max(0.0, seconds - half), seconds + half, "", 0.0)

    def _correct(self, name: str, stretch: Stretch, place: QPoint) -> None:
        path = self._state.path
        if path is None:
            return
        begin, end = stretch.start, stretch.end
        if end - begin > _MOST_SECONDS:
            time = self._tracks.time
            at = time.cursor if time.cursor is not None else (begin + end) / 2
            begin = min(max(begin, at - _MOST_SECONDS / 2), end - _MOST_SECONDS)
            end = begin + _MOST_SECONDS
        said = [stretch.label] if stretch.label else []
        self.correcting.ask(name, said, of_file(path, begin, end), place)

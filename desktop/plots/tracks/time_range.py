"""The stretch of time that all tracks of a page show, and what is marked in it."""

from PySide6.QtCore import QObject, Signal

_LEAST_SECONDS = 0.002
_LEAST_SELECTION = 1e-3


class TimeRange(QObject):
    """Shared by the tracks of one page: zoom, cursor, pointer and selection, in seconds.

    Attributes:
        begin: where what can be shown begins.
        duration: where it ends.
        start: where what is shown begins.
        end: where it ends.
        cursor: where playing begins or is.
        pointer: what the mouse points at.
        selection: what is marked.
        panning: whether a drag with the left button moves instead of selecting.
        dragged: whether it has moved since this was last set to False.
    """

    changed = Signal()
    cursor_moved = Signal()
    pointed = Signal()
    selected = Signal()
    panning_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.begin, self.duration = 0.0, 1.0
        self.start, self.end = 0.0, 1.0
        self.cursor: float | None = None
        self.pointer: float | None = None
        self.selection: tuple[float, float] | None = None
        self.panning = self.dragged = False

    @property
    def span(self) -> float:
        """Seconds that are shown."""
        return self.end - self.start

    def set_duration(self, seconds: float) -> None:
        """A new sound: all of it is shown."""
        self.begin, self.duration = 0.0, max(seconds, _LEAST_SECONDS)
        self.selection = None
        self.cursor = None
        self.show_all()
        self.selected.emit()

    def show(self, start: float, end: float) -> None:
        """Show a stretch, kept within the sound."""
        span = min(max(end - start, _LEAST_SECONDS), self.duration - self.begin)
        start = min(max(start, self.begin), self.duration - span)
        if (start, start + span) != (self.start, self.end):
            self.start, self.end = start, start + span
            self.changed.emit()

    def show_all(self) -> None:
        """Show all there is."""
        self.show(self.begin, self.duration)

    def show_selection(self) -> None:
        """Show what is selected, if anything is."""
        if self.selection is not None:
            self.show(*self.selection)

    def follow(self, end: float, span: float) -> None:
        """Show the stretch up to now, of a sound that has no end yet."""
        self.start, self.end, self.duration = end - span, end, end
        self.begin = self.start
        self.changed.emit()

    def hold(self, begin: float) -> None:
        """A sound that had no end is looked at: what is kept of it begins there."""
        self.begin = min(begin, self.start)
        self.changed.emit()

    def zoom(self, factor: float, at: float) -> None:
        """Show ``factor`` times as much; the moment ``at`` stays where it is."""
        span = min(max(self.span * factor, _LEAST_SECONDS), self.duration - self.begin)
        share = (at - self.start) / self.span
        self.show(at - share * span, at + (1 - share) * span)

    def pan(self, share: float) -> None:
        """Move by a share of what is shown."""
        shift = share * self.span
        self.show(self.start + shift, self.end + shift)

    def set_cursor(self, seconds: float | None) -> None:
        self.cursor = seconds
        self.cursor_moved.emit()

    def move_cursor(self, seconds: float, *, centred: bool) -> None:
        """The cursor moves on by itself: what is shown goes along, if the cursor was in it.

        Page by page, or so that the cursor stays in the middle once it has come there. Where the
        user has scrolled away from the cursor, nothing moves until it comes back.
        """
        before = self.cursor
        self.set_cursor(seconds)
        if before is None or not self.start <= before <= self.end:
            return
        middle = (self.start + self.end) / 2
        if centred:
            near = abs(before - middle) <= 0.02 * self.span
            if near or min(before, seconds) <= middle <= max(before, seconds):
                self.show(seconds - self.span / 2, seconds + self.span / 2)
        elif not self.start <= seconds <= self.end:
            self.show(seconds, seconds + self.span)

    def point(self, seconds: float | None) -> None:
        """The mouse is over that moment; None: over none."""
        if seconds != self.pointer:
            self.pointer = seconds
            self.pointed.emit()

    def select(self, first: float, last: float) -> None:
        """Mark a stretch."""
        low, high = sorted(min(max(x, self.begin), self.duration) for x in (first, last))
        self.selection = (low, high) if high - low > _LEAST_SELECTION else None
        self.selected.emit()

    def clear_selection(self) -> None:
        self.selection = None
        self.selected.emit()

    def set_panning(self, on: bool) -> None:
        """Choose what a drag with the left button does."""
        if on != self.panning:
            self.panning = on
            self.panning_changed.emit()

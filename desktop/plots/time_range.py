"""The stretch of time that all tracks of a page show, and what is marked in it."""

from PySide6.QtCore import QObject, Signal

_LEAST_SECONDS = 0.02


class TimeRange(QObject):
    """Shared by the tracks of one page: zoom, cursor and selection, in seconds."""

    changed = Signal()
    cursor_moved = Signal()
    selected = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.duration = 1.0
        self.start, self.end = 0.0, 1.0
        self.cursor: float | None = None
        self.selection: tuple[float, float] | None = None

    def set_duration(self, seconds: float) -> None:
        """A new sound: all of it is shown."""
        self.duration = max(seconds, _LEAST_SECONDS)
        self.selection = None
        self.cursor = None
        self.show(0.0, self.duration)
        self.selected.emit()

    def show(self, start: float, end: float) -> None:
        """Show a stretch, kept within the sound."""
        span = min(max(end - start, _LEAST_SECONDS), self.duration)
        start = min(max(start, 0.0), self.duration - span)
        if (start, start + span) != (self.start, self.end):
            self.start, self.end = start, start + span
            self.changed.emit()

    def follow(self, end: float, span: float) -> None:
        """Show the stretch up to now, of a sound that has no end yet."""
        self.start, self.end, self.duration = end - span, end, end
        self.changed.emit()

    def zoom(self, factor: float, at: float) -> None:
        """Show ``factor`` times as much; the moment ``at`` stays where it is."""
        span = min(max((self.end - self.start) * factor, _LEAST_SECONDS), self.duration)
        share = (at - self.start) / (self.end - self.start)
        self.show(at - share * span, at + (1 - share) * span)

    def pan(self, share: float) -> None:
        """Move by a share of what is shown."""
        shift = share * (self.end - self.start)
        self.show(self.start + shift, self.end + shift)

    def set_cursor(self, seconds: float | None) -> None:
        self.cursor = seconds
        self.cursor_moved.emit()

    def select(self, first: float, last: float) -> None:
        """Mark a stretch."""
        low, high = sorted(min(max(x, 0.0), self.duration) for x in (first, last))
        self.selection = (low, high) if high - low > 1e-3 else None
        self.selected.emit()

    def clear_selection(self) -> None:
        self.selection = None
        self.selected.emit()

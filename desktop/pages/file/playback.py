"""Playing the open file: where it is, how loud, from where to where."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from desktop.icons import icon
from desktop.plots.clock import clock
from desktop.plots.tracks.time_range import TimeRange
from desktop.settings import VOLUME, Settings
from desktop.shared.player import Transport
from desktop.style import colours

_AT_END = 0.05  # seconds before the end from which playing begins anew


class PlaybackBar(QWidget):
    """Position of the cursor in the file, and the volume."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.position = QLabel()
        self.position.setAccessibleName(self.tr("Position"))
        self.position.setTextFormat(Qt.TextFormat.PlainText)
        self.position.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.sign = QLabel()
        self.volume = QSlider(Qt.Orientation.Horizontal)
        self.volume.setRange(0, 100)
        self.volume.setFixedWidth(84)
        self.volume.setValue(settings.get(VOLUME))
        self.volume.setAccessibleName(self.tr("Volume"))
        # The mouse leaves the keyboard where it is: arrows go on meaning the picture.
        self.volume.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 0, 0)
        for widget in (self.position, self.sign, self.volume):
            layout.addWidget(widget)
        self.say_volume(self.volume.value())
        self.show_place(None, 0.0)

    def say_volume(self, percent: int) -> None:
        """How loud it is."""
        self.volume.setToolTip(self.tr("Volume: {} %").format(percent))
        self.sign.setPixmap(icon("volume", colours().faint).pixmap(16, 16))

    def show_place(self, seconds: float | None, duration: float) -> None:
        """Where the cursor is; None: nowhere."""
        end = clock(duration, 0.1) if duration else ""
        at = clock(seconds or 0.0, 0.1)
        self.position.setText(f"{at} / {end}" if end else "")
        # As wide as its widest, so that nothing beside it moves while it counts.
        widest = self.fontMetrics().horizontalAdvance(f"{end} / {end}".replace("1", "0"))
        self.position.setMinimumWidth(widest + 4 if end else 0)


class Playback:
    """Play, pause and seek.

    Args:
        transport: plays.
        time: whose cursor and selection say what.
        bar: shows where.
    """

    def __init__(self, transport: Transport, time: TimeRange, bar: PlaybackBar) -> None:
        self._transport, self._time = transport, time
        self.bar = bar
        bar.volume.valueChanged.connect(self._set_volume)
        time.cursor_moved.connect(self._show_place)
        time.changed.connect(self._show_place)

    def _set_volume(self, percent: int) -> None:
        self._transport.set_volume(percent)
        self.bar.say_volume(percent)

    def _show_place(self) -> None:
        self.bar.show_place(self._time.cursor, self._time.duration)

    def seek(self, seconds: float) -> None:
        """Put the cursor there; a selection is given up."""
        time = self._time
        time.clear_selection()
        time.set_cursor(min(max(0.0, seconds), time.duration))
        self._transport.seek(time.cursor or 0.0)

    def toggle(self, *, loop: bool) -> None:
        """Play or pause: the selection, or from the cursor on."""
        if self._transport.playing:
            self._transport.pause()
            return
        time = self._time
        start, end = time.selection or (time.cursor or 0.0, None)
        if end is None and start >= time.duration - _AT_END:
            start = 0.0
        self._transport.play(start, end, loop=loop)

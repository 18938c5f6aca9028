"""A picture that holds still: what is said over it, and what is played and kept of it."""

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from desktop.pages.listen.heard.replay import Replay
from desktop.pages.listen.heard.stretch import Stream, Stretch
from desktop.pages.listen.rolling import Rolling
from desktop.pages.listen.sound import HeldSound
from desktop.plots.clock import clock
from desktop.shared.tracks import Tracks

_MARGIN = 8


class FrozenBar(QFrame):
    """Lies at the top of the pictures without moving them.

    Args:
        over: the pictures that it lies over.
    """

    play_wanted = Signal()
    keep_wanted = Signal()
    leave_wanted = Signal()

    def __init__(self, over: Tracks) -> None:
        super().__init__(over)
        self._over = over
        self.setObjectName("notice")
        self._words = QLabel()
        self.playing = self._button(self.tr("Play"), self.tr("Play the selection (Space)"))
        self.playing.clicked.connect(self.play_wanted)
        self.keeping = self._button(
            self.tr("Keep"), self.tr("Save the selection to a file; without one, what is shown (K)")
        )
        self.keeping.clicked.connect(self.keep_wanted)
        self.leaving = self._button(self.tr("Go live"), self.tr("Show what is heard now (F)"))
        self.leaving.clicked.connect(self.leave_wanted)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 5, 8, 5)
        layout.addWidget(self._words)
        for button in (self.playing, self.keeping, self.leaving):
            layout.addWidget(button)
        self._hold_places()
        over.installEventFilter(self)
        self.hide()

    def _hold_places(self) -> None:
        """Nothing moves where words or a button give way to others."""
        longest = clock(36_000.0, 1.0)
        said = (words.format(longest) for words in self._sayings())
        self._words.setMinimumWidth(max(map(self.fontMetrics().horizontalAdvance, said)))
        self.playing.setText(self.tr("Pause"))
        self.playing.setMinimumWidth(self.playing.sizeHint().width())
        self.playing.setText(self.tr("Play"))
        policy = self.leaving.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.leaving.setSizePolicy(policy)

    def _sayings(self) -> tuple[str, str]:
        """While it is listened, and after."""
        return self.tr("Frozen at {}; listening continues"), self.tr("Stopped at {}")

    def _button(self, words: str, tip: str) -> QPushButton:
        button = QPushButton(words)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    @property
    def words(self) -> str:
        """What it says."""
        return self._words.text()

    def show_at(self, seconds: float, *, listening: bool) -> None:
        """Say since when nothing moves."""
        words = self._sayings()[0 if listening else 1]
        self._words.setText(words.format(clock(seconds, 1.0)))
        self.leaving.setVisible(listening)
        self.show()
        self.raise_()
        self._place()

    def show_playing(self, on: bool) -> None:
        """Whether the selection is played."""
        self.playing.setText(self.tr("Pause") if on else self.tr("Play"))

    def _place(self) -> None:
        self.adjustSize()
        tracks = self._over
        under = tracks.waveform if tracks.spectrogram.isHidden() else tracks.spectrogram
        top = under.mapTo(tracks, QPoint(0, _MARGIN)).y()
        middle = under.mapTo(tracks, under.plot.center().toPoint()).x()
        self.move(max(0, middle - self.width() // 2), top)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False


class FrozenPicture(QObject):
    """Holds the picture and its sound; plays and keeps what is selected or shown of it.

    Args:
        tracks: of the page.
        rolling: what they show.
        stream: that is heard.
        replay: plays and keeps.
    """

    def __init__(self, tracks: Tracks, rolling: Rolling, stream: Stream, replay: Replay) -> None:
        super().__init__(tracks)
        self._tracks, self._rolling, self._stream, self._replay = tracks, rolling, stream, replay
        self._held: HeldSound | None = None
        self.bar = FrozenBar(tracks)
        self.bar.play_wanted.connect(self.play)
        self.bar.keep_wanted.connect(self.keep)
        replay.playing_changed.connect(self.bar.show_playing)
        replay.moved.connect(self._follow)

    @property
    def on(self) -> bool:
        """Whether the picture is held."""
        return self._rolling.frozen

    def hold(self, *, listening: bool) -> None:
        """Let nothing move, and keep the sound that belongs to it."""
        sound, latest = self._stream.sound, self._stream.latest
        if not self.on:
            self._held = sound.hold() if sound is not None else None
            self._rolling.frozen = True
        seconds = latest.stats.seconds if latest is not None else self._tracks.time.end
        self.bar.show_at(seconds, listening=listening)

    def release(self) -> None:
        """Let it move again."""
        if self.on:
            self._replay.stop()
            self._held = None
            self._rolling.frozen = False
        self.bar.hide()

    def stretch(self) -> Stretch | None:
        """What is selected; else from the cursor to the end of what is shown, or all of it."""
        time, held = self._tracks.time, self._held
        if held is None:
            return None
        begin = time.start if time.cursor is None else time.cursor
        begin, end = time.selection or (begin if begin < time.end - 0.05 else time.start, time.end)
        made = self._stream.stretch(begin, end)
        return None if made is None else Stretch(held, made.begin, made.end, at=made.at)

    def play(self) -> None:
        """Play that, or pause."""
        stretch = self.stretch()
        if self._replay.playing:
            self._replay.stop()
        elif stretch is not None:
            self._replay.play(stretch)

    def keep(self) -> None:
        """Save that."""
        stretch = self.stretch()
        if stretch is not None:
            self._replay.keep(stretch)

    def _follow(self, seconds: float) -> None:
        if self.on:
            self._tracks.follow_playing(seconds)

"""Recording into a class: hold the button, or twenty seconds after a count-in."""

import datetime
import math
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton

from desktop import jobs
from desktop.session import Session
from desktop.settings import CHANNEL, DEVICE, HOST_API
from desktop.shared import microphone
from desktop.widgets.level_meter import LevelMeter
from desktop.widgets.level_trace import LevelTrace
from desktop.widgets.record_button import RecordButton
from engine.audio.level import Level

if TYPE_CHECKING:
    from engine.audio.microphone import Microphone

COUNT_IN_SECONDS = 3
LONG_SECONDS = 20.0
LEAST_SECONDS = 0.3
_LOOK_SECONDS = 0.03


@dataclass(frozen=True)
class RecordingProgress:
    """Seconds until it begins, or seconds recorded, and the level now."""

    count_in: int
    seconds: float
    level: Level


def record(
    open_device: "Callable[[], Microphone]",
    path: Path,
    stop: threading.Event,
    count_in: float,
    seconds: float | None,
) -> Generator[RecordingProgress, None, float]:
    """Record to a new file until asked to stop; returns the seconds.

    Raises:
        AudioError: the microphone or the disk fails; what was recorded stays in the file.
    """
    from engine.audio.recording import Recorder

    with open_device() as device:
        begins = time.monotonic() + count_in
        while (left := begins - time.monotonic()) > 0:
            if stop.is_set():
                return 0.0
            device.check()
            yield RecordingProgress(math.ceil(left), 0.0, device.level())
            time.sleep(_LOOK_SECONDS)
        rate, at = device.rate_hz, device.ring.end
        most = math.inf if seconds is None else round(seconds * rate)
        written = 0
        with Recorder(path, rate_hz=rate) as recorder:
            last = False
            while not last:
                last = stop.is_set()
                device.check()
                first, samples = device.ring.since(at)
                at = first + samples.shape[1]
                samples = samples[:, : int(min(samples.shape[1], most - written))]
                recorder.write(samples)
                written += samples.shape[1]
                last = last or written >= most
                yield RecordingProgress(0, recorder.seconds, device.level())
                time.sleep(0 if last else _LOOK_SECONDS)
        return written / rate


class RecordPanel(QFrame):
    """Shows and records; what comes of it is the page's."""

    recording_changed = Signal()
    recorded = Signal(str, object)  # class, file
    broken = Signal(str, object, str)  # class, file if there is one, why

    def __init__(self, session: Session, place: Callable[[str, str], Path | None]) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._session, self._place = session, place
        self._label = ""
        self._job: jobs.Job | None = None
        self._stop = threading.Event()
        self._seconds = 0.0
        self._build()
        self.set_class("")

    def _build(self) -> None:
        self.hold = RecordButton()
        self.hold.setAccessibleName(self.tr("Hold to record"))
        self.hold.setToolTip(self.tr("Hold the mouse button or the space bar to record"))
        self.hold.pressed.connect(lambda: self.start(0.0, None))
        self.hold.released.connect(self._let_go)
        self.long = QPushButton(self.tr("Record 20 s"))
        self.long.setToolTip(self.tr("Counts down from 3, then records for 20 seconds"))
        self.long.clicked.connect(self._toggle_long)
        self.meter = LevelMeter()
        self.trace = LevelTrace()
        self.examples = QComboBox()
        self.examples.setAccessibleName(self.tr("Length of the examples"))
        self.examples.setToolTip(self.tr("Recordings are split into examples of this length"))
        for seconds in (1.0, 1.5, 2.0, 3.0):
            self.examples.addItem(self.tr("Examples of {:g} s").format(seconds), seconds)
        self.examples.setMinimumWidth(self.examples.sizeHint().width())
        self._title = QLabel()
        self._title.setStyleSheet("font-weight: 600; font-size: 15px;")
        self._words = QLabel(
            self.tr("Hold the red button while the instrument plays, or record 20 seconds at once.")
        )
        self._words.setObjectName("faint")
        self._words.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(10)
        for widget in (self.long, self.examples, self.meter):
            row.addWidget(widget)
        row.addStretch(1)
        layout = QGridLayout(self)
        layout.setContentsMargins(14, 8, 14, 8)
        layout.setHorizontalSpacing(16)
        layout.addWidget(self.hold, 0, 0, 3, 1, Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(self._title, 0, 1)
        layout.addLayout(row, 1, 1)
        layout.addWidget(self._words, 2, 1)
        layout.addWidget(self.trace, 0, 2, 3, 1)
        layout.setColumnStretch(1, 1)
        layout.setColumnStretch(2, 1)

    @property
    def recording(self) -> bool:
        """Whether the microphone is open."""
        return self._job is not None

    @property
    def example_seconds(self) -> float:
        """How long each example is."""
        return float(self.examples.currentData())

    def set_class(self, label: str) -> None:
        """Which class to record into; one that is being recorded stays where it began."""
        self._label = label
        for widget in (self.hold, self.long, self.examples):
            widget.setEnabled(bool(label))
        if not self.recording:
            self._title.setText(self.tr("Record into '{}'").format(label))

    def start(self, count_in: float, seconds: float | None) -> None:
        """Begin to record."""
        stamp = datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H.%M.%S.%f")[:-4]
        path = self._place(self._label, stamp) if self._label else None
        if self.recording or path is None:
            return
        label, stop, get = self._label, threading.Event(), self._session.settings.get
        device, host_api, channel = get(DEVICE), get(HOST_API), get(CHANNEL)
        self._stop, self._seconds = stop, 0.0
        self.trace.clear()
        self._job = jobs.run(
            lambda: record(
                lambda: microphone.open_chosen(device, host_api, None if channel < 0 else channel),
                path,
                stop,
                count_in,
                seconds,
            ),
            on_event=self._news,
            on_result=lambda taken: self._ended(label, path, taken),
            on_error=lambda message: self._broken(label, path, message),
            parent=self,
        )
        self.recording_changed.emit()
        self.hold.show_face("...", active=True)
        if seconds is not None:
            self.long.setText(self.tr("Stop"))

    def stop(self) -> None:
        """End the recording; it is kept."""
        self._stop.set()

    def leave(self) -> None:
        """Close the microphone at once; what was recorded waits in the project."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
            self._rest()

    def _let_go(self) -> None:
        self.stop()

    def _toggle_long(self) -> None:
        if self.recording:
            self.stop()
        else:
            self.start(COUNT_IN_SECONDS, LONG_SECONDS)

    def _news(self, events: list[RecordingProgress]) -> None:
        last = events[-1]
        self._seconds = last.seconds
        level = max((event.level for event in events), key=lambda found: found.peak)
        self.meter.set_level(level.rms_db, level.peak_db, sum(e.level.clipped for e in events))
        for event in events:
            if not event.count_in:
                self.trace.add(event.level.peak_db)
        face = str(last.count_in) if last.count_in else f"{last.seconds:.1f}"
        self.hold.show_face(face, active=True)
        if last.count_in:
            self._words.setText(self.tr("Get ready: {}").format(last.count_in))
        else:
            self._words.setText(self.tr("Recording: {:.0f} s").format(last.seconds))

    def _ended(self, label: str, path: Path, taken: float) -> None:
        self._job = None
        self._rest()
        if taken >= LEAST_SECONDS:
            self.recorded.emit(label, path)
            return
        path.unlink(missing_ok=True)
        self._words.setText(
            self.tr("That was very short. Hold the button for as long as the sound lasts.")
        )

    def _broken(self, label: str, path: Path, message: str) -> None:
        self._job = None
        self._rest()
        if not path.is_file():
            self.broken.emit(label, None, message)
        elif self._seconds >= LEAST_SECONDS:  # nothing that was recorded is lost
            self.broken.emit(label, path, message)
        else:
            path.unlink(missing_ok=True)
            words = self.tr("Nothing was recorded. {}")
            self.broken.emit(label, None, words.format(message))

    def _rest(self) -> None:
        self.recording_changed.emit()
        self.hold.show_face("", active=False)
        self.long.setText(self.tr("Record 20 s"))
        self.meter.set_level(-120, -120, 0)
        self._words.setText(
            self.tr("Hold the red button while the instrument plays, or record 20 seconds at once.")
        )
        self.set_class(self._label)

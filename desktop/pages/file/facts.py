"""Tempo, key and tuning in the File page's header, and beats over the time axis."""

import html
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QWidget

from desktop import jobs
from desktop.pages.file import worker
from desktop.plots.tracks.time_axis import TimeAxis
from desktop.settings import BEATS, Settings

if TYPE_CHECKING:
    from engine.music.facts import MusicFacts


class MusicLine(QWidget):
    """Facts about the music in a row; each explains itself by a tool tip and can be selected."""

    def __init__(self) -> None:
        super().__init__()
        self.tempo = _fact(self.tr("Tempo"))
        self.key = _fact(self.tr("Key"))
        self.tuning = _fact(self.tr("Tuning"))
        self.remark = QLabel()
        self.remark.setObjectName("faint")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        for label in (self.tempo, self.key, self.tuning, self.remark):
            layout.addWidget(label)
        self.clear()

    def clear(self) -> None:
        """Nothing is known, nor being computed."""
        self._show({})
        self.remark.hide()

    def wait(self, *, playing: bool) -> None:
        """They are being computed, or will be as soon as there is time for it."""
        self._show({})
        words = self.tr("Tempo, key and tuning: ...")
        self.remark.setText(
            self.tr("Tempo, key and tuning: computed when playback stops") if playing else words
        )
        self.remark.show()

    def show_facts(self, facts: "MusicFacts") -> None:
        """What was found; what is not clear is said in a word, or left out with all the rest."""
        from engine.music.words import key_words, tempo_words, tuning_words

        tempo, key, tuning = facts.tempo, facts.key, facts.tuning
        clear = [fact is not None and fact.clear for fact in (tempo, key, tuning)]
        if not any(clear):
            self._show({})
            self.remark.setText(self.tr("No clear tempo, key or tuning"))
            self.remark.show()
            return
        bpm = self.tr("{:.0f} BPM (confidence {:.0%})")
        self._show(
            {
                self.tempo: bpm.format(tempo.bpm, tempo.confidence)
                if tempo is not None and tempo.clear
                else self.tr("no clear tempo"),
                self.key: key.name if key is not None and key.clear else self.tr("no clear key"),
                self.tuning: f"A4 = {tuning.a4_hz:.1f} Hz"
                if tuning is not None and tuning.clear
                else self.tr("no clear tuning"),
            }
        )
        self.remark.hide()
        tips = {
            self.tempo: (self.tr("Tempo: {}").format(tempo_words(facts)), self._about_tempo()),
            self.key: (self.tr("Key: {}").format(key_words(facts)), self._about_key()),
            self.tuning: (self.tr("Tuning: {}").format(tuning_words(facts)), self._about_tuning()),
        }
        for label, (found, about) in tips.items():
            label.setToolTip(f"<p>{html.escape(found)}</p><p>{html.escape(about)}</p>")
            label.setAccessibleDescription(f"{found}. {about}")

    def _about_tempo(self) -> str:
        return self.tr(
            "The confidence is high if the music has a strong, steady beat. The tempo found is "
            "often twice or half the tempo that a listener would tap. It is one figure for the "
            "whole file: tempo changes are not shown."
        )

    def _about_key(self) -> str:
        return self.tr(
            "The score is the correlation of the notes with the profile of the key; 1 is the "
            "highest. Relative and parallel keys are easily confused. It is one key for the whole "
            "file: modulations are not shown."
        )

    def _about_tuning(self) -> str:
        return self.tr(
            "Measured from the nearest semitone. Instruments tuned a whole semitone lower "
            "(A4 = 415 Hz) cannot be told from another key."
        )

    def _show(self, words: dict[QLabel, str]) -> None:
        for label in (self.tempo, self.key, self.tuning):
            label.setText(words.get(label, ""))
            label.setToolTip("")
            label.setAccessibleDescription("")
            label.setVisible(label in words)


class FileFacts(QObject):
    """Finds the facts of one file at a time in a job.

    That begins when it is told to, after the analysis, so that no prediction waits for it, and
    rests while sound plays.

    Args:
        line: where they are shown.
        axis: where beats are shown.
        settings: remember whether beats are shown.
        parent: whose life the jobs share.
    """

    changed = Signal()  # whether it is at work, or what was found

    def __init__(
        self, line: MusicLine, axis: TimeAxis, settings: Settings, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._line, self._axis, self._settings = line, axis, settings
        self._path: Path | None = None
        self._job: jobs.Job | None = None
        self._playing = False
        self.found: MusicFacts | None = None
        self.beats_box = QCheckBox(self.tr("Beats"))
        self.beats_box.setAccessibleName(self.tr("Show the beats"))
        self.beats_box.setChecked(bool(settings.get(BEATS)))
        self.beats_box.toggled.connect(self._choose_beats)
        self._show_beats()

    @property
    def running(self) -> bool:
        """Whether they are being computed."""
        return self._job is not None

    def open(self, path: Path) -> None:
        """Another file: what is known of the last one goes."""
        self._stop()
        self._path, self.found = path, None
        self._line.wait(playing=False)
        self._show_beats()
        self.changed.emit()

    def begin(self) -> None:
        """Compute them, unless they are known already."""
        path = self._path
        if path is None or self.found is not None or self._job is not None:
            return
        self._line.wait(playing=self._playing)
        self._job = jobs.run(
            lambda: worker.find_music(path),
            on_result=self._done,
            on_error=lambda _: self._failed(),  # the analysis says what is wrong with the file
            on_crash=lambda _: self._failed(),
            parent=self,
        )
        self._job.hold(self._playing)
        self.changed.emit()

    def postpone(self) -> None:
        """Something else comes first: :meth:`begin` starts again."""
        self._stop()
        if self._path is not None and self.found is None:
            self._line.wait(playing=False)

    def cancel(self) -> None:
        """They are not wanted."""
        self._stop()
        if self.found is None:
            self._line.clear()

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None
            self.changed.emit()

    def hold(self, playing: bool) -> None:
        """Rest while sound plays."""
        self._playing = playing
        if self._job is not None:
            self._job.hold(playing)
            self._line.wait(playing=playing)

    def copy(self) -> None:
        """Put them in words on the clipboard."""
        if self.found is not None:
            from engine.music.words import key_words, tempo_words, tuning_words

            found = self.found
            lines = [
                self.tr("Tempo: {}").format(tempo_words(found)),
                self.tr("Key: {}").format(key_words(found)),
                self.tr("Tuning: {}").format(tuning_words(found)),
            ]
            QGuiApplication.clipboard().setText("\n".join(lines))

    def _done(self, found: "MusicFacts") -> None:
        self._job, self.found = None, found
        self._line.show_facts(found)
        self._show_beats()
        self.changed.emit()

    def _failed(self) -> None:
        self._job = None
        self._line.clear()
        self.changed.emit()

    def _choose_beats(self, on: bool) -> None:
        self._settings.set(BEATS, on)
        self._show_beats()

    def _show_beats(self) -> None:
        beats = () if self.found is None else self.found.beats
        self._axis.set_beats(beats if self.beats_box.isChecked() else ())
        tip = self.tr("Show the beats of the music as ticks above the time axis")
        if self.found is not None and not len(beats):
            tip = self.tr("There are no beats to show: the music has no clear tempo")
        self.beats_box.setToolTip(tip)


def _fact(name: str) -> QLabel:
    label = QLabel()
    label.setAccessibleName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
